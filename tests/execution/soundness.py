# SPDX-License-Identifier: GPL-2.0-only
"""Runs against what the analysis claims of the same function.

Checked are three things: a run is a path of the control-flow graph; what must
be held is held; what is held may be held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from kernel_programs import Program
from kernel_runs import Batch, Event, Run
from replay import Known, Mismatch, Walk

from reviewer.cfg.build import build
from reviewer.facts import Facts
from reviewer.locks.held import Held
from reviewer.locks.locksets import locksets
from reviewer.locks.summaries import summaries
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import SourceFile, read_file

CONTEXTS = ("irqs-off", "bh-off", "preempt-off", "rcu-read-side")
MEMBERS = {"a": (0,), "b": (1,), "m": (2,), "w": (3,), "locks[]": (4, 5)}
GLOBAL = 16
UNNAMED = -1
START = {"ok": 0, "n": 0}
Locks = frozenset[int]


@dataclass(frozen=True)
class Violation:
    """What one run showed to be wrong; ``kind`` is ``path``, ``must``,
    ``may`` or ``context``."""

    kind: str
    function: str
    line: int
    text: str


@dataclass
class Visit:
    """One time an access was made: the locks held since the function was
    entered, each with the names it goes by, and the pointers then."""

    held: Locks
    taken: Mapping[int, int]
    pointers: int
    contexts: int


@dataclass
class Checked:
    """One function: what is claimed of its accesses and what was seen there."""

    violations: list[Violation] = field(default_factory=list)
    claims: dict[int, Held] = field(default_factory=dict)
    visits: dict[int, list[Visit]] = field(default_factory=dict)
    runs: int = 0
    events: int = 0


@dataclass
class Frame:
    """A call of a function that has not ended."""

    name: str
    walk: Walk
    claims: tuple[Held | None, ...]
    taken: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysed:
    """What the analysis says of one function."""

    known: Known
    before: tuple[Held | None, ...]


@cache
def facts() -> Facts:
    return load_facts()


@lru_cache(maxsize=2)
def file_of(text: str) -> SourceFile:
    """A file with generated functions, read."""
    return read_file(text.encode(), load_vocabulary())


def analysed(file: SourceFile, names: tuple[str, ...]) -> dict[str, Analysed]:
    """The graphs and locksets of some functions that call each other."""
    graphs = {}
    for name in names:
        function = file.function(name)
        assert function is not None and function.errors == (), name
        graphs[name] = build(function, facts())
    told = summaries(graphs.get, facts())
    return {
        name: Analysed(
            Known(graph, frozenset(names)), locksets(graph, facts(), summaries=told).before
        )
        for name, graph in graphs.items()
    }


def checked(batch: Batch) -> Iterator[tuple[Program, Checked]]:
    """Every function of a batch, checked."""
    return ((one, check(batch, number)) for number, one in enumerate(batch.programs))


def check(batch: Batch, number: int) -> Checked:
    """One function of a batch, all its runs."""
    program = batch.programs[number]
    known = analysed(file_of(batch.source), (program.name, *program.called))
    result = Checked()
    for times, run in batch.runs[number]:
        result.runs += times
        result.events += times * len(run)
        Follower(program, known, batch.functions, result).run(run)
    return result


class Follower:
    """Follows one run through the graphs of the functions it enters."""

    def __init__(
        self,
        program: Program,
        known: Mapping[str, Analysed],
        numbered: tuple[str, ...],
        result: Checked,
    ) -> None:
        self.program, self.known, self.numbered, self.result = program, known, numbered, result
        self.frames: list[Frame] = []
        self.held: set[int] = set()
        self.line = 0
        self.start: dict[str, int] = {}

    def run(self, run: Run) -> None:
        try:
            for event in run:
                self.line = event.line or self.line
                self.event(event)
        except Mismatch as found:
            self.complain("path", f"{event.kind} {event.name} happened: {found}")

    def complain(self, kind: str, text: str) -> None:
        name = self.frames[-1].name if self.frames else self.program.name
        self.result.violations.append(Violation(kind, name, self.line, text))

    def event(self, event: Event) -> None:
        match event.kind:
            case "S":
                self.start = {"c": event.value, "d": int(event.name), **_pointers(event.pointers)}
            case "E":
                self.enter(event)
            case "Q":
                self.quit()
            case "M":
                self.frames[-1].walk.step(event)
                self.name(event)
                self.access(event)
            case "B":
                self.frames[-1].walk.step(event)
                self.frames[-1].walk.stuck()
            case "C" | "R" | "D":
                self.frames[-1].walk.step(event)
                self.name(event)
                self.lock(event)

    def enter(self, event: Event) -> None:
        name = self.numbered[event.line]
        if self.frames:
            self.frames[-1].walk.step(event._replace(name=name))
        values = {} if self.frames else self.start
        found = self.known[name]
        self.frames.append(Frame(name, Walk.start(found.known, values), found.before))

    def quit(self) -> None:
        value = self.frames[-1].walk.leave()
        frame = self.frames.pop()
        if self.frames:
            self.frames[-1].walk.returned(value)
            self.frames[-1].taken |= dict.fromkeys(frame.taken, UNNAMED)

    def name(self, event: Event) -> None:
        """Locks that a callee took go by the pointers there are behind it."""
        taken = self.frames[-1].taken
        if event.pointers:
            taken |= {lock: event.pointers for lock, known in taken.items() if known == UNNAMED}

    def lock(self, event: Event) -> None:
        if event.way == "taken" and event.lock is not None:
            self.held.add(event.lock)
            self.frames[-1].taken[event.lock] = event.pointers
        elif event.way == "dropped" and event.lock is not None:
            self.held.discard(event.lock)
            for frame in self.frames:
                frame.taken.pop(event.lock, None)

    def access(self, event: Event) -> None:
        frame = self.frames[-1]
        for at in frame.walk.at:
            claimed = frame.claims[at]
            if claimed is None:
                self.complain("path", "an access that is said not to be reached")
                continue
            self.compare(event, frame, claimed)
            self.result.claims[event.line] = claimed
        visit = Visit(frozenset(frame.taken), dict(frame.taken), event.pointers, event.contexts)
        self.result.visits.setdefault(event.line, []).append(visit)

    def compare(self, event: Event, frame: Frame, claimed: Held) -> None:
        for name in claimed.must:
            if not self.held & places(name, event.pointers):
                self.complain("must", f"{name} is not held; held: {sorted(self.held)}")
        for lock, pointers in frame.taken.items():
            if not any(
                lock in places(name, event.pointers) or lock in places(name, pointers)
                for name in claimed.may
            ):
                self.complain("may", f"lock {lock} is held; may: {sorted(claimed.may)}")
        here = {name for bit, name in enumerate(CONTEXTS) if event.contexts >> bit & 1}
        if not claimed.context <= here:
            self.complain("context", f"{sorted(claimed.context)}, yet {sorted(here)}")
        if len(self.frames) == 1 and not here <= claimed.contexts.may:
            self.complain("context", f"{sorted(here)}, yet may: {sorted(claimed.contexts.may)}")


@lru_cache(maxsize=1 << 16)
def places(name: str, pointers: int) -> Locks:
    """The locks a name may mean where the pointers are these."""
    if name == "glock":
        return frozenset({GLOBAL})
    if name == "l":
        return frozenset({(pointers >> 12) - 1})
    path, _, member = name.rpartition("->")
    root, _, peer = path.partition("->")
    thing = _pointers(pointers).get(root, 0)
    if peer == "peer" and thing:
        thing = pointers >> (6 + 2 * thing) & 3
    if not thing or member not in MEMBERS:
        return frozenset()
    return frozenset((thing - 1) * 8 + one for one in MEMBERS[member])


def _pointers(pointers: int) -> dict[str, int]:
    return {name: pointers >> 2 * number & 3 for number, name in enumerate("tupq")}
