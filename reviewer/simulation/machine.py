# SPDX-License-Identifier: GPL-2.0-only
"""The state of a model and what one step does to it.

The shared state is one tuple of small integers, laid out by `layout`; the
private state of a CPU is its program counter and its locals.  Beside what the
kernel would see, the state carries ghosts, which no step can read: how many
references each CPU owns (``held``), who froze a count, which object was freed.
A store into a variable that owns references (a page-cache slot, a page-table
entry) hands the reference over between CPU and variable, so at any time

    count(object) == references owned by variables + references held by CPUs

as long as nobody overwrites or drops a reference that is not theirs.
"""

from collections.abc import Mapping

from reviewer.record import dataclass, field
from reviewer.simulation.steps import Program


@dataclass(frozen=True, slots=True)
class Variable:
    """A word all CPUs see.  ``owns`` is the number of references it holds on
    the object whose number it contains (0: it holds none)."""

    name: str
    owns: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in the shared tuple.

    ``variables``, ``counts``, ``locks`` map names (objects: numbers) to
    positions; ``irq``, ``flush``, ``rcu``, ``grace`` are bit masks of CPUs;
    ``frozen`` and ``believed`` map objects to the freezing CPU + 1 and the
    count it froze; ``freed`` is a mask of objects; ``held`` and
    ``kept`` map (CPU, object), ``holders`` objects to the places of ``held``;
    ``results`` maps CPUs to the number of what they returned, 0 for nothing yet.
    """

    size: int
    variables: Mapping[str, int]
    owners: tuple[tuple[int, int], ...]
    counts: Mapping[int, int]
    locks: Mapping[str, int]
    irq: int
    flush: int
    rcu: int
    grace: int
    frozen: Mapping[int, int]
    believed: Mapping[int, int]
    freed: int
    held: Mapping[tuple[int, int], int]
    holders: Mapping[int, tuple[int, ...]]
    kept: Mapping[tuple[int, int], int]
    results: Mapping[int, int]
    stage: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Programs side by side over one shared state.

    ``objects`` names the refcounted objects, number 1 first; ``subject`` is
    the CPU that runs the function under review, -1 without one.
    ``waits_for_irq`` says whether a TLB flush waits for CPUs with interrupts
    off.  ``accounted`` is, per object, the count a CPU takes for granted when
    it stores one that it did not freeze.
    ``guarded`` maps variables to the lock that must be held to store them.
    ``subject_keeps`` says that the references the function under review has
    when it returns are what it was called for.
    """

    programs: tuple[Program, ...]
    objects: tuple[str, ...]
    layout: Layout
    initial: tuple[tuple[int, ...], ...]
    subject: int
    waits_for_irq: bool
    accounted: Mapping[int, int]
    guarded: Mapping[str, str] = field(default_factory=dict)
    subject_keeps: bool = False


def layout(
    variables: tuple[Variable, ...], objects: int, locks: tuple[str, ...], cpus: int
) -> Layout:
    """Lay out the shared state for so many objects and CPUs."""
    position = 0

    def take(keys: list) -> dict:  # type: ignore[type-arg]
        nonlocal position
        places = {key: position + offset for offset, key in enumerate(keys)}
        position += len(keys)
        return places

    numbers = list(range(1, objects + 1))
    variable_places = take([variable.name for variable in variables])
    counts = take(numbers)
    lock_places = take(list(locks))
    masks = take(["irq", "flush", "rcu", "grace", "freed", "stage"])
    frozen, believed = take(numbers), take(numbers)
    pairs = [(cpu, number) for cpu in range(cpus) for number in numbers]
    held, kept = take(pairs), take(pairs)
    results = take(list(range(cpus)))
    return Layout(
        size=position,
        variables=variable_places,
        owners=tuple((variable_places[v.name], v.owns) for v in variables if v.owns),
        counts=counts,
        locks=lock_places,
        irq=masks["irq"],
        flush=masks["flush"],
        rcu=masks["rcu"],
        grace=masks["grace"],
        frozen=frozen,
        believed=believed,
        freed=masks["freed"],
        held=held,
        holders={n: tuple(at for (_, of), at in held.items() if of == n) for n in numbers},
        kept=kept,
        results=results,
        stage=masks["stage"],
    )


def owned_by_variable(value: int, objects: int) -> int:
    """The object number a variable's value owns references on, 0 for none."""
    return value if 0 < value <= objects else 0


def owed(shared: tuple[int, ...], plan: Layout, number: int) -> int:
    """How many references somebody owns on an object."""
    total = sum([shared[place] for place in plan.holders[number]])
    for place, owns in plan.owners:
        if shared[place] == number:
            total += owns
    return total
