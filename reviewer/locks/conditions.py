# SPDX-License-Identifier: GPL-2.0-only
"""What the branches taken so far say: conditions a path stands under."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave
from reviewer.facts import FunctionFact
from reviewer.record import dataclass
from reviewer.syntax.declared import types
from reviewer.syntax.place import Place, place_of, pointee, substitute
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
STEPS = ("++", "--", "p++", "p--")
"""The operators that write their operand."""
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


def written(node: object, fact: FunctionFact | None = None) -> frozenset[str]:
    """The variables a node may write; ``fact`` is what is known of its call.

    A call of which nothing is known may write whatever it gets the address of.
    """
    if isinstance(node, Compute):
        if isinstance(node.expr, Assign) and isinstance(node.expr.target, Name):
            return frozenset({node.expr.target.name})
        expr = node.expr
        if isinstance(expr, Unary) and expr.op in STEPS and isinstance(expr.operand, Name):
            return frozenset({expr.operand.name})
    if isinstance(node, Invoke):
        if fact is None:
            return _variables(pointee(arg) for arg in node.args) | {node.result}
        places = (place_of(substitute(place, node.args)) for place in fact.writes)
        return _variables(places) | {node.result}
    return frozenset()


def _variables(places: Iterable[Place | None]) -> frozenset[str]:
    return frozenset(place.root for place in places if place is not None and not place.steps)


def steered(graph: Graph, number: int) -> frozenset[str]:
    """The variables an iterator macro moves on: it may be any it names."""
    node = graph.nodes[number]
    if not isinstance(node, Invoke):
        return frozenset()
    following = [graph.nodes[target] for target, _ in graph.succ[number]]
    loops = any(
        isinstance(one, Decide) and one.unknown and one.loc == node.loc for one in following
    )
    if not loops:
        return frozenset()
    return frozenset(arg.name for arg in node.args if isinstance(arg, Name))


def settled(expr: Assign) -> Condition | None:
    """What a variable says once a constant is assigned to it."""
    target, value = expr.target, expr.value
    if not (isinstance(target, Name) and isinstance(value, Literal)):
        return None
    truth = _TRUTHS.get(value.text)
    return None if truth is None else Condition(target.name, truth)


_TRUTHS = {"0": False, "false": False, "NULL": False, "1": True, "true": True}


def trusted(graph: Graph, taken: frozenset[str] | None = None) -> frozenset[str]:
    """The variables that nobody but the function writes, and only by name;
    ``taken`` are those whose address is taken, when that is known already.

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
    return frozenset(found - (addressed(graph) if taken is None else taken))


def declared(graph: Graph) -> frozenset[str]:
    """The parameters and variables of the function."""
    own = {node.declares for node in graph.nodes if isinstance(node, Compute)}
    return frozenset({param.name for param in graph.function.params} | own)


def addressed(graph: Graph) -> frozenset[str]:
    """The variables whose address is taken."""
    found = set()
    for node in graph.nodes:
        for expr in expressions(node):
            if expr.__class__ in (Name, Literal):
                continue
            for part in walk(expr):
                if part.__class__ is Unary and part.op == "&" and isinstance(part.operand, Name):
                    found.add(part.operand.name)
    return frozenset(found)


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
    if found.holds:
        return found.text
    return f"!({found.text})" if " " in found.text else f"!{found.text}"


def pointer_names(graph: Graph) -> frozenset[str]:
    """Parameters and locals that are pointers."""
    return frozenset(name for name, kind in types(graph.function).items() if "*" in kind)


def decided(node: object) -> bool:
    """Whether a node branches on something written in the source."""
    return isinstance(node, Decide) and not node.unknown
