# SPDX-License-Identifier: GPL-2.0-only
"""The ways through a function, told apart by what they take and drop.

Where `reviewer.locks.locksets` says what holds on every way to a point, this keeps the ways
apart: each knows how often it took and dropped which lock, and what branches and assignments
said of values that are looked at later.  Two branches on one unchanged expression agree,
even where it reads memory: a way is followed only when nothing speaks against it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property

from reviewer.cfg.dominators import EXIT, dominates, dominators
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave, Unknown
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.aliases import Aliases, aliases
from reviewer.locks.conditions import decided, steered, written
from reviewer.locks.locksets import MAYBE, Summaries, nothing_known
from reviewer.locks.signs import ANY, GUESSED, Known, Reader, Value, relevant
from reviewer.locks.standing import Standing, count, counted_name, moved, moved_on
from reviewer.record import dataclass
from reviewer.syntax.place import ELEMENT, Place, place_of
from reviewer.syntax.tree import Assign, Expr, Name

MAX_WAYS, MAX_STEPS = 48, 30_000
"""Ways kept apart at one node; beyond, those that hold the same are one.  Steps
after which a function is given up."""

CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of one way: the line of the return, what is returned, what is
    known of other values, and the locks the way touched."""

    line: int
    value: Value
    known: Mapping[str, Value]
    locks: Mapping[str, Standing]
    trail: tuple[int, ...]
    blurred: bool


@dataclass(frozen=True, slots=True)
class Twice:
    """A lock taken while surely held, or dropped while surely not."""

    what: str
    lock: str
    line: int
    first: int
    blurred: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways of a function.  ``kinds`` are the locks and their kinds;
    ``complete`` is False where there were too many, in ``steps``, or code is not known."""

    graph: Graph
    names: Aliases
    exits: tuple[Exit, ...]
    twice: tuple[Twice, ...]
    kinds: Mapping[str, str]
    complete: bool
    steps: int = 0


@dataclass(slots=True)
class _State:
    node: int
    locks: dict[str, Standing]
    known: Known
    parent: "_State | None"
    blurred: bool = False

    def key(self) -> tuple[frozenset[tuple[str, Standing]], frozenset[tuple[str, Value]]]:
        return frozenset(self.locks.items()), frozenset(self.known.items())

    def unsure(self) -> bool:
        """Whether nobody is sure that a run can take this way."""
        return self.blurred or GUESSED in self.known

    def trail(self) -> tuple[int, ...]:
        found, state = [], self
        while state.parent is not None:
            found.append(state.node)
            state = state.parent
        return tuple(reversed(found))


def ways(
    graph: Graph, facts: Facts, summaries: Summaries = nothing_known, steps: int = MAX_STEPS
) -> Ways:
    """Follow every way; ``summaries`` tell what other functions do to locks."""
    return _Search(graph, facts, summaries).run(steps)


class _Search:
    def __init__(self, graph: Graph, facts: Facts, summaries: Summaries) -> None:
        self.steps = 0
        self.graph, self.facts, self.summaries = graph, facts, summaries
        self.kinds: dict[str, str] = {}
        self.twice: dict[tuple[str, str, int], Twice] = {}
        self.exits: list[Exit] = []
        self.gone: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self.effects: dict[str, FunctionFact | None] = {}

    @cached_property
    def names(self) -> Aliases:
        return aliases(self.graph, self.facts)

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.graph, self.facts, self.names, self.acts)

    @cached_property
    def tree(self) -> list[int]:
        return dominators(self.graph)

    @cached_property
    def relevant(self) -> tuple[frozenset[int], frozenset[str]]:
        return relevant(self.graph, self.reader, self.acts)

    @cached_property
    def cursors(self) -> frozenset[str]:
        """The variables that are declared without a value, as those a loop moves on."""
        return frozenset(
            node.declares
            for node in self.graph.nodes
            if isinstance(node, Compute) and isinstance(node.expr, Name)
        )

    def fact(self, node: object) -> FunctionFact | None:
        if not isinstance(node, Invoke):
            return None
        if (name := node.function) not in self.effects:
            self.effects[name] = self.facts.of(name) or self.summaries(name)
        return self.effects[name]

    def acts(self, node: object) -> bool:
        """Whether a node takes or drops anything."""
        fact = self.fact(node)
        return fact is not None and bool(
            fact.acquires or fact.releases or fact.enters or fact.leaves
        )

    def run(self, steps: int) -> Ways:
        complete = not any(isinstance(node, Unknown) for node in self.graph.nodes)
        if complete and any(self.acts(node) for node in self.graph.nodes):
            complete = self._explore(steps)
        exits, twice = tuple(self.exits), tuple(self.twice.values())
        return Ways(self.graph, self.names, exits, twice, self.kinds, complete, self.steps)

    def _explore(self, steps: int) -> bool:
        queue = deque([_State(0, {}, {}, None)])
        seen: list[dict[object, _State]] = [{} for _ in self.graph.nodes]
        for self.steps in range(steps):
            if not queue:
                return True
            state = queue.popleft()
            for after in self._steps(state):
                for target, label in self.graph.succ[state.node]:
                    new = self._along(state, after, target, label)
                    if new is not None and (new := _kept(seen[target], new)) is not None:
                        queue.append(new)
        return False

    def _along(self, state: _State, after: _State, target: int, label: str) -> _State | None:
        node = self.graph.nodes[state.node]
        known: Known | None = after.known
        if isinstance(node, Decide) and decided(node):
            known = self.reader.along(node.cond, label, after.known)
            if known is None and GUESSED not in after.known:
                known = self.reader.otherwise(node.cond, label, after.known)
            if known is not None and state.node not in self.relevant[0]:
                known = after.known
        if known is None:
            return None
        if target <= state.node and dominates(self.tree, target, state.node):
            known = self.reader.again(known, target, state.node)
            after = self._retried(after, target)
        if target == EXIT:
            self._leave(state, after, known)
            return None
        return _State(target, after.locks, known, state, after.blurred)

    def _retried(self, state: _State, target: int) -> _State:
        """A way that goes back to a label with what it took dropped begins anew."""
        node = self.graph.nodes[target]
        if not (isinstance(node, Join) and node.text.endswith(":")):
            return state
        locks = {name: one for name, one in state.locks.items() if one.net != 0}
        return _State(state.node, locks, state.known, state.parent, state.blurred)

    def _leave(self, state: _State, after: _State, known: Known) -> None:
        node = self.graph.nodes[state.node]
        value, line = ANY, node.loc.line
        if isinstance(node, Leave):
            value = ANY if node.value is None else self.reader.value(node.value, known)
        else:
            text = self.graph.nodes[EXIT].loc
            line = max(line, text.line)
        trail = (*state.trail(), state.node)
        self.exits.append(Exit(line, value, known, after.locks, trail, after.blurred))

    def _steps(self, state: _State) -> Iterator[_State]:
        """What a way is behind a node; two where a call may return either."""
        node = self.graph.nodes[state.node]
        if isinstance(node, Invoke):
            fact = self.fact(node)
            if fact is None or not self.acts(node):
                yield self._forget(state, fact)
            else:
                yield from self._called(state, node, fact)
        else:
            after = self._forget(state, None)
            if isinstance(node, Compute) and isinstance(node.expr, Assign):
                known = self.reader.assigned(node.expr, state.known, after.known, self.relevant[1])
                after = replace_known(after, known)
            yield after

    def _doubt(self, locks: dict[str, Standing], node: Invoke, fact: FunctionFact) -> None:
        """What the call does to some locks depends on what nobody can tell."""
        for one in (*fact.acquires, *fact.releases):
            if one.when == MAYBE and (name := counted_name(one, node, self.names)):
                self.kinds.setdefault(name, one.kind)
                locks[name] = Standing(None, "drop", node.loc.line)

    def _called(self, state: _State, node: Invoke, fact: FunctionFact) -> Iterator[_State]:
        whens = {one.when for one in (*fact.acquires, *fact.releases)}
        if fact.enters:
            whens.add(fact.enters_when)
        for result in ("nonzero", "zero") if whens - {"always", MAYBE} else ("always",):
            locks = dict(state.locks)
            if self._acted(locks, state, node, fact, result):
                after = self._forget(state, fact, locks)
                for taken in fact.acquires:
                    if taken.when in ("always", result) and not moved(fact, taken):
                        self._take(after.locks, taken, node, fact, after.unsure())
                self._doubt(after.locks, node, fact)
                known = self.reader.returned(node, result, after.known)
                for taken in fact.acquires:
                    if taken.when in ("always", result):
                        name = counted_name(taken, node, self.names)
                        known = self.reader.followed(node, name, known, self.relevant[1])
                yield replace_known(after, known)

    def _acted(
        self, locks: dict[str, Standing], state: _State, node: Invoke, fact: FunctionFact, when: str
    ) -> bool:
        """Drop, leave and enter what the call does; False where it cannot return so."""
        relock = bool(fact.acquires and fact.releases) or bool(fact.enters and fact.leaves)
        for dropped in fact.releases:
            if dropped.when in ("always", when) and not moved(fact, dropped):
                name = counted_name(dropped, node, self.names)
                self._drop(locks, name, dropped.kind, node, relock, state.unsure())
        for left in fact.leaves:
            self._drop(locks, left, CONTEXT, node, relock, state.unsure())
        if fact.enters_when in ("always", when):
            for entered in fact.enters:
                self.kinds[entered] = CONTEXT
                count(locks, entered, 1, node.loc.line, relock)
        tried = when == "nonzero" and not fact.releases
        names = [counted_name(one, node, self.names) for one in fact.acquires if one.when == when]
        # A trylock does not succeed on what this way holds, unless others may share it.
        return not (
            tried
            and any(
                (held := locks.get(name)) is not None
                and held.first == "take"
                and held.net == 1
                and not one.shared
                for name, one in zip(names, fact.acquires, strict=False)
            )
        )

    def _take(
        self,
        locks: dict[str, Standing],
        taken: LockFact,
        node: Invoke,
        fact: FunctionFact,
        blurred: bool,
    ) -> None:
        name = counted_name(taken, node, self.names)
        if not name or ELEMENT in name:
            return
        self._kind(name, taken.kind)
        held = locks.get(name)
        base = 0 if held is None or held.first == "take" else -1
        if held is not None and held.net == base + 1 and not taken.shared and not fact.releases:
            self._note("taken twice", name, node, held.line, blurred)
        count(locks, name, 1, node.loc.line, bool(fact.releases))

    def _drop(
        self,
        locks: dict[str, Standing],
        name: str,
        kind: str,
        node: Invoke,
        relock: bool,
        blurred: bool,
    ) -> None:
        if not name or ELEMENT in name:
            for other, one in locks.items():
                if self.kinds[other] == kind:
                    locks[other] = one._replace(net=None)
            return
        self._kind(name, kind)
        held = locks.get(name)
        if held is None or held.net == 0:
            others = [other for other in locks if other != name and self._alike(other, name, kind)]
            if others:
                for other in others:
                    locks[other] = locks[other]._replace(net=None)
                locks[name] = Standing(None, "drop", node.loc.line)
                return
            if relock:
                return
            if held is not None and held.first == "take":
                self._note("dropped twice", name, node, held.line, blurred)
        count(locks, name, -1, node.loc.line, False)

    def _kind(self, name: str, kind: str) -> None:
        self.kinds[name] = kind or self.kinds.get(name, "")

    def _alike(self, other: str, name: str, kind: str) -> bool:
        """Whether a lock some way took may be the one dropped by another name."""
        if CONTEXT in (kind, self.kinds[other]) or {kind, self.kinds[other]} - {""} != {
            kind or self.kinds[other]
        }:
            return False
        one, two = other.rpartition("->")[2], name.rpartition("->")[2]
        return one.rpartition(".")[2] == two.rpartition(".")[2] or "->" not in other + name

    def _note(self, what: str, name: str, node: Invoke, first: int, blurred: bool) -> None:
        key = (what, name, node.loc.line)
        old = self.twice.get(key)
        if old is None or old.blurred:
            self.twice[key] = Twice(what, name, node.loc.line, first, blurred)

    def _forget(
        self, state: _State, fact: FunctionFact | None, locks: dict[str, Standing] | None = None
    ) -> _State:
        """Without what was said in terms of what the node writes."""
        node = self.graph.nodes[state.node]
        if state.node not in self.gone:
            gone = written(node, fact) | (steered(self.graph, state.node) & self.cursors)
            self.gone[state.node] = gone, self._repointed(node, gone)
        gone, pointers = self.gone[state.node]
        locks = state.locks if locks is None else locks
        known = self.reader.without(state.known, gone, node)
        if pointers and locks:
            locks = moved_on(locks, pointers)
        return _State(state.node, locks, known, state.parent, state.blurred)

    def _repointed(self, node: object, gone: frozenset[str]) -> frozenset[str]:
        """The pointers, as the names of locks have them, a node writes."""
        target: Expr | None = None
        if isinstance(node, Invoke):
            target = self.names.bound.get(Place(node.result))
        elif isinstance(node, Compute) and isinstance(node.expr, Assign):
            value, target = node.expr.value, node.expr.target
            if isinstance(value, Name) and self.names.bound.get(Place(value.name)) == target:
                # The lock was taken by its new name already.
                return frozenset()
        place = None if target is None else place_of(target)
        found = gone | (set() if place is None else {str(self.names.canonical(place))})
        return frozenset(one for one in found if not one.startswith("%"))


def replace_known(state: _State, known: Known) -> _State:
    """The same way with other knowledge."""
    return _State(state.node, state.locks, known, state.parent, state.blurred)


def _kept(seen: dict[object, _State], new: _State) -> _State | None:
    """The way if it is a new one at its node; one of too many is blurred:
    only what all of them know is kept."""
    key = new.key()
    if key in seen:
        return None
    if len(seen) < MAX_WAYS:
        seen[key] = new
        return new
    place = ("blurred", frozenset(new.locks.items()))
    old = seen.get(place)
    known = {} if old is None else old.known
    common = (
        new.known
        if old is None
        else {text: value for text, value in known.items() if new.known.get(text) == value}
    )
    if old is not None and len(common) == len(known):
        return None
    seen[place] = merged = _State(new.node, new.locks, common, new.parent, True)
    return merged
