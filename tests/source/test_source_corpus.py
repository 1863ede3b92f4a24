# SPDX-License-Identifier: GPL-2.0-only
"""Real patches of a local corpus, against other programs that read and apply them.

The corpus is kernel text and no part of this project: MMREVIEW_CORPUS names
the folder it is kept in, and without it these tests are skipped.
"""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import unidiff

from reviewer.patch.read import read_submission
from reviewer.patch.records import FileDiff, Patch
from reviewer.source.apply import apply, place, reverse
from reviewer.source.pair import pair
from reviewer.source.tree import open_tree

_CORPUS = os.environ.get("MMREVIEW_CORPUS", "")
pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not Path(_CORPUS, "touched").is_dir(), reason="MMREVIEW_CORPUS is not set"),
]
_GROUPS = ("fixes", "hardquiet", "quiet")


def entries() -> list[tuple[Path, Path, Path]]:
    """Patch, reverse patch and tree of every entry."""
    found = []
    for group in _GROUPS:
        folder = Path(_CORPUS, group)
        if not (folder / "INDEX.tsv").is_file():
            continue
        with (folder / "INDEX.tsv").open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
                tree = Path(_CORPUS, "touched", f"linux-source-{row['tree']}")
                found.append((folder / row["file"], folder / "rev" / row["file"], tree))
    return found


ENTRIES = entries()
NAMES = [forward.stem for forward, _, _ in ENTRIES]


def read(file: Path) -> Patch:
    submission = read_submission([(file.name, file.read_bytes())])
    (patch,) = submission.patches
    assert submission.notes == () and patch.problems == ()
    return patch


def shape(file: FileDiff) -> list[tuple[int, int, int, int, list[tuple[str, bytes]]]]:
    return [
        (
            hunk.old_start,
            hunk.old_count,
            hunk.new_start,
            hunk.new_count,
            [(line.kind, line.text) for line in hunk.lines],
        )
        for hunk in file.hunks
    ]


def test_the_corpus_is_there() -> None:
    assert len(ENTRIES) >= 250


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_reads_what_unidiff_reads(entry: tuple[Path, Path, Path]) -> None:
    for file in entry[:2]:
        patch = read(file)
        peers = unidiff.PatchSet(file.read_bytes().decode("latin-1"))
        assert [one.path for one in patch.files] == [peer.path for peer in peers]
        for one, peer in zip(patch.files, peers, strict=True):
            theirs = [
                (
                    hunk.source_start,
                    hunk.source_length,
                    hunk.target_start,
                    hunk.target_length,
                    # It also counts an empty line behind the hunk, with no type.
                    [(x.line_type, x.value.encode("latin-1")) for x in hunk if x.line_type],
                )
                for hunk in peer
            ]
            assert shape(one) == theirs


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_applies_as_git_does(entry: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, backward, tree = entry
    patch = read(backward)
    for file in patch.files:
        if file.old_path is not None:
            (tmp_path / file.old_path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree / file.old_path, tmp_path / file.old_path)
    environment = os.environ | {"GIT_DIR": str(tmp_path / "none")}
    command = ["git", "apply", "--whitespace=nowarn", str(backward.resolve())]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    for file in patch.files:
        before = (tree / (file.old_path or "")).read_bytes() if file.old_path else b""
        target = tmp_path / file.path
        after = target.read_bytes() if file.new_path else b""
        assert apply(before, file) == after
        assert apply(after, reverse(file)) == before
        old, new = before.split(b"\n"), after.split(b"\n")
        for first, second, count in place(before, file).kept:
            assert old[first - 1 : first - 1 + count] == new[second - 1 : second - 1 + count]


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_pairs_come_from_the_tree(entry: tuple[Path, Path, Path]) -> None:
    forward, backward, folder = entry
    with open_tree(str(folder)) as tree:
        pairs, problems = pair(read(backward), tree)
        assert pairs and problems == ()
        assert all(one.whole and one.before != one.after for one in pairs)
        pairs, problems = pair(read(forward), tree)
        assert len(pairs) + len(problems) == len(
            [file for file in read(forward).files if file.path.endswith((".c", ".h"))]
        )
        assert all(p.reason.startswith("does not apply to the tree: hunk") for p in problems)
    pairs, problems = pair(read(forward), None)
    assert pairs and problems == ()


def test_most_patches_that_are_in_the_tree_are_recognised() -> None:
    hints = []
    for forward, _, folder in ENTRIES:
        with open_tree(str(folder)) as tree:
            hints += [p.reason.endswith("(already applied?)") for p in pair(read(forward), tree)[1]]
    assert hints.count(True) > 0.9 * len(hints) > 0
