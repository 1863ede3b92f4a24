# SPDX-License-Identifier: GPL-2.0-only
"""Hostile sources: bytes, lines and preprocessor lines no compiler expects."""

import random

from hostile_flow import lines
from hostile_nesting import HEAD, Source, function

PLAIN = "\tspin_lock(&p->l);\n\tp->x = a;\n\tif (a)\n\t\tspin_unlock(&p->l);\n"


def text(unit: str, before: str = "", behind: str = "") -> Source:
    """A function with one unit again and again."""
    return lambda size: function(before + unit * (size // len(unit.encode())) + behind)


def changed(old: str, new: bytes) -> Source:
    """Plain code with one thing in it replaced."""

    def source(size: int) -> bytes:
        whole = function(PLAIN * (size // (len(PLAIN) + len(new))))
        return whole.replace(old.encode(), new)

    return source


def _spliced(size: int) -> bytes:
    """A backslash and a newline inside of every word."""
    body = "".join(f"{char}\\\n" if char.isalnum() else char for char in PLAIN)
    return function(body * (size // len(body)))


def _noise(size: int) -> bytes:
    return HEAD.encode() + random.Random(1).randbytes(size) + b"}\n"


def _token_noise(size: int) -> bytes:
    words = b"( ) [ ] { } ; , : ? = * & -> . ' \" /* */ // # \\\n if else while do for switch case "
    words += b"return goto break a b 1 \n #if #else #endif #define guard( typeof( asm("
    chosen = random.Random(2).choices(words.split(b" "), k=size // 4)
    return HEAD.encode() + b" ".join(chosen) + b"}\n"


TEXT: dict[str, Source] = {
    "elif": text("\n#elif B\n\tp->x = a;", "#if A", "\n#endif\n"),
    "elif without if": text("\n#elif B\n\tp->x = a;"),
    "endif without if": text("\n#endif\n\tp->x = a;"),
    "else without if": text("\n#else\n\tp->x = a;"),
    "arms": text("\n#if A\n\tp->x = a;\n#else\n\tp->y = a;\n#endif\n"),
    "arms that cut": text("\n#if A\n\tx(\n#else\n\ty(\n#endif\n\tp->x);"),
    "arms that cut a block": text(
        "\n#if A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\tp->x = 1;\n\t}"
    ),
    "arms that cut an else": text("\n#if A\n\tif (a) x(); else\n#endif\n\tp->x = 1;"),
    "arms around open brackets": text("\n#if A\n(\n#endif\n"),
    "arms around open braces": text("\n#if A\n{\n#endif\n"),
    "brackets, then arms": lambda size: function(
        "(" * 390 + "\n#if A\n#endif\n" * (size // 14) + ")" * 390
    ),
    "directives": text("#define A(x) do { x; } while (0)\n"),
    "directives with a cut": text("#define A(x) if (x) {\n"),
    "includes": text('#include "a.h"\n'),
    "unknown directives": text("# foo bar\n"),
    "hashes": text("#\n"),
    "only hashes": lambda size: b"#" * size,
    "only braces": lambda size: b"{" * size,
    "only closing braces": lambda size: b"}" * size,
    "only blanks": lambda size: b" " * size,
    "only newlines": lambda size: b"\n" * size,
    "only backslashes": lambda size: b"\\" * size,
    "only spliced lines": lambda size: b"\\\n" * (size // 2),
    "only quotes": lambda size: b'"' * size,
    "only apostrophes": lambda size: b"'" * size,
    "only slashes": lambda size: b"/" * size,
    "only openings of comments": lambda size: b"/*" * (size // 2),
    "only ends of comments": lambda size: b"*/" * (size // 2),
    "only stars": lambda size: b"*" * size,
    "only words": lambda size: b"a " * (size // 2),
    "only commas": text(","),
    "only semicolons": text(";"),
    "only colons": text("a:"),
    "only questions": text("a?"),
    "only dots": text("."),
    "only numbers": text("1 "),
    "one number": text("1"),
    "one word": text("a"),
    "one word in a call": text("a", "x(", ");"),
    "one string": text("a", 'x("', '");'),
    "strings": text('"a" ', "x(", ");"),
    "empty strings": text('""', "x(", ");"),
    "an unterminated string": text("\ta b", 'x("'),
    "an unterminated character": text("\ta b", "x('"),
    "an unterminated comment": text("\ta b\n", "/*"),
    "strings over lines": text("\ta b\\\n", 'x("', '");'),
    "comments": text("/* a */"),
    "comments in lines": text("// a \\\n"),
    "one line": text("\tp->x = a;"),
    "one line of ifs": text("if (a) p->x = 1;"),
    "one line of braces": text("{ p->x = 1; }"),
    "macros on one line": text("FOO(a) "),
    "macros by lines": text("FOO(a)\n"),
    "macros indented": text("FOO(a)\n\tx"),
    "macros, deeper and deeper": lambda size: function(
        "\n".join("\t" * n + "foo(a)" for n in range(int((2 * size) ** 0.5)))
    ),
    "a column of blanks": lambda size: function("FOO(a)\n" + "\t" * size + "x;"),
    "macros far apart": lambda size: function(("FOO(a)" + " " * 2000 + "\n") * (size // 2007)),
    "words far apart": lambda size: function(("a" + " " * 5000) * (size // 5001)),
    "brackets far apart": lambda size: function(("f" + " " * 5000 + "(") * (size // 5002)),
    "commas far apart": lambda size: function("x(" + ("," + " " * 5000) * (size // 5001) + ");"),
    "NUL": changed("a", b"\0"),
    "no UTF-8": changed("a", b"\xff\xfe"),
    "broken UTF-8": changed("x", b"\xe2\x82"),
    "wide characters": changed("x", "\N{GRINNING FACE}".encode()),
    "a mark at the beginning": lambda size: b"\xef\xbb\xbf" + changed("z", b"z")(size),
    "CR LF": changed("\n", b"\r\n"),
    "lone CR": changed("\n", b"\r"),
    "CR before CR LF": changed("\n", b"\r\r\n"),
    "form feeds": changed("\t", b"\f\f"),
    "vertical tabs": changed(" ", b"\v"),
    "other line ends": changed(" ", "\N{LINE SEPARATOR}".encode()),
    "trigraphs": changed("{", b"??<"),
    "digraphs": changed("{", b"<%"),
    "spliced words": _spliced,
    "noise": _noise,
    "noise of words": _token_noise,
    "parameters": lambda size: (
        f"int f({', '.join(f'int a{n}' for n in range(size // 12))})\n{{\n\tx();\n}}\n".encode()
    ),
    "parameters by lines": lambda size: (
        "int f(\n" + ",\n".join(f"int a{n}" for n in range(size // 12)) + ")\n{\n\tx();\n}\n"
    ).encode(),
    "a header of words": lambda size: b"static " * (size // 7) + b"int f(int a)\n{\n\tx();\n}\n",
    "a header of attributes": lambda size: (
        b"__attribute__((a))\n" * (size // 19) + b"int f(int a)\n{\n\tx();\n}\n"
    ),
    "headers without bodies": lambda size: b"int f(int a)\n" * (size // 13),
    "headers in headers": lambda size: b"int f(int (*a)(" * (size // 15) + b"{\n\tx();\n}\n",
    "structures in a parameter": lambda size: (
        b"int f(struct { int a; } *b)\n{ x(); }\n" * (size // 38)
    ),
    "arguments": lambda size: function(f"x({', '.join(f'a{n}' for n in range(size // 8))});"),
    "empty arguments": text(",", "x(", ");"),
    "calls with many arguments": lines(lambda n: "\tx(" + "p->a, " * 1000 + f"{n});"),
    "operators as arguments": text("==, ", "x(", "1);"),
    "jumps as arguments": text("x(return 1);\n"),
    "statements as arguments": text("a = 1; ", "x(", ");"),
    "items": text("1, ", "int x[] = { ", "};"),
    "designated items": lines(lambda n: f"[{n}] = {n},", "int x[] = {\n", "\n};"),
    "sum": text("a + ", "x = ", "1;"),
    "sums of members": lines(lambda n: f"p->a{n} +", "x = ", "\n1;"),
    "members": text("->b", "x = a", ";"),
    "indices": text("[0]", "x = a", ";"),
    "chain of calls": text("()", "x", ";"),
    "assignments": text("a = ", "", "1;"),
    "declarators": text("*", "int ", "x;"),
    "declared at once": lines(lambda n: f"*x{n} = p,", "int ", " y;"),
    "names like macros": text("guard scoped_guard typeof __free for_each if_ "),
    "macros as names": text("\tint guard = typeof; scoped_guard->__free = asm;\n"),
    "guards half written": text("guard("),
    "guards of guards": text("guard(guard)(guard)(guard);\n"),
    "scoped guards without a body": text("scoped_guard(mutex, m)\n"),
    "until": text("do { a(); } list_until(x);\n"),
    "attributes": text("__maybe_unused __free(kfree) "),
    "attributes in brackets": text("__attribute__((a)) "),
    "asm": text('asm volatile("a" : "=r"(b) : "r"(c));\n'),
    "declarations of arrays": text("int a[] = { [0 ... 9] = 1 };\n"),
    "nested functions": text("int g(void) { return 1; }\n"),
    "structures": text("struct a { int b; };\n"),
    "types alone": text("int;\n"),
    "disguised calls": text("T (x);\n"),
    "disguised calls of calls": text("T (x)(y);\n"),
    "missing semicolons": text("a = b\n"),
    "else without if in C": text("else x();\n"),
    "keywords": text("if else while do for switch case default return goto "),
    "operators": text("+ - * / % & | ^ < > = ! ~ "),
}
