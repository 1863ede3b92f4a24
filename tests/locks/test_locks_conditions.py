# SPDX-License-Identifier: GPL-2.0-only
"""Conditions: one text for a test and its opposite, and which of them last."""

import pytest
from locks_samples import body, graph_of

from reviewer.locks.conditions import Condition, condition, pointer_names, spoken, trusted
from reviewer.syntax.parse import parse_expression


@pytest.mark.parametrize(
    ("text", "said", "holds"),
    [
        ("p", "p", True),
        ("!p", "p", False),
        ("!!p", "p", True),
        ("p != NULL", "p", True),
        ("p == NULL", "p", False),
        ("n != 0", "n", True),
        ("!(n == 0)", "n", True),
        ("n == 3", "n == 3", True),
        ("n != 3", "n == 3", False),
        ("n < 3", "n < 3", True),
        ("n >= 3", "n < 3", False),
        ("n > 3", "n <= 3", False),
        ("(n & 4) == 0", "n & 4", False),
    ],
)
def test_a_test_and_its_opposite_are_one_text(text: str, said: str, holds: bool) -> None:
    expr = parse_expression(text)
    true, false = condition(expr, "T"), condition(expr, "F")
    assert true is not None and false is not None
    assert true[0] == Condition(said, holds)
    assert false[0] == true[0].negated() == Condition(said, not holds)


@pytest.mark.parametrize("text", ["t->n", "*p", "f()", "a[1]", "t->n == 3", "n++", "&n == p"])
def test_what_reads_memory_says_nothing_later(text: str) -> None:
    assert condition(parse_expression(text), "T") is None


def test_a_case_of_a_switch_says_nothing() -> None:
    assert condition(parse_expression("n"), "case 3") is None


@pytest.mark.parametrize(
    ("text", "holds", "words"),
    [
        ("p", True, "p != NULL"),
        ("p", False, "p == NULL"),
        ("n", True, "n"),
        ("n", False, "!n"),
        ("n < 3", False, "!(n < 3)"),
    ],
)
def test_conditions_are_spoken_as_people_write_them(text: str, holds: bool, words: str) -> None:
    assert spoken(Condition(text, holds), frozenset({"p"})) == words


def test_pointers_are_parameters_and_locals_of_pointer_types() -> None:
    graph = graph_of(body("struct thing *u; int n; return 0;"))
    assert pointer_names(graph) == {"t", "u"}


def test_only_what_is_written_here_by_name_is_relied_upon() -> None:
    text = """
    static int once;
    int plain = 0, shown, twice;
    fill(&shown);
    if (global) { int twice = 1; use(twice); }
    return plain + once + twice;
    """
    assert trusted(graph_of(body(text))) == {"t", "check", "other", "plain"}
