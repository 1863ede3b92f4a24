# SPDX-License-Identifier: GPL-2.0-only
"""What one CPU can do next: its transitions, remembered."""

from collections.abc import Iterator

from reviewer.record import dataclass
from reviewer.simulation import effects
from reviewer.simulation.effects import Event, Locals
from reviewer.simulation.machine import Machine
from reviewer.simulation.steps import (
    LOOP_ROUNDS,
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Mark,
    Program,
    Release,
    Step,
    Stop,
    Visible,
    Wait,
)

Shared = tuple[int, ...]
Private = tuple[int, tuple[int | None, ...]]
Noted = tuple[Visible, Event, Shared]

DONE = -1
"""The program counter of a CPU that has stopped."""


@dataclass(frozen=True, slots=True)
class Move:
    """One transition: the step that others can see and the steps behind it
    that they cannot (`quiet_steps`), and where the CPU stands then."""

    taken: tuple[Noted, ...]
    private: Private
    shared: Shared
    broke: str


class Runner:
    """Steps of one machine with their results remembered.

    A class because the memo and the slots of the locals belong together and
    live for one exploration.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.names = [_local_names(program) for program in machine.programs]
        self.texts = [result_texts(program) for program in machine.programs]
        self.quiet = [quiet_steps(machine, cpu) for cpu in range(len(machine.programs))]
        self.memo: dict[tuple[int, Private, Shared], tuple[Move, ...]] = {}

    def moves(self, cpu: int, shared: Shared, private: Private) -> tuple[Move, ...]:
        """Every transition the CPU can make here."""
        key = (cpu, private, shared)
        known = self.memo.get(key)
        if known is None:
            pc, values = private
            env: Locals = dict(zip(self.names[cpu], values, strict=True))
            known = self.memo[key] = tuple(self._moves(cpu, pc, env, shared))
        return known

    def _moves(self, cpu: int, pc: int, env: Locals, shared: Shared) -> Iterator[Move]:
        step = self.machine.programs[cpu].steps[pc]
        assert not isinstance(step, Let | Branch)
        for after, found, event in self._perform(cpu, step, shared, env):
            taken = ((step, event, after),)
            if event.broke or isinstance(step, Stop):
                yield Move(taken, (DONE, ()), after, event.broke)
            else:
                yield from self.settle(cpu, step.next, found, after, taken)

    def settle(
        self,
        cpu: int,
        pc: int,
        env: Locals,
        shared: Shared,
        taken: tuple[Noted, ...],
    ) -> Iterator[Move]:
        """Run on until each way stands before a step that others can see."""
        seen: set[tuple[int, tuple[int | None, ...], Shared]] = set()
        stack = [(pc, env, shared, taken)]
        while stack:
            at, here, state, done = stack.pop()
            key = (at, tuple(here.get(name) for name in self.names[cpu]), state)
            if key in seen:
                continue
            seen.add(key)
            step = self.machine.programs[cpu].steps[at]
            if isinstance(step, Let):
                after = dict(here)
                after[step.dest] = effects.evaluate(step.value, here)
                stack.append((step.next, after, state, done))
            elif isinstance(step, Branch):
                ways = reversed(_ways(step, here))
                stack.extend((target, local, state, done) for target, local in ways)
            elif at in self.quiet[cpu]:
                yield from self._quietly(cpu, step, here, state, done, stack)
            else:
                yield Move(done, (at, key[1]), state, "")

    def _quietly(
        self,
        cpu: int,
        step: Visible,
        env: Locals,
        shared: Shared,
        done: tuple[Noted, ...],
        stack: list[tuple[int, Locals, Shared, tuple[Noted, ...]]],
    ) -> Iterator[Move]:
        results = self._perform(cpu, step, shared, env)
        if not results:
            # It waits for itself: the way ends here, and is not to be lost.
            at = self.machine.programs[cpu].steps.index(step)
            values = tuple(env.get(name) for name in self.names[cpu])
            yield Move(done, (at, values), shared, "")
        for after, found, event in results:
            taken = (*done, (step, event, after))
            if event.broke or isinstance(step, Stop):
                yield Move(taken, (DONE, ()), after, event.broke)
            else:
                stack.append((step.next, found, after, taken))

    def _perform(
        self, cpu: int, step: Visible, shared: Shared, env: Locals
    ) -> list[tuple[Shared, Locals, Event]]:
        results = _perform(self.machine, cpu, step, shared, env)
        if not isinstance(step, Stop | Mark) or not is_result(step):
            return results
        place = self.machine.layout.results[cpu]
        return [
            (_noted(after, place, self.texts[cpu], step), found, event)
            for after, found, event in results
        ]


def _noted(shared: Shared, place: int, texts: tuple[str, ...], step: Stop | Mark) -> Shared:
    """Keep what the function under review, or else the CPU, returned."""
    if shared[place]:
        return shared
    number = texts.index(step.text) + 1
    return shared[:place] + (number,) + shared[place + 1 :]


def quiet_steps(machine: Machine, cpu: int) -> frozenset[int]:
    """The steps of a CPU that no other can tell: locks nobody else takes,
    contexts nobody waits for, and the notes of the model itself.

    Such a step commutes with every step of the others, so it may follow the
    step before it at once without losing a reachable end.
    """
    locks = [_locks(program) for program in machine.programs]
    others = {lock for at, used in enumerate(locks) if at != cpu for lock in used}
    waits = {
        step.what
        for program in machine.programs
        for step in program.steps
        if isinstance(step, Wait)
    }
    awaited = {
        "irqs-off": machine.waits_for_irq and "flush" in waits,
        "rcu-read-side": "grace-period" in waits,
    }

    def quiet(step: Step) -> bool:
        match step:
            case Acquire() | Release():
                return step.lock not in others
            case Context():
                return not awaited[step.context]
            case Wait():
                return step.what.startswith("flush") and not machine.waits_for_irq
            case Mark() | Stop():
                return True
            case _:
                return False

    steps = machine.programs[cpu].steps
    return frozenset(number for number, step in enumerate(steps) if quiet(step))


def _locks(program: Program) -> frozenset[str]:
    return frozenset(s.lock for s in program.steps if isinstance(s, Acquire | Release))


def _perform(
    machine: Machine, cpu: int, step: Visible, shared: Shared, env: Locals
) -> list[tuple[Shared, Locals, Event]]:
    match step:
        case Access():
            return effects.access(machine, cpu, step, shared, env)
        case Acquire():
            return effects.acquire(machine, cpu, step, shared, env)
        case Release():
            return effects.release(machine, cpu, step, shared, env)
        case Context():
            return effects.context(machine, cpu, step, shared, env)
        case Wait():
            return effects.wait(machine, cpu, step, shared, env)
        case Mark():
            return effects.mark(machine, cpu, step, shared, env)
        case Stop():
            return [_stop(machine, cpu, step, shared, env)]


def _stop(
    machine: Machine, cpu: int, step: Stop, shared: Shared, env: Locals
) -> tuple[Shared, Locals, Event]:
    plan = machine.layout
    balances = [
        shared[place] - shared[plan.kept[key]]
        for key, place in plan.held.items()
        if key[0] == cpu and not shared[plan.frozen[key[1]]]
    ]
    value = effects.evaluate(step.value, env)
    broke = "leaked-reference" if any(balance > 0 for balance in balances) else ""
    if any(balance < 0 for balance in balances):
        broke = "dropped-too-often"
    return shared, env, Event(None, value, True, broke)


def _local_names(program: Program) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for step in program.steps:
        if isinstance(step, Let):
            names[step.dest] = None
        elif isinstance(step, Access):
            names.update({name: None for name in (step.old, step.done) if name})
        elif isinstance(step, Acquire) and step.done:
            names[step.done] = None
        elif isinstance(step, Branch):
            names.update({name: None for name in (step.key, step.bound) if name})
    return tuple(names)


def _ways(step: Branch, env: Locals) -> list[tuple[int, Locals]]:
    """Where a branch goes; both ways when its value is not known."""
    value = effects.evaluate(step.value, env)
    if value is None and step.key:
        value = env.get(step.key)
    if value is not None:
        return [(step.then if value else step.other, env)]
    rounds = (env.get(step.bound) or 0) if step.bound else 0
    ways = []
    for target, choice in ((step.then, 1), (step.other, 0)):
        if step.bound and rounds >= LOOP_ROUNDS and target != step.leave:
            continue
        after = dict(env)
        if step.key:
            after[step.key] = choice
        if step.bound:
            after[step.bound] = min(rounds + 1, LOOP_ROUNDS)
        ways.append((target, after))
    return ways


def is_result(step: Stop | Mark) -> bool:
    """Whether a step says what a function returned."""
    return isinstance(step, Stop) or (isinstance(step, Mark) and step.what == "leave")


def result_texts(program: Program) -> tuple[str, ...]:
    """Everything a program can return, as written, sorted."""
    return tuple(
        sorted(
            {
                step.text
                for step in program.steps
                if isinstance(step, Stop | Mark) and is_result(step)
            }
        )
    )
