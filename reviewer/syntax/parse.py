# SPDX-License-Identifier: GPL-2.0-only
"""Files and functions: bytes in, `Function` records out, on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.location import Location
from reviewer.record import dataclass, field
from reviewer.syntax.context import Context, attribute_offsets, squashed, take_notes
from reviewer.syntax.declarations import parameters, return_type
from reviewer.syntax.expressions import expression, parts
from reviewer.syntax.grammar import parsed_tree
from reviewer.syntax.mask import mask
from reviewer.syntax.normalise import Normalised, normalise
from reviewer.syntax.reread import inner_expression, wrapped
from reviewer.syntax.segments import Outline, Segment, outline
from reviewer.syntax.statements import block
from reviewer.syntax.tree import Block, Expr, Function, Gap, Parameter
from reviewer.syntax.vocabulary import EMPTY, Vocabulary

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_FUNCTION = 250_000
MAX_SECOND_TRY = 50_000
MAX_PARTS = 100_000
"""Nodes of the parser; the largest function of the kernel has 72,000."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file whose functions are parsed when they are asked for."""

    data: bytes
    vocabulary: Vocabulary
    outline: Outline
    _parsed: dict[Segment, Function] = field(default_factory=dict, compare=False, repr=False)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The function definitions, in order."""
        return self.outline.segments

    def parsed(self, segment: Segment) -> Function:
        """The function of one segment of this file."""
        found = self._parsed.get(segment)
        if found is None:
            masked = self.outline.masked[segment.start : segment.end]
            found = _parse(self.data, masked, segment, self.vocabulary)
            self._parsed[segment] = found
        return found

    def forget(self) -> None:
        """Give back the functions that were parsed; they are parsed again when asked for."""
        self._parsed.clear()

    def functions_named(self, name: str) -> tuple[Function, ...]:
        """All definitions of a name: several under different ``#if`` arms."""
        return tuple(self.parsed(one) for one in self.segments if one.name == name)

    def function(self, name: str) -> Function | None:
        """The first definition of a name, or None."""
        return next((self.parsed(one) for one in self.segments if one.name == name), None)

    def function_at(self, line: int) -> Function | None:
        """The function a line, counted from 1, lies in, or None."""
        inside = (one for one in self.segments if one.first <= line <= one.last)
        return next((self.parsed(one) for one in inside), None)


def read_file(data: bytes, vocabulary: Vocabulary = EMPTY) -> SourceFile:
    """A C file cut into functions, none of them parsed yet."""
    return SourceFile(data, vocabulary, outline(data, vocabulary))


def parse_function(
    data: bytes, segment: Segment, vocabulary: Vocabulary = EMPTY, other_arm: bool = False
) -> Function:
    """One function of a file; locations are those of the file.

    Of an ``#if`` that cuts across a statement only one arm is read, with
    ``other_arm`` the other one.
    """
    masked = mask(data[segment.start : segment.end])
    return _parse(data, masked, segment, vocabulary, other_arm)


def parse_expression(text: str) -> Expr:
    """A C expression as in data files, where names may start with ``$``.

    Locations are offsets into the UTF-8 text, line 1.  ValueError when the
    text is not exactly one expression.
    """
    data = text.encode()
    whole, shift = wrapped(data)
    inner = inner_expression(parsed_tree(whole)) if data.strip() else None
    if inner is None:
        raise ValueError(f"not an expression: {text!r}")
    ctx = Context(whole, whole, -shift, 1, {}, EMPTY, block)
    found = expression(ctx, inner, 0)
    if ctx.errors:
        raise ValueError(f"not an expression: {text!r}")
    return found


@dataclass(frozen=True, slots=True)
class Head:
    """What a header says; empty where it is cut short or not understood."""

    type: str = ""
    params: tuple[Parameter, ...] = ()
    attributes: tuple[str, ...] = ()


def read_head(header: bytes, vocabulary: Vocabulary = EMPTY) -> Head:
    """The type and parameters of a header that may break off in the middle."""
    text = mask(header).rstrip().rstrip(b",{").rstrip()
    text += b")" * max(text.count(b"(") - text.count(b")"), 0)
    original = header[: len(text)].ljust(len(text)) + b"\n{}"
    rewritten = normalise(original, text + b"\n{}", len(text) + 1, vocabulary)
    definition = _definition(parsed_tree(rewritten.text))
    body = None if definition is None else definition.child_by_field_name("body")
    if definition is None or body is None or definition.has_error:
        return Head()
    segment = Segment("", 0, len(text) + 1, len(original), 1, 1, "")
    ctx = _context(original, rewritten, segment, vocabulary)
    made = _function(ctx, segment, rewritten, definition, body)
    return Head(made.type, made.params, made.attributes)


def _parse(
    data: bytes, masked: bytes, segment: Segment, vocabulary: Vocabulary, other_arm: bool = False
) -> Function:
    original = data[segment.start : segment.end]
    if len(original) > MAX_FUNCTION:
        return _unread(segment, "too long")
    body_at = segment.body - segment.start
    rewritten = normalise(original, masked, body_at, vocabulary, other_arm)
    ctx = _context(original, rewritten, segment, vocabulary)
    root = parsed_tree(rewritten.text)
    if root.descendant_count > MAX_PARTS:
        return _unread(segment, f"too large: {root.descendant_count} parts")
    definition = _definition(root)
    if definition is None and len(original) <= MAX_SECOND_TRY:
        plain = _without_header(rewritten.text)
        root = parsed_tree(plain)
        definition = _definition(root)
        ctx.errors.append(f"line {segment.first}: header not parsed")
    body = None if definition is None else definition.child_by_field_name("body")
    if definition is None or body is None:
        return _unread(segment, "not parsed")
    return _function(ctx, segment, rewritten, definition, body)


def _context(
    original: bytes, rewritten: Normalised, segment: Segment, vocabulary: Vocabulary
) -> Context:
    marks = {(mark.start, mark.kind): mark for mark in rewritten.marks}
    ctx = Context(
        original,
        rewritten.text,
        segment.start,
        segment.first,
        marks,
        vocabulary,
        block,
        attribute_offsets(marks),
    )
    take_notes(ctx, rewritten.notes)
    return ctx


def _definition(root: Node) -> Node | None:
    """The function definition when it is all there is."""
    inside = parts(root)
    found = [one for one in inside if one.type == "function_definition"]
    return found[0] if len(found) == 1 and len(inside) == 1 else None


def _without_header(text: bytes) -> bytes:
    """The text with the shortest header there is in place of its own."""
    opening = text.find(b"{")
    kept = text[:opening]
    lines = kept.count(b"\n")
    head = b"void f()"
    filler = len(kept) - len(head) - lines
    return head + b" " * filler + b"\n" * lines + text[opening:] if filler >= 0 else text


def _function(
    ctx: Context, segment: Segment, rewritten: Normalised, definition: Node, body: Node
) -> Function:
    declarator = definition.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")
    listed = None if declarator is None else declarator.child_by_field_name("parameters")
    params = parameters(ctx, listed)
    converted = block(ctx, body, 0)
    header = segment.body - segment.start
    attributes = tuple(
        squashed(mark.text)
        for mark in rewritten.marks
        if mark.kind == "attribute" and mark.start < header
    )
    return Function(
        Location(segment.start, segment.end, segment.first),
        segment.name,
        "" if segment.macro else return_type(ctx, definition),
        params,
        converted,
        True,
        tuple(ctx.errors),
        tuple(ctx.notes),
        attributes,
    )


def _unread(segment: Segment, reason: str) -> Function:
    """A function of which only the outline is known."""
    here = Location(segment.body, segment.end, segment.first)
    whole = Location(segment.start, segment.end, segment.first)
    body = Block(here, (Gap(here, "", error=True),))
    error = f"line {segment.first}: {reason}"
    return Function(whole, segment.name, "", (), body, True, (error,))
