# SPDX-License-Identifier: GPL-2.0-only
"""A function's control-flow graph."""

from reviewer.cfg.draft import ENTRY, EXIT, Cleanup, Draft, Jump, Labelled
from reviewer.cfg.flow import statement
from reviewer.cfg.graph import Graph, Unknown
from reviewer.cfg.scopes import common, leave
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.record import replace
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
    draft = Draft(function, facts)
    draft.variables |= {one.name for one in function.params}
    draft.visible.update(dict.fromkeys(one.name for one in function.params))
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
    if draft.gaps and draft.labels:
        draft.ends = [(number, "") for number in draft.gaps]
        meeting = draft.join(draft.nodes[EXIT].loc, "jump not shown")
        draft.edges += [(meeting, label.node, "") for label in draft.labels.values()]
    draft.ends = []


def _resolve(draft: Draft, end: Location) -> None:
    """Lead each goto to its label; one without a label leads to the unknown."""
    computed: dict[Cleanup | None, list[Jump]] = {}
    for jump in draft.gotos:
        if jump.label in draft.labels:
            _land(draft, jump, draft.labels[jump.label])
        elif jump.label == "" and draft.labels:
            computed.setdefault(jump.cleanups, []).append(jump)
        elif jump.ends:
            draft.ends = list(jump.ends)
            draft.add(Unknown(end, f"{jump.label or 'goto'} is not shown"))
            draft.lead(EXIT)
    for jumps in computed.values():
        _computed(draft, jumps)
    draft.ends = []


def _land(draft: Draft, jump: Jump, label: Labelled) -> None:
    """Draw one jump, with what runs where it leaves scopes."""
    draft.ends = list(jump.ends)
    draft.cleanups, draft.place = jump.cleanups, jump.place
    leave(draft, common(jump.cleanups, label.cleanups), jump.loc)
    draft.place = None
    draft.lead(label.node)


def _computed(draft: Draft, jumps: list[Jump]) -> None:
    """``goto *p`` leads to each label whose address is taken; those out of
    the same scopes meet first, or there would be an edge for every pair."""
    draft.ends = [end for jump in jumps for end in jump.ends]
    if not draft.ends:
        return
    draft.place = jumps[0].place
    meeting = draft.join(jumps[0].loc, "goto *")
    for name, label in draft.labels.items():
        if name in draft.addressed or not draft.addressed:
            _land(draft, replace(jumps[0], ends=[(meeting, name)]), label)


def _finished(function: Function, draft: Draft) -> Graph:
    leaving: list[list[tuple[int, str]]] = [[] for _ in draft.nodes]
    for source, target, label in dict.fromkeys(draft.edges):
        leaving[source].append((target, label))
    reached = _reachable(leaving)
    order = sorted(reached | {EXIT}, key=draft.places.__getitem__)
    numbers = {old: new for new, old in enumerate(order)}
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
