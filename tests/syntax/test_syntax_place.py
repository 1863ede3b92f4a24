# SPDX-License-Identifier: GPL-2.0-only
"""Expressions as text and as places."""

import pytest

from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, extend, inside, place_of, pointee, rebase, substitute
from reviewer.syntax.render import render


def place(text: str) -> Place:
    found = place_of(parse_expression(text))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "x"),
        ("(&x)->f", "x.f"),
        ("*&x", "x"),
        ("&*p->q", None),
        ("(*p).f", "p->f"),
        ("p->f.g", "p->f.g"),
        ("((struct s *)p)->f", "p->f"),
        ("p->a[i + 1].b", "p->a[].b"),
        ("*p->q", "*p->q"),
        ("(*p->q).r", "p->q->r"),
        ("(*p)[3]", "(*p)[]"),
        ("**p", "**p"),
        ("*(p + 1)", "p[]"),
        ("(p + 1)->f", "p[].f"),
        ("f(x)", None),
        ("a + b", None),
        ("3", None),
    ],
)
def test_what_an_expression_names(text: str, shown: str | None) -> None:
    found = place_of(parse_expression(text))
    assert (None if found is None else str(found)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("&m->i_pages", "m->i_pages"),
        ("p", "*p"),
        ("m->next", "*m->next"),
        ("(void *)&x", "x"),
        ("&a[2]", "a[]"),
        ("p + n", "p[]"),
        ("f(x)", None),
    ],
)
def test_what_an_address_points_to(text: str, shown: str | None) -> None:
    found = pointee(parse_expression(text))
    assert (None if found is None else str(found)) == shown


def test_arguments_are_put_into_a_template() -> None:
    args = [parse_expression("&xas"), parse_expression("a + b")]
    template = parse_expression("$0->xa->xa_lock")
    assert str(place_of(substitute(template, args))) == "xas.xa->xa_lock"
    assert render(substitute(parse_expression("-$1"), args)) == "-(a + b)"
    assert render(substitute(parse_expression("$old + $2"), args)) == "$old + $2"


def test_a_place_is_moved_to_another_beginning() -> None:
    bound, target = place("*xas.xa"), place("mapping->i_pages")
    assert str(rebase(place("xas.xa->xa_lock"), bound, target)) == "mapping->i_pages.xa_lock"
    assert rebase(place("ys.xa->xa_lock"), bound, target) is None
    assert inside(place("p->f.g"), place("p->f")) == (".g",)
    assert inside(place("p->f"), place("*p")) == (".f",)
    assert inside(place("p"), place("p->f")) is None
    assert extend(Place("p"), "*", ".f", "[]") == Place("p", ("->f", "[]"))


@pytest.mark.parametrize(
    "text",
    [
        "a + b * c - (d - e)",
        "(a & b) == c",
        "(a && b) || c",
        "a & (b - 1)",
        "a = b = c",
        "a ? b : c ? d : e",
        "(a ? b : c) ? d : e",
        "a ?: b",
        "!(a && b)",
        "-x",
        "*p++",
        "(*p)++",
        "++*p",
        "&a->b[c].d",
        "(u64)x + 1",
        "(struct s *)(a + b)",
        "f(a, (b, c))(d)",
        "sizeof(struct s)",
        "a, b",
        "f(\"a b\", 'c')",
    ],
)
def test_text_comes_back(text: str) -> None:
    first = render(parse_expression(text))
    assert first == text
    assert render(parse_expression(first)) == first


def test_text_is_compact_and_canonical() -> None:
    assert render(parse_expression("( a )+/* one */b [ 1 ]")) == "a + b[1]"
    assert render(parse_expression("- -x")) == "- -x"
    assert render(parse_expression("(struct s){ .a = 1, 2 }")) == "{ .a = 1, 2 }"
    assert render(parse_expression("({ f(); 1; })")) == "({ ... })"
    assert render(parse_expression("(pte&4)==0")) == "(pte & 4) == 0"


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a;", "a; b", "a);}", "(", "1 +", "int x", "{ 1 }"]
)
def test_junk_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match="not an expression"):
        parse_expression(text)
