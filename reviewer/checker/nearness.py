# SPDX-License-Identifier: GPL-2.0-only
"""How near what is touched is to the object whose lock it was."""

import re

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke
from reviewer.checker.coverage import Loss
from reviewer.checker.rule import FunctionChange
from reviewer.syntax.declared import types
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Assign, Expr, Name, Unary

_FIRST = re.compile(r"\W")

OWN, KIN, FAR = range(3)
"""A part of the lock's object; something got from it, or it from that; neither."""


def owner_of(lock: str) -> str:
    """The object a lock is a member of: ``a->b`` of ``a->b->lock``; empty for a lock
    of its own."""
    at = max(lock.rfind("->"), lock.rfind("."))
    return lock[:at] if at > 0 else ""


def nearness(change: FunctionChange, loss: Loss, lock: str) -> int:
    """OWN, KIN or FAR; a lock that is no member is near to everything, most to what
    else is known outside the function."""
    owner = owner_of(lock)
    kinds = types(change.before.graph.function)
    if not owner:
        return KIN if _roots(change.before.graph, loss) <= kinds.keys() else OWN
    if belongs(loss.place, owner):
        return OWN
    graph = change.before.graph
    root, roots = _root(owner), _roots(graph, loss)
    if root not in kinds or not roots or not roots <= kinds.keys():
        return KIN
    return KIN if roots & _family(graph, root) else FAR


def belongs(place: str, owner: str) -> bool:
    """Whether a place is a part of an object."""
    return bool(owner) and place.startswith((f"{owner}->", f"{owner}."))


def on_the_way(loss: Loss, lock: str) -> bool:
    """Whether it is but a step to the lock itself, or to what a parameter points to."""
    place = loss.place
    if not place:
        return False
    return lock.startswith((f"{place}->", f"{place}.")) or (place[0] == "*" and "->" not in place)


def _roots(graph: Graph, loss: Loss) -> frozenset[str]:
    node = graph.nodes[loss.before_node]
    if loss.place:
        return frozenset({_root(loss.place)})
    return _names(node.args) if isinstance(node, Invoke) else frozenset()


def _root(place: str) -> str:
    return _FIRST.split(place.lstrip("*(&"), maxsplit=1)[0]


def _names(some: tuple[Expr, ...]) -> frozenset[str]:
    return frozenset(one.name for expr in some for one in walk(expr) if isinstance(one, Name))


def _family(graph: Graph, root: str) -> frozenset[str]:
    """The variables got from one, and those it was got from."""
    edges: dict[str, set[str]] = {}
    for number in range(len(graph.nodes)):
        for target, source in _flows(graph, number):
            edges.setdefault(source, set()).add(target)
            edges.setdefault(f"<{target}", set()).add(f"<{source}")
    found = {root, f"<{root}"}
    stack = list(found)
    while stack:
        for one in edges.get(stack.pop(), ()):
            if one not in found:
                found.add(one)
                stack.append(one)
    return frozenset(one.lstrip("<") for one in found)


def _flows(graph: Graph, number: int) -> set[tuple[str, str]]:
    """Which variables may lead to what others lead to, after a node."""
    node = graph.nodes[number]
    if isinstance(node, Invoke):
        names = _names(node.args)
        found = {(node.result, one) for one in names}
        return found | {(one, other) for one in _set_by(graph, number) for other in names - {one}}
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        target = node.expr.target
        if isinstance(target, Name):
            return {(target.name, one) for one in _names((node.expr.value,))}
    return set()


def _set_by(graph: Graph, number: int) -> frozenset[str]:
    """The variables a call may set: those whose address it is given, and the
    cursors of a macro that iterates."""
    node = graph.nodes[number]
    assert isinstance(node, Invoke)
    after = [graph.nodes[target] for target, _ in graph.succ[number]]
    if any(isinstance(one, Decide) and one.unknown for one in after):
        return frozenset(one.name for one in node.args if isinstance(one, Name))
    return frozenset(
        one.operand.name
        for one in node.args
        if isinstance(one, Unary) and one.op == "&" and isinstance(one.operand, Name)
    )
