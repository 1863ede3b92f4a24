# SPDX-License-Identifier: GPL-2.0-only
"""Small functions and what is held at their marks."""

from functools import cache

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.conditions import Condition
from reviewer.locks.held import Held
from reviewer.locks.locksets import locksets
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.vocabulary import Vocabulary


@cache
def facts() -> Facts:
    return load_facts()


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def graph_of(code: str) -> Graph:
    """The graph of the first function of a file."""
    file = read_file(code.encode(), vocabulary())
    function = file.parsed(file.segments[0])
    assert function.errors == ()
    return build(function, facts())


def body(text: str, params: str = "struct thing *t, int check, int other") -> str:
    """A function around statements."""
    return f"int f({params})\n{{\n{text}\n}}\n"


def marks(code: str, assume: frozenset[Condition] = frozenset()) -> dict[str, Held]:
    """What is held before each call ``at_NAME()``, by NAME; those that are
    not reached are left out."""
    graph = graph_of(code)
    found = locksets(graph, facts(), assume)
    return {
        node.function[3:]: held
        for node, held in zip(graph.nodes, found.before, strict=True)
        if isinstance(node, Invoke) and node.function.startswith("at_") and held is not None
    }


def musts(text: str, params: str = "struct thing *t, int check, int other") -> dict[str, set[str]]:
    """The locks held on every way to each mark of a body."""
    return {name: set(held.must) for name, held in marks(body(text, params)).items()}


def mays(text: str, params: str = "struct thing *t, int check, int other") -> dict[str, set[str]]:
    """The locks held on some way to each mark of a body."""
    return {name: set(held.may) for name, held in marks(body(text, params)).items()}


def contexts(text: str) -> dict[str, set[str]]:
    """The contexts entered on every way to each mark of a body."""
    return {name: set(held.context) for name, held in marks(body(text)).items()}
