# SPDX-License-Identifier: GPL-2.0-only
"""Text that is no C until its macros are rewritten: what stays of it."""

import pytest
from shapes import parsed, shape, shown

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import parse_function, read_file
from reviewer.syntax.segments import segments


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            'asm volatile(CODE(%0, %1) "nop" : "=r" (x) : "r" (y));',
            '{asm(CODE(%0, %1) "nop", &x, y);}',
        ),
        ('__asm__ __volatile("sync");', '{asm("sync");}'),
        ('asm(PRE\n"a\\n"\n: [out] OUT(x) : : "memory", CLOBBER);', '{asm(PRE "a\\n", &x);}'),
        ('asm_inline volatile("nop" : CONSTRAINT : PAIR(x, y) : "memory");', None),
        ('asm_volatile_goto(JUMP("j") : : "r" (x) : : out); out:;', None),
        ('register long a asm("r0") = f(1);', "{register long:a=f(1);}"),
        ('if (a) asm goto(JUMP("j %l[out]") : : : : out); out:;', None),
    ],
)
def test_assembler_made_of_macros_keeps_its_operands(body: str, expected: str | None) -> None:
    found = parsed(body)
    assert found.errors == ()
    if expected is not None:
        assert shown(found.body).replace("__asm__", "asm").replace("register ", "") == (
            expected.replace("register ", "")
        )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "if (wait(d, 20,\n if (!read(d))\n break;\n ) < 0) f();",
            "{if(wait(d, 20, ({ ... })) < 0)f();}",
        ),
        ("LOOP( n++; , return; );", "{LOOP(({ ... }), ({ ... }));}"),
        ("check(a, &= ~, b);", None),
        ("x = CONFIG(.event = 1, .mask = 2);", "{x = CONFIG(1, 2);}"),
        ("struct { u32 a : 8, : 4, b : 4, : 16; } c;", None),
        ("struct s b[] = { { { DEVICE(1, 2) }, 9 }, { } };", None),
        ("{ { f() } }", "{{{f();}}}"),
        ("x = 16 KB + 1;", "{x = 16 + 1;}"),
        ("f();\nPOST_AMBLE\n}", None),
        ("f();\n\tPOST_AMBLE\n\treturn;", "{f(); return;}"),
        ("struct { u32 : 4; u32 a : 2; u32 :1; } b;", None),
        ("struct { BITMAP(map, N + 1); } *b = f();", None),
        ("struct s b = {\n.p = (void *)f(1)\n};\ng();", "{struct s:b={ .p = (void *)f(1) }; g();}"),
        ("static OPS(struct a, b) = { { 1, 2 } };\ng();", None),
        ("static char b[9] __section_macro;", None),
        ("static struct s *all[] = { &a, ONE TWO THREE };", None),
        ("x = __alignof__(struct s) + 1;", "{x = __alignof__(struct s) + 1;}"),
    ],
)
def test_oddities_are_read(body: str, expected: str | None) -> None:
    if body.endswith("}\n}"):
        body = body[:-2]
    found = parsed(body)
    assert found.errors == ()
    if expected is not None:
        assert shape(body) == expected


def test_statements_as_an_argument_are_a_guess() -> None:
    assert any("argument of a macro" in note for note in parsed("f(a, g(); );").notes)


def test_a_function_given_to_a_macro_is_called() -> None:
    found = shape("LOCK_CONTENDED(p, try_lock, lock);")
    assert found == "{LOCK_CONTENDED(p, try_lock(p), lock(p));}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MACRO(a, b)\nMACRO(c, d)\n\nstatic int f(int a)\n{\n}\n", ["f"]),
        ("SYSCALL_DEFINE1(dup, int, a)\n{\n}\n", ["sys_dup"]),
        ("#if 0\nNot code:\nint f(void)\n{\n}\n#else\nint g(void)\n{\n}\n#endif\n", ["g"]),
        ("struct s a[] = {\n{\n.b = 1,\n},\n{\n},\n};\nint f(void)\n{\n}\n", ["f"]),
        ("int f(void)\n{\nif (a)\n{\nb();\n}\nelse\n{\n}\n}\nint g(void)\n{\n}\n", ["f", "g"]),
        (
            "int f(void)\n{\n#if 0\nif (a) {\n#else\nif (b) {\n#endif\n}\n}\nint g(void)\n{\n}\n",
            ["f", "g"],
        ),
        ("#define A(b) f({ /* one\n * two */ \\\n b; })\nint f(void)\n{\n}\n", ["f"]),
        ("#if 0 /* one\n * two */\nint f(void)\n{\n}\n#endif\n", []),
        ("MACRO(a)\n\nstatic const struct {\nint b;\n} c[] = { };\n", []),
        ("#define A \\\n/* one \\\n * two */ \\\nif (b) { }\nint f(void)\n{\n}\n", ["f"]),
    ],
)
def test_functions_are_found(text: str, names: list[str]) -> None:
    assert [one.name for one in segments(text.encode(), load_vocabulary())] == names


def test_the_other_arm_of_an_if_that_cuts_can_be_read() -> None:
    text = (
        "int f(int a)\n{\n#ifdef X\n\tif (g(a)) {\n#else\n\tif (h(a)) {\n#endif\n\t\ti();\n\t}\n}\n"
    )
    source = read_file(text.encode(), load_vocabulary())
    (segment,) = source.segments
    other = parse_function(source.data, segment, source.vocabulary, other_arm=True)
    assert shown(source.parsed(segment).body) == "{if(g(a)){i();}}"
    assert shown(other.body) == "{if(h(a)){i();}}"
