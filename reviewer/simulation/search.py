# SPDX-License-Identifier: GPL-2.0-only
"""The breadth-first search over packed states.

What a CPU can do is computed once for each set of bits that it depends on and
kept as differences (exclusive or), so that most transitions cost one look
into a dictionary.  CPUs with the same program and the same beginning can be
exchanged: of the states that differ in nothing else only one is visited, the
one whose chunks are in order.
"""

from collections.abc import Callable, Mapping, Sequence

from reviewer.simulation.actions import Check, evaluate, every_action
from reviewer.simulation.follow import Way, cuts, ways
from reviewer.simulation.generate import Transition
from reviewer.simulation.layout import Layout
from reviewer.simulation.loops import components
from reviewer.simulation.machine import BROKE
from reviewer.simulation.model import STOPPED, Goal, Model, targets
from reviewer.simulation.quiet import askers
from reviewer.simulation.steps import Life

Progress = Callable[[int, int], None]
"""Told the numbers of states found and of those still to be expanded."""


class Search:
    """One breadth-first search: the states seen and how each was reached."""

    def __init__(
        self,
        model: Model,
        layout: Layout,
        goals: Sequence[Goal],
        cap: int,
        only_goals: bool,
        symmetry: bool,
    ) -> None:
        self.model, self.layout, self.cap = model, layout, cap
        self.wanted = len(goals) if only_goals else -1
        names = {name: None for name, _ in model.properties}
        names.update(dict.fromkeys(_checked(model)))
        self.broken_names = list(names)
        self.numbers = {name: at + 1 for at, name in enumerate(self.broken_names)}
        self.parents: dict[int, int] = {}
        self.transitions = 0
        self.broken: dict[str, int] = {}
        self.reached: dict[str, tuple[int, int]] = {}
        self.final: list[int] = []
        self.complete = True
        groups = exchangeable(model) if symmetry else ()
        self.canonical = _canonical(layout, groups) if groups else None
        self.broke = layout.slots[BROKE]
        self.cpus = [_Cpu(self, cpu) for cpu in model.machine.cpus]
        self.openings: dict[int, tuple[tuple[Way, ...], Mapping[str, int | None]]] = {}

    # Searching ----------------------------------------------------------------

    def run(self, progress: Progress | None) -> None:
        level = self._start()
        told = 0
        while level and len(self.reached) != self.wanted:
            level = self._level(level)
            if len(self.parents) > self.cap:
                self.complete = False
                return
            if progress is not None and len(self.parents) - told > 20_000:
                told = len(self.parents)
                progress(told, len(level))
        if self.wanted < 0:
            self._look_for_livelock()

    def _level(self, level: list[int]) -> list[int]:
        """Expand every state of a level; gives the new states behind them."""
        following: list[int] = []
        parents, cap, canonical = self.parents, self.cap, self.canonical
        cpus = [cpu.hot for cpu in self.cpus]
        count = 0
        for state in level:
            before = count
            for shift, mask, masks, memo, miss in cpus:
                key = state & masks[state >> shift & mask]
                deltas = memo.get(key)
                if deltas is None:
                    deltas = memo[key] = miss(state)
                for delta in deltas:
                    count += 1
                    reached = state ^ delta
                    if canonical is not None:
                        reached = canonical(reached, delta)
                    if reached not in parents:
                        parents[reached] = state
                        following.append(reached)
            if count == before:
                self._end(state)
            if len(parents) > cap:
                break
        self.transitions += count
        return following

    def _start(self) -> list[int]:
        """The initial states: every CPU stands before a step others can see."""
        for start in self.model.starts:
            broke = _broken_at(self.model, start)
            fields: dict[str, int | None] = {
                name: value for name, value in start.items() if name in self.layout.slots
            }
            if broke:
                self.broken.setdefault(broke, self._put(fields, ()))
                continue
            self._open(0, fields, ())
        for state in self.openings:
            self.parents.setdefault(state, -1)
        return [state for state in self.openings if state not in self.broken.values()]

    def _open(self, cpu: int, fields: Mapping[str, int | None], opening: tuple[Way, ...]) -> None:
        """Let each CPU go to its first step that others can see."""
        if cpu == len(self.cpus):
            self._put(fields, opening)
            return
        if 0 in self.model.stands[cpu]:
            self._open(cpu + 1, {**fields, f"{cpu}.pc": 0}, opening)
            return
        for way in ways(self.model, cpu, fields, 0):
            if way.broke:
                state = self._put({**way.state, BROKE: self.numbers[way.broke]}, (*opening, way))
                self.broken.setdefault(way.broke, state)
                # What others do before it is not to be lost.
                self._open(cpu + 1, {**fields, f"{cpu}.pc": 0}, opening)
            else:
                self._open(cpu + 1, way.state, (*opening, way))

    def _put(self, fields: Mapping[str, int | None], opening: tuple[Way, ...]) -> int:
        known = {name: value for name, value in fields.items() if name in self.layout.slots}
        for cpu in self.model.machine.cpus:
            known.setdefault(f"{cpu}.pc", STOPPED)
        state = self.sorted(self.layout.pack(known))
        self.openings.setdefault(state, (opening, known))
        return state

    # Ends ---------------------------------------------------------------------

    def _end(self, state: int) -> None:
        """A state nobody can leave: a broken property, an end, or a deadlock."""
        broke = self.broke.value(state)
        if broke:
            self.broken.setdefault(self.broken_names[broke - 1], state)
        elif not self.ended(state) and "deadlock" not in self.broken and not self._cut(state):
            self.broken["deadlock"] = state
        self.final.append(state)

    def _cut(self, state: int) -> bool:
        """Whether somebody stands where it does only because the model does
        not go on there (BUG()): such a state does not exist."""
        fields = self.layout.unpack(state)
        return any(
            cuts(self.model, cpu.cpu, fields, cpu.at(state))
            for cpu in self.cpus
            if cpu.at(state) not in cpu.ends
        )

    def ended(self, state: int) -> bool:
        """Whether every CPU is done, or waits for memory that need not come free."""
        return all(cpu.at(state) in cpu.ends for cpu in self.cpus)

    def _look_for_livelock(self) -> None:
        """A state from which neither an end nor a broken property is reachable.

        Those that others are reached from for ever are looked for first, as
        there are few candidates.  Then backwards over the states in the order
        they were found, until nothing changes: most of them lead to one that
        was found later.
        """
        if not self._goes_round():
            return
        alive = set(self.final)
        left = [state for state in self.parents if state not in alive]
        while left:
            still = self._dead(left, alive)
            if len(still) == len(left):
                self.broken.setdefault("livelock", still[-1])
                return
            left = still[::-1]

    def _goes_round(self) -> bool:
        """Whether there are states that are never left.

        In these every CPU that can go on stands in a loop of its program, or
        it would not come back to where it stands.
        """
        loops = [self._in_loops(cpu) for cpu in self.model.machine.cpus]
        if not any(map(any, loops)):
            return False
        cpus = [(*cpu.hot, inside) for cpu, inside in zip(self.cpus, loops, strict=True)]
        within = set()
        for state in self.parents:
            for shift, mask, masks, memo, miss, inside in cpus:
                code = state >> shift & mask
                if not inside[code]:
                    deltas = memo.get(state & masks[code])
                    if miss(state) if deltas is None else deltas:
                        break
            else:
                within.add(state)
        within.difference_update(self.final)
        before = -1
        while within and len(within) != before:
            before = len(within)
            within = {state for state in within if within.issuperset(self._followers(state))}
        return bool(within)

    def _in_loops(self, cpu: int) -> list[bool]:
        """By place, done first, whether the program may come back to it."""
        parts = self.model.parts[cpu]
        edges = [[(t, "") for t in targets(part.next) if t != STOPPED] for part in parts]
        again = components(edges)
        return [False, *(place in again for place in range(len(parts)))]

    def _followers(self, state: int) -> list[int]:
        canonical = self.canonical
        reached = [(state ^ delta, delta) for cpu in self.cpus for delta in cpu.deltas(state)]
        return [canonical(one, delta) if canonical else one for one, delta in reached]

    def _dead(self, states: list[int], alive: set[int]) -> list[int]:
        """The states none of whose followers is alive, the last one first; the
        others are alive from now on."""
        still = []
        canonical = self.canonical
        cpus = [cpu.hot for cpu in self.cpus]
        for state in reversed(states):
            for shift, mask, masks, memo, miss in cpus:
                key = state & masks[state >> shift & mask]
                deltas = memo.get(key)
                for delta in miss(state) if deltas is None else deltas:
                    reached = state ^ delta
                    if (canonical(reached, delta) if canonical else reached) in alive:
                        break
                else:
                    continue
                alive.add(state)
                break
            else:
                still.append(state)
        return still

    def sorted(self, state: int) -> int:
        """The state that is visited for it and those that differ from it in
        nothing but the order of equal CPUs."""
        return self.canonical(state, -1) if self.canonical is not None else state


class _Cpu:
    """What one CPU can do: its transitions by place, made when first needed,
    and their results remembered."""

    __slots__ = (
        "cpu",
        "ends",
        "hot",
        "mask",
        "masks",
        "memo",
        "search",
        "shift",
        "slot",
        "transitions",
    )

    def __init__(self, search: Search, cpu: int) -> None:
        self.search, self.cpu = search, cpu
        self.slot = search.layout.slots[f"{cpu}.pc"]
        self.shift, self.mask = self.slot.shift, (1 << self.slot.width) - 1
        steps = len(search.model.parts[cpu])
        self.transitions: list[Transition | None] = [None] * (steps + 1)
        # What is not known yet depends on everything.
        everything = (1 << search.layout.width) - 1
        self.masks = [self.slot.mask, *[everything] * steps]
        self.memo: dict[int, tuple[int, ...]] = {}
        self.hot = (self.shift, self.mask, self.masks, self.memo, self._miss)
        program = search.model.machine.programs[cpu]
        self.ends = {
            STOPPED,
            *(
                at
                for at, step in enumerate(program.steps)
                if isinstance(step, Life) and step.what == "reuse"
            ),
        }

    def at(self, state: int) -> int:
        """Where the CPU stands."""
        return (state >> self.shift & self.mask) - 1

    def deltas(self, state: int) -> tuple[int, ...]:
        """What its transitions change, each as bits that differ."""
        found = self.memo.get(state & self.masks[state >> self.shift & self.mask])
        return self._miss(state) if found is None else found

    def _miss(self, state: int) -> tuple[int, ...]:
        code = state >> self.shift & self.mask
        if code == 0 or state & self.search.broke.mask:
            return ()
        made = self.transitions[code]
        if made is None:
            made = self._made(code)
        return tuple(reached ^ state for reached in made.function(state))

    def _made(self, code: int) -> Transition:
        search = self.search
        made = Transition(
            search.model, search.layout, search.numbers, self.cpu, code - 1, self._noted
        )
        self.transitions[code] = made
        self.masks[code] = made.mask
        return made

    def _noted(self, state: int, name: str) -> None:
        self.search.reached.setdefault(name, (state, self.cpu))


Canonical = Callable[[int, int], int]


def _canonical(layout: Layout, groups: Sequence[Sequence[int]]) -> Canonical:
    """The function that puts the chunks of equal CPUs in order; told what was
    changed it leaves the groups alone that were not."""
    shaped: list[tuple[int, tuple[int, ...], int, dict[int, int]]] = []
    for group in groups:
        shifts = tuple(layout.chunks[cpu][0] for cpu in group)
        chunk = (1 << layout.chunks[group[0]][1]) - 1
        shaped.append((sum(chunk << shift for shift in shifts), shifts, chunk, {}))

    def canonical(state: int, changed: int) -> int:
        for mask, shifts, chunk, known in shaped:
            if changed & mask:
                bits = state & mask
                swapped = known.get(bits)
                if swapped is None:
                    parts = sorted(bits >> shift & chunk for shift in shifts)
                    swapped = bits
                    for shift, part in zip(shifts, parts, strict=True):
                        swapped ^= part << shift
                    known[bits] = swapped
                state ^= swapped
        return state

    return canonical


def _checked(model: Model) -> list[str]:
    """The properties that single steps can break."""
    return [
        action.name
        for program in model.parts
        for part in program
        for action in every_action(part.actions)
        if isinstance(action, Check)
    ]


def _broken_at(model: Model, start: Mapping[str, int]) -> str:
    """The property an initial state breaks."""
    for name, condition in model.properties:
        held = evaluate(condition, lambda term: start.get(term[1], model.fixed.get(term[1], 0)))
        if not held:
            return name
    return ""


def exchangeable(model: Model) -> tuple[tuple[int, ...], ...]:
    """The CPUs that can be exchanged: the same program and the same beginning;
    never the one that runs the function under review, nor those that others
    answer to by name."""
    machine = model.machine
    named = {cpu for what in ("flush", "grace-period") for cpu in askers(machine, what)}
    groups: dict[object, list[int]] = {}
    for cpu, program in enumerate(machine.programs):
        if cpu == machine.subject or cpu in named:
            continue
        begins = tuple(
            tuple(
                sorted(
                    (name.partition(".")[2], value)
                    for name, value in start.items()
                    if name.startswith(f"{cpu}.")
                )
            )
            for start in model.starts
        )
        groups.setdefault((program, begins), []).append(cpu)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
