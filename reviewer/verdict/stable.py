# SPDX-License-Identifier: GPL-2.0-only
"""Is what a function asks still what the model takes it to be?

The model answers a question about something outside the scenario once per
run.  Where the function has written to it, or has made a call on the same
object for its effect alone, the answer may be another one.
"""

from reviewer.cfg.graph import Compute, Graph, Invoke, Node
from reviewer.simulation.answer import Run
from reviewer.simulation.steps import Branch
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Name


def unsettled(run: Run, graph: Graph) -> str:
    """What a branch that matters turns on although the function may have
    changed it before; empty when there is nothing of the kind."""
    program = run.machine.programs[run.machine.subject]
    for step in program.steps:
        if isinstance(step, Branch) and step.key:
            asked = step.key.partition("?")[2]
            before = [node for node in graph.nodes if 0 < node.loc.line < step.origin.line]
            if any(_may_change(node, asked, graph) for node in before):
                return asked
    return ""


def _may_change(node: Node, asked: str, graph: Graph) -> bool:
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        target = node.expr.target
        return not isinstance(target, Name) and render(target) in asked
    if not isinstance(node, Invoke) or not node.args or "(" not in asked:
        return False
    given = render(node.args[0])
    return f"({given}" in asked and not _used(node.result, graph)


def _used(result: str, graph: Graph) -> bool:
    """Whether anybody looks at the result of a call."""
    return any(
        isinstance(part, Name) and part.name == result
        for node in graph.nodes
        for expr in _expressions(node)
        for part in walk(expr)
    )


def _expressions(node: Node) -> tuple[Expr, ...]:
    if isinstance(node, Invoke):
        return node.args
    found = [getattr(node, name, None) for name in ("expr", "cond", "value")]
    return tuple(expr for expr in found if expr is not None)
