# SPDX-License-Identifier: GPL-2.0-only
"""The rules speak of the kernel's API, not of the functions they are tried on."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from reviewer.checker.counterparts import touched
from reviewer.patch.read import read_submission
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.source.pair import pair
from reviewer.source.tree import open_tree
from reviewer.syntax.parse import read_file

ROOT = Path(__file__).resolve().parents[2]
CORPUS = os.environ.get("MMREVIEW_CORPUS", "")
HEADERS = ("include", "arch/x86/include", "arch/arm64/include")


def patched(diff: bytes, tree: Path) -> set[str]:
    """The functions a patch changes lines in."""
    found: set[str] = set()
    with open_tree(str(tree)) as opened:
        for patch in read_submission([("a.diff", diff)]).patches:
            for one in pair(patch, opened, {})[0]:
                for data, lines in (
                    (one.before, one.hunk_lines_before),
                    (one.after, one.hunk_lines),
                ):
                    if data is not None:
                        found |= set(touched(read_file(data, load_vocabulary()), lines))
    return found


def fixtures() -> set[str]:
    found: set[str] = set()
    for before in sorted((ROOT / "fixtures").glob("*/before")):
        for patch in sorted(before.parent.glob("patch.*")):
            found |= patched(patch.read_bytes(), before)
    return found


def corpus() -> set[str]:
    root = Path(CORPUS)
    found: set[str] = set()
    for index in sorted(root.glob("*/INDEX.tsv")):
        head, *rows = index.read_text(encoding="utf-8").splitlines()
        names = head.split("\t")
        for row in rows:
            values = dict(zip(names, row.split("\t"), strict=False))
            tree = root / "touched" / f"linux-source-{values['tree']}"
            found |= patched((index.parent / "rev" / values["file"]).read_bytes(), tree)
    return found


@cache
def named() -> frozenset[str]:
    facts = load_facts()
    return frozenset(facts.functions) | frozenset(facts.operations.told()[0])


def headers(tree: Path) -> str:
    paths = (path for folder in HEADERS for path in sorted((tree / folder).rglob("*.h")))
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def test_no_fact_is_about_what_a_fixture_patches() -> None:
    names = fixtures()
    assert names and names & named() == set()


@pytest.mark.kernel
def test_a_fact_about_what_the_corpus_patches_is_one_of_a_header(linux_6_12: Path) -> None:
    if not CORPUS:
        pytest.skip("MMREVIEW_CORPUS is not set")
    both = corpus() & named()
    text = headers(linux_6_12)
    assert [name for name in sorted(both) if not re.search(rf"\b{name}\(", text)] == []
