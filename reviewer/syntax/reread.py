# SPDX-License-Identifier: GPL-2.0-only
"""Calls that the grammar of C alone takes for declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.record import replace
from reviewer.syntax.context import Context
from reviewer.syntax.expressions import expression, parts
from reviewer.syntax.grammar import parsed_tree
from reviewer.syntax.tree import Call, Expr
from reviewer.syntax.work import Mark

if TYPE_CHECKING:
    from tree_sitter import Node

_BEFORE = b"void f(void){_=("
_BEHIND = b");}"


def inner_expression(root: Node) -> Node | None:
    """The expression between ``_BEFORE`` and ``_BEHIND``, or None."""
    if root.has_error or len(root.children) != 1:
        return None
    body = root.children[0].child_by_field_name("body")
    statements = [] if body is None else parts(body)
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    assignment = parts(statements[0])[0]
    value = assignment.child_by_field_name("right")
    if value is None or value.type != "parenthesized_expression" or len(parts(value)) != 1:
        return None
    return parts(value)[0]


def wrapped(text: bytes) -> tuple[bytes, int]:
    """The text where only an expression may stand, and how far it moved."""
    return _BEFORE + text + _BEHIND, len(_BEFORE)


def call_in_disguise(ctx: Context, node: Node, depth: int) -> Expr | None:
    """The call a declaration really is, or None.

    ``T (x);`` and ``T (x)(y);`` declare nothing in practice: T is a macro.
    """
    start = _disguised_at(node)
    if start is None:
        return None
    end = node.end_byte
    while end > start and ctx.text[end - 1 : end] in (b";", b" ", b"\n", b"\t"):
        end -= 1
    moved, shift = _moved(ctx, start, end)
    inner = inner_expression(parsed_tree(moved.text))
    if inner is None:
        return None
    before = ctx.text.count(b"\n", 0, start)
    found = expression(replace(moved, line=ctx.line + before), inner, depth)
    return found if isinstance(found, Call) else None


def _moved(ctx: Context, start: int, end: int) -> tuple[Context, int]:
    text, shift = wrapped(ctx.text[start:end])
    original, _ = wrapped(ctx.original[start:end])
    offset = shift - start
    marks = {
        (at + offset, kind): Mark(mark.start + offset, mark.end + offset, mark.kind, mark.text)
        for (at, kind), mark in ctx.marks.items()
        if start <= at < end
    }
    return replace(ctx, text=text, original=original, base=ctx.base - offset, marks=marks), shift


def _disguised_at(node: Node) -> int | None:
    """Where the name of the macro stands in something that looks declared."""
    if node.type == "macro_type_specifier":
        return node.start_byte
    if node.type != "declaration":
        return None
    kind, declarator = node.child_by_field_name("type"), node.child_by_field_name("declarator")
    if kind is None or declarator is None:
        return None
    if kind.type == "macro_type_specifier":
        return kind.start_byte if declarator.is_missing else None
    if kind.type != "type_identifier":
        return None
    if declarator.type == "function_declarator":
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            return None
        declarator = inner
    if declarator.type != "parenthesized_declarator":
        return None
    inside = parts(declarator)
    plain = len(inside) == 1 and inside[0].type in ("identifier", "function_declarator")
    return kind.start_byte if plain else None
