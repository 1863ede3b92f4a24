# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of values whose kernel types C does not compare everywhere."""

from collections.abc import Iterator, Mapping

from reviewer.cfg.graph import Decide, Graph, Invoke, Node
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, Rule
from reviewer.facts import Facts
from reviewer.syntax.declared import types
from reviewer.syntax.render import render
from reviewer.syntax.tree import Binary, Expr, Name, Unary

MAX_NAMED = 4
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")


def mixed_types(rule: Rule, change: FunctionChange) -> Iterator[Finding]:
    """Comparisons only the after image has, of two types one of which is a
    structure on some architectures."""
    old = {(left, right) for left, right, _, _ in _mixed(change.before.graph, change.facts)}
    for left, right, node, opaque in _mixed(change.after.graph, change.facts):
        if (left, right) not in old:
            yield _finding(rule, change, left, right, node, opaque)


Side = tuple[str, str]


def _mixed(graph: Graph, facts: Facts) -> Iterator[tuple[Side, Side, Node, str]]:
    """Both sides as (text, type), the node, and the type that is a structure."""
    calls = {node.result: node for node in graph.nodes if isinstance(node, Invoke)}
    declared = types(graph.function)
    for node in graph.nodes:
        expr = node.cond if isinstance(node, Decide) else getattr(node, "expr", None)
        if not isinstance(expr, Binary) or expr.op not in COMPARISONS:
            continue
        left, right = (_side(e, calls, declared, facts) for e in (expr.left, expr.right))
        opaque = next((kind for _, kind in (left, right) if kind in facts.opaque_types), "")
        if opaque and left[1] and right[1] and left[1] != right[1]:
            yield left, right, node, opaque


def _side(
    expr: Expr, calls: Mapping[str, Invoke], declared: Mapping[str, str], facts: Facts
) -> Side:
    if isinstance(expr, Name) and expr.name in calls:
        call = calls[expr.name]
        fact = facts.of(call.function)
        args = ", ".join(_spelled(arg, calls) for arg in call.args)
        return f"{call.function}({args})", fact.type if fact else ""
    if isinstance(expr, Name):
        return expr.name, declared.get(expr.name, "")
    if isinstance(expr, Unary) and expr.op == "*" and isinstance(expr.operand, Name):
        kind = declared.get(expr.operand.name, "")
        return render(expr), kind.rstrip(" *") if kind.count("*") == 1 else ""
    return render(expr), ""


def _spelled(expr: Expr, calls: Mapping[str, Invoke]) -> str:
    if isinstance(expr, Name) and expr.name in calls:
        call = calls[expr.name]
        return f"{call.function}({', '.join(_spelled(arg, calls) for arg in call.args)})"
    return render(expr)


def _where(kind: str, facts: Facts) -> str:
    """The architectures on which a type is a structure, a few by name."""
    known = facts.opaque_types[kind]
    if known == ("*",):
        return "every architecture"
    first = [name for name in known if name in facts.two_word_ptes]
    named = [*first, *(name for name in known if name not in first)]
    more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    return f"{', '.join(named[:MAX_NAMED])}{more}"


def _finding(
    rule: Rule, change: FunctionChange, left: Side, right: Side, node: Node, opaque: str
) -> Finding:
    where = _where(opaque, change.facts)
    message = rule.message
    for field, value in (
        ("{left}", left[0]),
        ("{left_type}", left[1]),
        ("{right}", right[0]),
        ("{right_type}", right[1]),
    ):
        message = message.replace(field, value)
    return Finding(
        rule=rule.name,
        also=(),
        severity=rule.severity,
        file=change.file,
        function=change.after.graph.function.name,
        line=node.loc.line,
        before_line=node.loc.line,
        message=message,
        reason=f"{opaque} is a structure on {where}; C compares no structures",
        access=f"{left[0]} and {right[0]}",
        place="",
        lost=(),
        lost_paths=(),
        decides=True,
        before=(),
        after=(),
        partial=change.partial,
        scenario="",
    )
