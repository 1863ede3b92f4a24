# SPDX-License-Identifier: GPL-2.0-only
"""Changes of the seed's after image, with the standing each deserves.

The standing was written down from what the kernel guarantees before the
program was run on any of them.
"""

from dataclasses import dataclass

from reviewing import SEED, after_image, edited

FILE = "mm/migrate.c"
TREE = SEED / "before"
BEFORE = (TREE / FILE).read_text(encoding="utf-8")
AFTER = after_image(SEED / "patch.mbox", TREE, FILE)

CONFIRMED, REFUTED, UNDECIDED = "CONFIRMED", "REFUTED_IN_MODEL", "UNDECIDED"
LOST = "a reference that somebody still holds is overwritten"
SHARED = "the count is frozen although somebody else holds a reference"
PUBLISHED = "the function gives up although newfolio is already published in the page cache"
STALE = "a lookup keeps a reference to the old folio although migration has succeeded"
LEAKED = "a reference is left that nobody will drop"
FROZEN = "the count stays frozen for ever"
UNLOCKED = "a lock is released that is not held"
STUCK = "no CPU can go on"

CHECK = """\
	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;

"""
FREEZE = """\
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}

"""
CONDITION = "if (!folio_ref_freeze(folio, expected_count)) {"
CALL = "folio_ref_freeze(folio, expected_count)"
STORE = "	xas_store(&xas, newfolio);\n"
THAW = "	folio_ref_unfreeze(folio, expected_count - nr);\n"
ADD = "	folio_ref_add(newfolio, nr);\n"
LOCK = "	xas_lock_irq(&xas);\n"
UNLOCK = "	xas_unlock(&xas);\n"
LOADED = "	if (xas_load(&xas) != folio) {\n"
DECLARED = "	int dirty;\n"
EXIT = "	local_irq_enable();\n\n	return MIGRATEPAGE_SUCCESS;\n"
HEAD = "int folio_migrate_mapping("

Edit = tuple[str, str]


@dataclass(frozen=True)
class Mutant:
    """``harm`` is the property a schedule breaks, ``ends`` what the last step
    of the witness must show, ``cpus`` how many take part in it."""

    name: str
    edits: tuple[Edit, ...]
    standing: str
    harm: str = ""
    ends: str = ""
    cpus: int = 2

    @property
    def text(self) -> str:
        return edited(AFTER, *self.edits)


HELD = "references are held"

HARMFUL = (
    Mutant("freeze deleted", ((FREEZE, ""),), CONFIRMED, LOST, HELD),
    Mutant("freeze result ignored", ((FREEZE, f"	{CALL};\n\n"),), CONFIRMED, LOST, HELD),
    Mutant("freeze result cast away", ((FREEZE, f"	(void){CALL};\n\n"),), CONFIRMED, LOST, HELD),
    Mutant("freeze only warned of", ((FREEZE, f"	WARN_ON(!{CALL});\n\n"),), CONFIRMED, LOST, HELD),
    Mutant("freeze of newfolio", ((CALL, CALL.replace("folio,", "newfolio,")),), CONFIRMED, LOST, HELD),
    Mutant(
        "freeze of newfolio by another name",
        ((DECLARED, DECLARED + "	struct folio *one = newfolio;\n"), (CALL, CALL.replace("folio,", "one,"))),
        CONFIRMED,
        LOST,
        HELD,
    ),
    Mutant(
        "freeze of dirty folios only",
        ((CONDITION, CONDITION.replace("if (", "if (folio_test_dirty(folio) && ")),),
        CONFIRMED,
        LOST,
        HELD,
    ),
    Mutant("freeze inverted", ((f"!{CALL}", CALL),), CONFIRMED, LOST, HELD),
    Mutant("freeze behind the thaw", ((FREEZE, ""), (THAW, THAW + FREEZE)), CONFIRMED, LOST, HELD),
    Mutant(
        "freeze behind the store", ((FREEZE, ""), (STORE, STORE + FREEZE)), CONFIRMED, PUBLISHED, "-EAGAIN"
    ),
    # It succeeds exactly when somebody else has raised the count in between.
    Mutant("freeze of one more", ((CALL, CALL.replace("count)", "count + 1)")),), CONFIRMED, SHARED, "-> 0"),
    Mutant(
        "success although the freeze failed",
        ((FREEZE, FREEZE.replace("-EAGAIN", "MIGRATEPAGE_SUCCESS")),),
        CONFIRMED,
        STALE,
        "MIGRATEPAGE_SUCCESS",
    ),
    Mutant(
        "lock kept when the freeze fails",
        ((FREEZE, FREEZE.replace("		xas_unlock_irq(&xas);\n", "")),),
        CONFIRMED,
        STUCK,
    ),
    Mutant("unlock before the freeze", ((FREEZE, UNLOCK + FREEZE),), CONFIRMED, UNLOCKED, "xas_unlock"),
    Mutant("thaw to the full count", ((THAW, THAW.replace(" - nr", "")),), CONFIRMED, LEAKED, "", 1),
    Mutant("thaw to one too few", ((THAW, THAW.replace(" - nr", " - nr - 1")),), CONFIRMED, LOST, HELD, 1),
    Mutant("no thaw", ((THAW, ""),), CONFIRMED, FROZEN, "MIGRATEPAGE_SUCCESS", 1),
    Mutant("thaw before the store", ((THAW, ""), (STORE, THAW + STORE)), CONFIRMED, STALE, "MIGRATEPAGE_SUCCESS"),
    Mutant("no store", ((STORE, ""),), CONFIRMED, LOST, HELD, 1),
    Mutant("no reference for the slot", ((ADD, ""),), CONFIRMED, LOST, "", 1),
)

FREEZE_FIRST = FREEZE.replace("		xas_unlock_irq(&xas);\n", "")
LOADED_FROZEN = LOADED + "		folio_ref_unfreeze(folio, expected_count);\n"
BUSY = "\nbusy:\n	xas_unlock_irq(&xas);\n	return -EAGAIN;\n"
RESULT = DECLARED + "	int frozen;\n"
UNLOCK_RETURN = "		xas_unlock_irq(&xas);\n		return -EAGAIN;\n"

HARMLESS = (
    Mutant("as it was posted", (), REFUTED),
    Mutant(
        "freeze before the lock is taken",
        ((FREEZE, ""), (LOCK, FREEZE_FIRST + LOCK), (LOADED, LOADED_FROZEN)),
        REFUTED,
    ),
    Mutant("check twice", ((CHECK, CHECK + CHECK),), REFUTED),
    Mutant("check for a higher count", ((CHECK, CHECK.replace("!=", ">")),), REFUTED),
    Mutant(
        "check inverted",
        (
            (
                CHECK,
                "	if (folio_ref_count(folio) == expected_count)\n		goto ok;\n"
                "	return -EAGAIN;\nok:\n",
            ),
        ),
        REFUTED,
    ),
    Mutant("freeze unlikely to fail", ((f"!{CALL}", f"unlikely(!{CALL})"),), REFUTED),
    Mutant("freeze compared with 0", ((f"!{CALL}", f"{CALL} == 0"),), REFUTED),
    Mutant(
        "freeze into a variable",
        ((DECLARED, RESULT), (CONDITION, f"frozen = {CALL};\n	if (!frozen) {{")),
        REFUTED,
    ),
    Mutant(
        "freeze into an initialiser",
        ((CONDITION, f"int frozen = {CALL};\n	if (!frozen) {{"),),
        REFUTED,
    ),
    Mutant(
        "freeze assigned in the condition",
        ((DECLARED, RESULT), (f"!{CALL}", f"!(frozen = {CALL})")),
        REFUTED,
    ),
    Mutant(
        "freeze chosen by a conditional",
        ((DECLARED, RESULT), (CONDITION, f"frozen = {CALL} ? 1 : 0;\n	if (!frozen) {{")),
        REFUTED,
    ),
    Mutant(
        "freeze in a switch",
        ((FREEZE, f"	switch ({CALL}) {{\n	case 0:\n{UNLOCK_RETURN}	default:\n		break;\n	}}\n\n"),),
        REFUTED,
    ),
    Mutant(
        "freeze and goto",
        ((FREEZE, f"	if (!{CALL})\n		goto busy;\n\n"), (EXIT, EXIT + BUSY)),
        REFUTED,
    ),
    Mutant(
        "freeze of the count by another name",
        ((DECLARED, DECLARED + "	int want = expected_count;\n"), (CALL, CALL.replace("expected_count", "want"))),
        REFUTED,
    ),
    Mutant(
        "freeze of the folio by another name",
        ((DECLARED, DECLARED + "	struct folio *old = folio;\n"), (CALL, CALL.replace("folio,", "old,"))),
        REFUTED,
    ),
    Mutant("freeze through the first page", ((CALL, "page_ref_freeze(&folio->page, expected_count)"),), REFUTED),
    # The caller still has its reference on newfolio, which the slot borrows meanwhile.
    Mutant("reference for the slot after the store", ((ADD, ""), (STORE, STORE + ADD)), REFUTED),
)

HELPER = """\
static int freeze_it(struct folio *folio, int expected)
{
	return folio_ref_freeze(folio, expected);
}

"""
OPEN = (
    # Nothing can make the count one less: the function never succeeds, which proves nothing.
    Mutant("freeze of one less", ((CALL, CALL.replace("count)", "count - 1)")),), UNDECIDED, "always ends alike"),
    # What a helper does is not looked into; it must not count as doing nothing.
    Mutant(
        "freeze in a helper",
        ((HEAD, HELPER + HEAD), (CALL, "freeze_it(folio, expected_count)")),
        UNDECIDED,
        "freeze_it()",
    ),
)
