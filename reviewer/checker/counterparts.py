# SPDX-License-Identifier: GPL-2.0-only
"""The functions of a file that a patch changes, before they are parsed."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

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
    compare them, ``read`` parses them."""

    name: str
    size: int
    read: Callable[[], tuple[Function, Function]]


def counterparts(pair: SourcePair, files: Files, vocabulary: Vocabulary) -> Iterator[Counterparts]:
    """What differs between the images, in order of appearance."""
    if not pair.whole:
        yield from _in_hunks(pair, vocabulary)
        return
    one, two = files
    if one is None or two is None:
        return
    old, new = _by_name(one), _by_name(two)
    names = [*_touched(two, pair.hunk_lines), *_touched(one, pair.hunk_lines_before)]
    for name in dict.fromkeys(names):
        yield from _same_name(one, two, old.get(name, []), new.get(name, []))


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


def _touched(file: SourceFile, lines: Sequence[tuple[int, int]]) -> list[str]:
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
