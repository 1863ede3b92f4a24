# SPDX-License-Identifier: GPL-2.0-only
"""Parser nodes to the expression records of `reviewer.syntax.tree`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reviewer.syntax.context import (
    MAX_CHAIN,
    MAX_DEPTH,
    Context,
    between,
    failed,
    location,
    opaque,
    squashed,
    written,
)
from reviewer.syntax.tree import (
    Assign,
    Binary,
    Call,
    Cast,
    Comma,
    Expr,
    Index,
    InitList,
    Literal,
    Member,
    Name,
    Opaque,
    StatementExpr,
    Ternary,
    Unary,
)

if TYPE_CHECKING:
    from tree_sitter import Node


UNEVALUATED = frozenset({"alignof", "_Alignof", "__alignof__", "__alignof"})
"""Operators that look like calls and evaluate nothing."""


def expression(ctx: Context, node: Node | None, depth: int) -> Expr:
    """The record of an expression node; what cannot be read is an `Opaque`
    with ``error`` set, and an entry in ``ctx.errors``."""
    if node is None:
        raise ValueError("an expression is missing")
    reader = _READERS.get(node.type)
    if depth > MAX_DEPTH:
        return failed(ctx, node, "nested too deeply")
    if reader is None or node.is_missing:
        return failed(ctx, node)
    try:
        return reader(ctx, node, depth + 1)
    except ValueError:
        return failed(ctx, node)


def parts(node: Node) -> list[Node]:
    """The named children that are not comments."""
    return [child for child in node.named_children if child.type != "comment"]


def _field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name)


def _name(ctx: Context, node: Node, depth: int) -> Expr:
    if ctx.marks and (node.start_byte, "type") in ctx.marks:
        mark = ctx.marks[node.start_byte, "type"]
        here = between(ctx, mark.start, mark.end, node.start_point[0])
        return Opaque(here, squashed(mark.text))
    return Name(location(ctx, node), written(ctx, node))


def _literal(ctx: Context, node: Node, depth: int) -> Expr:
    mark = ctx.marks.get((node.start_byte, "string"))
    return Literal(location(ctx, node), written(ctx, node) if mark is None else squashed(mark.text))


def _strings(ctx: Context, node: Node, depth: int) -> Expr:
    return Literal(location(ctx, node), squashed(written(ctx, node)))


def _opaque(ctx: Context, node: Node, depth: int) -> Expr:
    return opaque(ctx, node)


def _parenthesised(ctx: Context, node: Node, depth: int) -> Expr:
    inner = parts(node)
    if len(inner) != 1:
        raise ValueError("not one expression in parentheses")
    if inner[0].type == "compound_statement":
        return StatementExpr(location(ctx, node), ctx.block(ctx, inner[0], depth))
    return expression(ctx, inner[0], depth)


def _member(ctx: Context, node: Node, depth: int) -> Expr:
    field, operator = _field(node, "field"), _field(node, "operator")
    if field is None or operator is None or field.is_missing:
        raise ValueError("incomplete member access")
    base = expression(ctx, _field(node, "argument"), depth)
    return Member(location(ctx, node), base, written(ctx, field), operator.type == "->")


def _index(ctx: Context, node: Node, depth: int) -> Expr:
    base = expression(ctx, _field(node, "argument"), depth)
    return Index(location(ctx, node), base, expression(ctx, _field(node, "index"), depth))


def _unary(ctx: Context, node: Node, depth: int) -> Expr:
    operator, argument = node.children[0], _field(node, "argument")
    nested = argument is not None and argument.type == "pointer_expression"
    if operator.type == "&" and nested and argument is not None:
        second = argument.children[0]
        if second.type == "&" and second.start_byte == operator.end_byte:
            label = expression(ctx, _field(argument, "argument"), depth)
            return Unary(location(ctx, node), "&&", label)
    return Unary(location(ctx, node), operator.type, expression(ctx, argument, depth))


def _update(ctx: Context, node: Node, depth: int) -> Expr:
    operator, argument = _field(node, "operator"), _field(node, "argument")
    if operator is None or argument is None or operator.is_missing:
        raise ValueError("incomplete increment")
    prefix = operator.start_byte < argument.start_byte
    op = operator.type if prefix else f"p{operator.type}"
    return Unary(location(ctx, node), op, expression(ctx, argument, depth))


def _binary(ctx: Context, node: Node, depth: int) -> Expr:
    """Chains such as ``a || b || ...`` lean to the left: no recursion there."""
    spine = [node]
    while (left := _field(spine[-1], "left")) is not None and left.type == "binary_expression":
        spine.append(left)
        if len(spine) > MAX_CHAIN:
            return failed(ctx, node, "expression too long")
    result = expression(ctx, left, depth)
    for one in reversed(spine):
        operator = _field(one, "operator")
        if operator is None:
            raise ValueError("incomplete expression")
        op = "..." if (operator.start_byte, "range") in ctx.marks else operator.type
        result = Binary(
            location(ctx, one), op, result, expression(ctx, _field(one, "right"), depth)
        )
    return result


def _assign(ctx: Context, node: Node, depth: int) -> Expr:
    operator = _field(node, "operator")
    target = expression(ctx, _field(node, "left"), depth)
    value = expression(ctx, _field(node, "right"), depth)
    return Assign(location(ctx, node), operator.type if operator else "=", target, value)


def _ternary(ctx: Context, node: Node, depth: int) -> Expr:
    cond = expression(ctx, _field(node, "condition"), depth)
    middle = _field(node, "consequence")
    then = None if middle is None else expression(ctx, middle, depth)
    return Ternary(
        location(ctx, node), cond, then, expression(ctx, _field(node, "alternative"), depth)
    )


def _comma(ctx: Context, node: Node, depth: int) -> Expr:
    return Comma(location(ctx, node), comma_items(ctx, node, depth))


def comma_items(ctx: Context, node: Node, depth: int) -> tuple[Expr, ...]:
    """The operands of ``a, b, c``, or the one expression that has no comma."""
    items: list[Expr] = []
    while node.type == "comma_expression":
        items.append(expression(ctx, _field(node, "left"), depth))
        right = _field(node, "right")
        if right is None:
            raise ValueError("incomplete comma expression")
        node = right
    return (*items, expression(ctx, node, depth))


def _call(ctx: Context, node: Node, depth: int) -> Expr:
    function, listed = _field(node, "function"), _field(node, "arguments")
    if function is None or listed is None:
        raise ValueError("incomplete call")
    given = parts(listed)
    cast = _type_in_parentheses(ctx, function)
    if cast and len(given) == 1:
        return Cast(location(ctx, node), cast, expression(ctx, given[0], depth))
    callee = expression(ctx, function, depth)
    name = callee.name if isinstance(callee, Name) else ""
    if name in UNEVALUATED:
        return opaque(ctx, node)
    hidden = ctx.vocabulary.opaque_args.get(name, frozenset())
    args = tuple(
        opaque(ctx, arg) if position in hidden else _argument(ctx, arg, depth)
        for position, arg in enumerate(given)
    )
    called = ctx.vocabulary.called_args.get(name, frozenset())
    if called:
        args = tuple(_called(arg, args[0], at in called) for at, arg in enumerate(args))
    return Call(location(ctx, node), callee, args)


def _called(arg: Expr, first: Expr, is_function: bool) -> Expr:
    """The call a macro makes of an argument that names a function."""
    return Call(arg.loc, arg, (first,)) if is_function and isinstance(arg, Name) else arg


def _argument(ctx: Context, node: Node, depth: int) -> Expr:
    if node.type == "compound_statement":
        return StatementExpr(location(ctx, node), ctx.block(ctx, node, depth))
    return expression(ctx, node, depth)


def _type_in_parentheses(ctx: Context, node: Node) -> str:
    """The type in ``(u64)(x)``, which the parser takes for a call."""
    if node.type != "parenthesized_expression":
        return ""
    inner = parts(node)
    if len(inner) != 1 or inner[0].type != "identifier":
        return ""
    name = written(ctx, inner[0])
    marked = (inner[0].start_byte, "type") in ctx.marks
    known_type = marked or ctx.vocabulary.is_type(name)
    return squashed(name) if known_type and name not in ctx.names else ""


def _cast(ctx: Context, node: Node, depth: int) -> Expr:
    type_node, value = _field(node, "type"), _field(node, "value")
    if type_node is None or value is None:
        raise ValueError("incomplete cast")
    name = written(ctx, type_node)
    operand = expression(ctx, value, depth)
    if name in ctx.names and isinstance(operand, Unary) and operand.op in ("&", "*", "-", "+"):
        left = Name(location(ctx, type_node), name)
        return Binary(location(ctx, node), operand.op, left, operand.operand)
    return Cast(location(ctx, node), squashed(name), operand)


def _compound_literal(ctx: Context, node: Node, depth: int) -> Expr:
    return expression(ctx, _field(node, "value"), depth)


def _inner(ctx: Context, node: Node, depth: int) -> Expr:
    return expression(ctx, parts(node)[0], depth)


def _init_list(ctx: Context, node: Node, depth: int) -> Expr:
    items: list[tuple[str, Expr]] = []
    for child in parts(node):
        if child.type == "initializer_pair":
            items.append(_init_pair(ctx, child, depth))
        elif child.type.startswith("preproc_"):
            raise ValueError("a preprocessor line inside an initialiser")
        else:
            items.append(("", expression(ctx, child, depth)))
    return InitList(location(ctx, node), tuple(items))


def _init_pair(ctx: Context, node: Node, depth: int) -> tuple[str, Expr]:
    designators = node.children_by_field_name("designator")
    key = squashed("".join(written(ctx, one) for one in designators))
    if designators and designators[0].type == "field_identifier":
        key = f".{key}"
    return key, expression(ctx, _field(node, "value"), depth)


def _asm(ctx: Context, node: Node, depth: int) -> Expr:
    """A call of ``asm``: template, addresses of the outputs, inputs, labels."""
    code = _field(node, "assembly_code")
    args: list[Expr] = [] if code is None else [expression(ctx, code, depth)]
    for operand in _operands(node, "output_operands"):
        value = expression(ctx, _field(operand, "value"), depth)
        args.append(Unary(value.loc, "&", value))
    for operand in _operands(node, "input_operands"):
        args.append(expression(ctx, _field(operand, "value"), depth))
    labels = _field(node, "goto_labels")
    for label in [] if labels is None else parts(labels):
        args.append(Unary(location(ctx, label), "&&", expression(ctx, label, depth)))
    keyword = node.children[0]
    return Call(location(ctx, node), Name(location(ctx, keyword), "asm"), tuple(args))


def _operands(node: Node, kind: str) -> list[Node]:
    listed = _field(node, kind)
    return [] if listed is None else [one for one in parts(listed) if one.type.endswith("operand")]


_READERS: dict[str, Callable[[Context, Node, int], Expr]] = {
    "identifier": _name,
    "field_identifier": _name,
    "number_literal": _literal,
    "char_literal": _literal,
    "string_literal": _literal,
    "concatenated_string": _strings,
    "true": _literal,
    "false": _literal,
    "null": _literal,
    "parenthesized_expression": _parenthesised,
    "field_expression": _member,
    "subscript_expression": _index,
    "pointer_expression": _unary,
    "unary_expression": _unary,
    "update_expression": _update,
    "binary_expression": _binary,
    "assignment_expression": _assign,
    "conditional_expression": _ternary,
    "comma_expression": _comma,
    "call_expression": _call,
    "cast_expression": _cast,
    "compound_literal_expression": _compound_literal,
    "initializer_list": _init_list,
    "extension_expression": _inner,
    "gnu_asm_expression": _asm,
    "sizeof_expression": _opaque,
    "alignof_expression": _opaque,
    "offsetof_expression": _opaque,
    "generic_expression": _opaque,
    "type_descriptor": _opaque,
    "primitive_type": _opaque,
    "sized_type_specifier": _opaque,
    "type_identifier": _opaque,
}
