# SPDX-License-Identifier: GPL-2.0-only
"""Small machines made by hand: one box, one crate, a slot, a flag, two locks."""

from reviewer.location import NOWHERE
from reviewer.simulation.machine import Machine, Variable, layout
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Context,
    Origin,
    Program,
    Release,
    Step,
    Stop,
    Wait,
    const,
)

HERE = Origin("", "", 0, "", NOWHERE)
WORDS = (Variable("slot", 1), Variable("flag", 0))
LOCKS = ("one", "two")
OBJECTS = ("box", "crate")
END = Stop(const(0), "", HERE)


def program(name: str, *steps: Step) -> Program:
    return Program(name, steps, (), (), (), ())


def machine(
    *programs: Program,
    waits_for_irq: bool = False,
    owners: dict[str, int] | None = None,
    boxes: int = 0,
) -> Machine:
    """The programs side by side; nobody has anything but the locks given, and
    the first CPU so many references to the box."""
    plan = layout(WORDS, len(OBJECTS), LOCKS, len(programs))
    start = [0] * plan.size
    for lock, cpu in (owners or {}).items():
        start[plan.locks[lock]] = cpu + 1
    start[plan.counts[1]] = start[plan.held[0, 1]] = boxes
    return Machine(programs, OBJECTS, plan, (tuple(start),), -1, waits_for_irq, {1: 1, 2: 1})


def load(word: str, after: int, into: str = "") -> Step:
    return Access("load", word, None, None, None, into, "", "relaxed", HERE, after)


def store(word: str, number: int, after: int) -> Step:
    return Access("store", word, None, const(number), None, "", "", "relaxed", HERE, after)


def add(amount: int, after: int, box: int = 1) -> Step:
    """Add to the count of a box."""
    return Access("add", "count", const(box), const(amount), None, "", "", "full", HERE, after)


def thaw(number: int, after: int) -> Step:
    """Store the count of the box."""
    return Access("store", "count", const(1), const(number), None, "", "", "release", HERE, after)


def take(lock: str, after: int) -> Step:
    return Acquire(lock, "", HERE, after)


def drop(lock: str, after: int) -> Step:
    return Release(lock, HERE, after)


def enter(context: str, after: int) -> Step:
    return Context(context, True, HERE, after)


def leave(context: str, after: int) -> Step:
    return Context(context, False, HERE, after)


def wait(what: str, after: int) -> Step:
    return Wait(what, HERE, after)
