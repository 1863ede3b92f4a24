# SPDX-License-Identifier: GPL-2.0-only
"""Assembler: text made of macros becomes an empty string, operands stay."""

import re
from collections.abc import Iterator

from reviewer.syntax.work import WORD, Work

_ASM = re.compile(
    rb"(?<![\w$])(?:asm|__asm__|__asm)\b"
    rb"((?:\s*\b(?:volatile|__volatile__|__volatile|inline|goto)\b)*)\s*(\()"
)
_KEYWORD = re.compile(rb"(?<![\w$])(\w*asm\w+)(?=\s*(?:\(|volatile\b|goto\b))")
_SHORT = b"__volatile"
_SHORT_QUALIFIER = re.compile(rb"\b__volatile\b")
_STRING = re.compile(rb'"[^"\n]*(?:\n[^"\n]*)*"')
_POINT = re.compile(rb"[()\[\]:,]")
_NO_VALUE = b'""(0)'
_OUTPUTS, _INPUTS, _CLOBBERS = 1, 2, 3


def plain_assembler(work: Work) -> None:
    """``asm volatile(CODE(%0) "nop" : "=r" (x))`` to ``asm volatile("" : "=r" (x))``."""
    _plain_keywords(work)
    done = 0
    openers = {closing: opening for opening, closing in work.pairs.items()}
    for found in _ASM.finditer(bytes(work.bare), work.body):
        closing = work.pairs.get(found.start(2))
        if closing is None or found.start() < done:
            continue
        done = closing
        if _names_register(work, found.start()):
            work.mark(found.start(), closing + 1, "attribute")
            work.erase(found.start(), closing + 1)
            continue
        for short in _SHORT_QUALIFIER.finditer(work.bare, found.start(1), found.end(1)):
            work.put(short.start(), _SHORT.lstrip(b"_").ljust(len(_SHORT)))
        for section, start, end in _operands(work, found.start(2), closing):
            _plain(work, openers, section, start, end)


def _plain_keywords(work: Work) -> None:
    """Macros that stand for ``asm`` and ``asm goto``."""
    plain = work.vocabulary.assemblers
    for found in _KEYWORD.finditer(bytes(work.bare), work.body):
        meant = plain.get(found[1].decode("utf-8", "replace"), "").encode()
        if 0 < len(meant) <= len(found[1]):
            work.put(found.start(1), meant.ljust(len(found[1])))


def _names_register(work: Work, start: int) -> bool:
    """Whether ``asm`` stands behind the name of a variable."""
    before = work.before(start)
    word = re.search(rb"[\w$]+\Z", bytes(work.bare[max(before - 40, 0) : before + 1]))
    return word is not None and word[0] not in (b"else", b"do")


def _operands(work: Work, opening: int, closing: int) -> Iterator[tuple[int, int, int]]:
    """Each operand: its section, start and end."""
    section = depth = 0
    first = start = opening + 1
    for found in _POINT.finditer(bytes(work.bare[first : closing + 1])):
        point, here = found[0], first + found.start()
        if point in b"([":
            depth += 1
        elif point in b")]" and here < closing:
            depth -= 1
        elif depth == 0 and (point != b"," or section):
            yield section, start, here
            start = here + 1
            section += point != b","


def _plain(work: Work, openers: dict[int, int], section: int, start: int, end: int) -> None:
    if section in (_OUTPUTS, _INPUTS):
        start, end = _constraint(work, openers, start, end)
        if start == end:
            return
    elif section > _CLOBBERS:
        return
    text = bytes(work.bare[start:end])
    if WORD.search(_STRING.sub(lambda one: b" " * len(one[0]), text)):
        _empty_string(work, start, end)


def _constraint(work: Work, openers: dict[int, int], start: int, end: int) -> tuple[int, int]:
    """What stands between ``[name]`` and the bracket with the value.  An
    operand without a value becomes ``""(0)``; of several values one stays."""
    begin = work.after(start)
    if begin < end and work.bare[begin : begin + 1] == b"[":
        start = work.pairs.get(begin, begin) + 1
        begin = work.after(start)
    opening = openers.get(work.before(end), -1)
    if opening < start:
        if WORD.match(work.bare, begin) and begin + len(_NO_VALUE) <= end:
            work.erase(begin, end)
            work.put(begin, _NO_VALUE)
        return start, start
    comma = next((at for at in range(opening, end) if work.owners.get(at) == opening), -1)
    if comma >= 0:
        work.erase(comma, work.before(end))
    return start, opening


def _empty_string(work: Work, start: int, end: int) -> None:
    work.erase(start, end)
    for offset in range(start, end - 1):
        if work.bare[offset : offset + 2] == b"  ":
            work.mark(offset, end, "string")
            work.put(offset, b'""')
            return
