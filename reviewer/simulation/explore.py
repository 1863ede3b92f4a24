# SPDX-License-Identifier: GPL-2.0-only
"""Enumerate every interleaving of a machine, breadth first.

Sequentially consistent: one visible step of one CPU at a time.  Breadth first,
in the order of CPUs, so the first schedule that shows something is a shortest
one and the same on every run.
"""

from collections.abc import Callable, Sequence

from reviewer.record import dataclass, replace
from reviewer.simulation.effects import Event
from reviewer.simulation.machine import Machine
from reviewer.simulation.moves import DONE, Move, Private, Runner, Shared
from reviewer.simulation.properties import Check
from reviewer.simulation.steps import Visible

State = tuple[Shared, tuple[Private, ...]]
Opening = tuple[tuple[int, Move], ...]
NOT_REACHED = "is not reached"
Goal = Callable[[int, Visible, Event, Shared, Shared], bool]


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
        broken={name: search.schedule(*at) if at else () for name, at in search.broken.items()},
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
        self.runner = Runner(machine)
        self.parents: dict[State, tuple[State, int, Move] | None] = {}
        self.transitions = 0
        self.broken: dict[str, tuple[State, int, Move] | None] = {}
        self.opening: dict[State, Opening] = {}
        self.sources: dict[State, list[State]] = {}
        self.final: list[State] = []
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

        if self.complete and not self.only_goals:
            self._look_for_livelock()

    def _look_for_livelock(self) -> None:
        """A state from which neither an end nor a broken property is reachable."""
        alive = set(self.final)
        stack = list(alive)
        while stack:
            for source in self.sources.get(stack.pop(), ()):
                if source not in alive:
                    alive.add(source)
                    stack.append(source)
        for state, parent in self.parents.items():
            if state not in alive and state[1]:
                self.broken.setdefault("livelock", parent)
                return

    def _satisfied(self) -> bool:
        return self.only_goals and len(self.reached) == len(self.goals)

    def _start(self) -> list[State]:
        """The initial states: every CPU stands before a step others can see."""
        for shared in self.machine.initial:
            ways: list[tuple[State, Opening]] = [((shared, ()), ())]
            for cpu in range(len(self.machine.programs)):
                ways = [
                    way for state, opening in ways for way in self._settled(cpu, state, opening)
                ]
            for state, opening in ways:
                self.opening.setdefault(state, opening)
        self.parents.update(dict.fromkeys(self.opening))
        return list(self.opening)

    def _settled(self, cpu: int, state: State, opening: Opening) -> list[tuple[State, Opening]]:
        """The ways of one CPU to its first step that others can see."""
        shared, others = state
        ways: list[tuple[State, Opening]] = []
        for move in self.runner.settle(cpu, 0, {}, shared, ()):
            if move.broke:
                self.parents.setdefault(state, None)
                self.broken.setdefault(move.broke, (state, cpu, move))
            else:
                ways.append(((move.shared, (*others, move.private)), (*opening, (cpu, move))))
        return ways

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
        broke = self._breaks(state, cpu, move)
        reached = (move.shared, privates[:cpu] + (move.private,) + privates[cpu + 1 :])
        self.sources.setdefault(reached, []).append(state)
        if broke:
            self.final.append(reached)
        if reached not in self.parents:
            self.parents[reached] = (state, cpu, move)
            if not broke:
                following.append(reached)

    def _breaks(self, state: State, cpu: int, move: Move) -> bool:
        """Note the first property a transition breaks, with the schedule cut
        behind the step that does."""
        for number, (_, event, after) in enumerate(move.taken):
            broke = event.broke or self._violated(after)
            if broke:
                part = replace(move, taken=move.taken[: number + 1])
                self.broken.setdefault(broke, (state, cpu, part))
                return True
        return False

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
        self.final.append(state)
        if any(private[0] != DONE for private in privates):
            self.broken.setdefault("deadlock", self.parents[state])
            return
        self.ends.add(self._texts(shared))

    def _texts(self, shared: Shared) -> tuple[str, ...]:
        texts = []
        for cpu, program in enumerate(self.machine.programs):
            number = shared[self.machine.layout.results[cpu]]
            text = self.runner.texts[cpu][number - 1]
            if cpu == self.machine.subject and not text:
                texts.append(f"{program.name}() {NOT_REACHED}")
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
        moves.extend(reversed(self.opening.get(at, ())))
        return tuple(
            Taken(actor, step, event, after)
            for actor, what in reversed(moves)
            for step, event, after in what.taken
        )


def _ended(text: str, kept: bool) -> str:
    if text:
        return f"returns {text}"
    return "keeps a reference" if kept else "ends without a reference"
