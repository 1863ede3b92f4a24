# SPDX-License-Identifier: GPL-2.0-only
"""Enumerate every interleaving of a machine, breadth first.

Sequentially consistent: one step that others can tell of one CPU at a time.
Breadth first, in the order of CPUs, so the first schedule that shows something
is a shortest one and the same on every run.

A state is one integer.  What a CPU can do is computed once for each set of
bits that it depends on and kept as differences (exclusive or), so that most
transitions cost one look into a dictionary.  CPUs with the same program and
the same beginning can be exchanged: of the states that differ in nothing else
only one is visited, the one whose chunks are in order.
"""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.follow import Taken, Way, ways
from reviewer.simulation.layout import NARROW, WIDEST, Overflow, TooLarge, layout_of
from reviewer.simulation.machine import BROKE, Machine
from reviewer.simulation.model import STOPPED, Goal, Property, model_of
from reviewer.simulation.search import Progress, Search, exchangeable

__all__ = ["CAP", "NOT_REACHED", "Exploration", "TooLarge", "explore", "way_to_end"]

NOT_REACHED = "is not reached"
CAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Exploration:
    """What exploring gave.

    ``broken`` maps names of properties to the shortest schedule that breaks
    them, ``goals`` likewise for the goals asked for.  ``outcomes`` are the
    result texts of all CPUs at the ends; where CPUs can be exchanged theirs
    are sorted.  ``complete`` is False when the cap on states was reached.
    """

    states: int
    transitions: int
    broken: Mapping[str, tuple[Taken, ...]]
    goals: Mapping[str, tuple[Taken, ...]]
    outcomes: tuple[tuple[str, ...], ...]
    complete: bool


def explore(
    machine: Machine,
    properties: Sequence[Property] = (),
    goals: Sequence[Goal] = (),
    cap: int = CAP,
    only_goals: bool = False,
    symmetry: bool = True,
    progress: Progress | None = None,
) -> Exploration:
    """Visit every state the machine can reach, up to ``cap`` states.

    ``properties`` must hold in every state, ``goals`` are steps whose first
    occurrence is wanted.  A state that breaks a property is not explored
    further.  With ``only_goals`` the search ends as soon as all goals were
    met.  ``progress`` is told the numbers of states and of those still to be
    expanded, now and then.  Raises `TooLarge` when a count grows without end.
    """
    return _result(_searched(machine, properties, goals, cap, only_goals, symmetry, progress))


def _searched(
    machine: Machine,
    properties: Sequence[Property],
    goals: Sequence[Goal],
    cap: int,
    only_goals: bool,
    symmetry: bool,
    progress: Progress | None,
) -> Search:
    model = model_of(machine, properties, goals)
    room = NARROW
    while True:
        try:
            search = Search(model, layout_of(model, room), goals, cap, only_goals, symmetry)
            search.run(progress)
            return search
        except Overflow as error:
            room += 4
            if room > WIDEST:
                raise TooLarge(
                    f"{error.args[0]} takes more values than the model has room for"
                ) from None


def _result(search: Search) -> Exploration:
    """The counts, the outcomes, and a schedule for all that was found."""
    return Exploration(
        states=len(search.parents),
        transitions=search.transitions,
        broken={name: _schedule(search, state) for name, state in search.broken.items()},
        goals={name: _to_goal(search, name, *at) for name, at in search.reached.items()},
        outcomes=tuple(sorted({texts for _, texts in _outcomes(search)})),
        complete=search.complete,
    )


# Ends -------------------------------------------------------------------------


def way_to_end(
    machine: Machine,
    properties: Sequence[Property],
    outcome: tuple[str, ...],
    cap: int = CAP,
    symmetry: bool = True,
) -> tuple[Taken, ...]:
    """A shortest schedule that ends in an outcome; none where it never does."""
    search = _searched(machine, properties, (), cap, False, symmetry, None)
    for state, texts in _outcomes(search):
        if texts == outcome:
            return _schedule(search, state)
    return ()


def _outcomes(search: Search) -> Iterator[tuple[int, tuple[str, ...]]]:
    """How it can end, each with the first state in which it does."""
    seen: set[int] = set()
    kinds = ("result", "kept", "pc", "stage")
    mask = search.broke.mask
    for name, slot in search.layout.slots.items():
        if name.split(".")[1:2] and name.split(".")[1] in kinds:
            mask |= slot.mask
    for state in search.final:
        if state & mask not in seen:
            seen.add(state & mask)
            if not state & search.broke.mask and search.ended(state):
                yield state, _texts(search, state)


def _texts(search: Search, state: int) -> tuple[str, ...]:
    """How each CPU ended."""
    model = search.model
    fields = {**model.fixed, **search.layout.unpack(state)}
    texts = []
    for cpu, program in enumerate(model.machine.programs):
        number = fields.get(f"{cpu}.result") or 0
        text = model.texts[cpu][number - 1] if number else ""
        if cpu == model.machine.subject and not fields.get(f"{cpu}.stage"):
            texts.append(f"{program.name}() {NOT_REACHED}")
            continue
        kept = any(fields.get(f"{cpu}.kept.{n}") for n in model.machine.numbers)
        texts.append(f"{program.name}() {_ended(text, kept)}")
    for group in exchangeable(model):
        for cpu, text in zip(group, sorted(texts[cpu] for cpu in group), strict=True):
            texts[cpu] = text
    return tuple(texts)


def _ended(text: str, kept: bool) -> str:
    if text:
        return f"returns {text}"
    return "keeps a reference" if kept else "ends without a reference"


# Schedules --------------------------------------------------------------------


def _schedule(search: Search, state: int) -> tuple[Taken, ...]:
    """The steps from an initial state to the one given."""
    return tuple(taken for way in _way_to(search, state)[0] for taken in way.taken)


def _to_goal(search: Search, name: str, state: int, cpu: int) -> tuple[Taken, ...]:
    """The steps to the first one that meets a goal, from a state that was
    expanded and the CPU that met it."""
    passed, fields = _way_to(search, state)
    steps = [taken for way in passed for taken in way.taken]
    # CPUs that can be exchanged may have changed places on the way.
    alike = next((group for group in exchangeable(search.model) if cpu in group), (cpu,))
    for number in alike if search.canonical is not None else (cpu,):
        at = fields.get(f"{number}.pc")
        for way in ways(search.model, number, fields, at) if at not in (None, STOPPED) else ():
            if name in way.met:
                return (*steps, *way.taken[: way.met[name]])
    raise AssertionError(f"{name} is not met where it was met")


def _way_to(search: Search, state: int) -> tuple[list[Way], Mapping[str, int | None]]:
    """The transitions to a state, as CPUs really made them, and the state."""
    path = [state]
    while search.parents.get(path[-1], -1) != -1:
        path.append(search.parents[path[-1]])
    path.reverse()
    opening, fields = search.openings[path[0]]
    passed = list(opening)
    for target in path[1:]:
        way = _hop(search, fields, target)
        passed.append(way)
        fields = way.state
    return passed, fields


def _hop(search: Search, fields: Mapping[str, int | None], target: int) -> Way:
    slots = search.layout.slots
    for cpu in search.model.machine.cpus:
        at = fields.get(f"{cpu}.pc")
        if at is None or at == STOPPED:
            continue
        for way in ways(search.model, cpu, fields, at):
            state = {name: value for name, value in way.state.items() if name in slots}
            if way.broke:
                state[BROKE] = search.numbers[way.broke]
            if search.sorted(search.layout.pack(state)) == target:
                return way
    raise AssertionError("a state was reached in a way that nobody can go")
