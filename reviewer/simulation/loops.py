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
        found.update({member: node for member in members})
