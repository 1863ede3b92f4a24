# SPDX-License-Identifier: GPL-2.0-only
"""Hostile sources: whatever can be nested, nested as deep as the size allows."""

from collections.abc import Callable

Source = Callable[[int], bytes]
"""A C file of about so many bytes."""

HEAD = "int f(struct thing *p, int a)\n{\n"


def function(body: str) -> bytes:
    """A file with one function."""
    return f"{HEAD}{body}\n}}\n".encode()


def deep(opening: str, middle: str, closing: str, levels: int) -> bytes:
    """A body nested so many levels, with lines in between to be changed."""
    return function(f"{opening * levels}\n{middle}\n{closing * levels}")


# What opens a level, what stands inside the innermost one, what closes a level.
NESTS = {
    "round brackets": ("(", "a", ")"),
    "round brackets of an expression": ("x = (", "a", ");"),
    "square brackets": ("a[", "0", "]"),
    "braces": ("{", "p->x = a;", "}"),
    "statement expressions": ("({", "a;", "});"),
    "calls": ("f(", "a", ")"),
    "if with braces": ("if (a) {\n", "p->x = a;", "}\n"),
    "if": ("if (a)\n", "p->x = a;", ""),
    "if else": ("if (a) ; else\n", "p->x = a;", ""),
    "while": ("while (a) {\n", "p->x = a;", "}\n"),
    "while without braces": ("while (a)\n", "p->x = a;", ""),
    "for": ("for (;;) {\n", "p->x = a;", "}\n"),
    "do": ("do {\n", "p->x = a;", "} while (a);\n"),
    "switch": ("switch (a) { case 1:\n", "p->x = a;", "}\n"),
    "iterators": ("list_for_each_entry(a, b, c) {\n", "p->x = a;", "}\n"),
    "scopes": ("scoped_guard(mutex, &p->m) {\n", "p->x = a;", "}\n"),
    "conditions": ("\n#if A\n", "p->x = a;", "\n#endif\n"),
    "conditions with else": ("\n#if A\n", "p->x = a;", "\n#else\nq();\n#endif\n"),
    "conditions with a cut": ("\n#if A\nif (a) {\n", "p->x = a;", "\n#else\nif (b) {\n#endif\n}"),
    "typeof": ("typeof(", "a", ") x;"),
    "open typeof": ("typeof(", "a", ""),
    "sizeof": ("sizeof(", "a", ");"),
    "casts": ("(int)", "a;", ""),
    "cast to structures": ("(struct a *)(", "a", ");"),
    "negations": ("!", "a;", ""),
    "signs": ("- ", "a;", ""),
    "dereferences": ("*", "p = 1;", ""),
    "addresses": ("& ", "p;", ""),
    "ternaries to the right": ("a ? b :\n", "c;", ""),
    "ternaries in the middle": ("a ?\n", "c", ": b\n"),
    "initialisers": ("{", "0", "}"),
    "initialisers of a variable": ("int x[] = {", "0", "};"),
    "labels": ("l:\n", "p->x = a;", ""),
    "attributes": ("__free(", "a", ")"),
    "likely": ("if (likely(", "a", "))"),
    "mixed": ("({[", "a", ")}]"),
    "crossed": ("({", "a", ")}"),
    "opening only": ("{\n", "p->x = a;", ""),
    "closing only": ("", "p->x = a;", "}\n"),
    "round opening only": ("(", "a", ""),
    "round closing only": ("", "a", ")"),
    "function in function": ("int g(void)\n{\n", "p->x = a;", "}\n"),
    "macro bodies": ("#define A \\\n", "p->x = a;", ""),
    "generic": ("_Generic(a, int: ", "a", ")"),
    "asm": ("asm(", '""', ");"),
    "member calls": ("p->f(", "a", ")"),
    "guards": ("guard(mutex)(", "a", ");"),
}


def nest(kind: str) -> Source:
    """A function with as many levels of one kind as the size allows."""
    opening, middle, closing = NESTS[kind]
    each = len(opening) + len(closing)
    return lambda size: deep(opening, middle, closing, size // each)
