# SPDX-License-Identifier: GPL-2.0-only
"""What anybody can send costs little, ends in order, and is not passed over in silence."""

import os
import re
import time
from pathlib import Path

import pytest
from hostile_bounds import NOISE, Bound, bound, too_costly
from hostile_catalogue import SOURCES, patch, patch_everywhere, whole
from hostile_diffs import DIFFS, TREE
from hostile_reader import followed, followed_piece
from hostile_run import Cost, run_program

from reviewer.ruleset import load_facts, load_vocabulary

# The largest function that is read costs more than one that is refused.
LARGEST, FULL = 240_000, 1_000_000
SMALL = 20_000
CI = bool(os.environ.get("CI"))
# At full size every tenth source is tried by hand, every third in CI;
# `scripts/hostile_costs.py` tries all.
TRIED = sorted(SOURCES)[:: 3 if CI else 10]
DOCUMENTED = (0, 1, 3)
_REASON = re.compile(r"mmreview: .")


def check(cost: Cost, most: Bound) -> None:
    """How every run has to end."""
    assert cost.status in DOCUMENTED, cost
    assert "Traceback" not in cost.errors and "internal error" not in cost.errors, cost.errors
    assert all(_REASON.match(line) for line in cost.errors.splitlines()), cost.errors
    assert (cost.status == 3) <= bool(cost.errors), "not analysed, and no word about it"
    assert not too_costly(cost, most), cost


@pytest.mark.parametrize("kind", TRIED)
def test_a_line_in_the_middle_of_a_file(kind: str, tmp_path: Path) -> None:
    source = SOURCES[kind](LARGEST)
    check(run_program(tmp_path, patch(source), source), bound(LARGEST))


@pytest.mark.parametrize("kind", TRIED)
def test_a_file_that_is_one_hunk(kind: str, tmp_path: Path) -> None:
    source = SOURCES[kind](FULL)
    check(run_program(tmp_path, whole(source), None), bound(FULL))


@pytest.mark.parametrize("kind", SOURCES)
def test_every_function_is_read_and_followed(kind: str) -> None:
    source = SOURCES[kind](SMALL)
    before = time.process_time()
    followed(source, load_facts(), load_vocabulary())
    followed_piece(source, load_facts(), load_vocabulary())
    assert time.process_time() - before < bound(SMALL).seconds * NOISE


@pytest.mark.parametrize(
    "kind",
    [
        "file: small functions",
        "file: functions of one name",
        "file: large functions",
        "flow: statements",
        "text: arms",
        "text: only newlines",
    ],
)
@pytest.mark.parametrize("tree", [True, False], ids=["with tree", "without"])
def test_lines_everywhere(kind: str, tree: bool, tmp_path: Path) -> None:
    source = SOURCES[kind](LARGEST)
    diff = patch_everywhere(source, 8)
    check(run_program(tmp_path, diff, source if tree else None), bound(len(diff)))


@pytest.mark.parametrize("tree", [True, False], ids=["with tree", "without"])
@pytest.mark.parametrize("kind", DIFFS)
def test_hostile_diffs_and_mails(kind: str, tree: bool, tmp_path: Path) -> None:
    diff = DIFFS[kind](FULL if CI else LARGEST)
    check(run_program(tmp_path, diff, TREE if tree else None), bound(FULL))
