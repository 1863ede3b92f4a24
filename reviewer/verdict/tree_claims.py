# SPDX-License-Identifier: GPL-2.0-only
"""Claims that the code of a tree answers: who holds what, who calls whom, who writes what.

A claim is CONFIRMED where everything that could contradict it was looked at and does not,
REFUTED where something does, which is named; else UNDECIDED, with what is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from reviewer.record import replace
from reviewer.verdict import claims_on_calls, claims_on_locks, claims_on_places
from reviewer.verdict.claim_asked import CONFIRMED, REFUTED, UNDECIDED, Asked, Decided, undecided
from reviewer.verdict.claim_objects import Objects

__all__ = ["CONFIRMED", "DECISIONS", "REFUTED", "UNDECIDED", "Asked", "Decided", "decide"]

Decide = Callable[[Asked], Decided]
One = TypeVar("One")

MOST = 4
"""Functions, locks or members of a sentence that it may speak of; the rest are not tried."""

DECISIONS: Mapping[str, Decide] = {
    "protected-by": claims_on_places.protected_by,
    "callers-hold": claims_on_calls.callers_hold,
    "only-called-from": claims_on_calls.only_called_from,
    "one-caller": claims_on_calls.one_caller,
    "no-callers": claims_on_calls.no_callers,
    "lock-not-needed": claims_on_places.lock_not_needed,
    "lock-not-in-interrupt": claims_on_calls.lock_not_in_interrupt,
    "not-from-interrupt": claims_on_calls.not_from_interrupt,
    "interrupts-off": claims_on_calls.runs_in(frozenset({"irqs-off"})),
    "preemption-off": claims_on_calls.runs_in(claims_on_calls.ATOMIC_CONTEXTS),
    "runs-under-rcu": claims_on_calls.runs_in(frozenset({"rcu-read-side"})),
    "freed-after-grace-period": claims_on_places.freed_after_grace_period,
    "only-writer": claims_on_places.only_writer,
    "never-changes": claims_on_places.never_changes,
    "lock-order": claims_on_locks.lock_order,
    "returns-locked": claims_on_locks.returns_locked,
    "drops-lock": claims_on_locks.drops_lock,
    "may-sleep": claims_on_calls.may_sleep,
    "does-not-sleep": claims_on_calls.does_not_sleep,
    "atomic-member": claims_on_places.atomic_member,
    "read-locklessly": claims_on_places.read_locklessly,
    "same-lock-as": claims_on_locks.same_lock_as,
    "asserts-lock": claims_on_locks.asserts_lock,
}
"""What decides each claim that the tree can answer, by the name of the claim."""

NEEDED: Mapping[str, Callable[[Objects], bool]] = {
    "function": lambda objects: bool(objects.functions),
    "other": lambda objects: len(objects.functions) > 1,
    "lock": lambda objects: bool(objects.locks),
    "second": lambda objects: len(objects.locks) > 1,
    "place": lambda objects: bool(objects.places),
    "structure": bool,
}


def decide(name: str, needs: Sequence[str], asked: Asked) -> Decided:
    """The verdict on a claim; UNDECIDED also where the tree is not asked about it, and where
    it depends on which of several things the sentence speaks of."""
    for need in needs:
        if not NEEDED[need](asked.objects):
            what = {"other": "function", "second": "lock"}.get(need, need)
            return undecided(f"no {what} that the tree knows is named")
    found = DECISIONS.get(name)
    if found is None:
        return undecided("nothing that the tree says decides this")
    answers = [found(replace(asked, objects=one)) for one in _readings(asked.objects, needs)]
    if len({one.verdict for one in answers}) > 1:
        return undecided("it names several things, and of which it speaks was not understood")
    return answers[0]


def _readings(objects: Objects, needs: Sequence[str]) -> Iterator[Objects]:
    """The objects with each that the claim may be about in front; two of a kind that the
    claim itself tells apart keep their order."""
    pools = (
        _in_front(objects.functions, "function" in needs and "other" not in needs),
        _in_front(objects.locks, "lock" in needs and "second" not in needs),
        _in_front(objects.places, "place" in needs),
    )
    for functions, locks, places in product(*pools):
        yield replace(objects, functions=functions, locks=locks, places=places)


def _in_front(some: tuple[One, ...], several: bool) -> list[tuple[One, ...]]:
    if not several or len(some) < 2:
        return [some]
    return [(one, *(other for other in some if other is not one)) for one in some[:MOST]]
