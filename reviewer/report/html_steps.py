# SPDX-License-Identifier: GPL-2.0-only
"""A schedule as a table: a column a CPU, a row a step."""

from collections.abc import Sequence

from reviewer.record import dataclass
from reviewer.report.html_source import Source
from reviewer.report.text import called, clean, distinct
from reviewer.verdict.records import WitnessStep


@dataclass(frozen=True, slots=True)
class Cpu:
    """A column: the CPU and what it runs."""

    number: int
    actors: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A row: ``row`` is the line of the function shown that the step is in, empty
    where it is not seen."""

    number: int
    cpu: int
    actor: str
    text: str
    effect: str
    place: str
    row: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule with its caption; ``name`` is unique on the page."""

    name: str
    caption: str
    cpus: tuple[Cpu, ...]
    moments: tuple[Moment, ...]


def schedule(
    name: str, caption: str, witness: Sequence[WitnessStep], shown: Source | None
) -> Schedule:
    """The schedule, its steps tied to the lines of the function that is ``shown``."""
    numbers = sorted({step.cpu for step in witness})
    return Schedule(
        name,
        caption,
        tuple(Cpu(cpu, _actors(witness, cpu)) for cpu in numbers),
        tuple(_moment(number, step, shown) for number, step in enumerate(witness, 1)),
    )


def _actors(witness: Sequence[WitnessStep], cpu: int) -> str:
    return ", ".join(distinct([called(step.actor) for step in witness if step.cpu == cpu]))


def _moment(number: int, step: WitnessStep, shown: Source | None) -> Moment:
    place = f"{clean(step.file)}:{step.line}" if step.file and step.line else ""
    row = shown.place(step.file, step.line) if shown else ""
    return Moment(
        number, step.cpu, called(step.actor), clean(step.step), clean(step.effect), place, row
    )
