# SPDX-License-Identifier: GPL-2.0-only
"""The steps of a CPU that no other can tell."""

from collections.abc import Iterable

from reviewer.simulation.machine import Machine
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
    Mark,
    Program,
    Release,
    Step,
    Stop,
    Wait,
    successors,
)


def quiet_steps(machine: Machine, cpu: int) -> frozenset[int]:
    """Locks nobody else takes, contexts nobody waits for, words only the model
    sees, and its own notes.

    Such a step commutes with every step of the others, so it may follow the
    step before it at once without losing a reachable end.
    """
    locks = [_locks(program) for program in machine.programs]
    others = {lock for at, used in enumerate(locks) if at != cpu for lock in used}
    # Who has a lock from the beginning need not ever drop it.
    others |= {lock for start in machine.starts for lock in start.owners}
    ghosts = {word.name for word in machine.words if word.ghost}
    waited = awaited(machine)
    steps = machine.programs[cpu].steps
    again = _held_already(steps)

    def quiet(number: int, step: Step) -> bool:
        match step:
            case Acquire():
                return step.lock not in others and number not in again
            case Release():
                return step.lock not in others
            case Context():
                return not waited[step.context]
            case Wait():
                return step.what.startswith("flush") and not _waits(machine, step)
            case Access():
                return step.family in ghosts and step.index is None
            case Mark() | Stop() | Let() | Branch():
                return True
            case _:
                return False

    return frozenset(number for number, step in enumerate(steps) if quiet(number, step))


def _waits(machine: Machine, step: Wait) -> bool:
    return machine.waits_for_irq or step.always


def askers(machine: Machine, what: str) -> tuple[int, ...]:
    """The CPUs that wait for sections to end: for a ``flush`` or a ``grace-period``."""
    return tuple(
        cpu
        for cpu, program in enumerate(machine.programs)
        if any(
            isinstance(step, Wait)
            and step.what == what
            and (what != "flush" or _waits(machine, step))
            for step in program.steps
        )
    )


def awaited(machine: Machine) -> dict[str, bool]:
    """Whether anybody waits for the end of a section of each kind."""
    steps = [step for program in machine.programs for step in program.steps]
    deferred = any(isinstance(step, Life) and step.what == "free-deferred" for step in steps)
    readers = bool(askers(machine, "grace-period")) or deferred
    return {"irqs-off": bool(askers(machine, "flush")) or readers, "rcu-read-side": readers}


def _locks(program: Program) -> frozenset[str]:
    return frozenset(s.lock for s in program.steps if isinstance(s, Acquire | Release))


def _held_already(steps: tuple[Step, ...]) -> frozenset[int]:
    """The steps that take a lock their CPU may have: they wait for themselves."""
    held: list[set[str]] = [set() for _ in steps]
    queue = [0]
    seen = {0}
    while queue:
        at = queue.pop()
        step = steps[at]
        now = set(held[at])
        if isinstance(step, Acquire):
            now.add(step.lock)
        elif isinstance(step, Release):
            now.discard(step.lock)
        for target in successors(step):
            if target not in seen or not now <= held[target]:
                seen.add(target)
                held[target] |= now
                queue.append(target)
    return frozenset(
        at for at, step in enumerate(steps) if isinstance(step, Acquire) and step.lock in held[at]
    )


def boundaries(machine: Machine, cpu: int) -> frozenset[int]:
    """Where a CPU can stand: before each step that is not quiet, and at the
    heads of loops of quiet ones."""
    steps = machine.programs[cpu].steps
    quiet = quiet_steps(machine, cpu)
    loud = {number for number in range(len(steps)) if number not in quiet}
    return frozenset(loud | set(_loop_heads(steps, quiet)))


def _loop_heads(steps: tuple[Step, ...], quiet: frozenset[int]) -> Iterable[int]:
    """The targets of edges that close a loop of quiet steps, found depth first."""
    done: set[int] = set()
    for root in sorted(quiet):
        path: dict[int, None] = {}
        work = [(root, False)]
        while work:
            at, leaving = work.pop()
            if leaving:
                path.pop(at, None)
                done.add(at)
                continue
            if at in path:
                yield at
                continue
            if at in done or at not in quiet:
                continue
            path[at] = None
            work.append((at, True))
            work.extend((target, False) for target in reversed(successors(steps[at])))
