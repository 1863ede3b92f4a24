# SPDX-License-Identifier: GPL-2.0-only
"""Where two readings of one function differ."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from oracles import clang, ours
from oracles.clang import Seen
from oracles.events import Event, Reading, Text
from reviewer.cfg.build import build
from reviewer.cfg.graph import Invoke
from reviewer.facts import Facts
from reviewer.syntax.parse import read_file
from reviewer.syntax.segments import Segment
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary

NO_FACTS = Facts({}, {}, {}, {})
DROPPED = "calls in arguments that a macro drops"
_OPERATOR = "__builtin_"


@dataclass(slots=True)
class Judgement:
    """The counts for one file, and a line for each difference.

    The counts are named as the table is; ``explained`` are places where clang
    cannot see what stands there; ``error`` says why the file could not
    be judged, or is empty.
    """

    path: str
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    error: str = ""


def judged(path: Path, flags: list[str], vocabulary: Vocabulary, facts: Facts) -> Judgement:
    """One file, compared with what clang sees in it."""
    data = path.read_bytes()
    text = Text(data)
    seen = clang.seen(path, flags, text)
    judge = _Judge(Judgement(str(path), error=seen.error), text, seen, facts)
    if not seen.error:
        source = read_file(data, vocabulary)
        for segment in source.segments:
            judge.function(source.parsed(segment), segment)
        judge.rest({one.body for one in source.segments})
    return judge.result


@dataclass(slots=True)
class _Judge:
    result: Judgement
    text: Text
    seen: Seen
    facts: Facts

    def differ(self, count: str, offset: int, reason: str) -> None:
        self.result.counts[count] += 1
        place = f"{self.result.path}:{self.text.line(offset)}"
        self.result.differences.append(f"{place}: {count}: {reason}")

    def explain(self, count: str, offset: int, reason: str) -> None:
        """What is not the same, and yet no difference."""
        self.result.counts[count] += 1
        place = f"{self.result.path}:{self.text.line(offset)}"
        self.result.explained.append(f"{place}: {count}: {reason}")

    def rest(self, bodies: set[int]) -> None:
        """The functions that clang sees and nobody else."""
        for offset in sorted(set(self.seen.bodies) - bodies):
            self.differ("functions missed", offset, self.seen.bodies[offset][0])

    def function(self, function: Function, segment: Segment) -> None:
        counts = self.result.counts
        if segment.body not in self.seen.bodies:
            if self.seen.is_skipped(segment.body):
                counts["functions not compiled"] += 1
            else:
                self.differ("functions of ours alone", segment.body, segment.name)
            return
        name, theirs = self.seen.bodies[segment.body]
        found = ours.reading(function, self.text)
        counts["functions"] += 1
        before = len(self.result.differences)
        self._calls(found, theirs)
        self._events("jumps", found.jumps, theirs.jumps)
        self._events("statements", found.statements, theirs.statements)
        self._graph(function, found, theirs)
        counts["functions that differ"] += len(self.result.differences) > before

    def _calls(self, found: Reading, theirs: Reading) -> None:
        self.result.counts["calls"] += len(theirs.calls)
        for offset, call in theirs.calls.items():
            own = found.calls.get(offset)
            if own is None:
                self.differ(
                    "calls missed", offset, call.name + self._by_name(offset + len(call.name))
                )
            elif own.chain != call.chain:
                self.differ("calls enclosed otherwise", offset, _unlike(own, call))
        for offset, call in found.calls.items():
            if offset in theirs.calls or self._may_be_no_call(offset, call.name):
                continue
            macro = self._macro_around(call, found)
            if macro:
                self.explain(DROPPED, offset, f"{call.name} in {macro}()")
            else:
                self.differ("calls of ours alone", offset, call.name)

    def _by_name(self, end: int) -> str:
        called = self.text.bare[end:].lstrip()[:1] == b"("
        return "" if called else ", whose name is an argument of a macro"

    def _macro_around(self, call: Event, found: Reading) -> str:
        """The macro among whose arguments a call stands, or nothing."""
        around = (one for one in found.calls.values() if one.offset < call.offset < one.end)
        return next((one.name for one in around if one.name in self.seen.macros), "")

    def _may_be_no_call(self, offset: int, name: str) -> bool:
        """A macro, an operator of the compiler, or not compiled."""
        used = name in self.seen.macros or name.startswith(_OPERATOR)
        return used or self.seen.is_skipped(offset)

    def _events(self, kind: str, found: dict[int, Event], theirs: dict[int, Event]) -> None:
        self.result.counts[kind] += len(theirs)
        for offset, event in theirs.items():
            own = found.get(offset)
            if own is None or (own.kind, own.name) != (event.kind, event.name):
                seen = "" if own is None else f", read as {own.kind} {own.name}"
                self.differ(f"{kind} missed", offset, f"{event.kind} {event.name}{seen}")
            elif own.chain != event.chain:
                self.differ(f"{kind} enclosed otherwise", offset, _unlike(own, event))
        for offset, event in found.items():
            if offset not in theirs and not self.seen.is_skipped(offset):
                self.differ(f"{kind} of ours alone", offset, event.kind)

    def _graph(self, function: Function, found: Reading, theirs: Reading) -> None:
        """Whether each call is a node of the control-flow graph."""
        ends = _invoked(function, self.facts)
        missing = [
            (offset, call)
            for offset, call in found.calls.items()
            if offset in theirs.calls and call.end not in ends
        ]
        reachable = _invoked(function, NO_FACTS) if missing else set()
        for offset, call in missing:
            if call.end in reachable:
                self.result.counts["calls behind one that does not return"] += 1
            else:
                self.differ("calls without a node", offset, call.name)


def _invoked(function: Function, facts: Facts) -> set[int]:
    nodes = build(function, facts).nodes
    return {node.loc.end for node in nodes if isinstance(node, Invoke)}


def _unlike(own: Event, other: Event) -> str:
    return f"{own.name}: {_shown(own)} here, {_shown(other)} in clang"


def _shown(event: Event) -> str:
    return " > ".join(f"{one.kind} {one.part}" for one in event.chain) or "nothing"


def by_directory(judgements: list[Judgement], tree: Path) -> Iterator[tuple[str, list[Judgement]]]:
    """The judgements of each directory, in order."""
    folders: dict[str, list[Judgement]] = {}
    for one in judgements:
        folder = Path(one.path).relative_to(tree).parts
        folders.setdefault(
            "/".join(folder[:2] if folder[0] in ("fs", "kernel") else folder[:1]), []
        ).append(one)
    yield from sorted(folders.items())
