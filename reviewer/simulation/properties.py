# SPDX-License-Identifier: GPL-2.0-only
"""The properties every scenario has, and the words for breaking them."""

from reviewer.simulation.actions import ZERO, every, fld, negated, op, some
from reviewer.simulation.machine import ENTERED, SUCCEEDED, Machine, of, own
from reviewer.simulation.model import Property
from reviewer.simulation.steps import const

HARMS = {
    "lost-reference": "a reference that somebody still holds is overwritten",
    "use-after-free": "an object is used, or a reference to it held, after it was freed",
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


def count_checks(machine: Machine) -> tuple[Property, ...]:
    """The properties every scenario has: no reference is overwritten, and no
    object is freed while somebody owns a reference."""
    found: list[Property] = []
    for number in machine.numbers:
        freed, owed = fld(of("freed", number)), fld(of("owed", number))
        enough = op(">=", fld(of("count", number)), owed)
        found.append(("lost-reference", some((fld(of("frozen", number)), freed, enough))))
        found.append(("use-after-free", some((negated(freed), op("<=", owed, ZERO)))))
    # Told apart by object, so that a step looks only at those it changed.
    return tuple(sorted(found, key=lambda entry: entry[0]))


def thawed(machine: Machine) -> Property:
    """No count stays frozen by the function once it has returned."""
    cpu = machine.subject
    if cpu < 0:
        return ("left-frozen", const(1))
    stage = fld(own(cpu, "stage"))
    running = op("<=", stage, const(ENTERED))
    if machine.returns_frozen:
        running = some((running, op("==", stage, const(SUCCEEDED))))
    frozen = (fld(own(cpu, "froze", number)) for number in machine.numbers)
    return ("left-frozen", some((running, every(negated(one) for one in frozen))))
