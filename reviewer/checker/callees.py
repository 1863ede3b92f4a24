# SPDX-License-Identifier: GPL-2.0-only
"""The other functions of a file, as the function under review sees them."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from reviewer.alignment.align import Image, image, names_a_lock
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.locksets import Summaries, nothing_known
from reviewer.locks.mentions import Mentions, by_name, mentions
from reviewer.locks.summaries import MAX_DEPTH, summaries
from reviewer.record import dataclass, replace
from reviewer.syntax.parse import SourceFile
from reviewer.syntax.segments import Segment

MAX_CALLEE = 4000
"""Bytes of a function that is looked into from its callers; a longer one does
more than help its caller."""

FEW = 16
"""So many words are looked for in the text; more, in an index of all words."""

_WORD = re.compile(rb"\w+")
_CALL = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")

Callees = Callable[[str], Graph | None]

Mentioning = Callable[[tuple[str, ...]], tuple[Image, ...]]
"""The functions of one image of a file in which all of some words occur."""

MAX_WITNESSES = 24
"""Functions of the file that are looked at for how others touch a place."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is known of the functions of one image of a file, by name.

    ``small`` gives the graphs of short ones, ``effects`` what they do to
    locks, ``understood`` says whether that is all they do; ``mentioning`` finds
    those that speak of something.
    """

    small: Callees
    effects: Summaries
    understood: Callable[[str], bool]
    mentioning: Mentioning


def nobody(words: tuple[str, ...]) -> tuple[Image, ...]:
    """The functions that mention something where no others are at hand."""
    return ()


STRANGERS = Neighbours(lambda name: None, nothing_known, lambda name: False, nobody)


def neighbours(file: SourceFile, facts: Facts) -> Neighbours:
    """The functions of a file; each is read when it is first asked for."""
    segments = by_name(file)
    words = mentions(file, segments, facts, MAX_DEPTH)
    understood = _understood(segments, words, facts)

    @cache
    def graph_of(name: str) -> Graph | None:
        function = file.parsed(segments[name])
        return None if function.errors else build(function, facts)

    def small(name: str) -> Graph | None:
        one = segments.get(name)
        return graph_of(name) if one and one.end - one.body < MAX_CALLEE else None

    def locking(name: str) -> Graph | None:
        return graph_of(name) if words.locks(name, MAX_DEPTH) else None

    effects = summaries(locking, facts, lambda name: words.height(name, MAX_DEPTH))

    @cache
    def image_of(name: str) -> Image | None:
        graph = graph_of(name)
        return None if graph is None else image(graph, facts, effects)

    asked: list[tuple[str, ...]] = []
    index = cache(lambda: _index(file, segments))

    @cache
    def mentioning(some: tuple[str, ...]) -> tuple[Image, ...]:
        asked.append(some)
        found = _found(index(), some) if len(asked) > FEW else _mentioning(file, segments, some)
        names = [name for _, name in sorted(found)[:MAX_WITNESSES]]
        return tuple(one for name in names if (one := image_of(name)) is not None)

    known = lambda name: name in segments and understood(name, MAX_DEPTH)  # noqa: E731
    return Neighbours(small, effects, known, mentioning)


Sized = set[tuple[int, str]]
"""Functions by size and name."""


def _mentioning(file: SourceFile, segments: Mapping[str, Segment], some: tuple[str, ...]) -> Sized:
    """The functions all words occur in."""
    wanted = [re.compile(rb"\b%b\b" % re.escape(word.encode())) for word in some]
    masked = file.outline.masked
    return {
        (one.end - one.body, name)
        for name, one in segments.items()
        if all(word.search(masked, one.body, one.end) for word in wanted)
    }


def _index(file: SourceFile, segments: Mapping[str, Segment]) -> Mapping[bytes, Sized]:
    """The functions each word of a file occurs in, for those who ask for many."""
    found: dict[bytes, Sized] = {}
    for name, one in segments.items():
        for word in set(_WORD.findall(file.outline.masked, one.body, one.end)):
            found.setdefault(word, set()).add((one.end - one.body, name))
    return found


def _found(index: Mapping[bytes, Sized], some: tuple[str, ...]) -> Sized:
    return set.intersection(*(index.get(word.encode(), set()) for word in some))


def sharing(
    mine: Neighbours, file: SourceFile, theirs: Neighbours, other: SourceFile
) -> Neighbours:
    """``mine`` of one image, but asking ``theirs`` of the other what those
    functions do to locks that stand in both with the same words, together with
    all they call: it is worked out once."""
    segments, others = by_name(file), by_name(other)

    @cache
    def same(name: str, depth: int) -> bool:
        one, two = segments.get(name), others.get(name)
        if one is None or two is None:
            return one is two
        text = file.data[one.start : one.end]
        if text != other.data[two.start : two.end]:
            return False
        code = file.outline.masked[one.start : one.end]
        inner = {word.decode() for word in _CALL.findall(code)} - {name}
        return depth == 0 or all(same(word, depth - 1) for word in inner)

    def effects(name: str) -> FunctionFact | None:
        return (theirs if same(name, MAX_DEPTH) else mine).effects(name)

    return replace(mine, effects=effects)


def _understood(
    segments: Mapping[str, Segment], words: Mentions, facts: Facts
) -> Callable[[str, int], bool]:
    """Whether everything in a function that looks like an operation on locks is known."""

    @cache
    def understood(name: str, depth: int) -> bool:
        if facts.of(name) is not None or not (name in segments or names_a_lock(name)):
            return True
        if name not in segments or depth == 0:
            return False
        return all(understood(one, depth - 1) for one in words.calls(name))

    return understood
