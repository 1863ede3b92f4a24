# SPDX-License-Identifier: GPL-2.0-only
"""Turn a schedule of the explorer into lines people can follow."""

from collections.abc import Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.follow import Taken
from reviewer.simulation.machine import Machine, of
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.steps import Access, Acquire, Life, Mark, Release, Stop, Visible, Wait
from reviewer.simulation.words import MASK, SHIFT

MAX_CALL = 28
"""A longer call is shown without its arguments, to fit a column."""


Objects = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One line of an interleaving: ``effect`` is what the step did to the
    shared state, empty when there is nothing to tell."""

    cpu: int
    actor: str
    step: str
    effect: str
    file: str
    line: int


def trace(
    scenario: Scenario, machine: Machine, names: Mapping[str, str], schedule: Sequence[Taken]
) -> tuple[TraceStep, ...]:
    """The lines of a schedule, CPUs numbered as they are needed, the function
    under review on the last one; objects have the names the function uses."""
    objects = tuple(_called(role, names) for role in scenario.objects)
    shown = _relevant(machine, schedule)
    used = sorted({taken.cpu for taken in shown})
    number = {cpu: position for position, cpu in enumerate(used)}
    return tuple(
        TraceStep(
            number[taken.cpu],
            machine.programs[taken.cpu].name,
            _text(taken),
            _effect(scenario, machine, objects, taken),
            taken.step.origin.file,
            taken.step.origin.line,
        )
        for taken in shown
    )


def _relevant(machine: Machine, schedule: Sequence[Taken]) -> list[Taken]:
    """Drop the steps that only set the scene.

    Of the caller of the function only what another CPU of this schedule looks
    at is shown, and the flush that separates the two; that the function was
    entered is shown where it does nothing else.
    """
    others = [taken.step for taken in schedule if taken.cpu != machine.subject]
    watched = {step.family for step in others if isinstance(step, Access) and step.index is None}
    shown: list[Taken] = []
    entered: Taken | None = None
    acted = False
    for taken in schedule:
        step = taken.step
        if taken.cpu != machine.subject:
            wanted = isinstance(step, Access | Life | Acquire | Release)
        elif isinstance(step, Mark):
            entered = taken if step.what == "enter" else entered
            wanted = step.what == "enter" or bool(step.text)
        elif entered is None:
            wanted = _sets_scene(step, watched, [t for t in shown if t.cpu == taken.cpu])
        else:
            wanted = isinstance(step, Access | Life | Acquire | Release)
            acted = acted or wanted
        if wanted and not (isinstance(step, Access) and step.protocol == "held"):
            shown.append(taken)
    return [taken for taken in shown if taken is not entered or not acted]


def _sets_scene(step: Visible, watched: set[str], shown: Sequence[Taken]) -> bool:
    if isinstance(step, Access):
        return step.op == "store" and step.family in watched
    flush = isinstance(step, Wait) and not step.what.endswith("-done")
    return flush and any(isinstance(taken.step, Access) for taken in shown)


def _text(taken: Taken) -> str:
    step = taken.step
    if isinstance(step, Mark) and step.what == "enter":
        return "(begins)"
    if isinstance(step, Mark | Stop):
        return f"return {step.text}".strip()
    call, colon, half = step.origin.text.partition(": ")
    if len(call) > MAX_CALL and "(" in call:
        call = f"{call.split('(', 1)[0]}()"
    return f"{call}{colon}{half}"


def _called(role: str, names: Mapping[str, str]) -> str:
    name = names.get(role, role)
    return role if name.startswith("%") else name


def _effect(scenario: Scenario, machine: Machine, objects: Objects, taken: Taken) -> str:
    step, event = taken.step, taken.event
    if isinstance(step, Acquire) and not event.done:
        return "fails"
    if isinstance(step, Life):
        return _life_effect(objects, taken)
    if not isinstance(step, Access):
        return ""
    if step.index is None:
        return _word_effect(scenario, objects, step, event.old, event.new)
    if event.object == 0:
        return "" if event.done else "fails"
    return _count_effect(machine, objects, taken)


def _life_effect(objects: Objects, taken: Taken) -> str:
    step, event = taken.step, taken.event
    assert isinstance(step, Life)
    if not event.object:
        return ""
    name = objects[event.object - 1]
    if step.what == "reuse":
        return f"the memory of {name} is another object"
    if event.broke == "use-after-free":
        return f"{name} is free" if step.what == "use" else f"{name} is freed while it is held"
    freed = taken.state.get(of("freed", event.object))
    return {
        "use": f"touches {name}",
        "give": f"a reference to {name} goes to somebody else",
        "free": f"{name} is freed",
        "free-deferred": f"{name} is freed" if freed else f"{name} is to be freed",
    }[step.what]


def _word_effect(
    scenario: Scenario, objects: Objects, step: Access, old: int | None, new: int | None
) -> str:
    name = step.family
    if scenario.split is not None and scenario.split.word == name:
        return _halves(objects, step, old if step.op == "load" else new)
    if step.op == "load":
        return f"{name} is {_shown(scenario, objects, name, old)}"
    return f"{name} = {_shown(scenario, objects, name, new)}"


def _halves(objects: Objects, step: Access, value: int | None) -> str:
    """The half a step touches, by the object it is of; both where it touches
    the entry in one piece."""
    names = ["0", *objects]
    halves = {"low": names[(value or 0) & MASK], "high": names[(value or 0) >> SHIFT & MASK]}
    told = [step.protocol] if step.protocol in halves else list(halves)
    verb = "is" if step.op == "load" else "="
    return ", ".join(f"{half} {verb} {halves[half]}" for half in told)


def _shown(scenario: Scenario, objects: Objects, name: str, value: int | None) -> str:
    """A value as people read it; a word that begins with a number holds
    numbers, and so does a ghost, and one that never begins with an object."""
    first = [path.initial.get(name) for path in scenario.paths]
    word = next(one for one in scenario.words if one.name == name)
    numbers = word.ghost or not any(isinstance(one, str) for one in first)
    return str(value or 0) if numbers else _value(objects, value)


def _value(objects: Objects, value: int | None) -> str:
    if not value:
        return "none"
    if value < 0:
        return str(value)
    if value <= len(objects):
        return objects[value - 1]
    if value - 4 in range(1, len(objects) + 1):
        return f"migration entry of {objects[value - 5]}"
    return str(value)


def _count_effect(machine: Machine, objects: Objects, taken: Taken) -> str:
    step, event = taken.step, taken.event
    whose = "" if event.object == 1 else f" of {objects[event.object - 1]}"
    assert isinstance(step, Access)
    if event.broke == "use-after-free":
        return f"{objects[event.object - 1]} is free"
    if step.op == "load":
        return f"count{whose} is {event.old}"
    if not event.done:
        return f"fails: count{whose} is {event.old}"
    owned = taken.state.get(of("owed", event.object)) or 0
    text = f"count{whose} {event.old} -> {event.new}"
    frozen = taken.state.get(of("frozen", event.object))
    if not frozen and event.new is not None and event.new < owned:
        text += f", but {owned} references are held"
    return text
