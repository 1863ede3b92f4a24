# SPDX-License-Identifier: GPL-2.0-only
"""Every variant gives the verdict that was written down before it was run."""

from dataclasses import dataclass
from functools import cache

import pytest
from modelling import FACTS, scenarios

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.scenario import Assumption, Path, Scenario, Variant

CASES = [
    pytest.param(scenario, variant, id=f"{scenario.name}-{variant.name}")
    for scenario in scenarios()
    for variant in scenario.variants
]


@dataclass(frozen=True)
class Run:
    """One exploration of a variant."""

    path: str
    assumption: str
    machine: Machine
    result: Exploration

    @property
    def verdict(self) -> str:
        return "VIOLATED" if self.result.broken else "HOLDS"


@cache
def runs(scenario_name: str, variant_name: str) -> tuple[Run, ...]:
    """Every run of a variant, beside each company its actors are part of."""
    scenario = next(one for one in scenarios() if one.name == scenario_name)
    variant = next(one for one in scenario.variants if one.name == variant_name)
    return tuple(
        _run(scenario, variant, path, assumption, company)
        for path in scenario.paths
        if not variant.paths or path.name in variant.paths
        for assumption in scenario.assumptions
        if not variant.assumptions or assumption.name in variant.assumptions
        for company in scenario.companies
    )


def _run(
    scenario: Scenario,
    variant: Variant,
    path: Path,
    assumption: Assumption,
    company: tuple[str, ...],
) -> Run:
    graph = scenario.actors[variant.subject]
    subject = Subject(graph, scenario.actor_files[variant.subject], {})
    program = lift_subject(scenario, path, subject, FACTS)
    actors = tuple(variant.replace.get(name, name) for name in company)
    machine = assemble(scenario, path, assumption, program, actors, FACTS)
    result = explore(machine, checks_of(scenario, machine))
    return Run(path.name, assumption.name, machine, result)


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_verdict(scenario: Scenario, variant: Variant) -> None:
    found = runs(scenario.name, variant.name)
    assert all(run.result.complete for run in found)
    if variant.expect == "HOLDS":
        assert {run.verdict for run in found} == {"HOLDS"}
    else:
        assert "VIOLATED" in {run.verdict for run in found}


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_property(scenario: Scenario, variant: Variant) -> None:
    """The property broken is the one named: on every path, under every assumption asked for, or
    under some where none is asked for."""
    if variant.expect == "HOLDS":
        assert not variant.property
        return
    found = runs(scenario.name, variant.name)
    for path in {run.path for run in found}:
        for names in [{one} for one in variant.assumptions] or [{run.assumption for run in found}]:
            here = [r for r in found if r.path == path and r.assumption in names]
            assert variant.property in {name for run in here for name in run.result.broken}


@pytest.mark.parametrize(
    ("name", "path"), [("gup-no-recheck", "unmapped"), ("gup-unconditional-get", "mapped")]
)
def test_a_flush_that_waits_leaves_no_room_for_the_walk(name: str, path: str) -> None:
    """With interrupts off the walk keeps the other CPU from counting, whatever it leaves out."""
    found = [run for run in runs("folio_refcount", name) if run.path == path]
    verdicts = {run.assumption: set[str]() for run in found}
    for run in found:
        verdicts[run.assumption].add(run.verdict)
    assert verdicts["flush-with-ipi"] == {"HOLDS"}
    assert "VIOLATED" in verdicts["flush-without-wait"]


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: one.name)
def test_some_variants_hold_and_some_are_refuted(scenario: Scenario) -> None:
    """A model in which nothing can be refuted proves nothing."""
    assert {variant.expect for variant in scenario.variants} == {"HOLDS", "VIOLATED"}


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: one.name)
def test_every_property_of_the_scenario_is_broken_by_some_variant(scenario: Scenario) -> None:
    named = {variant.property for variant in scenario.variants}
    assert {entry.name for entry in scenario.properties} <= named


@pytest.mark.parametrize(("scenario", "variant"), CASES)
def test_the_schedule_is_one_that_runs(scenario: Scenario, variant: Variant) -> None:
    """Each schedule starts in an initial state and every step of it leaves what it says."""
    for run in runs(scenario.name, variant.name):
        for schedule in run.result.broken.values():
            assert schedule
            assert {taken.cpu for taken in schedule} <= set(range(len(run.machine.programs)))
            assert all(len(taken.shared) == run.machine.layout.size for taken in schedule)
