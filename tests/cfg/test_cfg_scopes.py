# SPDX-License-Identifier: GPL-2.0-only
"""What runs where a scope ends, on every way out of it."""

import pytest
from graph_text import FACTS, words

from reviewer.cfg import scopes
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph, Invoke, Leave, Unknown
from reviewer.fact_tables import function_from
from reviewer.facts import Facts
from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.render import render

LOCK = {"place": "*$0", "kind": "mutex"}
FUNCTIONS = {
    name: function_from({"names": [name], "acquires": [{**LOCK, "when": when}], "source": "test"})
    for name, when in (("take", "always"), ("try", "nonzero"), ("intr", "zero"))
}
SCOPES = Facts(
    {**FACTS.functions, **FUNCTIONS},
    {},
    {},
    {},
    guards={"m": ("take", "drop"), "m_try": ("try", "drop"), "m_intr": ("intr", "drop")},
    classes={"file": ("open", "close")},
    frees={"mem": "release"},
)


def graph(body: str) -> Graph:
    text = f"int f(int a, int b, int *c)\n{{\n{body}\n}}\n"
    function = read_file(text.encode(), load_vocabulary()).function("f")
    assert function is not None and function.errors == ()
    return build(function, SCOPES)


def calls(body: str) -> list[str]:
    """The calls, decisions and returns on every way that meets no node twice."""
    found, ended = graph(body), []
    stack: list[tuple[int, tuple[int, ...], str]] = [(0, (), "")]
    while stack:
        node, visited, way = stack.pop()
        if node in visited:
            continue
        one = found.nodes[node]
        if isinstance(one, Invoke):
            way += f" {one.function}({', '.join(map(render, one.args))})"
        elif isinstance(one, Leave):
            way += f" {words(one)}"
        if node == 1:
            ended.append(way.strip())
        stack += [(to, (*visited, node), way) for to, _ in found.succ[node]]
    return sorted(ended)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("guard(m)(&a); g();", ["take(&a) g() drop(&a)"]),
        ("guard(m)(&a); guard(m)(&b); return 1;",
         ["take(&a) take(&b) drop(&b) drop(&a) return 1"]),
        ("guard(m)(&a); return g();", ["take(&a) g() drop(&a) return %2"]),
        ("guard(m)(&a); return *c;", ["take(&a) drop(&a) return %2"]),
        ("{ guard(m)(&a); if (b) return 1; } return 2;",
         ["take(&a) drop(&a) return 1", "take(&a) drop(&a) return 2"]),
        ("guard(m)(&a); { guard(m)(&b); if (b) goto out; g(); } h(); out: return 2;",
         ["take(&a) take(&b) drop(&b) drop(&a) return 2",
          "take(&a) take(&b) g() drop(&b) h() drop(&a) return 2"]),
        ("while (b) { guard(m)(&a); if (c) break; g(); } return 1;",
         ["return 1", "take(&a) drop(&a) return 1"]),
        ("scoped_guard(m, &a) { if (b) break; g(); } h();",
         ["take(&a) drop(&a) h()", "take(&a) g() drop(&a) h()"]),
        ("scoped_guard(m, &a) g(); h();", ["take(&a) g() drop(&a) h()"]),
        ("struct x *p __free(mem) = open(); if (!p) return 1; p = g(); return 2;",
         ["open() g() release(p) return 2", "open() g() return 2",
          "open() release(p) return 1", "open() return 1"]),
        ("int x __attribute__((cleanup(fini))) = 1, y; g();", ["g() fini(&x)"]),
        ("int x, y __attribute__((__cleanup__(fini))) = 1; g();", ["g() fini(&y)"]),
        ("__cleanup(fini) int x = 1; int y __cleanup(last) = 1; g();",
         ["g() last(&y) fini(&x)"]),
        ("CLASS(file, f)(3); g(f);", ["open(3) g(f) close(f)"]),
        ("CLASS(what, f)(3); g(f);", ["CLASS(what, f)(3) g(f)"]),
        ("#ifdef X\nguard(m)(&a);\n#endif\ng();",
         ["g()", "g() drop(&a)", "take(&a) g()", "take(&a) g() drop(&a)"]),
        ("a = ({ guard(m)(&b); g(); }); h();", ["take(&b) g() drop(&b) h()"]),
        ("if (({ guard(m)(&b); g(); })) h();",
         ["take(&b) g() drop(&b)", "take(&b) g() drop(&b) h()"]),
        ("({ guard(m)(&b); g(); }); h();", ["take(&b) g() drop(&b) h()"]),
        ("for (int i __cleanup(fini) = 0; b; i++) { if (c) break; } g();",
         ["fini(&i) g()", "fini(&i) g()"]),
        ("switch (b) { case 1: { guard(m)(&a); break; } default: g(); } h();",
         ["g() h()", "take(&a) drop(&a) h()"]),
    ],
)  # fmt: skip
def test_releases_on_every_way_out(body: str, expected: list[str]) -> None:
    assert calls(body) == expected


def ways(body: str) -> list[str]:
    """As `calls`, and which way every decision went."""
    found, ended = graph(body), []
    stack: list[tuple[int, tuple[int, ...], str]] = [(0, (), "")]
    while stack:
        node, visited, way = stack.pop()
        if node in visited:
            continue
        way = f"{way} {words(found.nodes[node])}".strip()
        if node == 1:
            ended.append(way)
        for to, label in found.succ[node]:
            stack.append((to, (*visited, node), f"{way}:{label}" if label else way))
    return sorted(ended)


def test_what_was_not_taken_is_not_dropped() -> None:
    assert ways("scoped_guard(m_try, &a) g();") == [
        "%1=try(&a) %1:F %1:F",
        "%1=try(&a) %1:F %1:T %3=drop(&a)",
        "%1=try(&a) %1:T %2=g() %1:F",
        "%1=try(&a) %1:T %2=g() %1:T %3=drop(&a)",
    ]
    assert ways("scoped_cond_guard(m_intr, return -4, &a) { return 1; }")[0] == (
        "%1=intr(&a) !%1:F !%1:F return -4"
    )


def test_a_guard_of_an_unknown_class_is_a_call_nobody_knows() -> None:
    assert calls("guard(what)(&a); g();") == ["guard(what)(&a) g()"]
    assert calls("scoped_guard(what, &a) g();") == ["guard(what)(&a) g()"]
    assert len(calls("scoped_guard(what_try, &a) g();")) == 2


def test_a_backward_goto_leaves_the_scope() -> None:
    body = "again: a = 1;\nguard(m)(&a);\nif (b)\ngoto again;\ng();"
    found = graph(body)
    drops = [n for n, node in enumerate(found.nodes) if words(node).endswith("drop(&a)")]
    assert [found.nodes[n].loc.line for n in drops] == [6, 8]
    ((target, _),) = found.succ[drops[0]]
    assert words(found.nodes[target]) == ""
    take = next(n for n, node in enumerate(found.nodes) if "take" in words(node))
    assert take < drops[0] < drops[1], "nodes stand in the order of the text"


def test_a_release_knows_its_scope() -> None:
    found = graph("\nguard(m)(&a);\n{\nguard(m)(&b);\n}\n")
    ends = [(node.loc.line, node.scope.line) for node in found.nodes
            if isinstance(node, Invoke) and node.scope]  # fmt: skip
    assert ends == [(7, 6), (9, 4)]


def test_a_computed_goto_leaves_scopes_too() -> None:
    found = calls("void *t[] = {&&x, &&y}; { guard(m)(&a); goto *t[b]; } x: g(); y: h();")
    assert found == ["take(&a) drop(&a) g() h()", "take(&a) drop(&a) h()"]


def test_a_label_whose_address_is_not_taken_is_no_target() -> None:
    body = "static void *t[] = {&&x}; if (b) goto y; goto *t[b]; x: return 1; y: return 2;"
    assert len(calls(body)) == 2


def test_the_number_of_releases_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "MAX_RELEASES", 3)
    found = graph("guard(m)(&a); guard(m)(&b); if (a) return 1; if (b) return 2; g();")
    assert any(isinstance(node, Unknown) for node in found.nodes)


def test_a_variable_that_hides_another_ends_with_its_scope() -> None:
    assert ways("{ int b = 1; g(b); if (a) return 2; } h(b);") == [
        "let b = 1 %1=g(b) a:F b = what was hidden %2=h(b)",
        "let b = 1 %1=g(b) a:T b = what was hidden return 2",
    ]
    assert ways("{ int x = 1; } { int x = 2; }") == ["let x = 1 let x = 2"]
    assert ways("a = ({ int b = 1; b; });") == ["let b = 1 %1 = b b = what was hidden a = %1"]
