# SPDX-License-Identifier: GPL-2.0-only
"""Runs followed through a control-flow graph.

A graph is walked over every place a run may be at.  Nodes that leave no record
are passed on the way; what they compute is computed, as far as the values are
known, so that a branch goes the way its condition says.  Where nothing fits
what happened next, the graph lacks a path that C has.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kernel_runs import NAMES, Event
from numbers_of import Values, changed, number, truth

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Unknown
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Member, Name, Unary

EXIT = 1
RETURNED = "$result"
WRITERS = ("fetch", "pick")
"""They write where their argument points to."""
_RANGE = re.compile(r"case (\d+)(?: \.\.\. (\d+))?")
State = tuple[int, Values]


class Mismatch(Exception):
    """What happened is not what the graph allows."""


@dataclass
class Known:
    """A graph with the nodes that leave a record, by what the record says."""

    graph: Graph
    helpers: frozenset[str]
    visible: dict[int, tuple[str, int | str]] = field(default_factory=dict)
    stops: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for at, node in enumerate(self.graph.nodes):
            if isinstance(node, Invoke):
                self._call(at, node)
            elif isinstance(node, Compute) and _is_mark(node):
                self.visible[at] = ("M", node.loc.line)
            assert not isinstance(node, Unknown), node
        self.stops = frozenset(self.visible)

    def _call(self, at: int, node: Invoke) -> None:
        if node.function in self.helpers:
            self.visible[at] = ("E", node.function)
        elif node.scope is not None:
            self.visible[at] = ("R", node.function)
        elif node.function in NAMES:
            self.visible[at] = ("C", node.loc.line)

    def fits(self, at: int, event: Event) -> bool:
        kind, what = self.visible.get(at, ("", 0))
        node = self.graph.nodes[at]
        if kind == "M":
            return event.kind == "M" and what == event.line
        if not isinstance(node, Invoke) or node.function != event.name:
            return False
        if kind == "R" and event.kind == "R":
            return not event.line or (node.scope is not None and node.scope.line == event.line)
        return kind == ("E" if event.kind == "E" else "C") and what in (event.line, event.name)


def _is_mark(node: Compute) -> bool:
    return any(isinstance(part, Member) and part.field == "mark" for part in walk(node.expr))


@dataclass
class Walk:
    """Where one call of a function may be; ``states`` are nodes that were
    passed last, each with the values of variables there."""

    known: Known
    states: frozenset[State]
    at: tuple[int, ...] = ()

    @classmethod
    def start(cls, known: Known, values: Mapping[str, int]) -> "Walk":
        return cls(known, frozenset({(0, Values(values))}))

    def step(self, event: Event) -> None:
        """Go on to what happened next."""
        found = {
            (at, self._told(at, values, event))
            for at, values in self._ahead()
            if self.known.fits(at, event)
        }
        if not found:
            raise Mismatch(self._expected())
        self.states = frozenset(found)
        self.at = tuple({at for at, _ in found})

    def leave(self) -> int | None:
        """Go on to the exit; the value returned, if there is but one."""
        values = {values.get(RETURNED) for at, values in self._ahead() if at == EXIT}
        if not values:
            raise Mismatch(f"the exit; {self._expected()}")
        return values.pop() if len(values) == 1 else None

    def returned(self, value: int | None) -> None:
        """The function called last gave a value."""
        self.states = frozenset(
            (at, values.set(node.result, value))
            for at, values in self.states
            if isinstance(node := self.known.graph.nodes[at], Invoke)
        )

    def stuck(self) -> None:
        """The call made last must not come back."""
        if any(self.known.graph.succ[at] for at, _ in self.states):
            raise Mismatch("nothing behind a call that does not come back")

    def _expected(self) -> str:
        ahead = {self.known.visible.get(at, ("X", 0)) for at, _ in self._ahead()}
        return f"expected {sorted(map(str, ahead))}"

    def _ahead(self) -> Iterable[State]:
        """What comes next on every way: nodes with a record, and the exit."""
        reached: set[State] = set()
        stack = [(at, values, True) for at, values in self.states]
        while stack:
            at, values, passed = stack.pop()
            if not passed and (at in self.known.stops or at == EXIT):
                reached.add((at, values))
                continue
            for state in self._onward(at, values, passed):
                if state not in reached:
                    if state[0] not in self.known.stops:
                        reached.add(state)
                    stack.append((*state, False))
        return [one for one in reached if one[0] in self.known.stops or one[0] == EXIT]

    def _onward(self, at: int, values: Values, recorded: bool) -> Iterable[State]:
        node = self.known.graph.nodes[at]
        if not recorded:
            values = _computed(node, values)
        for target, label in self.known.graph.succ[at]:
            if not isinstance(node, Decide) or _allowed(node, label, values):
                yield target, values

    def _told(self, at: int, values: Values, event: Event) -> Values:
        """What a record says of the values."""
        node = self.known.graph.nodes[at]
        if not isinstance(node, Invoke):
            return values
        value: int | None = event.value
        if event.kind == "E":
            return _forgotten(node, values)
        names = [arg.name for arg in node.args if isinstance(arg, Name)]
        if event.name == "list_for_each_entry":
            return values.set(names[0], event.value >> 1).set(node.result, event.value & 1)
        for arg in node.args:
            if event.name in WRITERS and isinstance(arg, Unary) and isinstance(arg.operand, Name):
                return values.set(arg.operand.name, event.value)
        return values.set(node.result, value)


def _forgotten(node: Invoke, values: Values) -> Values:
    """The values without those a call may have written by their address."""
    for arg in node.args:
        if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name):
            values = values.set(arg.operand.name, None)
    return values


def _computed(node: object, values: Values) -> Values:
    """The values behind a node that leaves no record."""
    if isinstance(node, Compute):
        return changed(node.expr, values)
    if isinstance(node, Invoke):
        return _forgotten(node, values).set(node.result, None)
    if isinstance(node, Leave):
        return values.set(RETURNED, None if node.value is None else number(node.value, values))
    return values


def _allowed(node: Decide, label: str, values: Values) -> bool:
    """Whether a branch may be taken; False only where that is certain."""
    if node.unknown or label not in ("T", "F"):
        return _case_allowed(node, label, values)
    value = truth(node.cond, values)
    return value is None or value == (label == "T")


def _case_allowed(node: Decide, label: str, values: Values) -> bool:
    value = None if node.unknown else number(node.cond, values)
    found = _RANGE.fullmatch(label)
    if value is None or found is None:
        return True
    return int(found[1]) <= value <= int(found[2] or found[1])
