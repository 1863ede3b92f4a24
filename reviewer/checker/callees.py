# SPDX-License-Identifier: GPL-2.0-only
"""The other functions of a file, as the function under review sees them."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from reviewer.alignment.align import names_a_lock
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.locks.locksets import Summaries, nothing_known
from reviewer.locks.summaries import MAX_DEPTH, summaries
from reviewer.record import dataclass
from reviewer.syntax.parse import SourceFile
from reviewer.syntax.segments import Segment

MAX_CALLEE = 4000
"""Bytes of a function that is looked into from its callers; a longer one does
more than help its caller."""

_CALL = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")

Callees = Callable[[str], Graph | None]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is known of the functions of one image of a file, by name.

    ``small`` gives the graphs of short ones, ``effects`` what they do to
    locks, ``understood`` says whether that is all they do.
    """

    small: Callees
    effects: Summaries
    understood: Callable[[str], bool]


STRANGERS = Neighbours(lambda name: None, nothing_known, lambda name: False)


def neighbours(file: SourceFile, facts: Facts) -> Neighbours:
    """The functions of a file; each is read when it is first asked for."""
    segments: dict[str, Segment] = {}
    for segment in file.segments:
        segments.setdefault(segment.name, segment)
    locks, understood = _told_by_words(file, segments, facts)

    @cache
    def graph_of(name: str) -> Graph | None:
        function = file.parsed(segments[name])
        return None if function.errors else build(function, facts)

    def small(name: str) -> Graph | None:
        one = segments.get(name)
        return graph_of(name) if one and one.end - one.body < MAX_CALLEE else None

    def locking(name: str) -> Graph | None:
        return graph_of(name) if locks(name, MAX_DEPTH) else None

    return Neighbours(
        small,
        summaries(locking, facts),
        lambda name: name in segments and understood(name, MAX_DEPTH),
    )


Asked = Callable[[str, int], bool]


def _told_by_words(
    file: SourceFile, segments: Mapping[str, Segment], facts: Facts
) -> tuple[Asked, Asked]:
    """Whether a function may have any effect on locks, and whether everything
    in it that looks like one is known: what its words tell, without parsing."""

    @cache
    def calls(name: str) -> frozenset[str]:
        one = segments[name]
        found = _CALL.findall(file.data, one.body, one.end)
        return frozenset(word.decode() for word in found)

    @cache
    def locks(name: str, depth: int) -> bool:
        if name not in segments or depth == 0:
            return False
        inner = calls(name)
        return not inner.isdisjoint(facts.lockers) or any(locks(one, depth - 1) for one in inner)

    @cache
    def understood(name: str, depth: int) -> bool:
        if facts.of(name) is not None or not (name in segments or names_a_lock(name)):
            return True
        if name not in segments or depth == 0:
            return False
        return all(understood(one, depth - 1) for one in calls(name))

    return locks, understood
