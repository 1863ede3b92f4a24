# SPDX-License-Identifier: GPL-2.0-only
"""What a function says of locks itself: which it takes, which it drops, and which
it takes for held."""

from collections.abc import Callable, Iterator

from reviewer.alignment.align import Image, State
from reviewer.alignment.operations import calls_of
from reviewer.cfg.graph import Compute, Invoke, Node, Unknown
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.annotations import held_at_entry
from reviewer.locks.locksets import lock_name
from reviewer.syntax.declared import types
from reviewer.syntax.tree import Assign, Expr, Member, Name, Unary


def taken_later(image: Image, start: int, facts: Facts) -> frozenset[str]:
    """The locks that are taken on some way from a node."""
    graph, names = image.graph, image.locks.names
    found: set[str] = set()
    seen = {start}
    stack = [start]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target in seen:
                continue
            seen.add(target)
            stack.append(target)
            node = graph.nodes[target]
            if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None:
                found.update(lock_name(taken, node, names) for taken in fact.acquires)
    return frozenset(found)


def taken_in(image: Image, facts: Facts) -> frozenset[str]:
    """The locks a function takes itself."""
    return frozenset(_named(image, facts, lambda fact: fact.acquires))


def dropped_in(image: Image, facts: Facts) -> frozenset[str]:
    """The locks a function drops itself."""
    return frozenset(_named(image, facts, lambda fact: fact.releases))


def _named(
    image: Image, facts: Facts, which: Callable[[FunctionFact], tuple[LockFact, ...]]
) -> Iterator[str]:
    for _, node in calls_of(image.graph):
        fact = facts.of(node.function) or image.summaries(node.function)
        if fact is not None:
            yield from (lock_name(one, node, image.locks.names) for one in which(fact))


def once(make: Callable[[FunctionChange], frozenset[str]]) -> Callable[..., frozenset[str]]:
    """Kept for the function asked about last, as all accesses of it ask the same."""
    last: list[tuple[FunctionChange, frozenset[str]]] = []

    def kept(change: FunctionChange) -> frozenset[str]:
        if not (last and last[0][0] is change):
            last[:] = [(change, make(change))]
        return last[0][1]

    return kept


@once
def merely_assumed(change: FunctionChange) -> frozenset[str]:
    """The locks of which the before image only says that the caller holds them,
    and that nothing in the after image drops: where the assertion went, the lock
    did not.  What does more than assert may be what makes the lock count as held."""
    before, after, facts = change.before, change.after, change.facts
    said = held_at_entry(before.graph.function) | {
        lock_name(one, node, before.locks.names)
        for _, node in calls_of(before.graph)
        if (fact := facts.of(node.function)) is not None and (fact.inert or fact.steps)
        for one in fact.assumes
    }
    return frozenset(said) - taken_in(before, facts) - dropped_in(after, facts) if said else said


@once
def newly_taken(change: FunctionChange) -> frozenset[str]:
    """The locks the function takes after the patch and did not before."""
    return taken_in(change.after, change.facts) - taken_in(change.before, change.facts)


@once
def no_longer_taken(change: FunctionChange) -> frozenset[str]:
    """The locks the function took before the patch and does not now."""
    return taken_in(change.before, change.facts) - taken_in(change.after, change.facts)


@once
def read_retries(change: FunctionChange) -> frozenset[str]:
    """The sequence counters by which the function read before the patch: they cover
    what is read, and keep nobody out."""
    image, facts = change.before, change.facts
    return frozenset(
        _named(
            image,
            facts,
            lambda fact: tuple(one for one in fact.acquires if one.kind == "seqcount-read"),
        )
    )


def exchanged(
    change: FunctionChange, lost: frozenset[str], before: frozenset[str], after: State
) -> bool:
    """Whether what lost some locks, all of which the function gave up, is under one
    now that it was not under before: which is the right one is another question."""
    if not lost <= no_longer_taken(change):
        return False
    return bool((after.must or frozenset()) - before) or bool(newly_taken(change) & after.may)


def came_under_rcu(change: FunctionChange, before: int, after: int) -> bool:
    """Whether what was under a lock is in a section of RCU now and was not: readers
    do without the lock then, on purpose."""
    old, new = change.before.locks.before[before], change.after.locks.before[after]
    return old is not None and new is not None and RCU in new.context - old.context


def unread(change: FunctionChange) -> bool:
    """Whether the patch wrote something that could not be read: what is held
    behind it is not known."""
    return any(
        isinstance(node, Unknown) and change.before_line(node.loc.line) is None
        for node in change.after.graph.nodes
    )


@once
def left_to_callers(change: FunctionChange) -> frozenset[str]:
    """The locks that are taken, since the patch, only where a parameter says so:
    the others are callers that hold them."""
    after = _by_parameter(change.after, change.facts)
    return after - _by_parameter(change.before, change.facts) if after else after


def _by_parameter(image: Image, facts: Facts) -> frozenset[str]:
    kinds = types(image.graph.function)
    given = {one.name for one in image.graph.function.params if "*" not in kinds.get(one.name, "*")}
    given |= {
        node.expr.target.name
        for node in image.graph.nodes
        if isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.target, Name)
        and isinstance(node.expr.value, Name)
        and node.expr.value.name in given
    }
    found: set[str] = set()
    for number, node in calls_of(image.graph):
        held = image.locks.before[number]
        fact = facts.of(node.function) or image.summaries(node.function)
        if fact is None or not fact.acquires or held is None:
            continue
        if any(one.text in given for one in held.conditions()):
            found.update(lock_name(one, node, image.locks.names) for one in fact.acquires)
    return frozenset(found)


RCU = "rcu-read-side"
PUBLIC = frozenset({"list-write", "publish", "store-release", "arm", "set"})
QUIET = frozenset({"lock-init", "initialise", "allocate", "assert-held", "pure"})


def unknown_to_others(change: FunctionChange, number: int) -> frozenset[str]:
    """The locks of objects that nobody has come to know at a node of the after image."""
    given_up = no_longer_taken(change)
    hidden = own_objects(change, number) if given_up else given_up
    return frozenset(one for one in given_up if one.split("->")[0] in hidden)


_own: list[tuple[FunctionChange, dict[str, frozenset[int]]]] = []


def own_objects(change: FunctionChange, number: int) -> frozenset[str]:
    """The objects that the function made itself and that nobody else has come to
    know at a node of the after image."""
    if not (_own and _own[0][0] is change):
        made = {one.result for one in change.after.operations if one.kind == "allocate"}
        known = {one: _after_publishing(change.after, one, change.facts) for one in made}
        _own[:] = [(change, known)]
    return frozenset(one for one, known in _own[0][1].items() if number not in known)


@once
def perhaps_wrapped(change: FunctionChange) -> frozenset[str]:
    """The locks given up, where two new calls of which nothing is known but that
    their names belong together (``x_begin()``, ``x_end()``) may stand for them."""
    given_up = no_longer_taken(change)
    if not given_up:
        return given_up
    old = {node.function for _, node in calls_of(change.before.graph)}
    new = {node.function for _, node in calls_of(change.after.graph)} - old
    facts, image = change.facts, change.after
    strange = sorted(
        name
        for name in new
        if "_" in name
        and not name.isupper()
        and facts.of(name) is None
        and image.summaries(name) is None
        and change.callees_after(name) is None
        and facts.operations.of(name).kind == "none"
    )
    stems = [name.rsplit("_", 1)[0] for name in strange]
    return given_up if len(set(stems)) < len(stems) else frozenset()


def _after_publishing(image: Image, name: str, facts: Facts) -> frozenset[int]:
    graph = image.graph
    stack = [at for at, node in enumerate(graph.nodes) if _publishes(node, name, facts)]
    seen: set[int] = set()
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return frozenset(seen)


def _publishes(node: Node, name: str, facts: Facts) -> bool:
    """Whether others may know an object after a node: it is stored, or handed to who
    may do that."""
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        value, target = node.expr.value, node.expr.target
        return not isinstance(target, Name) and name in _named_in(value)
    if isinstance(node, Invoke) and any(name in _named_in(arg) for arg in node.args):
        kind = facts.operations.of(node.function).kind
        return kind in PUBLIC or not (kind in QUIET or facts.of(node.function))
    return False


def _named_in(expr: Expr) -> frozenset[str]:
    """The objects whose address an expression hands on."""
    while isinstance(expr, Unary) and expr.op == "&":
        expr = expr.operand
        while isinstance(expr, Member):
            expr = expr.base
    return frozenset({expr.name}) if isinstance(expr, Name) else frozenset()
