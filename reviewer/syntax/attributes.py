# SPDX-License-Identifier: GPL-2.0-only
"""Attribute macros: blanked, and kept as marks."""

import re
from functools import cache

from reviewer.syntax.work import CALL, WORD, Work

_STORAGE = frozenset(b"static extern inline __inline __inline__ register const volatile".split())
_PLAIN = frozenset(
    b"void char short int long float double signed unsigned _Bool bool struct union enum "
    b"__int128 __signed__".split()
)
_TAGS = frozenset({b"struct", b"union", b"enum"})


def blank_attributes(work: Work) -> None:
    """Blank known attributes everywhere and unknown ones in the header."""
    _known(work)
    _behind_parameters(work)
    _before_name(work)


def _known(work: Work) -> None:
    attributes = _spelled(work.vocabulary.attributes)
    done = 0
    bare = bytes(work.bare)
    if attributes.isdisjoint(WORD.findall(bare)):
        return
    for found in WORD.finditer(bare):
        if found.start() < done or found[0] not in attributes:
            continue
        before = work.before(found.start())
        if (
            before >= 0
            and work.bare[before] in b".>"
            and work.bare[before - 1 : before + 1] != b">>"
        ):
            continue
        opening = work.after(found.end())
        closing = work.pairs.get(opening) if work.bare[opening : opening + 1] == b"(" else None
        if closing is not None and _is_call(work, before, closing):
            continue
        done = found.end() if closing is None else closing + 1
        _drop(work, found.start(), done)


@cache
def _spelled(words: frozenset[str]) -> frozenset[bytes]:
    """The words as they stand in a file."""
    return frozenset([word.encode() for word in words])


def _is_call(work: Work, before: int, closing: int) -> bool:
    """Whether ``word(...)`` stands where only a call statement may stand."""
    following = work.next_char(closing + 1)
    return work.bare[before] in b";{}" and following == b";"


def _drop(work: Work, start: int, end: int) -> None:
    work.mark(start, end, "attribute")
    work.erase(start, end)


def _parameters(work: Work) -> re.Match[bytes] | None:
    """The name of the function with its opening bracket."""
    for found in CALL.finditer(bytes(work.bare), 0, work.body):
        if work.pairs.get(found.end() - 1, work.body) < work.body:
            return found
    return None


def _behind_parameters(work: Work) -> None:
    """Nothing but attributes can stand between the parameters and the body."""
    found = _parameters(work)
    if found is None:
        return
    closing = work.pairs[found.end() - 1]
    start, end = work.after(closing + 1), work.body
    if start < end and WORD.match(work.bare, start) and b";" not in work.bare[start:end]:
        _drop(work, start, work.before(end) + 1)


def _before_name(work: Work) -> None:
    """Too many words in front of the name: what looks least like a type goes."""
    found = _parameters(work)
    if found is None:
        return
    words = list(WORD.finditer(bytes(work.bare), 0, found.start()))
    loose: list[re.Match[bytes]] = []
    types = 0
    for number, one in enumerate(words):
        tagged = number > 0 and words[number - 1][0] in _TAGS
        if one[0] in _PLAIN or tagged:
            types += one[0] not in _TAGS
        elif one[0] not in _STORAGE:
            loose.append(one)
    spare = len(loose) - (0 if types else 1)
    loose.sort(key=lambda one: (not one[0].startswith(b"__"), not one[0].isupper(), one.start()))
    for one in loose[: max(spare, 0)]:
        opening = work.after(one.end())
        closing = work.pairs.get(opening) if work.bare[opening : opening + 1] == b"(" else None
        _drop(work, one.start(), one.end() if closing is None else closing + 1)
