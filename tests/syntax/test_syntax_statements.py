# SPDX-License-Identifier: GPL-2.0-only
"""Statements and declarations of one function."""

import pytest
from shapes import parsed, shape

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import parse_function, read_file
from reviewer.syntax.rebuild import walk
from reviewer.syntax.segments import segments
from reviewer.syntax.tree import (
    Call,
    Cast,
    Declare,
    Evaluate,
    Expr,
    Iterate,
    Member,
    Name,
    Opaque,
    Parameter,
    StatementExpr,
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = 1;", "{a = 1;}"),
        (";", "{}"),
        ("{ a(); { b(); } }", "{{a(); {b();}}}"),
        ("if (a)\n\tb();\nelse\n\tc();", "{if(a)b();else c();}".replace("else ", "else")),
        ("if (a) b(); else if (c) d(); else e();", "{if(a)b();elseif(c)d();elsee();}"),
        ("if (a) ;", "{if(a){}}"),
        ("while (a) b();", "{while(a)b();}"),
        ("do { a(); } while (b);", "{do{a();}while(b)}"),
        ("for (i = 0; i < 3; i++) a();", "{for(i = 0;|i < 3|i++)a();}"),
        ("for (;;) ;", "{for(||){}}"),
        ("for (int i = 0, j; ; i++, j++) a();", "{for(int:i=0; int:j;||i++, j++)a();}"),
        (
            "switch (a) { case 1: case B: b(); break; default: c(); }",
            "{switch(a){case 1: case B: b(); break; default: c();}}",
        ),
        ("switch (a) { case 1 ... 5: b(); }", "{switch(a){case 1 ... 5: b();}}"),
        ("switch (a) { case 1: { int b; } }", "{switch(a){case 1: {int:b;}}}"),
        ("goto out;\nb();\nout:\nreturn a;", "{goto out; b(); out: return a;}"),
        ("out:", "{out:}"),
        ("goto *table[a];", "{goto *;}"),
        ("return;", "{return;}"),
        ("while (a) { continue; break; }", "{while(a){continue; break;}}"),
        ("struct t { int x; } y;", "{struct t:y;}"),
        ("typedef int t;\nenum { A, B };", "{}"),
        ("int g(int x), b;", "{int:b;}"),
    ],
)
def test_each_statement_has_its_record(body: str, expected: str) -> None:
    assert shape(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("int b = 1, *c, d[3] = { 1, 2 };", [("int", "b"), ("int *", "c"), ("int [3]", "d")]),
        ("const struct s *q = p;", [("const struct s *", "q")]),
        ("static unsigned long n;", [("static unsigned long", "n")]),
        ("int (*call)(int, char) = g;", [("int (*)(int, char)", "call")]),
        ("struct s x = { .a = 1, [2] = f(), [3 ... 4] = 5 };", [("struct s", "x")]),
        ("char __user *q __maybe_unused;", [("char *", "q")]),
        ("typeof(a) b = a;", [("typeof", "b")]),
        ("__auto_type b = a;", [("__auto_type", "b")]),
        ("DECLARED_t *q;", [("DECLARED_t *", "q")]),
    ],
)
def test_each_declarator_has_its_type(body: str, expected: list[tuple[str, str]]) -> None:
    items = parsed(body).body.items
    found = [(one.type, one.name) for one in items if isinstance(one, Declare)]
    assert found == expected and len(found) == len(items)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("XA_STATE(xas, &p->pages, index);", "{XA_STATE(xas, &p->pages, index);}"),
        ("XA_STATE(xas, pages, index);", "{XA_STATE(xas, pages, index);}"),
        ("LIST_HEAD(x);", "{LIST_HEAD(x);}"),
        ("static DEFINE_MUTEX(x);", "{DEFINE_MUTEX(x);}"),
        ("static DEFINE_LIMIT(x, A * B, 3);", "{DEFINE_LIMIT(x, A * B, 3);}"),
        ("DECLARE_BITMAP(x, 3) = {};", "{DECLARE_BITMAP(x, 3);}"),
        ("f(G(A * sizeof(x), B));", "{f(G(A * sizeof(x), B));}"),
        ("guard(mutex)(&p->lock);", "{guard(mutex)(&p->lock);}"),
        ("guard(mutex)(lock);", "{guard(mutex)(lock);}"),
        ("CLASS(fd, f)(a);", "{CLASS(fd, f)(a);}"),
    ],
)
def test_a_macro_that_declares_is_a_call(body: str, expected: str) -> None:
    assert shape(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("#ifdef A\nb();\n#else\nc();\n#endif", "{if(#if defined(A)){b();}else{c();}}"),
        ("#ifndef A\nb();\n#endif", "{if(!#if defined(A)){b();}}"),
        (
            "#if A > 1 && defined(B)\nb();\n#elif C\nc();\n#endif",
            "{if(#if A > 1 && defined(B)){b();}elseif(#if C){c();}}",
        ),
        ("#if 0\nb();\n#else\nc();\n#endif", "{c();}"),
        ("#define X 1\nb();\n#undef X", "{b();}"),
        ("#ifdef A\nif (a)\n\tb();\nelse\n#endif\n\tc();", "{if(a)b();elsec();}"),
        ("b(a\n#ifdef A\n, c\n#endif\n);", "{b(a, c);}"),
        ("#ifndef A\nif (a) {\n#else\nif (b) {\n#endif\nc(); }", "{if(b){c();}}"),
        (
            "switch (a) {\ncase 1:\nb();\n#ifdef A\ncase 2: c();\n#endif\n}",
            "{switch(a){case 1: b(); if(#if defined(A)){case 2: c();}}}",
        ),
        ("out:\n#ifdef A\nb();\n#endif\nc();", "{out: b(); c();}"),
    ],
)
def test_preprocessor_lines_keep_both_arms_or_settle(body: str, expected: str) -> None:
    assert shape(body) == expected


def test_an_arm_left_out_is_noted_with_its_line() -> None:
    found = parsed("if (a\n#ifdef A\n && b\n#else\n && c\n#endif\n)\n\td();")
    assert found.notes == ("line 7: an #if arm that cuts across a statement is left out",)


def test_a_function_has_its_header() -> None:
    params = "struct s __user *p, int (*call)(int), char b[2], ..."
    text = f"struct s *f({params})\n\t__must_hold(&p->l)\n{{\n}}\n"
    found = read_file(text.encode(), load_vocabulary()).function("f")
    assert found is not None and found.errors == ()
    assert found.type == "struct s *"
    assert found.params == (
        Parameter("struct s *", "p"),
        Parameter("int (*)(int)", "call"),
        Parameter("char [2]", "b"),
        Parameter("...", ""),
    )
    assert found.attributes == ("__user", "__must_hold(&p->l)")
    assert found.loc.line == 1 and text[found.loc.start : found.loc.end] == text.strip()


def test_a_defining_macro_has_parameters() -> None:
    text = b"SYSCALL_DEFINE2(look, unsigned int, fd, char __user *, buf)\n{\n\treturn g(fd);\n}\n"
    found = read_file(text, load_vocabulary()).function("sys_look")
    assert found is not None and found.errors == ()
    assert found.params == (Parameter("unsigned int", "fd"), Parameter("char *", "buf"))


def test_functions_are_found_by_name_and_line_and_parsed_once() -> None:
    text = b"int f(void)\n{\n\treturn 1;\n}\n\nint g(void)\n{\n\treturn 2;\n}\n"
    source = read_file(text, load_vocabulary())
    found = source.function_at(7)
    assert found is not None and found.name == "g"
    assert source.function("g") is found
    assert source.function_at(5) is None and source.function("h") is None
    assert [one.name for one in source.functions_named("f")] == ["f"]
    assert parse_function(text, segments(text)[1]) == found


def test_every_location_is_that_of_the_original_text() -> None:
    text = (
        "int f(struct s __user *p)\n{\n\t/* some words */\n\tlist_for_each_entry(q, &p->all, on)\n"
        "\t\tif (likely(q->a[1] /* odd */ == min_t(unsigned long, p->b, 3)))\n"
        '\t\t\tcall("a{b", (u64)(q), ({ int z = 1; z; }));\n}\n'
    )
    found = read_file(text.encode(), load_vocabulary()).function("f")
    assert found is not None and found.errors == ()
    loop = found.body.items[0]
    assert isinstance(loop, Iterate)
    assert text[loop.loc.start :].startswith("list_for_each_entry(q") and loop.loc.line == 4
    for arg in (*loop.args, *_expressions(found.body)):
        piece = text[arg.loc.start : arg.loc.end]
        assert text.count("\n", 0, arg.loc.start) + 1 == arg.loc.line
        match arg:
            case Name(name=name):
                assert piece == name
            case Member(field=field):
                assert piece.endswith(field)
            case Call(function=Name(name=name)):
                assert piece.startswith(name) and piece.endswith(")")
            case Opaque(text=written):
                assert piece == written
            case Cast():
                assert piece == "(u64)(q)"


def _expressions(stmt: object) -> list[Expr]:
    found: list[Expr] = []
    match stmt:
        case StatementExpr(body=body):
            found += _expressions(body)
    for name in getattr(stmt, "__slots__", ()):
        value = getattr(stmt, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Expr):
                found += list(walk(one))
                found += [
                    x for e in walk(one) if isinstance(e, StatementExpr) for x in _expressions(e)
                ]
            elif hasattr(one, "loc"):
                found += _expressions(one)
    return found


def test_what_does_not_parse_is_an_error_with_its_line() -> None:
    found = parsed("a();\nb = = c;\nd();")
    assert found.errors == ("line 4: not parsed: b = = c;",)
    assert [type(one).__name__ for one in found.body.items] == ["Evaluate", "Gap", "Evaluate"]
    found = parsed("if (a b)\n\tc();")
    assert len(found.errors) == 1 and found.errors[0].startswith("line 3: not parsed: (a b)")


def test_a_missing_semicolon_at_the_end_of_a_macro_is_no_error() -> None:
    found = parsed("TRACE(a)\nb();")
    assert found.errors == () and len(found.body.items) == 2
    assert all(isinstance(one, Evaluate) for one in found.body.items)
    assert found.notes == ("line 3: TRACE() read as a statement",)
