# SPDX-License-Identifier: GPL-2.0-only
"""Other ways to write the same, and changes nothing can be proved of."""

from mutants import (
    ADD,
    CALL,
    CHECK,
    CONDITION,
    EXIT,
    FREEZE,
    LEAVE,
    LOADED,
    LOCK,
    REFUTED,
    STORE,
    THAW,
    UNDECIDED,
    UNLOCK,
    Mutant,
    call,
    condition,
    declared,
    expecting,
    frozen,
    helper,
)


def _same(name: str, *edits: tuple[str, str], missed: str = "") -> Mutant:
    return Mutant(name, edits, REFUTED, missed=missed)


def _open(name: str, *edits: tuple[str, str], says: str = "", missed: str = "") -> Mutant:
    return Mutant(name, edits, UNDECIDED, says, missed=missed)


BAIL = "	return -EAGAIN;\nok:\n"

CHECKS = (
    _same("as it was posted"),
    _same("check twice", (CHECK, CHECK + CHECK)),
    _same("check for a higher count", (CHECK, CHECK.replace("!=", ">"))),
    _same(
        "check unlikely to fail",
        (CHECK, CHECK.replace("if (", "if (unlikely(").replace("count)\n", "count))\n")),
    ),
    _same(
        "check inverted",
        (
            CHECK,
            CHECK.replace("!=", "==").replace("return -EAGAIN", "goto ok") + BAIL,
        ),
    ),
    _same(
        "check of a variable",
        (
            CHECK,
            "	int count = folio_ref_count(folio);\n\n"
            + CHECK.replace("folio_ref_count(folio)", "count"),
        ),
    ),
    _same(
        "check through the first page",
        (CHECK, CHECK.replace("folio_ref_count(folio)", "page_count(&folio->page)")),
    ),
)

FREEZES = (
    _same("freeze unlikely to fail", condition(f"unlikely(!{CALL})")),
    _same("freeze compared with 0", condition(f"{CALL} == 0")),
    _same("freeze compared with 1", condition(f"{CALL} < 1")),
    _same("freeze negated three times", condition(f"!!!{CALL}")),
    _same(
        "freeze flipped",
        condition(f"{CALL} ^ 1"),
    ),
    _same("freeze and the size", condition(f"!({CALL} && nr)")),
    _same("freeze or an error before", condition(f"xas_error(&xas) || !{CALL}")),
    _same("freeze behind a comma", condition(f"(cpu_relax(), !{CALL})")),
    _same("freeze in a statement expression", condition(f"({{ int done = {CALL}; !done; }})")),
    _same(
        "freeze into a variable",
        declared("int done;"),
        (CONDITION, f"done = {CALL};\n	if (!done) {{"),
    ),
    _same("freeze into an initialiser", (CONDITION, f"bool busy = !{CALL};\n	if (busy) {{")),
    _same(
        "freeze added to a variable",
        declared("int done = 0;"),
        (CONDITION, f"done += {CALL};\n	if (done != 1) {{"),
    ),
    _same(
        "freeze assigned in the condition", declared("int done;"), condition(f"!(done = {CALL})")
    ),
    _same(
        "freeze chosen by a conditional",
        declared("int done;"),
        (CONDITION, f"done = {CALL} ? 1 : 0;\n	if (!done) {{"),
    ),
    _same(
        "freeze in a switch",
        frozen(
            f"	switch ({CALL}) {{\n	case 0:\n{LEAVE}	default:\n		break;\n	}}\n\n"
        ),
    ),
    _same(
        "freeze with an else",
        frozen(f"	if ({CALL}) {{\n		;\n	}} else {{\n{LEAVE}	}}\n"),
    ),
    _same(
        "freeze left by a break",
        frozen(f"	do {{\n		if ({CALL})\n			break;\n{LEAVE}	}} while (0);\n\n"),
    ),
    _same(
        "freeze and goto",
        frozen(f"	if (!{CALL})\n		goto busy;\n\n"),
        (EXIT, EXIT + f"\nbusy:\n{LEAVE}"),
    ),
    _same("freeze passed by goto", frozen(f"	if ({CALL})\n		goto ours;\n{LEAVE}ours:\n")),
    _same("another error", frozen(FREEZE.replace("EAGAIN", "EBUSY"))),
    _same(
        "freeze of the count by another name",
        declared("int want = expected_count;"),
        expecting("want"),
    ),
    _same(
        "freeze of the count and nothing",
        declared("int more = 0;"),
        expecting("expected_count + more"),
    ),
    _same(
        "freeze of the count where there is a mapping", expecting("mapping ? expected_count : 0")
    ),
    _same(
        "freeze of the folio by another name",
        declared("struct folio *old = folio;"),
        call("folio_ref_freeze(old, expected_count)"),
    ),
    _same("freeze through the first page", call("page_ref_freeze(&folio->page, expected_count)")),
)

OUTSIDE = (
    "what lies outside the scenario is asked for again under another name, or after it changed"
)
CHOICES = (
    _same(
        "freeze noted in a flag",
        declared("int done = 0;"),
        frozen(f"	if ({CALL})\n		done = 1;\n	if (!done) {{\n{LEAVE}	}}\n\n"),
    ),
    _same(
        "freeze of one kind and of the others",
        frozen(
            f"	if (extra_count && !{CALL}) {{\n{LEAVE}	}}\n"
            f"	if (extra_count == 0 && !{CALL}) {{\n{LEAVE}	}}\n\n"
        ),
    ),
    _same(
        "freeze where a member is what it was set to",
        frozen(
            f"	newfolio->private = NULL;\n	if (!newfolio->private && !{CALL}) {{\n{LEAVE}	}}\n"
        ),
        missed=OUTSIDE,
    ),
    _same(
        "thaw of what has just been cleaned",
        (THAW, f"	folio_clear_dirty(folio);\n	if (!folio_test_dirty(folio))\n	{THAW}"),
        missed=OUTSIDE,
    ),
)

PLACES = (
    _same(
        "freeze before the lock is taken",
        frozen(""),
        (LOCK, FREEZE.replace("		xas_unlock_irq(&xas);\n", "") + LOCK),
        (LOADED, LOADED + "		folio_ref_unfreeze(folio, expected_count);\n"),
    ),
    # The caller still has its reference on newfolio, which the slot borrows meanwhile.
    _same("reference for the slot after the store", (ADD, ""), (STORE, STORE + ADD)),
    _same(
        "the lock by another name",
        (LOCK, "	xa_lock_irq(&mapping->i_pages);\n"),
        (UNLOCK, "	xa_unlock(&mapping->i_pages);\n"),
    ),
    _same("interrupts off by hand", (LOCK, "	local_irq_disable();\n	xas_lock(&xas);\n")),
    # Nobody but the CPU that froze it can change a count of 0.
    _same(
        "thaw by adding",
        (THAW, "	folio_ref_add(folio, expected_count - nr);\n"),
    ),
)

MADE = "	return folio_ref_freeze(folio, expected);\n"
HELPERS = (
    _same("freeze in a helper", *helper(MADE)),
    _same(
        "freeze in a helper with names of its own",
        *helper("	return folio_ref_freeze(f, n);\n", "struct folio *f, int n"),
    ),
    _same(
        "freeze in a helper with names of others",
        *helper("	return folio_ref_freeze(newfolio, nr);\n", "struct folio *newfolio, int nr"),
    ),
    _same(
        "freeze in a helper with two results",
        *helper(f"	if (!{MADE[8:-2]})\n		return 0;\n	return 1;\n"),
    ),
)

IGNORED = "an object given by way of a member or another local counts as not given"
UNKNOWN = "a number the scenario does not know changes nothing and is equal to nothing"

ELSEWHERE = (
    _open(
        "freeze in a helper that calls itself",
        *helper("	return freeze_it(folio, expected);\n"),
        says="freeze_it()",
    ),
    _open(
        "freeze in a helper of another file",
        *helper("	return freeze_too(folio, expected);\n"),
        says="freeze_too()",
    ),
    _open(
        "freeze in a helper, cast",
        call("freeze_it((void *)folio, expected_count)"),
        says="freeze_it()",
    ),
    _open(
        "freeze in a helper, by address",
        call("freeze_it(&folio, expected_count)"),
        says="freeze_it()",
    ),
    _open(
        "freeze in a helper, mapping",
        call("freeze_it(mapping, expected_count)"),
        says="freeze_it()",
    ),
    _open(
        "freeze in a helper, first page",
        call("freeze_it(&folio->page, expected_count)"),
    ),
    _open(
        "freeze in a helper, first page by a local",
        declared("struct page *page = &folio->page;"),
        call("freeze_it(page, expected_count)"),
    ),
    _open(
        "freeze in a helper, a page",
        call("freeze_it(folio_page(folio, 0), expected_count)"),
    ),
    _open(
        "freeze in a helper, the count",
        call("freeze_it(&folio->_refcount, expected_count)"),
    ),
    _open(
        "freeze in a helper, in a structure",
        declared("struct move move = { .folio = folio };"),
        call("freeze_it(&move, expected_count)"),
    ),
    _open("freeze in assembler", frozen('	asm volatile("" : : "r"(folio));\n'), says="asm"),
    _open(
        "folio swapped for another",
        (LOCK, "	folio = newfolio;\n" + LOCK),
        says="several objects",
    ),
)

NUMBERS = (
    # Nothing can make the count one less: the function never succeeds, which proves nothing.
    _open(
        "freeze of one less",
        expecting("expected_count - 1"),
        says="always ends alike",
    ),
    # Both cannot be the count when nobody else has a reference.
    _open(
        "freeze of something else",
        expecting("extra_count"),
    ),
    _open(
        "freeze of nobody knows what",
        declared("int want = 7;"),
        (LOCK, "	if (folio_test_dirty(folio))\n		want = extra_count;\n" + LOCK),
        expecting("want"),
    ),
    _open(
        "thaw to nobody knows what",
        (THAW, "	folio_ref_unfreeze(folio, newfolio->index);\n"),
    ),
    _open(
        "nobody knows how many dropped",
        (THAW, THAW + "	folio_ref_sub(folio, extra_count);\n"),
    ),
    _open(
        "nobody knows how many taken",
        (CHECK, CHECK + "	folio_ref_add(folio, extra_count);\n"),
    ),
)

HARMLESS = (*CHECKS, *FREEZES, *CHOICES, *PLACES, *HELPERS)
OPEN = (*ELSEWHERE, *NUMBERS)
