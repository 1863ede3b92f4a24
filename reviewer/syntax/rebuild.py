# SPDX-License-Identifier: GPL-2.0-only
"""Walking expressions and building changed copies of them."""

from collections.abc import Callable, Iterator
from typing import Any

from reviewer.record import replace
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

_LEAVES = (Name, Literal, Opaque, StatementExpr)


def operands(expr: Expr) -> tuple[Expr, ...]:
    """The direct operands of an expression, left to right.

    The statements of a `StatementExpr` are not operands.
    """
    find = _OPERANDS.get(expr.__class__)
    return () if find is None else find(expr)


# By class: expressions are walked so often that trying one after the other shows.
_OPERANDS: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Member: lambda expr: (expr.base,),
    Index: lambda expr: (expr.base, expr.index),
    Unary: lambda expr: (expr.operand,),
    Cast: lambda expr: (expr.operand,),
    Binary: lambda expr: (expr.left, expr.right),
    Assign: lambda expr: (expr.target, expr.value),
    Ternary: lambda expr: (
        (expr.cond, expr.other) if expr.then is None else (expr.cond, expr.then, expr.other)
    ),
    Call: lambda expr: (expr.function, *expr.args),
    Comma: lambda expr: expr.items,
    InitList: lambda expr: tuple([value for _, value in expr.items]),
}


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, outermost first, left to right."""
    stack = [expr]
    while stack:
        here = stack.pop()
        yield here
        find = _OPERANDS.get(here.__class__)
        if find is not None:
            stack.extend(reversed(find(here)))


def rebuilt(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with `change` applied to each direct operand.

    Operands are visited left to right; an expression whose operands all stay
    the same object is returned itself.
    """
    if expr.__class__ in _LEAVES:
        return expr
    old = operands(expr)
    new = tuple([change(operand) for operand in old])
    for one, other in zip(old, new, strict=True):
        if one is not other:
            return _with_operands(expr, new)
    return expr


def _with_operands(expr: Expr, new: tuple[Expr, ...]) -> Expr:
    match expr:
        case Member():
            return replace(expr, base=new[0])
        case Index():
            return replace(expr, base=new[0], index=new[1])
        case Unary() | Cast():
            return replace(expr, operand=new[0])
        case Binary():
            return replace(expr, left=new[0], right=new[1])
        case Assign():
            return replace(expr, target=new[0], value=new[1])
        case Ternary(then=None):
            return replace(expr, cond=new[0], other=new[1])
        case Ternary():
            return replace(expr, cond=new[0], then=new[1], other=new[2])
        case Call():
            return replace(expr, function=new[0], args=new[1:])
        case Comma():
            return replace(expr, items=new)
        case InitList(items=pairs):
            named = zip(pairs, new, strict=True)
            return replace(expr, items=tuple((key, value) for (key, _), value in named))
    return expr
