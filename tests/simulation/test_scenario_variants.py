# SPDX-License-Identifier: GPL-2.0-only
"""Every variant gives the verdict that was written down before it was run."""

import pytest
from modelling import scenarios, tried
from schedules import can_be_made

from reviewer.simulation.answer import checks_of
from reviewer.simulation.scenario import Scenario, Variant
from reviewer.simulation.trial import notes

CASES = [
    pytest.param(scenario, variant, id=f"{scenario.name}-{variant.name}")
    for scenario in scenarios()
    for variant in scenario.variants
    if variant.subject
]
SCENARIOS = [pytest.param(scenario, id=scenario.name) for scenario in scenarios()]
ENDLESS = ("deadlock", "livelock")
"""What no single step breaks."""


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_verdict(scenario: Scenario, variant: Variant) -> None:
    found = tried(scenario.name, variant.name)
    assert not found.reason
    assert found.runs and all(run.result.complete for run in found.runs)
    assert found.verdict == variant.expect
    if variant.expect == "HOLDS":
        assert not variant.property
    else:
        assert (variant.progress or variant.property) in found.broken


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_the_property_is_broken_wherever_the_variant_is_said_to_break_it(
    scenario: Scenario, variant: Variant
) -> None:
    """On every path, under every assumption asked for, or under some where none is asked for."""
    named = variant.progress or variant.property
    if variant.expect == "HOLDS":
        return
    found = tried(scenario.name, variant.name).runs
    for path in {run.path.name for run in found}:
        everywhere = {run.assumption.name for run in found}
        for names in [{one} for one in variant.assumptions] or [everywhere]:
            here = [r for r in found if r.path.name == path and r.assumption.name in names]
            assert named in {name for r in here for name in (*r.result.broken, *r.result.goals)}


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_the_schedules_are_ones_that_run(scenario: Scenario, variant: Variant) -> None:
    """Each begins in an initial state, each step follows from the one before, and
    the last one breaks what is said to be broken."""
    for run in tried(scenario.name, variant.name).runs:
        checks, goals = checks_of(scenario, run.machine), notes(scenario, run.machine)
        for name, schedule in (*run.result.broken.items(), *run.result.goals.items()):
            assert schedule
            assert can_be_made(run.machine, schedule, checks, goals)
            if name in run.result.broken:
                assert schedule[-1].event.broke == ("" if name in ENDLESS else name)


@pytest.mark.parametrize(
    ("name", "path"), [("gup-no-recheck", "unmapped"), ("gup-unconditional-get", "mapped")]
)
def test_a_flush_that_waits_leaves_no_room_for_the_walk(name: str, path: str) -> None:
    """With interrupts off the walk keeps the other CPU from counting, whatever it leaves out."""
    runs = [run for run in tried("folio_refcount", name).runs if run.path.name == path]
    broken = {run.assumption.name: False for run in runs}
    for run in runs:
        broken[run.assumption.name] |= bool(run.result.broken)
    assert broken == {"flush-with-ipi": False, "flush-without-wait": True}


# What a scenario has to have ------------------------------------------------------------


def judged(scenario: Scenario, expect: str) -> list[Variant]:
    """The variants about properties with this verdict."""
    return [one for one in scenario.variants if not one.progress and one.expect == expect]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_some_variants_hold_and_some_are_refuted(scenario: Scenario) -> None:
    """A model in which nothing can be refuted proves nothing."""
    assert len(judged(scenario, "HOLDS")) >= 2
    assert len(judged(scenario, "VIOLATED")) >= 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_mutant_has_the_property_it_breaks(scenario: Scenario) -> None:
    assert all(variant.property for variant in judged(scenario, "VIOLATED"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_property_of_the_scenario_is_broken_by_some_variant(scenario: Scenario) -> None:
    named = {variant.property for variant in scenario.variants}
    assert {entry.name for entry in scenario.properties} <= named


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_note_on_progress_is_met_by_some_variant(scenario: Scenario) -> None:
    named = {one.progress for one in scenario.variants if one.expect == "VIOLATED"}
    assert {entry.name for entry in scenario.progress} <= named


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_no_function_of_its_own_is_tried_on_is_tried_on_the_kernels(
    scenario: Scenario,
) -> None:
    tried_there = {name for real in scenario.reals for name in real.variants}
    assert {one.name for one in scenario.variants if not one.subject} <= tried_there
    assert tried_there <= {one.name for one in scenario.variants}
