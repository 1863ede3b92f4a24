# SPDX-License-Identifier: GPL-2.0-only
"""Second looks: what was tested again once a lock was taken, and is not any more."""

from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of
from reviewer.cfg.graph import Compute, Decide, Invoke, Node
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.checker.staying import mentioned, nearest, reached, spelled, staying
from reviewer.record import dataclass
from reviewer.syntax.tree import Assign, Name


@dataclass(frozen=True, slots=True)
class Trusted:
    """A test that is gone behind ``taken``, a lock that is taken, at ``line``
    after the patch; ``text`` is what was tested, ``twin`` the line of the same
    test before the lock (0: none), ``then`` what is done on its word now."""

    text: str
    before_line: int
    taken: str
    lock: str
    line: int
    twin: int
    then: str


def trusted(change: FunctionChange, patch: PatchChange) -> Iterator[Trusted]:
    """The second looks one function does not take any more."""
    if change.partial or not any(map(_holding, change.before.locks.before)):
        return
    stays = staying(change)
    graph = change.before.graph
    gone = [
        number
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Decide) and not node.unknown and number not in stays.after
    ]
    for number in gone:
        found = _second_look(change, patch, number)
        if found is not None:
            yield found
            return


def _holding(held: object) -> bool:
    return bool(getattr(held, "must", ()))


def _second_look(change: FunctionChange, patch: PatchChange, number: int) -> Trusted | None:
    before, stays = change.before, staying(change)
    feeding = _feeding(before, number)
    counts = _effective(change, before, feeding)
    ahead = nearest(before.graph, number, counts.__contains__, backwards=True)
    taken = [one for one in ahead if _locks_taken(before, one)]
    if not taken or len(taken) < len(ahead) or any(one not in stays.after for one in taken):
        return None
    behind = nearest(before.graph, number, counts.__contains__)
    then = sorted(one for one in behind if one in stays.after and one in counts)
    then = [one for one in then if not _locks_dropped(before, one)]
    lock = min(_locks_taken(before, taken[0]))
    twin = _twin(change, number, taken)
    if not then or not (twin or _rechecks(change, patch, feeding)):
        return None
    if _tested_otherwise(change, stays.after[taken[0]], stays.after[then[0]]):
        return None
    return Trusted(
        text=_said(before, number),
        before_line=before.graph.nodes[number].loc.line,
        taken=spelled(before.graph.nodes[taken[0]], before.locks.names),
        lock=lock,
        line=change.after.graph.nodes[stays.after[then[0]]].loc.line,
        twin=twin,
        then=spelled(before.graph.nodes[then[0]], before.locks.names).removeprefix("= "),
    )


def _said(image: Image, number: int) -> str:
    return spelled(image.graph.nodes[number], image.locks.names).removeprefix("if ")


def _feeding(image: Image, number: int) -> frozenset[int]:
    """The calls whose values a test looks at, and those that feed them."""
    calls = {node.result: at for at, node in calls_of(image.graph)}
    found: set[int] = set()
    stack = [number]
    while stack:
        for name in mentioned(image.graph.nodes[stack.pop()]):
            at = calls.get(name)
            if at is not None and at not in found:
                found.add(at)
                stack.append(at)
    return frozenset(found)


def _effective(change: FunctionChange, image: Image, feeding: frozenset[int]) -> frozenset[int]:
    """The calls and writes that do something, but for those a test looks at."""
    found = {
        access.node
        for access in image.accesses
        if access.kind != "read" and not _takes_result(image.graph.nodes[access.node])
    }
    for number, node in enumerate(image.graph.nodes):
        if not isinstance(node, Invoke) or number in feeding:
            continue
        fact = change.facts.of(node.function)
        inert = fact is not None and fact.inert
        if not inert and change.facts.operations.of(node.function).kind != "pure":
            found.add(number)
    return frozenset(found - feeding)


def _takes_result(node: Node) -> bool:
    """Whether a node only says where the value of a call goes (``x->ptl = lock()``)."""
    return (
        isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.value, Name)
        and node.expr.value.name.startswith("%")
    )


def _locks_taken(image: Image, number: int) -> frozenset[str]:
    """The locks held behind a node and not before it."""
    node, held = image.graph.nodes[number], image.locks.before[number]
    if not isinstance(node, Invoke | Compute) or held is None:
        return frozenset()
    found: set[str] = set()
    for target, _ in image.graph.succ[number]:
        after = image.locks.before[target]
        found |= after.must if after is not None else set()
    return frozenset(found - held.may)


def _locks_dropped(image: Image, number: int) -> bool:
    held = image.locks.before[number]
    behind = [image.locks.before[target] for target, _ in image.graph.succ[number]]
    return held is not None and any(one is not None and held.must - one.must for one in behind)


def _twin(change: FunctionChange, number: int, taken: list[int]) -> int:
    """The line of the same test before the lock, which stays; 0 for none."""
    before, stays = change.before, staying(change)
    text = _plain(_said(before, number))
    for at, node in enumerate(before.graph.nodes):
        if at == number or at not in stays.after or not isinstance(node, Decide):
            continue
        if _plain(_said(before, at)) == text and all(
            one in reached(before.graph, at) for one in taken
        ):
            return change.after.graph.nodes[stays.after[at]].loc.line
    return 0


def _plain(text: str) -> str:
    return text.replace("!", "").replace("==", "=").replace("(", "").replace(")", "").strip()


def _rechecks(change: FunctionChange, patch: PatchChange, feeding: frozenset[int]) -> bool:
    """Whether a test calls what is there to look again, and nothing else does now."""
    kinds = {one.node for one in change.operations.removed if one.kind == "recheck"}
    return not kinds.isdisjoint(feeding) and not any(True for _ in patch.added("recheck"))


def _tested_otherwise(change: FunctionChange, start: int, goal: int) -> bool:
    """Whether new tests or calls stand behind the lock, before what relies on it."""
    graph, stays = change.after.graph, staying(change)
    return any(
        node not in stays.before and isinstance(graph.nodes[node], Decide | Invoke)
        for node in reached(graph, start, lambda one: one == goal)
        if node != goal and goal in reached(graph, node)
    )
