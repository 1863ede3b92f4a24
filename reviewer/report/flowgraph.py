# SPDX-License-Identifier: GPL-2.0-only
"""The control flow of one function with its lock scopes, for drawing."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from reviewer.alignment.align import names_a_lock
from reviewer.cfg.build import build
from reviewer.cfg.graph import Compute, Graph, Invoke, Node, Unknown
from reviewer.checker.callees import STRANGERS, Neighbours
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.locks.held import Held
from reviewer.locks.locksets import Locksets, locksets
from reviewer.record import dataclass
from reviewer.report.scopes import Scope, scopes
from reviewer.report.text import called
from reviewer.report.written import JUMPS, negated, stretches, with_jumps
from reviewer.syntax.mask import mask
from reviewer.syntax.render import render
from reviewer.syntax.tree import Function, Name

ENTRY, EXIT = 0, 1
_NEWLINE = 10
MAX_COLUMNS = 110
"""Columns of a source line that are shown."""

_ENOUGH = 1000
"""Bytes that are more than a row of it."""

Succ = tuple[tuple[tuple[int, str], ...], ...]
"""For each node its edges: ``(node, label)``."""


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes that are always run one after the other, and before each of which
    the same is held.

    ``source`` pairs line numbers with what stands there; ``must`` are the locks
    held on every path, ``may`` those held on some only, ``contexts`` what is
    entered on every path.  ``reached`` is False where no path leads.
    """

    number: int
    nodes: tuple[int, ...]
    source: tuple[tuple[int, str], ...]
    must: tuple[str, ...]
    may: tuple[str, ...]
    contexts: tuple[str, ...]
    reached: bool

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines it has a part of."""
        return tuple(line for line, _ in self.source)


@dataclass(frozen=True, slots=True)
class Edge:
    """From one block to another.  ``label`` is ``T`` or ``F`` for what the
    source says (behind ``if (!x)``, ``T`` is where x is 0), ``case ...``,
    ``default``, the jump as written (``goto out``, ``break``), or empty."""

    source: int
    target: int
    label: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One function: its graph, cut into blocks, and what it holds where.

    ``succ`` are the edges of the graph with the labels of `Edge`, ``node_lines``
    the lines of its nodes, ``text`` the lines of the function, ``bare`` the same
    without comments, ``units`` the lines, from and to, that belong to one
    statement.  ``problems`` say what is not known; ``whole`` is False where that
    is more than what a call does.
    """

    file: str
    graph: Graph
    succ: Succ
    node_lines: tuple[int, ...]
    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]
    scopes: tuple[Scope, ...]
    text: Mapping[int, str]
    bare: Mapping[int, str]
    units: tuple[tuple[int, int], ...]
    problems: tuple[str, ...]
    whole: bool

    @property
    def function(self) -> str:
        """Its name."""
        return self.graph.function.name

    @property
    def first(self) -> int:
        """The line it starts on."""
        return min(self.text)

    @property
    def last(self) -> int:
        """The line it ends on."""
        return max(self.text)


def flowgraph(
    file: str, data: bytes, function: Function, facts: Facts, around: Neighbours = STRANGERS
) -> Flow:
    """The control flow and the lock scopes of a function of a file.

    ``around`` says what the other functions of the file do to locks.
    """
    graph = build(with_jumps(function), facts)
    found = locksets(graph, facts, summaries=around.effects)
    succ = _labelled(graph, negated(function, facts))
    start = data.rfind(b"\n", 0, function.loc.start) + 1
    whole = data[start : function.loc.end]
    masked = b" " * (function.loc.start - start) + mask(data[function.loc.start : function.loc.end])
    last = function.loc.line + whole.count(b"\n")
    lines = [last if n == EXIT else node.loc.line for n, node in enumerate(graph.nodes)]
    blocks, edges = _cut(graph, found.before, succ, _Source(data, lines))
    return Flow(
        file=file,
        graph=graph,
        succ=succ,
        node_lines=tuple(lines),
        blocks=blocks,
        edges=edges,
        scopes=scopes(found, lines, facts, around.effects),
        text=_numbered(whole, function.loc.line),
        bare=_numbered(masked, function.loc.line),
        units=_units(function, masked, start),
        problems=tuple(_problems(found, facts, around)),
        whole=not (function.errors or found.trouble),
    )


def _numbered(text: bytes, first: int) -> dict[int, str]:
    return {number: fit(line) for number, line in enumerate(text.split(b"\n"), first)}


def fit(line: bytes) -> str:
    """A line as it may be shown: in one row, and nothing in it is a control."""
    text = line.decode("utf-8", "replace").rstrip().expandtabs(8)
    plain = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return plain if len(plain) <= MAX_COLUMNS else plain[: MAX_COLUMNS - 1] + "\u2026"


def _labelled(graph: Graph, turned: frozenset[Location]) -> Succ:
    """The edges with the labels people expect who read the source."""
    other = {"T": "F", "F": "T"}
    return tuple(
        tuple(
            (target, other.get(label, label) if node.loc in turned else label or jump(node))
            for target, label in graph.succ[number]
        )
        for number, node in enumerate(graph.nodes)
    )


def jump(node: Node) -> str:
    """The jump a node stands for, as written; empty for none."""
    if not (isinstance(node, Compute) and isinstance(node.expr, Name)):
        return ""
    return node.expr.name.strip() if node.expr.name.startswith(JUMPS) else ""


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of the file, and on which lines of it the nodes stand."""

    data: bytes
    lines: Sequence[int]


def _cut(
    graph: Graph, before: Sequence[Held | None], succ: Succ, source: _Source
) -> tuple[tuple[Block, ...], tuple[Edge, ...]]:
    """The graph in blocks."""
    leaders = [n for n in range(len(graph.nodes)) if _leads(graph, before, n)]
    runs = [_run(graph, leader, set(leaders)) for leader in leaders]
    within = {node: number for number, run in enumerate(runs) for node in run}
    shared = _shared(source.lines, within)
    blocks = tuple(
        _block(number, run, before[run[0]], _written(graph, run, shared, source))
        for number, run in enumerate(runs)
    )
    edges = dict.fromkeys(
        Edge(number, within[target], label)
        for number, run in enumerate(runs)
        for target, label in succ[run[-1]]
    )
    return blocks, tuple(edges)


def _leads(graph: Graph, before: Sequence[Held | None], number: int) -> bool:
    """Whether a node begins a block."""
    if number in (ENTRY, EXIT) or len(graph.pred[number]) != 1:
        return True
    source = graph.pred[number][0][0]
    return len(graph.succ[source]) != 1 or _shown(before[source]) != _shown(before[number])


def _shown(held: Held | None) -> tuple[frozenset[str], ...]:
    return () if held is None else (held.must, held.may, held.context)


def _run(graph: Graph, leader: int, leaders: set[int]) -> tuple[int, ...]:
    run = [leader]
    while len(graph.succ[run[-1]]) == 1 and graph.succ[run[-1]][0][0] not in leaders:
        run.append(graph.succ[run[-1]][0][0])
    return tuple(run)


def _shared(lines: Sequence[int], within: Mapping[int, int]) -> frozenset[int]:
    """The lines of which several blocks have a part."""
    seen: dict[int, int] = {}
    found = set()
    for number, line in enumerate(lines):
        if number != EXIT and seen.setdefault(line, within[number]) != within[number]:
            found.add(line)
    return frozenset(found)


def _block(
    number: int, run: tuple[int, ...], held: Held | None, source: tuple[tuple[int, str], ...]
) -> Block:
    if held is None:
        return Block(number, run, source, (), (), (), False)
    must, may = tuple(sorted(held.must)), tuple(sorted(held.may - held.must))
    return Block(number, run, source, must, may, tuple(sorted(held.context)), True)


def _written(
    graph: Graph, run: tuple[int, ...], shared: frozenset[int], source: _Source
) -> tuple[tuple[int, str], ...]:
    """What stands on the lines of a block; of a line that others have a part of,
    only its own."""
    parts: dict[int, list[Location]] = {}
    found: list[tuple[int, str]] = []
    for number in run:
        node = graph.nodes[number]
        if number == EXIT:
            found.append((source.lines[EXIT], "exit"))
        elif isinstance(node, Invoke) and node.scope is not None:
            found.append((node.loc.line, f"{at_scope_end(node)}  /* end of scope */"))
        else:
            parts.setdefault(node.loc.line, []).append(node.loc)
    found += [(line, _text(line, locs, shared, source)) for line, locs in parts.items()]
    return tuple(sorted(found, key=lambda one: one[0]))


def at_scope_end(node: Invoke) -> str:
    """A call that nobody wrote, as it would be written."""
    return f"{node.function}({', '.join(render(arg) for arg in node.args)})"


def _text(line: int, locs: list[Location], shared: frozenset[int], source: _Source) -> str:
    data, first = source.data, min(loc.start for loc in locs)
    end = data.find(b"\n", first)
    end = len(data) if end < 0 else end
    if line in shared:
        return fit(data[first : min(end, max(loc.end for loc in locs), first + _ENOUGH)])
    return fit(data[data.rfind(b"\n", 0, first) + 1 : end]).strip()


def _units(function: Function, masked: bytes, start: int) -> tuple[tuple[int, int], ...]:
    """The lines of each statement; those that share a line are one."""
    breaks = [at for at, char in enumerate(masked, start) if char == _NEWLINE]

    def line(offset: int) -> int:
        return function.loc.line + bisect_right(breaks, offset - 1)

    found: list[tuple[int, int]] = []
    for begin, end in sorted(stretches(function, masked[function.loc.start - start :])):
        first, last = line(begin), line(max(begin, end - 1))
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found)


def _problems(found: Locksets, facts: Facts, around: Neighbours) -> Iterator[str]:
    """What keeps the picture from being the whole truth."""
    graph = found.graph
    yield from graph.function.errors
    if found.trouble:
        yield f"lock scopes are not shown: {found.trouble}"
    calls = dict.fromkeys(node.function for node in graph.nodes if isinstance(node, Invoke))
    for name in calls:
        if names_a_lock(name) and facts.of(name) is None and not around.understood(name):
            yield f"not known: what {called(name)} does to locks"
    if any(isinstance(node, Unknown) for node in graph.nodes) and not graph.function.errors:
        yield "some code is not known"
