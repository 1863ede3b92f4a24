# SPDX-License-Identifier: GPL-2.0-only
"""Barriers, acquires and releases that went away or became weaker between
accesses that stay."""

from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Compute, Invoke
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.checker.staying import nearest, reached, spelled, staying
from reviewer.record import dataclass
from reviewer.syntax.render import render

ORDERING = ("barrier", "acquire", "store-release", "atomic")

COVERS = {
    "full": frozenset({"full", "read", "write", "acquire", "release", "relaxed"}),
    "acquire": frozenset({"acquire", "read", "relaxed"}),
    "release": frozenset({"release", "write", "relaxed"}),
    "read": frozenset({"read", "acquire", "relaxed"}),
    "write": frozenset({"write", "release", "relaxed"}),
    "relaxed": frozenset({"relaxed"}),
    "none": frozenset(),
}
"""By an order, the orders it gives as well; a barrier for stores before a store is
what most mean by a release, one for loads behind a load what they mean by an acquire."""


@dataclass(frozen=True, slots=True)
class Weaker:
    """An order that was given and is not: ``old`` gave it, ``now`` is what
    stands there instead (empty: nothing), at ``line`` of the after image;
    ``first`` and ``then`` say what it kept in order, ``woken`` the wake-up that
    went with it."""

    old: Operation
    now: str
    line: int
    first: str
    then: str
    woken: str = ""


def weaker(change: FunctionChange, patch: PatchChange) -> Iterator[Weaker]:
    """What one function does no longer order."""
    if change.partial:
        return
    yield from _plain(change, patch)
    gone = [one for one in change.operations.removed if one.kind in ORDERING]
    came = [one for kind in ORDERING for one in patch.added(kind)]
    mine = {id(one) for one in change.operations.added}
    for old in gone:
        if any(old.family in COVERS[one.family] for one in came):
            continue
        less = [one for one in came if id(one) in mine and one.kind == old.kind]
        if old.kind == "barrier":
            yield from _barrier(change, patch, old, less)
        else:
            yield from _on_object(change, old, less)


# Barriers ---------------------------------------------------------------------


def _barrier(
    change: FunctionChange, patch: PatchChange, old: Operation, less: list[Operation]
) -> Iterator[Weaker]:
    effective = _effective(change.before)
    graph = change.before.graph
    ahead = nearest(graph, old.node, effective.__contains__, backwards=True)
    behind = nearest(graph, old.node, effective.__contains__)
    stays = staying(change).after
    if less:
        # Something weaker took its place: what stands right beside it may have changed.
        kept = effective & stays.keys()
        ahead = nearest(graph, old.node, kept.__contains__, backwards=True)
        behind = nearest(graph, old.node, kept.__contains__)
    first = sorted(one for one in ahead if one in stays and one in effective)
    then = sorted(one for one in behind if one in stays and one in effective)
    woken = _woken(change, patch, behind)
    if not (first or ahead <= _ends(change.before)) or not (first or then):
        return
    if not (then or woken or behind <= _ends(change.before)) or _replaced(change, first, then):
        return
    texts = [_text(change.before, nodes) for nodes in (first, then)]
    line = less[0].line if less else _line(change, first, then)
    yield Weaker(old, less[0].text if less else "", line, texts[0], texts[1], "" if then else woken)


def _effective(image: Image) -> frozenset[int]:
    """The nodes that touch memory others see, or may do so in a call; what
    orders things itself is none of them."""
    without = {one.node for one in image.operations if one.kind in ("barrier", "pure")}
    calls = {
        number
        for number, node in enumerate(image.graph.nodes)
        if isinstance(node, Invoke) and number not in without
    }
    return frozenset(calls | {one.node for one in image.accesses} - without)


def _ends(image: Image) -> frozenset[int]:
    return frozenset(
        number
        for number in range(len(image.graph.nodes))
        if not image.graph.succ[number] or not image.graph.pred[number]
    )


def _woken(change: FunctionChange, patch: PatchChange, behind: frozenset[int]) -> str:
    """The wake-up behind a barrier that went with it, while nothing else wakes
    and somebody may wait still."""
    if any(True for _ in patch.added("wake")) or any(True for _ in patch.removed("wait")):
        return ""
    found = [one for one in change.operations.removed if one.kind == "wake" and one.node in behind]
    return found[0].text if found else ""


def _replaced(change: FunctionChange, first: list[int], then: list[int]) -> bool:
    """Whether a new call stands between the accesses now: it may order them."""
    stays = staying(change)
    goals = {stays.after[one] for one in then}
    graph = change.after.graph
    starts = [stays.after[one] for one in first] or [0]
    known = {one.node for one in change.after.operations if one.kind in ORDERING}
    for start in starts:
        for node in reached(graph, start, goals.__contains__):
            fresh = node not in stays.before and node not in known and node not in goals
            if fresh and isinstance(graph.nodes[node], Invoke) and _between(change, node, goals):
                return True
    return False


def _between(change: FunctionChange, node: int, goals: set[int]) -> bool:
    return not goals or not goals.isdisjoint(reached(change.after.graph, node))


def _text(image: Image, nodes: list[int]) -> str:
    texts = (spelled(image.graph.nodes[one], image.locks.names) for one in nodes)
    return next((text.removeprefix("= ") for text in texts), "")


def _line(change: FunctionChange, first: list[int], then: list[int]) -> int:
    stays = staying(change).after
    nodes = [stays[one] for one in (then or first)]
    return min(change.after.graph.nodes[one].loc.line for one in nodes)


# What readers under RCU rely on -----------------------------------------------------


def _plain(change: FunctionChange, patch: PatchChange) -> Iterator[Weaker]:
    """A pointer that is stored plainly, an entry that is put on a list, or taken
    off it, as if nobody walked it meanwhile."""
    gone = [
        one
        for one in change.operations.removed
        if one.kind in ("publish", "unpublish") and one.family == "rcu" and one.object != "NULL"
    ]
    if not gone or any(True for _ in patch.removed("rcu-read")):
        return
    for old in gone:
        text, line = _stored_plainly(change, old)
        if text:
            yield Weaker(old, text, line, "", "")


def _stored_plainly(change: FunctionChange, old: Operation) -> tuple[str, int]:
    for one in change.operations.added:
        if one.kind == "list-write" and one.object == old.object and one.name in _stems(old.name):
            return one.text, one.line
    stays = staying(change).before
    node = change.before.graph.nodes[old.node]
    assert isinstance(node, Invoke)
    if len(node.args) != 2 or old.kind != "publish":
        return "", 0
    wanted = f"{render(node.args[0])} = {render(node.args[1])}"
    for number, new in enumerate(change.after.graph.nodes):
        if number not in stays and isinstance(new, Compute) and render(new.expr) == wanted:
            return wanted, new.loc.line
    return "", 0


# Acquire, release, atomic operations --------------------------------------------


def _on_object(change: FunctionChange, old: Operation, less: list[Operation]) -> Iterator[Weaker]:
    """The same object is touched, with less order or none."""
    held = change.before.locks.before[old.node]
    if old.kind == "atomic" and (held is None or held.must or "->" not in old.object):
        return
    now = [one for one in less if one.object == old.object and _variant(old.name, one.name)]
    plain = [
        one
        for one in change.operations.added
        if one.object == old.object and one.name in _stems(old.name)
    ]
    for one in (*now, *plain)[:1]:
        yield Weaker(old, one.text, one.line, "", "")
    if now or plain or old.kind == "atomic":
        return
    for aligned in change.aligned:
        was = {state.access.node for state in aligned.before}
        gained = any(
            (after.must or frozenset()) - (before.must or frozenset())
            for before, after in zip(aligned.before, aligned.after, strict=True)
        )
        if was == {old.node} and aligned.access.place == old.object and not gained:
            yield Weaker(old, aligned.access.text, aligned.access.line, "", "")


def _variant(name: str, other: str) -> bool:
    """Whether one name is the other with less of an order: ``x_relaxed`` or ``__x``."""
    return name in _stems(other) or other.lstrip("_") == name


def _stems(name: str) -> frozenset[str]:
    """The name without the words at its end: of ``x_y_z`` also ``x_y`` and ``x``."""
    parts = name.split("_")
    return frozenset("_".join(parts[:count]) for count in range(1, len(parts)))
