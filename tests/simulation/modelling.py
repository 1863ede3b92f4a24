# SPDX-License-Identifier: GPL-2.0-only
"""The shipped scenarios and facts, read once, what trying them gave, and functions made from C."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.frontend.subjects import of_tree
from reviewer.ruleset import load_facts, load_scenarios, load_vocabulary
from reviewer.simulation.assemble import Subject
from reviewer.simulation.scenario import Real, Scenario, Variant
from reviewer.simulation.trial import Options, Trial, trial
from reviewer.syntax.parse import read_file

FACTS = load_facts()
CAP = 60_000
"""No machine of a shipped scenario has more states."""


@cache
def scenarios() -> Sequence[Scenario]:
    return load_scenarios(FACTS)


def scenario(name: str) -> Scenario:
    return next(one for one in scenarios() if one.name == name)


def variant_of(one: Scenario, name: str) -> Variant:
    return next(variant for variant in one.variants if variant.name == name)


@cache
def tried(scenario_name: str, variant_name: str) -> Trial:
    """A variant tried on the function it names."""
    one = scenario(scenario_name)
    return trial(one, variant_of(one, variant_name), FACTS, Options(cap=CAP))


@cache
def in_tree(tree: Path) -> Callable[[Scenario, Real], Subject]:
    """Finds the functions of a kernel."""
    return of_tree(str(tree), FACTS)


def function(text: str, name: str) -> Graph:
    """The control-flow graph of one function of a C text."""
    (found,) = read_file(text.encode(), load_vocabulary()).functions_named(name)
    return build(found, FACTS)
