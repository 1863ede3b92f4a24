# SPDX-License-Identifier: GPL-2.0-only
"""An analysis that is broken on purpose is caught by running functions."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mutant_runs import ROOT, SEED, DoesNotApply, first_caught, mutant
from mutation import Mutation
from mutations import CAUGHT, MUTATIONS

AT_LEAST = 25
WITHIN = 1000
WORKERS = 2


def test_there_are_enough_and_each_is_caught_soon() -> None:
    assert len(MUTATIONS) >= AT_LEAST
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)
    assert {one.name for one in MUTATIONS} == set(CAUGHT)
    assert max(CAUGHT.values()) < WITHIN


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_applies(mutation: Mutation) -> None:
    text = (ROOT / "reviewer" / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1


def test_one_that_does_not_apply_is_an_error(tmp_path: Path) -> None:
    gone = Mutation("nothing", MUTATIONS[0].file, "a text that nobody wrote", "")
    with pytest.raises(DoesNotApply):
        mutant(gone, tmp_path / "copy")


def test_each_is_caught(stored: list[Path], tmp_path: Path) -> None:
    """The function that is known to show a mutation is tried first."""

    def found(number: int) -> str:
        mutation = MUTATIONS[number]
        order = dict.fromkeys((CAUGHT[mutation.name], *range(100)))
        return first_caught(mutation, tmp_path / str(number), stored, order)

    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(found, range(len(MUTATIONS))))
    missed = [m.name for m, one in zip(MUTATIONS, results, strict=True) if not one[:1].isdigit()]
    assert missed == [], f"not shown by any of the functions tried, seed {SEED}"
