# SPDX-License-Identifier: GPL-2.0-only
"""The control flow and the lock scopes of a function as a picture (SVG)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from reviewer.record import dataclass
from reviewer.report.flowgraph import Flow, fit
from reviewer.report.listing import BACK, CODE, DIM, Fall, Listing, Route, Row, listing
from reviewer.report.scopes import FREE, MAY, MUST, Scope

if TYPE_CHECKING:
    from jinja2 import Template

ROW, GAP, CHAR = 17, 15, 7.23
MARGIN, BAR, STEP, NUMBER = 18, 13, 17, 44
LABEL, LANE, LANES = 30, 9, 1000
HEAD, LINE = 60, 18
MOST_LINES = 8
"""Lines, and problems, that are named before it breaks off."""

COLOURS = ("#1f6fb4", "#c8681c", "#7d4ba6", "#b0307a", "#157f86", "#8a6320", "#4a58b5", "#6b7a12")
CONTEXT = "#66758a"
TRUE, FALSE, AGAIN, PLAIN = "#1a7f37", "#c0341d", "#2457c5", "#57606a"
HEADS = {TRUE: "true", FALSE: "false", PLAIN: "jump", AGAIN: "loop"}


@dataclass(frozen=True, slots=True)
class Column:
    """One lock or context: its letter, colour and place, and what the legend says."""

    scope: Scope
    letter: str
    colour: str
    x: float
    about: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch over which a lock is held, on every path or on some."""

    column: Column
    y: float
    height: float
    sure: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Box:
    """The frame around rows that run one after the other."""

    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Text:
    """A source line at its place; ``tip`` says what is held there, ``holds`` what
    is still held where the function is left, ``note``, which stands ``behind`` it,
    what runs because a scope ends."""

    row: Row
    x: float
    y: float
    tip: str
    holds: str
    note: str
    behind: float


@dataclass(frozen=True, slots=True)
class Stub:
    """The horizontal end of a route, with an ``arrow`` where it comes in; the
    label stands ``shift`` beside the box."""

    y: float
    colour: str
    label: str
    arrow: bool
    shift: float


@dataclass(frozen=True, slots=True)
class Line:
    """A route: the vertical line at ``x`` and its ends."""

    x: float
    top: float
    bottom: float
    colour: str
    stubs: tuple[Stub, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class Step:
    """The short arrow from one box to the next."""

    top: float
    bottom: float
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """Where things are: the left and right edge of the boxes, the first lane, the
    tops of the rows, and the size of the whole."""

    left: float
    right: float
    lanes: float
    spacing: float
    tops: Sequence[float]
    width: float
    height: float


def drawing(flow: Flow, origin: str = "") -> str:
    """The picture as SVG; ``origin`` says where the source is from (``Linux 6.12``).

    It has no scripts and refers to nothing; the same function gives the same bytes.
    """
    shown = listing(flow)
    columns = _columns(flow)
    sizes = _sizes(flow, shown, columns)
    return _template().render(
        flow=flow,
        origin=origin,
        columns=columns,
        sizes=sizes,
        boxes=list(_boxes(shown, sizes)),
        texts=[
            _text(row, y, columns, sizes) for row, y in zip(shown.rows, sizes.tops, strict=True)
        ],
        bars=[bar for column in columns for bar in _bars(column, shown, sizes)],
        steps=[_step(fall, shown, sizes) for fall in shown.falls],
        lines=_lines(shown, sizes),
        heads=HEADS,
        problems=_problems(flow),
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    environment.filters["px"] = lambda size: f"{size:.1f}".removesuffix(".0")
    text = files("reviewer.report").joinpath("templates/graph.svg.j2").read_text("utf-8")
    return environment.from_string(text)


def _columns(flow: Flow) -> list[Column]:
    found = []
    locks = 0
    for number, scope in enumerate(flow.scopes):
        colour = COLOURS[locks % len(COLOURS)] if scope.is_lock else CONTEXT
        locks += scope.is_lock
        x = MARGIN + STEP * number
        found.append(Column(scope, _letter(number), colour, x, _about(scope)))
    return found


def _letter(number: int) -> str:
    more, last = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("A") + last)


def _about(scope: Scope) -> str:
    parts = [scope.kind] if scope.kind else []
    words = ("taken", "dropped") if scope.is_lock else ("entered", "left")
    told = (
        (words[0], scope.taken),
        (words[1], scope.dropped),
        ("ends with its scope", scope.ended),
    )
    parts += [f"{word} {_numbers(lines)}" for word, lines in told if lines]
    return "; ".join(parts)


def _numbers(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:MOST_LINES]))
    return f"{shown}, \u2026" if len(lines) > MOST_LINES else shown


def _sizes(flow: Flow, shown: Listing, columns: Sequence[Column]) -> Sizes:
    top = HEAD + LINE * (len(columns) + 1 + len(_problems(flow))) + 26
    tops: list[float] = []
    previous: Row | None = None
    for row in shown.rows:
        if previous is not None:
            top += ROW + _gap(previous, row)
        tops.append(top)
        previous = row
    left = MARGIN + STEP * len(columns) + NUMBER
    right = left + 44 + CHAR * max(len(row.text) + len(_note(row)) for row in shown.rows)
    lanes = max((route.lane + 1 for route in shown.routes), default=0)
    spacing = min(LANE, LANES / max(lanes, 1))
    legend = [38 + CHAR * (len(one.scope.name) + len(one.about) + 2) for one in columns]
    legend += [MARGIN + CHAR * len(problem) for problem in _problems(flow)]
    width = max(right + LABEL + lanes * spacing + MARGIN, 740, *(x + MARGIN for x in legend))
    return Sizes(left, right, right + LABEL, spacing, tops, width, top + ROW + MARGIN + 6)


def _problems(flow: Flow) -> list[str]:
    """What is not known, as far as there is room for it."""
    shown = [fit(one.encode("utf-8", "replace")) for one in flow.problems[:MOST_LINES]]
    more = len(flow.problems) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _gap(one: Row, other: Row) -> int:
    if one.box == other.box:
        return 0
    return GAP if one.box >= 0 and other.box >= 0 else GAP // 2


def _boxes(shown: Listing, sizes: Sizes) -> Iterator[Box]:
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for row, y in zip(shown.rows, sizes.tops, strict=True):
        if row.box >= 0:
            first.setdefault(row.box, y)
            last[row.box] = y
    for number, y in first.items():
        yield Box(y - 2, last[number] - y + ROW + 4)


def _note(row: Row) -> str:
    return f"  {', '.join(row.notes)} at end of scope" if row.notes else ""


def _text(row: Row, y: float, columns: Sequence[Column], sizes: Sizes) -> Text:
    held = [(one, one.scope.cells.get(row.line, (FREE, FREE))) for one in columns]
    sure = [one for one, cell in held if cell[0] == MUST]
    perhaps = [one for one, cell in held if cell[0] == MAY]
    parts = [f"line {row.line}"]
    if row.kind == CODE:
        parts.append(_names("holds", sure) or "holds nothing this function took")
        parts += [_names("may hold", perhaps)] if perhaps else []
    kept = [one.letter for one, cell in held if row.leaves and cell[1] == MUST]
    # Between boxes the arrows from one to the next need the first columns.
    shift = 34 if row.kind == DIM and row.text.startswith("#") else 10
    x = sizes.left + shift
    behind = x + CHAR * (len(row.text) + 2)
    holds = f"still {' '.join(kept)}" if kept else ""
    return Text(row, x, y, "; ".join(parts), holds, _note(row).strip(), behind)


def _names(verb: str, columns: Sequence[Column]) -> str:
    return f"{verb} {', '.join(one.scope.name for one in columns)}" if columns else ""


def _bars(column: Column, shown: Listing, sizes: Sizes) -> Iterator[Bar]:
    """The halves of rows that are held alike and follow each other, as one."""
    halves: list[tuple[float, float, int, int]] = []
    for row, y, cell in zip(shown.rows, sizes.tops, _cells(column.scope, shown), strict=True):
        halves.append((y, y + ROW / 2, cell[0], row.line))
        halves.append((y + ROW / 2, y + ROW, cell[1], row.line))
    start = 0
    for number in range(1, len(halves) + 1):
        if number < len(halves) and halves[number][2] == halves[start][2]:
            continue
        top, _, level, first = halves[start]
        _, bottom, _, last = halves[number - 1]
        if level != FREE:
            yield Bar(column, top, bottom - top, level == MUST, _held(column, level, first, last))
        start = number


def _cells(scope: Scope, shown: Listing) -> list[tuple[int, int]]:
    """How a lock is held in each row.  A statement goes on as it began; what is
    in no block is held as the rows around it agree."""
    found: list[tuple[int, int]] = []
    before = FREE
    for row in shown.rows:
        before = scope.cells.get(row.line, (before, before))[1]
        found.append(scope.cells.get(row.line, (before, before)))
    behind = FREE
    for number in range(len(found) - 1, -1, -1):
        if shown.rows[number].kind == DIM and found[number][0] != behind:
            found[number] = FREE, FREE
        behind = found[number][0]
    return found


def _held(column: Column, level: int, first: int, last: int) -> str:
    how = "on every path" if level == MUST else "on some path"
    verb = "held" if column.scope.is_lock else "entered"
    where = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"{column.scope.name}: {verb} {how}, {where}"


def _step(fall: Fall, shown: Listing, sizes: Sizes) -> Step:
    top, bottom = sizes.tops[fall.source] + ROW + 2, sizes.tops[fall.target] - 2
    label = fall.label if fall.label in ("T", "F") else ""
    return Step(top, bottom, _colour(label), label)


def _colour(label: str) -> str:
    return {"T": TRUE, "F": FALSE}.get(label, PLAIN)


def _lines(shown: Listing, sizes: Sizes) -> list[Line]:
    """The routes, the outer ones first, so that the inner ones lie above them."""
    heights = _heights(shown, sizes)
    found = [
        _line(number, route, shown, sizes, heights) for number, route in enumerate(shown.routes)
    ]
    return sorted(found, key=lambda one: (-one.x, one.top))


Heights = Mapping[tuple[int, int, bool], float]


def _heights(shown: Listing, sizes: Sizes) -> Heights:
    """Where in its row each end of each route is: what comes in above what goes
    out, by route, row and whether it goes out."""
    ends: dict[int, list[tuple[bool, int]]] = {}
    for number, route in enumerate(shown.routes):
        for end in route.targets:
            ends.setdefault(end.row, []).append((False, number))
        for end in route.sources:
            ends.setdefault(end.row, []).append((True, number))
    return {
        (number, row, out): sizes.tops[row] + ROW * (place + 1) / (len(some) + 1)
        for row, some in ends.items()
        for place, (out, number) in enumerate(sorted(some))
    }


def _line(number: int, route: Route, shown: Listing, sizes: Sizes, heights: Heights) -> Line:
    labels = {end.label for end in route.sources}
    colour = AGAIN if route.kind == BACK else _colour(labels.pop() if len(labels) == 1 else "")
    stubs = [
        Stub(
            heights[number, end.row, True],
            _colour(end.label) if end.label in ("T", "F") else colour,
            end.label if end.label in ("T", "F") else "",
            False,
            12 if end.label == "T" else 22,
        )
        for end in route.sources
    ]
    stubs += [Stub(heights[number, end.row, False], colour, "", True, 0) for end in route.targets]
    ys = [one.y for one in stubs]
    x = sizes.lanes + sizes.spacing * (route.lane + 0.5)
    return Line(x, min(ys), max(ys), colour, tuple(stubs), _told(route, shown))


def _told(route: Route, shown: Listing) -> str:
    def named(ends: Sequence[tuple[int, str]]) -> str:
        return ", ".join(f"{row}{f' ({label})' if label else ''}" for row, label in ends)

    sources = [(shown.rows[end.row].line, end.label) for end in route.sources]
    targets = [(shown.rows[end.row].line, end.label) for end in route.targets]
    return f"from line {named(sources)} to line {named(targets)}"
