# SPDX-License-Identifier: GPL-2.0-only
"""Enumerate every interleaving of a machine, breadth first.

Sequentially consistent: one visible step of one CPU at a time.  Breadth first,
in the order of CPUs, so the first schedule that shows something is a shortest
one and the same on every run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

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
    Visible,
    Wait,
)

Shared = tuple[int, ...]
Private = tuple[int, tuple[int | None, ...]]
State = tuple[Shared, tuple[Private, ...]]
Check = Callable[[Shared], bool]
Goal = Callable[[int, Visible, Event, Shared, Shared], bool]

Noted = tuple[Visible, Event, Shared]

DONE = -1
"""The program counter of a CPU that has stopped."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of a schedule: which CPU, which step, what it did, and the
    shared state it left."""

    cpu: int
    step: Visible
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


@dataclass(frozen=True, slots=True)
class Move:
    """One transition: the step that others can see and the steps behind it
    that they cannot (`quiet_steps`), and where the CPU stands then."""

    taken: tuple[Noted, ...]
    private: Private
    shared: Shared
    broke: str


class _Runner:
    """Steps of one machine with their results remembered.

    A class because the memo and the slots of the locals belong together and
    live for one exploration.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.names = [_local_names(program) for program in machine.programs]
        self.texts = [_result_texts(program) for program in machine.programs]
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
        for after, found, event in self._perform(cpu, step, shared, env):
            taken = (*done, (step, event, after))
            if event.broke or isinstance(step, Stop):
                yield Move(taken, (DONE, ()), after, event.broke)
            else:
                stack.append((step.next, found, after, taken))

    def _perform(
        self, cpu: int, step: Visible, shared: Shared, env: Locals
    ) -> list[tuple[Shared, Locals, Event]]:
        results = _perform(self.machine, cpu, step, shared, env)
        if not isinstance(step, Stop | Mark) or not _is_result(step):
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
    leaked = any(
        shared[place] != shared[plan.kept[key]]
        for key, place in plan.held.items()
        if key[0] == cpu and not shared[plan.frozen[key[1]]]
    )
    value = effects.evaluate(step.value, env)
    return shared, env, Event(None, value, True, "leaked-reference" if leaked else "")


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
    only_goals: bool = False,
) -> Exploration:
    """Visit every state the machine can reach, up to ``cap`` states.

    ``checks`` name predicates that must hold in every shared state, ``goals``
    predicates over single steps whose first occurrence is wanted.  A state
    that breaks a property is not explored further.  With ``only_goals`` the
    search ends as soon as all goals were met.
    """
    search = _Search(machine, tuple(checks), tuple(goals), cap, only_goals)
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
        only_goals: bool,
    ) -> None:
        self.machine, self.checks, self.goals, self.cap = machine, checks, goals, cap
        self.only_goals = only_goals
        self.runner = _Runner(machine)
        self.parents: dict[State, tuple[State, int, Move] | None] = {}
        self.transitions = 0
        self.broken: dict[str, tuple[State, int, Move]] = {}
        self.reached: dict[str, tuple[State, int, Move]] = {}
        self.ends: set[tuple[str, ...]] = set()
        self.complete = True
        self.checked: dict[Shared, str] = {}
        self.kept = tuple(machine.layout.kept.items())

    def run(self) -> None:
        level = self._start()
        while level and self.complete and not self._satisfied():
            following: list[State] = []
            for state in level:
                self._expand(state, following)
                if len(self.parents) > self.cap:
                    self.complete = False
                    break
            level = following

    def _satisfied(self) -> bool:
        return self.only_goals and len(self.reached) == len(self.goals)

    def _start(self) -> list[State]:
        """The initial states: every CPU stands before a step others can see."""
        states: dict[State, None] = {}
        for shared in self.machine.initial:
            ways: list[State] = [(shared, ())]
            for cpu in range(len(self.machine.programs)):
                ways = [
                    (move.shared, (*others, move.private))
                    for now, others in ways
                    for move in self.runner.settle(cpu, 0, {}, now, ())
                ]
            states.update(dict.fromkeys(ways))
        self.parents.update(dict.fromkeys(states))
        return list(states)

    def _expand(self, state: State, following: list[State]) -> None:
        shared, privates = state
        moved = False
        for cpu, private in enumerate(privates):
            if private[0] == DONE:
                continue
            for move in self.runner.moves(cpu, shared, private):
                moved = True
                self._arrive(state, cpu, move, following)
        if not moved:
            self._end(state)

    def _arrive(self, state: State, cpu: int, move: Move, following: list[State]) -> None:
        shared, privates = state
        self.transitions += 1
        if len(self.reached) < len(self.goals):
            self._look_for_goals(state, cpu, move)
        broke = move.broke or self._violated(move.shared)
        if broke and broke not in self.broken:
            self.broken[broke] = (state, cpu, move)
        reached = (move.shared, privates[:cpu] + (move.private,) + privates[cpu + 1 :])
        if reached not in self.parents:
            self.parents[reached] = (state, cpu, move)
            if not broke:
                following.append(reached)

    def _look_for_goals(self, state: State, cpu: int, move: Move) -> None:
        before = state[0]
        for number, (step, event, after) in enumerate(move.taken):
            for name, goal in self.goals:
                if name not in self.reached and goal(cpu, step, event, before, after):
                    part = replace(move, taken=move.taken[: number + 1])
                    self.reached[name] = (state, cpu, part)
            before = after

    def _violated(self, shared: Shared) -> str:
        known = self.checked.get(shared)
        if known is None:
            broken = (name for name, holds in self.checks if not holds(shared))
            known = self.checked[shared] = next(broken, "")
        return known

    def _end(self, state: State) -> None:
        shared, privates = state
        parent = self.parents[state]
        if any(private[0] != DONE for private in privates):
            if parent is not None:
                self.broken.setdefault("deadlock", parent)
            return
        self.ends.add(self._texts(shared))

    def _texts(self, shared: Shared) -> tuple[str, ...]:
        texts = []
        for cpu, program in enumerate(self.machine.programs):
            number = shared[self.machine.layout.results[cpu]]
            text = self.runner.texts[cpu][number - 1]
            if cpu == self.machine.subject and not text:
                texts.append(f"{program.name}() is not reached")
                continue
            kept = any(shared[place] for (by, _), place in self.kept if by == cpu)
            texts.append(f"{program.name}() {_ended(text, kept)}")
        return tuple(texts)

    def schedule(self, state: State, cpu: int, move: Move) -> tuple[Taken, ...]:
        """The steps from an initial state to the one given, and its last."""
        moves = [(cpu, move)]
        at = state
        while (parent := self.parents[at]) is not None:
            at, actor, what = parent
            moves.append((actor, what))
        return tuple(
            Taken(actor, step, event, after)
            for actor, what in reversed(moves)
            for step, event, after in what.taken
        )


def _ended(text: str, kept: bool) -> str:
    if text:
        return f"returns {text}"
    return "keeps a reference" if kept else "ends without a reference"


def _is_result(step: Stop | Mark) -> bool:
    return isinstance(step, Stop) or (isinstance(step, Mark) and step.what == "leave")


def _result_texts(program: Program) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                step.text
                for step in program.steps
                if isinstance(step, Stop | Mark) and _is_result(step)
            }
        )
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
