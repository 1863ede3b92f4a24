# SPDX-License-Identifier: GPL-2.0-only
"""Cutting what a hunk shows into parts of functions."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from reviewer.record import dataclass
from reviewer.source.records import Fragment
from reviewer.syntax.header import read_header
from reviewer.syntax.mask import blank, directives, mask, without_directives
from reviewer.syntax.vocabulary import Vocabulary

_END = re.compile(rb"^\}", re.MULTILINE)
_NEWLINE = re.compile(rb"\n")
_OPEN = re.compile(rb"\{")
_COMMENT_LINE = re.compile(rb"(?:[ \t]*\*(?:[ \t][^\n]*)?(?:\n|\Z)|[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines of one function inside one fragment.

    ``start`` and ``end`` are offsets into the fragment's text; ``masked`` is
    the whole fragment masked, ``newlines`` where its lines end.  ``header`` is
    the header of the function as far as it is known.  ``opens`` and ``closes``
    say that the first and the last brace of the function lie at the borders of
    the piece.
    """

    fragment: Fragment
    masked: bytes
    name: str
    header: bytes
    start: int
    end: int
    opens: bool
    closes: bool
    newlines: Sequence[int]

    @property
    def text(self) -> bytes:
        """What is shown."""
        return self.fragment.text[self.start : self.end]

    def line_of(self, offset: int) -> int:
        """The line of an offset into the fragment's text."""
        return self.fragment.line + bisect_left(self.newlines, offset)


def pieces(fragment: Fragment, vocabulary: Vocabulary) -> Iterator[Piece]:
    """The parts of functions one fragment shows, in order; code outside of
    functions is left out."""
    masked = mask_open(fragment.text)
    bare = without_directives(masked, directives(masked))
    section = fragment.section.encode()
    name = section_name(section, vocabulary)
    newlines = tuple(found.start() for found in _NEWLINE.finditer(fragment.text))
    position = 0
    if name is not None and not _is_outside(bare):
        end = _END.search(bare)
        position = len(bare) if end is None else end.start()
        yield Piece(fragment, masked, name, section, 0, position, False, end is not None, newlines)
        position = min(position + 1, len(bare))
    while (brace := _OPEN.search(bare, position)) is not None:
        end = _END.search(bare, brace.end())
        stop = len(bare) if end is None else end.start()
        border = max(bare.rfind(b";", position, brace.start()) + 1, position)
        found = read_header(bare, border, brace.start(), vocabulary)
        if found is not None:
            header = masked[found.start : brace.start()]
            closes = end is not None
            yield Piece(
                fragment, masked, found.name, header, brace.end(), stop, True, closes, newlines
            )
        position = min(stop + 1, len(bare))


def mask_open(text: bytes) -> bytes:
    """`mask` for a text that may begin inside a comment."""
    closing = text.find(b"*/")
    opening = text.find(b"/*")
    if closing >= 0 and (opening < 0 or closing < opening):
        return blank(text[: closing + 2]) + mask(text[closing + 2 :])
    lines = _COMMENT_LINE.match(text)
    if lines is not None and b"*" in lines[0]:
        return blank(lines[0]) + mask(text[lines.end() :])
    return mask(text)


def section_name(section: bytes, vocabulary: Vocabulary) -> str | None:
    """The function a hunk heading names, ``""`` when there is a heading that
    names none, None when there is no heading or that of something else."""
    text = mask(section)
    if not text.strip():
        return None
    if b"(" not in text:
        return None if re.match(rb"\s*(?:struct|union|enum|typedef)\b", text) else ""
    missing = text.count(b"(") - text.count(b")")
    found = read_header(text + b")" * missing, 0, len(text) + max(missing, 0), vocabulary)
    return None if found is None else found.name


def _is_outside(bare: bytes) -> bool:
    """Whether the first line that says anything starts in column 0, as no
    statement does but a label."""
    first = re.compile(rb"^[^\S\n]*\S[^\n]*", re.MULTILINE).search(bare)
    if first is None or first[0][:1] in b" \t}{#":
        return False
    return re.match(rb"[A-Za-z_]\w*\s*:(?!:)", first[0]) is None
