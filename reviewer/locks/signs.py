# SPDX-License-Identifier: GPL-2.0-only
"""What a way through a function knows of values: signs, and constants by name.

An error pointer is negative, as in the facts; an enumerator or macro in
capitals is a constant, and two of different names differ.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from reviewer.cfg.dominators import postdominators
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave
from reviewer.facts import Facts
from reviewer.locks.aliases import Aliases
from reviewer.locks.conditions import words
from reviewer.syntax.place import Place, substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Binary, Cast, Expr, Literal, Member, Name, Unary


class Value(NamedTuple):
    """``signs`` are those possible of ``-``, ``0`` and ``+``; ``exact`` is the
    constant as written, or empty."""

    signs: frozenset[str]
    exact: str = ""


Known = dict[str, Value]
ANY = Value(frozenset("-0+"))
ZERO, YES, BELOW = Value(frozenset("0"), "0"), Value(frozenset("+")), Value(frozenset("-"))
TRUE = Value(frozenset("-+"))
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
_SIGNS = {"<": "-", ">": "+", "<=": "-0", ">=": "0+", "==": "0", "!=": "-+"}
_MIRROR = str.maketrans("-+", "+-")
GUESSED = "?"
"""Known where a branch was taken on a constant of which only the name is known."""
_FALSE = frozenset({"0", "NULL", "false"})
_MEMORY = re.compile(r"[(\[*.]|->|[^&]&[^& ]")


class Reader:
    """Reads the expressions of one graph."""

    def __init__(
        self, graph: Graph, facts: Facts, names: Aliases, acts: Callable[[object], bool]
    ) -> None:
        self.graph, self.facts, self.names = graph, facts, names
        self.meanings: dict[str, Expr] = {}
        self.acting: set[str] = set()
        self._texts: dict[int, tuple[Expr, str]] = {}
        for node in graph.nodes:
            if not isinstance(node, Invoke):
                continue
            fact = facts.of(node.function)
            if acts(node) or (fact is not None and fact.steps):
                self.acting.add(node.result)
            elif fact is not None and fact.returns is not None:
                self.meanings[node.result] = substitute(fact.returns, node.args)

    def text(self, expr: Expr) -> str:
        """An expression by its first spelling, calls in place of temporaries;
        the result of a call that acts is a name of its own."""
        known = self._texts.get(id(expr))
        if known is None:
            known = self._texts[id(expr)] = expr, self._text(expr)
        return known[1]

    def _text(self, expr: Expr) -> str:
        while isinstance(expr, Cast):
            expr = expr.operand
        if any(isinstance(part, Name) and part.name in self.acting for part in walk(expr)):
            return render(expr)
        return self.names.spell(expr)

    def words(self, expr: Expr) -> set[str]:
        """The words an expression depends on, calls and meanings unfolded."""
        found = set(words(self.text(expr)))
        for part in walk(expr):
            if isinstance(part, Name) and part.name in self.meanings:
                found |= self.words(self.meanings[part.name])
        return found

    def value(self, expr: Expr, known: Known) -> Value:
        """What is known of the value of an expression."""
        match expr:
            case Cast(operand=operand):
                return self.value(operand, known)
            case Literal(text=text):
                return _literal(text)
            case Unary(op="-", operand=operand):
                return _minus(operand, self.value(operand, known))
            case Unary(op="!", operand=operand):
                return _truth(self.value(operand, known), {"0": "+", "-": "0", "+": "0"})
            case Unary(op="&"):
                return YES
            case Name(name=name) if name.isupper() and name not in known:
                return self._constant(name)
            case Name(name=name) if name in self.meanings:
                return self.value(self.meanings[name], known)
            case Binary(op="*", left=left, right=right):
                return _product(self.value(left, known), self.value(right, known))
            case Binary(op=op, left=left, right=right) if op in _SIGNS:
                return self._compared(expr, op, left, right, known)
        return known.get(self.text(expr), ANY)

    def _constant(self, name: str) -> Value:
        number = self.facts.constants.get(name)
        if number is None:
            return Value(ANY.signs, name)
        return Value(frozenset("0" if number == 0 else "+" if number > 0 else "-"), name)

    def _compared(self, expr: Expr, op: str, left: Expr, right: Expr, known: Known) -> Value:
        one, two = self.value(left, known), self.value(right, known)
        if two.signs == ZERO.signs:
            return _truth(one, {sign: "+" if sign in _SIGNS[op] else "0" for sign in "-0+"})
        if op in ("==", "!=") and (equal := _equal(one, two)) is not None:
            return YES if equal == (op == "==") else ZERO
        return known.get(self.text(expr), ANY)

    def along(self, cond: Expr, label: str, known: Known) -> Known | None:
        """What is known where an edge is taken; None where it cannot be."""
        if label in ("T", "F"):
            return self.assume(cond, label == "T", known)
        if label.startswith("case ") and "..." not in label:
            case = label[5:]
            literal: Expr = Name(cond.loc, case) if case.isidentifier() else Literal(cond.loc, case)
            return self.assume(Binary(cond.loc, "==", cond, literal), True, known)
        return known

    def otherwise(self, cond: Expr, label: str, known: Known) -> Known | None:
        """What is known where an edge is taken although something speaks against
        it that was read from memory, or asked of a call, before."""
        asked = {self.text(part) for part in walk(self._unfolded(cond))}
        doubted = {text for text in asked if _MEMORY.search(text) and text in known}
        if not doubted:
            return None
        kept = {text: value for text, value in known.items() if text not in doubted}
        again = self.along(cond, label, kept)
        return None if again is None else {**again, GUESSED: YES}

    def assume(self, expr: Expr, holds: bool, known: Known) -> Known | None:
        """What is known where an expression is true (or false)."""
        match expr:
            case Cast(operand=operand):
                return self.assume(operand, holds, known)
            case Unary(op="!", operand=operand):
                return self.assume(operand, not holds, known)
            case Name(name=name) if name in self.meanings:
                return self.assume(self.meanings[name], holds, known)
            case Binary(op=op, left=left, right=right) if op in _SIGNS:
                if isinstance(left, Literal):
                    left, right, op = right, left, _FLIPPED[op]
                return self._assume_compared(op if holds else _NEGATED[op], left, right, known)
        return self._narrowed(expr, "-+" if holds else "0", "", known)

    def _assume_compared(self, op: str, left: Expr, right: Expr, known: Known) -> Known | None:
        one, two = self.value(left, known), self.value(right, known)
        if two.signs == ZERO.signs:
            return self._narrowed(left, _SIGNS[op], "", known)
        # Written in one form: == for !=, < for >=, <= for >.
        same = op in ("==", "<", "<=")
        form = op if same else _NEGATED[op]
        text = f"{self.text(left)} {form} {self.text(right)}"
        old = known.get(text, ANY)
        signs = old.signs & (TRUE if same else ZERO).signs
        equal = _equal(one, two) if form == "==" else None
        if not signs or (equal is not None and equal != same):
            return None
        found = {**known, text: Value(signs)}
        if op == "==":
            return self._narrowed(left, "".join(two.signs), two.exact, found)
        return found

    def _narrowed(self, expr: Expr, signs: str, exact: str, known: Known) -> Known | None:
        while isinstance(expr, Cast):
            expr = expr.operand
        if isinstance(expr, Name) and expr.name in self.meanings:
            inner = self.meanings[expr.name]
            if isinstance(inner, Name):
                return self._narrowed(inner, signs, exact, known)
        old = self.value(expr, known)
        left = old.signs & frozenset(signs)
        if not left:
            return None
        if _named(old) and left != old.signs:
            known = {**known, GUESSED: YES}
        return {**known, self.text(expr): Value(left, exact or old.exact)}

    def assigned(
        self, expr: Assign, before: Known, after: Known, relevant: frozenset[str]
    ) -> Known:
        """What is known behind an assignment; ``after`` is without the target."""
        text = self.text(expr.target)
        if not (words(text) & relevant):
            return after
        value = self.value(expr.value, before) if expr.op == "=" else ANY
        found = dict(after)
        source = self.text(expr.value) if expr.op == "=" else ""
        if value != ANY:
            found[text] = value
        for other, one in before.items():
            # A comparison of the source is one of the target as well.
            if source and other.startswith((f"{source} ==", f"{source} <")):
                found[text + other[len(source) :]] = one
        return found

    def returned(self, node: Invoke, result: str, known: Known) -> Known:
        """What is known where a call returned ``zero`` or ``nonzero``."""
        if result == "always":
            return known
        return {**known, node.result: ZERO if result == "zero" else TRUE}

    def followed(self, node: Invoke, lock: str, known: Known, relevant: frozenset[str]) -> Known:
        """What is known where a lock was taken: the pointers to it are not NULL."""
        parts = lock.split("->")
        pointers = ["->".join(parts[:n]) for n in range(1, len(parts))]
        given = self.names.bound.get(Place(node.result))
        if given is not None and self.text(given) in pointers:
            pointers.append(node.result)
        return known | {
            one: TRUE
            for one in pointers
            if one not in known and (one == node.result or words(one) & relevant)
        }

    def without(self, known: Known, gone: frozenset[str], node: object) -> Known:
        """What is still known behind a node that writes some variables."""
        field = ""
        if isinstance(node, Compute) and isinstance(node.expr, Assign | Unary):
            target = node.expr.target if isinstance(node.expr, Assign) else node.expr.operand
            field = target.field if isinstance(target, Member) else ""
        gone |= frozenset({field} - {""})
        if not gone or not known:
            return known
        return {text: value for text, value in known.items() if not words(text) & gone}

    def again(self, known: Known, first: int, last: int) -> Known:
        """What is known in another round: what the loop asks memory or a call
        may be answered otherwise."""
        asked = self._asked(first, last)
        return {text: value for text, value in known.items() if text not in asked}

    @cache  # noqa: B019 - one reader lives as long as one function is looked at
    def _asked(self, first: int, last: int) -> frozenset[str]:
        found = set()
        for node in self.graph.nodes[first : last + 1]:
            if isinstance(node, Decide):
                parts = [self.text(part) for part in walk(self._unfolded(node.cond))]
                found |= {text for text in parts if _MEMORY.search(text)}
        return frozenset(found)

    def _unfolded(self, expr: Expr) -> Expr:
        while isinstance(expr, Cast) or (isinstance(expr, Unary) and expr.op == "!"):
            expr = expr.operand
        if isinstance(expr, Name) and expr.name in self.meanings:
            return self._unfolded(self.meanings[expr.name])
        return expr


def _literal(text: str) -> Value:
    if text in _FALSE:
        return ZERO
    if text == "true":
        return Value(YES.signs, "1")
    try:
        number = int(text.rstrip("uUlL"), 0)
    except ValueError:
        return YES
    return Value(YES.signs, text) if number else ZERO


def _minus(operand: Expr, value: Value) -> Value:
    if isinstance(operand, Name) and operand.name.isupper():
        return Value(BELOW.signs, f"-{operand.name}")
    exact = f"-{value.exact}" if value.exact not in ("", "0") else value.exact
    return Value(frozenset("".join(value.signs).translate(_MIRROR)), exact)


def _truth(value: Value, table: dict[str, str]) -> Value:
    signs = frozenset(table[sign] for sign in value.signs)
    return ZERO if signs == ZERO.signs else Value(signs)


def _product(one: Value, two: Value) -> Value:
    signs = {"0" if "0" in (a, b) else "+" if a == b else "-" for a in one.signs for b in two.signs}
    return Value(frozenset(signs))


def _equal(one: Value, two: Value) -> bool | None:
    """Whether two values are equal, if that is known."""
    if one.exact and one.exact == two.exact:
        return True
    if _named(one) and _named(two):
        return False
    return None if one.signs & two.signs else False


def _named(value: Value) -> bool:
    """Whether a value is a constant called by its name."""
    return value.exact.lstrip("-")[:1].isalpha()


def relevant(
    graph: Graph, reader: Reader, acts: Callable[[object], bool]
) -> tuple[frozenset[int], frozenset[str]]:
    """The branches that decide what is taken or dropped, and the words they
    and the returns are written in, with all those words get their values from."""
    tree = postdominators(graph)
    branches = [n for n, one in enumerate(graph.nodes) if isinstance(one, Decide)]
    inside = {n: _between(graph, n, tree[n]) for n in branches}
    acting = {n for n, one in enumerate(graph.nodes) if acts(one)}
    found = {n for n in branches if inside[n] & acting}
    said: set[str] = set()
    for node in graph.nodes:
        if isinstance(node, Leave) and node.value is not None:
            said |= reader.words(node.value)
    while True:
        before = len(found), len(said)
        for n in found:
            node = graph.nodes[n]
            said |= reader.words(node.cond) if isinstance(node, Decide) else set()
        writers = set()
        for n, one in enumerate(graph.nodes):
            expr = one.expr if isinstance(one, Compute) else None
            if isinstance(expr, Assign) and reader.words(expr.target) & said:
                writers.add(n)
                said |= reader.words(expr.value)
        found |= {n for n in branches if inside[n] & writers}
        if before == (len(found), len(said)):
            return frozenset(found), frozenset(said)


def _between(graph: Graph, start: int, end: int) -> frozenset[int]:
    """The nodes behind a branch that come before its ways meet again."""
    found: set[int] = set()
    stack = [target for target, _ in graph.succ[start] if target != end]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += [target for target, _ in graph.succ[node] if target != end]
    return frozenset(found)
