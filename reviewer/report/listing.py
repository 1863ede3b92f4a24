# SPDX-License-Identifier: GPL-2.0-only
"""A function as rows of source with jumps beside them: what is drawn, but for
the size of things."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reviewer.cfg.graph import Invoke, Join, Leave, Unknown
from reviewer.record import dataclass
from reviewer.report.flowgraph import EXIT, Flow, at_scope_end

CODE, DIM, GAP = "code", "dim", "gap"
FORWARD, BACK, SWITCH = "forward", "back", "switch"

_PUNCTUATION = frozenset("{};")


@dataclass(frozen=True, slots=True)
class Row:
    """One source line.  ``kind`` is `CODE`, `DIM` for a line that is in no
    block (``} else {``, a preprocessor line), or `GAP` for code that was not
    understood.  ``notes`` are the calls that run there because a scope ends;
    ``leaves`` says that the function is left there, ``stuck`` that a call does
    not come back."""

    line: int
    text: str
    kind: str
    box: int
    notes: tuple[str, ...]
    leaves: bool
    stuck: bool


@dataclass(frozen=True, slots=True)
class End:
    """One end of a route at a row; ``label`` as in `flowgraph.Edge`."""

    row: int
    label: str


@dataclass(frozen=True, slots=True)
class Route:
    """Jumps that are drawn as one line: all to one target, or all of a switch.

    ``lane`` counts from the source text outwards; no two routes of a lane
    have a row in common.
    """

    kind: str
    sources: tuple[End, ...]
    targets: tuple[End, ...]
    lane: int

    @property
    def first(self) -> int:
        """The row it begins on."""
        return min(end.row for end in (*self.sources, *self.targets))

    @property
    def last(self) -> int:
        """The row it ends on."""
        return max(end.row for end in (*self.sources, *self.targets))


@dataclass(frozen=True, slots=True)
class Fall:
    """Control goes on from the last row of a box to the first of the next."""

    source: int
    target: int
    label: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything in the picture; rows are counted from 0."""

    rows: tuple[Row, ...]
    routes: tuple[Route, ...]
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """The lines of a statement and its nodes."""

    first: int
    last: int
    nodes: tuple[int, ...]


Links = Mapping[tuple[int, int], str]
"""Edges between units by their numbers, with labels."""


def listing(flow: Flow) -> Listing:
    """The rows of a function and what leads from one to another."""
    units = _units(flow)
    links = _links(flow, units)
    boxes = _boxes(len(units), links)
    if not any(target == len(units) - 1 for _, target in links) and units[-1].nodes == (EXIT,):
        boxes[-1] = -1
    rows = tuple(_rows(flow, units, boxes))
    places = _places(rows, units)
    falls = tuple(
        Fall(places[source][1], places[target][0], label)
        for (source, target), label in links.items()
        if target == source + 1 and boxes[source] != boxes[target]
    )
    return Listing(rows, tuple(_routes(links, places)), falls)


def _units(flow: Flow) -> list[_Unit]:
    """The statements that do something, in order, and the end of the function."""
    owner = {line: span for span in flow.units for line in range(span[0], span[1] + 1)}
    nodes: dict[tuple[int, int], list[int]] = {}
    for number, line in enumerate(flow.node_lines):
        nodes.setdefault(owner.get(line, (line, line)), []).append(number)
    return [_Unit(*span, tuple(nodes[span])) for span in sorted(nodes)]


def _links(flow: Flow, units: Sequence[_Unit]) -> Links:
    of = {node: number for number, unit in enumerate(units) for node in unit.nodes}
    found: dict[tuple[int, int], list[str]] = {}
    for node, edges in enumerate(flow.succ):
        for target, label in edges:
            link = of[node], of[target]
            if target == EXIT and isinstance(flow.graph.nodes[node], Leave):
                continue
            if link[0] != link[1] or _again(flow, node, target):
                found.setdefault(link, []).append(label)
    again = {target for source, target in found if source > target}
    return {
        link: _joined(labels)
        for link, labels in found.items()
        if link[0] != link[1] or link[0] not in again
    }


def _again(flow: Flow, node: int, target: int) -> bool:
    """Whether an edge inside a statement closes a loop: ``while (x) f();``.  That
    of a ``for`` comes from its third part; where the body leads there, that is
    the edge people look for."""
    return target <= node and isinstance(flow.graph.nodes[target], Join)


def _joined(labels: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(labels))
    return "" if {"T", "F"} <= set(distinct) else ", ".join(one for one in distinct if one)


def _boxes(count: int, links: Links) -> list[int]:
    """The number of the box each unit is in: one box as long as nothing comes in
    from elsewhere and nothing goes out to elsewhere."""
    leaving: dict[int, set[int]] = {}
    coming: dict[int, set[int]] = {}
    for source, target in links:
        leaving.setdefault(source, set()).add(target)
        coming.setdefault(target, set()).add(source)
    found: list[int] = []
    box = -1
    for number in range(count):
        before = number - 1
        alone = coming.get(number) == {before} and leaving.get(before) == {number}
        plain = alone and not links[before, number]
        box += not plain
        found.append(box)
    return found


def _rows(flow: Flow, units: Sequence[_Unit], boxes: Sequence[int]) -> Iterator[Row]:
    of = {line: n for n, unit in enumerate(units) for line in range(unit.first, unit.last + 1)}
    for line in sorted(flow.text):
        bare = flow.bare[line].strip()
        if line in of and (bare or line == units[of[line]].first):
            number = of[line]
            yield _row(flow, units[number], line, boxes[number])
        elif set(bare) - _PUNCTUATION:
            yield Row(line, flow.text[line], DIM, -1, (), False, False)


def _row(flow: Flow, unit: _Unit, line: int, box: int) -> Row:
    nodes = [flow.graph.nodes[number] for number in unit.nodes]
    here = [flow.graph.nodes[n] for n in unit.nodes if flow.node_lines[n] == line]
    ended = [one for one in here if isinstance(one, Invoke) and one.scope is not None]
    last = line == unit.last
    stuck = any(not flow.succ[number] and number != EXIT for number in unit.nodes)
    return Row(
        line,
        flow.text[line],
        GAP if any(isinstance(node, Unknown) for node in nodes) else CODE if box >= 0 else DIM,
        box,
        tuple(dict.fromkeys(at_scope_end(one) for one in ended)),
        last and any(isinstance(node, Leave) for node in nodes),
        last and stuck,
    )


def _places(rows: Sequence[Row], units: Sequence[_Unit]) -> list[tuple[int, int]]:
    """The first and the last row of each unit."""
    of_line = {row.line: number for number, row in enumerate(rows)}
    found = []
    for unit in units:
        mine = [of_line[line] for line in range(unit.first, unit.last + 1) if line in of_line]
        found.append((mine[0], mine[-1]))
    return found


def _routes(links: Links, places: Sequence[tuple[int, int]]) -> Iterator[Route]:
    """The jumps, shortest first, each in the first lane outside of those before."""
    groups: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
    for (source, target), label in links.items():
        if target == source + 1:
            continue
        if label.startswith(("case ", "default")):
            key = SWITCH, source
        else:
            key = FORWARD if target > source else BACK, target
        groups.setdefault(key, []).append((places[source][1], places[target][0], label))
    drafts = [_route(kind, jumps) for (kind, _), jumps in groups.items()]
    drafts.sort(key=lambda one: (one.last - one.first, one.first, one.kind))
    # In a row, what comes in is drawn above what goes out.
    taken = [0] * 2 * (max(last for _, last in places) + 1)
    for one in drafts:
        begin = 2 * one.first + (one.targets[0].row != one.first)
        end = 2 * one.last + (one.sources[-1].row == one.last)
        lane = max(taken[begin : end + 1])
        taken[begin : end + 1] = [lane + 1] * (end + 1 - begin)
        yield Route(one.kind, one.sources, one.targets, lane)


def _route(kind: str, jumps: Sequence[tuple[int, int, str]]) -> Route:
    if kind == SWITCH:
        sources = (End(jumps[0][0], ""),)
        targets = tuple(End(target, label) for _, target, label in sorted(jumps))
        return Route(kind, sources, targets, 0)
    ends = tuple(End(source, label) for source, _, label in sorted(jumps))
    return Route(kind, ends, (End(jumps[0][1], ""),), 0)
