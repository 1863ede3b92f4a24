# SPDX-License-Identifier: GPL-2.0-only
"""What a function does to the locks of its caller, told from its body.

A function of the same file that takes, drops or hands over locks counts at a
call like a fact of the tables: `summaries` makes that fact from its graph, in
terms of the arguments and the result.  What cannot be told so is left out.
"""

from collections.abc import Callable, Iterator, Mapping

from reviewer.cfg.graph import Compute, Graph, Invoke, Leave
from reviewer.facts import Facts, FunctionFact, LockFact, no_effect
from reviewer.locks.annotations import held_at_entry
from reviewer.locks.conditions import condition, written
from reviewer.locks.held import Held, Scopes
from reviewer.locks.locksets import MAYBE, Locksets, Summaries, lock_name, locksets
from reviewer.record import dataclass, replace
from reviewer.syntax.rebuild import rebuilt, walk
from reviewer.syntax.tree import Expr, Literal, Name, Unary

MAX_DEPTH = 3
"""Calls inside calls that are followed."""

EXIT = 1
_NULLS = frozenset({"0", "NULL", "false"})


def summaries(
    graph_of: Callable[[str], Graph | None],
    facts: Facts,
    height: Callable[[str], int] = lambda name: MAX_DEPTH,
) -> Summaries:
    """The facts of functions by name, from the graphs ``graph_of`` gives for
    those that may have any effect on locks; ``height`` says how many calls deep
    there are any below a function.

    How deep a function stands in calls decides how far it is looked into, so
    that the answer does not depend on who asks first.
    """
    known: dict[tuple[str, int], FunctionFact | None] = {}

    def at_depth(name: str, depth: int) -> FunctionFact | None:
        depth = min(depth, height(name))
        if depth == 0:
            return None
        key = name, depth
        if key not in known:
            known[key] = None
            graph = graph_of(name)
            if graph is not None:
                known[key] = summary(graph, facts, lambda inner: at_depth(inner, depth - 1))
        return known[key]

    return lambda name: at_depth(name, MAX_DEPTH)


@dataclass(frozen=True, slots=True)
class _Way:
    """What is held where the function returns ``value``; ``result`` says
    whether that is not 0, None when nobody can tell."""

    value: Expr | None
    held: Held
    result: bool | None


def summary(graph: Graph, facts: Facts, callees: Summaries) -> FunctionFact | None:
    """The effect of one function on locks and contexts; None when it has none."""
    found = alone = locksets(graph, facts, summaries=callees)
    relied_on = frozenset(_relied_on(found, facts, callees))
    dropped = frozenset(_dropped(found, facts, callees)) | relied_on
    left = frozenset(_left(found, facts, callees))
    if dropped or left:
        start = Held(Scopes(dropped, dropped), Scopes(left, left))
        found = locksets(graph, facts, start=start, summaries=callees)
    ways = list(_ways(found))
    if not ways:
        return None
    kinds = {
        lock_name(one, node, alone.names): one.kind
        for node, fact, _ in _effects(alone, facts, callees)
        for one in (*fact.acquires, *fact.releases)
    }
    acquires = tuple(_acquired(graph, ways, dropped, kinds))
    releases = tuple(_released(graph, ways, dropped, kinds))
    # What it drops first and takes again is held behind it, whoever held it before.
    again = alone.before[EXIT]
    retaken = frozenset() if again is None else (dropped - relied_on) & again.may
    acquires += tuple(_maybe(graph, retaken, ways, kinds))
    entered, when = _entered(ways, left)
    gone = frozenset(name for name in left if any(name not in w.held.contexts.must for w in ways))
    if not (acquires or releases or entered or gone):
        return None
    return _fact(graph.function.name, acquires, releases, entered, when, gone)


def _fact(
    name: str,
    acquires: tuple[LockFact, ...],
    releases: tuple[LockFact, ...],
    enters: frozenset[str],
    when: str,
    leaves: frozenset[str],
) -> FunctionFact:
    return replace(
        no_effect(name, "its body"),
        acquires=acquires,
        releases=releases,
        enters=tuple(sorted(enters)),
        leaves=tuple(sorted(leaves)),
        enters_when=when,
    )


def _effects(
    found: Locksets, facts: Facts, callees: Summaries
) -> Iterator[tuple[Invoke, FunctionFact, Held]]:
    for node, held in zip(found.graph.nodes, found.before, strict=True):
        if isinstance(node, Invoke) and held is not None:
            fact = facts.of(node.function) or callees(node.function)
            if fact is not None:
                yield node, fact, held


def _dropped(found: Locksets, facts: Facts, callees: Summaries) -> Iterator[str]:
    """Locks that are dropped where nobody in the function has taken them."""
    for node, fact, held in _effects(found, facts, callees):
        for lock in fact.releases:
            name = lock_name(lock, node, found.names)
            if name and name not in held.may:
                yield name


def _relied_on(found: Locksets, facts: Facts, callees: Summaries) -> Iterator[str]:
    """Locks that the function says its caller holds."""
    yield from held_at_entry(found.graph.function)
    for node, fact, held in _effects(found, facts, callees):
        for lock in fact.assumes:
            name = lock_name(lock, node, found.names)
            if name and name not in held.must:
                yield name


def _left(found: Locksets, facts: Facts, callees: Summaries) -> Iterator[str]:
    for _, fact, held in _effects(found, facts, callees):
        yield from (name for name in fact.leaves if name not in held.contexts.may)
        yield from (name for name in fact.assumes_contexts if name not in held.context)


def _ways(found: Locksets) -> Iterator[_Way]:
    graph = found.graph
    for number, _ in graph.pred[EXIT]:
        node, held = graph.nodes[number], found.before[number]
        if held is None:
            continue
        if isinstance(node, Leave) and node.value is not None:
            yield from _returning(node.value, held)
        elif (behind := found.before[EXIT]) is not None:
            # What holds where the function ends without a return, if it can.
            yield _Way(None, behind, None)


def _returning(value: Expr, held: Held) -> Iterator[_Way]:
    """The ways of one return: two where the value may be 0 or not."""
    match value:
        case Literal(text=text):
            yield _Way(value, held, text not in _NULLS)
            return
        case Unary(op="-", operand=Literal()):
            yield _Way(value, held, True)
            return
        case Unary(op="-", operand=Name(name=name)) if name.isupper():
            yield _Way(value, held, True)
            return
    said = condition(value, "T")
    if said is None:
        yield _Way(value, held, None)
        return
    for found in (said[0], said[0].negated()):
        there = held.where(found)
        if there is not None:
            yield _Way(value, there, found.holds == said[0].holds)


Kinds = Mapping[str, str]
"""The kinds of locks by name."""


def _acquired(
    graph: Graph, ways: list[_Way], dropped: frozenset[str], kinds: Kinds
) -> Iterator[LockFact]:
    names = {name for way in ways for name in way.held.may} - dropped
    for name in sorted(names):
        place = _outside(graph, name, ways)
        if place is not None:
            yield LockFact(place, kinds.get(name, ""), _when(ways, name))


def _when(ways: list[_Way], name: str) -> str:
    """For which result a lock is held behind the call."""
    if all(name in way.held.must for way in ways):
        return "always"
    for when, truth in (("nonzero", True), ("zero", False)):
        fitting = [way for way in ways if way.result is truth]
        others = [way for way in ways if way.result is not truth]
        if (
            fitting
            and all(name in way.held.must for way in fitting)
            and not any(name in way.held.may for way in others)
        ):
            return when
    return MAYBE


def _maybe(
    graph: Graph, names: frozenset[str], ways: list[_Way], kinds: Kinds
) -> Iterator[LockFact]:
    for name in sorted(names):
        place = _outside(graph, name, ways)
        if place is not None:
            yield LockFact(place, kinds.get(name, ""), MAYBE)


def _released(
    graph: Graph, ways: list[_Way], dropped: frozenset[str], kinds: Kinds
) -> Iterator[LockFact]:
    for name in sorted(dropped):
        place = _outside(graph, name, ways)
        if place is None or all(name in way.held.must for way in ways):
            continue
        gone = not any(name in way.held.may for way in ways)
        yield LockFact(place, kinds.get(name, ""), "always" if gone else MAYBE)


def _entered(ways: list[_Way], left: frozenset[str]) -> tuple[frozenset[str], str]:
    """The contexts entered, and for which result: one answer for all."""
    names = {name for way in ways for name in way.held.contexts.may} - left
    told: dict[str, set[str]] = {}
    for name in names:
        told.setdefault(_context_when(ways, name), set()).add(name)
    for when in ("always", "nonzero", "zero", MAYBE):
        if when in told:
            return frozenset(told[when]), when
    return frozenset(), "always"


def _context_when(ways: list[_Way], name: str) -> str:
    if all(name in way.held.context for way in ways):
        return "always"
    for when, truth in (("nonzero", True), ("zero", False)):
        fitting = [way for way in ways if way.result is truth]
        if fitting and all(name in way.held.context for way in fitting):
            return when
    return MAYBE


def _outside(graph: Graph, name: str, ways: list[_Way]) -> Expr | None:
    """A lock in terms of the arguments and the result; None when it is
    reached through what only the function knows."""
    from reviewer.syntax.parse import parse_expression

    if "%" in name or "[" in name or "(" in name.lstrip("("):
        return None
    expr = parse_expression(name)
    params = {param.name: number for number, param in enumerate(graph.function.params)}
    changed = {found for node in graph.nodes for found in written(node)}
    own = {node.declares for node in graph.nodes if isinstance(node, Compute) and node.declares}
    returned = {way.value.name for way in ways if isinstance(way.value, Name)}
    terms: dict[str, str] = {}
    for part in walk(expr):
        if not isinstance(part, Name):
            continue
        if part.name in params and part.name not in changed:
            terms[part.name] = f"${params[part.name]}"
        elif part.name in own and returned == {part.name}:
            terms[part.name] = "$result"
        elif part.name in own or part.name in params:
            return None
    place = _renamed(expr, terms)
    return Unary(expr.loc, "*", place) if isinstance(place, Name) and terms else place


def _renamed(expr: Expr, terms: dict[str, str]) -> Expr:
    if isinstance(expr, Name):
        return Name(expr.loc, terms.get(expr.name, expr.name))
    return rebuilt(expr, lambda operand: _renamed(operand, terms))
