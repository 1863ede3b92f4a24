# SPDX-License-Identifier: GPL-2.0-only
"""Bodies in the places of their calls: the graph is that of the code written there."""

import pytest
from graph_text import FACTS

from reviewer.cfg.build import build
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave
from reviewer.cfg.inline import MAX_BODY, MAX_CALLS, Body, inlined
from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.render import render

CALLER = "int f(struct t *t, int n)\n{{\n{body}\n}}\n"


def graphs(text: str) -> dict[str, Graph]:
    file = read_file(text.encode(), load_vocabulary())
    found = {}
    for segment in file.segments:
        function = file.parsed(segment)
        assert function.errors == ()
        found[function.name] = build(function, FACTS)
    return found


def put(helper: str, body: str, here: bool = True) -> Graph:
    both = graphs(helper + CALLER.format(body=body))
    helpers = {name: Body(graph, here) for name, graph in both.items() if name != "f"}
    return inlined(both["f"], helpers.get)


def ways(graph: Graph) -> list[str]:
    """What is done on every way that meets no node twice, joins left out."""
    ended, stack = [], [(0, frozenset[int](), "")]
    while stack:
        number, visited, way = stack.pop()
        if number in visited:
            continue
        text = _words(graph, number)
        way = f"{way}; {text}" if text and way else way or text
        if number == 1:
            ended.append(way)
        for target, label in graph.succ[number]:
            mark = f"{way} {label}" if label in ("T", "F") else way
            stack.append((target, visited | {number}, mark))
    return sorted(ended)


def _words(graph: Graph, number: int) -> str:
    match graph.nodes[number]:
        case Compute(expr=expr):
            return render(expr)
        case Invoke(function=function, args=args, result=result):
            return f"{result} = {function}({', '.join(map(render, args))})"
        case Decide(cond=cond):
            return f"if {render(cond)}"
        case Leave(value=value):
            return "return" if value is None else f"return {render(value)}"
    return ""


def plain(body: str) -> list[str]:
    return ways(graphs(CALLER.format(body=body))["f"])


@pytest.mark.parametrize(
    ("helper", "call", "written"),
    [
        ("void h(struct t *a) { a->n = 1; }\n", "h(t); return 0;", "t->n = 1; return 0;"),
        ("void h(struct t *a) { a->b->n++; }\n", "h(t->c); return 0;", "t->c->b->n++; return 0;"),
        ("void h(int *a) { *a = 2; }\n", "h(&t->n); return 0;", "*&t->n = 2; return 0;"),
        (
            "void h(struct t *a, int k) { if (k) a->n = k; }\n",
            "h(t, n); return 0;",
            "if (n) t->n = n; return 0;",
        ),
        (
            "void h(struct t *a) { if (!a->n) return; a->n = 0; }\n",
            "h(t); return 0;",
            "if (!t->n) goto out; t->n = 0; out: return 0;",
        ),
        (
            "void h(struct t *a) { while (a->n) a->n--; }\n",
            "h(t); return 0;",
            "while (t->n) t->n--; return 0;",
        ),
    ],
)
def test_as_if_it_were_written_there(helper: str, call: str, written: str) -> None:
    assert ways(put(helper, call)) == plain(written)


def test_what_is_returned_goes_where_the_value_of_the_call_went() -> None:
    found = put("int h(int k) { if (k) return 1; return -1; }\n", "int x = h(n); return x;")
    assert ways(found) == [
        "if n F; %1 = -1; x = %1; return x",
        "if n T; %1 = 1; x = %1; return x",
    ]


def test_a_parameter_that_is_written_is_a_variable_of_its_own() -> None:
    found = put("void h(int n) { n++; g(n); }\n", "h(n); g(n); return 0;")
    assert len(ways(found)) == 1
    text = ways(found)[0]
    assert text.startswith("n_h = n; n_h++;") and "g(n_h)" in text and "g(n)" in text


def test_a_local_does_not_become_that_of_the_caller() -> None:
    found = put("void h(struct t *a) { int n = a->n; g(n); }\n", "h(t); return n;")
    assert "n_h = t->n" in ways(found)[0] and ways(found)[0].endswith("return n")


def test_a_call_as_an_argument_is_made_once() -> None:
    found = put("void h(int k) { g(k); g(k); }\n", "h(n + 1); return 0;")
    assert ways(found)[0].count("n + 1") == 1


def test_temporaries_stay_apart() -> None:
    found = put("void h(int k) { g(k); }\n", "g(1); h(g(2)); g(3); return 0;")
    results = [node.result for node in found.nodes if isinstance(node, Invoke)]
    assert len(results) == len(set(results)) == 4


def test_calls_inside_a_body_stay_calls() -> None:
    both = "void k(int a) { g(a); }\nvoid h(int a) { k(a); h(a); }\n"
    called = [n.function for n in put(both, "h(n); return 0;").nodes if isinstance(n, Invoke)]
    assert called == ["k", "h"]


def test_another_number_of_arguments_is_another_function() -> None:
    found = put("void h(int a, int b) { g(a); }\n", "h(n); return 0;")
    assert [node.function for node in found.nodes if isinstance(node, Invoke)] == ["h"]


def test_in_another_file_lines_are_those_of_the_call() -> None:
    helper = "void h(struct t *a)\n{\n\ta->n = 1;\n\n\n\ta->m = 1;\n}\n"
    away, here = (put(helper, "h(t);\nreturn 0;", side) for side in (False, True))
    lines = [{n.loc.line for n in one.nodes if isinstance(n, Compute)} for one in (away, here)]
    assert lines == [{10}, {3, 6}]


def test_edges_are_the_same_from_both_ends() -> None:
    found = put("int h(int k) { return k ? g(k) : 0; }\n", "while (h(n)) n--; return 0;")
    forth = {(a, b, label) for a, edges in enumerate(found.succ) for b, label in edges}
    back = {(a, b, label) for b, edges in enumerate(found.pred) for a, label in edges}
    assert forth == back
    assert isinstance(found.nodes[0], Join) and isinstance(found.nodes[1], Join)


def test_size_is_bounded() -> None:
    long = f"void h(int k) {{ {'g(k); ' * MAX_BODY} }}\n"
    assert [n.function for n in put(long, "h(n); return 0;").nodes if isinstance(n, Invoke)] == [
        "h"
    ]
    many = put("void h(int k) { g(k); }\n", "h(n); " * (MAX_CALLS + 3) + "return 0;")
    called = [node.function for node in many.nodes if isinstance(node, Invoke)]
    assert called.count("h") == 3 and called.count("g") == MAX_CALLS
