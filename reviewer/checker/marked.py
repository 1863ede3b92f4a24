# SPDX-License-Identifier: GPL-2.0-only
"""Accesses that were marked (read or written once, without tearing) and are plain now."""

from collections.abc import Iterator

from reviewer.alignment.accesses import Access
from reviewer.alignment.align import Aligned, Image
from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Invoke
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.checker.staying import mentioned, staying
from reviewer.record import dataclass
from reviewer.syntax.declared import declarations

MARKED = frozenset({"marked-read", "marked-write"})
ORDERED = MARKED | {"acquire", "store-release", "rcu-read", "publish", "atomic", "atomic-test"}
"""An access that is one of these is no plain one."""


@dataclass(frozen=True, slots=True)
class Unmarked:
    """An access that is plain now: ``old`` is the marked one of the before
    image, ``now`` the plain one; ``witness`` says who else touches the place."""

    old: Operation
    now: Access
    witness: str


def unmarked(change: FunctionChange, patch: PatchChange) -> Iterator[Unmarked]:
    """The accesses of one function that lost their mark and, as far as can be
    seen, not the concurrency it was for."""
    gone = {one.node: one for one in change.operations.removed if one.kind in MARKED}
    if not gone or change.partial:
        return
    after = _marked_nodes(change.after)
    yield from _of_globals(change, gone)
    for aligned in change.aligned:
        old = _lost(aligned, gone)
        if old is None or aligned.access.node in after or _private(change, old.object):
            continue
        if _by_call(change.after, aligned.access):
            continue
        witness = _witness(change, patch, aligned, old)
        if witness:
            yield Unmarked(old, aligned.access, witness)


def _of_globals(change: FunctionChange, gone: dict[int, Operation]) -> Iterator[Unmarked]:
    """Variables outside of functions, which are no accesses of their own."""
    own = {param.name for param in change.after.graph.function.params}
    own |= {local.name for local in declarations(change.after.graph.function)}
    stays = staying(change).before
    marked = {one.object for one in change.operations.added if one.kind in ORDERED}
    for old in gone.values():
        name = old.object
        if not name.isidentifier() or name in own or name.isupper() or name in marked:
            continue
        for number, node in enumerate(change.after.graph.nodes):
            held = change.after.locks.before[number]
            if number in stays or held is None or held.must or name not in mentioned(node):
                continue
            now = Access("read", name, name, number, node.loc.line, False)
            yield Unmarked(
                old, now, "no lock is held here, so whoever else touches it does not wait"
            )
            break


def _lost(aligned: Aligned, gone: dict[int, Operation]) -> Operation | None:
    """The marked access an access was, if it was one and nothing else."""
    marks = [gone.get(state.access.node) for state in aligned.before]
    found = [one for one in marks if one is not None]
    if not found or len(found) < len(marks):
        return None
    wanted = "read" if found[0].kind == "marked-read" else "write"
    if aligned.access.kind != wanted or aligned.access.place != aligned.before[0].access.place:
        return None
    old = aligned.before[0].access
    return found[0] if old.text != aligned.access.text and old.kind == wanted else None


def _marked_nodes(image: Image) -> frozenset[int]:
    return frozenset(one.node for one in image.operations if one.kind in ORDERED)


def _by_call(image: Image, access: Access) -> bool:
    """Whether a call makes the access, which is then as that call does it."""
    node = image.graph.nodes[access.node]
    return isinstance(node, Invoke) and access.text.startswith(f"{node.function}(")


def _private(change: FunctionChange, place: str) -> bool:
    """Whether the object was made in this function: nobody else sees it yet."""
    root = _root(place)
    return any(
        one.kind in ("allocate", "initialise") and root in (one.result, one.object)
        for one in change.after.operations
    )


def _root(place: str) -> str:
    return place.lstrip("*&(").split("->")[0].split(".")[0].split("[")[0]


def member(place: str) -> str:
    """The last member of a place, or the variable that it is."""
    return place.replace("[]", "").split("->")[-1].split(".")[-1].strip("*&()")


def _witness(change: FunctionChange, patch: PatchChange, aligned: Aligned, old: Operation) -> str:
    """Who else touches the place without the locks held here; empty for nobody.

    An access under no lock needs no further witness: whoever writes the place
    does not wait for it.
    """
    before, after = aligned.before[0], aligned.after[0]
    held, now = before.must or frozenset(), after.must or frozenset()
    if now - held:
        return ""
    if not now:
        return "no lock is held here, so whoever else touches it does not wait"
    return _other_side(change, patch, old, now)


def _other_side(
    change: FunctionChange, patch: PatchChange, old: Operation, held: frozenset[str]
) -> str:
    """An access to the same member in another function that does not hold any
    lock of those held here."""
    name = member(old.object)
    names = {_last(lock) for lock in held}
    others = [*change.mentioning((name,)), *(one.before for one in patch.functions)]
    for image in others:
        if image.graph.function.name == change.name:
            continue
        marked = {one.node for one in image.operations if one.kind in MARKED}
        for access in image.accesses:
            if member(access.place) != name or access.node not in marked:
                continue
            locks = image.locks.before[access.node]
            if locks is not None and not {_last(lock) for lock in locks.may} & names:
                where = f"{image.graph.function.name}(), line {access.line}"
                return f"{access.text} in {where} is made without {' and '.join(sorted(held))}"
    return ""


def _last(lock: str) -> str:
    return member(lock)
