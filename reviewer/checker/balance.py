# SPDX-License-Identifier: GPL-2.0-only
"""What a patch did to the balance of the locks of a function: what is left
held on a way out, and what is taken or dropped where it should not be."""

from collections.abc import Callable, Iterator, Mapping

from reviewer.alignment.align import Image, LineMap, names_a_lock
from reviewer.alignment.operations import named
from reviewer.cfg.dominators import EXIT
from reviewer.cfg.graph import Decide, Graph, Invoke, Leave
from reviewer.checker.elsewhere import last_name
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.balance import Balance, End, Imbalance, changed_balance, judged
from reviewer.locks.effects import Effects
from reviewer.locks.locksets import lock_name
from reviewer.locks.standing import LEFT
from reviewer.locks.ways import CONTEXT, Ways, ways
from reviewer.record import dataclass
from reviewer.syntax.place import ELEMENT
from reviewer.syntax.tree import Unary

FOLIO = "folio-lock"
"""A lock that whoever ends input or output drops: to hold it at a return says nothing."""

SIGNAL = "semaphore"
"""Who only ups a semaphore tells others that there is something to do."""

STEPS = 14_000
"""Steps after which a function is given up: up to half a second for both images."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A lock that is ``left`` held on a way out in line ``out``, or that is not
    balanced in another way.  ``taken`` is where it was taken (0: not here),
    ``line`` where the patch made it so."""

    lock: str
    kind: str
    left: bool
    line: int
    taken: int
    out: int

    @property
    def reason(self) -> str:
        """Where the lock comes from, as far as this function tells."""
        return (
            f"the function takes it (line {self.taken});"
            if self.taken
            else "as far as this function tells,"
        )


_LAST: list[tuple[FunctionChange, tuple[Fault, ...]]] = []


def faults(change: FunctionChange, patch: PatchChange) -> tuple[Fault, ...]:
    """What is imbalanced after a patch and was not before; two rules ask."""
    if not _LAST or _LAST[0][0] is not change:
        _LAST[:] = [(change, tuple(_faults(change, patch)))]
    return _LAST[0][1]


def _faults(change: FunctionChange, patch: PatchChange) -> Iterator[Fault]:
    around = change.around() if change.locks_known and _concerned(change) else None
    if around is None:
        return
    if _clean(change.after, change.facts):
        return
    new = _ways(change, change.after.graph, around[1])
    if not new.complete:
        return
    old = _ways(change, change.before.graph, around[0])
    both = [
        judged(one.graph.function, one, change.facts, near)
        for one, near in zip((old, new), around, strict=True)
    ]
    taken = {lock for one in (old, new) for lock in _own(one)}
    found = [
        one
        for one in changed_balance(*both)
        if _tells(one, new) and not (one.lock not in old.kinds and _in_the_dark(one.lock, change))
    ]
    found = [
        one
        for one in found
        if one.lock in taken
        or (new.kinds.get(one.lock) != SIGNAL and _unheard_of(one, change, old, new))
    ]
    found += [one for one in _undone(change, both) if one.lock not in taken]
    if not found or _through_others(change, patch, around[1].understood):
        return
    locks = {one.lock for one in found if new.kinds[one.lock] != CONTEXT}
    for one in _first_of_each(found):
        follows = new.kinds[one.lock] == CONTEXT and locks
        theirs = one.lock not in taken or _contract(one, both)
        if not follows and not (theirs and _answered(one, change, patch)):
            yield _fault(one, change, new)


def _ways(change: FunctionChange, graph: Graph, around: Effects) -> Ways:
    steps = change.steps.allow(change.name, STEPS)
    found = ways(graph, change.facts, around.of, steps)
    change.steps.used(found.steps)
    return found


def _in_the_dark(lock: str, change: FunctionChange) -> bool:
    """Whether calls that are gone were given a lock, of which nothing is known."""
    image = change.before
    return any(
        isinstance(node, Invoke)
        and change.after_line(node.loc.line) is None
        and any(named(arg, image.locks.names) == lock for arg in node.args)
        and change.facts.of(node.function) is None
        and image.summaries(node.function) is None
        for node in image.graph.nodes
    )


def _own(found: Ways) -> Iterator[str]:
    """The locks and contexts a function takes before it drops them, on some way."""
    for way in found.exits:
        yield from (lock for lock, one in way.locks.items() if one.first == "take")


def _unheard_of(one: Imbalance, change: FunctionChange, before: Ways, after: Ways) -> bool:
    """Whether a lock that the function does not take is no business of it: it
    did not drop it before, and calls nobody who may have taken it."""
    if not one.kind.startswith("dropped"):
        return True
    kinds = after.kinds
    together = kinds if kinds.get(one.lock) == CONTEXT else (one.lock,)
    if any(_pointed_elsewhere(lock, change) for lock in together):
        return False
    calls = [node.function for node in change.after.graph.nodes if isinstance(node, Invoke)]
    known = {last_name(lock) for lock in before.kinds}
    return last_name(one.lock) not in known and not any(
        names_a_lock(name) and change.facts.of(name) is None for name in calls
    )


def _pointed_elsewhere(lock: str, change: FunctionChange) -> bool:
    """Whether a call of which nothing is known may have found the lock: it is given
    where the pointer to it is kept."""
    image = change.after
    return any(
        isinstance(arg, Unary) and arg.op == "&" and named(arg, image.locks.names) == lock
        for node in image.graph.nodes
        if isinstance(node, Invoke) and change.facts.of(node.function) is None
        for arg in node.args
    )


def _undone(change: FunctionChange, both: list[Balance]) -> Iterator[Imbalance]:
    """Locks somebody else took for the function, which it dropped on every way
    to a return and does not on some now, though it does on ways to others."""
    before, after = both
    for lock, ends in after.ends.items():
        old, new = _counts(before.ends.get(lock, {})), _counts(ends)
        if not any(count is not None and count < 0 for some in new.values() for count in some):
            continue
        for line, counts in old.items():
            now = change.after_line(line)
            if now in new and 0 in new[now] and 0 not in counts and _dropped_lines(lock, change):
                yield Imbalance("undone", lock, 0, (now,))


def _counts(ends: Mapping[End, tuple[int, ...]]) -> dict[int, set[int | None]]:
    found: dict[int, set[int | None]] = {}
    for end, lines in ends.items():
        for line in lines if end.sure else ():
            found.setdefault(line, set()).add(end.count)
    return found


def _tells(one: Imbalance, found: Ways) -> bool:
    kind = found.kinds.get(one.lock, "")
    if kind == FOLIO:
        return False
    return not (one.kind.startswith("held while") and "[" in one.lock and not _taken(one, found))


def _first_of_each(found: list[Imbalance]) -> Iterator[Imbalance]:
    """One of several claims about one lock: that it is left held says most."""
    best: dict[str, Imbalance] = {}
    for one in found:
        known = best.get(one.lock)
        if known is None or (one.kind.startswith("held") and not known.kind.startswith("held")):
            best[one.lock] = one
    yield from best.values()


# What may matter at all -------------------------------------------------------------


def _concerned(change: FunctionChange) -> bool:
    """Whether something changed that acts on locks, or where a way goes on
    while a lock may be held."""
    return (
        _changed_acts(change.before, change.facts, change.after_line)
        or _changed_acts(change.after, change.facts, change.before_line)
        or _flow(change.before, change.after_line) != _flow(change.after, None)
    )


def _clean(image: Image, facts: Facts) -> bool:
    """Whether the locksets alone show that all is balanced: nothing may be held
    at a return, nothing is dropped that may not be held or taken that may be."""
    graph, names = image.graph, image.locks.names
    for number, held in enumerate(image.locks.before):
        node = graph.nodes[number]
        if held is None:
            continue
        if any(target == EXIT for target, _ in graph.succ[number]) and _holds(image, number):
            return False
        if not isinstance(node, Invoke):
            continue
        fact = facts.of(node.function) or image.summaries(node.function)
        if fact is None:
            continue
        if any(lock_name(one, node, names) not in held.must for one in fact.releases):
            return False
        if any(one not in held.context for one in fact.leaves):
            return False
        if any(lock_name(one, node, names) in held.may for one in fact.acquires):
            return False
    return True


def _changed_acts(image: Image, facts: Facts, other: LineMap) -> bool:
    """Whether a call that acts on locks stands in a changed line, or a way out
    or a branch at which one may be held."""
    for number, node in enumerate(image.graph.nodes):
        if other(node.loc.line) is not None:
            continue
        if isinstance(node, Invoke) and _acts(node, image, facts):
            return True
        if isinstance(node, Leave | Decide) and _holds(image, number):
            return True
    return False


def _acts(node: Invoke, image: Image, facts: Facts) -> bool:
    fact = facts.of(node.function) or image.summaries(node.function)
    return fact is not None and bool(fact.acquires or fact.releases or fact.enters or fact.leaves)


def _holds(image: Image, number: int) -> bool:
    held = image.locks.before[number]
    return held is not None and bool(held.may or held.contexts.may)


def _flow(image: Image, to: LineMap | None) -> frozenset[tuple[int | None, int | None]]:
    """From which lines to which the ways go while a lock may be held, in lines
    of the after image; from a branch alone, as a goto is no node of its own."""
    graph = image.graph
    line = (lambda number: number) if to is None else to
    return frozenset(
        (line(node.loc.line), line(graph.nodes[target].loc.line))
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Decide) and _holds(image, number)
        for target, _ in graph.succ[number]
    )


# What makes it nobody's fault ---------------------------------------------------------


def _through_others(
    change: FunctionChange, patch: PatchChange, understood: Callable[[str], bool]
) -> bool:
    """Whether it hangs on another function the patch changes, of which not
    everything is known."""
    others = {one.name for one in patch.functions if one.file == change.file} - {change.name}
    others |= {one.image.graph.function.name for one in (*patch.gone, *patch.new)}
    called = {
        node.function
        for image in (change.before, change.after)
        for node in image.graph.nodes
        if isinstance(node, Invoke)
    }
    return any(not understood(name) for name in called & others)


def _contract(one: Imbalance, both: list[Balance]) -> bool:
    """Whether the function does the same to the lock on every way out, before
    and after: then it is its contract that changed."""
    counts = [{end.count for end in found.ends.get(one.lock, {}) if end.sure} for found in both]
    return all(len(some) <= 1 for some in counts) or one.kind in ("taken twice", "dropped twice")


def _answered(one: Imbalance, change: FunctionChange, patch: PatchChange) -> bool:
    """Whether the patch changes what another function does to the lock, or to
    one that is called so."""
    member = _member(one.lock)
    others = [one for one in patch.functions if one is not change]
    if any(_calls(other.after, change.name) and _handles(other, member) for other in others):
        return True
    images = [
        (image, other.facts, line)
        for other in others
        for image, line in (
            (other.before, other.after_line),
            (other.after, other.before_line),
        )
    ]
    for image, facts, line in images:
        if member in _members(image, facts, line):
            return True
    return any(
        member in _members(lone.image, change.facts, lambda line: None)
        for lone in (*patch.gone, *patch.new)
    )


def _calls(image: Image, name: str) -> bool:
    return any(isinstance(node, Invoke) and node.function == name for node in image.graph.nodes)


def _handles(change: FunctionChange, member: str) -> bool:
    return member in _members(change.after, change.facts, lambda line: None)


def _members(image: Image, facts: Facts, line: LineMap) -> set[str]:
    """The locks that calls in changed lines take or drop, by their last names."""
    found = set()
    for node in image.graph.nodes:
        if isinstance(node, Invoke) and line(node.loc.line) is None:
            fact = facts.of(node.function) or image.summaries(node.function)
            found |= {_member(lock_name(lock, node, image.locks.names)) for lock in _locks(fact)}
            found |= set() if fact is None else {*fact.enters, *fact.leaves}
    return found


def _locks(fact: FunctionFact | None) -> tuple[LockFact, ...]:
    return () if fact is None else (*fact.acquires, *fact.releases)


def _member(lock: str) -> str:
    return lock.rpartition("->")[2].rpartition(".")[2]


# What is said ------------------------------------------------------------------------


def _fault(one: Imbalance, change: FunctionChange, found: Ways) -> Fault:
    kind = one.kind.removesuffix(" now").removesuffix(" on some ways")
    taken = _taken(one, found)
    left = kind == "undone" or kind.startswith("held")
    return Fault(one.lock, kind, left, _line(one, change), taken, min(one.exits))


def _taken(one: Imbalance, found: Ways) -> int:
    """Where the lock was taken that is held on a way out."""
    lines = {
        held.line
        for way in found.exits
        if way.line in one.exits
        and (held := way.locks.get(one.lock)) is not None
        and (held.net or 0) > 0
        and held.first not in ("drop", LEFT)
    }
    return min(lines, default=0)


def _line(one: Imbalance, change: FunctionChange) -> int:
    """Where to say it: a way out the patch wrote, what it wrote nearest to one,
    or where it took a call away."""
    written = [line for line in one.exits if change.before_line(line) is None]
    if written:
        return written[0]
    gone = _dropped_lines(one.lock, change)
    return gone if gone else one.exits[0]


def _dropped_lines(lock: str, change: FunctionChange) -> int:
    """The line after the patch in front of which a call that drops the lock was."""
    for node in change.before.graph.nodes:
        if not isinstance(node, Invoke) or change.after_line(node.loc.line) is not None:
            continue
        fact = change.facts.of(node.function)
        dropped = () if fact is None else fact.releases
        names = {lock_name(one, node, change.before.locks.names) for one in dropped}
        if lock in names or any(ELEMENT in name for name in names):
            line = node.loc.line
            while line > 1 and change.after_line(line) is None:
                line -= 1
            return change.after_line(line) or 0
    return 0
