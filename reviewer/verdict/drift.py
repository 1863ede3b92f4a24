# SPDX-License-Identifier: GPL-2.0-only
"""Compare the actors of a scenario with the tree under review."""

from collections.abc import Callable

from reviewer.cfg.build import build
from reviewer.checker.callees import neighbours
from reviewer.facts import Facts
from reviewer.simulation.assemble import Subject
from reviewer.simulation.drift import differs
from reviewer.simulation.scenario import Scenario, StandsFor
from reviewer.syntax.parse import read_file
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary

Reader = Callable[[str], bytes | None]


def drift(
    scenario: Scenario, read: Reader, vocabulary: Vocabulary, facts: Facts
) -> tuple[str, ...]:
    """One sentence for each actor that stands for a function of a tree.

    ``read`` gives a file of the tree, None when there is none; a function
    that the tree does not have is said so.
    """
    told = []
    for entry in scenario.stands_for:
        data = read(entry.file)
        if data is not None:
            told.append(_compared(scenario, entry, data, vocabulary, facts))
    return tuple(told)


def _compared(
    scenario: Scenario, entry: StandsFor, data: bytes, vocabulary: Vocabulary, facts: Facts
) -> str:
    file = read_file(data, vocabulary)
    present = (file.functions_named(name) for name in entry.functions)
    functions = next((found for found in present if found), ())
    if not functions:
        return f"{entry.file} of this tree has none of {', '.join(entry.functions)}"
    # Stubs for configurations without the feature stand beside the real one.
    function: Function = max(functions, key=lambda f: f.loc.end - f.loc.start)
    graph = build(function, facts)
    subject = Subject(graph, entry.file, {}, neighbours(file, facts).small)
    found = differs(scenario, entry.actor, subject, facts)
    if found:
        return f"{function.name}() in {entry.file} differs from the model: {found}"
    return f"the model of {function.name}() agrees with {entry.file} of this tree"
