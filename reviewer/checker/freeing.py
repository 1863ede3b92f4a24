# SPDX-License-Identifier: GPL-2.0-only
"""Objects that readers under RCU may still look at and that are freed without
waiting for them."""

from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation, calls_of
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.marked import member
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.checker.staying import reached, spelled, staying
from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.syntax.render import render

ENDS = ("free", "put", "release")
WAITS = ("grace-period", "free-deferred")


@dataclass(frozen=True, slots=True)
class Early:
    """A wait for readers that was taken away: ``old`` was it, ``now`` (empty:
    nothing) stands there instead, ``freed`` is what may come too early (empty:
    the end of the function), at ``line`` after the patch.  ``moved``: the wait
    is there still, behind it."""

    old: Operation
    now: str
    freed: str
    line: int
    moved: bool = False


def freed_early(change: FunctionChange, patch: PatchChange) -> Iterator[Early]:
    """What one function frees without a grace period, and did not before."""
    if change.partial:
        return
    removed = change.operations.removed
    if any(one.kind == "grace-period" for one in removed):
        if not any(True for kind in WAITS for _ in patch.added(kind)):
            yield from _no_wait(change, patch)
    elif not any(True for kind in (*WAITS, "put") for _ in patch.added(kind)):
        yield from _at_once(change, patch)
    yield from _still_visible(change, patch)
    yield from _exchanged(change)


# The wait is gone ----------------------------------------------------------------------


def _no_wait(change: FunctionChange, patch: PatchChange) -> Iterator[Early]:
    if _unknown_calls(change):
        return
    stays = staying(change).after
    for old in change.operations.removed:
        if old.kind != "grace-period":
            continue
        found = next(iter(_relying(change, old.node)), None)
        if found is not None:
            line = change.after.graph.nodes[stays[found[0]]].loc.line
            yield Early(old, "", found[1], line)
            return


def _relying(change: FunctionChange, start: int) -> Iterator[tuple[int, str]]:
    """What relies on a wait and stays: what frees behind it; else what hides
    something from readers right before it."""
    stays = staying(change).after
    for node in sorted(_behind(change.before, start)):
        if node in stays and (text := _frees(change, node)):
            yield node, text
    hiding = {one.node: one.text for one in change.before.operations if _hides(change.before, one)}
    hiding |= {one.node: one.text for one in change.before.operations if one.kind == "unregister"}
    ahead = reached(change.before.graph, start, hiding.__contains__, backwards=True)
    for node in sorted(ahead & hiding.keys(), reverse=True):
        if node in stays:
            yield node, ""


def _behind(image: Image, start: int) -> frozenset[int]:
    """The nodes behind a wait, up to the next one."""
    waits = {one.node for one in image.operations if one.kind == "grace-period"}
    return reached(image.graph, start, waits.__contains__)


def _frees(change: FunctionChange, number: int) -> str:
    """The call as written if it frees something or drops the last hold on it."""
    node = change.before.graph.nodes[number]
    if not isinstance(node, Invoke) or not node.args:
        return ""
    kind = change.facts.operations.of(node.function).kind
    inner = change.callees_after(node.function) if kind == "none" else None
    if kind in ENDS or (inner is not None and _any(inner, ("free",), change.facts)):
        return spelled(node, change.before.locks.names)
    return ""


def _any(graph: Graph, kinds: tuple[str, ...], facts: Facts) -> bool:
    return any(facts.operations.of(node.function).kind in kinds for _, node in calls_of(graph))


def _unknown_calls(change: FunctionChange) -> bool:
    """Whether the function makes calls it did not make that may wait."""
    stays = staying(change)
    for number, node in calls_of(change.after.graph):
        if number in stays.before or change.facts.operations.of(node.function).kind not in (
            "none",
            "set",
        ):
            continue
        fact = change.facts.of(node.function)
        if fact is None or not fact.inert:
            inner = change.callees_after(node.function)
            if inner is None or _any(inner, WAITS, change.facts):
                return True
    return False


# Freed at once instead of later ------------------------------------------------------------


def _at_once(change: FunctionChange, patch: PatchChange) -> Iterator[Early]:
    """What was freed after a grace period and is freed at once, by the callback
    that was to do it or by another name."""
    if any(True for _ in patch.removed("rcu-read")):
        return
    stays = staying(change)
    for old in change.operations.removed:
        if old.kind != "free-deferred":
            continue
        node = change.before.graph.nodes[old.node]
        assert isinstance(node, Invoke)
        callbacks = {render(arg).lstrip("&") for arg in node.args[1:]}
        for number, new in calls_of(change.after.graph):
            if number in stays.before or not new.args:
                continue
            direct = new.function in callbacks
            fact = change.facts.operations.of(new.function)
            at_once = (fact.kind, fact.guessed) == ("free", False)
            if direct or (at_once and _root(render(new.args[0])) == _root(old.object)):
                text = spelled(new, change.after.locks.names)
                yield Early(old, text, text, new.loc.line)
                break


def _root(text: str) -> str:
    return text.lstrip("*&(").split("->")[0].split(".")[0].split("[")[0].rstrip(")")


# Freed, or still visible, on the wrong side of the wait --------------------------------------


def _exchanged(change: FunctionChange) -> Iterator[Early]:
    """What was freed behind a wait and is freed before it now."""
    stays = staying(change).after
    waits = [one for one in change.before.operations if one.kind == "grace-period"]
    for wait in waits:
        if wait.node not in stays:
            continue
        behind = reached(change.before.graph, wait.node)
        ahead = reached(change.after.graph, stays[wait.node], backwards=True)
        ahead -= reached(change.after.graph, stays[wait.node])
        for one in change.before.operations:
            now = stays.get(one.node)
            if one.kind == "free" and one.node in behind and now in ahead:
                line = change.after.graph.nodes[now].loc.line
                yield Early(wait, "", one.text, line, moved=True)
                return


# Still reachable when the wait begins --------------------------------------------------------


def _still_visible(change: FunctionChange, patch: PatchChange) -> Iterator[Early]:
    """A pointer that was taken away from readers before a wait and is not any more."""
    gone = [one for one in change.operations.removed if _hides(change.before, one)]
    if not gone:
        return
    stays = staying(change).after
    later = [one for one in change.before.operations if one.kind in WAITS and one.node in stays]
    for old in gone:
        place = _hidden(change.before, old)
        waits = [one for one in later if one.node in reached(change.before.graph, old.node)]
        if not waits or _hidden_elsewhere(change, patch, place):
            continue
        line = change.after.graph.nodes[stays[waits[0].node]].loc.line
        yield Early(old, "", waits[0].text, line)


def _hides(image: Image, one: Operation) -> bool:
    """Whether an operation takes something out of the sight of readers."""
    if one.kind == "publish":
        return one.object == "NULL"
    if one.kind != "unpublish" or one.family == "plain":
        return False
    node = image.graph.nodes[one.node]
    assert isinstance(node, Invoke)
    return one.family != "pointer" or render(node.args[-1]) == "NULL"


def _hidden(image: Image, one: Operation) -> str:
    node = image.graph.nodes[one.node]
    assert isinstance(node, Invoke)
    return render(node.args[0])


def _hidden_elsewhere(change: FunctionChange, patch: PatchChange, place: str) -> bool:
    """Whether the same member is taken away by other means now."""
    name = member(place)
    taken = any(name in one.text for one in (*patch.taken, *patch.given))
    for kind in ("unpublish", "publish", "list-write", "marked-write", "store-release", "atomic"):
        taken = taken or any(name in one.text for one in patch.added(kind))
    stays = staying(change).before
    written = any(
        access.kind != "read" and member(access.place) == name and access.node not in stays
        for access in change.after.accesses
    )
    return taken or written or _unknown_calls(change)
