# SPDX-License-Identifier: GPL-2.0-only
"""Dominators after Cooper, Harvey and Kennedy, on plain lists."""

from collections.abc import Sequence

from reviewer.cfg.graph import Graph

NONE = -1
ENTRY, EXIT = 0, 1

Edges = Sequence[Sequence[int]]


def dominators(graph: Graph) -> list[int]:
    """The immediate dominator of each node; the entry is its own, and -1
    stands for an exit that cannot be reached."""
    return _immediate(_targets(graph.succ), _targets(graph.pred), ENTRY)


def postdominators(graph: Graph) -> list[int]:
    """The immediate postdominator of each node; the exit is its own, and -1
    stands for a node from which the exit cannot be reached."""
    return _immediate(_targets(graph.pred), _targets(graph.succ), EXIT)


def dominates(tree: Sequence[int], over: int, node: int) -> bool:
    """Whether ``over`` lies on every way to ``node`` (a node on its own)."""
    while node not in (over, NONE) and tree[node] != node:
        node = tree[node]
    return node == over


def _targets(edges: Sequence[Sequence[tuple[int, str]]]) -> Edges:
    return [[target for target, _ in some] for some in edges]


def _immediate(succ: Edges, pred: Edges, root: int) -> list[int]:
    order = postorder(succ, root)
    rank = [NONE] * len(succ)
    for number, node in enumerate(order):
        rank[node] = number
    tree = [NONE] * len(succ)
    tree[root] = root
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            known = [one for one in pred[node] if tree[one] != NONE]
            best = known[0]
            for other in known[1:]:
                best = _meet(tree, rank, best, other)
            changed = changed or tree[node] != best
            tree[node] = best
    return tree


def _meet(tree: list[int], rank: list[int], one: int, other: int) -> int:
    while one != other:
        while rank[one] < rank[other]:
            one = tree[one]
        while rank[other] < rank[one]:
            other = tree[other]
    return one


def postorder(succ: Edges, root: int) -> list[int]:
    """The nodes reached from the root, each behind all it leads to first."""
    order: list[int] = []
    seen = {root}
    stack = [(root, iter(succ[root]))]
    while stack:
        node, targets = stack[-1]
        following = next((one for one in targets if one not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(succ[following])))
    return order
