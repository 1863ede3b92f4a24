# SPDX-License-Identifier: GPL-2.0-only
"""New accesses without the lock that everybody else takes."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reviewer.alignment.accesses import Access
from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of
from reviewer.checker.elsewhere import last_name
from reviewer.checker.holding import own_objects, taken_in
from reviewer.checker.records import Finding
from reviewer.checker.report import finding, state
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.witnesses import Witness, witnesses

ENOUGH = 3
"""Accesses under a lock, in two functions, without one that lacks it: a habit."""


def lock_not_taken(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """New writes, and new reads that decide, of places that are always under a lock."""
    if change.partial or not change.locks_known:
        return
    told = set()
    for access in _new(change):
        found = [one for one in witnesses(change, access.place) if one.kind != "call"]
        lock = _habit(found)
        if not lock or (access.place, lock) in told:
            continue
        held = change.after.locks.before[access.node]
        if held is None or any(last_name(one) == lock for one in held.may):
            continue
        if _expected(change, lock) and not _private(change, access, lock):
            told.add((access.place, lock))
            yield _finding(rule, change, access, lock, found)


def _new(change: FunctionChange) -> Iterator[Access]:
    known = {(one.access.node, one.access.key) for one in change.aligned}
    old = {access.place for access in change.before.accesses}
    for access in change.after.accesses:
        fresh = (access.node, access.key) not in known and access.place not in old
        weighs = "->" in access.place and (access.kind != "read" or access.decides)
        if fresh and weighs and change.before_line(access.line) is None:
            yield access


def _habit(found: Sequence[Witness]) -> str:
    """The lock that all of them are under, when there are enough of them."""
    functions = {one.function for one in found}
    if len(found) < ENOUGH or len(functions) == 1 or all(one.kind == "read" for one in found):
        return ""
    locks = Counter(lock for one in found for lock in one.locks)
    best = [lock for lock, count in locks.most_common() if count == len(found)]
    return best[0] if best else ""


def _expected(change: FunctionChange, lock: str) -> bool:
    """Whether the function ought to hold it: it takes it in another place, or it
    is called by nobody but functions of the file, none of which does."""
    if any(last_name(one) == lock for one in taken_in(change.after, change.facts)):
        return True
    around = change.around()
    if around is None or not around[1].inside(change.name) or not around[1].stays(change.name):
        return False
    calls = list(_callers(change))
    return bool(calls) and not any(last_name(one) == lock for held in calls for one in held)


def _private(change: FunctionChange, access: Access, lock: str) -> bool:
    """Whether the object is being made or unmade: by the function, or by one that
    calls it."""
    root = access.place.split("->", maxsplit=1)[0]
    if root in own_objects(change, access.node):
        return True
    some = [change.after, *change.mentioning((change.name,))]
    return any(
        (one.kind == "lock-init" and last_name(one.object) == lock)
        or (one.kind in ("free", "free-deferred") and "->" not in one.object)
        for image in some
        for one in image.operations
    )


def _callers(change: FunctionChange) -> Iterator[frozenset[str]]:
    for image in change.mentioning((change.name,)):
        yield from _held_at(image, change.name)


def _held_at(image: Image, name: str) -> Iterator[frozenset[str]]:
    for number, node in calls_of(image.graph):
        held = image.locks.before[number]
        if node.function == name and held is not None:
            yield held.may


def _finding(
    rule: Rule, change: FunctionChange, access: Access, lock: str, found: Sequence[Witness]
) -> Finding:
    example = next((one for one in found if one.kind != "read"), found[0])
    others = len({one.function for one in found})
    return finding(
        rule,
        change,
        line=access.line,
        message=rule.message.replace("{access}", access.text).replace("{lock}", lock),
        reason=f"the {len(found)} other accesses of the file to it, in {others} functions, are all "
        f"under {lock}, for example {example.text} in {example.function}(), line {example.line}",
        cause=f"not under {lock}: {access.place}",
        access=access.text,
        place=access.place,
        decides=access.decides,
        after=[state(change.after, access.node)],
        question=f"Does {access.text} in {change.name}() not need {lock}?",
    )
