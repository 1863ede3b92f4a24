# SPDX-License-Identifier: GPL-2.0-only
"""Which accesses a function makes to what others may see."""

import pytest
from alignment_samples import found


def pairs(text: str, params: str = "struct thing *t, int n, int *v, int a[]") -> list[str]:
    return [f"{one.kind} {one.place}" for one in found(text, params)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g(t->n);", ["read t->n"]),
        ("t->n = 1;", ["write t->n"]),
        ("t->n += 1;", ["read t->n", "write t->n"]),
        ("t->n++;", ["read t->n", "write t->n"]),
        ("return *v;", ["read *v"]),
        ("return v[n];", ["read v[]"]),
        ("return a[n];", ["read a[]"]),
        ("return t->a[t->i];", ["read t->a[]", "read t->a", "read t->i"]),
        ("return t->next->n;", ["read t->next->n", "read t->next"]),
        ("t->next->n = 1;", ["read t->next", "write t->next->n"]),
        ("return stats.n;", ["read stats.n"]),
        ("g(&t->n);", []),
        ("g(&t->next->n);", ["read t->next"]),
        ("return atomic_read(&t->refs);", ["read t->refs"]),
        ("atomic_set(&t->refs, 1);", ["write t->refs"]),
        ("atomic_inc(&t->refs);", ["update t->refs"]),
        ("return folio_ref_count(t->folio);", ["read t->folio->_refcount", "read t->folio"]),
        ("return folio_ref_count(page_folio(t));", ["read page_folio(t)->_refcount"]),
        ("struct thing *u = t; return u->n;", ["read t->n"]),
        ("struct thing *u = find(); return u->n;", ["read u->n"]),
        ("if (t->n || t->m) g();", ["read t->n", "read t->m"]),
        ("while (t->n) g();", ["read t->n"]),
        ("switch (t->n) { case 1: g(); }", ["read t->n"]),
    ],
)
def test_accesses(text: str, expected: list[str]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "int m = n; m++; return m;",
        "struct pair p = {}; p.one = n; return p.one;",
        "int b[4]; b[0] = n; return b[n];",
        "int *b[4]; b[0] = v; return 0;",
        "n = n + 1; return n;",
        "return sizeof(*t);",
    ],
)
def test_what_is_private_gives_no_access(text: str) -> None:
    assert pairs(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "if (t->n) g();",
        "while (t->n) g();",
        "int m = t->n; if (m) g();",
        "int m = t->n; int k = m + 1; if (k) g();",
        "int m = t->n; int k = m + 1; int j = k; if (j) g();",
        "int m; m = t->n; while (n) { n--; if (m == 3) g(); }",
        "int m = 0, k; k = t->n; if (n) m = k; if (m) g();",
        "int m = 0, k; k = t->n; if (n) g(); else m = k; if (m) g();",
        "int m = 0; do { if (m) g(); m = t->n; } while (n);",
        "return t->n ? 1 : 2;",
        "if (n && t->n) g();",
    ],
)
def test_a_branch_that_depends_on_the_value(text: str) -> None:
    decides = [one.decides for one in found(text) if one.kind == "read"]
    assert decides == [True]


@pytest.mark.parametrize(
    "text",
    [
        "return t->n;",
        "g(t->n);",
        "int m = t->n; g(m);",
        "if (n) g(); n = t->n;",
        "t->m = t->n;",
        "int m = t->n, k = n; if (k) g(); return m;",
    ],
)
def test_no_branch_depends_on_the_value(text: str) -> None:
    assert {one.decides for one in found(text)} == {False}


def test_the_result_of_a_call_decides() -> None:
    (one,) = found("int c = atomic_read(&t->refs) - 1; if (c) g();")
    assert one.decides and one.text == "atomic_read(&t->refs)"


def test_the_text_is_what_was_written() -> None:
    (one,) = found("g(); return folio_ref_count(page_folio(find(t, n)));")
    assert one.text == "folio_ref_count(page_folio(find(t, n)))"


def test_how_a_value_of_several_words_is_read() -> None:
    plain, lockless = found("g(*v, ptep_get_lockless(v));", "pte_t *v")[::-1]
    assert (plain.place, plain.protocol) == ("*v", "")
    assert (lockless.place, lockless.protocol) == ("*v", "words")
