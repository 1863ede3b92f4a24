# SPDX-License-Identifier: GPL-2.0-only
"""Which locks are held where: a must/may dataflow over the graph.

A lock is a place by its first name (`reviewer.locks.aliases`).  What is taken
under a condition (a trylock by its result, ``if (check) lock()``) is kept as
such and counts where a later branch says the condition again.
"""

from collections import deque
from dataclasses import dataclass, replace

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Node
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.aliases import Aliases, aliases
from reviewer.locks.conditions import Condition, condition, decided, written
from reviewer.syntax.place import Place, place_of, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.tree import Assign, Expr, Name


@dataclass(frozen=True, slots=True)
class Held:
    """What is held at a point.

    ``must`` on every way there, ``may`` on some; ``context`` and
    ``may_context`` the same for execution contexts.  ``pending`` pairs a
    condition with the lock (or context) held when it is true.  ``known`` are
    the conditions that hold on every way, each with the names it depends on.
    """

    must: frozenset[str]
    may: frozenset[str]
    context: frozenset[str]
    may_context: frozenset[str]
    pending: frozenset[tuple[Condition, str]]
    known: frozenset[tuple[Condition, frozenset[str]]]

    def conditions(self) -> frozenset[Condition]:
        """The conditions known to hold."""
        return frozenset(found for found, _ in self.known)


CORRELATED_VISITS = 16
"""Correlated locks make the merge not monotone; past so many visits of a node
they are no longer added, which ends the iteration."""

NOTHING: frozenset[str] = frozenset()
START = Held(NOTHING, NOTHING, NOTHING, NOTHING, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Locksets:
    """What is held before each node; None where the node is not reached."""

    graph: Graph
    names: Aliases
    before: tuple[Held | None, ...]


def locksets(
    graph: Graph, facts: Facts, assume: frozenset[Condition] = frozenset(), start: Held = START
) -> Locksets:
    """Compute what is held at every node.

    ``assume`` are conditions on parameters taken for granted: edges that
    contradict them are not followed.
    """
    names = aliases(graph, facts)
    before: list[Held | None] = [None] * len(graph.nodes)
    before[0] = start
    queue = deque([0])
    waiting = {0}
    visits = [0] * len(graph.nodes)
    while queue:
        number = queue.popleft()
        waiting.discard(number)
        held = before[number]
        assert held is not None
        after = _after(graph.nodes[number], held, facts, names)
        for target, label in graph.succ[number]:
            flowing = _along(graph.nodes[number], label, after, assume)
            if flowing is None:
                continue
            old = before[target]
            visits[target] += 1
            new = flowing if old is None else _merge(old, flowing, visits[target] <= CORRELATED_VISITS)
            if new != old:
                before[target] = new
                if target not in waiting:
                    waiting.add(target)
                    queue.append(target)
    return Locksets(graph, names, tuple(before))


def _after(node: Node, held: Held, facts: Facts, names: Aliases) -> Held:
    gone = written(node)
    if gone:
        held = _forget(held, gone)
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        return _renamed(node.expr, held)
    if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None:
        return _called(node, fact, held, names)
    return held


def _forget(held: Held, gone: frozenset[str]) -> Held:
    known = frozenset(entry for entry in held.known if not entry[1] & gone)
    pending = frozenset(
        entry for entry in held.pending if not any(_mentions(entry[0].text, n) for n in gone)
    )
    return replace(held, known=known, pending=pending)


def _mentions(text: str, name: str) -> bool:
    return text == name or f"{name} " in f"{text} " or f" {name}" in f" {text}"


def _renamed(expr: Assign, held: Held) -> Held:
    """``ok = trylock()``: what the result says is now said by ``ok``."""
    if not (isinstance(expr.value, Name) and isinstance(expr.target, Name)):
        return held
    more = {
        (Condition(expr.target.name, found.holds), lock)
        for found, lock in held.pending
        if found.text == expr.value.name
    }
    return replace(held, pending=held.pending | more) if more else held


def _called(node: Invoke, fact: FunctionFact, held: Held, names: Aliases) -> Held:
    must, may, pending = set(held.must), set(held.may), set(held.pending)
    context, may_context = set(held.context), set(held.may_context)
    for dropped in fact.releases:
        lock = lock_name(dropped, node, names)
        must.discard(lock)
        may.discard(lock)
        pending = {entry for entry in pending if entry[1] != lock}
    for left in fact.leaves:
        context.discard(left)
        may_context.discard(left)
    conditional = any(taken.when != "always" for taken in fact.acquires)
    for taken in fact.acquires:
        lock = lock_name(taken, node, names)
        may.add(lock)
        if taken.when == "always":
            must.add(lock)
        else:
            pending.add((Condition(node.result, taken.when == "nonzero"), lock))
    for entered in fact.enters:
        may_context.add(entered)
        if not conditional:
            context.add(entered)
    return Held(
        frozenset(must),
        frozenset(may),
        frozenset(context),
        frozenset(may_context),
        frozenset(pending),
        held.known,
    )


def lock_name(lock: LockFact, node: Invoke, names: Aliases) -> str:
    """The lock a call takes or drops, by its first name."""
    expr = _result_in(substitute(lock.place, node.args), node.result)
    place = place_of(expr)
    return lock_text(names.canonical(place)) if place is not None else ""


def lock_text(place: Place) -> str:
    """A lock as people write it: one reached through a pointer is called by
    the pointer (``vmf->ptl``)."""
    return str(place).lstrip("*")


def _result_in(expr: Expr, result: str) -> Expr:
    if isinstance(expr, Name):
        return replace(expr, name=result) if expr.name == "$result" else expr
    return rebuilt(expr, lambda operand: _result_in(operand, result))


def _along(node: Node, label: str, held: Held, assume: frozenset[Condition]) -> Held | None:
    if not isinstance(node, Decide) or not decided(node):
        return held
    said = condition(node.cond, label)
    if said is None:
        return held
    found, names = said
    if found.negated() in assume:
        return None
    known = held.known | {(found, names)}
    taken = frozenset(lock for when, lock in held.pending if when == found)
    not_taken = frozenset(lock for when, lock in held.pending if when == found.negated())
    others = frozenset(lock for when, lock in held.pending if when != found.negated())
    return replace(
        held,
        must=held.must | taken,
        may=(held.may | taken) - (not_taken - held.must - others),
        known=known,
    )


def _merge(one: Held, two: Held, correlate: bool) -> Held:
    known = one.known & two.known
    pending = one.pending & two.pending
    if correlate:
        pending |= _correlated(one, two) | _correlated(two, one)
    return Held(
        one.must & two.must,
        one.may | two.may,
        one.context & two.context,
        one.may_context | two.may_context,
        frozenset(pending),
        known,
    )


def _correlated(one: Held, two: Held) -> frozenset[tuple[Condition, str]]:
    """Locks one way has and the other has not, told apart by a condition
    that is true on one and false on the other."""
    extra = one.must - two.may
    if not extra:
        return frozenset()
    other = two.conditions()
    apart = [found for found in one.conditions() if found.negated() in other]
    return frozenset((found, lock) for found in apart for lock in extra)
