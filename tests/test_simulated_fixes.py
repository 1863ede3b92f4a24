# SPDX-License-Identifier: GPL-2.0-only
"""What benchmarks/simulated_fixes.tsv says of the fixes of a corpus, and that it still does."""

import os
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))

import simulated_fixes  # noqa: E402
from corpus import read_corpus, table  # noqa: E402

from reviewer.simulation.trial import HOLDS, VIOLATED  # noqa: E402

CORPUS = os.environ.get("MMREVIEW_CORPUS", "")
ROWS = table(simulated_fixes.RESULT, simulated_fixes.COLUMNS)


def bindings() -> list[dict[str, object]]:
    told = tomllib.loads(simulated_fixes.TABLE.read_text(encoding="utf-8"))
    return list(told["fix"])


def test_both_tables_are_of_the_same_fixes() -> None:
    ids = [row["id"] for row in ROWS]
    assert ids == sorted({str(fix["id"]) for fix in bindings()})


def test_a_fix_has_a_scenario_or_a_reason() -> None:
    for fix in bindings():
        assert ("property" in fix) == ("scenario" in fix), fix["id"]
        assert "scenario" in fix or "undecided" in fix, fix["id"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_is_well_formed(row: dict[str, str]) -> None:
    assert tuple(row) == simulated_fixes.COLUMNS
    assert row["verdict"] in ("right", "UNDECIDED")
    assert row["found"] in ("right", "")
    assert (row["verdict"] == "UNDECIDED") == bool(row["reason"])
    assert (row["bound"] == "by hand") == bool(row["scenario"])
    if row["verdict"] == "right":
        assert (row["fixed"], row["buggy"]) == (HOLDS, VIOLATED)
        assert row["companies"] and row["property"] and row["mutant"]


@pytest.mark.skipif(not CORPUS, reason="MMREVIEW_CORPUS is not set")
def test_the_corpus_gives_these_rows() -> None:
    entries = read_corpus(Path(CORPUS), ("fixes",))
    wanted = {entry.id for entry in entries if entry.category in simulated_fixes.CATEGORIES}
    assert wanted <= {row["id"] for row in ROWS}
    assert list(simulated_fixes.tried(Path(CORPUS))) == ROWS
