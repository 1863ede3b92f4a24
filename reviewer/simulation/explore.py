# SPDX-License-Identifier: GPL-2.0-only
"""Enumerate every interleaving of a machine, breadth first.

Sequentially consistent: one visible step of one CPU at a time.  Breadth first,
in the order of CPUs, so the first schedule that shows something is a shortest
one and the same on every run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewer.simulation import effects
from reviewer.simulation.effects import Event, Locals
from reviewer.simulation.machine import Machine, owed
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
    Wait,
)

Shared = tuple[int, ...]
Private = tuple[int, tuple[int | None, ...]]
State = tuple[Shared, tuple[Private, ...]]
Check = Callable[[Shared], bool]
Goal = Callable[[int, Step, Event, Shared, Shared], bool]

DONE = -1
"""The program counter of a CPU that has stopped."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of a schedule: which CPU, which step, what it did, and the
    shared state it left."""

    cpu: int
    step: Step
    event: Event
    shared: Shared


@dataclass(frozen=True, slots=True)
class Exploration:
    """What exploring gave.

    ``broken`` maps names of properties to the shortest schedule that breaks
    them, ``goals`` likewise for the goals asked for.  ``outcomes`` are the
    result texts of all CPUs at the ends.  ``complete`` is False when the cap
    on states was reached.
    """

    states: int
    transitions: int
    broken: dict[str, tuple[Taken, ...]]
    goals: dict[str, tuple[Taken, ...]]
    outcomes: tuple[tuple[str, ...], ...]
    complete: bool


class _Runner:
    """Steps of one machine with their results remembered.

    A class because the memo and the slots of the locals belong together and
    live for one exploration.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.names = [_local_names(program) for program in machine.programs]
        self.memo: dict[object, list[tuple[Shared, tuple[Private, ...], Event]]] = {}

    def private(self, cpu: int, pc: int, env: Locals) -> Private:
        return pc, tuple(env.get(name) for name in self.names[cpu])

    def settle(self, cpu: int, pc: int, env: Locals) -> tuple[Private, ...]:
        """Run local steps until each way stands before a visible one."""
        program = self.machine.programs[cpu]
        ready: dict[Private, None] = {}
        seen: set[Private] = set()
        stack = [(pc, env)]
        while stack:
            at, here = stack.pop()
            key = self.private(cpu, at, here)
            if key in seen:
                continue
            seen.add(key)
            step = program.steps[at] if at != DONE else None
            if isinstance(step, Let):
                after = dict(here)
                after[step.dest] = effects.evaluate(step.value, here)
                stack.append((step.next, after))
            elif isinstance(step, Branch):
                stack.extend(reversed(_ways(step, here)))
            else:
                ready[key] = None
        return tuple(ready)

    def step(
        self, cpu: int, shared: Shared, private: Private
    ) -> list[tuple[Shared, tuple[Private, ...], Event]]:
        key = (cpu, private, shared)
        known = self.memo.get(key)
        if known is None:
            known = self.memo[key] = self._step(cpu, shared, private)
        return known

    def _step(
        self, cpu: int, shared: Shared, private: Private
    ) -> list[tuple[Shared, tuple[Private, ...], Event]]:
        pc, values = private
        step = self.machine.programs[cpu].steps[pc]
        env: Locals = dict(zip(self.names[cpu], values, strict=True))
        if isinstance(step, Stop):
            return [_stop(self.machine, cpu, step, shared, env)]
        results = _perform(self.machine, cpu, step, shared, env)
        return [
            (after, self.settle(cpu, step.next, found), event) for after, found, event in results
        ]


def _perform(
    machine: Machine,
    cpu: int,
    step: Access | Acquire | Release | Context | Wait | Mark,
    shared: Shared,
    env: Locals,
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


def _stop(
    machine: Machine, cpu: int, step: Stop, shared: Shared, env: Locals
) -> tuple[Shared, tuple[Private, ...], Event]:
    plan = machine.layout
    leaked = any(
        shared[place] != shared[plan.kept[key]]
        for key, place in plan.held.items()
        if key[0] == cpu and not shared[plan.frozen[key[1]]]
    )
    value = effects.evaluate(step.value, env)
    event = Event(None, value, True, "leaked-reference" if leaked else "")
    return shared, ((DONE, ()),), event


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


def explore(
    machine: Machine,
    checks: Sequence[tuple[str, Check]] = (),
    goals: Sequence[tuple[str, Goal]] = (),
    cap: int = 1_000_000,
) -> Exploration:
    """Visit every state the machine can reach, up to ``cap`` states.

    ``checks`` name predicates that must hold in every shared state, ``goals``
    predicates over single steps whose first occurrence is wanted.  A state
    that breaks a property is not explored further.
    """
    search = _Search(machine, tuple(checks), tuple(goals), cap)
    search.run()
    return Exploration(
        states=len(search.parents),
        transitions=search.transitions,
        broken={name: search.schedule(*at) for name, at in search.broken.items()},
        goals={name: search.schedule(*at) for name, at in search.reached.items()},
        outcomes=tuple(sorted(search.ends)),
        complete=search.complete,
    )


class _Search:
    """One breadth-first search: the states seen and how each was reached."""

    def __init__(
        self,
        machine: Machine,
        checks: tuple[tuple[str, Check], ...],
        goals: tuple[tuple[str, Goal], ...],
        cap: int,
    ) -> None:
        self.machine, self.checks, self.goals, self.cap = machine, checks, goals, cap
        self.runner = _Runner(machine)
        self.parents: dict[State, tuple[State, int, Event] | None] = {}
        self.transitions = 0
        self.broken: dict[str, tuple[State, int, Event, Shared]] = {}
        self.reached: dict[str, tuple[State, int, Event, Shared]] = {}
        self.ends: set[tuple[str, ...]] = set()
        self.complete = True
        self._kept = tuple(machine.layout.kept.items())

    def run(self) -> None:
        level = self._start()
        while level and self.complete:
            following: list[State] = []
            for state in level:
                self._expand(state, following)
                if len(self.parents) > self.cap:
                    self.complete = False
                    break
            level = following

    def _start(self) -> list[State]:
        states: list[State] = []
        cpus = range(len(self.machine.programs))
        for shared in self.machine.initial:
            ways: list[tuple[Private, ...]] = [()]
            for cpu in cpus:
                ways = [way + (own,) for way in ways for own in self.runner.settle(cpu, 0, {})]
            for way in ways:
                state = (shared, way)
                if state not in self.parents:
                    self.parents[state] = None
                    states.append(state)
        return states

    def _expand(self, state: State, following: list[State]) -> None:
        shared, privates = state
        moved = False
        for cpu, private in enumerate(privates):
            if private[0] == DONE:
                continue
            for after, ways, event in self.runner.step(cpu, shared, private):
                moved = True
                self._arrive(state, cpu, event, after, ways, following)
        if not moved:
            self._end(state)

    def _arrive(
        self,
        state: State,
        cpu: int,
        event: Event,
        after: Shared,
        ways: tuple[Private, ...],
        following: list[State],
    ) -> None:
        shared, privates = state
        step = self.machine.programs[cpu].steps[privates[cpu][0]]
        for name, goal in self.goals:
            if name not in self.reached and goal(cpu, step, event, shared, after):
                self.reached[name] = (state, cpu, event, after)
        if isinstance(step, Stop | Mark):
            after = self._note_result(cpu, step, after)
        broke = event.broke or self._violated(after)
        if broke:
            self.broken.setdefault(broke, (state, cpu, event, after))
        for own in ways:
            self.transitions += 1
            reached = (after, privates[:cpu] + (own,) + privates[cpu + 1 :])
            if reached not in self.parents:
                self.parents[reached] = (state, cpu, event)
                if not broke:
                    following.append(reached)

    def _note_result(self, cpu: int, step: Stop | Mark, shared: Shared) -> Shared:
        """Keep what the function under review, or else the CPU, returned."""
        place = self.machine.layout.results[cpu]
        if shared[place] or not _is_result(step):
            return shared
        number = _result_texts(self.machine.programs[cpu]).index(step.text) + 1
        return shared[:place] + (number,) + shared[place + 1 :]

    def _violated(self, shared: Shared) -> str:
        for name, holds in self.checks:
            if not holds(shared):
                return name
        return ""

    def _end(self, state: State) -> None:
        shared, privates = state
        if any(private[0] != DONE for private in privates):
            if self.parents[state] is not None:
                before, cpu, event = self.parents[state] or (state, 0, None)
                assert event is not None
                self.broken.setdefault("deadlock", (before, cpu, event, shared))
            return
        self.ends.add(self._texts(shared))

    def _texts(self, shared: Shared) -> tuple[str, ...]:
        texts = []
        for cpu, program in enumerate(self.machine.programs):
            number = shared[self.machine.layout.results[cpu]]
            text = _result_texts(program)[number - 1]
            if cpu == self.machine.subject and not text:
                texts.append(f"{program.name}() is not reached")
                continue
            kept = any(shared[place] for (by, _), place in self._kept if by == cpu)
            texts.append(f"{program.name}() {_ended(text, kept)}")
        return tuple(texts)

    def schedule(self, state: State, cpu: int, event: Event, after: Shared) -> tuple[Taken, ...]:
        """The steps from an initial state to the one given, and its last."""
        taken = [self._taken(state, cpu, event, after)]
        at = state
        while (parent := self.parents[at]) is not None:
            before, actor, what = parent
            taken.append(self._taken(before, actor, what, at[0]))
            at = before
        return tuple(reversed(taken))

    def _taken(self, state: State, cpu: int, event: Event, after: Shared) -> Taken:
        step = self.machine.programs[cpu].steps[state[1][cpu][0]]
        return Taken(cpu, step, event, after)


def _ended(text: str, kept: bool) -> str:
    if text:
        return f"returns {text}"
    return "keeps a reference" if kept else "ends without a reference"


def _is_result(step: Step) -> bool:
    return isinstance(step, Stop) or (isinstance(step, Mark) and step.what == "leave")


def _result_texts(program: Program) -> tuple[str, ...]:
    return tuple(
        sorted({step.text for step in program.steps if isinstance(step, Stop | Mark) and _is_result(step)})
    )


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
