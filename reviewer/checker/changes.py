# SPDX-License-Identifier: GPL-2.0-only
"""The functions a patch changes in one file, analysed in both images."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.align import align, image, unknown_lockers
from reviewer.cfg.build import build
from reviewer.checker.callees import STRANGERS, Neighbours, neighbours
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Changes:
    """What could be analysed of a file, and what could not."""

    functions: tuple[FunctionChange, ...]
    problems: tuple[Problem, ...]


def changes(pair: SourcePair, vocabulary: Vocabulary, facts: Facts) -> Changes:
    """Analyse the functions the hunks of one file touch.

    A function that exists in one image only has no counterpart and is left
    to rules that look at one image.
    """
    functions, problems = [], []
    files = _file(pair.before, vocabulary), _file(pair.after, vocabulary)
    known = _neighbours(files[0], facts), _neighbours(files[1], facts)
    for before, after in _pairs(pair, files, vocabulary):
        found = [
            Problem(pair.path, one.name, f"not parsed, {which} the patch: {reason}")
            for one, which in ((before, "before"), (after, "after"))
            for reason in one.errors[:1]
        ]
        change, problem = _change(pair, before, after, facts, known)
        problems.extend(found)
        if problem is not None:
            problems.append(problem)
        elif change is not None:
            functions.append(change)
    return Changes(tuple(functions), tuple(problems))


def _change(
    pair: SourcePair,
    before: Function,
    after: Function,
    facts: Facts,
    known: tuple[Neighbours, Neighbours],
) -> tuple[FunctionChange | None, Problem | None]:
    old = build(before, facts)
    new = build(after, facts)
    strange = unknown_lockers(
        old, new, facts, lambda name: known[0].understood(name) or known[1].understood(name)
    )
    if strange:
        names = ", ".join(f"{name}()" for name in strange)
        reason = f"what {names} locks is not known, so lock scopes are not compared"
        return None, Problem(pair.path, after.name, reason)
    one, two = image(old, facts, known[0].effects), image(new, facts, known[1].effects)
    aligned = align(one, two, facts, pair.after_line)
    partial = not after.complete
    return FunctionChange(
        pair.path, one, two, aligned, partial, facts, known[0].small, known[1].small
    ), None


def _file(data: bytes | None, vocabulary: Vocabulary) -> SourceFile | None:
    return None if data is None else read_file(data, vocabulary)


def _neighbours(file: SourceFile | None, facts: Facts) -> Neighbours:
    return STRANGERS if file is None else neighbours(file, facts)


Files = tuple[SourceFile | None, SourceFile | None]


def _pairs(
    pair: SourcePair, files: Files, vocabulary: Vocabulary
) -> Iterator[tuple[Function, Function]]:
    if not pair.whole:
        old = {f.name: f for f in fragment_functions(pair.fragments_before, vocabulary)}
        for function in fragment_functions(pair.fragments_after, vocabulary):
            if function.name in old:
                yield old[function.name], function
        return
    one, two = files
    if one is None or two is None:
        return
    names = [*_touched(two, pair.hunk_lines), *_touched(one, pair.hunk_lines_before)]
    for name in dict.fromkeys(names):
        yield from _same_name(pair, one, two, name)


def _touched(file: SourceFile, lines: Sequence[tuple[int, int]]) -> list[str]:
    return [
        segment.name
        for segment in file.segments
        if any(segment.first <= last and first <= segment.last for first, last in lines)
    ]


def _same_name(
    pair: SourcePair, one: SourceFile, two: SourceFile, name: str
) -> Iterator[tuple[Function, Function]]:
    """The definitions of one name, in order; several stand under #if arms."""
    old = [segment for segment in one.segments if segment.name == name]
    new = [segment for segment in two.segments if segment.name == name]
    if len(old) != len(new):
        return
    for before, after in zip(old, new, strict=True):
        if one.data[before.start : before.end] != two.data[after.start : after.end]:
            yield one.parsed(before), two.parsed(after)
