# SPDX-License-Identifier: GPL-2.0-only
"""Which nodes of a function stayed what they were, and whether a way between two of
them still leads past what the patch took away."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from reviewer.cfg.dominators import ENTRY, EXIT
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave, Node
from reviewer.checker.rule import FunctionChange
from reviewer.locks.aliases import Aliases
from reviewer.record import dataclass
from reviewer.syntax.tree import Expr

_TEMPORARY = re.compile(r"%\d+")

NEAR = 2
"""Lines between two statements that stand beside each other."""

Edge = tuple[int, str]
"""A node and the label of one of the edges that leave it."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """A way that leads past what is gone: ``line`` is where that was, ``end`` the
    kept node behind it."""

    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Following:
    """The next nodes both images have, as in the after image, and the lines of those
    between that only one has."""

    kept: frozenset[int]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A kept node after the patch, and the one before; the label of an edge that
    leads elsewhere now, where it leads, and in which line."""

    node: int
    old: int
    label: str
    to: frozenset[int]
    line: int


class Paths:
    """The nodes of both images of a function that the patch left alone: ``twin``
    gives the one after for the one before, ``old`` are those that have a
    counterpart, ``kept`` those after the patch that had one."""

    def __init__(self, change: FunctionChange) -> None:
        self.change = change
        self.before, self.after = change.before.graph, change.after.graph

    @cached_property
    def twin(self) -> Mapping[int, int]:
        """The node after the patch by the node before it."""
        change = self.change
        there = _by_signature(self.after, change.after.locks.names, lambda line: line)
        here = _by_signature(self.before, change.before.locks.names, change.after_line)
        found = {ENTRY: ENTRY, EXIT: EXIT}
        for key, nodes in here.items():
            found.update(zip(nodes, there.get(key, ()), strict=False))
        return found

    @cached_property
    def kept(self) -> frozenset[int]:
        """The nodes after the patch that were there before."""
        return frozenset(self.twin.values())

    def fresh(self) -> Iterator[tuple[int, Node]]:
        """The nodes after the patch that were not there before."""
        for number, node in enumerate(self.after.nodes):
            if number not in self.kept:
                yield number, node

    def lost(self) -> Iterator[tuple[int, Node]]:
        """The nodes before the patch that are not there any more."""
        for number, node in enumerate(self.before.nodes):
            if number not in self.twin:
                yield number, node

    def bypass(self, node: int, barred: Collection[int]) -> "Bypass | None":
        """The way after the patch from what came before ``node`` to what came behind
        it, without anything in its place; a way that meets no ``barred`` node
        between the entry and the exit.  None when there is none."""
        starts = dict.fromkeys(self._around(node, self.before.pred, labelled=True))
        ends = {self.twin[end] for end, _ in self._around(node, self.before.succ)}
        behind = reached(self.after, [EXIT], barred, back=True)
        for start, label in starts:
            first = self.twin[start]
            if first in barred or first not in reached(self.after, [ENTRY], barred):
                continue
            for end in self._straight(first, label, barred):
                if end in ends and end in behind:
                    return Bypass(end, self._line(first, label))
        return None

    def _line(self, start: int, label: str) -> int:
        """The line where a way goes on behind ``start``, unless that is far away."""
        line = self.after.nodes[start].loc.line
        for target, name in self.after.succ[start]:
            if name == label and target != EXIT:
                following = self.after.nodes[target].loc.line
                if start == ENTRY or line <= following <= line + NEAR:
                    return following
        return line

    def following(self, node: int, label: str, after: bool) -> "Following":
        """What comes next behind an edge of one image, as nodes of the after image."""
        graph = self.after if after else self.before
        known = self.kept if after else self.twin
        stack = [target for target, name in graph.succ[node] if name == label]
        seen, found, lines = set(stack), set(), []
        while stack:
            here = stack.pop()
            if here in known:
                found.add(here if after else self.twin[here])
                continue
            lines.append(graph.nodes[here].loc.line)
            for target, _ in graph.succ[here]:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return Following(frozenset(found), tuple(lines))

    def turns(self) -> Iterator[Turn]:
        """The edges of kept nodes that lead elsewhere now."""
        for old, node in self.twin.items():
            for label in dict.fromkeys(label for _, label in self.after.succ[node]):
                new = self.following(node, label, after=True)
                fresh = new.kept - self.following(old, label, after=False).kept
                if fresh:
                    line = min(new.lines, default=self.after.nodes[node].loc.line)
                    yield Turn(node, old, label, fresh, line)

    def escapes(self, node: int, label: str, to: Collection[int], barred: Collection[int]) -> bool:
        """Whether an edge after the patch leads, by one of the kept nodes ``to``,
        to the exit without meeting a ``barred`` node."""
        return any(
            end in to and EXIT in reached(self.after, [end], barred)
            for end in self._straight(node, label, barred)
        )

    def is_new_edge(self, trail: Sequence[int]) -> bool:
        """Whether a way goes, without a new node between, from one kept node to
        another that did not follow it before."""
        steps = [node for node in trail if node in self.kept]
        return any(two not in self._followers(one) for one, two in pairwise(steps))

    @cached_property
    def _back(self) -> Mapping[int, int]:
        return {new: old for old, new in self.twin.items()}

    def _followers(self, node: int) -> frozenset[int]:
        """The kept nodes, as after the patch, that came next before it."""
        stack, seen, found = [self._back[node]], set(), set()
        while stack:
            for other, _ in self.before.succ[stack.pop()]:
                if other in self.twin:
                    found.add(self.twin[other])
                elif other not in seen:
                    seen.add(other)
                    stack.append(other)
        return frozenset(found)

    def _around(
        self, node: int, edges: tuple[tuple[Edge, ...], ...], labelled: bool = False
    ) -> Iterator[Edge]:
        """The nearest nodes with a counterpart, in one direction, and by which
        edge they lead here."""
        stack, seen = [node], {node}
        while stack:
            here = stack.pop()
            for other, label in edges[here]:
                if other in self.twin:
                    yield other, label if labelled else ""
                elif other not in seen:
                    seen.add(other)
                    stack.append(other)

    def _straight(self, node: int, label: str, barred: Collection[int]) -> Iterator[int]:
        """The next kept nodes behind an edge."""
        stack = [target for target, name in self.after.succ[node] if name == label]
        seen = set(stack)
        while stack:
            here = stack.pop()
            if here in barred:
                continue
            if here in self.kept:
                yield here
                continue
            for target, _ in self.after.succ[here]:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)


def reached(
    graph: Graph, starts: Collection[int], barred: Collection[int] = (), back: bool = False
) -> frozenset[int]:
    """The nodes that ways from ``starts`` lead to, themselves included, which
    meet no ``barred`` node."""
    edges = graph.pred if back else graph.succ
    stack = [node for node in starts if node not in barred]
    seen = set(stack)
    while stack:
        for other, _ in edges[stack.pop()]:
            if other not in seen and other not in barred:
                seen.add(other)
                stack.append(other)
    return frozenset(seen)


def signature(node: Node, names: Aliases) -> str:
    """What a node does, as text that is the same in both images."""
    match node:
        case Compute(expr=expr, declares=declares):
            said = f"{declares} {_spelled(expr, names)}"
        case Invoke(function=function, args=args):
            said = f"{function}({', '.join(_spelled(arg, names) for arg in args)})"
        case Decide(cond=cond):
            said = _spelled(cond, names)
        case Leave(value=value):
            said = "" if value is None else _spelled(value, names)
        case Join(text=text):
            said = text
        case _:
            said = ""
    return f"{type(node).__name__} {said}"


def _spelled(expr: Expr, names: Aliases) -> str:
    return _TEMPORARY.sub("%", names.spell(expr))


def _by_signature(
    graph: Graph, names: Aliases, line_of: Callable[[int], int | None]
) -> dict[tuple[int, str], list[int]]:
    found: dict[tuple[int, str], list[int]] = {}
    for number, node in enumerate(graph.nodes):
        line = line_of(node.loc.line) if number not in (ENTRY, EXIT) else None
        if line is not None:
            found.setdefault((line, signature(node, names)), []).append(number)
    return found
