# SPDX-License-Identifier: GPL-2.0-only
"""A lock that a function lost may be taken elsewhere now: by its callers, by what
it calls."""

from collections.abc import Iterator

from reviewer.alignment.align import image
from reviewer.alignment.operations import calls_of
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.coverage import Loss
from reviewer.checker.holding import dropped_in, taken_in
from reviewer.checker.rule import FunctionChange, PatchChange


def last_name(lock: str) -> str:
    """The member a lock is, which is its name in every function."""
    return lock.replace("->", ".").rsplit(".", 1)[-1]


def held_by_callers(change: FunctionChange, patch: PatchChange, lock: str) -> bool:
    """Whether the callers of a function that leaves a lock alone hold it: some do at
    the call now, and none of the file lacks it, be it by its own callers."""
    wanted = last_name(lock)
    if any(last_name(one) == wanted for one in dropped_in(change.after, change.facts)):
        return False
    held = list(_held_at_calls(change.name, change, patch))
    return any(wanted in some for _, some in held) and all(
        wanted in some or _held_above(name, change, patch, wanted) for name, some in held
    )


def _held_above(name: str, change: FunctionChange, patch: PatchChange, wanted: str) -> bool:
    above = list(_held_at_calls(name, change, patch))
    return bool(above) and all(wanted in some for _, some in above)


def _held_at_calls(
    name: str, change: FunctionChange, patch: PatchChange
) -> Iterator[tuple[str, frozenset[str]]]:
    """Who calls a function, in the patch and in the file, and the names of the locks
    it holds then."""
    index = patch.index
    calls = list(index.calls.get(name, ()))
    for one in change.mentioning((name,)):
        if one.graph.function.name not in index.names:
            calls += [(one, at) for at, node in calls_of(one.graph) if node.function == name]
    for one, number in calls:
        caller, state = one.graph.function.name, one.locks.before[number]
        if caller != name and state is not None:
            yield caller, frozenset(map(last_name, state.must))


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
