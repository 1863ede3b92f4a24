# SPDX-License-Identifier: GPL-2.0-only
"""What expressions of a graph come to, where that is known."""

import operator
from collections.abc import Callable, Mapping

from reviewer.syntax.tree import Assign, Binary, Cast, Expr, Literal, Name, Unary

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "&": operator.and_,
    "|": operator.or_,
    "==": lambda one, other: int(one == other),
    "!=": lambda one, other: int(one != other),
    "<": lambda one, other: int(one < other),
    ">": lambda one, other: int(one > other),
    "<=": lambda one, other: int(one <= other),
    ">=": lambda one, other: int(one >= other),
}
_STEPS = {"++": 1, "p++": 1, "--": -1, "p--": -1}
_WORDS = {"true": 1, "false": 0, "NULL": 0}


class Values(frozenset[tuple[str, int]]):
    """The variables whose value is known."""

    def __new__(cls, values: Mapping[str, int]) -> "Values":
        return super().__new__(cls, values.items())

    def get(self, name: str) -> int | None:
        return dict(self).get(name)

    def set(self, name: str, value: int | None) -> "Values":
        changed = dict(self)
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
        return Values(changed)


def number(expr: Expr, values: Values) -> int | None:
    """The value of an expression, None where it is not known."""
    match expr:
        case Literal(text=text):
            return _literal(text)
        case Name(name=name):
            return values.get(name)
        case Cast(operand=operand):
            return number(operand, values)
        case Assign(target=target):
            return number(target, values)
        case Unary(op="!" | "-" as op, operand=operand):
            value = number(operand, values)
            return None if value is None else int(not value) if op == "!" else -value
        case Binary(op=op, left=left, right=right) if op in _OPERATORS:
            one, other = number(left, values), number(right, values)
            return None if one is None or other is None else _OPERATORS[op](one, other)
    return None


def truth(expr: Expr, values: Values) -> bool | None:
    """Whether a condition is true, None where that is not known."""
    value = number(expr, values)
    return None if value is None else bool(value)


def changed(expr: Expr, values: Values) -> Values:
    """The values behind an expression."""
    match expr:
        case Assign(op="=", target=Name(name=name), value=value):
            return values.set(name, number(value, values))
        case Assign(op=op, target=Name(name=name) as target, value=value):
            return values.set(name, number(Binary(expr.loc, op[:-1], target, value), values))
        case Unary(op=op, operand=Name(name=name)) if op in _STEPS:
            value = values.get(name)
            return values.set(name, None if value is None else value + _STEPS[op])
    return values


def _literal(text: str) -> int | None:
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if text.isdigit() else None
