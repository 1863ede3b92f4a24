# SPDX-License-Identifier: GPL-2.0-only
"""A schedule, drawn with one column a CPU."""

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from reviewer.report.text import called, clean, distinct
from reviewer.verdict.records import WitnessStep

NARROWEST = 22
_GAP = 4
_TIGHT_GAP = 2
# Stands for a blank inside an effect while a step is wrapped, so that the effect is
# moved to the next line whole rather than torn.
_TIED = "\x00"


def interleaving(witness: Sequence[WitnessStep], width: int) -> list[str]:
    """The schedule in lines of at most ``width`` columns.

    A heading and a dashed line, then one step a row in the column of its CPU,
    with its effect in brackets.  Columns stand in the order of the CPU numbers.
    Where a column would have less than 22 columns, one line a step instead:
    ``CPU 2  actor(): step [effect]``.  An empty witness gives no line.
    """
    cpus = sorted({step.cpu for step in witness})
    if not cpus:
        return []
    gap = _GAP if len(cpus) < 3 else _TIGHT_GAP
    room = width - gap * (len(cpus) - 1)
    if room // len(cpus) < NARROWEST:
        return _step_by_step(witness, width)
    headings = [_heading(witness, cpu) for cpu in cpus]
    cells = [_cell(step) for step in witness]
    told = [
        (heading, *_of_cpu(witness, cells, cpu))
        for cpu, heading in zip(cpus, headings, strict=True)
    ]
    natural = [max(map(len, texts)) for texts in told]
    whole = [max(len(word) for text in texts for word in text.split(" ")) for texts in told]
    widths = _unbroken(_shared(natural, room), whole, room)
    rows = _row([_wrapped(text, size) for text, size in zip(headings, widths, strict=True)])
    rows.append(["-" * size for size in widths])
    for step, cell in zip(witness, cells, strict=True):
        column = cpus.index(step.cpu)
        rows += _row([_wrapped(cell, widths[i]) if i == column else [] for i in range(len(cpus))])
    return [_joined(row, widths, gap) for row in rows]


def _heading(witness: Sequence[WitnessStep], cpu: int) -> str:
    actors = distinct([called(step.actor) for step in witness if step.cpu == cpu])
    return f"CPU {cpu}: {', '.join(actors)}" if actors else f"CPU {cpu}"


def _cell(step: WitnessStep) -> str:
    text, effect = clean(step.step), clean(step.effect)
    if not effect:
        return text
    return f"{text}  [{effect.replace(' ', _TIED)}]"


def _of_cpu(witness: Sequence[WitnessStep], cells: Sequence[str], cpu: int) -> list[str]:
    return [cell for step, cell in zip(witness, cells, strict=True) if step.cpu == cpu]


def _shared(natural: Sequence[int], room: int) -> list[int]:
    """The widths of the columns: what each needs, or a fair part of the room."""
    widths = list(natural)
    open_columns = list(range(len(widths)))
    while sum(widths) > room and open_columns:
        closed = sum(size for i, size in enumerate(widths) if i not in open_columns)
        fair = (room - closed) // len(open_columns)
        narrow = [i for i in open_columns if natural[i] <= fair]
        if not narrow:
            for i in open_columns:
                widths[i] = fair
            break
        open_columns = [i for i in open_columns if i not in narrow]
    return widths


def _unbroken(widths: Sequence[int], whole: Sequence[int], room: int) -> list[int]:
    """The widths, changed so that no word is broken where that can be had.

    ``whole`` is what the longest word of each column takes; a word that does not
    begin its step is set two columns in.
    """
    need = [size + 2 for size in whole]
    given = [max(size, least) for size, least in zip(widths, need, strict=True)]
    over = sum(given) - room
    for i in range(len(given)):
        taken = max(min(over, given[i] - need[i]), 0)
        given[i] -= taken
        over -= taken
    return given if over <= 0 else list(widths)


def _wrapped(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace(_TIED, " ") for line in lines]


def _row(cells: Sequence[list[str]]) -> list[list[str]]:
    return [list(line) for line in zip_longest(*cells, fillvalue="")]


def _joined(row: Sequence[str], widths: Sequence[int], gap: int) -> str:
    cells = (text.ljust(size) for text, size in zip(row, widths, strict=True))
    return (" " * gap).join(cells).rstrip()


def _step_by_step(witness: Sequence[WitnessStep], width: int) -> list[str]:
    lines: list[str] = []
    for step in witness:
        effect = f" [{clean(step.effect)}]" if clean(step.effect) else ""
        actor = f"{called(step.actor)}: " if step.actor else ""
        text = f"{actor}{clean(step.step)}{effect}"
        first = f"CPU {step.cpu}  "
        lines += textwrap.wrap(
            text,
            max(width, len(first) + 8),
            initial_indent=first,
            subsequent_indent=" " * (len(first) + 2),
            break_on_hyphens=False,
        )
    return lines
