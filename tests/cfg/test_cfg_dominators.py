# SPDX-License-Identifier: GPL-2.0-only
"""Dominators, against their definition."""

from graph_text import graph
from hypothesis import given
from hypothesis import strategies as st

from reviewer.cfg.dominators import NONE, dominates, dominators, postdominators
from reviewer.cfg.graph import Graph, Join
from reviewer.location import NOWHERE


def test_a_diamond_with_a_loop() -> None:
    found = graph("if (a)\n\tb = 1;\nelse\n\tb = 2;\nwhile (c)\n\tb++;\nreturn b;")
    lines = [node.loc.line for node in found.nodes]
    decide, join = lines.index(3), lines.index(7)
    tree, behind = dominators(found), postdominators(found)
    assert tree[0] == 0 and behind[1] == 1
    assert tree[join] == decide and behind[decide] == join
    assert dominates(tree, decide, lines.index(8)) and not dominates(tree, lines.index(4), join)


def test_a_loop_without_end_has_no_postdominator() -> None:
    found = graph("if (a)\n\twhile (1)\n\t\tb++;\nreturn c;")
    behind = postdominators(found)
    inside = [n for n, node in enumerate(found.nodes) if node.loc.line in (4, 5)]
    assert [behind[n] for n in inside] == [NONE] * len(inside)
    assert dominators(graph("for (;;) ;"))[1] == NONE


@st.composite
def shapes(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(2, 9))
    return [draw(st.lists(st.integers(0, count - 1), max_size=3)) for _ in range(count)]


def made(edges: list[list[int]]) -> Graph:
    nodes = tuple(Join(NOWHERE, str(n)) for n in range(len(edges)))
    succ = tuple(tuple((target, "") for target in targets) for targets in edges)
    pred = tuple(
        tuple((source, "") for source, targets in enumerate(edges) for t in targets if t == node)
        for node in range(len(edges))
    )
    return Graph(graph("").function, nodes, succ, pred)


def reached(edges: list[list[int]], root: int, without: int) -> set[int]:
    found, stack = set(), [root] if root != without else []
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += [target for target in edges[node] if target != without]
    return found


@given(shapes())
def test_a_dominator_is_on_every_way(edges: list[list[int]]) -> None:
    backwards = [[s for s, targets in enumerate(edges) if n in targets] for n in range(len(edges))]
    for tree, root, steps in (
        (dominators(made(edges)), 0, edges),
        (postdominators(made(edges)), 1, backwards),
    ):
        everything = reached(steps, root, NONE)
        for node in range(len(edges)):
            if node not in everything:
                assert tree[node] == NONE
                continue
            for over in everything:
                cut = node == over or node not in reached(steps, root, over)
                assert dominates(tree, over, node) == cut
