# SPDX-License-Identifier: GPL-2.0-only
"""Turn a schedule of the explorer into lines people can follow."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.simulation.explore import Taken
from reviewer.simulation.machine import Machine, owed
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.steps import Access, Acquire, Mark, Release, Stop, Wait


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


def trace(scenario: Scenario, machine: Machine, schedule: Sequence[Taken]) -> tuple[TraceStep, ...]:
    """The lines of a schedule, CPUs numbered as they are needed, the
    function under review on the last one."""
    shown = [taken for taken in _relevant(machine, schedule)]
    used = sorted({taken.cpu for taken in shown})
    number = {cpu: position for position, cpu in enumerate(used)}
    return tuple(
        TraceStep(
            number[taken.cpu],
            machine.programs[taken.cpu].name,
            _text(taken),
            _effect(scenario, machine, taken),
            taken.step.origin.file,
            taken.step.origin.line,
        )
        for taken in shown
    )


def _relevant(machine: Machine, schedule: Sequence[Taken]) -> list[Taken]:
    """Drop the steps that only set the scene: contexts, and what the caller
    of the function does to nobody else's notice."""
    shown = []
    entered = False
    for taken in schedule:
        step = taken.step
        if taken.cpu != machine.subject:
            if isinstance(step, Access | Acquire | Release):
                shown.append(taken)
            continue
        if isinstance(step, Mark):
            entered = entered or step.what == "enter"
            if step.what == "leave" and step.text:
                shown.append(taken)
        elif isinstance(step, Access) and not (step.op == "load" and not entered):
            shown.append(taken)
        elif entered and isinstance(step, Acquire | Release):
            shown.append(taken)
        elif isinstance(step, Wait) and not step.what.endswith("-done"):
            shown.append(taken)
    return shown


def _text(taken: Taken) -> str:
    step = taken.step
    if isinstance(step, Mark | Stop):
        return f"return {step.text}".strip()
    return step.origin.text


def _effect(scenario: Scenario, machine: Machine, taken: Taken) -> str:
    step, event = taken.step, taken.event
    if isinstance(step, Acquire) and not event.done:
        return "fails"
    if not isinstance(step, Access):
        return ""
    if step.index is None:
        return _word_effect(scenario, step, event.old, event.new)
    if event.object == 0:
        return "" if event.done else "fails"
    return _count_effect(scenario, machine, taken)


def _word_effect(scenario: Scenario, step: Access, old: int | None, new: int | None) -> str:
    name = step.family
    if step.op == "load":
        return f"{name} is {_value(scenario, old)}"
    return f"{name} = {_value(scenario, new)}"


def _value(scenario: Scenario, value: int | None) -> str:
    names = list(scenario.objects)
    if not value:
        return "none"
    if value <= len(names):
        return names[value - 1]
    if value - 4 in range(1, len(names) + 1):
        return f"migration entry of {names[value - 5]}"
    return str(value)


def _count_effect(scenario: Scenario, machine: Machine, taken: Taken) -> str:
    step, event = taken.step, taken.event
    names = list(scenario.objects)
    of = "" if event.object == 1 else f" of {names[event.object - 1]}"
    assert isinstance(step, Access)
    if step.op == "load":
        return f"count{of} is {event.old}"
    if not event.done:
        return f"fails: count{of} is {event.old}"
    plan = machine.layout
    owned = owed(taken.shared, plan, event.object)
    text = f"count{of} {event.old} -> {event.new}"
    frozen = taken.shared[plan.frozen[event.object]]
    if not frozen and event.new is not None and event.new < owned:
        text += f", but {owned} references are held"
    return text
