# SPDX-License-Identifier: GPL-2.0-only
"""Make the steps of a schedule again, one transition after the other."""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.simulation.follow import Taken, Way, ways
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import STOPPED, Goal, Model, Property, model_of

Fields = Mapping[str, int | None]


def can_be_made(
    machine: Machine,
    schedule: Sequence[Taken],
    properties: Sequence[Property] = (),
    goals: Sequence[Goal] = (),
) -> bool:
    """Whether the CPUs can make exactly these steps, from an initial state on:
    each step with the state it says it leaves.  The last transition may be cut
    short, as the schedule to a goal is."""
    model = model_of(machine, properties, goals)
    wanted = [_step(taken) for taken in schedule]
    places = set(_openings(model, wanted))
    seen = set(places)
    while places:
        if any(done == len(wanted) for _, done in places):
            return True
        following = set()
        for fields, done in places:
            for way in _transitions(model, dict(fields)):
                made = [_step(taken) for taken in way.taken]
                if made[: len(wanted) - done] == wanted[done : done + len(made)]:
                    following.add((_frozen(way.state), min(done + len(made), len(wanted))))
        places = following - seen
        seen |= places
    return False


Place = tuple[tuple[tuple[str, int | None], ...], int]


def _openings(model: Model, wanted: Sequence[object]) -> Iterator[Place]:
    """The states in which every CPU stands before its first step that others
    can tell, with how many steps of the schedule were made on the way."""
    for start in model.starts:
        known: list[tuple[Fields, int]] = [(start, 0)]
        for cpu in model.machine.cpus:
            known = [
                (way.state, done + len(way.taken))
                for fields, done in known
                for way in _first(model, cpu, fields)
                if [_step(taken) for taken in way.taken] == wanted[done : done + len(way.taken)]
            ]
        yield from ((_frozen(fields), done) for fields, done in known)


def _first(model: Model, cpu: int, fields: Fields) -> Iterator[Way]:
    if 0 in model.stands[cpu]:
        yield Way((), {**fields, f"{cpu}.pc": 0}, "", {})
    else:
        yield from ways(model, cpu, fields, 0)


def _transitions(model: Model, fields: Fields) -> Iterator[Way]:
    for cpu in model.machine.cpus:
        at = fields.get(f"{cpu}.pc")
        if at is not None and at != STOPPED:
            yield from ways(model, cpu, fields, at)


def _step(taken: Taken) -> object:
    return taken.cpu, taken.step, taken.event, _frozen(taken.state)


def _frozen(fields: Fields) -> tuple[tuple[str, int | None], ...]:
    """The fields without those that say nothing: all begin at 0, but for
    locals, which begin as something nobody knows."""
    return tuple(
        sorted(
            (name, value)
            for name, value in fields.items()
            if value is not None and (value or ".local." in name or name.endswith(".pc"))
        )
    )
