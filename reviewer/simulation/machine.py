# SPDX-License-Identifier: GPL-2.0-only
"""Programs side by side over one shared state.

The state is a set of named fields, each a small integer.  Fields of a CPU
begin with its number, the others are shared:

    word.NAME      a variable all CPUs see
    count.N        the reference count of object N
    lock.NAME      0 free, 1 taken, n + 1 with n readers
    N.held.O ...   ghosts, see below
    N.local.X      a local of CPU N, N.pc where it stands

Beside what the kernel would see, the state carries ghosts, which no step can
read: how many references each CPU owns (``held``) and keeps (``kept``), who
froze a count (``froze``) and what it found then (``believed``), which object
is freed.  A store into a variable that owns references (a page-cache slot, a
page-table entry) hands the reference over between CPU and variable, so at any
time

    count(object) == references owned by variables + references held by CPUs

as long as nobody overwrites or drops a reference that is not theirs.  The
right-hand side is a field too (``owed``), so that a step need not add it up.
"""

from collections.abc import Mapping

from reviewer.record import dataclass, field
from reviewer.simulation.steps import Program, Value

BROKE = "broke"
ENTERED, GAVE_UP, SUCCEEDED, RETURNED = 1, 2, 3, 4
"""How far the subject is; RETURNED when its result is not known."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A word all CPUs see.  ``owns`` is the number of references it holds on
    the object whose number it contains (0: it holds none); only properties
    read a ``ghost``."""

    name: str
    owns: int
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """A state to begin with: the values of words, the references each CPU has
    of each object, those it will never drop, and the CPUs that have locks.
    What is left out is 0; a count is what its owners have."""

    words: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[tuple[int, int], int] = field(default_factory=dict)
    kept: Mapping[tuple[int, int], int] = field(default_factory=dict)
    owners: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """What is explored.

    ``objects`` names the refcounted objects, number 1 first; ``subject`` is
    the CPU that runs the function under review, -1 without one.
    ``waits_for_irq`` says whether a TLB flush waits for CPUs with interrupts
    off.  ``accounted`` is, per object, the count a CPU takes for granted when
    it stores one that it did not freeze.
    ``guarded`` maps variables to the lock that must be held to store them.
    ``subject_keeps`` says that the references the function under review has
    when it returns are what it was called for, ``success`` which of its
    results mean success, as a condition on the local ``$result``;
    ``returns_frozen`` that on success it leaves counts frozen for its caller.
    With ``freed_by_call`` an object is freed by a call and must not be touched
    then, else when its count drops to 0, and its memory stays readable.
    ``parts`` are the actors whose part each CPU plays, where other versions
    took their places.
    """

    programs: tuple[Program, ...]
    objects: tuple[str, ...]
    words: tuple[Variable, ...]
    locks: tuple[str, ...]
    starts: tuple[Start, ...]
    subject: int
    waits_for_irq: bool
    accounted: Mapping[int, int]
    guarded: Mapping[str, str] = field(default_factory=dict)
    subject_keeps: bool = False
    success: Value = ("op", ">=", ("local", "$result"), ("const", 0))
    freed_by_call: bool = False
    returns_frozen: bool = False
    parts: tuple[str, ...] = ()

    @property
    def numbers(self) -> range:
        """The numbers of the objects."""
        return range(1, len(self.objects) + 1)

    @property
    def cpus(self) -> range:
        """The numbers of the CPUs."""
        return range(len(self.programs))

    def named(self, actor: str) -> tuple[int, ...]:
        """The CPUs an actor runs on; ``subject`` is the function under review."""
        return tuple(
            cpu
            for cpu, program in enumerate(self.programs)
            if program.name == actor
            or (actor == "subject" and cpu == self.subject)
            or (cpu < len(self.parts) and self.parts[cpu] == actor)
        )


def own(cpu: int, what: str, which: object = "") -> str:
    """The name of a field of a CPU."""
    return f"{cpu}.{what}.{which}" if which != "" else f"{cpu}.{what}"


def of(what: str, number: int | str) -> str:
    """The name of a field of an object, word or lock."""
    return f"{what}.{number}"


def beginning(machine: Machine, start: Start) -> dict[str, int]:
    """The fields of a start that are not 0."""
    state: dict[str, int] = {of("word", name): value for name, value in start.words.items()}
    for (cpu, number), count in start.held.items():
        state[own(cpu, "held", number)] = count
    for (cpu, number), count in start.kept.items():
        state[own(cpu, "kept", number)] = count
    for lock, cpu in start.owners.items():
        state[of("lock", lock)] = state[own(cpu, "has", lock)] = 1
    for number in machine.numbers:
        owed = sum(state.get(own(cpu, "held", number), 0) for cpu in machine.cpus)
        owed += sum(
            word.owns for word in machine.words if state.get(of("word", word.name)) == number
        )
        state[of("count", number)] = state[of("owed", number)] = owed
    return {name: value for name, value in state.items() if value}
