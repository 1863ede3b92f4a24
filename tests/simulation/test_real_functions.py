# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own functions give the verdicts that were written down for them."""

from functools import cache
from pathlib import Path

import pytest
from modelling import CAP, FACTS, in_tree, scenario, scenarios, variant_of

from reviewer.simulation.scenario import Scenario, Variant
from reviewer.simulation.steps import Context
from reviewer.simulation.trial import Options, Trial, trial, variants_of

pytestmark = pytest.mark.kernel

REALS = [
    pytest.param(one, number, id=f"{one.name}-{real.function}-{number}")
    for one in scenarios()
    for number, real in enumerate(one.reals)
]
CASES = [
    pytest.param(one, number, variant, id=f"{one.name}-{real.function}-{variant.name}")
    for one in scenarios()
    for number, real in enumerate(one.reals)
    for variant in variants_of(one, real)
]
WANTED = (
    "__folio_migrate_mapping",
    "migrate_huge_page_move_mapping",
    "split_huge_page_to_list_to_order",
    "__remove_mapping",
    "filemap_get_entry",
    "gup_fast_pte_range",
    "collapse_file",
    "folio_get_anon_vma",
)
"""Functions that some scenario must have been tried on."""


@cache
def tried(tree: Path, scenario_name: str, number: int, variant_name: str) -> Trial:
    """A variant tried on one of the functions the scenario names."""
    one = scenario(scenario_name)
    real = one.reals[number]
    subject = in_tree(tree)(one, real)
    options = Options(cap=CAP)
    return trial(one, variant_of(one, variant_name), FACTS, options, real, subject)


@pytest.mark.parametrize(("one", "number", "variant"), CASES)
def test_verdict(one: Scenario, number: int, variant: Variant, linux_6_12: Path) -> None:
    found = tried(linux_6_12, one.name, number, variant.name)
    assert not found.reason
    assert found.runs and all(run.result.complete for run in found.runs)
    assert found.verdict == variant.expect
    if variant.expect == "VIOLATED":
        assert (variant.progress or variant.property) in found.broken


@pytest.mark.parametrize(("one", "number"), REALS)
def test_the_function_is_tried_as_it_is_and_as_a_mutant(one: Scenario, number: int) -> None:
    """One variant at least leaves it as it is, and one at least is refuted."""
    variants = [v for v in variants_of(one, one.reals[number]) if not v.progress]
    assert any(not variant.mutations for variant in variants)
    assert any(variant.expect == "VIOLATED" for variant in variants)


@pytest.mark.parametrize("function", WANTED)
def test_the_function_is_that_of_some_scenario(function: str) -> None:
    """One in which it holds as it is."""
    held = [
        variant.name
        for one in scenarios()
        for real in one.reals
        if real.function == function
        for variant in variants_of(one, real)
        if variant.expect == "HOLDS" and not variant.mutations and not variant.progress
    ]
    assert held


def test_the_walk_runs_with_interrupts_off(linux_6_12: Path) -> None:
    """Its caller turns them off, and it is the caller of the model that does."""
    one = scenario("gup_fast")
    (number,) = (at for at, real in enumerate(one.reals) if real.function == "gup_fast_pte_range")
    found = tried(linux_6_12, "gup_fast", number, "walk")
    for run in found.runs:
        program = run.machine.programs[run.machine.subject]
        switched = [
            (step.on, step.origin.function)
            for step in program.steps
            if isinstance(step, Context) and step.context == "irqs-off"
        ]
        assert {on for on, _ in switched} == {True, False}
        assert "gup_fast_pte_range" not in {function for _, function in switched}
