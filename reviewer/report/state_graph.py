# SPDX-License-Identifier: GPL-2.0-only
"""The states of a small model and the ways between them, as a picture (SVG) and
for Graphviz.

A state stands in the row that says how many transitions it is away from the
start, and names what the transition that first led to it changed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from reviewer.record import dataclass
from reviewer.report.dot import inside
from reviewer.report.drawing import COLOURS
from reviewer.report.simulated import Tried, where
from reviewer.report.text import called, clean, distinct
from reviewer.simulation.state_graph import END, START, STUCK, Move, State, StateGraph
from reviewer.simulation.trial import Explored

if TYPE_CHECKING:
    from jinja2 import Template

CHAR, LINE, PAD = 6.1, 13, 5
SMALL, LABEL = 5.2, 10
APART, BELOW, MARGIN, HEAD = 18, 46, 20, 88
MOST_LINES, MOST_CHARS, MOST_OF_STEP = 5, 34, 27
"""What fits into the box of a state; the tip that belongs to it has it all."""

SWEEPS = 4
BROKEN, ENDED, BEGUN, PLAIN = "#f6c6c2", "#c5e8cb", "#cfe0f7", "#ffffff"
SHARED = {
    "lock": ("{} is free", "{} is taken"),
    "freed": ("{} is not free", "{} is freed"),
    "frozen": ("{} is not frozen", "{} is frozen"),
    "reused": ("{} is as it was", "{} is used anew"),
}
OF_CPU = {"held": "CPU {} holds {}", "kept": "CPU {} keeps {}"}
STAGES = ("not entered", "entered", "gave up", "succeeded", "returned")


@dataclass(frozen=True, slots=True)
class Node:
    """A state: what its box says, all that is known of it, its colour, and
    where the box is."""

    number: int
    lines: tuple[str, ...]
    tip: tuple[str, ...]
    fill: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A transition: what it says, all of its steps, its colour, and its curve."""

    source: int
    target: int
    cpu: int
    text: str
    tip: str
    colour: str
    curve: str
    x: float
    y: float
    back: bool


def dot(graph: StateGraph, one: Tried, run: Explored) -> str:
    """The graph in the language of Graphviz."""
    return _rendered("states.dot.j2", graph, one, run)


def drawing(graph: StateGraph, one: Tried, run: Explored) -> str:
    """The graph as SVG; it has no scripts and refers to nothing, and the same
    model gives the same bytes."""
    return _rendered("states.svg.j2", graph, one, run)


def _rendered(template: str, graph: StateGraph, one: Tried, run: Explored) -> str:
    words = _Words(tuple(one.names.get(role, role) for role in one.trial.scenario.objects), run)
    every = range(len(graph.states))
    texts = [_lines(graph, words, at) for at in every]
    nodes = _placed(graph, texts, [_tip(graph, words, at) for at in every])
    heads = [
        f"CPU {cpu}: {called(program.name)}" for cpu, program in enumerate(graph.machine.programs)
    ]
    return _template(template).render(
        title=f"{one.trial.scenario.name} {one.label}: {one.trial.verdict}",
        about=f"{where(run)}; {len(graph.states)} states, {len(graph.moves)} transitions",
        cpus=[(text, _colour(cpu)) for cpu, text in enumerate(heads)],
        kinds=[("start", BEGUN), ("end", ENDED), ("broken", BROKEN)],
        nodes=nodes,
        arrows=list(_arrows(graph, nodes)),
        width=max([node.x + node.width for node in nodes] + [720 - MARGIN]) + MARGIN,
        height=max(node.y + node.height for node in nodes) + MARGIN,
    )


@cache
def _template(name: str) -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=name.endswith(".svg.j2"),
    )
    environment.filters["px"] = lambda size: f"{size:.1f}".removesuffix(".0")
    environment.filters["inside"] = inside
    text = files("reviewer.report").joinpath(f"templates/{name}").read_text("utf-8")
    return environment.from_string(text)


def _colour(cpu: int) -> str:
    return COLOURS[cpu % len(COLOURS)]


# What a state says --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """How objects are called, in which run."""

    objects: tuple[str, ...]
    run: Explored


def _lines(graph: StateGraph, words: _Words, at: int) -> tuple[str, ...]:
    """What differs from the state before, all there is at the start; its number
    where it differs in the place of a CPU alone."""
    state = graph.states[at]
    before: Mapping[str, int] = graph.states[state.parent].fields if state.parent >= 0 else {}
    lines = [text for text in (state.broke, "deadlock" if state.kind == STUCK else "") if text]
    for name in _fields(state, before):
        new, old = state.fields.get(name, 0), before.get(name, 0)
        if new != old and (text := _field(words, name, new)):
            lines.append(text)
    return tuple(lines or [f"({at})"])


def _fields(*states: "State | Mapping[str, int]") -> list[str]:
    names: set[str] = set()
    for one in states:
        names |= set(one.fields if isinstance(one, State) else one)
    return sorted(names, key=lambda name: (name[0].isdigit(), name))


def _field(words: _Words, name: str, value: int) -> str:
    """A field of the state with its value, empty for what is of the model alone."""
    kind, _, which = name.partition(".")
    if kind == "word":
        return f"{which} = {_value(words, which, value)}"
    thing = _object(words, which) if which.isdigit() else which
    if kind == "count":
        return f"count of {thing} is {value}"
    if kind in SHARED:
        return SHARED[kind][bool(value)].format(thing)
    cpu, kind, rest = (*name.split(".", 2), "")[:3]
    if kind == "stage":
        return f"function {STAGES[value]}"
    if kind in OF_CPU:
        return f"{OF_CPU[kind].format(cpu, _object(words, rest))}: {value}"
    return ""


def _object(words: _Words, number: str) -> str:
    at = int(number) - 1
    return words.objects[at] if at < len(words.objects) else number


def _value(words: _Words, word: str, value: int) -> str:
    """A value of a word, an object where the word began as one."""
    if not isinstance(words.run.path.initial.get(word), str):
        return str(value)
    names = ("none", *words.objects)
    if 0 <= value < len(names):
        return names[value]
    if 0 < value - 4 < len(names):
        return f"entry of {names[value - 4]}"
    return str(value)


def _tip(graph: StateGraph, words: _Words, at: int) -> tuple[str, ...]:
    state = graph.states[at]
    told = [_field(words, name, value) for name, value in sorted(state.fields.items())]
    return (f"state {at}", *(text for text in told if text))


def _fill(state: State) -> str:
    if state.broke or state.kind == STUCK:
        return BROKEN
    return {END: ENDED, START: BEGUN}.get(state.kind, PLAIN)


# Where it stands ----------------------------------------------------------------


def _placed(
    graph: StateGraph, texts: Sequence[tuple[str, ...]], tips: Sequence[tuple[str, ...]]
) -> list[Node]:
    """The boxes: a row for each distance from the start, in it in an order in
    which few transitions cross.  Below a box is room for the transitions that
    leave it."""
    shown = [_fitted(lines) for lines in texts]
    widths = [max([len(text) for text in lines] + [3]) * CHAR + 2 * PAD for lines in shown]
    labels: dict[int, list[str]] = {}
    for move in graph.moves:
        labels.setdefault(move.source, []).append(_label(move))
    rooms = [
        max([width, *(len(text) * SMALL for text in labels.get(at, ()))]) + APART
        for at, width in enumerate(widths)
    ]
    rows = _rows(graph)
    longest = max(sum(rooms[at] for at in row) for row in rows)
    found: dict[int, Node] = {}
    top: float = HEAD + LINE * len(graph.machine.programs)
    for row in rows:
        left = MARGIN + (longest - sum(rooms[at] for at in row)) / 2
        for at in row:
            x = left + (rooms[at] - widths[at]) / 2
            size = max(len(shown[at]), 1) * LINE + 2 * PAD
            fill = _fill(graph.states[at])
            found[at] = Node(at, shown[at], tips[at], fill, x, top, widths[at], size)
            left += rooms[at]
        below = max(len(labels.get(at, ())) for at in row)
        top += max(found[at].height for at in row) + LABEL * below + BELOW
    return [found[at] for at in range(len(graph.states))]


def _fitted(lines: Sequence[str]) -> tuple[str, ...]:
    cut = [clean(text) for text in lines]
    cut = [text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS - 1]}…" for text in cut]
    return (*cut[:MOST_LINES], "…") if len(cut) > MOST_LINES else tuple(cut)


def _rows(graph: StateGraph) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(one.depth for one in graph.states) + 1)]
    for at, state in enumerate(graph.states):
        rows[state.depth].append(at)
    above: dict[int, list[int]] = {at: [] for at in range(len(graph.states))}
    below: dict[int, list[int]] = {at: [] for at in range(len(graph.states))}
    for move in graph.moves:
        if graph.states[move.target].depth > graph.states[move.source].depth:
            above[move.target].append(move.source)
            below[move.source].append(move.target)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            _order(row, above if down else below, rows, graph)
    return rows


def _order(
    row: list[int],
    neighbours: Mapping[int, Sequence[int]],
    rows: Sequence[Sequence[int]],
    graph: StateGraph,
) -> None:
    """Put each state of a row where its neighbours are, on the average."""
    places = {at: n / max(len(one) - 1, 1) for one in rows for n, at in enumerate(one)}

    def middle(at: int) -> float:
        known = [places[other] for other in neighbours[at]]
        return sum(known) / len(known) if known else places[at]

    row.sort(key=lambda at: (middle(at), at))


# Transitions --------------------------------------------------------------------


def _arrows(graph: StateGraph, nodes: Sequence[Node]) -> Iterator[Arrow]:
    """The transitions; what they say stands below the state they leave."""
    leaving = Counter(move.source for move in graph.moves)
    said: Counter[int] = Counter()
    for move in graph.moves:
        source, target = nodes[move.source], nodes[move.target]
        back = graph.states[move.target].depth <= graph.states[move.source].depth
        said[move.source] += 1
        yield Arrow(
            move.source,
            move.target,
            move.cpu,
            _label(move),
            f"CPU {move.cpu}: {'; '.join(_steps(move)) or 'goes on'}",
            _colour(move.cpu),
            _curve(source, target, back, LABEL * leaving[move.source] + 4),
            source.x + source.width / 2,
            source.y + source.height + LABEL * said[move.source] + 1,
            back,
        )


def _label(move: Move) -> str:
    """The CPU, the line and the first step of a transition."""
    origins = (taken.step.origin for taken in move.steps)
    first = next((one for one in origins if one.text), None)
    if first is None:
        return f"{move.cpu}: goes on"
    text = f"{move.cpu}: {f'{first.line} ' if first.line else ''}{clean(first.text)}"
    return text if len(text) <= MOST_OF_STEP else f"{text[: MOST_OF_STEP - 1]}…"


def _steps(move: Move) -> list[str]:
    """The steps of a transition as the source has them, each once."""
    return distinct([clean(taken.step.origin.text) for taken in move.steps])


def _curve(source: Node, target: Node, back: bool, below: float) -> str:
    """The way of an arrow: downwards from below what is said there, or around
    the side to a state above."""
    if back:
        x1, y1 = source.x + source.width, source.y + source.height / 2
        x2, y2 = target.x + target.width, target.y + target.height / 2
        bend = max(x1, x2) + 30
        return f"M{x1:.1f} {y1:.1f} C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    x1, y1 = source.x + source.width / 2, source.y + source.height + below
    x2, y2 = target.x + target.width / 2, target.y
    middle = (y1 + y2) / 2
    return f"M{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
