# SPDX-License-Identifier: GPL-2.0-only
"""The intermediate form: what one CPU does, as atomic steps.

Actors written for the model and functions lifted from a kernel file become
the same `Program`.  A *visible* step touches state that other CPUs see and is
one indivisible transition; a *local* step only computes with the locals of
its own CPU and is run together with the visible step before it.
"""

from typing import Any

from reviewer.location import Location
from reviewer.record import dataclass

# A value: ("const", n), ("local", name), ("unknown", text),
# ("op", operator, value, value) or ("un", operator, value).
Value = tuple[Any, ...]


def const(number: int) -> Value:
    """The value of a number."""
    return ("const", number)


def local(name: str) -> Value:
    """The value of a local of the CPU."""
    return ("local", name)


def unknown(text: str) -> Value:
    """A value the scenario does not know; equal texts are equal values."""
    return ("unknown", text)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a step comes from: the text to show, its file and line."""

    text: str
    file: str
    line: int
    function: str
    loc: Location


@dataclass(frozen=True, slots=True)
class Access:
    """One atomic access: ``op`` is load, store, add, add-unless, cas or, in a
    mutant, swap, a cas that does not compare.

    ``family`` is a counter of objects (then ``index`` names the object) or a
    variable of the scenario (``index`` None).  ``old`` takes the value found,
    ``done`` 1 when the access took effect.
    ``protocol`` as in `reviewer.facts.StepFact`.  ``until`` is a condition on
    the value found (the local ``old``) without which the CPU waits.
    """

    op: str
    family: str
    index: Value | None
    value: Value | None
    expect: Value | None
    old: str
    done: str
    order: str
    origin: Origin
    next: int
    protocol: str = ""
    until: Value | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to an object as a whole: ``use`` touches its memory,
    ``free`` gives it back, ``free-deferred`` does so after a grace period
    without waiting for it, ``reuse`` waits until it is free and makes a new
    object of it, on which the CPU keeps a reference; ``give`` hands a reference
    to somebody the scenario does not have."""

    what: str
    index: Value
    origin: Origin
    next: int


@dataclass(frozen=True, slots=True)
class Acquire:
    """Take ``lock``, ``shared`` with other readers or alone; with ``done`` it
    is a trylock that may fail."""

    lock: str
    done: str
    origin: Origin
    next: int
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """Drop ``lock``, in the way it is held."""

    lock: str
    origin: Origin
    next: int


@dataclass(frozen=True, slots=True)
class Context:
    """Enter (``on``) or leave ``irqs-off`` or ``rcu-read-side``."""

    context: str
    on: bool
    origin: Origin
    next: int


@dataclass(frozen=True, slots=True)
class Wait:
    """``flush`` asks every CPU with interrupts off to answer, ``flush-done``
    waits for the answers; ``grace-period`` and ``grace-period-done`` do the
    same with RCU readers.  ``always``: the flush waits on every machine."""

    what: str
    origin: Origin
    next: int
    always: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """An event of the model: ``keep`` (an object is kept after a lookup),
    ``enter`` and ``leave`` of the subject, ``finish`` where it has no result."""

    what: str
    value: Value
    text: str
    origin: Origin
    next: int


@dataclass(frozen=True, slots=True)
class Let:
    """Local: ``dest`` takes ``value``."""

    dest: str
    value: Value
    next: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Local: go to ``then`` when ``value`` is not 0, else to ``other``.

    An unknown value goes both ways; with ``key`` the choice is made once per
    run and kept in that local.  ``bound`` names a local that counts how often
    an undecided branch of a loop was passed; ``leave`` is then the only way
    after `LOOP_ROUNDS` of them.
    """

    value: Value
    key: str
    bound: str
    leave: int
    origin: Origin
    then: int
    other: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The CPU is done; ``text`` is what it returned, as written.  ``cut``: the
    model does not go this way (BUG())."""

    value: Value
    text: str
    origin: Origin
    cut: bool = False


Visible = Access | Life | Acquire | Release | Context | Wait | Mark | Stop
Step = Visible | Let | Branch
LOOP_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of one CPU; step 0 comes first.

    ``unmodelled`` are calls without a fact that are given an object of the
    scenario, ``ignored`` the other calls without one, ``assumptions`` what
    lifting took for granted, ``unbound`` locks the scenario does not have.
    """

    name: str
    steps: tuple[Step, ...]
    unmodelled: tuple[str, ...]
    ignored: tuple[str, ...]
    assumptions: tuple[str, ...]
    unbound: tuple[str, ...]


def successors(step: Step) -> tuple[int, ...]:
    """The steps that may follow."""
    if isinstance(step, Stop):
        return ()
    if isinstance(step, Branch):
        return (step.then, step.other)
    return (step.next,)
