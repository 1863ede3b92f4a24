# SPDX-License-Identifier: GPL-2.0-only
"""What a function takes a count to be, where the scenario cannot compute it."""

from collections.abc import Mapping

from reviewer.record import replace
from reviewer.simulation.bindings import Bindings, linear
from reviewer.simulation.lifter import Notes
from reviewer.simulation.steps import Access, Branch, Let, Step, Stop, Value, const


def assume(steps: tuple[Step, ...], bindings: Bindings, notes: Notes) -> tuple[Step, ...]:
    """Give a number to what the function compares a count with.

    Such a number is computed outside the scenario; what the function means by
    it is the count when nobody else has a reference, so that is the
    number it gets, and the review says so.
    """
    meaning: dict[tuple[tuple[str, int], ...], int] = {}
    settled: set[int | None] = set()
    for value, number in _compared(steps, notes):
        form = linear(value)
        known = bindings.accounted.get(number or 0)
        if form is None or known is None or not form[1]:
            continue
        key = tuple(sorted(form[1].items()))
        # A second unknown number is not taken to be the same one.
        if key not in meaning and number not in settled:
            settled.add(number)
            meaning[key] = known - form[0]
            notes.assumptions.append(
                f"{' + '.join(sorted(form[1]))} is taken to be {meaning[key]}, "
                f"the count when nobody else has a reference"
            )
    return tuple(_substituted(step, meaning) for step in steps)


def _compared(steps: tuple[Step, ...], notes: Notes) -> list[tuple[Value, int | None]]:
    found: list[tuple[Value, int | None]] = []
    for step in steps:
        if isinstance(step, Access) and step.op == "cas" and step.expect is not None:
            if step.index is not None and step.index[0] == "const":
                found.append((step.expect, int(step.index[1])))
        elif isinstance(step, Branch) and step.value[0] == "op":
            for one, two in ((step.value[2], step.value[3]), (step.value[3], step.value[2])):
                if one[0] == "local" and one[1] in notes.counts:
                    found.append((two, notes.counts[one[1]]))
    return found


def _substituted(step: Step, meaning: Mapping[tuple[tuple[str, int], ...], int]) -> Step:
    def known(value: Value | None) -> Value | None:
        if value is None:
            return None
        form = linear(value)
        if form is not None and form[1]:
            key = tuple(sorted(form[1].items()))
            if key in meaning:
                return const(meaning[key] + form[0])
        if value[0] in ("op", "un"):
            return (value[0], value[1], *(known(part) for part in value[2:]))
        return value

    match step:
        case Access():
            return replace(step, value=known(step.value), expect=known(step.expect))
        case Branch():
            return replace(step, value=known(step.value) or step.value)
        case Let() | Stop():
            return replace(step, value=known(step.value) or step.value)
        case _:
            return step
