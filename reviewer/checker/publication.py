# SPDX-License-Identifier: GPL-2.0-only
"""The order of what makes an object visible, or hides it, and the steps around it."""

from collections.abc import Iterator, Mapping

from reviewer.alignment.accesses import Access, deciding
from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of, named
from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.checker.marked import ORDERED, member
from reviewer.checker.rule import FunctionChange
from reviewer.checker.staying import mentioned, moved_texts, reached, spelled, staying
from reviewer.record import dataclass
from reviewer.syntax.tree import Assign, Member, Name

STORES = frozenset({"lock-init", "initialise", "set", "none"})
"""Calls of these kinds may initialise what they are given."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Two steps that changed places: ``first`` comes first now, at ``line``
    after the patch, and ``then`` was before it.  ``what`` is ``init``, ``fail``
    or ``wait``: what ``then`` does."""

    what: str
    first: str
    then: str
    line: int
    before_line: int
    object: str


def exchanged(change: FunctionChange) -> Iterator[Exchanged]:
    """What one function does in another order than before, one for each step
    that makes visible or hides."""
    if change.partial or not (moved_texts(change) and _moved(change)):
        return
    yield from _published(change)
    yield from _registered(change)
    yield from _unlinked(change)
    yield from _stored(change)


def _moved(change: FunctionChange) -> frozenset[int]:
    """The nodes before the patch that stand in another line after it."""
    before, after = change.before.graph, change.after.graph
    return frozenset(
        old
        for old, new in staying(change).after.items()
        if change.after_line(before.nodes[old].loc.line) != after.nodes[new].loc.line
    )


def _overtaken(change: FunctionChange, number: int) -> list[int]:
    """The nodes that had to come before a node and come after it now."""
    stays = staying(change).after
    old, new = change.before.graph, change.after.graph
    ahead = reached(old, number, backwards=True) - reached(old, number)
    behind = reached(new, stays[number]) - reached(new, stays[number], backwards=True)
    return sorted(one for one in ahead if one in stays and stays[one] in behind)


# Visible too early ---------------------------------------------------------------------


def _published(change: FunctionChange) -> Iterator[Exchanged]:
    moved = _moved(change)
    turns = None
    for number, thing in _publishing(change).items():
        if number not in staying(change).after:
            continue
        root = _root(thing)
        for step in _overtaken(change, number):
            if number not in moved and step not in moved:
                continue
            if root and _initialises(change, step, root):
                yield _exchanged(change, "init", number, step, thing)
                break
            turns = turns or deciding(change.before.graph)
            if number in moved and _may_fail(change, step) and turns(step):
                yield _exchanged(change, "fail", number, step, thing)
                break


def _registered(change: FunctionChange) -> Iterator[Exchanged]:
    """A lock or a work item that is initialised behind a registration, from which
    on callbacks may use it."""
    moved, stays = _moved(change), staying(change).after
    inits = {one.node: one.object for one in change.before.operations if one.kind == "lock-init"}
    if not inits:
        return
    for one in change.before.operations:
        if (one.kind, one.family) != ("publish", "register") or one.node not in stays:
            continue
        for step in _overtaken(change, one.node):
            if step in inits and (step in moved or one.node in moved):
                yield _exchanged(change, "init", one.node, step, inits[step])
                return


def _publishing(change: FunctionChange) -> Mapping[int, str]:
    """The nodes that make something visible to readers under RCU, and what;
    a small function of the file that does so counts with its last argument."""
    found = {
        one.node: one.object
        for one in change.before.operations
        if (one.kind, one.family) == ("publish", "rcu") and one.object not in ("", "NULL")
    }
    for number, node in calls_of(change.before.graph):
        if number in found or not node.args:
            continue
        inner = change.callees_before(node.function)
        if inner is not None and _publishes(change, inner):
            found[number] = named(node.args[-1], change.before.locks.names)
    return found


SMALL = 30
"""Nodes of a function that does little else than to publish."""


def _publishes(change: FunctionChange, graph: Graph) -> bool:
    if len(graph.nodes) > SMALL:
        return False
    facts = [change.facts.operations.of(node.function) for _, node in calls_of(graph)]
    shown = any((fact.kind, fact.family) == ("publish", "rcu") for fact in facts)
    return shown and not any(fact.kind in ("allocate", "unpublish") for fact in facts)


def _initialises(change: FunctionChange, number: int, root: str) -> bool:
    """Whether a node writes to an object, or calls what may do so."""
    image = change.before
    if any(
        one.node == number and one.kind == "write" and _root(one.place) == root
        for one in image.accesses
    ):
        return True
    node = image.graph.nodes[number]
    if not isinstance(node, Invoke) or not node.args:
        return False
    kind = change.facts.operations.of(node.function).kind
    fact = change.facts.of(node.function)
    effect = fact is None or not (fact.inert or fact.acquires or fact.releases)
    inner = change.callees_before(node.function)
    known = kind in ("lock-init", "initialise", "set") or (
        inner is not None and _writes_first(inner)
    )
    given = _root(named(node.args[0], image.locks.names)) == root
    return kind in STORES and effect and known and given and not _used(image.graph, node.result)


def _writes_first(graph: Graph) -> bool:
    """Whether a function writes a member of what its first parameter points to."""
    first = graph.function.params[0].name if graph.function.params else ""
    return any(
        isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.target, Member)
        and node.expr.target.base == Name(node.expr.target.base.loc, first)
        for node in graph.nodes
    )


def _used(graph: Graph, result: str) -> bool:
    return any(result in mentioned(node) for node in graph.nodes)


def _may_fail(change: FunctionChange, number: int) -> bool:
    """Whether a node is a call that does something and returns whether it worked."""
    node = change.before.graph.nodes[number]
    if not isinstance(node, Invoke) or not node.args:
        return False
    kind = change.facts.operations.of(node.function).kind
    fact = change.facts.of(node.function)
    return kind in ("none", "set", "allocate") and (fact is None or not fact.inert)


# Hidden before the wait -------------------------------------------------------------------


def _unlinked(change: FunctionChange) -> Iterator[Exchanged]:
    """An object that is taken off a list before the wait for those who use it."""
    moved = _moved(change)
    waits = {one.node for one in change.before.operations if one.kind == "wait"}
    if not waits:
        return
    for one in change.before.operations:
        if one.kind != "unpublish" and (one.kind, one.family) != ("list-write", "unlink"):
            continue
        if one.node not in moved:
            continue
        for step in _overtaken(change, one.node):
            if step in waits and _root(one.object) in mentioned(change.before.graph.nodes[step]):
                yield _exchanged(change, "wait", one.node, step, one.object)
                break


# Plain stores that others read without a lock -----------------------------------------------


def _stored(change: FunctionChange) -> Iterator[Exchanged]:
    """A store to a member others read without a lock came before another store
    to the same object, though both are made without a lock."""
    moved, stays = _moved(change), staying(change).after
    for access in change.before.accesses:
        if not isinstance(change.before.graph.nodes[access.node], Compute):
            continue
        if access.kind != "write" or access.node not in stays or _locked(change, access):
            continue
        root = _root(access.place)
        steps = [
            step
            for step in _overtaken(change, access.node)
            if (step in moved or access.node in moved) and _initialises(change, step, root)
        ]
        if steps and _read_lockless(change, member(access.place)):
            yield _exchanged(change, "init", access.node, steps[0], access.place)
            return


def _locked(change: FunctionChange, access: Access) -> bool:
    held = change.before.locks.before[access.node]
    return held is None or bool(held.may)


def _read_lockless(change: FunctionChange, name: str) -> bool:
    return any(
        one.kind in ORDERED and member(one.object) == name
        for image in (*change.mentioning((name,)), change.before)
        for one in image.operations
    )


# What both have in common ---------------------------------------------------------------------


def _exchanged(change: FunctionChange, what: str, first: int, then: int, thing: str) -> Exchanged:
    stays = staying(change).after
    return Exchanged(
        what,
        _text(change.before, first),
        _text(change.before, then),
        change.after.graph.nodes[stays[first]].loc.line,
        change.before.graph.nodes[first].loc.line,
        thing,
    )


def _text(image: Image, number: int) -> str:
    return spelled(image.graph.nodes[number], image.locks.names).removeprefix("= ")


def _root(text: str) -> str:
    return text.lstrip("*&(").split("->")[0].split(".")[0].split("[")[0].rstrip(")")
