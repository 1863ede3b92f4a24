# SPDX-License-Identifier: GPL-2.0-only
"""Graphs as text: the ways through a function body."""

from dataclasses import replace

from reviewer.cfg.build import build
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave, Node, Unknown
from reviewer.fact_tables import function_from
from reviewer.facts import Facts
from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.render import render

NORETURN = ("die",)
TRANSPARENT = ("likely", "unlikely", "WARN_ON", "WARN")


def facts_of(**names: tuple[str, ...]) -> Facts:
    """Facts that say one thing each of some functions: ``noreturn=("die",)``."""
    found = {
        name: function_from({"names": [name], flag: True, "source": "test"})
        for flag, some in names.items()
        for name in some
    }
    return Facts(found, {}, {}, {})


FACTS = facts_of(noreturn=NORETURN, conditions=TRANSPARENT)
STOPS = function_from({"names": ["DIE_IF"], "conditions": True, "noreturn": True, "source": "test"})
FACTS = replace(FACTS, functions={**FACTS.functions, "DIE_IF": STOPS})


def graph(body: str, head: str = "int f(int a, int b, int c, int (*call)(int))") -> Graph:
    text = f"{head}\n{{\n{body}\n}}\n"
    function = read_file(text.encode(), load_vocabulary()).function("f")
    assert function is not None and function.errors == ()
    return build(function, FACTS)


def words(node: Node) -> str:
    match node:
        case Compute(expr=expr, declares=declares):
            return f"{'let ' if declares else ''}{render(expr)}"
        case Invoke(function=name, pointer=pointer, args=args, result=result):
            callee = name or (f"[{render(pointer)}]" if pointer else "?")
            return f"{result}={callee}({', '.join(map(render, args))})"
        case Decide(cond=cond, unknown=unknown):
            return f"{'?' if unknown else ''}{render(cond)}"
        case Leave(value=value):
            return f"return{'' if value is None else f' {render(value)}'}"
        case Unknown(text=text):
            return f"<{text}>"
        case Join():
            return ""
    raise AssertionError(node)


def ways(body: str) -> list[str]:
    """Every way from the entry to an end that visits no node more than twice."""
    found = graph(body)
    ended: list[str] = []
    _walk(found, 0, "", (), ended)
    return sorted(ended)


def _walk(found: Graph, node: int, way: str, visited: tuple[int, ...], ended: list[str]) -> None:
    if visited.count(node) == 2:
        return
    way = f"{way} {words(found.nodes[node])}".strip()
    if not found.succ[node]:
        ended.append(way if node == 1 else f"{way} |")
    for target, label in found.succ[node]:
        onward = f"{way}:{label}" if label else way
        _walk(found, target, onward, (*visited, node), ended)
