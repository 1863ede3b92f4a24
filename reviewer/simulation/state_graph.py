# SPDX-License-Identifier: GPL-2.0-only
"""The states of a small machine and the ways between them, to be drawn."""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.follow import Taken, ways
from reviewer.simulation.layout import WIDEST, Overflow, layout_of
from reviewer.simulation.machine import BROKE, Machine
from reviewer.simulation.model import STOPPED, Model, Property, model_of
from reviewer.simulation.search import Search

MOST = 300
"""States; a larger graph is not one anybody can look at."""

START, END, STUCK = "start", "end", "stuck"


@dataclass(frozen=True, slots=True)
class State:
    """A state: its fields as far as they are not 0; the number of the state it
    was first reached from (-1: none) and how many steps of the CPUs it is away
    from the start; ``broke`` is the property that is broken in it; ``kind`` is
    ``start``, ``end``, ``stuck`` where nobody can go on, or empty."""

    fields: Mapping[str, int]
    parent: int
    depth: int
    broke: str
    kind: str


@dataclass(frozen=True, slots=True)
class Move:
    """A transition of a CPU between two states, by their positions."""

    source: int
    target: int
    cpu: int
    steps: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class StateGraph:
    """The states, in the order in which they are reached, and all transitions."""

    machine: Machine
    states: tuple[State, ...]
    moves: tuple[Move, ...]


def state_graph(
    machine: Machine, properties: Sequence[Property] = (), most: int = MOST
) -> StateGraph:
    """Every state a machine can reach, CPUs that could be exchanged kept apart.

    A state in which a property is broken has no way out.  Raises `TooLarge`
    when there are more than ``most`` states.
    """
    model = model_of(machine, properties)
    search = _searched(model, most)
    numbers = {state: at for at, state in enumerate(search.parents)}
    moves = tuple(_moves(model, search, numbers))
    leaving = {move.source for move in moves}
    depths: list[int] = []
    states = []
    for state, parent in search.parents.items():
        before = -1 if parent == -1 else numbers[parent]
        depths.append(0 if before < 0 else depths[before] + 1)
        left = numbers[state] in leaving
        states.append(_state(search, state, before, depths[-1], left))
    return StateGraph(machine, tuple(states), moves)


def _searched(model: Model, most: int) -> Search:
    """The search, done; counts get more room until they fit."""
    for room in range(4, WIDEST + 1, 4):
        try:
            search = Search(model, layout_of(model, room), (), most, False, symmetry=False)
            search.run(None)
        except Overflow:
            continue
        if len(search.parents) > most or not search.complete:
            raise TooLarge(f"the model has more than {most} states")
        return search
    raise TooLarge("a count takes more values than the model has room for")


def _state(search: Search, state: int, parent: int, depth: int, left: bool) -> State:
    fields = search.layout.unpack(state)
    number = fields.pop(BROKE) or 0
    broke = search.broken_names[number - 1] if number else ""
    kind = ""
    if not left and not broke:
        kind = END if search.ended(state) else STUCK
    elif parent < 0:
        kind = START
    known = {name: value for name, value in fields.items() if value}
    return State(known, parent, depth, broke, kind)


def _moves(model: Model, search: Search, numbers: Mapping[int, int]) -> Iterator[Move]:
    """The transitions of every state, CPU by CPU, each pair of states once."""
    for state, at in numbers.items():
        if search.broke.value(state):
            continue
        fields = search.layout.unpack(state)
        for cpu in model.machine.cpus:
            here = fields[f"{cpu}.pc"]
            if here is None or here == STOPPED:
                continue
            seen: set[int] = set()
            for way in ways(model, cpu, fields, here):
                left = dict(way.state)
                if way.broke:
                    left[BROKE] = search.numbers[way.broke]
                kept = {name: one for name, one in left.items() if name in search.layout.slots}
                target = numbers[search.layout.pack(kept)]
                if target not in seen:
                    seen.add(target)
                    yield Move(at, target, cpu, way.taken)
