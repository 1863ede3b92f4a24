# SPDX-License-Identifier: GPL-2.0-only
"""The graph of each construct of C."""

from dataclasses import replace

import pytest
from graph_text import FACTS, graph, ways, words

from reviewer.cfg.build import build
from reviewer.cfg.graph import Compute, Decide, Invoke, Join, Leave, Unknown
from reviewer.ruleset import load_vocabulary
from reviewer.source.records import Fragment
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.parse import read_file
from reviewer.syntax.tree import Gap, Name, Opaque


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", [""]),
        ("a = 1;", ["a = 1"]),
        ("int x = a, y;", ["let x = a let y"]),
        ("static int x = 1;", ["let x"]),
        ("a = g(b, h(c));", ["%1=h(c) %2=g(b, %1) a = %2"]),
        ("g(b) + 1;", ["%1=g(b) %1 + 1"]),
        ("call(b);", ["%1=[call](b)"]),
        ("a->ops->go(b);", ["%1=[a->ops->go](b)"]),
        ("guard(mutex)(&a->l);", ["%1=guard(mutex)(&a->l)"]),
        ("pick(a)(b);", ["%1=pick(a) %2=[%1](b)"]),
        ("a = b = g();", ["%1=g() b = %1 a = b"]),
        ("a++;", ["a++"]),
        ("b = a++;", ["%1 = a a++ b = %1"]),
        ("b = ++a;", ["++a b = a"]),
        ("*a++ = g();", ["%1 = a a++ %2=g() *%1 = %2"]),
        ("(void)g();", ["%1=g()"]),
        ("a->x;", ["a->x"]),
        ("g(), h();", ["%1=g() %2=h()"]),
        ("return;", ["return"]),
        ("return g(a);", ["%1=g(a) return %1"]),
    ],
)
def test_straight_lines(body: str, expected: list[str]) -> None:
    assert ways(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (a) b = 1;", ["a:F", "a:T b = 1"]),
        ("if (!a) b = 1;", ["a:F b = 1", "a:T"]),
        ("if (!!a) b = 1;", ["a:F", "a:T b = 1"]),
        ("if (!g()) b = 1; else b = 2;", ["%1=g() %1:F b = 1", "%1=g() %1:T b = 2"]),
        ("if (a || !b) c = 1;", ["a:F b:F c = 1", "a:F b:T", "a:T c = 1"]),
        ("if (a && (b || c)) a = 0;",
         ["a:F", "a:T b:F c:F", "a:T b:F c:T a = 0", "a:T b:T a = 0"]),
        ("if (unlikely(a || b)) c = 1;", ["a:F b:F", "a:F b:T c = 1", "a:T c = 1"]),
        ("if (unlikely(!g(a))) c = 1;", ["%1=g(a) %1:F c = 1", "%1=g(a) %1:T"]),
        ("if (WARN(a, \"x\", g())) c = 1;", ["%1=g() a:F", "%1=g() a:T c = 1"]),
        ("if ((a = g()) != 0) c = 1;", ["%1=g() a = %1 a != 0:F", "%1=g() a = %1 a != 0:T c = 1"]),
        ("if (a ? b : c) a = 0;", ["a:F c:F", "a:F c:T a = 0", "a:T b:F", "a:T b:T a = 0"]),
        ("if (a, b) c = 1;", ["a b:F", "a b:T c = 1"]),
        ("if (({ g(); b; })) c = 1;", ["%1=g() b:F", "%1=g() b:T c = 1"]),
        ("if (1) a = 1; else a = 2;", ["a = 1"]),
        ("if (a) ; else if (b) c = 1; else c = 2;", ["a:F b:F c = 2", "a:F b:T c = 1", "a:T"]),
        ("if (sizeof(a)) c = 1;", ["?sizeof(a):F", "?sizeof(a):T c = 1"]),
    ],
)  # fmt: skip
def test_conditions(body: str, expected: list[str]) -> None:
    assert ways(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = b && c;", ["b:F %1 = 0 a = %1", "b:T c:F %1 = 0 a = %1", "b:T c:T %1 = 1 a = %1"]),
        ("a = b ? g() : c;", ["b:F %1 = c a = %1", "b:T %2=g() %1 = %2 a = %1"]),
        ("a = g() ?: c;", ["%2=g() %2:F %1 = c a = %1", "%2=g() %2:T %1 = %2 a = %1"]),
        ("a && g();", ["a:F", "a:T %1=g()"]),
        ("a || g();", ["a:F %1=g()", "a:T"]),
        ("a ? g() : h();", ["a:F %2=h()", "a:T %1=g()"]),
        ("a = ({ int t = g(); t + 1; });", ["%1=g() let t = %1 a = t + 1"]),
        ("a = unlikely(b);", ["a = b"]),
        ("WARN_ON(b && c);", ["b:F %1 = 0", "b:T c:F %1 = 0", "b:T c:T %1 = 1"]),
        ("g(a || b);",
         ["a:F b:F %1 = 0 %2=g(%1)", "a:F b:T %1 = 1 %2=g(%1)", "a:T %1 = 1 %2=g(%1)"]),
    ],
)  # fmt: skip
def test_values_that_branch(body: str, expected: list[str]) -> None:
    assert ways(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("while (a) b++;", ["a:F", "a:T b++ a:F"]),
        ("do b++; while (a);", ["b++ a:F", "b++ a:T b++ a:F"]),
        ("do { if (a) continue; b++; } while (c);",
         ["a:F b++ c:F", "a:F b++ c:T a:F b++ c:F", "a:F b++ c:T a:T c:F",
          "a:T c:F", "a:T c:T a:F b++ c:F", "a:T c:T a:T c:F"]),
        ("do { if (a) break; b++; } while (0);", ["a:F b++", "a:T"]),
        ("for (a = 0; b; c++) { if (a) continue; g(); }",
         ["a = 0 b:F", "a = 0 b:T a:F %1=g() c++ b:F", "a = 0 b:T a:T c++ b:F"]),
        ("for (;;) { if (a) break; }", ["a:F a:T", "a:T"]),
        ("while (1) g();", []),
        ("while (a) { while (b) break; }", ["a:F", "a:T b:F a:F", "a:T b:T a:F"]),
        ("for_each_x(c) b++;",
         ["%1=for_each_x(c) ?for_each_x(c):F",
          "%1=for_each_x(c) ?for_each_x(c):T b++ %1=for_each_x(c) ?for_each_x(c):F"]),
        ("scoped_guard(mutex, &a->l) { if (b) break; c++; }",
         ["%1=guard(mutex)(&a->l) b:F c++", "%1=guard(mutex)(&a->l) b:T"]),
    ],
)  # fmt: skip
def test_loops(body: str, expected: list[str]) -> None:
    assert ways(body) == sorted(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("switch (a) { case 1: b = 1; break; case 2: b = 2; default: b = 3; }",
         ["a:case 1 b = 1", "a:case 2 b = 2 b = 3", "a:default b = 3"]),
        ("switch (g()) { case 1: case 2 ... 4: b = 1; }",
         ["%1=g() %1:case 1 b = 1", "%1=g() %1:case 2 ... 4 b = 1", "%1=g() %1:default"]),
        ("switch (a) { b = 1; case 1: return 1; }", ["a:case 1 return 1", "a:default"]),
        ("switch (a) { case 1: if (b) { case 2: c = 1; } }",
         ["a:case 1 b:F", "a:case 1 b:T c = 1", "a:case 2 c = 1", "a:default"]),
        ("while (a) { switch (b) { case 1: continue; } c++; break; }",
         ["a:F", "a:T b:case 1 a:F", "a:T b:case 1 a:T b:default c++", "a:T b:default c++"]),
        ("if (a) goto out; b = 1; out: c = 1;", ["a:F b = 1 c = 1", "a:T c = 1"]),
        ("again: if (a) goto again; return b;", ["a:F return b", "a:T a:F return b"]),
        ("goto in; while (a) { in: b++; }", ["b++ a:F", "b++ a:T b++ a:F"]),
        ("DIE_IF(a && !b); b = 1;", ["a:F b = 1", "a:T b:F %1=DIE_IF() |", "a:T b:T b = 1"]),
        ("a = !(g()) && b != 0;", ["%1=g() %1:F b != 0:F %2 = 0 a = %2",
         "%1=g() %1:F b != 0:T %2 = 1 a = %2", "%1=g() %1:T %2 = 0 a = %2"]),
        ("if (g()) *c = 1;", ["%1=g() %1:F", "%1=g() %1:T *c = 1"]),
        ("goto *g(a); x: b = 1;", ["%1=g(a) *%1:x b = 1"]),
        ("put(a, out); b = 1; out: c = 1;", ["%1=put(a, out) ?goto:F b = 1 c = 1",
         "%1=put(a, out) ?goto:T c = 1"]),
        ("int out = 1; put(a, out); b = 1; out: c = 1;",
         ["let out = 1 %1=put(a, out) b = 1 c = 1"]),
        ("goto *a; x: b = 1; return 1; y: return 2;", ["*a:x b = 1 return 1", "*a:y return 2"]),
        ('asm goto("x" : : : : out); b = 1; out: c = 1;',
         ['%1=asm("x", &&out) ?goto:F b = 1 c = 1', '%1=asm("x", &&out) ?goto:T c = 1']),
        ("if (a) die(b); c = 1;", ["a:F c = 1", "a:T %1=die(b) |"]),
        ("return 1; b = 1;", ["return 1"]),
        ("#ifdef X\nb = 1;\n#endif\nc = 1;",
         ["#if defined(X):F c = 1", "#if defined(X):T b = 1 c = 1"]),
        ("goto nowhere;", ["<nowhere is not shown>"]),
    ],
)  # fmt: skip
def test_jumps(body: str, expected: list[str]) -> None:
    assert ways(body) == sorted(expected)


def test_entry_and_exit_come_first_and_nodes_in_order() -> None:
    found = graph("if (a)\n\tg(b);\nreturn h(c);")
    kinds = [type(node) for node in found.nodes]
    assert kinds == [Join, Join, Decide, Invoke, Invoke, Leave]
    assert [node.loc.line for node in found.nodes[2:]] == [3, 4, 5, 5]
    assert found.succ[1] == () and [source for source, _ in found.pred[1]] == [5]
    for node, targets in enumerate(found.succ):
        for target, label in targets:
            assert (node, label) in found.pred[target]


def test_records_say_what_they_are() -> None:
    found = graph("struct s *x = g(a);\nfor_each_x(c)\n\tcall();")
    invoke, compute = found.nodes[2:4]
    assert isinstance(invoke, Invoke) and (invoke.function, invoke.result) == ("g", "%1")
    assert isinstance(compute, Compute) and compute.declares == "x"
    (round_,) = [node for node in found.nodes if isinstance(node, Decide)]
    assert round_.unknown and isinstance(round_.cond, Opaque)
    assert {label for _, label in found.succ[found.nodes.index(round_)]} == {"T", "F"}
    inner = [node for node in found.nodes if isinstance(node, Invoke)][-1]
    assert inner.function == "" and isinstance(inner.pointer, Name)


def test_a_call_covers_its_text() -> None:
    text = b"int f(void)\n{\n\treturn g(h(1),\n\t\t 2);\n}\n"
    function = read_file(text, load_vocabulary()).function("f")
    assert function is not None
    nodes = build(function, FACTS).nodes
    calls = [text[one.loc.start : one.loc.end] for one in nodes if isinstance(one, Invoke)]
    assert calls == [b"h(1)", b"g(h(1),\n\t\t 2)"]


def test_code_that_did_not_parse_is_unknown_and_may_jump() -> None:
    function = graph("a = 1;\nout:\nreturn a;").function
    gap = Gap(function.body.loc, "x goto out; y return z", error=True)
    broken = replace(function, body=replace(function.body, items=(gap, *function.body.items)))
    found = build(broken, FACTS)
    (unknown,) = [n for n, node in enumerate(found.nodes) if isinstance(node, Unknown)]
    targets = {target: words(found.nodes[target]) for target, _ in found.succ[unknown]}
    assert sorted(targets.values()) == ["", "", "a = 1"] and 1 in targets


def fragments(*texts: str) -> list[Fragment]:
    return [Fragment(text.encode(), 10 * n, "int f(int a)") for n, text in enumerate(texts, 1)]


def test_lines_between_hunks_may_do_anything() -> None:
    (function,) = fragment_functions(
        fragments("\tif (a)\n\t\treturn 1;\n\treturn 2;\n", "\tb();\nout:\n\tc();\n"),
        load_vocabulary(),
    )
    found = build(function, FACTS)
    gaps = [n for n, node in enumerate(found.nodes) if isinstance(node, Unknown)]
    labels = [n for n, node in enumerate(found.nodes) if node.__class__ is Join and n > 1]
    assert len(gaps) == 3
    for gap in gaps:
        near = {target for target, _ in found.succ[gap]}
        targets = near | {target for one in near for target, _ in found.succ[one]}
        assert 1 in near and set(labels) <= targets
    assert {"%1=b()", "%2=c()"} <= {words(node) for node in found.nodes}


def test_the_body_of_a_block_begun_elsewhere_can_be_passed_by() -> None:
    (function,) = fragment_functions(
        fragments("\t\ta();\n\t}\n\tif (b)\n\t\tbreak;\n\tc();\n"), load_vocabulary()
    )
    found = build(function, FACTS)
    unseen = [node for node in found.nodes if isinstance(node, Decide) and node.unknown]
    assert [words(node) for node in unseen] == ["?not shown"]
    assert any(isinstance(n, Unknown) and "not shown" in n.text for n in found.nodes)
