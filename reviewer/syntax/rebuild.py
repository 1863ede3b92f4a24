# SPDX-License-Identifier: GPL-2.0-only
"""Walking expressions and building changed copies of them."""

from collections.abc import Callable, Iterator

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
    match expr:
        case Member(base=base):
            return (base,)
        case Index(base=base, index=index):
            return (base, index)
        case Unary(operand=operand) | Cast(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Assign(target=target, value=value):
            return (target, value)
        case Ternary(cond=cond, then=then, other=other):
            return (cond, other) if then is None else (cond, then, other)
        case Call(function=function, args=args):
            return (function, *args)
        case Comma(items=parts):
            return parts
        case InitList(items=pairs):
            return tuple(value for _, value in pairs)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, outermost first, left to right."""
    stack = [expr]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed(operands(here)))


def rebuilt(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with `change` applied to each direct operand.

    Operands are visited left to right; an expression whose operands all stay
    the same object is returned itself.
    """
    if isinstance(expr, _LEAVES):
        return expr
    old = operands(expr)
    new = tuple(change(operand) for operand in old)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return expr
    return _with_operands(expr, new)


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
