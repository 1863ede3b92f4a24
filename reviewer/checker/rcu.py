# SPDX-License-Identifier: GPL-2.0-only
"""What was done inside an RCU read-side section and is not any more."""

from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation, calls_of, results
from reviewer.cfg.graph import Invoke
from reviewer.checker.calling import all_callers
from reviewer.checker.marked import member
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.checker.staying import (
    mentioned,
    nearest,
    reached,
    reaching_through,
    spelled,
    staying,
)
from reviewer.facts import Facts
from reviewer.locks.held import Held
from reviewer.record import dataclass

READ_SIDE = "rcu-read-side"
PINS = frozenset({"get", "try-get", "lookup"})
"""Operations behind which an object stays without RCU."""

SELF_SUFFICIENT = frozenset(
    {"pure", "put", "free", "free-deferred", "release", "allocate", "wake", "arm", "cancel"}
    | {"sleep", "wait", "lock-init", "barrier", "assert-held", "initialise", "grace-period"}
    | {"marked-read", "marked-write", "acquire", "store-release", "atomic", "publish", "unpublish"}
    | {"unregister", "list-write", "list-read", "recheck"}
)
"""Operations that need no RCU read side of their own."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Something at ``line`` (``before_line`` before the patch) that was read
    under RCU: ``text``.  ``early``: the section is still there and ends before
    it, ``source`` is where the pointer came from."""

    text: str
    line: int
    before_line: int
    early: bool
    source: str
    node: int
    old: int


def outside(change: FunctionChange, patch: PatchChange) -> Iterator[Outside]:
    """The first thing in a function that lost its read-side section."""
    if change.partial or not _changed(change):
        return
    lost = _lost(change)
    if not lost or _taken_elsewhere(change, patch) or all_callers(change, _covered):
        return
    found = _early(change, lost) or _removed(change, lost)
    if found is not None:
        yield found


def _locked(held: Held) -> bool:
    return bool(held.must)


def _covered(held: Held) -> bool:
    return READ_SIDE in held.contexts.must or bool(held.must)


def _changed(change: FunctionChange) -> bool:
    """Whether the patch touched what enters or leaves the read side."""
    before = _sections(change.before, change.facts)
    if any(change.after_line(line) is None for _, line in before):
        return True
    after = _sections(change.after, change.facts)
    return any(change.before_line(line) is None for _, line in after)


def _sections(image: Image, facts: Facts) -> Iterator[tuple[int, int]]:
    """The calls that enter or leave a read-side section, and their lines."""
    for number, node in calls_of(image.graph):
        fact = facts.of(node.function)
        if fact is not None and READ_SIDE in (*fact.enters, *fact.leaves):
            yield number, node.loc.line


def _entering(image: Image, facts: Facts) -> frozenset[int]:
    return frozenset(
        number
        for number, node in calls_of(image.graph)
        if (fact := facts.of(node.function)) is not None and READ_SIDE in fact.enters
    )


def _lost(change: FunctionChange) -> dict[int, int]:
    """The nodes that were inside a section and are outside now, and where they
    stand now; without those a lock covers instead."""
    found = {}
    asserted = {
        one.node
        for one in change.before.operations
        if (one.kind, one.family) == ("rcu-read", "asserted")
    }
    for old, new in staying(change).after.items():
        before, after = change.before.locks.before[old], change.after.locks.before[new]
        if before is None or after is None or READ_SIDE not in before.contexts.must:
            continue
        if READ_SIDE in after.contexts.must or _section_call(change, old):
            continue
        if old in asserted or not _guarded(change, new, before, after):
            found[old] = new
    return found


def _section_call(change: FunctionChange, number: int) -> bool:
    node = change.before.graph.nodes[number]
    if not isinstance(node, Invoke):
        return False
    fact = change.facts.of(node.function)
    return fact is not None and READ_SIDE in (*fact.enters, *fact.leaves)


def _guarded(change: FunctionChange, number: int, before: Held, after: Held) -> bool:
    """Whether a lock keeps what the node touches alive: one that is new here,
    one without an owner, or one of an object the node speaks of."""
    if after.must - before.must or any(lock.isidentifier() for lock in after.must):
        return True
    names = mentioned(change.after.graph.nodes[number])
    return any(lock.split("->")[0].split(".")[0].strip("*&(") in names for lock in after.must)


def _taken_elsewhere(change: FunctionChange, patch: PatchChange) -> bool:
    """Whether another function of the patch enters a section it did not enter."""
    if any(_entering(one.image, change.facts) for one in patch.new):
        return True
    return any(
        len(_entering(one.after, change.facts)) > len(_entering(one.before, change.facts))
        for one in patch.functions
        if one is not change
    )


# The section is gone -----------------------------------------------------------------


def _removed(change: FunctionChange, lost: dict[int, int]) -> Outside | None:
    """A call or a fetch of a pointer that stays while its section is gone."""
    here = {old: new for old, new in lost.items() if _section_gone(change, old)}
    if not here or _rewritten(change) or _fetched_otherwise(change, here):
        return None
    kinds = {one.node: one for one in change.before.operations}
    fetching = {one.node for one in change.before.operations if one.kind == "rcu-read"}
    for old, new in sorted(here.items(), key=lambda pair: (pair[0] not in fetching, pair[1])):
        if _needs(change, old, kinds.get(old)):
            return _told(change, old, new, False, "")
    return None


def _section_gone(change: FunctionChange, number: int) -> bool:
    """Whether a beginning of the section a node was in went with the patch."""
    graph, stays = change.before.graph, staying(change).after
    entering = _entering(change.before, change.facts)
    ahead = nearest(graph, number, entering.__contains__, backwards=True)
    return any(one in entering and one not in stays for one in ahead)


def _fetched_otherwise(change: FunctionChange, here: dict[int, int]) -> bool:
    """Whether the section was there for pointers that the function does not
    fetch any more, not even plainly."""
    fetches = [
        one
        for one in change.before.operations
        if one.kind == "rcu-read" and _section_gone(change, one.node)
    ]
    read = {member(access.place) for access in change.after.accesses}
    walked = {one.object for one in change.after.operations if one.kind == "list-read"}
    return bool(fetches) and not any(
        one.node in here or member(one.object) in read or one.object in walked for one in fetches
    )


def _rewritten(change: FunctionChange) -> bool:
    """Whether calls of the section went and others came: it is done otherwise."""
    stays = staying(change)
    gone = [
        number
        for number, _ in calls_of(change.before.graph)
        if number not in stays.after
        and (held := change.before.locks.before[number]) is not None
        and READ_SIDE in held.contexts.must
        and _counts(change, change.before, number)
    ]
    came = [
        number
        for number, _ in calls_of(change.after.graph)
        if number not in stays.before and _counts(change, change.after, number)
    ]
    return bool(gone and came)


def _counts(change: FunctionChange, image: Image, number: int) -> bool:
    """Whether a call is more than a matter of RCU itself or of no matter."""
    node = image.graph.nodes[number]
    assert isinstance(node, Invoke)
    fact = change.facts.of(node.function)
    if fact is not None and (fact.inert or READ_SIDE in (*fact.enters, *fact.leaves)):
        return False
    return change.facts.operations.of(node.function).kind not in ("pure", "rcu-read", "list-read")


def _needs(change: FunctionChange, number: int, operation: Operation | None) -> bool:
    """Whether a node asks for a section: it fetches a pointer, or it calls what
    may do so and does not enter one itself."""
    node = change.before.graph.nodes[number]
    if operation is not None and operation.kind == "rcu-read":
        return True
    if not isinstance(node, Invoke) or not node.args:
        return False
    if operation is not None and operation.kind in SELF_SUFFICIENT:
        return False
    if operation is not None and operation.kind == "lookup" and not operation.guessed:
        return False
    fact = change.facts.of(node.function)
    if fact is not None and (fact.inert or fact.acquires or fact.releases or fact.enters):
        return False
    return not _enters_itself(change, node.function)


def _enters_itself(change: FunctionChange, name: str) -> bool:
    graph = change.callees_after(name)
    return graph is not None and any(_enters(node, change.facts) for _, node in calls_of(graph))


def _enters(node: Invoke, facts: Facts) -> bool:
    fact = facts.of(node.function)
    return fact is not None and READ_SIDE in fact.enters


# The section ends earlier ------------------------------------------------------------


def _early(change: FunctionChange, lost: dict[int, int]) -> Outside | None:
    """A pointer that was fetched under RCU and is followed behind the end of
    the section, with nothing to keep its object."""
    fetched = _fetched(change)
    if not fetched:
        return None
    graph = change.after.graph
    for old, new in sorted(lost.items(), key=lambda pair: pair[1]):
        for name in sorted(reaching_through(graph.nodes[new]) & fetched.keys()):
            source = fetched[name]
            if new in reached(graph, source) and not _pinned(change, name, new):
                return _told(change, old, new, True, _text(change.after, source))
    return None


def _fetched(change: FunctionChange) -> dict[str, int]:
    """The variables that take a pointer fetched inside a section, and where."""
    image, taken = change.after, results(change.after.graph)
    found: dict[str, int] = {}
    for one in image.operations:
        held = image.locks.before[one.node]
        inside = held is not None and READ_SIDE in held.contexts.must
        if one.kind == "rcu-read" and inside:
            node = image.graph.nodes[one.node]
            assert isinstance(node, Invoke)
            for name in (taken.get(node.result, ""), one.object if one.family == "list" else ""):
                if name.isidentifier():
                    found[name] = one.node
    return found


def _pinned(change: FunctionChange, name: str, number: int) -> bool:
    """Whether a reference to the object is taken before a node."""
    return any(
        one.kind in PINS
        and name in (one.object.split("->")[0].split(".")[0], one.result)
        and number in reached(change.after.graph, one.node)
        for one in change.after.operations
    )


def _told(change: FunctionChange, old: int, new: int, early: bool, source: str) -> Outside:
    before, after = change.before.graph, change.after.graph
    return Outside(
        _text(change.after, new),
        after.nodes[new].loc.line,
        before.nodes[old].loc.line,
        early,
        source,
        new,
        old,
    )


def _text(image: Image, number: int) -> str:
    text = spelled(image.graph.nodes[number], image.locks.names)
    return text.removeprefix("= ").removeprefix("if ")


# Lists walked without the RCU of their walkers ----------------------------------------


@dataclass(frozen=True, slots=True)
class PlainWalk:
    """A list that was walked for RCU and is walked plainly, still under RCU."""

    old: Operation
    text: str
    line: int


def plain_fetches(change: FunctionChange) -> Iterator[PlainWalk]:
    """Pointers fetched for RCU that are read plainly, and under no lock."""
    gone = {
        one.node: one
        for one in change.operations.removed
        if one.kind == "rcu-read" and one.family in ("asserted", "pointer") and not one.guessed
    }
    made = {one.node for one in change.after.operations}
    for aligned in change.aligned:
        nodes = {state.access.node for state in aligned.before}
        old = gone.get(min(nodes)) if len(nodes) == 1 else None
        held = change.after.locks.before[aligned.access.node]
        if old is None or held is None or held.must:
            continue
        if aligned.access.kind != "read" or aligned.access.place != old.object:
            continue
        if aligned.access.node not in made and not all_callers(change, _locked):
            yield PlainWalk(old, aligned.access.text, aligned.access.line)


def plain_walks(change: FunctionChange) -> Iterator[PlainWalk]:
    """Walks of lists under RCU that no longer fetch their pointers so."""
    gone = [one for one in change.operations.removed if one.kind == "rcu-read"]
    for old in gone:
        for new in change.operations.added:
            held = change.after.locks.before[new.node]
            same = old.family == "list" and new.kind == "list-read" and new.object == old.object
            if same and held is not None and READ_SIDE in held.contexts.must and not held.must:
                yield PlainWalk(old, new.text, new.line)
