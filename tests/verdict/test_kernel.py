# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of counts moved out of their locks in real functions."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from reviewing import mail, only, reviewed

from reviewer.verdict.records import Review

pytestmark = pytest.mark.kernel


def changed(text: str, function: str, *edits: tuple[str, str]) -> str:
    """The text with each pattern, found once in the function, replaced."""
    start = re.search(rf"^[a-z].*\b{function}\([^;{{]*\)\n\{{", text, re.MULTILINE)
    assert start is not None
    end = text.index("\n}\n", start.end())
    body = text[start.start() : end]
    for old, new in edits:
        body, times = re.subn(old, new, body, flags=re.DOTALL)
        assert times == 1, f"{function}: {times} times {old}"
    return text[: start.start()] + body + text[end:]


@dataclass(frozen=True)
class Move:
    """A move in one function, the lock it leaves, and what the reason says."""

    file: str
    function: str
    old: str
    new: str
    lost: tuple[str, ...]
    access: str
    missing: str


COLLAPSE = Move(
    "mm/khugepaged.c",
    "collapse_file",
    r"\t\txas_lock_irq\(&xas\);\n\n(\t\tVM_BUG_ON_FOLIO\(folio != xa_load.*?)"
    r"(\t\tif \(folio_ref_count\(folio\) != [^{]*\{[^}]*?)"
    r"\t\t\txas_unlock_irq\(&xas\);\n([^}]*\}\n)",
    r"\1\2\3\n\t\txas_lock_irq(&xas);\n",
    ("mapping->i_pages.xa_lock",),
    "folio_ref_count(folio)",
    "several objects",
)
DISSOLVE = Move(
    "mm/hugetlb.c",
    "dissolve_free_hugetlb_folio",
    r"(\tspin_lock_irq\(&hugetlb_lock\);\n\tif \(!folio_test_hugetlb.*?)"
    r"if \(!folio_ref_count\(folio\)\) \{",
    r"\tif (folio_ref_count(folio))\n\t\treturn rc;\n\n\1{",
    ("hugetlb_lock",),
    "folio_ref_count(folio)",
    "has no hugetlb_lock",
)
# It leaves the page-table lock and, with it, the folio lock that is taken under it.
WRITE = Move(
    "mm/huge_memory.c",
    "do_huge_pmd_wp_page",
    r"(\tspin_lock\(vmf->ptl\);\n\n.*?)"
    r"(\tpage = pmd_page.*?;\n\tfolio = page_folio\(page\);\n)(.*?folio_trylock.*?)"
    r"(\tif \(folio_ref_count\(folio\) >\n[^;]*goto )unlock_(fallback;\n)"
    r"(\tif \(folio_test_swapcache\(folio\)\)\n\t\tfolio_free_swap)",
    r"\2\4\5\n\1\3\6",
    ("folio->flags.PG_locked", "vmf->ptl"),
    "folio_ref_count(folio)",
    "has no vmf->ptl",
)
BUFFER = Move(
    "mm/migrate.c",
    "__buffer_migrate_folio",
    r"(\t\tspin_lock\(&mapping->i_private_lock\);\n)"
    r"(\t\tbh = head;\n.*?while \(bh != head\);\n)",
    r"\2\1",
    ("mapping->i_private_lock",),
    "atomic_read(&bh->b_count)",
    "b_count",
)
MOVES = (COLLAPSE, DISSOLVE, WRITE, BUFFER)


@pytest.mark.parametrize("move", MOVES, ids=lambda one: one.function)
def test_the_lock_is_named_and_the_standing_left_open(move: Move, linux_6_12: Path) -> None:
    before = (linux_6_12 / move.file).read_text(encoding="utf-8")
    after = changed(before, move.function, (move.old, move.new))
    verdict = only(reviewed(mail(before, after, move.file), linux_6_12))
    finding = verdict.finding
    assert (finding.function, finding.access) == (move.function, move.access)
    assert finding.lost == move.lost
    assert (verdict.severity, verdict.standing) == ("warning", "UNDECIDED")
    assert move.missing in verdict.undecided


# The shape of the seed in a function that has the freeze alone on one path.
FILE, FUNCTION = "mm/migrate.c", "__folio_migrate_mapping"
CHECK = r"\tif (folio_ref_count(folio) != expected_count)\n\t\treturn -EAGAIN;\n\n"
INDENTED = CHECK.replace(r"\t", r"\t\t").replace(r"\t\t\t\t", r"\t\t\t")
UNMAPPED = r"\tif \(!mapping\) \{\n"
FROZEN = (
    r"(\txas_lock_irq\(&xas\);\n)"
    r"(\tif \(!folio_ref_freeze.*?(\t\txas_unlock_irq\(&xas\);\n.*?\t\}\n))"
)
TWICE = (
    (UNMAPPED, r"\tif (!mapping) {\n" + INDENTED),
    (FROZEN, r"\1\tif (folio_ref_count(folio) != expected_count) {\n\3\2"),
)
ONCE = ((UNMAPPED, CHECK + r"\tif (!mapping) {\n"),)


def tree_with(linux: Path, folder: Path, text: str) -> Path:
    """A tree with this migrate.c and the files the actors were made after."""
    (folder / "mm").mkdir()
    (folder / FILE).write_text(text, encoding="utf-8")
    for name in ("mm/gup.c", "mm/filemap.c"):
        shutil.copy(linux / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def seed_shape(linux_6_12: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """The patch and the tree it applies to."""
    text = (linux_6_12 / FILE).read_text(encoding="utf-8")
    before, after = changed(text, FUNCTION, *TWICE), changed(text, FUNCTION, *ONCE)
    tree = tree_with(linux_6_12, tmp_path_factory.mktemp("shape"), before)
    return mail(before, after, FILE), tree


@pytest.fixture(scope="module")
def shape(seed_shape: tuple[bytes, Path]) -> Review:
    return reviewed(*seed_shape)


def test_the_seed_in_a_later_kernel_is_refuted(shape: Review) -> None:
    verdict = only(shape)
    assert verdict.finding.function == FUNCTION
    assert verdict.finding.lost == ("mapping->i_pages.xa_lock",)
    assert verdict.finding.lost_paths == ("mapping != NULL",)
    assert (verdict.severity, verdict.standing) == ("warning", "REFUTED_IN_MODEL")
    assert verdict.model is not None and verdict.model.guard is not None
    assert verdict.model.guard[0] == "folio_ref_freeze(folio, expected_count)"


def drift_of(found: Review) -> tuple[str, ...]:
    model = only(found).model
    assert model is not None
    return model.drift


def test_the_actors_agree_with_the_tree(shape: Review) -> None:
    assert drift_of(shape) == (
        "the model of gup_fast_pte_range() agrees with mm/gup.c of this tree",
        "the model of filemap_get_entry() agrees with mm/filemap.c of this tree",
    )


RECHECK = r"\t\tif \(unlikely\(pmd_val\(pmd\) != pmd_val\(\*pmdp\)\).*?\n\t\t\}\n"
RELOAD = r"\tif \(unlikely\(folio != xas_reload\(&xas\)\)\) \{.*?\n\t\}\n"
CHANGES = {
    "walk": ("mm/gup.c", "gup_fast_pte_range", RECHECK, 0),
    "lookup": ("mm/filemap.c", "filemap_get_entry", RELOAD, 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_actor_that_changed_is_told(
    name: str, seed_shape: tuple[bytes, Path], linux_6_12: Path, tmp_path: Path
) -> None:
    """Without the second look the tree's function is not what the model has."""
    file, function, pattern, position = CHANGES[name]
    patch, shape_tree = seed_shape
    tree = tree_with(linux_6_12, tmp_path, (shape_tree / FILE).read_text(encoding="utf-8"))
    text = (tree / file).read_text(encoding="utf-8")
    (tree / file).write_text(changed(text, function, (pattern, "")), encoding="utf-8")
    told = drift_of(reviewed(patch, tree))
    assert len(told) == 2
    assert told[position].startswith(f"{function}() in {file} differs from the model: ")
    assert "the model goes on with" in told[position] or "the tree goes on" in told[position]
    assert "agrees with" in told[1 - position]


def test_an_actor_whose_function_is_gone_is_told(
    seed_shape: tuple[bytes, Path], linux_6_12: Path, tmp_path: Path
) -> None:
    patch, shape_tree = seed_shape
    tree = tree_with(linux_6_12, tmp_path, (shape_tree / FILE).read_text(encoding="utf-8"))
    (tree / "mm/gup.c").write_text("int nothing;\n", encoding="utf-8")
    told = drift_of(reviewed(patch, tree))
    assert told[0].startswith("mm/gup.c of this tree has none of gup_fast_pte_range")
