# SPDX-License-Identifier: GPL-2.0-only
"""What two readers of a function are compared by."""

import re
from dataclasses import dataclass, field

from reviewer.syntax.mask import directives, mask, without_directives

_WORD = re.compile(rb"[A-Za-z_$][\w$]*")
_BRACKET = re.compile(rb"[()]")
LOOP, BRANCH = "loop macro", "branch macro"


@dataclass(frozen=True, slots=True)
class Enclosing:
    """A control statement around something, and in which part of it that is.

    ``kind`` is the keyword, or says what a macro stands for: ``loop macro``
    or ``branch macro``.
    """

    kind: str
    offset: int
    part: str


Chain = tuple[Enclosing, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A call, a jump or a control statement; ``name`` is the callee, the
    label of a goto, else empty.  ``end`` is where a call ends, if known."""

    kind: str
    offset: int
    name: str
    chain: Chain
    end: int = 0


@dataclass(slots=True)
class Reading:
    """What one reader sees in one function, by the offset in the file."""

    calls: dict[int, Event] = field(default_factory=dict)
    jumps: dict[int, Event] = field(default_factory=dict)
    statements: dict[int, Event] = field(default_factory=dict)


class Text:
    """A file, and where the macros in it end."""

    def __init__(self, data: bytes) -> None:
        masked = mask(data)
        self.data = data
        self.bare = without_directives(masked, directives(masked))
        self._ends: dict[int, int] = {}

    def word(self, offset: int) -> str:
        """The word that begins at an offset; empty where none begins."""
        inside = offset > 0 and _WORD.match(self.bare, offset - 1) is not None
        found = None if inside else _WORD.match(self.bare, offset)
        return found[0].decode() if found else ""

    def macro_end(self, offset: int) -> int:
        """The end of the word at an offset and of the brackets behind it."""
        if offset not in self._ends:
            self._ends[offset] = self._macro_end(offset)
        return self._ends[offset]

    def _macro_end(self, offset: int) -> int:
        end = offset + len(self.word(offset))
        opening = end
        while self.bare[opening : opening + 1].isspace():
            opening += 1
        if self.bare[opening : opening + 1] != b"(":
            return end
        depth = 0
        for found in _BRACKET.finditer(self.bare, opening):
            depth += 1 if found[0] == b"(" else -1
            if depth == 0:
                return found.end()
        return end

    def line(self, offset: int) -> int:
        """The line of an offset, counted from 1."""
        return self.data.count(b"\n", 0, offset) + 1

    def placed(self, chain: Chain, offset: int) -> Chain:
        """A chain for what stands at an offset: what a macro encloses lies
        behind it, or among its arguments."""
        return tuple(
            Enclosing(one.kind, one.offset, self._part(one.offset, offset))
            if one.kind in (LOOP, BRANCH)
            else one
            for one in chain
        )

    def _part(self, macro: int, offset: int) -> str:
        return "head" if offset < self.macro_end(macro) else "body"
