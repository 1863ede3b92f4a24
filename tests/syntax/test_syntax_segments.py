# SPDX-License-Identifier: GPL-2.0-only
"""Where functions begin and end."""

import pytest

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.segments import segments


def names(text: str) -> list[str]:
    return [one.name for one in segments(text.encode(), load_vocabulary())]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("int f(void)\n{\n}\n", "f"),
        ("static inline struct s *f(int a, char b[2])\n{\n}\n", "f"),
        ("void f(int (*call)(int))\n{\n}\n", "f"),
        ("static void (*pick(int a))(int)\n{\n\treturn 0;\n}\n", "pick"),
        ("static __printf(1, 2) void f(const char *s, ...)\n{\n}\n", "f"),
        ("int f(struct s *s)\n\t__must_hold(&s->lock)\n{\n}\n", "f"),
        ("int __f(struct s *s) __releases(s)\n{\n}\n", "__f"),
        ("static __always_inline __realloc_size(2) void *\ng(void *p, int n)\n{\n}\n", "g"),
        ("SYSCALL_DEFINE1(shut, int, fd)\n{\n}\n", "sys_shut"),
        ("BPF_CALL_1(look, int, fd)\n{\n}\n", "look"),
        ("MAKE_TEST(one)\n{\n}\n", "one"),
        ("REGISTER(a, b)\n\nstatic int f(int a)\n{\n}\n", "f"),
        ("int f(int a,\n#ifdef B\n\tint b,\n#endif\n\tint c)\n{\n}\n", "f"),
        ("#ifdef A\nint f(int a)\n#else\nint f(void)\n#endif\n{\n}\n", "f"),
        ("int f(void) { if (a) { b(); } }\n", "f"),
    ],
)
def test_a_header_names_its_function(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "struct s {\n\tint a;\n};\n",
        "static struct s x = {\n\t.a = f(1),\n};\n",
        "enum e { A, B };\n",
        "define_machine(box) {\n\t.name = 1,\n};\n",
        "int f(void);\n",
        "#define F(x) do { x } while (0)\n",
        "/* int f(void)\n{\n} */\n",
        'char *s = "int f(void) {";\n',
    ],
)
def test_other_braces_are_no_functions(text: str) -> None:
    assert names(text) == []


def test_offsets_and_lines_are_those_of_the_file() -> None:
    text = (
        b"/* first */\nint a;\n\n/* doc */\nint f(int b)\n{\n\treturn b;\n}\n\nint g(void)\n{ }\n"
    )
    one, two = segments(text)
    assert text[one.start : one.end] == b"int f(int b)\n{\n\treturn b;\n}"
    assert (one.first, one.last) == (5, 8)
    assert text[one.body : one.body + 1] == b"{"
    assert (two.first, two.last) == (10, 11)


def test_arms_that_open_the_same_brace_count_once() -> None:
    body = "#ifdef A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tc();\n\t}\n"
    assert names(f"int f(void)\n{{\n{body}}}\nint g(void)\n{{\n}}\n") == ["f", "g"]


def test_a_brace_in_column_0_ends_what_was_never_closed() -> None:
    text = "int f(void)\n{\n\tif (a) {\n}\n\nint g(void)\n{\n}\n"
    assert names(text) == ["f", "g"]


def test_a_brace_in_column_0_inside_a_body_ends_nothing() -> None:
    text = "int f(void)\n{\n\tif (a) {\n}\n\treturn 0;\n}\n\nint g(void)\n{\n}\n"
    found = segments(text.encode())
    assert [(one.name, one.last) for one in found] == [("f", 6), ("g", 10)]


def test_both_definitions_under_an_if_are_found() -> None:
    text = "#ifdef A\nint f(void)\n{\n}\n#else\nint f(void)\n{\n}\n#endif\n"
    assert names(text) == ["f", "f"]
