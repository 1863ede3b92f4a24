# SPDX-License-Identifier: GPL-2.0-only
"""What the words of the functions of a file tell of locks, before any is parsed."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.syntax.parse import SourceFile
from reviewer.syntax.segments import Segment

_CALL = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Of a function, by its name and followed so many calls deep: the words it has
    in front of parentheses (``calls``, the function alone), whether it may have any effect
    on locks (``locks``), and over how many calls of such functions at most (``height``)."""

    calls: Callable[[str], frozenset[str]]
    locks: Callable[[str, int], bool]
    height: Callable[[str, int], int]


def by_name(file: SourceFile) -> dict[str, Segment]:
    """The first definition of each name."""
    segments: dict[str, Segment] = {}
    for segment in file.segments:
        segments.setdefault(segment.name, segment)
    return segments


def mentions(
    file: SourceFile, segments: Mapping[str, Segment], facts: Facts, deepest: int
) -> Mentions:
    """What the words of a file tell; ``deepest`` is how many calls deep counts."""

    @cache
    def calls(name: str) -> frozenset[str]:
        one = segments[name]
        found = _CALL.findall(file.outline.masked, one.body, one.end)
        return frozenset(word.decode() for word in found)

    @cache
    def locks(name: str, depth: int) -> bool:
        if name not in segments or depth == 0:
            return False
        inner = calls(name)
        return not inner.isdisjoint(facts.lockers) or any(locks(one, depth - 1) for one in inner)

    @cache
    def height(name: str, depth: int) -> int:
        if depth == 0 or not locks(name, deepest):
            return 0
        return 1 + max((height(one, depth - 1) for one in calls(name)), default=0)

    return Mentions(calls, locks, height)
