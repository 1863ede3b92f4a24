# SPDX-License-Identifier: GPL-2.0-only
"""On which lines of a function which lock is held."""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.cfg.graph import Graph, Invoke
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.held import Held
from reviewer.locks.locksets import Locksets, Summaries, lock_name
from reviewer.record import dataclass

FREE, MAY, MUST = 0, 1, 2
"""Held on no path, on some, on every one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One lock (``kind`` is ``spinlock``, ``mutex``, ..., or empty where it is
    not known) or one execution context (``kind`` is ``context``).

    ``cells`` says for each line that has code how it is held where the line
    begins and where it ends.  ``taken``, ``dropped`` and ``ended`` are the lines
    on which it is taken, dropped, and dropped because a scope ends.
    """

    name: str
    kind: str
    cells: Mapping[int, tuple[int, int]]
    taken: tuple[int, ...]
    dropped: tuple[int, ...]
    ended: tuple[int, ...]

    @property
    def is_lock(self) -> bool:
        """Whether it is a lock, not a context."""
        return self.kind != "context"

    @property
    def first(self) -> int:
        """The first line on which it may be held."""
        return min(line for line, cell in self.cells.items() if cell != (FREE, FREE))

    def ranges(self, level: int) -> tuple[tuple[int, int], ...]:
        """The runs of lines, from and to, on which it is held so; a line on which
        it is taken or dropped counts."""
        found: list[tuple[int, int]] = []
        previous = False
        for line in sorted(self.cells):
            here = level in self.cells[line]
            if here and previous:
                found[-1] = found[-1][0], line
            elif here:
                found.append((line, line))
            previous = here
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Event:
    """What a call does to a lock or a context."""

    name: str
    kind: str
    taken: bool
    surely: bool


def scopes(
    found: Locksets, lines: Sequence[int], facts: Facts, effects: Summaries
) -> tuple[Scope, ...]:
    """The locks, then the contexts, in the order in which the function comes to
    them; ``lines`` are those of the nodes.  A context that is entered on some
    paths only is not told from one that is not.
    """
    graph = found.graph
    events = {
        number: tuple(_events(node, fact, found))
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Invoke)
        if (fact := facts.of(node.function) or effects(node.function)) is not None
    }
    reached = [held for held in found.before if held is not None]
    locks = frozenset(name for held in reached for name in held.may)
    contexts = frozenset(name for held in reached for name in held.context)
    made = [_scope(found, lines, events, name, True) for name in sorted(locks)]
    made += [_scope(found, lines, events, name, False) for name in sorted(contexts)]
    return tuple(sorted(made, key=lambda one: (not one.is_lock, one.first, one.name)))


def _events(node: Invoke, fact: FunctionFact, found: Locksets) -> Iterator[_Event]:
    for lock in fact.releases:
        yield _Event(lock_name(lock, node, found.names), lock.kind, False, lock.when == "always")
    for lock in fact.acquires:
        yield _Event(lock_name(lock, node, found.names), lock.kind, True, lock.when == "always")
    for lock in fact.assumes:
        yield _Event(lock_name(lock, node, found.names), lock.kind, True, True)
    for name in fact.leaves:
        yield _Event(name, "context", False, True)
    for name in fact.enters:
        yield _Event(name, "context", True, fact.enters_when == "always")


Events = Mapping[int, tuple[_Event, ...]]


def _scope(found: Locksets, lines: Sequence[int], events: Events, name: str, lock: bool) -> Scope:
    mine = {
        number: [one for one in some if one.name == name and (one.kind != "context") == lock]
        for number, some in events.items()
    }
    mine = {number: some for number, some in mine.items() if some}
    levels = [_level(held, name, lock) for held in found.before]
    kinds = [one.kind for some in mine.values() for one in some if one.kind]
    graph = found.graph
    return Scope(
        name,
        (kinds[0] if kinds else "") if lock else "context",
        dict(_cells(graph, lines, levels, mine)),
        _lines(graph, levels, mine, taken=True),
        _lines(graph, levels, mine, taken=False),
        _lines(graph, levels, mine, taken=False, written=False),
    )


def _level(held: Held | None, name: str, lock: bool) -> int:
    if held is None:
        return FREE
    scope = held.locks if lock else held.contexts
    if name in scope.must:
        return MUST
    return MAY if lock and name in scope.may else FREE


Mine = Mapping[int, Sequence[_Event]]


def _lines(
    graph: Graph, levels: Sequence[int], mine: Mine, taken: bool, written: bool = True
) -> tuple[int, ...]:
    """Where it is taken, or dropped: by a call that is ``written`` there or not.
    To take what is held, or to drop what is not, changes nothing."""
    found = set()
    for number, some in mine.items():
        node = graph.nodes[number]
        own = isinstance(node, Invoke) and node.scope is None
        idle = levels[number] == (MUST if taken else FREE)
        if own == written and not idle and any(one.taken == taken for one in some):
            found.add(node.loc.line)
    return tuple(sorted(found))


def _cells(
    graph: Graph, lines: Sequence[int], levels: Sequence[int], mine: Mine
) -> Iterator[tuple[int, tuple[int, int]]]:
    """How it is held at the ends of each line on which a node stands."""
    found: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        found.setdefault(line, []).append(number)
    for line, numbers in found.items():
        inside = set(numbers)
        coming = [
            levels[n]
            for n in numbers
            if not graph.pred[n] or any(source not in inside for source, _ in graph.pred[n])
        ]
        going = [
            _after(graph, levels, mine, n)
            for n in numbers
            if not graph.succ[n] or any(target not in inside for target, _ in graph.succ[n])
        ]
        yield line, (_met(coming), _met(going))


def _met(levels: Sequence[int]) -> int:
    """What several ways agree on."""
    if not levels or not any(levels):
        return FREE
    return MUST if min(levels) == MUST else MAY


def _after(graph: Graph, levels: Sequence[int], mine: Mine, number: int) -> int:
    """How it is held behind a node."""
    targets = {target for target, _ in graph.succ[number]}
    if len(targets) == 1:
        (target,) = targets
        if len(graph.pred[target]) == 1:
            return levels[target]
    level = levels[number]
    for one in mine.get(number, ()):
        if one.taken:
            level = MUST if one.surely else max(level, MAY)
        else:
            level = FREE if one.surely else min(level, MAY)
    return level
