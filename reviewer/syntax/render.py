# SPDX-License-Identifier: GPL-2.0-only
"""Expressions as people write them: for messages and for comparing."""

import re

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

_LEVELS = ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
_PRECEDENCE = {op: 3 + level for level, ops in enumerate(_LEVELS) for op in ops.split()}
_BITWISE = frozenset({"|", "^", "&", "<<", ">>"})
_COMMA, _ASSIGN, _TERNARY = 0, 1, 2
_PREFIX, _POSTFIX = 13, 14
_BLANKS = re.compile(r"\s+")


def render(expr: Expr) -> str:
    """The expression as C text on one line, with no more parentheses than
    needed.

    Two expressions that differ only in blanks, comments, redundant
    parentheses or line give the same text.
    """
    return _text(expr, _COMMA)


def _text(expr: Expr, outer: int) -> str:
    text, level = _form(expr)
    return f"({text})" if level < outer else text


def _form(expr: Expr) -> tuple[str, int]:
    """The text without outer parentheses and how tightly it binds."""
    match expr:
        case Name(name=text):
            return text, _POSTFIX
        case Literal(text=text) | Opaque(text=text):
            return _BLANKS.sub(" ", text.strip()), _POSTFIX
        case Unary() | Cast():
            return _prefix(expr)
        case Binary(op=op, left=left, right=right):
            level = _PRECEDENCE.get(op, _TERNARY)
            texts = _side(left, op, level), _side(right, op, level + 1)
            return f"{texts[0]} {op} {texts[1]}", level
        case Assign(op=op, target=target, value=value):
            return f"{_text(target, _PREFIX)} {op} {_text(value, _ASSIGN)}", _ASSIGN
        case Ternary():
            return _ternary(expr), _TERNARY
        case Comma(items=items):
            return ", ".join(_text(item, _ASSIGN) for item in items), _COMMA
        case StatementExpr():
            return "({ ... })", _POSTFIX
        case InitList(items=pairs):
            return _braces(pairs), _POSTFIX
    return _postfix(expr), _POSTFIX


def _side(expr: Expr, op: str, level: int) -> str:
    """An operand of a binary operator.

    Operators whose order few people know are kept apart by parentheses, as
    compilers ask for.
    """
    if not isinstance(expr, Binary) or expr.op == op:
        return _text(expr, level)
    unclear = op in _BITWISE or (op == "||" and expr.op == "&&")
    return f"({_text(expr, _COMMA)})" if unclear else _text(expr, level)


def _postfix(expr: Expr) -> str:
    match expr:
        case Member(base=base, field=field, arrow=arrow):
            return f"{_text(base, _POSTFIX)}{'->' if arrow else '.'}{field}"
        case Index(base=base, index=index):
            return f"{_text(base, _POSTFIX)}[{_text(index, _COMMA)}]"
        case Call(function=function, args=args):
            inner = ", ".join(_text(arg, _ASSIGN) for arg in args)
            return f"{_text(function, _POSTFIX)}({inner})"
    raise TypeError(f"not an expression: {type(expr).__name__}")


def _prefix(expr: Unary | Cast) -> tuple[str, int]:
    operand = expr.operand
    if isinstance(expr, Cast):
        return f"({expr.type}){_text(operand, _PREFIX)}", _PREFIX
    if expr.op in ("p++", "p--"):
        return f"{_text(operand, _POSTFIX)}{expr.op[1:]}", _POSTFIX
    inner = _text(operand, _PREFIX)
    # "- -x" must not become a decrement, nor "& &x" the address of a label.
    apart = " " if expr.op[-1] in "+-&" and inner.startswith(expr.op[-1]) else ""
    return f"{expr.op}{apart}{inner}", _PREFIX


def _ternary(expr: Ternary) -> str:
    cond, other = _text(expr.cond, _TERNARY + 1), _text(expr.other, _TERNARY)
    if expr.then is None:
        return f"{cond} ?: {other}"
    return f"{cond} ? {_text(expr.then, _COMMA)} : {other}"


def _braces(pairs: tuple[tuple[str, Expr], ...]) -> str:
    if not pairs:
        return "{}"
    parts = (f"{key} = {_text(v, _ASSIGN)}" if key else _text(v, _ASSIGN) for key, v in pairs)
    return "{ " + ", ".join(parts) + " }"
