# SPDX-License-Identifier: GPL-2.0-only
"""Changes that break something: each leaves one thing out."""

from mutants import (
    ADD,
    CALL,
    CHECK,
    CONFIRMED,
    FREEZE,
    HEAD,
    LEAVE,
    LOCK,
    STORE,
    THAW,
    UNLOCK,
    Mutant,
    call,
    condition,
    declared,
    expecting,
    frozen,
    helper,
)

LOST = "a reference that somebody still holds is overwritten"
FREED = "an object is used, or a reference to it held, after it was freed"
SHARED = "the count is frozen although somebody else holds a reference"
PUBLISHED = "the function gives up although newfolio is already published in the page cache"
STALE = "a lookup keeps a reference to the old folio although migration has succeeded"
OVERDRAWN = "a reference is dropped that nobody has"
LEAKED = "a reference is left that nobody will drop"
FROZEN = "the count stays frozen for ever"
BARE = "what a lock protects is stored without the lock"
STUCK = "no CPU can go on"

HELD = "references are held"
COMPARED = "folio_ref_count(folio) != expected_count"
ROUND = "no CPU gets to an end however often it tries"
DONE, AGAIN = "return MIGRATEPAGE_SUCCESS", "return -EAGAIN"
AGAIN_READ = "	expected_count = folio_ref_count(folio);\n"


def _lost(name: str, *edits: tuple[str, str], missed: str = "") -> Mutant:
    """The thaw overwrites what another CPU has added."""
    return Mutant(
        name,
        edits,
        CONFIRMED,
        LOST,
        HELD,
        missed=missed,
    )


OVERWRITING = (
    _lost("freeze deleted", frozen("")),
    _lost("freeze result ignored", frozen(f"	{CALL};\n\n")),
    _lost("freeze result cast away", frozen(f"	(void){CALL};\n\n")),
    _lost("freeze only warned of", frozen(f"	WARN_ON(!{CALL});\n\n")),
    _lost("freeze never made", condition(f"0 && !{CALL}")),
    _lost("freeze inverted", condition(CALL)),
    _lost("freeze of newfolio", call("folio_ref_freeze(newfolio, expected_count)")),
    _lost(
        "freeze of newfolio by another name",
        declared("struct folio *one = newfolio;"),
        call("folio_ref_freeze(one, expected_count)"),
    ),
    _lost("freeze of dirty folios only", condition(f"folio_test_dirty(folio) && !{CALL}")),
    _lost("gives up for large folios only", condition(f"!{CALL} && nr > 1")),
    _lost(
        "freeze undone at once",
        (FREEZE, FREEZE + "	folio_ref_unfreeze(folio, expected_count);\n"),
    ),
    _lost(
        "freeze behind the thaw",
        frozen(""),
        (THAW, THAW + FREEZE),
    ),
)

HELPER = """\
static int freeze_it(struct folio *one, struct folio *folio, int expected)
{
	return folio_ref_freeze(folio, expected);
}

"""
MADE = "folio_ref_freeze(folio, expected)"
IN_HELPERS = (
    _lost("helper ignores the freeze", *helper(f"	{MADE};\n	return 1;\n")),
    _lost("helper inverts the freeze", *helper(f"	return !{MADE};\n")),
    _lost(
        "helper counts only",
        *helper("	return folio_ref_count(folio) == expected;\n"),
        missed="the read in the helper stands for the one that moved; that the freeze is gone "
        "is told by a rule that no scenario judges",
    ),
    _lost(
        "helper freezes what is given second",
        (HEAD, HELPER + HEAD),
        call("freeze_it(folio, newfolio, expected_count)"),
    ),
    Mutant(
        "helper freezes one more",
        helper("	return folio_ref_freeze(folio, expected + 1);\n"),
        CONFIRMED,
        SHARED,
        "-> 0",
    ),
)

OTHERWISE = (
    Mutant(
        "freeze behind the store",
        (frozen(""), (STORE, STORE + FREEZE)),
        CONFIRMED,
        PUBLISHED,
        AGAIN,
    ),
    # It succeeds exactly when somebody else has raised the count in between.
    Mutant("freeze of one more", (expecting("expected_count + 1"),), CONFIRMED, SHARED, "-> 0"),
    Mutant(
        "freeze of one more by a variable",
        (declared("int more = 1;"), expecting("expected_count + more")),
        CONFIRMED,
        SHARED,
        "-> 0",
    ),
    Mutant(
        "freeze of one more, counted on",
        ((LOCK, "	expected_count++;\n" + LOCK),),
        CONFIRMED,
        SHARED,
        "-> 0",
        missed="a local that is written twice loses what it was taken to be",
    ),
    Mutant(
        "success although the freeze failed",
        (frozen(FREEZE.replace("-EAGAIN", "MIGRATEPAGE_SUCCESS")),),
        CONFIRMED,
        STALE,
        DONE,
    ),
    Mutant(
        "thaw before the store",
        ((THAW, ""), (STORE, THAW + STORE)),
        CONFIRMED,
        STALE,
        DONE,
    ),
    Mutant(
        "no freeze, the reference of the slot dropped",
        (frozen(""), (THAW, "	folio_ref_sub(folio, nr);\n")),
        CONFIRMED,
        STALE,
        DONE,
    ),
    Mutant(
        "lock kept when the freeze fails",
        (frozen(FREEZE.replace(LEAVE, "		return -EAGAIN;\n")),),
        CONFIRMED,
        STUCK,
    ),
    # One CPU is enough for it.
    Mutant(
        "lock taken twice",
        ((LOCK, LOCK + "	xas_lock(&xas);\n"),),
        CONFIRMED,
        STUCK,
        cpus=1,
        missed="a CPU that cannot go on is told when all the others have ended",
    ),
    Mutant(
        "unlock before the freeze",
        (frozen(UNLOCK + FREEZE),),
        CONFIRMED,
        BARE,
        "slot = newfolio",
        1,
    ),
    # Truncation has a reference and waits for the folio lock, so the count never comes down.
    Mutant(
        "freeze tried for ever",
        (frozen(f"	while (!{CALL})\n		cpu_relax();\n\n"),),
        CONFIRMED,
        ROUND,
    ),
    Mutant(
        "count waited for",
        ((CHECK, f"	while ({COMPARED})\n		cpu_relax();\n\n"),),
        CONFIRMED,
        ROUND,
        cpus=1,
    ),
    Mutant(
        "lock dropped before the freeze",
        (
            frozen(
                "	xas_unlock_irq(&xas);\n"
                + FREEZE.replace("		xas_unlock_irq(&xas);\n", "")
            ),
            (UNLOCK, ""),
            ("	local_irq_enable();\n", ""),
        ),
        CONFIRMED,
        cpus=1,
    ),
)

ALONE = (
    Mutant(
        "thaw to the full count", ((THAW, THAW.replace(" - nr", "")),), CONFIRMED, LEAKED, cpus=1
    ),
    Mutant(
        "thaw to one too few",
        ((THAW, THAW.replace(" - nr", " - nr - 1")),),
        CONFIRMED,
        OVERDRAWN,
        "-> -1",
        1,
    ),
    Mutant(
        "one reference more dropped",
        ((THAW, THAW + "	folio_put(folio);\n"),),
        CONFIRMED,
        OVERDRAWN,
        "-> -1",
        1,
    ),
    Mutant(
        "one reference more taken",
        ((THAW, THAW + "	folio_get(folio);\n"),),
        CONFIRMED,
        LEAKED,
        cpus=1,
    ),
    Mutant(
        "no thaw",
        ((THAW, ""),),
        CONFIRMED,
        FROZEN,
        DONE,
        1,
    ),
    # The slot goes on naming the old folio, the reference it had is gone.
    Mutant(
        "no store",
        ((STORE, ""),),
        CONFIRMED,
        FREED,
        "-> 0",
        1,
        missed="what the slot is owed is set off against what the CPU has dropped too often",
    ),
    Mutant(
        "no reference for the slot",
        ((ADD, ""),),
        CONFIRMED,
        OVERDRAWN,
        cpus=1,
        missed="a reference that lacks at the end is told as one that is left",
    ),
)

UNSEEN = (
    _lost(
        "freeze replaced by a second look",
        frozen(FREEZE.replace(f"!{CALL}", COMPARED)),
        missed="the second look is taken for the one that was there",
    ),
    Mutant(
        "count read again for the freeze",
        (frozen(AGAIN_READ + FREEZE),),
        CONFIRMED,
        SHARED,
        "-> 0",
        missed="the read for the freeze is taken for the comparison that was there",
    ),
    Mutant(
        "freeze of whatever the count is",
        (expecting("folio_ref_count(folio)"),),
        CONFIRMED,
        SHARED,
        "-> 0",
        missed="the read for the freeze is taken for the comparison that was there",
    ),
)

HARMFUL = (*OVERWRITING, *IN_HELPERS, *OTHERWISE, *ALONE, *UNSEEN)
