# SPDX-License-Identifier: GPL-2.0-only
"""Changes of the seed's after image: their parts, and what is said of each."""

from dataclasses import dataclass

from reviewing import SEED, after_image, edited

FILE = "mm/migrate.c"
TREE = SEED / "before"
BEFORE = (TREE / FILE).read_text(encoding="utf-8")
AFTER = after_image(SEED / "patch.mbox", TREE, FILE)
PLACE = "folio->_refcount"

CONFIRMED, REFUTED, UNDECIDED = "CONFIRMED", "REFUTED_IN_MODEL", "UNDECIDED"

CHECK = """\
	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;

"""
LEAVE = """\
		xas_unlock_irq(&xas);
		return -EAGAIN;
"""
CALL = "folio_ref_freeze(folio, expected_count)"
FREEZE = f"	if (!{CALL}) {{\n{LEAVE}	}}\n\n"
CONDITION = f"if (!{CALL}) {{"
STORE = "	xas_store(&xas, newfolio);\n"
THAW = "	folio_ref_unfreeze(folio, expected_count - nr);\n"
ADD = "	folio_ref_add(newfolio, nr);\n"
LOCK = "	xas_lock_irq(&xas);\n"
UNLOCK = "	xas_unlock(&xas);\n"
LOADED = "	if (xas_load(&xas) != folio) {\n"
COUNTED = "	long nr = "
EXIT = "	local_irq_enable();\n\n	return MIGRATEPAGE_SUCCESS;\n"
HEAD = "int folio_migrate_mapping("

Edit = tuple[str, str]


@dataclass(frozen=True)
class Mutant:
    """A change and the standing it deserves, written down from what the kernel
    guarantees before the program was run on it.

    ``harm`` is the property a schedule breaks (UNDECIDED: a part of the
    reason), ``ends`` what the last step of the witness shows, ``cpus`` how
    many take part in it.  ``missed`` says why the program does not see it so.
    """

    name: str
    edits: tuple[Edit, ...]
    standing: str
    harm: str = ""
    ends: str = ""
    cpus: int = 2
    missed: str = ""

    @property
    def text(self) -> str:
        """The after image so changed."""
        return edited(AFTER, *self.edits)


def declared(line: str) -> Edit:
    """One more local, declared behind expected_count."""
    return COUNTED, f"	{line}\n{COUNTED}"


def call(new: str) -> Edit:
    """Another call in place of the freeze."""
    return CALL, new


def helper(body: str, params: str = "struct folio *folio, int expected") -> tuple[Edit, Edit]:
    """A function of the same file in place of the freeze."""
    text = f"static int freeze_it({params})\n{{\n{body}}}\n\n"
    return (HEAD, text + HEAD), call("freeze_it(folio, expected_count)")


def expecting(count: str) -> Edit:
    """A freeze that expects another count."""
    return CALL, f"folio_ref_freeze(folio, {count})"


def condition(new: str) -> Edit:
    """Another condition for giving up."""
    return f"!{CALL}", new


def frozen(new: str) -> Edit:
    """Something else in place of the whole freeze."""
    return FREEZE, new
