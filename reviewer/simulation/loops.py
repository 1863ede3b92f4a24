# SPDX-License-Identifier: GPL-2.0-only
"""Which nodes of a graph lie on a cycle."""

from collections.abc import Sequence


def components(succ: Sequence[Sequence[tuple[int, str]]]) -> dict[int, int]:
    """Map every node that lies on a cycle to the number of its strongly
    connected component (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: dict[int, int] = {}
    for root in range(len(succ)):
        if root in index:
            continue
        work = [(root, 0)]
        while work:
            node, edge = work.pop()
            if edge == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            if edge < len(succ[node]):
                work.append((node, edge + 1))
                target = succ[node][edge][0]
                if target not in index:
                    work.append((target, 0))
                elif target in on_stack:
                    low[node] = min(low[node], index[target])
                continue
            for target, _ in succ[node]:
                if target in on_stack:
                    low[node] = min(low[node], low[target])
            if low[node] == index[node]:
                _close(node, stack, on_stack, succ, found)
    return found


def _close(
    node: int,
    stack: list[int],
    on_stack: set[int],
    succ: Sequence[Sequence[tuple[int, str]]],
    found: dict[int, int],
) -> None:
    members = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == node:
            break
    if len(members) > 1 or any(target == node for target, _ in succ[node]):
        found.update(dict.fromkeys(members, node))


def loop_tests(succ: Sequence[Sequence[tuple[int, str]]], cycles: dict[int, int]) -> dict[int, int]:
    """Map each node that decides whether a loop goes round again to the node
    behind the loop.

    Nodes are numbered in source order, so an edge that does not lead forward
    closes a loop: its source decides when it branches (``do ... while``), else
    the first branch behind its target does (``while``, ``for``).
    """
    tests: dict[int, int] = {}
    for node, edges in enumerate(succ):
        for target, _ in edges:
            if target <= node and cycles.get(target) == cycles.get(node) is not None:
                test = node if len(edges) > 1 else _first_branch(succ, target)
                outside = [to for to, _ in succ[test] if cycles.get(to) != cycles[node]]
                if len(succ[test]) == 2 and len(outside) == 1:
                    tests[test] = outside[0]
    return tests


def _first_branch(succ: Sequence[Sequence[tuple[int, str]]], node: int) -> int:
    seen = set()
    while len(succ[node]) == 1 and node not in seen:
        seen.add(node)
        node = succ[node][0][0]
    return node
