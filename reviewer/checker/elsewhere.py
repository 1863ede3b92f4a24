# SPDX-License-Identifier: GPL-2.0-only
"""A lock that a function lost may be taken elsewhere now: by its callers, by what
it calls."""

from collections.abc import Iterator

from reviewer.alignment.align import image
from reviewer.alignment.operations import calls_of
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.coverage import Loss
from reviewer.checker.holding import taken_in
from reviewer.checker.rule import FunctionChange, PatchChange


def last_name(lock: str) -> str:
    """The member a lock is, which is its name in every function."""
    return lock.replace("->", ".").rsplit(".", 1)[-1]


def held_by_callers(change: FunctionChange, patch: PatchChange, lock: str) -> bool:
    """Whether the patch made callers of the function take the lock: some of
    them holds it at the call now, and none of those in the patch lacks it."""
    held = [
        any(last_name(one) == last_name(lock) for one in found)
        for found in _held_at_calls(change.name, patch)
    ]
    return bool(held) and all(held)


def _held_at_calls(name: str, patch: PatchChange) -> Iterator[frozenset[str]]:
    images = [one.after for one in patch.functions] + [one.image for one in patch.new]
    for one in images:
        for number, node in calls_of(one.graph):
            state = one.locks.before[number]
            if node.function == name and state is not None:
                yield state.must


def taken_by_callee(change: FunctionChange, loss: Loss, lock: str) -> bool:
    """Whether a call that lost a lock is one of a function that takes it itself
    now and did not before the patch."""
    node = change.after.graph.nodes[loss.node]
    if loss.kind != "call" or not isinstance(node, Invoke) or not node.function:
        return False
    old, new = change.callees_before(node.function), change.callees_after(node.function)
    if new is None or old == new:
        return False
    wanted = last_name(lock)
    return wanted in _named(change, new) and (old is None or wanted not in _named(change, old))


def _named(change: FunctionChange, graph: Graph) -> frozenset[str]:
    seen = image(graph, change.facts, change.after.summaries)
    return frozenset(last_name(one) for one in taken_in(seen, change.facts))
