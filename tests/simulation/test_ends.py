# SPDX-License-Identifier: GPL-2.0-only
"""Every end a machine can come to has a shortest schedule that comes to it."""

import pytest
from modelling import tried
from schedules import can_be_made

from reviewer.simulation.answer import checks_of
from reviewer.simulation.explore import way_to_end
from reviewer.simulation.steps import Mark, Stop


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("rcu_lookup", "try-get"),
        ("locked_lookup", "plain-get-of-what-is-going"),
        ("vma_lock", "start-read"),
        ("folio_refcount", "check-outside"),
    ],
)
def test_an_end_and_the_way_to_it(name: str, variant: str) -> None:
    done = tried(name, variant)
    ends = 0
    for run in done.runs:
        checks = checks_of(done.scenario, run.machine)
        for end in run.result.outcomes:
            way = way_to_end(run.machine, checks, end)
            assert way and can_be_made(run.machine, way, checks)
            told = {
                (taken.cpu, taken.step.text)
                for taken in way
                if isinstance(taken.step, Stop | Mark) and taken.step.text
            }
            for cpu, text in told:
                assert end[cpu].endswith((f"returns {text}", "a reference"))
            ends += 1
    assert ends >= len(done.runs)


def test_an_end_that_is_none() -> None:
    run = tried("rcu_lookup", "try-get").runs[0]
    checks = checks_of(tried("rcu_lookup", "try-get").scenario, run.machine)
    assert way_to_end(run.machine, checks, ("never", "never")) == ()
