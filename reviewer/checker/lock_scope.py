# SPDX-License-Identifier: GPL-2.0-only
"""Locks whose scope is gone, or shrank, around code that stays."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.align import State
from reviewer.checker.coverage import Loss, grouped, losses
from reviewer.checker.elsewhere import held_by_callers, last_name, taken_by_callee
from reviewer.checker.holding import taken_in, taken_later
from reviewer.checker.nearness import FAR, nearness, on_the_way
from reviewer.checker.records import Finding, PathState
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.record import replace

SHOWN = 3


def lock_removed(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Locks the function took itself, takes no more, and that nothing replaces."""
    groups = grouped([loss for loss in losses(change) if not loss.gained], perhaps=True)
    if not groups:
        return
    before, after = (taken_in(one, change.facts) for one in (change.before, change.after))
    for lock, some in groups.items():
        if lock in before and lock not in after and not _renamed(lock, after - before):
            left = _uncovered(change, patch, lock, some)
            if any(weighs(change, loss, lock) for loss in left):
                one = _finding(rule, change, lock, left, "is not taken any more in this function")
                yield replace(one, whole=True)


def call_moved(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Calls that left the scope of a lock the function still takes."""
    for lock, some in _calls_out(change, patch).items():
        left = [loss for loss in some if not _checks(change, loss, lock)]
        if left:
            yield _finding(rule, change, lock, left, "does not cover it any more")


def check_then_act(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Calls whose result decides, made above the lock under which it is acted upon."""
    for lock, some in _calls_out(change, patch).items():
        left = [loss for loss in some if _checks(change, loss, lock)]
        if left:
            what = "is taken after it now: what it found may have changed by then"
            yield _finding(rule, change, lock, left, what)


def _calls_out(change: FunctionChange, patch: PatchChange) -> dict[str, list[Loss]]:
    calls = [loss for loss in losses(change) if loss.kind == "call" and not loss.gained]
    if not calls:
        return {}
    after = taken_in(change.after, change.facts)
    groups = {
        lock: _uncovered(change, patch, lock, some)
        for lock, some in grouped(calls).items()
        if lock in after
    }
    return {lock: some for lock, some in groups.items() if some}


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
        return nearness(change, loss, lock) != FAR
    return (loss.kind != "read" or loss.decides) and not on_the_way(loss, lock)


def _finding(
    rule: Rule, change: FunctionChange, lock: str, some: Sequence[Loss], what: str
) -> Finding:
    first = min(some, key=lambda loss: _rank(change, loss, lock))
    others = list(dict.fromkeys(loss.text for loss in some if loss.text != first.text))
    more = f", with {', '.join(others[:SHOWN])}" if others else ""
    left = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return finding(
        rule,
        change,
        line=first.line,
        message=rule.message.replace("{lost}", lock).replace("{access}", first.text),
        reason=f"{first.text} (line {first.before_line} before the patch){more}{left} was done "
        f"under {lock}, which {what}",
        cause=f"lock {lock}",
        before_line=first.before_line,
        access=first.text,
        place=first.place,
        lost=(lock,),
        lost_paths=tuple(path for path in first.paths if path),
        decides=first.decides,
        before=[shown(one) for one in first.before],
        after=[shown(one) for one in first.after],
    )


def _rank(change: FunctionChange, loss: Loss, lock: str) -> tuple[bool, int, int, int]:
    """What to name first: a part of the lock's object, then what is written, then
    what a branch turns on."""
    kinds = {"write": 0, "update": 0, "call": 2}
    kind = kinds.get(loss.kind, 1 if loss.decides else 3)
    near = nearness(change, loss, lock)
    return not weighs(change, loss, lock), near, kind, loss.line


def shown(one: State) -> PathState:
    """A state as a finding shows it."""
    must = None if one.must is None else tuple(sorted(one.must))
    return PathState(
        one.path, must, tuple(sorted(one.may)), tuple(sorted(one.context)), one.access.line
    )
