# SPDX-License-Identifier: GPL-2.0-only
"""What was done under a lock before the patch and is not any more."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from reviewer.alignment.accesses import Access, deciding
from reviewer.alignment.align import Aligned, Image, State
from reviewer.cfg.graph import Compute, Graph, Invoke, Node
from reviewer.checker.holding import (
    came_under_rcu,
    exchanged,
    left_to_callers,
    merely_assumed,
    no_longer_taken,
    own_objects,
    perhaps_wrapped,
    taken_later,
    unknown_to_others,
    unread,
)
from reviewer.checker.kept_calls import CallPair, call_pairs, needs_care, own_values
from reviewer.checker.rule import FunctionChange
from reviewer.locks.locksets import Held
from reviewer.record import dataclass
from reviewer.syntax.tree import Assign, Call, Name, Unary

NONE: frozenset[str] = frozenset()
MARKED = ("marked-read", "marked-write")


@dataclass(frozen=True, slots=True)
class Loss:
    """An access or a call that stayed, and the locks it lost.

    ``kind`` is ``read``, ``write``, ``update`` or ``call``; ``place`` is empty
    for a call.  ``perhaps`` are those that were held on some
    ways and are on none, ``gained`` the locks that are held now and were not,
    ``paths`` the conditions under which it lost them.  ``moved``: it stands
    in a line the patch wrote.  ``before_node`` and ``node`` are where it stands
    in the graphs.
    """

    kind: str
    text: str
    place: str
    before_line: int
    line: int
    before_node: int
    node: int
    decides: bool
    moved: bool
    lost: frozenset[str]
    gained: frozenset[str]
    perhaps: frozenset[str]
    paths: tuple[str, ...]
    before: tuple[State, ...]
    after: tuple[State, ...]


_last: list[tuple[FunctionChange, tuple[Loss, ...]]] = []


def losses(change: FunctionChange) -> tuple[Loss, ...]:
    """Everything in a function that lost a lock, in order of lines; kept for
    the function asked about last, as several rules ask one after the other."""
    if not (_last and _last[0][0] is change):
        _last[:] = [(change, _losses(change))]
    return _last[0][1]


def _losses(change: FunctionChange) -> tuple[Loss, ...]:
    if not (change.locks_known and _any_lock(change.before)):
        return ()
    found = [loss for one in change.aligned if (loss := _access_lost(change, one))]
    found += _calls_lost(change)
    return tuple(sorted(found, key=lambda loss: (loss.line, loss.before_line, loss.kind)))


def _any_lock(image: Image) -> bool:
    return any(held is not None and held.may for held in image.locks.before)


# Accesses -----------------------------------------------------------------------


def _access_lost(change: FunctionChange, aligned: Aligned) -> Loss | None:
    lost: set[str] = set()
    gained: set[str] = set()
    perhaps: set[str] = set()
    paths, worst = [], None
    for before, after in zip(aligned.before, aligned.after, strict=True):
        one = gone(change, before, after)
        rest = None if change.partial else before.may - (before.must or NONE) - after.may
        rest = rest - _excused(change, after.access.node) if rest else rest
        if one or rest:
            lost |= one
            perhaps |= rest or frozenset()
            gained |= (after.must or frozenset()) - before.may
            paths.append(before.path)
            worst = before
    if worst is None:
        return None
    access = aligned.access
    return Loss(
        access.kind,
        access.text,
        access.place,
        worst.access.line,
        access.line,
        worst.access.node,
        access.node,
        access.decides,
        aligned.moved,
        frozenset(lost),
        frozenset(gained),
        frozenset(perhaps),
        tuple(dict.fromkeys(paths)),
        aligned.before,
        aligned.after,
    )


def gone(change: FunctionChange, before: State, after: State) -> frozenset[str]:
    """The locks held before and not after.

    In a fragment nothing says that a lock is not held, except that the
    function goes on to take it.
    """
    if _another_role(change, before.access, after.access):
        return frozenset()
    lost = _gone(change, before.must or frozenset(), after.must, after.may, after.access.node)
    return lost - _not_needed(change, after.access, lost) if lost else lost


def replaced_by(change: FunctionChange, lost: frozenset[str], before: State, after: State) -> bool:
    """Whether something else does for the locks an access lost: another lock, or RCU
    for a read."""
    if exchanged(change, lost, before.may, after):
        return True
    read = after.access.kind == "read" and lost <= no_longer_taken(change)
    return read and came_under_rcu(change, before.access.node, after.access.node)


def _not_needed(change: FunctionChange, access: Access, lost: frozenset[str]) -> frozenset[str]:
    """The locks an access does without: one that says READ_ONCE() or WRITE_ONCE()
    or asserts another lock without those the function takes no more at all; one on
    the way to the lock, or for a call that needs none, without any."""
    node = change.after.graph.nodes[access.node]
    if access.place.split("->")[0] in own_objects(change, access.node):
        return lost
    way = {one for one in lost if one.startswith((f"{access.place}->", f"{access.place}."))}
    if not isinstance(node, Invoke):
        return frozenset(way)
    fact = change.facts.of(node.function)
    asserts = fact is not None and bool(fact.assumes)
    if asserts or change.facts.operations.of(node.function).kind in MARKED:
        return no_longer_taken(change) | way
    idle = access.kind == "read" and not access.decides and not needs_care(node, change)
    return lost if idle and fact is None else frozenset(way)


def _another_role(change: FunctionChange, before: Access, after: Access) -> bool:
    """Whether a read that belonged to a change of the value (``n |= 1``) was taken
    for one that does not: then it is another."""
    nodes = change.before.graph.nodes[before.node], change.after.graph.nodes[after.node]
    return before.kind == "read" and _changing(nodes[0]) and not _changing(nodes[1])


def _changing(node: Node) -> bool:
    match node:
        case Compute(expr=Assign(op=op)):
            return op != "="
        case Compute(expr=Unary(op="++" | "--" | "p++" | "p--")):
            return True
    return False


def _gone(
    change: FunctionChange,
    held: frozenset[str],
    must: frozenset[str] | None,
    may: frozenset[str],
    node: int,
) -> frozenset[str]:
    lost = held - may
    if must is not None and not (held <= must or unread(change)):
        lost |= held - must - left_to_callers(change)
    state = change.after.locks.before[node]
    if state is not None and lost:
        # A name that may mean another lock by now says nothing of the one that was held.
        lost -= may & state.locks.lost
    if change.partial and lost:
        lost &= taken_later(change.after, node, change.facts)
    return lost - _excused(change, node) if lost else lost


def _excused(change: FunctionChange, number: int) -> frozenset[str]:
    """Locks of which it cannot be said that they are lost at a node."""
    known = merely_assumed(change) | unknown_to_others(change, number)
    return known | perhaps_wrapped(change)


# Calls --------------------------------------------------------------------------


def _calls_lost(change: FunctionChange) -> Iterator[Loss]:
    before, after = change.before, change.after
    turns, mine = cache(deciding), cache(lambda: own_values(after.graph))
    for pair in call_pairs(change):
        old, new = before.locks.before[pair.before], after.locks.before[pair.after]
        node = after.graph.nodes[pair.after]
        if old is None or new is None or not old.may or not isinstance(node, Invoke):
            continue
        whole = after.graph.function.complete
        must = new.must if whole or new.must else None
        lost = _gone(change, old.must, must, new.may, pair.after)
        rest = old.may - new.may - lost
        rest = rest - _excused(change, pair.after) if rest else rest
        if (lost or (rest and not change.partial)) and _matters(change, pair.after, mine()):
            yield _call_loss(change, pair, node, lost, NONE if change.partial else rest, turns)


def _matters(change: FunctionChange, number: int, mine: frozenset[str]) -> bool:
    """Whether a call may need a lock; not one for an object the patch has pinned."""
    node = change.after.graph.nodes[number]
    assert isinstance(node, Invoke)
    pinned = {
        one.object.split("->")[0]
        for one in change.operations.added
        if one.kind in ("get", "try-get")
    }
    return needs_care(node, change, mine | pinned | own_objects(change, number))


def _call_loss(
    change: FunctionChange,
    pair: CallPair,
    node: Invoke,
    lost: frozenset[str],
    rest: frozenset[str],
    turns: Callable[[Graph], Callable[[int], bool]],
) -> Loss:
    before, after = change.before, change.after
    old, new = before.locks.before[pair.before], after.locks.before[pair.after]
    assert old is not None and new is not None
    return Loss(
        "call",
        after.locks.names.spell(Call(node.loc, Name(node.loc, node.function), node.args)),
        "",
        before.graph.nodes[pair.before].loc.line,
        node.loc.line,
        pair.before,
        pair.after,
        turns(after.graph)(pair.after),
        pair.moved,
        lost,
        new.must - old.may,
        rest,
        ("",),
        (_state(old, before, pair.before),),
        (_state(new, after, pair.after),),
    )


def _state(held: Held, image: Image, number: int) -> State:
    line = image.graph.nodes[number].loc.line
    whole = image.graph.function.complete
    access = Access("call", "", "", number, line, False)
    return State("", held.must if whole or held.must else None, held.may, held.context, access)


def grouped(found: Sequence[Loss], perhaps: bool = False) -> dict[str, list[Loss]]:
    """Losses by lock, each in order of lines; with ``perhaps`` of locks that
    were held on some ways only, too."""
    groups: dict[str, list[Loss]] = {}
    for loss in found:
        for lock in sorted(loss.lost | loss.perhaps if perhaps else loss.lost):
            groups.setdefault(lock, []).append(loss)
    return groups
