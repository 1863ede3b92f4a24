# SPDX-License-Identifier: GPL-2.0-only
"""Small machines made by hand: one box, one crate, a slot, a flag, two locks."""

from collections.abc import Mapping

from reviewer.location import NOWHERE
from reviewer.simulation.machine import Machine, Start, Variable
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Context,
    Life,
    Origin,
    Program,
    Release,
    Step,
    Stop,
    Value,
    Wait,
    const,
    local,
)

HERE = Origin("", "", 0, "", NOWHERE)
WORDS = (Variable("slot", 1), Variable("flag", 0))
LOCKS = ("one", "two")
OBJECTS = ("box", "crate")
BOX = const(1)
END = Stop(const(0), "", HERE)


def program(name: str, *steps: Step) -> Program:
    return Program(name, steps, (), (), (), ())


def machine(
    *programs: Program,
    waits_for_irq: bool = False,
    owners: Mapping[str, int] | None = None,
    boxes: int = 0,
    words: Mapping[str, int] | None = None,
) -> Machine:
    """The programs side by side; nobody has anything but the locks given, and
    the first CPU so many references to the box."""
    start = Start(words or {}, held={(0, 1): boxes}, owners=owners or {})
    return Machine(programs, OBJECTS, WORDS, LOCKS, (start,), -1, waits_for_irq, {1: 1, 2: 1})


def load(word: str, after: int, into: str = "", until: Value | None = None) -> Step:
    """Load a word; with ``until`` wait for a value, which is in the local ``into``."""
    return Access("load", word, None, None, None, into, "", "relaxed", HERE, after, "", until=until)


def wait_for(word: str, number: int, after: int) -> Step:
    """Wait until a word has a value."""
    return load(word, after, "found", ("op", "==", local("found"), const(number)))


def store(word: str, number: int, after: int) -> Step:
    return Access("store", word, None, const(number), None, "", "", "relaxed", HERE, after)


def look(after: int, into: str = "") -> Step:
    """Load the count of the box."""
    return Access("load", "count", const(1), None, None, into, "", "relaxed", HERE, after)


def add(amount: int, after: int, box: int = 1) -> Step:
    """Add to the count of a box."""
    return Access("add", "count", const(box), const(amount), None, "", "", "full", HERE, after)


def thaw(number: int, after: int) -> Step:
    """Store the count of the box."""
    return Access("store", "count", const(1), const(number), None, "", "", "release", HERE, after)


def lives(what: str, after: int, box: Value = BOX) -> Step:
    """What happens to the box as a whole."""
    return Life(what, box, HERE, after)


def take(lock: str, after: int, shared: bool = False) -> Step:
    return Acquire(lock, "", HERE, after, shared)


def attempt(lock: str, done: str, after: int, shared: bool = False) -> Step:
    """Take a lock if it is free, and say in a local whether it was."""
    return Acquire(lock, done, HERE, after, shared)


def drop(lock: str, after: int) -> Step:
    return Release(lock, HERE, after)


def enter(context: str, after: int) -> Step:
    return Context(context, True, HERE, after)


def leave(context: str, after: int) -> Step:
    return Context(context, False, HERE, after)


def wait(what: str, after: int, always: bool = False) -> Step:
    return Wait(what, HERE, after, always)


def ends(text: str) -> Step:
    """The program returns this."""
    return Stop(const(0), text, HERE)
