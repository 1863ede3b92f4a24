# SPDX-License-Identifier: GPL-2.0-only
"""Macros that are not plain C."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapes import parsed, shape

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.mask import mask
from reviewer.syntax.normalise import normalise
from reviewer.syntax.tree import Call, Cast, Declare, Evaluate, Literal, Opaque, Unary
from reviewer.syntax.vocabulary import Vocabulary, vocabulary_from


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "list_for_each_entry(q, &p->all, on) {\n\tb(q);\n}",
            "{each list_for_each_entry(q, &p->all, on){b(q);}}",
        ),
        ("for_each_online_cpu(c)\n\tb(c);", "{each for_each_online_cpu(c)b(c);}"),
        ("for_each_online_cpu(c) {\n\tb(c);\n}", "{each for_each_online_cpu(c){b(c);}}"),
        ("for_each_thing() {\n\tb();\n}", "{each for_each_thing(){b();}}"),
        (
            "if (a)\n\tfor_each_x(c)\n\t\tb(c);\nelse\n\td();",
            "{if(a)each for_each_x(c)b(c);elsed();}",
        ),
        ("skb_walk_frags(a, b)\n\tc(b);", "{each skb_walk_frags(a, b)c(b);}"),
        ("bus_for_each_dev(a, b);", "{bus_for_each_dev(a, b);}"),
        ("a = idr_for_each(b, c);", "{a = idr_for_each(b, c);}"),
        (
            "do_each_pid_task(a, b) {\n\tc();\n} while_each_pid_task(a, b);",
            "{each do_each_pid_task(a, b){c();} while_each_pid_task(a, b);}",
        ),
        ("unheard_of(a) {\n\tb();\n}", "{each unheard_of(a){b();}}"),
        (
            "scoped_guard(mutex, &p->lock) {\n\tb();\n}",
            "{do{if(guard(mutex)(&p->lock)){b();}}while(0)}",
        ),
        ("scoped_guard(rcu)\n\tb();", "{do{if(guard(rcu)())b();}while(0)}"),
        (
            "q = container_of(p, struct t, link.next);",
            "{q = container_of(p, struct t, link.next);}",
        ),
        ("a = min_t(unsigned long, b, c);", "{a = min_t(unsigned long, b, c);}"),
        ("q = va_arg(ap, struct t *);", "{q = va_arg(ap, struct t *);}"),
        ("a = offsetof(struct t, x[1].y);", "{a = offsetof(struct t, x[1].y);}"),
        ("a = ALIGN(b, __alignof__(p->x[0]));", "{a = ALIGN(b, __alignof__(p->x[0]));}"),
        ("check(a, ==, b);", "{check(a, ==, b);}"),
        ("count(a, +=, , b);", "{count(a, +=, b);}"),
        ("add(a, 1000baseT_Full, 0x1fUL);", "{add(a, 1000baseT_Full, 0x1fUL);}"),
        ('say(LEVEL NAME "a", b);', '{say(NAME "a", b);}'),
        ("fail_with(return 1, a);", "{fail_with(1, a);}"),
        (
            "do {\n\ta();\n} for_each_vma(b, c);",
            "{do{a();}while(for_each_vma(b, c))}",
        ),
        ("a = (u64)(b);", "{a = (u64)b;}"),
        ("a = (a) & b;", "{a = a & b;}"),
        ("a = (a) - 1;", "{a = a - 1;}"),
        ('say(LEVEL "a" FORMAT(x) "b", c);', '{say(LEVEL "a" FORMAT(x) "b", c);}'),
        (
            "switch (a) {\ncase 1:\n\tb();\n\tfallthrough;\ncase 2:\n\tc();\n}",
            "{switch(a){case 1: b(); case 2: c();}}",
        ),
        ("table = &&here;\nhere:\nreturn 0;", "{table = &&here; here: return 0;}"),
        ("a = b ?: ({ int t = c(); t; });", "{a = b ?: ({ ... });}"),
    ],
)
def test_macros_read_as_what_they_are(body: str, expected: str) -> None:
    assert shape(body) == expected


def test_types_and_members_in_arguments_are_opaque() -> None:
    (stmt,) = parsed("container_of(p, t_type, link);").body.items
    assert isinstance(stmt, Evaluate) and isinstance(stmt.expr, Call)
    assert [isinstance(arg, Opaque) for arg in stmt.expr.args] == [False, True, True]


def test_attributes_of_a_declaration_are_kept() -> None:
    (stmt,) = parsed("struct t *q __free(kfree) = get(1);").body.items
    assert isinstance(stmt, Declare)
    assert (stmt.type, stmt.name, stmt.attributes) == ("struct t *", "q", ("__free(kfree)",))


def test_asm_is_a_call_with_operands() -> None:
    (stmt,) = parsed('asm volatile("x" : "=r" (a) : [n] "m" (p->b) : "memory");').body.items
    assert isinstance(stmt, Evaluate) and isinstance(stmt.expr, Call)
    first, second, third = stmt.expr.args
    assert isinstance(first, Literal) and isinstance(second, Unary) and second.op == "&"
    (stmt,) = parsed('asm goto("x" : : : : out);').body.items
    assert isinstance(stmt, Evaluate) and isinstance(stmt.expr, Call)
    assert [arg.op for arg in stmt.expr.args if isinstance(arg, Unary)] == ["&&"]
    assert third is not None


def test_a_call_of_a_parameter_in_brackets_is_no_cast() -> None:
    text = parsed("(call_t)(3);", head="int f(int (*call_t)(int))").body.items[0]
    assert isinstance(text, Evaluate) and isinstance(text.expr, Call)
    text = parsed("(call_t)(3);").body.items[0]
    assert isinstance(text, Evaluate) and isinstance(text.expr, Cast)


_C = [
    "{",
    "}",
    "(",
    ")",
    ";",
    ",",
    "a",
    "=",
    "/*",
    "*/",
    "else",
    "f(a)",
    ",==,",
    "return",
    "#else",
    "#endif",
]
_HEADS = [
    "for_each_x(a)",
    "scoped_guard(m, l)",
    "if (a)",
    "SYSCALL_DEFINE1(",
    "min_t(",
    "offsetof(",
]
_OTHERS = ["__user", "__must_hold(&p->l)", "typeof(a)", "unsigned long,", "struct t *)", '"s"']
_LINES = [
    "case 1 ... 3:",
    "goto *p;",
    "#ifdef A",
    "#define X \\",
    "\n",
    "\t",
    "static DEFINE_X(a);",
]
_WORDS = [*_C, *_HEADS, *_OTHERS, *_LINES]


@example(["SYSCALL_DEFINE1(", "{", "}", ";", "/*"], False)
@given(st.lists(st.sampled_from(_WORDS), max_size=40), st.booleans())
def test_normalising_keeps_length_and_newlines(words: list[str], apart: bool) -> None:
    text = ("int f(int a)\n{\n" + (" " if apart else "").join(words) + "\n}\n").encode()
    found = normalise(text, mask(text), text.index(b"{"), load_vocabulary())
    assert len(found.text) == len(text)
    newlines = [[n for n, c in enumerate(one) if c == 10] for one in (text, found.text)]
    assert newlines[0] == newlines[1]


def test_a_vocabulary_is_checked() -> None:
    assert vocabulary_from({}) == Vocabulary()
    for table, reason in (
        ({"words": []}, "unknown key 'words'"),
        ({"attributes": "x"}, "'attributes' is not a list of words"),
        ({"iterator_pattern": "("}, "'iterator_pattern' is not a pattern"),
        ({"scopes": {"a": 1}}, "'scopes' is not a table of texts"),
        ({"opaque_args": {"a": ["1"]}}, "opaque_args.a is not a list of positions"),
    ):
        with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
            vocabulary_from(table)
