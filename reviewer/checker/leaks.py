# SPDX-License-Identifier: GPL-2.0-only
"""References that a way through a function no longer drops or no longer takes."""

from collections.abc import Collection, Iterator
from itertools import pairwise

from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Compute, Decide, Leave
from reviewer.checker.callers import through_callees
from reviewer.checker.counts import counted
from reviewer.checker.paths import reached
from reviewer.checker.references import (
    COUNT,
    References,
    fits,
    is_handed,
    is_reference,
    root,
    same_sort,
    stored,
)
from reviewer.locks.conditions import condition
from reviewer.locks.signs import Value
from reviewer.locks.ways import Exit, Ways
from reviewer.record import dataclass

_PASSES = frozenset({"arm", "publish", "list-write"})
"""What gives an object to somebody else: work that runs later, a list."""

MANY_FUNCTIONS = 2
"""A sort of reference that so many functions no longer drop is not forgotten."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An operation that is gone while the way it stood on is not.  ``line`` is
    where that way goes on after the patch, ``why`` what shows that it was
    needed, if anything does."""

    what: Operation
    line: int
    why: str


def undropped(
    found: References, kinds: Collection[str], takes: Collection[str]
) -> Iterator[Missing]:
    """The drops that are gone, with nothing in their place, from a way that stays."""
    gone = (*found.removed(kinds), *through_callees(found, kinds, takes))
    for one in gone:
        if (
            found.given_up(one, takes)
            or found.taken_on(one, kinds)
            or found.reassigned(one.object)
            or found.given_to(one.object)
            or not found.is_there(one.object)
            or _abolished(found, one, kinds)
        ):
            continue
        way = found.paths.bypass(one.node, found.standing_in(one, kinds))
        if way is not None:
            other = found.stays(one, {*kinds, *takes})
            why = f"{other.text} in line {other.line} stays" if other else ""
            yield Missing(one, way.line, why)


def _abolished(found: References, one: Operation, kinds: Collection[str]) -> bool:
    """Whether the patch does away with a whole sort of references."""
    if found.stays(one, {*kinds, "get", "try-get", "freeze"}):
        return False
    functions = sum(
        any(other.kind in kinds and same_sort(one, other) for other in change.operations.removed)
        for change in found.patch.functions
    )
    return functions >= MANY_FUNCTIONS


def untaken(
    found: References, kinds: Collection[str], others: Collection[str], drops: Collection[str]
) -> Iterator[Missing]:
    """The takes of ``kinds`` that are gone, with nothing in their place, of objects
    that go on being dropped, kept or handed out; ``others`` take references too."""
    for one in (*found.removed(kinds), *through_callees(found, kinds, drops)):
        if (
            found.given_up(one, drops)
            or found.taken_on(one, others)
            or found.reassigned(one.object)
        ):
            continue
        way = found.paths.bypass(one.node, found.standing_in(one, others, stores=False))
        why = "" if way is None else _needed(found, one, way.end, drops)
        if way is not None and why:
            yield Missing(one, way.line, why)


def _needed(found: References, one: Operation, start: int, drops: Collection[str]) -> str:
    """What says that the reference is needed behind ``start``; empty for nothing."""
    behind = reached(found.paths.after, [start])
    for _, now in found.change.operations.kept:
        if now.node in behind and now.kind in drops and fits(one, now):
            return f"{now.text} in line {now.line} still drops it"
        if now.node in behind and now.kind in _PASSES and root(now.object) == root(one.object):
            return f"{now.text} in line {now.line} still hands it on"
        beside = now.kind == "get" and "->" in one.object and root(one.object) == root(now.object)
        if beside and now.object != root(now.object) and is_reference(now, found.change.after):
            return f"{now.text} in line {now.line} still takes one on what it is part of"
    holders = {one.object, root(one.object)} if one.family == COUNT else {one.object}
    for number, node in enumerate(found.paths.after.nodes):
        if isinstance(node, Compute | Leave) and any(
            is_handed(node, about, found.change.after) for about in holders
        ):
            how = "returned" if isinstance(node, Leave) else "stored"
            if number in behind or how == "stored":
                return f"it is still {how} in line {node.loc.line}"
    if one.guessed or _went_with_store(found, one):
        return ""
    return "nothing that drops it went with it"


def _went_with_store(found: References, one: Operation) -> bool:
    """Whether the pointer that the reference was for is no longer stored where
    it was: then there may be nobody left who drops it."""
    old, now = (
        {target for node in image.graph.nodes if (target := stored(node, about, image))}
        for image, about in ((found.change.before, one), (found.change.after, None))
    )
    return bool(old) and old.isdisjoint(now)


@dataclass(frozen=True, slots=True)
class Leak:
    """``object``, taken in ``taken``, is still held at the exit in ``line``, and
    was held at no such exit before."""

    object: str
    family: str
    taken: int
    line: int


def leaked(found: References, kinds: Collection[str], takes: Collection[str]) -> Iterator[Leak]:
    """New ways out that leave with what the function takes and used to drop."""
    if not _may_leak(found, kinds, takes):
        return
    before, after = counted(found.change, takes, kinds)
    if not (before.complete and after.complete):
        return
    told = set()
    for way in after.exits:
        for about, held in way.locks.items():
            if held.net is None or held.net < 1 or held.first != "take" or way.blurred:
                continue
            if about in told or not _dropped_elsewhere(after, about, way.value):
                continue
            if _failed(found, way, about, held.line):
                continue
            if _is_new(found, way) and not _left_before(
                before, about, after.kinds[about], way.value
            ):
                told.add(about)
                yield Leak(about, after.kinds[about], held.line, way.line)


def _may_leak(found: References, kinds: Collection[str], takes: Collection[str]) -> bool:
    made = {one.kind for one in found.change.after.operations}
    if made.isdisjoint(kinds) or made.isdisjoint(takes):
        return False
    operations = found.change.operations
    come = any(one.kind in takes for one in operations.added)
    return come or any(found.paths.turns())


def _failed(found: References, way: Exit, about: str, line: int) -> bool:
    """Whether a way goes where there is no object: behind a test that says so."""
    graph, change = found.paths.after, found.change
    calls = change.after.locks.names.calls
    for one, two in pairwise(way.trail):
        node = graph.nodes[one]
        if not isinstance(node, Decide) or node.loc.line < line:
            continue
        label = next((name for target, name in graph.succ[one] if target == two), "")
        said = condition(node.cond, label)
        if said is None:
            continue
        text, holds = said[0].text, said[0].holds
        called, _, rest = calls.get(text, "").partition("(")
        fact = change.facts.of(called) if called else None
        if (text == about and not holds) or (
            fact is not None and fact.returns is not None and rest == f"{about})" and holds
        ):
            return True
    return False


def _dropped_elsewhere(after: Ways, about: str, value: Value) -> bool:
    return any(
        _alike(way.value, value)
        and (held := way.locks.get(about)) is not None
        and held.net == 0
        and held.first == "take"
        for way in after.exits
    )


def _is_new(found: References, way: Exit) -> bool:
    """Whether the last steps of a way are not those of a way before the patch."""
    kept = found.paths.kept
    after = found.paths.after.nodes
    return any(
        number not in kept and isinstance(after[number], Leave) for number in way.trail[-1:]
    ) or found.paths.is_new_edge(way.trail)


def _left_before(before: Ways, about: str, family: str, value: Value) -> bool:
    """Whether a way out before the patch held it, that a caller cannot tell from
    this one; or nothing is known of the object there."""
    seen = False
    for way in before.exits:
        for name, held in way.locks.items():
            seen = seen or name == about
            # The names of what drops an object may make it one of several sorts.
            if name != about and before.kinds[name] != family:
                continue
            if held.net is None or (held.net > 0 and _alike(way.value, value)):
                return True
    return not seen


def _alike(one: Value, other: Value) -> bool:
    return bool(one.signs & other.signs)
