# SPDX-License-Identifier: GPL-2.0-only
"""What the branches taken so far say: conditions a path stands under."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave
from reviewer.syntax.declared import types
from reviewer.syntax.rebuild import operands, walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Binary, Expr, Literal, Name, Unary


@dataclass(frozen=True, slots=True)
class Condition:
    """``text`` is true or, with ``holds`` False, false.

    The text is in one form for a test and its opposite: a pointer or number
    that is tested as such is ``name``, a comparison is ``==`` or ``<``.
    """

    text: str
    holds: bool

    def negated(self) -> "Condition":
        """The opposite condition."""
        return Condition(self.text, not self.holds)


NULLS = ("NULL", "0")
_WORD = re.compile(r"%?\w+")
_OPPOSITE = {"!=": "==", ">=": "<", ">": "<="}


@cache
def words(text: str) -> frozenset[str]:
    """The names in the text of a condition."""
    return frozenset(_WORD.findall(text))


def condition(expr: Expr, label: str) -> tuple[Condition, frozenset[str]] | None:
    """The condition an edge stands for and the names it depends on; None when
    it reads memory or a call, which may say something else a moment later."""
    holds = label == "T"
    while isinstance(expr, Unary) and expr.op == "!":
        expr, holds = expr.operand, not holds
    names = _names(expr)
    if label not in ("T", "F") or names is None:
        return None
    if isinstance(expr, Binary) and expr.op in ("==", "!=") and _text(expr.right) in NULLS:
        holds = holds == (expr.op == "!=")
        expr = expr.left
    if isinstance(expr, Binary) and expr.op in _OPPOSITE:
        expr = Binary(expr.loc, _OPPOSITE[expr.op], expr.left, expr.right)
        holds = not holds
    return Condition(render(expr), holds), names


def _text(expr: Expr) -> str:
    return render(expr)


def _names(expr: Expr) -> frozenset[str] | None:
    if isinstance(expr, Name):
        return frozenset({expr.name})
    if isinstance(expr, Literal):
        return frozenset()
    if isinstance(expr, Unary | Binary) and not (
        isinstance(expr, Unary) and expr.op in ("*", "&", "++", "--", "p++", "p--")
    ):
        found: frozenset[str] = frozenset()
        for operand in operands(expr):
            inner = _names(operand)
            if inner is None:
                return None
            found |= inner
        return found
    return None


def written(node: object) -> frozenset[str]:
    """The locals a node may write."""
    if isinstance(node, Compute):
        if isinstance(node.expr, Assign) and isinstance(node.expr.target, Name):
            return frozenset({node.expr.target.name})
        if isinstance(node.expr, Unary) and isinstance(node.expr.operand, Name):
            return frozenset({node.expr.operand.name})
    if isinstance(node, Invoke):
        names = {
            arg.operand.name
            for arg in node.args
            if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name)
        }
        return frozenset(names | {node.result})
    return frozenset()


def settled(node: object) -> Condition | None:
    """What a local says once a constant is assigned to it."""
    if not (isinstance(node, Compute) and isinstance(node.expr, Assign) and node.expr.op == "="):
        return None
    target, value = node.expr.target, node.expr.value
    if not (isinstance(target, Name) and isinstance(value, Literal)):
        return None
    truth = _TRUTHS.get(value.text)
    return None if truth is None else Condition(target.name, truth)


_TRUTHS = {"0": False, "false": False, "NULL": False, "1": True, "true": True}


def trusted(graph: Graph) -> frozenset[str]:
    """The variables that nobody but the function writes, and only by name.

    One of several variables of a name would be taken for another.  Where only
    hunks are known, so is not which names are variables of the function.
    """
    function = graph.function
    declared = Counter(param.name for param in function.params)
    kinds = types(function)
    for node in graph.nodes:
        if isinstance(node, Compute) and node.declares:
            declared[node.declares] += 1
    found = {name for name, count in declared.items() if count == 1}
    found -= {name for name, kind in kinds.items() if kind.startswith("static ")}
    if not function.complete:
        found |= {name for node in graph.nodes for name in _named(node)} - set(declared)
    return frozenset(found - addressed(graph))


def addressed(graph: Graph) -> frozenset[str]:
    """The variables whose address is taken."""
    return frozenset(
        part.operand.name
        for node in graph.nodes
        for expr in expressions(node)
        for part in walk(expr)
        if isinstance(part, Unary) and part.op == "&" and isinstance(part.operand, Name)
    )


def expressions(node: object) -> tuple[Expr, ...]:
    """The expressions a node evaluates."""
    match node:
        case Invoke(args=args, pointer=pointer):
            return args if pointer is None else (pointer, *args)
        case Compute(expr=expr) | Decide(cond=expr):
            return (expr,)
        case Leave(value=value) if value is not None:
            return (value,)
    return ()


def _named(node: object) -> Iterator[str]:
    for expr in expressions(node):
        yield from (part.name for part in walk(expr) if isinstance(part, Name))


def spoken(found: Condition, pointers: frozenset[str]) -> str:
    """A condition as a person writes it: ``mapping != NULL``."""
    if found.text in pointers:
        return f"{found.text} {'!=' if found.holds else '=='} NULL"
    return found.text if found.holds else f"!({found.text})" if " " in found.text else f"!{found.text}"


def pointer_names(graph: Graph) -> frozenset[str]:
    """Parameters and locals that are pointers."""
    return frozenset(name for name, kind in types(graph.function).items() if "*" in kind)


def decided(node: object) -> bool:
    """Whether a node branches on something written in the source."""
    return isinstance(node, Decide) and not node.unknown
