# SPDX-License-Identifier: GPL-2.0-only
"""Parser nodes to declarations, parameters and types."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from reviewer.record import replace
from reviewer.syntax.context import Context, location, parsed, squashed
from reviewer.syntax.expressions import expression, parts
from reviewer.syntax.tree import Declare, Parameter

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = ("identifier", "field_identifier", "type_identifier")
_DROPPED = frozenset({"extern", "register", "inline", "auto"})


def declarations(ctx: Context, node: Node, depth: int) -> list[Declare]:
    """One record for each declarator; a prototype gives none."""
    declarators = node.children_by_field_name("declarator")
    if not declarators:
        return []
    kind = _specifiers(ctx, node, declarators[0].start_byte)
    shared = _attributes(ctx, _begin(ctx, node.start_byte), declarators[0].start_byte)
    ends = [one.start_byte for one in declarators[1:]] + [node.end_byte]
    found = []
    for one, end in zip(declarators, ends, strict=True):
        made = _declare(ctx, one, kind, depth)
        if made is not None:
            own = _attributes(ctx, one.start_byte, end)
            found.append(replace(made, attributes=shared + own) if shared or own else made)
    return found


def _specifiers(ctx: Context, node: Node, end: int) -> str:
    """The type in front of the declarators, without bodies of structures."""
    words: list[str] = []
    for child in node.children:
        if child.start_byte >= end:
            break
        body = child.child_by_field_name("body")
        stop = child.end_byte if body is None else body.start_byte
        words.append(parsed(ctx, child.start_byte, stop))
    return squashed(" ".join(word for word in words if word not in _DROPPED))


def _declare(ctx: Context, node: Node, kind: str, depth: int) -> Declare | None:
    value = node.child_by_field_name("value") if node.type == "init_declarator" else None
    declarator = node.child_by_field_name("declarator") if node.type == "init_declarator" else node
    name = None if declarator is None else declared_name(declarator)
    if declarator is None or name is None or _is_prototype(declarator):
        return None
    text = parsed(ctx, name.start_byte, name.end_byte)
    ctx.names.add(text)
    init = None if value is None else expression(ctx, value, depth)
    return Declare(location(ctx, node), _typed(ctx, kind, declarator, name), text, init)


def _begin(ctx: Context, start: int) -> int:
    """Where a declaration begins: the attributes in front are blanks by now."""
    at = bisect_left(ctx.attributes, start)
    while at > 0 and not ctx.text[ctx.attributes[at - 1] : start].strip():
        at -= 1
        start = ctx.attributes[at]
    return start


def _attributes(ctx: Context, start: int, end: int) -> tuple[str, ...]:
    """The attribute macros that stood in a part of a declaration."""
    first, behind = bisect_left(ctx.attributes, start), bisect_left(ctx.attributes, end)
    found = ctx.attributes[first:behind]
    return tuple(squashed(ctx.marks[offset, "attribute"].text) for offset in found)


def _is_prototype(node: Node) -> bool:
    """``int f(void)`` and ``int *f(void)``, but not ``int (*f)(void)``."""
    while node.type == "pointer_declarator":
        inner = node.child_by_field_name("declarator")
        if inner is None:
            return False
        node = inner
    inner = node.child_by_field_name("declarator")
    return node.type == "function_declarator" and inner is not None and inner.type in _NAMES


def declared_name(node: Node) -> Node | None:
    """The identifier inside a declarator, or None in an abstract one."""
    for _ in range(100):
        if node.type in _NAMES:
            return node
        inner = node.child_by_field_name("declarator")
        if inner is None:
            candidates = [
                one for one in parts(node) if one.type.endswith(("declarator", "identifier"))
            ]
            if not candidates:
                return None
            inner = candidates[0]
        node = inner
    return None


def _typed(ctx: Context, kind: str, declarator: Node, name: Node | None) -> str:
    """Specifiers and declarator with the name cut out: ``struct foo *``."""
    if name is None:
        return squashed(f"{kind} {parsed(ctx, declarator.start_byte, declarator.end_byte)}")
    before = parsed(ctx, declarator.start_byte, name.start_byte).replace(" ", "")
    behind = parsed(ctx, name.end_byte, declarator.end_byte)
    return squashed(f"{kind} {before}{behind}")


def parameters(ctx: Context, node: Node | None) -> tuple[Parameter, ...]:
    """The parameters of a ``parameter_list``; ``void`` alone gives none."""
    found: list[Parameter] = []
    for child in [] if node is None else parts(node):
        if child.type == "parameter_declaration":
            found.append(_parameter(ctx, child))
        elif child.type == "variadic_parameter":
            found.append(Parameter("...", ""))
        elif child.type == "identifier":
            found.append(Parameter("", parsed(ctx, child.start_byte, child.end_byte)))
    return () if found == [Parameter("void", "")] else tuple(found)


def _parameter(ctx: Context, node: Node) -> Parameter:
    declarator = node.child_by_field_name("declarator")
    if declarator is None:
        return Parameter(_specifiers(ctx, node, node.end_byte), "")
    kind = _specifiers(ctx, node, declarator.start_byte)
    name = declared_name(declarator)
    text = "" if name is None else parsed(ctx, name.start_byte, name.end_byte)
    if text:
        ctx.names.add(text)
    return Parameter(_typed(ctx, kind, declarator, name), text)


def return_type(ctx: Context, node: Node) -> str:
    """The type a ``function_definition`` node returns, stars included."""
    declarator = node.child_by_field_name("declarator")
    if declarator is None:
        return ""
    words = _specifiers(ctx, node, declarator.start_byte).split()
    stars = 0
    while declarator is not None and declarator.type == "pointer_declarator":
        stars += 1
        declarator = declarator.child_by_field_name("declarator")
    kind = " ".join(word for word in words if word != "static")
    return f"{kind} {'*' * stars}" if stars else kind
