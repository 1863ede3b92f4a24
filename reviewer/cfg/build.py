# SPDX-License-Identifier: GPL-2.0-only
"""A function's control-flow graph."""

from reviewer.cfg.draft import ENTRY, EXIT, Draft
from reviewer.cfg.flow import statement
from reviewer.cfg.graph import Graph, Unknown
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.syntax.tree import Function


def build(
    function: Function,
    facts: Facts,
) -> Graph:
    """The control-flow graph of a function.

    ``facts`` say which calls do not come back, which macros evaluate to their
    first argument, as ``likely`` does, and what runs where a scope ends.
    Nodes are numbered in the order C evaluates the source text; those that
    cannot be reached are left out, except the exit.
    """
    draft = Draft(facts)
    draft.variables |= {one.name for one in function.params}
    end = Location(function.loc.end, function.loc.end, function.loc.line)
    draft.join(function.loc, "entry")
    entry, draft.ends = draft.ends, []
    draft.join(end, "exit")
    draft.ends = entry
    statement(draft, function.body)
    draft.lead(EXIT)
    _connect_gaps(draft)
    _resolve(draft, end)
    return _finished(function, draft)


def _connect_gaps(draft: Draft) -> None:
    """What is not shown may return, or jump to any label and any later gap."""
    for number, following in zip(draft.gaps, [*draft.gaps[1:], EXIT], strict=False):
        draft.edges.append((number, following, ""))
        if following != EXIT:
            draft.edges.append((number, EXIT, ""))
        draft.edges += [(number, label, "") for label in draft.labels.values()]


def _resolve(draft: Draft, end: Location) -> None:
    """Lead each goto to its label; one without a label leads to the unknown."""
    for target, ends in draft.gotos:
        draft.ends = list(ends)
        if target in draft.labels:
            draft.lead(draft.labels[target])
        elif target == "" and draft.labels:
            draft.edges += [
                (source, label, text) for source, text in ends for label in draft.labels.values()
            ]
        elif ends:
            draft.add(Unknown(end, f"{target or 'goto'} is not shown"))
            draft.lead(EXIT)
    draft.ends = []


def _finished(function: Function, draft: Draft) -> Graph:
    leaving: list[list[tuple[int, str]]] = [[] for _ in draft.nodes]
    for source, target, label in dict.fromkeys(draft.edges):
        leaving[source].append((target, label))
    reached = _reachable(leaving)
    numbers = {old: new for new, old in enumerate(sorted(reached | {EXIT}))}
    succ = [
        tuple((numbers[target], label) for target, label in leaving[old] if target in numbers)
        for old in numbers
    ]
    pred: list[list[tuple[int, str]]] = [[] for _ in numbers]
    for source, targets in enumerate(succ):
        for target, label in targets:
            pred[target].append((source, label))
    nodes = tuple(draft.nodes[old] for old in numbers)
    return Graph(function, nodes, tuple(succ), tuple(tuple(edges) for edges in pred))


def _reachable(leaving: list[list[tuple[int, str]]]) -> set[int]:
    reached, stack = {ENTRY}, [ENTRY]
    while stack:
        for target, _ in leaving[stack.pop()]:
            if target not in reached:
                reached.add(target)
                stack.append(target)
    return reached
