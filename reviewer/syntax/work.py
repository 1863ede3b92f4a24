# SPDX-License-Identifier: GPL-2.0-only
"""What the passes of the normaliser share: one function being rewritten."""

import re
from bisect import bisect_left

from reviewer.record import dataclass, field
from reviewer.syntax.mask import blank, directives, without_directives
from reviewer.syntax.vocabulary import Vocabulary

_BRACKET = re.compile(rb"[()\[\]{},;]")
_NEWLINE = re.compile(rb"\n")
_MAX_NOTES = 50
_MAX_NESTING = 100
_PARTNER = {41: 40, 93: 91, 125: 123}
_SEPARATORS = b",;"
_BLANK = b" \t\n\r\f\v"
WORD = re.compile(rb"[A-Za-z_$][\w$]*")
KEYWORDS = frozenset(
    b"if else while for do switch case default return goto break continue sizeof struct union "
    b"enum typedef asm __asm__ __asm _Generic _Static_assert".split()
)
CALL = re.compile(rb"(?<![\w$])([A-Za-z_$][\w$]*)[ \t\r\n]*\(")


@dataclass(frozen=True, slots=True)
class Mark:
    """What was rewritten at a place: byte offsets into the function's text.

    ``kind`` is ``iterator``, ``until``, ``scope``, ``type``, ``range``, ``goto``,
    ``attribute``, ``semicolon``, ``string`` or ``arm``; ``text`` is what stood there.
    """

    start: int
    end: int
    kind: str
    text: str


@dataclass(slots=True)
class Work:
    """One function under rewriting: all texts keep their length and newlines.

    ``original`` is what the author wrote, ``text`` what will be parsed,
    ``bare`` the same without preprocessor lines; ``body`` is the offset of
    the opening brace, ``other_arm`` says which arm of an ``#if`` that cuts
    across a statement to keep, ``pairs`` maps an opening bracket to its partner and
    ``owners`` a comma or semicolon to the bracket it stands in; ``borders`` are
    the offsets of all brackets and ``inner`` the innermost open behind each.
    Between the two ``blanks`` there is nothing else.
    """

    original: bytes
    text: bytearray
    bare: bytearray
    body: int
    vocabulary: Vocabulary
    other_arm: bool = False
    pairs: dict[int, int] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    newlines: list[int] = field(default_factory=list)
    borders: list[int] = field(default_factory=list)
    inner: list[int] = field(default_factory=list)
    blanks: tuple[int, int] = (-1, -1)

    def put(self, start: int, text: bytes) -> None:
        """Overwrite from an offset on; newlines are the caller's care."""
        if not text.isspace():
            self.blanks = -1, -1
        self.text[start : start + len(text)] = text
        self.bare[start : start + len(text)] = text

    def erase(self, start: int, end: int) -> None:
        """Blank a stretch."""
        self.put(start, blank(bytes(self.text[start:end])))

    def mark(self, start: int, end: int, kind: str) -> None:
        """Remember what stands in the original at a stretch."""
        text = self.original[start:end].decode("utf-8", "replace")
        self.marks.append(Mark(start, end, kind, text))

    def line(self, offset: int) -> int:
        """The line of an offset, counted from 0 at the start of the function."""
        if not self.newlines:
            self.newlines = [found.start() for found in _NEWLINE.finditer(self.original)]
        return bisect_left(self.newlines, offset)

    def note(self, offset: int, text: str) -> None:
        """Remember a guess; of very many the first ones do."""
        if len(self.notes) < _MAX_NOTES:
            self.notes.append((self.line(offset), text))

    def before(self, offset: int) -> int:
        """The offset of the last character that is not blank, or -1."""
        first, last = self.blanks
        at = offset - 1
        while at >= 0 and self.bare[at] in _BLANK:
            # Nobody walks over a long row of blanks again and again.
            at = first if first < at < last else at - 1
        self.blanks = at, offset
        return at

    def after(self, offset: int) -> int:
        """The offset of the next character that is not blank, or the end."""
        while offset < len(self.bare) and self.bare[offset] in _BLANK:
            offset += 1
        return offset

    def next_char(self, offset: int) -> bytes:
        """The next character that is not blank; empty at the end."""
        at = self.after(offset)
        return bytes(self.bare[at : at + 1])

    def last_char(self, offset: int) -> bytes:
        """The last character before ``offset`` that is not blank; empty at the
        beginning."""
        at = self.before(offset)
        return bytes(self.bare[at : at + 1]) if at >= 0 else b""

    def in_block(self, offset: int) -> bool:
        """Whether the innermost bracket around an offset holds statements."""
        brace = self._innermost(offset)
        for _ in range(_MAX_NESTING):
            if brace < 0 or self.bare[brace] != 123:
                return False
            before = self.before(brace)
            if brace == self.body or (before >= 0 and self.bare[before] in b");}:"):
                return True
            if before < 0 or self.bare[before] != 123:
                word = re.search(rb"\w+\Z", bytes(self.bare[max(before - 5, 0) : before + 1]))
                return word is not None and word[0] in (b"else", b"do")
            # A brace right behind another is what that one is.
            brace = before
        return False

    def _innermost(self, offset: int) -> int:
        """The offset of the innermost bracket around an offset, or -1."""
        if not self.borders:
            stack: list[int] = []
            for border in sorted((-1, *self.pairs, *self.pairs.values())):
                if border in self.pairs:
                    stack.append(border)
                elif stack:
                    stack.pop()
                self.borders.append(border)
                self.inner.append(stack[-1] if stack else -1)
        return self.inner[bisect_left(self.borders, offset) - 1]

    def refresh(self) -> None:
        """Recompute what follows from ``text``."""
        self.blanks = -1, -1
        text = bytes(self.text)
        bare = without_directives(text, directives(text))
        self.bare = bytearray(bare)
        self.pairs, self.owners = brackets(bare)
        self.borders, self.inner = [], []
        self.body = max(bare.find(b"{"), 0)


def brackets(text: bytes) -> tuple[dict[int, int], dict[int, int]]:
    """Each opening bracket with its partner, and each comma and semicolon with
    the bracket it stands in; what has none is left out."""
    pairs: dict[int, int] = {}
    owners: dict[int, int] = {}
    stack: list[int] = []
    for found in _BRACKET.finditer(text):
        offset = found.start()
        code = text[offset]
        opening = _PARTNER.get(code)
        if opening is None:
            if code not in _SEPARATORS:
                stack.append(offset)
            elif stack:
                owners[offset] = stack[-1]
        elif stack and text[stack[-1]] == opening:
            pairs[stack.pop()] = offset
        elif opening == 123:
            # A brace closes whatever round brackets were left open inside it.
            while stack and text[stack[-1]] != opening:
                stack.pop()
            if stack:
                pairs[stack.pop()] = offset
    return pairs, owners
