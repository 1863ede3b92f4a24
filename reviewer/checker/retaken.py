# SPDX-License-Identifier: GPL-2.0-only
"""A lock that is dropped and taken again between what was found out under it and
what is done on the strength of that."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.accesses import Access
from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of
from reviewer.cfg.dominators import dominates, dominators
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Node
from reviewer.checker.elsewhere import last_name
from reviewer.checker.holding import dropped_in, taken_in
from reviewer.checker.kept_calls import LISTS
from reviewer.checker.nearness import belongs, owner_of
from reviewer.checker.rule import FunctionChange
from reviewer.checker.witnesses import Witness, witnesses
from reviewer.facts import LockFact
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Assign, Expr, Name

WRITES = ("write", "update")
KEPT = ("get", "try-get")


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a lock is dropped, and the places where it is taken again."""

    lock: str
    drop: int
    takes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """What was read before a gap, ``local`` if it was kept in a variable, and what is
    done after it; ``writer`` is who may have changed it in between."""

    gap: Gap
    read: Access
    local: str
    use: int
    writer: Witness


def stale_uses(change: FunctionChange) -> Iterator[Stale]:
    """What the patch's own gaps in the scope of a lock made stale; one for each gap."""
    for gap in _new_gaps(change):
        found = next(_stale(change, gap), None) or next(_walks(change, gap), None)
        if found is not None:
            yield found


def _new_gaps(change: FunctionChange) -> Iterator[Gap]:
    """Drops the patch wrote of locks that stay held to the end of a scope otherwise,
    with the place where the lock is taken again."""
    after, facts = change.after, change.facts
    if change.partial or not change.locks_known:
        return
    both = dropped_in(after, facts) & taken_in(after, facts)
    for number, node in calls_of(after.graph) if both else ():
        if node.scope is not None or change.before_line(node.loc.line) is not None:
            continue
        for lock in sorted(_of(change, number, drops=True) & both):
            held = after.locks.before[number]
            if held is None or lock not in held.must or held.must - {lock}:
                continue
            takes = tuple(_again(change, number, lock))
            if takes and _more(change, lock):
                yield Gap(lock, number, takes)


def _of(change: FunctionChange, number: int, *, drops: bool, old: bool = False) -> set[str]:
    image = change.before if old else change.after
    node = image.graph.nodes[number]
    if not isinstance(node, Invoke):
        return set()
    fact = change.facts.of(node.function) or image.summaries(node.function)
    some: Sequence[LockFact] = ()
    if fact is not None:
        some = fact.releases if drops else fact.acquires
    return {lock_name(one, node, image.locks.names) for one in some}


def _more(change: FunctionChange, lock: str) -> bool:
    """Whether the lock is taken in more places than before, and was held until then."""
    counts = [
        sum(lock in _of(change, at, drops=False, old=old) for at, _ in calls_of(image.graph))
        for image, old in ((change.before, True), (change.after, False))
    ]
    return 0 < counts[0] < counts[1]


def _again(change: FunctionChange, start: int, lock: str) -> Iterator[int]:
    """Where the lock is taken next after a drop, in lines the patch wrote."""
    graph = change.after.graph
    if lock in _of(change, start, drops=False):
        yield start
        return
    seen, stack = {start}, [start]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target in seen:
                continue
            seen.add(target)
            if lock not in _of(change, target, drops=False):
                stack.append(target)
            elif change.before_line(graph.nodes[target].loc.line) is None:
                yield target


def _stale(change: FunctionChange, gap: Gap) -> Iterator[Stale]:
    """Reads of the object of the lock in lines that stayed, before the gap, that
    something after it rests on."""
    owner, image = owner_of(gap.lock), change.after
    behind = _reaching(image.graph, gap.drop)
    counted = {
        one.object.split("->")[0]
        for one in image.operations
        if one.kind in KEPT and one.node in behind
    }
    for read in image.accesses:
        held = image.locks.before[read.node]
        near = belongs(read.place, owner) and change.before_line(read.line) is not None
        if not (near and read.kind == "read" and read.node in behind):
            continue
        if held is None or gap.lock not in held.must or gap.lock.startswith(read.place):
            continue
        local = _kept_in(image.graph.nodes[read.node])
        if local in counted or not (local or read.decides):
            continue
        uses = _uses(change, gap, read, local, owner)
        use = next(uses, None) if local or _guards(image.graph, read.node, behind) else None
        if use is not None and (writer := _writer(change, read, gap)):
            yield Stale(gap, read, local, use, writer)


def _walks(change: FunctionChange, gap: Gap) -> Iterator[Stale]:
    """Walks of a list that go on from an entry others may take off it in the gap."""
    image, nodes = change.after, change.after.graph.nodes
    behind, over = _reaching(image.graph, gap.drop), dominators(image.graph)
    walked = {one.text for one in change.before.operations}
    for one in image.operations:
        held, node = image.locks.before[one.node], nodes[one.node]
        member = node.args[-1] if isinstance(node, Invoke) and node.args else None
        if one.kind != "list-read" or one.node not in behind or not isinstance(member, Name):
            continue
        if held is None or gap.lock not in held.must or one.text not in walked:
            continue
        if _pinned(image, one.object, behind) or not _goes_on(image.graph, gap, one.node, over):
            continue
        remover = _remover(change, member.name, last_name(gap.lock))
        if remover is not None:
            read = Access("read", "", one.text, one.node, one.line, True)
            yield Stale(gap, read, one.object, one.node, remover)


def _pinned(image: Image, name: str, behind: frozenset[int]) -> bool:
    """Whether the entry is kept from going away, or is taken off the list first."""
    return any(
        one.node in behind
        and one.object.split("->")[0] == name
        and one.kind in (*KEPT, "list-write")
        for one in image.operations
    )


def _goes_on(graph: Graph, gap: Gap, head: int, over: Sequence[int]) -> bool:
    """Whether the walk is gone on with after the gap, and not begun again."""
    seen, stack = set(gap.takes), list(gap.takes)
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target == head:
                return True
            entry = any(further == head for further, _ in graph.succ[target])
            fresh = dominates(over, target, head) and not entry
            if target not in seen and not fresh:
                seen.add(target)
                stack.append(target)
    return False


def _remover(change: FunctionChange, member: str, name: str) -> Witness | None:
    """Another function of the file that takes entries off such a list, under the lock."""
    for image in change.mentioning((member,)):
        for one in image.operations:
            held = image.locks.before[one.node]
            if one.kind == "list-write" and one.object.endswith(f"->{member}") and held:
                names = frozenset(map(last_name, held.must))
                function = image.graph.function.name
                if name in names and function != change.name:
                    return Witness("call", one.text, function, one.line, names)
    return None


def _kept_in(node: Node) -> str:
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        target = node.expr.target
        return target.name if isinstance(target, Name) and node.expr.op == "=" else ""
    return ""


def _guards(graph: Graph, number: int, behind: frozenset[int]) -> bool:
    """Whether the gap is come to by one way out of a branch only."""
    node = graph.nodes[number]
    ways = [target in behind for target, _ in graph.succ[number]]
    return isinstance(node, Decide) and any(ways) and not all(ways)


def _reaching(graph: Graph, goal: int) -> frozenset[int]:
    """The nodes from which one can be come to."""
    into: dict[int, list[int]] = {}
    for number, edges in enumerate(graph.succ):
        for target, _ in edges:
            into.setdefault(target, []).append(number)
    seen, stack = {goal}, [goal]
    while stack:
        for one in into.get(stack.pop(), ()):
            if one not in seen:
                seen.add(one)
                stack.append(one)
    return frozenset(seen)


def _uses(change: FunctionChange, gap: Gap, read: Access, local: str, owner: str) -> Iterator[int]:
    """Where the ways on from the gap come first to what rests on the read, without
    its being made again."""
    image = change.after
    same = [one for one in image.accesses if one.place == read.place]
    again = {one.node for one in same if one.kind != "write"}
    anew = {one.node for one in same}
    acts = _acts(image, owner)
    seen, stack = set(gap.takes), list(gap.takes)
    while stack:
        for target, _ in image.graph.succ[stack.pop()]:
            node = image.graph.nodes[target]
            if target in seen or target in again or gap.lock in _of(change, target, drops=True):
                continue
            if local and _kept_in(node) == local:
                continue
            seen.add(target)
            if (_mentions(node, local) if local else target in acts) and _stayed(change, target):
                yield target
                return
            if target not in anew:
                stack.append(target)


def _stayed(change: FunctionChange, number: int) -> bool:
    return change.before_line(change.after.graph.nodes[number].loc.line) is not None


def _acts(image: Image, owner: str) -> frozenset[int]:
    """What changes the object: writes, and lists that things are put on or taken from."""
    written = {
        one.node for one in image.accesses if one.kind in WRITES and belongs(one.place, owner)
    }
    listed = {
        one.node
        for one in image.operations
        if one.kind in LISTS and one.kind != "list-read" and f"{owner}->" in one.text
    }
    return frozenset(written | listed)


def _mentions(node: Node, local: str) -> bool:
    some: tuple[Expr, ...] = ()
    match node:
        case Decide(cond=cond):
            some = (cond,)
        case Invoke(args=args):
            some = args
        case Compute(expr=Assign(target=target, value=value)):
            some = (value,) if isinstance(target, Name) else (target, value)
    return any(isinstance(one, Name) and one.name == local for expr in some for one in walk(expr))


def _writer(change: FunctionChange, read: Access, gap: Gap) -> Witness | None:
    """Another function of the file that changes what was read, under the lock."""
    name = last_name(gap.lock)
    found = witnesses(change, read.place)
    return next((one for one in found if one.kind in WRITES and name in one.locks), None)
