# SPDX-License-Identifier: GPL-2.0-only
"""Where the functions of a file begin and end, found without parsing it."""

import re
from collections.abc import Iterator

from reviewer.record import dataclass
from reviewer.syntax.header import Header, read_header
from reviewer.syntax.mask import Directive, blank, directives, mask, without_directives
from reviewer.syntax.vocabulary import EMPTY, Vocabulary

_BRACE = re.compile(rb"[{}]")
_MEMBER = re.compile(rb"\s*(?:\.|\[)")
_CONDITIONS = frozenset({"if", "ifdef", "ifndef", "else", "elif", "endif"})
_COUNTED, _SUSPICIOUS, _STRICT = range(3)


@dataclass(frozen=True, slots=True)
class Segment:
    """One function definition, by half-open byte offsets into the file.

    ``start`` is where the header begins, ``body`` its opening brace, ``end``
    is behind the closing brace; ``first`` and ``last`` are line numbers from
    1.  ``macro`` names the macro that defines the function, or is empty.
    """

    name: str
    start: int
    body: int
    end: int
    first: int
    last: int
    macro: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A file cut into functions; ``masked`` is as long as the file."""

    masked: bytes
    directives: tuple[Directive, ...]
    segments: tuple[Segment, ...]


def segments(data: bytes, vocabulary: Vocabulary = EMPTY) -> tuple[Segment, ...]:
    """Every function definition of a C file, in order."""
    return outline(data, vocabulary).segments


def outline(data: bytes, vocabulary: Vocabulary = EMPTY) -> Outline:
    """The masked text, the preprocessor lines and the functions of a file."""
    masked = mask(data)
    lines = directives(masked)
    bare, live = _live(without_directives(masked, lines), lines)
    return Outline(masked, lines, tuple(_functions(bare, lines, live, vocabulary)))


def live_code(data: bytes) -> bytes:
    """A copy of a file as long as it is, without comments, preprocessor lines
    and what stands under ``#if 0``; strings are made harmless."""
    masked = mask(data)
    lines = directives(masked)
    return _live(without_directives(masked, lines), lines)[0]


def _live(bare: bytes, lines: tuple[Directive, ...]) -> tuple[bytes, list[Directive]]:
    """The text with what is never compiled blanked, and the preprocessor lines
    without those of ``#if 0``: what its ``#else`` holds stands for itself."""
    text, kept = bytearray(bare), list[Directive]()
    start, depth = -1, 0
    bare_groups: list[bool] = []
    for line in lines:
        word = line.word
        if start >= 0:
            depth += word.startswith("if")
            if depth and word == "endif":
                depth -= 1
            elif not depth and word in _CONDITIONS:
                text[start : line.start] = blank(bare[start : line.start])
                start = -1
                if word != "endif":
                    bare_groups.append(word == "else")
                if word == "elif":
                    kept.append(Directive(line.start, line.end, "if", line.text))
        elif word == "if" and line.text.strip() == "0":
            start, depth = line.end, 0
        elif word.startswith("if"):
            bare_groups.append(False)
            kept.append(line)
        elif word != "endif" or not bare_groups or not bare_groups.pop():
            kept.append(line)
    return bytes(text), kept


def _functions(
    bare: bytes, lines: tuple[Directive, ...], live: list[Directive], vocabulary: Vocabulary
) -> Iterator[Segment]:
    previous, counted, line = 0, 0, 1
    borders = [one.end for one in lines]
    passed = 0
    for opening, closing in _bodies(bare, live):
        while passed < len(borders) and borders[passed] <= opening:
            passed += 1
        header = _header(bare, previous, borders[passed - 1] if passed else 0, opening, vocabulary)
        previous = closing
        if header is None or _MEMBER.match(bare, opening + 1):
            continue
        line += bare.count(b"\n", counted, header.start)
        last = line + bare.count(b"\n", header.start, closing)
        counted = header.start
        yield Segment(header.name, header.start, opening, closing, line, last, header.macro)


def _header(
    bare: bytes, previous: int, directive: int, opening: int, vocabulary: Vocabulary
) -> Header | None:
    """The header before a brace, from the last line that ends something."""
    border = max(previous, bare.rfind(b";", previous, opening) + 1)
    found = read_header(bare, max(border, directive), opening, vocabulary)
    if found is None and directive > border:
        # A preprocessor line may stand inside the header itself.
        found = read_header(bare, border, opening, vocabulary)
    return found


def _bodies(bare: bytes, lines: list[Directive]) -> list[tuple[int, int]]:
    """Outermost ``{ ... }`` as offsets of the brace and behind its partner.

    Each arm of an #if starts from the depth before it.  A ``}`` in column 0
    ends a body only where counting braces fails.
    """
    events = [(found.start(), found[0].decode()) for found in _BRACE.finditer(bare)]
    events += [(one.start, one.word) for one in lines if one.word in _CONDITIONS]
    events.sort()
    found, resume = _match(bare, events, 0, _COUNTED)
    if resume is None:
        return found
    found, resume = _match(bare, events, 0, _SUSPICIOUS)
    if resume is None:
        return found
    return found + _match(bare, events, resume, _STRICT)[0]


def _match(
    bare: bytes, events: list[tuple[int, str]], first: int, trust: int
) -> tuple[list[tuple[int, int]], int | None]:
    """Bodies from an event on, and where to go on by column 0 instead.

    ``trust`` is what column 0 says: nothing, that counting may have failed,
    or everything.
    """
    found: list[tuple[int, int]] = []
    depth, opening, suspect = 0, -1, -1
    arms: list[tuple[int, int | None]] = []
    for number in range(first, len(events)):
        offset, kind = events[number]
        at_margin = offset == 0 or bare[offset - 1] == 10
        if kind == "{":
            if depth and at_margin and suspect >= 0 and trust == _SUSPICIOUS:
                break
            opening = offset if opening < 0 else opening
            depth += 1
        elif kind == "}":
            depth = 0 if trust == _STRICT and at_margin else max(depth - 1, 0)
            if depth == 0 and opening >= 0:
                found.append((opening, offset + 1))
                opening = suspect = -1
            elif at_margin and opening >= 0 and suspect < 0:
                suspect = number
        else:
            depth = _condition(kind, depth, arms)
    if depth == 0 or opening < 0:
        return found, None
    if suspect < 0:
        return [*found, (opening, len(bare))], None
    return [*found, (opening, events[suspect][0] + 1)], suspect + 1


def _condition(word: str, depth: int, arms: list[tuple[int, int | None]]) -> int:
    """The brace depth behind a preprocessor line."""
    if word.startswith("if"):
        arms.append((depth, None))
        return depth
    if not arms:
        return depth
    before, first = arms.pop()
    if word == "endif":
        return depth if first is None else first
    arms.append((before, depth if first is None else first))
    return before
