# SPDX-License-Identifier: GPL-2.0-only
"""The reader against clang, on a sample, and against ctags, on the kernel."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from oracles.ctags import tags
from oracles.differences import Judgement, judged
from oracles.reading import ERRORS, FUNCTIONS, LISTED, MISSED, coverage

from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.vocabulary import Vocabulary

SAMPLE = Path(__file__).parent / "kernel_like.c"
FLAGS = ["-std=gnu11", "-DCONFIG_NUMA"]


def judgement(path: Path, vocabulary: Vocabulary | None = None) -> Judgement:
    return judged(path, FLAGS, vocabulary or load_vocabulary(), load_facts())


def test_calls_chains_and_jumps_are_those_clang_sees() -> None:
    result = judgement(SAMPLE)
    assert result.error == ""
    assert result.differences == []
    counts = {name: result.counts[name] for name in ("functions", "calls", "jumps", "statements")}
    assert counts == {"functions": 5, "calls": 35, "jumps": 17, "statements": 31}


@pytest.mark.parametrize(
    ("unknown", "difference"),
    [
        ({"iterators": frozenset(), "iterator_pattern": None}, "statements missed"),
        ({"scopes": {}}, "statements missed"),
        ({"called_args": {}}, "calls missed"),
    ],
)
def test_a_macro_nobody_knows_makes_a_difference(
    unknown: dict[str, object], difference: str
) -> None:
    assert judgement(SAMPLE, replace(load_vocabulary(), **unknown)).counts[difference] > 0


def test_a_file_clang_cannot_compile_is_not_judged(tmp_path: Path) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int f(void)\n{\n\treturn unknown;\n}\n")
    assert "unknown" in judgement(broken).error


@pytest.mark.kernel
def test_all_of_mm_is_read_as_well_as_ctags_reads_it(linux_6_12: Path) -> None:
    if shutil.which("ctags") is None:
        pytest.skip("Universal Ctags is not installed")
    paths = sorted((linux_6_12 / "mm").rglob("*.c"))
    listed = tags(paths)
    total: Counter[str] = Counter()
    missed: list[str] = []
    for path in paths:
        one = coverage(path, listed.get(str(path), []), load_vocabulary())
        total += one.counts
        missed += one.missed
    assert total[FUNCTIONS] > 6400
    assert total[ERRORS] <= total[FUNCTIONS] * 0.0005
    assert total[MISSED] <= total[LISTED] * 0.0001, missed
