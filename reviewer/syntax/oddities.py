# SPDX-License-Identifier: GPL-2.0-only
"""Small things the grammar does not know, each with a rewriting of its own."""

import re

from reviewer.syntax.work import CALL, KEYWORDS, WORD, Work

_WORD_END = re.compile(rb"[\w)\]]")
_CASE_RANGE = re.compile(rb"\bcase\b[^;:{}?]{0,200}?\.\.\.")
_COMPUTED_GOTO = re.compile(rb"\bgoto\s*(\*)\s*([^;{}]*);")
_OPERATORS = re.compile(rb"\b(?:offsetof|alignof|_Alignof|__alignof__|__alignof)(?=\s*\()")
_ALONE = re.compile(rb"^[ \t]*([A-Z_][A-Z\d]*_\w+|[A-Z]{2,})[ \t]*$", re.MULTILINE)
_BEHIND_ARRAY = re.compile(rb"\]\s*(__\w+)\s*(?=[;=])")
_PADDING = re.compile(rb"(?<=[;{])\s*(\w+\s*:\s*\d+\s*;)|(,\s*:\s*\d+)(?=\s*[,;])")
_BITS = re.compile(rb":\s*\d")
_NEXT_TO_STRING = re.compile(rb"\"\s*[\w$]|\)\s*\"")
_STRUCTURE = re.compile(rb"\b(?:struct|union)\b\s*\w*\s*(\{)")
_ELEMENTS = re.compile(rb",\s*[A-Z_]\w*((?:\s+[A-Z_]\w*)+)\s*(?=\})")
_CALL_IN_BRACKETS = re.compile(rb"(\()\s*\w+\s*\(\s*\)\s*(\))(?=\s*[-+&*(])")
_STATIC_CALL = re.compile(rb"\bstatic(?=\s+(?:const\s+)?[A-Za-z_]\w*\s*(\())")


def rewrite_oddities(work: Work) -> None:
    """All of them, on the whole function."""
    bare = bytes(work.bare)
    # To look for a word first is quicker than to try a pattern everywhere.
    if b"..." in bare:
        for found in _CASE_RANGE.finditer(bare, work.body):
            work.mark(found.end() - 2, found.end() - 1, "range")
            work.put(found.end() - 3, b" | ")
    if b"goto" in bare:
        for found in _COMPUTED_GOTO.finditer(bare, work.body):
            _computed_goto(work, found)
    if b"offsetof" in bare or b"lignof" in bare:
        for found in _OPERATORS.finditer(bare, work.body):
            # Any other name will do: the parser then reads an ordinary call.
            work.put(found.start(), b"$")
    for found in _ALONE.finditer(bare, work.body):
        _alone(work, found)
    if _BITS.search(bare, work.body):
        for found in _PADDING.finditer(bare, work.body):
            # Bits of a structure that have no name.
            work.erase(*found.span(found.lastindex or 0))
    for found in _BEHIND_ARRAY.finditer(bare, work.body):
        work.mark(found.start(1), found.end(1), "attribute")
        work.erase(found.start(1), found.end(1))
    for found in _ELEMENTS.finditer(bare, work.body):
        work.note(found.start(1), "macros in a row left out")
        work.erase(found.start(1), found.end(1))
    for found in _CALL_IN_BRACKETS.finditer(bare, work.body):
        # Not a cast to a function: ``(f()) && x``.
        if not _WORD_END.match(work.last_char(found.start())):
            work.put(found.start(1), b" ")
            work.put(found.start(2), b" ")
    if b"struct" in bare or b"union" in bare:
        _fields(work, bare)
    if b"static" in bare:
        _statics(work, bare)
    if _NEXT_TO_STRING.search(bare, work.body):
        _strings(work, bare)


def _fields(work: Work, bare: bytes) -> None:
    """Macros that declare members of a structure: nothing is evaluated there."""
    done = 0
    for structure in _STRUCTURE.finditer(bare, work.body):
        brace = structure.start(1)
        if brace < done:
            continue
        done = work.pairs.get(brace, brace)
        for found in CALL.finditer(bare, brace, done):
            closing = work.pairs.get(found.end() - 1)
            if closing is None or work.last_char(found.start()) not in (b";", b"{"):
                continue
            if work.next_char(closing + 1) == b";":
                work.erase(found.start(), work.after(closing + 1) + 1)


def _alone(work: Work, found: re.Match[bytes]) -> None:
    """A macro that is a line of its own: nothing of it can be read."""
    following = work.next_char(found.end())
    if work.last_char(found.start(1)) not in (b";", b"{", b"}", b":", b")"):
        return
    if (following == b"}" or WORD.match(following)) and work.in_block(found.start()):
        work.note(found.start(1), f"{found[1].decode()} left out")
        work.mark(found.start(1), found.end(1), "attribute")
        work.erase(found.start(1), found.end(1))


def _computed_goto(work: Work, found: re.Match[bytes]) -> None:
    start = found.start(1)
    work.mark(start, found.end(2), "goto")
    work.erase(start, found.end(2))
    work.put(start, b"_")


def _statics(work: Work, bare: bytes) -> None:
    """``static DEFINE_X(...);``: without static it reads as the call it is."""
    for found in _STATIC_CALL.finditer(bare, work.body):
        closing = work.pairs.get(found.start(1))
        if closing is None or work.next_char(found.start(1) + 1) == b"*":
            continue
        if work.next_char(closing + 1) in (b";", b"="):
            work.erase(found.start(), found.end())


def _strings(work: Work, bare: bytes) -> None:
    """``"a" __stringify(X) "b"``: what stands next to a string is a string."""
    for found in CALL.finditer(bare, work.body):
        closing = work.pairs.get(found.end() - 1)
        if closing is None or found[1] in KEYWORDS:
            continue
        before, behind = work.before(found.start()), work.after(closing + 1)
        follows = before >= 0 and bare[before] == 34
        if (
            follows
            or bare[behind : behind + 1] == b'"'
            and bare[before : before + 1] in (b"(", b",")
        ):
            work.mark(found.start(), closing + 1, "attribute")
            work.erase(found.start(), closing + 1)
