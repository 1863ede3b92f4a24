# SPDX-License-Identifier: GPL-2.0-only
"""What one transition does, step by step, for people to read.

The same actions the explorer runs as generated functions are performed here
one at a time.  It is slow, and asked along a schedule and for places a CPU
comes to a few times only.
"""

from collections.abc import Iterable, Iterator, Mapping

from reviewer.record import dataclass
from reviewer.simulation.actions import (
    DONE,
    NEW,
    OBJECT,
    OLD,
    Action,
    Assign,
    Check,
    Choose,
    If,
    Note,
    Require,
    Term,
    evaluate,
)
from reviewer.simulation.layout import WAYS, many_ways
from reviewer.simulation.model import STOPPED, Model, Ways
from reviewer.simulation.steps import Branch, Let, Stop, Visible

Fields = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Event:
    """What a step did: the value it found and left (None where neither is
    meant), whether it took effect, the property it broke, if any, and the
    object whose count it is (0: none)."""

    old: int | None
    new: int | None
    done: bool
    broke: str
    object: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of a schedule: which CPU, which step, what it did, and the
    state it left, as far as it is not 0."""

    cpu: int
    step: Visible
    event: Event
    state: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Way:
    """One way a transition can go: its steps, the state it leads to, the
    property it broke, and the goals it met with the number of steps made then."""

    taken: tuple[Taken, ...]
    state: Mapping[str, int | None]
    broke: str
    met: Mapping[str, int]


def ways(model: Model, cpu: int, fields: Mapping[str, int | None], at: int) -> Iterator[Way]:
    """Every way a CPU can go that stands at ``at``."""
    yield from _Follower(model, cpu).part(at, dict(fields), (), {}, first=True)


def ends_of(
    model: Model, cpu: int, fields: Mapping[str, int | None], at: int
) -> Iterator[tuple[Mapping[str, int | None], str, Iterable[str]]]:
    """Every state a CPU can go to that stands at ``at``, with the property that
    was broken on the way and the goals that were met."""
    for way in _Follower(model, cpu, told=False).part(at, dict(fields), (), {}, first=True):
        yield way.state, way.broke, way.met


def cuts(model: Model, cpu: int, fields: Mapping[str, int | None], at: int) -> bool:
    """Whether a way from ``at`` leads to where the model does not go on."""
    follower = _Follower(model, cpu)
    for _ in follower.part(at, dict(fields), (), {}, first=True):
        pass
    return follower.cut


class _Follower:
    """The steps of one CPU performed one by one, and ``told`` when asked;
    ``cut`` says that a way was met that the model does not go."""

    def __init__(self, model: Model, cpu: int, told: bool = True) -> None:
        self.model, self.cpu, self.told = model, cpu, told
        self.cut = False
        self.count = 0

    def part(
        self, at: int, fields: Fields, taken: tuple[Taken, ...], met: dict[str, int], first: bool
    ) -> Iterator[Way]:
        if at == STOPPED or (not first and at in self.model.stands[self.cpu]):
            yield self._stands(at, fields, taken, "", met)
            return
        part = self.model.parts[self.cpu][at]
        step = self.model.machine.programs[self.cpu].steps[at]
        self.cut |= isinstance(step, Stop) and step.cut
        for state, temps, broke in self._perform(part.actions, fields, {}):
            here, found = taken, met
            if not isinstance(step, Let | Branch):
                if self.told:
                    here = (*taken, self._taken(step, state, temps, broke))
                new = [name for name in _noted(temps) if name not in met]
                if new:
                    found = {**met, **dict.fromkeys(new, len(here))}
            if broke:
                yield self._stands(STOPPED, state, here, broke, found)
                if not first:
                    yield self._stands(at, fields, taken, "", met)
            else:
                yield from self._go(part.next, state, here, found)

    def _go(
        self, target: int | Ways, fields: Fields, taken: tuple[Taken, ...], met: dict[str, int]
    ) -> Iterator[Way]:
        if not isinstance(target, Ways):
            yield from self.part(target, fields, taken, met, first=False)
            return
        arms = [target.then, target.other]
        if target.condition is not None:
            arms = [arms[0] if evaluate(target.condition, self._looker(fields, {})) else arms[1]]
        for actions, further in arms:
            for state, _, _ in self._perform(actions, fields, {}):
                yield from self._go(further, state, taken, met)

    def _perform(
        self, actions: tuple[Action, ...], fields: Fields, temps: dict[Term, int | None]
    ) -> Iterator[tuple[Fields, dict[Term, int | None], str]]:
        fields, temps = dict(fields), dict(temps)
        look = self._looker(fields, temps)
        for number, action in enumerate(actions):
            rest = actions[number + 1 :]
            match action:
                case Assign(target=target, value=value):
                    found = evaluate(value, look)
                    if target[0] == "field":
                        fields[target[1]] = found
                    else:
                        temps[target] = found
                case Choose(target=target):
                    for choice in (1, 0):
                        yield from self._perform(rest, fields, {**temps, target: choice})
                    return
                case If(condition=condition, then=then, other=other):
                    chosen = then if evaluate(condition, look) else other
                    yield from self._perform((*chosen, *rest), fields, temps)
                    return
                case Require(condition=condition):
                    if not evaluate(condition, look):
                        return
                case Check(condition=condition, name=name):
                    if not evaluate(condition, look):
                        yield fields, temps, name
                        return
                case Note(condition=condition, name=name):
                    if evaluate(condition, look):
                        temps["noted", name] = 1
        yield fields, temps, ""

    def _looker(self, fields: Fields, temps: dict[Term, int | None]):  # type: ignore[no-untyped-def]
        fixed = self.model.fixed

        def look(term: Term) -> int | None:
            if term[0] == "temp":
                return temps.get(term, 1 if term == DONE else None)
            name = term[1]
            if name in fields:
                return fields[name]
            return None if ".local." in name else fixed.get(name, 0)

        return look

    def _taken(
        self, step: Visible, state: Fields, temps: dict[Term, int | None], broke: str
    ) -> Taken:
        number = temps.get(OBJECT) or 0
        done = temps.get(DONE, 1)
        event = Event(temps.get(OLD), temps.get(NEW), bool(done), broke, number)
        return Taken(self.cpu, step, event, {**self.model.fixed, **state})

    def _stands(
        self, at: int, fields: Fields, taken: tuple[Taken, ...], broke: str, met: dict[str, int]
    ) -> Way:
        """The state a transition ends in: locals nobody reads any more are gone."""
        self.count += 1
        if self.count > WAYS:
            many_ways(self.model.machine.programs[self.cpu].name)
        live = self.model.live[self.cpu][at] if at != STOPPED else frozenset()
        prefix = f"{self.cpu}.local."
        state = {
            name: value
            for name, value in fields.items()
            if not name.startswith(prefix) or name in live
        }
        state[f"{self.cpu}.pc"] = at
        return Way(taken, state, broke, met)


def _noted(temps: Mapping[Term, int | None]) -> list[str]:
    return [term[1] for term in temps if term[0] == "noted"]
