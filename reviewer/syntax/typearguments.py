# SPDX-License-Identifier: GPL-2.0-only
"""Types where C wants an expression: arguments of macros, and typeof."""

import re

from reviewer.syntax.work import CALL, KEYWORDS, WORD, Work

_CANDIDATE = re.compile(
    rb"([(,])\s*((?:[A-Za-z_]\w*\s+)*[A-Za-z_]\w*(?:\s*\*(?:\s*(?:const|volatile)\b)?)*"
    rb"(?:\s*\[\s*\w*\s*\])?)\s*(?=[,)])"
)
_PRIMITIVE = frozenset(
    b"void char short int long float double signed unsigned _Bool bool __int128 size_t".split()
)
_JUMPS = frozenset(b"return goto break continue else".split())


def hide_types(work: Work) -> None:
    """``min_t(unsigned long, a, b)``: the type becomes one made-up name."""
    bare = bytes(work.bare)
    _typeofs(work, bare)
    for found in _CANDIDATE.finditer(bytes(work.bare), work.body):
        words = WORD.findall(found[2])
        several = len(words) > 1 and words[0] not in _JUMPS
        if not several and b"*" not in found[2] and words[0] not in _PRIMITIVE:
            continue
        if _in_call(work, found.start(1)):
            _hide(work, found.start(2), found.end(2))


def _in_call(work: Work, separator: int) -> bool:
    """Whether a bracket or comma belongs to the arguments of a call."""
    opening = separator if work.bare[separator] == 40 else work.owners.get(separator, -1)
    if opening < 0 or work.bare[opening] != 40:
        return False
    end = work.before(opening) + 1
    start = end
    while start > 0 and (work.bare[start - 1 : start].isalnum() or work.bare[start - 1] in b"_$"):
        start -= 1
    return start < end and bytes(work.bare[start:end]) not in KEYWORDS


def _hide(work: Work, start: int, end: int) -> None:
    """Underscores over the first line of a stretch, blanks over the rest."""
    work.mark(start, end, "type")
    first = bytes(work.bare[start:end]).split(b"\n")[0].rstrip()
    work.erase(start, end)
    work.put(start, b"_" * len(first))


def _typeofs(work: Work, bare: bytes) -> None:
    """``typeof(x)`` to ``typeof   ``: a name that may stand for a type."""
    done = 0
    typeofs = [name.encode() for name in work.vocabulary.typeofs]
    if not any(name in bare for name in typeofs):
        return
    for found in CALL.finditer(bare):
        if found[1] not in typeofs:
            continue
        closing = work.pairs.get(found.end() - 1)
        if closing is None or found.start() < done:
            continue
        done = closing + 1
        work.mark(found.start(), closing + 1, "type")
        work.erase(found.end(1), closing + 1)
