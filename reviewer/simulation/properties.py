# SPDX-License-Identifier: GPL-2.0-only
"""The properties every scenario has, and the words for breaking them."""

from collections.abc import Callable

from reviewer.simulation.effects import ENTERED
from reviewer.simulation.machine import Machine, owed

Shared = tuple[int, ...]
Check = Callable[[Shared], bool]

HARMS = {
    "lost-reference": "a reference that somebody still holds is overwritten",
    "use-after-free": "an object is freed while somebody holds a reference",
    "freeze-exclusive": "the count is frozen although somebody else holds a reference",
    "count-underflow": "a reference is dropped that nobody has",
    "get-on-zero": "a reference is taken on a count of zero (frozen or free)",
    "unlocked-store": "what a lock protects is stored without the lock",
    "unlock-not-held": "a lock is released that is not held",
    "dropped-too-often": "a reference is dropped that its CPU does not have",
    "leaked-reference": "a reference is left that nobody will drop",
    "left-frozen": "the count stays frozen for ever",
    "deadlock": "no CPU can go on",
    "livelock": "no CPU gets to an end however often it tries",
    "unknown-number": "a count is changed by or compared with a number the scenario does not know",
}


def count_checks(machine: Machine) -> tuple[tuple[str, Check], ...]:
    """The properties every scenario has: no reference is overwritten, and no
    object is freed while somebody owns a reference."""
    plan = machine.layout

    def kept(shared: Shared) -> bool:
        return all(
            shared[plan.frozen[number]]
            or shared[plan.freed] >> number & 1
            or shared[place] >= owed(shared, plan, number)
            for number, place in plan.counts.items()
        )

    def alive(shared: Shared) -> bool:
        freed = shared[plan.freed]
        return not freed or all(
            not freed >> number & 1 or owed(shared, plan, number) <= 0 for number in plan.counts
        )

    return (("lost-reference", kept), ("use-after-free", alive))


def thawed(machine: Machine) -> Check:
    """No count stays frozen by the function once it has returned."""
    plan = machine.layout
    places = list(plan.frozen.values())

    def holds(shared: tuple[int, ...]) -> bool:
        if shared[plan.stage] <= ENTERED:
            return True
        return all(shared[place] != machine.subject + 1 for place in places)

    return holds
