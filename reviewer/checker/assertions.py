# SPDX-License-Identifier: GPL-2.0-only
"""Locks the code asserts to be held, and what a patch does to that."""

from collections.abc import Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.coverage import losses
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.facts import Facts
from reviewer.locks.aliases import aliases
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass
from reviewer.syntax.render import render

ASSERTS = "assert-held"


@dataclass(frozen=True, slots=True)
class Denied:
    """``text`` in ``line`` is called without ``lock``, which ``callee`` asserts
    in line ``asserted``."""

    text: str
    line: int
    lock: str
    callee: str
    asserted: int


def denied(change: FunctionChange) -> Iterator[Denied]:
    """Calls that lost a lock their function asserts."""
    for loss in losses(change):
        node = change.after.graph.nodes[loss.node]
        if loss.kind != "call" or not isinstance(node, Invoke):
            continue
        graph = change.callees_after(node.function)
        if graph is None:
            continue
        for lock, line in _asserted(graph, node, change.facts).items():
            if lock in loss.lost:
                yield Denied(loss.text, loss.line, lock, node.function, line)


def _asserted(graph: Graph, call: Invoke, facts: Facts) -> Mapping[str, int]:
    """The locks a function asserts, as its caller names them, with the lines."""
    names = aliases(graph, facts)
    given = {
        one.name: render(arg) for one, arg in zip(graph.function.params, call.args, strict=False)
    }
    found = {}
    for node in graph.nodes:
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if isinstance(node, Invoke) and fact is not None:
            for one in fact.assumes:
                found[_as_given(lock_name(one, node, names), given)] = node.loc.line
    return found


def _as_given(lock: str, given: Mapping[str, str]) -> str:
    """``p->lock`` where ``p`` is given ``q``: ``q->lock``; given ``&x``: ``x.lock``."""
    root, arrow, rest = lock.partition("->")
    arg = given.get(root, root)
    if arrow and arg.startswith("&"):
        return f"{arg[1:]}.{rest}"
    return f"{arg}{arrow}{rest}"


@dataclass(frozen=True, slots=True)
class Unasserted:
    """``lock`` is not asserted any more; ``line`` is where it was, in the after
    image.  ``dropped`` is the caller that does not take it any more either."""

    lock: str
    text: str
    line: int
    dropped: str


def unasserted(change: FunctionChange, patch: PatchChange) -> Iterator[Unasserted]:
    """Assertions that are gone from a function that still is what it was."""
    old = _assertions(change.before, change.facts)
    new = _assertions(change.after, change.facts)
    for lock, (text, line) in old.items():
        if lock in new or change.after_line(line) is not None:
            continue
        if any(lock in _taken(image, change.facts) for image in (change.before, change.after)):
            continue
        yield Unasserted(lock, text, _near(line, change), _dropping(lock, change, patch))


def _assertions(image: Image, facts: Facts) -> Mapping[str, tuple[str, int]]:
    found = {}
    for node in image.graph.nodes:
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if (
            isinstance(node, Invoke)
            and fact is not None
            and facts.operations.of(node.function).kind == ASSERTS
        ):
            given = ", ".join(image.locks.names.spell(arg) for arg in node.args)
            for one in fact.assumes:
                lock = lock_name(one, node, image.locks.names)
                found[lock] = f"{node.function}({given})", node.loc.line
    return found


def _taken(image: Image, facts: Facts) -> set[str]:
    found = set()
    for node in image.graph.nodes:
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if isinstance(node, Invoke) and fact is not None:
            found |= {lock_name(one, node, image.locks.names) for one in fact.acquires}
    return found


def _near(line: int, change: FunctionChange) -> int:
    while line > 1:
        line -= 1
        after = change.after_line(line)
        if after is not None:
            return after if change.before_line(after + 1) is not None else after + 1
    return 1


def _dropping(lock: str, change: FunctionChange, patch: PatchChange) -> str:
    """A function of the patch that calls this one and takes such a lock no more."""
    member = _member(lock)
    for other in patch.functions:
        old, new = (
            {_member(one) for one in _taken(image, other.facts)}
            for image in (other.before, other.after)
        )
        calls = {node.function for node in other.after.graph.nodes if isinstance(node, Invoke)}
        if member in old - new and change.name in calls:
            return other.name
    return ""


def _member(lock: str) -> str:
    return lock.rpartition("->")[2].rpartition(".")[2]
