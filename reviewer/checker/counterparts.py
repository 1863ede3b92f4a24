# SPDX-License-Identifier: GPL-2.0-only
"""The functions of a file that a patch changes, before they are parsed."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from reviewer.checker.rule import Outside
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import SourceFile
from reviewer.syntax.segments import Segment
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary

PART_SHARE = 600
"""A function, and each part of one that a hunk shows, costs so many bytes more."""

Files = tuple[SourceFile | None, SourceFile | None]


@dataclass(frozen=True, slots=True)
class Counterparts:
    """One function before and after the patch; ``size`` says in bytes what it costs to
    compare them, ``read`` parses them.  ``old_name`` is what it was called before,
    where that differs."""

    name: str
    size: int
    read: Callable[[], tuple[Function, Function]]
    old_name: str = ""


def counterparts(pair: SourcePair, files: Files, vocabulary: Vocabulary) -> Iterator[Counterparts]:
    """What differs between the images, in order of appearance."""
    if not pair.whole:
        yield from _in_hunks(pair, vocabulary)
        return
    one, two = files
    if one is None or two is None:
        return
    old, new = _by_name(one), _by_name(two)
    names = [*touched(two, pair.hunk_lines), *touched(one, pair.hunk_lines_before)]
    for name in dict.fromkeys(names):
        yield from _same_name(one, two, old.get(name, []), new.get(name, []))


@dataclass(frozen=True, slots=True)
class Alone:
    """One function of one image; ``size`` and ``read`` as in `Counterparts`,
    ``lines`` its first and last line where the file is known."""

    name: str
    size: int
    read: Callable[[], Function]
    lines: tuple[int, int] = (0, 0)


RENAMED = 0.4
"""The part of its lines that a function must keep to be the same under another name."""


def renamed(
    pair: SourcePair, gone: Sequence[Alone], new: Sequence[Alone]
) -> tuple[Counterparts, ...]:
    """The functions that stayed where they were under another name: as many of
    their lines are untouched."""
    found, taken = [], set()
    for old in gone:
        first, last = old.lines
        kept = [line for at in range(first, last + 1) if (line := pair.after_line(at)) is not None]
        for one in new:
            inside = [line for line in kept if one.lines[0] <= line <= one.lines[1]]
            if one.name not in taken and len(inside) > RENAMED * (last - first + 1):
                taken.add(one.name)
                found.append(_renamed(old, one))
                break
    return tuple(found)


def _renamed(old: Alone, new: Alone) -> Counterparts:
    return Counterparts(new.name, old.size + new.size, lambda: (old.read(), new.read()), old.name)


def lone(pair: SourcePair, files: Files, side: int, vocabulary: Vocabulary) -> Iterator[Alone]:
    """The functions in touched lines that only one image has: 0 the one before
    the patch, 1 the one after."""
    if not pair.whole:
        yield from _lone_in_hunks(pair, side, vocabulary)
        return
    mine, other = files[side], files[1 - side]
    if mine is None:
        return
    known = {} if other is None else _by_name(other)
    lines = pair.hunk_lines if side else pair.hunk_lines_before
    segments = _by_name(mine)
    for name in dict.fromkeys(touched(mine, lines)):
        if name not in known:
            for one in segments[name][:1]:
                yield Alone(
                    name,
                    one.end - one.start + PART_SHARE,
                    lambda one=one: mine.parsed(one),  # type: ignore[misc]
                    (one.first, one.last),
                )


def _lone_in_hunks(pair: SourcePair, side: int, vocabulary: Vocabulary) -> Iterator[Alone]:
    from reviewer.syntax.fragments import function_shown, pieces_by_function

    both = [
        pieces_by_function(some, vocabulary)
        for some in (pair.fragments_before, pair.fragments_after)
    ]
    for name, pieces in both[side].items():
        if name not in both[1 - side]:
            yield Alone(
                name,
                sum(len(one.text) + PART_SHARE for one in pieces),
                lambda pieces=pieces: function_shown(pieces, vocabulary),  # type: ignore[misc]
            )


def outside(pair: SourcePair, files: Files) -> tuple[tuple[Outside, ...], tuple[Outside, ...]]:
    """The lines outside functions that the patch took away, and those it added;
    none where only hunks are known."""
    if not pair.whole:
        return (), ()
    one, two = files
    taken = _outside(pair, one, pair.before, pair.hunk_lines_before, pair.after_line)
    given = _outside(pair, two, pair.after, pair.hunk_lines, pair.before_line)
    return tuple(taken), tuple(given)


def _outside(
    pair: SourcePair,
    file: SourceFile | None,
    data: bytes | None,
    ranges: Sequence[tuple[int, int]],
    other: Callable[[int], int | None],
) -> Iterator[Outside]:
    if file is None or data is None:
        return
    text = data.split(b"\n")
    segments = file.segments
    firsts = [one.first for one in segments]
    for first, last in ranges:
        for line in range(first, min(last, len(text)) + 1):
            at = bisect_right(firsts, line)
            inside = at and segments[at - 1].last >= line
            if not inside and other(line) is None:
                yield Outside(pair.path, line, text[line - 1].decode("utf-8", "replace"))


def _in_hunks(pair: SourcePair, vocabulary: Vocabulary) -> Iterator[Counterparts]:
    from reviewer.syntax.fragments import function_shown, pieces_by_function

    old = pieces_by_function(pair.fragments_before, vocabulary)
    for name, after in pieces_by_function(pair.fragments_after, vocabulary).items():
        before = old.get(name, [])
        texts = [[one.text for one in some] for some in (before, after)]
        if not before or texts[0] == texts[1]:
            continue
        yield Counterparts(
            after[0].name,
            sum(len(text) + PART_SHARE for some in texts for text in some),
            lambda before=before, after=after: (  # type: ignore[misc]
                function_shown(before, vocabulary),
                function_shown(after, vocabulary),
            ),
        )


def touched(file: SourceFile, lines: Sequence[tuple[int, int]]) -> list[str]:
    """The functions that some lines, sorted by their beginning, lie in."""
    lines = sorted(lines)
    firsts = [first for first, _ in lines]
    furthest = list(accumulate((last for _, last in lines), max))
    found = []
    for segment in file.segments:
        count = bisect_right(firsts, segment.last)
        if count and furthest[count - 1] >= segment.first:
            found.append(segment.name)
    return found


def _by_name(file: SourceFile) -> dict[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for segment in file.segments:
        found.setdefault(segment.name, []).append(segment)
    return found


def _same_name(
    one: SourceFile, two: SourceFile, old: list[Segment], new: list[Segment]
) -> Iterator[Counterparts]:
    """The definitions of one name, in order; several stand under #if arms."""
    if len(old) != len(new):
        return
    for before, after in zip(old, new, strict=True):
        if one.data[before.start : before.end] != two.data[after.start : after.end]:
            yield Counterparts(
                after.name,
                before.end - before.start + after.end - after.start + 2 * PART_SHARE,
                lambda before=before, after=after: (  # type: ignore[misc]
                    one.parsed(before),
                    two.parsed(after),
                ),
            )
