# SPDX-License-Identifier: GPL-2.0-only
"""What the conversion of parser nodes needs to know at every node."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reviewer.location import Location
from reviewer.record import dataclass, field
from reviewer.syntax.tree import Block, Opaque
from reviewer.syntax.vocabulary import Vocabulary
from reviewer.syntax.work import Mark

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 120
MAX_CHAIN = 256
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Context:
    """``original`` and ``text`` are the function as written and as parsed,
    equally long; ``base`` and ``line`` place their first byte in the file.

    ``marks`` are keyed by offset and kind; ``attributes`` are the offsets of
    those of that kind, in order; ``names`` are the variables declared so far;
    ``errors`` and ``notes`` are filled on the way; ``block`` converts a
    compound statement inside an expression.  ``shown`` are the lines of a hunk
    around which something was put that stands nowhere.
    """

    original: bytes
    text: bytes
    base: int
    line: int
    marks: Mapping[tuple[int, str], Mark]
    vocabulary: Vocabulary
    block: Callable[[Context, Node, int], Block]
    attributes: Sequence[int] = ()
    shown: Location | None = None
    names: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def attribute_offsets(marks: Iterable[tuple[int, str]]) -> list[int]:
    """Where attribute macros stood, in order, by the keys of the marks."""
    return sorted(start for start, kind in marks if kind == "attribute")


def location(ctx: Context, node: Node) -> Location:
    """Where a node stands in the file."""
    return between(ctx, node.start_byte, node.end_byte, node.start_point[0])


def between(ctx: Context, start: int, end: int, row: int) -> Location:
    """Where a stretch of the text stands in the file; what was put around the
    lines of a hunk stands at their border."""
    start, end, line = ctx.base + start, ctx.base + end, ctx.line + row
    if ctx.shown is not None:
        first, last = ctx.shown.start, ctx.shown.end
        start, end = min(max(start, first), last), min(max(end, first), last)
        line = max(line, ctx.shown.line)
    return Location(start, end, line)


def written(ctx: Context, node: Node) -> str:
    """What the author wrote at a node."""
    return ctx.original[node.start_byte : node.end_byte].decode("utf-8", "replace")


def squashed(text: str) -> str:
    """The text with every run of blanks made one space."""
    return _BLANKS.sub(" ", text.strip())


def parsed(ctx: Context, start: int, end: int) -> str:
    """The normalised text of a stretch, on one line."""
    return squashed(ctx.text[start:end].decode("utf-8", "replace"))


def opaque(ctx: Context, node: Node) -> Opaque:
    """The node as text nobody looks into."""
    return Opaque(location(ctx, node), squashed(written(ctx, node)))


def failed(ctx: Context, node: Node, reason: str = "not understood") -> Opaque:
    """The node as text that did not parse; the reason goes into the errors."""
    text = squashed(written(ctx, node))
    ctx.errors.append(f"line {ctx.line + node.start_point[0]}: {reason}: {shortened(text)}")
    return Opaque(location(ctx, node), text, error=True)


def take_notes(ctx: Context, notes: Iterable[tuple[int, str]]) -> None:
    """Keep what the normaliser guessed, with the lines of the file."""
    ctx.notes.extend(f"line {ctx.line + line}: {text}" for line, text in notes)


def shortened(text: str) -> str:
    """At most 60 characters of a text."""
    return text if len(text) <= 60 else f"{text[:57]}..."
