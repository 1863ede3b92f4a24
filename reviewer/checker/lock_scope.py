# SPDX-License-Identifier: GPL-2.0-only
"""Locks whose scope is gone, or shrank, around code that stays."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.align import State
from reviewer.cfg.graph import Invoke
from reviewer.checker.coverage import Loss, grouped, losses
from reviewer.checker.elsewhere import held_by_callers, last_name, taken_by_callee
from reviewer.checker.holding import came_under_rcu, read_retries, taken_in, taken_later
from reviewer.checker.nearness import FAR, nearness, on_the_way
from reviewer.checker.records import Finding, PathState
from reviewer.checker.report import finding, state
from reviewer.checker.retaken import Stale, stale_uses
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.record import replace

SHOWN = 3


def lock_removed(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Locks the function took itself, takes no more, and that nothing replaces."""
    some = [one for one in losses(change) if not (one.gained or _under_rcu(change, one))]
    groups = grouped(some, perhaps=True)
    if not groups:
        return
    before, after = (taken_in(one, change.facts) for one in (change.before, change.after))
    left = {
        lock: _uncovered(change, patch, lock, some)
        for lock, some in groups.items()
        if lock in before and lock not in after and not _renamed(lock, after - before)
    }
    kept = {
        lock: some
        for lock, some in left.items()
        if any(weighs(change, loss, lock) for loss in some)
    }
    for one in _findings(rule, change, kept, "is not taken any more in this function"):
        yield replace(one, whole=True)


def _under_rcu(change: FunctionChange, loss: Loss) -> bool:
    """Whether a read, or the walk of a list, is in a section of RCU now instead."""
    node = change.after.graph.nodes[loss.node]
    walk = (
        isinstance(node, Invoke) and change.facts.operations.of(node.function).kind == "list-read"
    )
    return (loss.kind == "read" or walk) and came_under_rcu(change, loss.before_node, loss.node)


def call_moved(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Calls that left the scope of a lock the function still takes."""
    yield from _findings(
        rule, change, _calls_out(change, patch, checks=False), "does not cover it any more"
    )


def check_then_act(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Calls whose result decides, made above the lock under which it is acted upon."""
    what = "is taken after it now: what it found may have changed by then"
    for one in _findings(rule, change, _calls_out(change, patch, checks=True), what):
        lock = " and ".join(one.lost)
        asked = f"Where {lock} is taken, what says that {one.access} would still find the same?"
        yield replace(one, question=asked)
    for stale in stale_uses(change):
        yield _retaken(rule, change, stale)


def _retaken(rule: Rule, change: FunctionChange, stale: Stale) -> Finding:
    """The scope of a lock cut in two between a check and what was done upon it."""
    nodes, lock, read, writer = change.after.graph.nodes, stale.gap.lock, stale.read, stale.writer
    kept = f", kept in {stale.local}," if stale.local else ""
    message = f"{lock} is dropped and taken again after {read.text} was looked at, which is not "
    message += "looked at again"
    reason = f"{read.text} (line {read.line}){kept} is acted upon in line "
    reason += f"{nodes[stale.use].loc.line}, which was one scope of {lock} before"
    if stale.use == read.node:
        message = f"{lock} is dropped inside of {read.text}, which goes on where it was"
        reason = f"nothing keeps {stale.local} on the list meanwhile"
    return finding(
        rule,
        change,
        line=nodes[stale.gap.drop].loc.line,
        message=message,
        reason=f"{reason}; {writer.function}() has {writer.text} under that lock (line "
        f"{writer.line}) and can run in between",
        cause=f"lock {lock}",
        access=read.text,
        place=read.place,
        lost=(lock,),
        decides=read.decides,
        before=[state(change.after, read.node)],
        after=[state(change.after, stale.use)],
        question=f"What if {writer.function}() runs while {lock} is dropped here?",
    )


def _calls_out(
    change: FunctionChange, patch: PatchChange, *, checks: bool
) -> dict[str, list[Loss]]:
    calls = [loss for loss in losses(change) if loss.kind == "call" and not loss.gained]
    if not calls:
        return {}
    after = taken_in(change.after, change.facts)
    return {
        lock: left
        for lock, some in grouped(calls).items()
        if lock in after
        and (
            left := [
                loss
                for loss in _uncovered(change, patch, lock, some)
                if weighs(change, loss, lock) and _checks(change, loss, lock) == checks
            ]
        )
    }


def _checks(change: FunctionChange, loss: Loss, lock: str) -> bool:
    return loss.decides and lock in taken_later(change.after, loss.node, change.facts)


def _uncovered(
    change: FunctionChange, patch: PatchChange, lock: str, some: Sequence[Loss]
) -> list[Loss]:
    """Without what a caller or a callee covers now; with nothing else, none."""
    if held_by_callers(change, patch, lock):
        return []
    return [loss for loss in some if not taken_by_callee(change, loss, lock)]


def _renamed(lock: str, new: frozenset[str]) -> bool:
    """Whether another lock of that name is taken now: it is the same by another
    variable, or that of another object, of which other rules speak."""
    return any(last_name(one) == last_name(lock) for one in new)


def weighs(change: FunctionChange, loss: Loss, lock: str) -> bool:
    """Whether a loss alone is worth a question: not a read on which nothing turns,
    nor one on the way to the lock, nor a call that has to do with other objects."""
    if loss.kind == "call":
        return nearness(change, loss, lock) != FAR and lock not in read_retries(change)
    turns = loss.kind != "read" or loss.decides or lock in read_retries(change)
    return turns and not on_the_way(loss, lock)


def _findings(
    rule: Rule, change: FunctionChange, groups: dict[str, list[Loss]], what: str
) -> Iterator[Finding]:
    """One for each lock, or for several that the same things lost."""
    together: dict[tuple[int, ...], list[str]] = {}
    for lock, some in groups.items():
        together.setdefault(tuple(map(id, some)), []).append(lock)
    for locks in together.values():
        yield _finding(rule, change, locks, groups[locks[0]], what)


def _finding(
    rule: Rule, change: FunctionChange, locks: Sequence[str], some: Sequence[Loss], what: str
) -> Finding:
    lock, named = locks[0], " and ".join(locks)
    message = rule.message
    if len(locks) > 1:
        message = message.replace("{lost} is", "{lost} are")
        what = what.replace("is ", "are ", 1).replace("does ", "do ", 1)
    first = min(some, key=lambda loss: _rank(change, loss, lock))
    others = list(dict.fromkeys(loss.text for loss in some if loss.text != first.text))
    more = f", with {', '.join(others[:SHOWN])}" if others else ""
    left = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    found = finding(
        rule,
        change,
        line=first.line,
        message=message.replace("{lost}", named).replace("{access}", first.text),
        reason=f"{first.text} (line {first.before_line} before the patch){more}{left} was done "
        f"under {named}, which {what}",
        cause=f"lock {lock}",
        before_line=first.before_line,
        access=first.text,
        place=first.place,
        lost=tuple(locks),
        lost_paths=tuple(path for path in first.paths if path),
        decides=first.decides,
        before=[shown(one) for one in first.before],
        after=[shown(one) for one in first.after],
    )
    return replace(found, causes=tuple(f"lock {one}" for one in locks))


def _rank(change: FunctionChange, loss: Loss, lock: str) -> tuple[bool, int, int, int]:
    """What to name first: a part of the lock's object, then what is written, then
    what a branch turns on."""
    kinds = {"write": 0, "update": 0, "call": 2}
    kind = kinds.get(loss.kind, 1 if loss.decides else 3)
    node = change.after.graph.nodes[loss.node]
    if isinstance(node, Invoke) and change.facts.operations.of(node.function).kind == "list-write":
        kind = 0
    near = nearness(change, loss, lock)
    return not weighs(change, loss, lock), near, kind, loss.line


def shown(one: State) -> PathState:
    """A state as a finding shows it."""
    must = None if one.must is None else tuple(sorted(one.must))
    return PathState(
        one.path, must, tuple(sorted(one.may)), tuple(sorted(one.context)), one.access.line
    )
