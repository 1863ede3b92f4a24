# SPDX-License-Identifier: GPL-2.0-only
"""What a step does to the fields of the state, as a short list of actions.

One list serves all: the explorer makes Python of it, `promela` makes Promela,
`follow` performs it one action at a time to tell what a schedule does.

Terms are tuples: those of `reviewer.simulation.steps.Value` without locals,
and ``("field", name)``, ``("temp", name)``, ``("known", term)``,
``("ite", condition, term, term)``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from reviewer.record import dataclass
from reviewer.simulation.steps import Value, const

Term = tuple[Any, ...]
LIMIT = 64
"""Locals hold numbers between -LIMIT and LIMIT; beyond, a number is unknown."""

UNKNOWN: Term = ("unknown", "")
ZERO, ONE = const(0), const(1)


@dataclass(frozen=True, slots=True)
class Assign:
    """The field or temporary ``target`` takes ``value``."""

    target: Term
    value: Term


@dataclass(frozen=True, slots=True)
class Require:
    """The step waits while ``condition`` is 0; comes before any `Assign` to a field."""

    condition: Term


@dataclass(frozen=True, slots=True)
class Check:
    """The property ``name`` is broken where ``condition`` is 0; nothing follows then."""

    condition: Term
    name: str


@dataclass(frozen=True, slots=True)
class If:
    """Either list of actions."""

    condition: Term
    then: "tuple[Action, ...]"
    other: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True)
class Choose:
    """The temporary ``target`` is 1 or 0; both are tried."""

    target: Term


@dataclass(frozen=True, slots=True)
class Note:
    """It is noted, and nothing else, when ``condition`` is first met."""

    condition: Term
    name: str


Action = Assign | Require | Check | If | Choose | Note


def fld(name: str) -> Term:
    """The value of a field."""
    return ("field", name)


def temp(name: str) -> Term:
    """The value of a temporary, known to one step only."""
    return ("temp", name)


OLD, NEW, DONE, OBJECT = temp("old"), temp("new"), temp("done"), temp("object")
"""What a step tells of itself: the value found and left, whether it took
effect, and the object whose count it is."""


def op(operator: str, left: Term, right: Term) -> Term:
    """Two terms joined, computed where both are numbers."""
    if left[0] == "const" and right[0] == "const":
        number = apply(operator, left[1], right[1])
        return UNKNOWN if number is None else const(number)
    if operator in ("+", "-") and right == ZERO:
        return left
    if operator == "+" and left == ZERO:
        return right
    if operator in ("&&", "&", "*") and ZERO in (left, right):
        return ZERO
    if operator == "||" and ZERO in (left, right):
        return ("op", "!=", left if right == ZERO else right, ZERO)
    return ("op", operator, left, right)


def negated(term: Term) -> Term:
    """Whether a term is 0."""
    return const(int(not term[1])) if term[0] == "const" else ("un", "!", term)


def ite(condition: Term, then: Term, other: Term) -> Term:
    """One term or the other."""
    if condition[0] == "const":
        return then if condition[1] else other
    return then if then == other else ("ite", condition, then, other)


def total(terms: Iterable[Term]) -> Term:
    """The sum of terms."""
    result = ZERO
    for term in terms:
        result = op("+", result, term)
    return result


def every(terms: Iterable[Term]) -> Term:
    """Whether no term is 0."""
    result = ONE
    for term in terms:
        if term == ZERO:
            return ZERO
        if term[0] != "const":
            result = term if result == ONE else ("op", "&&", result, term)
    return result


def some(terms: Iterable[Term]) -> Term:
    """Whether some term is not 0."""
    return negated(every(negated(term) for term in terms))


def settled(term: Term, known: Mapping[str, int]) -> Term:
    """The term with the fields that never change as numbers."""
    match term[0]:
        case "field":
            return const(known[term[1]]) if term[1] in known else term
        case "op":
            return op(term[1], settled(term[2], known), settled(term[3], known))
        case "un":
            inner = settled(term[2], known)
            if inner[0] == "const":
                return const(unary(term[1], inner[1]) or 0)
            return ("un", term[1], inner)
        case "ite":
            return ite(*(settled(part, known) for part in term[1:]))
        case "known":
            inner = settled(term[1], known)
            return ONE if inner[0] == "const" else ("known", inner)
        case _:
            return term


def settle(actions: Iterable[Action], known: Mapping[str, int]) -> Iterator[Action]:
    """The actions with the fields that never change as numbers, without those
    that then do nothing."""
    for action in actions:
        match action:
            case Assign(target=target, value=value):
                new = settled(value, known)
                if new != target and not (target[0] == "field" and target[1] in known):
                    yield Assign(target, new)
            case Choose():
                yield action
            case If(condition=condition, then=then, other=other):
                test = settled(condition, known)
                if test[0] == "const":
                    yield from settle(then if test[1] else other, known)
                else:
                    yield If(test, tuple(settle(then, known)), tuple(settle(other, known)))
            case Require(condition=condition):
                test = settled(condition, known)
                if test[0] != "const" or not test[1]:
                    yield Require(test)
            case Check(condition=condition, name=name) | Note(condition=condition, name=name):
                test = settled(condition, known)
                wanted = isinstance(action, Check)
                if test[0] != "const" or bool(test[1]) != wanted:
                    yield type(action)(test, name)


def with_locals(value: Value | None, cpu: int) -> Term:
    """A value of a program as a term; locals become fields of their CPU."""
    if value is None:
        return ZERO
    match value[0]:
        case "local":
            return ("field", f"{cpu}.local.{value[1]}")
        case "known":
            return ("known", with_locals(value[1], cpu))
        case "op" | "un":
            parts = [with_locals(part, cpu) for part in value[2:]]
            return op(value[1], *parts) if value[0] == "op" else ("un", value[1], *parts)
        case _:
            return value


_WITHIN = {"op": 2, "un": 2, "known": 1, "ite": 1}
"""Where the terms inside of a term begin."""


def walk(term: Term) -> Iterator[Term]:
    """The term and everything in it."""
    stack = [term]
    while stack:
        term = stack.pop()
        yield term
        if term[0] in _WITHIN:
            stack.extend(reversed(term[_WITHIN[term[0]] :]))


@lru_cache(maxsize=16_384)
def fields_of(term: Term) -> frozenset[str]:
    """The fields a term reads."""
    return frozenset(part[1] for part in walk(term) if part[0] == "field")


def every_action(actions: Iterable[Action]) -> Iterator[Action]:
    """The actions, those inside of others included."""
    for action in actions:
        yield action
        if isinstance(action, If):
            yield from every_action(action.then)
            yield from every_action(action.other)


def reads(actions: Iterable[Action]) -> set[str]:
    """The fields that actions look at."""
    found: set[str] = set()
    for action in every_action(actions):
        if isinstance(action, Assign):
            found |= fields_of(action.value)
        elif not isinstance(action, Choose):
            found |= fields_of(action.condition)
    return found


def writes(actions: Iterable[Action]) -> set[str]:
    """The fields that actions may change."""
    return {
        action.target[1]
        for action in every_action(actions)
        if isinstance(action, Assign) and action.target[0] == "field"
    }


# Numbers ----------------------------------------------------------------------


def evaluate(term: Term, look: Callable[[Term], int | None]) -> int | None:
    """The number a term has, None when nobody knows; ``look`` gives those of
    fields, temporaries and locals."""
    match term[0]:
        case "const":
            return int(term[1])
        case "unknown":
            return None
        case "known":
            return int(evaluate(term[1], look) is not None)
        case "ite":
            return evaluate(term[2] if evaluate(term[1], look) else term[3], look)
        case "op":
            return binary(term[1], evaluate(term[2], look), evaluate(term[3], look))
        case "un":
            return unary(term[1], evaluate(term[2], look))
        case _:
            return look(term)


def value_in(value: Value, env: Mapping[str, int | None]) -> int | None:
    """The number of a value of a program, by its locals."""
    return evaluate(value, lambda term: env.get(term[1]))


def unary(operator: str, operand: int | None) -> int | None:
    """The result of an operator of C with one operand."""
    if operand is None:
        return None
    return {"-": -operand, "!": int(not operand), "~": ~operand}.get(operator, operand)


def binary(operator: str, left: int | None, right: int | None) -> int | None:
    """The result of an operator of C with two operands; zero masks whatever
    stands beside it."""
    if left is None or right is None:
        return 0 if operator in ("&", "*", "&&") and 0 in (left, right) else None
    return apply(operator, left, right)


_PLAIN: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "==": lambda left, right: int(left == right),
    "!=": lambda left, right: int(left != right),
    "<": lambda left, right: int(left < right),
    ">": lambda left, right: int(left > right),
    "<=": lambda left, right: int(left <= right),
    ">=": lambda left, right: int(left >= right),
    "&&": lambda left, right: int(bool(left and right)),
    "||": lambda left, right: int(bool(left or right)),
}


def apply(operator: str, left: int, right: int) -> int | None:
    """The result for two numbers; None for what C leaves open."""
    plain = _PLAIN.get(operator)
    if plain is not None:
        return plain(left, right)
    if operator in ("/", "%") and right:
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    if operator == "<<" and 0 <= right < 12:
        return left << right
    if operator == ">>" and right >= 0:
        return left >> right
    return None
