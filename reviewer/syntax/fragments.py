# SPDX-License-Identifier: GPL-2.0-only
"""Functions of which only the hunks of a diff are known."""

from collections.abc import Sequence

from reviewer.location import Location
from reviewer.source.records import Fragment
from reviewer.syntax.context import Context, attribute_offsets, take_notes
from reviewer.syntax.expressions import parts
from reviewer.syntax.grammar import parsed_tree
from reviewer.syntax.mask import directives, without_directives
from reviewer.syntax.normalise import normalise
from reviewer.syntax.parse import MAX_FUNCTION, MAX_PARTS, read_head
from reviewer.syntax.pieces import Piece, pieces
from reviewer.syntax.repair import UNSEEN, Repaired, repair
from reviewer.syntax.statements import block, sequence
from reviewer.syntax.tree import Block, Function, Gap, Stmt
from reviewer.syntax.vocabulary import EMPTY, Vocabulary
from reviewer.syntax.work import Mark

_HEAD = b"void f(void){"


def fragment_functions(
    fragments: Sequence[Fragment], vocabulary: Vocabulary
) -> tuple[Function, ...]:
    """The functions some hunks of one file show, in order of appearance.

    A function seen in parts is not ``complete``: a `Gap` stands for what lies
    before, between and behind them.  Lines are those of the image, byte
    offsets count in the text of the fragment a part comes from.
    """
    found = pieces_by_function(fragments, vocabulary)
    return tuple(function_shown(some, vocabulary) for some in found.values())


def pieces_by_function(
    fragments: Sequence[Fragment], vocabulary: Vocabulary
) -> dict[str, list[Piece]]:
    """The parts of each function some hunks of one file show, not parsed yet."""
    found: dict[str, list[Piece]] = {}
    for fragment in fragments:
        for piece in pieces(fragment, vocabulary):
            name = piece.name or piece.header.decode("utf-8", "replace")
            found.setdefault(name, []).append(piece)
    return found


def function_shown(some: Sequence[Piece], vocabulary: Vocabulary) -> Function:
    """The function some pieces are parts of."""
    items: list[Stmt] = []
    errors: list[str] = []
    notes: list[str] = []
    for number, piece in enumerate(some):
        if not piece.opens or number:
            items.append(_gap(piece, piece.start))
        shown, ctx = _statements(piece, vocabulary)
        items += shown
        errors += ctx.errors
        notes += ctx.notes
    last = some[-1]
    if not last.closes:
        items.append(_gap(last, last.end))
    header = max((piece for piece in some), key=lambda piece: (piece.opens, len(piece.header)))
    head = read_head(header.header, vocabulary)
    here = _location(some[0], some[0].start, last.end)
    complete = len(some) == 1 and last.opens and last.closes
    body = Block(here, tuple(items))
    name = some[0].name
    return Function(
        here,
        name,
        head.type,
        head.params,
        body,
        complete,
        tuple(errors),
        tuple(notes),
        head.attributes,
    )


def _line(piece: Piece, offset: int) -> int:
    return piece.line_of(offset)


def _location(piece: Piece, start: int, end: int) -> Location:
    return Location(start, max(start, end), _line(piece, start))


def _gap(piece: Piece, offset: int) -> Gap:
    return Gap(_location(piece, offset, offset), "")


def _statements(piece: Piece, vocabulary: Vocabulary) -> tuple[list[Stmt], Context]:
    """What one piece shows, parsed between what was put around it."""
    masked = piece.masked[piece.start : piece.end]
    written = piece.text
    if len(written) > MAX_FUNCTION:
        return _unread(piece, "too long")
    added = repair(without_directives(masked, directives(masked)))
    if added is None:
        return _unread(piece, "lines of a hunk that do not pair up")
    # A preprocessor line must begin a line.
    before = _HEAD + added.before + b"\n"
    behind = b"\n" + added.behind + b"}"
    rewritten = normalise(
        before + written + behind, before + masked + behind, len(_HEAD) - 1, vocabulary
    )
    marks = {(mark.start, mark.kind): mark for mark in rewritten.marks}
    marks |= _unseen(added, before, behind, len(written))
    ctx = Context(
        before + written + behind,
        rewritten.text,
        piece.start - len(before),
        _line(piece, piece.start) - 1,
        marks,
        vocabulary,
        block,
        attribute_offsets(marks),
        _location(piece, piece.start, piece.end),
    )
    take_notes(ctx, rewritten.notes)
    return _body(ctx, piece), ctx


def _unread(piece: Piece, reason: str) -> tuple[list[Stmt], Context]:
    """A gap for lines that are not worth reading."""
    ctx = Context(b"", b"", 0, _line(piece, piece.start), {}, EMPTY, block)
    ctx.errors.append(f"line {ctx.line}: {reason}")
    return [_whole(piece)], ctx


def _whole(piece: Piece) -> Gap:
    here = _location(piece, piece.start, piece.end)
    return Gap(here, piece.text.decode("utf-8", "replace"), error=True)


def _unseen(
    added: Repaired, before: bytes, behind: bytes, length: int
) -> dict[tuple[int, str], Mark]:
    """Marks that make each value put in an `Opaque` saying so."""
    found: dict[tuple[int, str], Mark] = {}
    for text, shift in ((before, 0), (behind, len(before) + length)):
        at = text.find(UNSEEN)
        while at >= 0:
            start, end = at + shift, at + shift + len(UNSEEN)
            found[start, "type"] = Mark(start, end, "type", "not shown")
            at = text.find(UNSEEN, at + 1)
    return found


def _body(ctx: Context, piece: Piece) -> list[Stmt]:
    """The statements of the one function there is, or a gap for all of it."""
    root = parsed_tree(ctx.text)
    if root.descendant_count > MAX_PARTS:
        ctx.errors.append(f"line {ctx.line}: too large: {root.descendant_count} parts")
        return [_whole(piece)]
    inside = parts(root)
    first = inside[0] if inside else None
    body = None if first is None else first.child_by_field_name("body")
    if body is None or len(inside) > 1:
        ctx.errors.append(f"line {ctx.line}: lines of a hunk not parsed")
        return [_whole(piece)]
    return sequence(ctx, parts(body), 0)
