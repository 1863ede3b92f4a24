# SPDX-License-Identifier: GPL-2.0-only
"""The shipped scenarios and facts, read once, and functions made from C."""

from collections.abc import Sequence
from functools import cache

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.ruleset import load_facts, load_scenarios, load_vocabulary
from reviewer.simulation.scenario import Scenario
from reviewer.syntax.parse import read_file

FACTS = load_facts()


@cache
def scenarios() -> Sequence[Scenario]:
    return load_scenarios(FACTS)


def scenario(name: str) -> Scenario:
    return next(one for one in scenarios() if one.name == name)


def function(text: str, name: str) -> Graph:
    """The control-flow graph of one function of a C text."""
    (found,) = read_file(text.encode(), load_vocabulary()).functions_named(name)
    return build(found, FACTS)
