# SPDX-License-Identifier: GPL-2.0-only
"""Hostile sources: functions whose paths, locks or names multiply."""

from collections.abc import Callable

from hostile_nesting import HEAD, Source, function

Line = Callable[[int], str]


def lines(make: Line, before: str = "", behind: str = "") -> Source:
    """A function with one line per number, until it is long enough."""

    def source(size: int) -> bytes:
        count = max(size // (len(make(10_000)) + 1), 2)
        return function(before + "\n".join(map(make, range(count))) + behind)

    return source


def halves(one: Line, two: Line) -> Source:
    """As many lines of one kind as of another behind them."""

    def source(size: int) -> bytes:
        count = max(size // (len(one(10_000)) + len(two(10_000)) + 2), 2)
        return function("\n".join([*map(one, range(count)), *map(two, range(count))]))

    return source


def many(make: Line) -> Source:
    """A file of many small functions."""

    def source(size: int) -> bytes:
        count = max(size // len(make(10_000)), 2)
        return "".join(map(make, range(count))).encode()

    return source


def _ladder(size: int) -> bytes:
    rungs = size // 40
    return function("\n".join(f"if (a == {n}) x{n}(); else" for n in range(rungs)) + ";")


FLOW: dict[str, Source] = {
    "statements": lines(lambda n: f"\tp->x{n} = a + {n};"),
    "the same statement": lines(lambda n: "\tp->x = a;"),
    "assignments to locals": lines(lambda n: f"\tx{n} = x{n - 1};"),
    "declarations": lines(lambda n: f"\tint x{n} = p->x;"),
    "pointers to pointers": lines(lambda n: f"\tstruct a *x{n} = &x{n - 1}->b;"),
    "pointers in a ring": lines(lambda n: f"\tx{n} = &x{n + 1}->b; x{n + 1} = &x{n}->b;"),
    "calls": lines(lambda n: f"\tg{n}(p, x{n});"),
    "results": lines(lambda n: f"\tx{n} = g{n}(x{n - 1});"),
    "locks": lines(lambda n: f"\tspin_lock(&p->l{n});"),
    "locks taken and dropped": halves(
        lambda n: f"\tspin_lock(&p->l{n});", lambda n: f"\tspin_unlock(&p->l{n});"
    ),
    "locks under conditions": halves(
        lambda n: f"\tif (c{n}) spin_lock(&p->l{n});", lambda n: f"\tif (c{n}) p->x = 1;"
    ),
    "locks through pointers": lines(lambda n: f"\tspin_lock(&p{n}->l); p{n} = p{n}->n;"),
    "trylocks": lines(lambda n: f"\tif (!spin_trylock(&p->l{n})) goto out;", behind="\nout:;"),
    "trylock results": lines(lambda n: f"\tint r{n} = spin_trylock(&p->l{n});"),
    "locks in a loop": lines(
        lambda n: f"\tif (c{n}) spin_lock(&p->l{n}); else continue;", "for (;;) {\n", "\n}"
    ),
    "conditions": lines(lambda n: f"\tif (c{n}) p->x{n} = 1;"),
    "declared conditions": halves(
        lambda n: f"\tint c{n} = p->c;", lambda n: f"\tif (c{n}) p->x = 1;"
    ),
    "conditions returned on": lines(lambda n: f"\tif (c{n}) return {n};"),
    "conditions with both": lines(lambda n: f"\tif (c{n}) a = {n}; else b = {n};"),
    "flags set and tested": lines(lambda n: f"\tif (c{n}) d{n} = 1; if (d{n}) c{n} = 0;"),
    "or": lines(lambda n: f"\tc{n} ||", "\tif (", " 0) p->x = 1;"),
    "and": lines(lambda n: f"\tc{n} &&", "\tif (", " 1) p->x = 1;"),
    "mixed conditions": lines(lambda n: f"\tif ((a && b{n}) || (!c{n} && d)) x();"),
    "ladder": _ladder,
    "ternaries": lines(lambda n: f"\tx = a ? b{n} : c{n};"),
    "ternaries in calls": lines(lambda n: f"\tg(a ? b : c, b ? c : {n});"),
    "loops": lines(lambda n: f"\twhile (c{n}) p->x{n}++;"),
    "loops left": lines(lambda n: f"\tif (c{n}) break; if (d{n}) continue;", "for (;;) {", "\n}"),
    "iterators": lines(lambda n: f"\tlist_for_each_entry(x{n}, p, n) y{n}(x{n});"),
    "gotos to one label": lines(lambda n: f"\tif (c{n}) goto out;", behind="\nout:;"),
    "gotos to different labels": halves(
        lambda n: f"\tif (c{n}) goto l{n};", lambda n: f"l{n}:\tx{n}();"
    ),
    "gotos back": halves(lambda n: f"l{n}:\tx{n}();", lambda n: f"\tif (c{n}) goto l{n};"),
    "gotos to nowhere": lines(lambda n: f"\tif (c{n}) goto l{n};"),
    "gotos alone": lines(lambda n: f"\tgoto l{n};"),
    "labels": lines(lambda n: f"l{n}:"),
    "labels with statements": lines(lambda n: f"l{n}:\tp->x{n} = 1;"),
    "the same label": lines(lambda n: "l:\tif (a) goto l;"),
    "computed gotos": halves(lambda n: f"l{n}:\tx{n}();", lambda n: f"\tif (c{n}) goto *p{n};"),
    "asm gotos": lines(
        lambda n: (
            '\tasm goto("" : : : : ' + ", ".join(f"l{n + k}" for k in range(20)) + f");\nl{n}:"
        )
    ),
    "asm goto with many labels": halves(
        lambda n: f"l{n}:;", lambda n: ('asm goto("" : : : : ' if n == 0 else "") + f"l{n},"
    ),
    "cases": lines(lambda n: f"\tcase {n}:", "switch (a) {\n", "\n}"),
    "cases left": lines(lambda n: f"\tcase {n}: x{n}(); break;", "switch (a) {\n", "\n}"),
    "cases of one name": lines(lambda n: "\tcase A:", "switch (a) {\n", "\n}"),
    "cases returned from": lines(lambda n: f"\tcase {n}: return {n};", "switch (a) {\n", "\n}"),
    "case ranges": lines(lambda n: f"\tcase {n} ... {n + 1}:", "switch (a) {\n", "\n}"),
    "cases alone": lines(lambda n: f"\tcase {n}:"),
    "guards": lines(lambda n: f"\tguard(mutex)(&p->m{n});"),
    "guards and exits": lines(lambda n: f"\tguard(mutex)(&p->m{n}); if (c{n}) return {n};"),
    "guards, then exits": halves(
        lambda n: f"\tguard(mutex)(&p->m{n});", lambda n: f"\tif (c{n}) return {n};"
    ),
    "guards, then gotos": halves(
        lambda n: f"\tguard(mutex)(&p->m{n});", lambda n: f"\tif (c{n}) goto out;"
    ),
    "guards in blocks": lines(lambda n: f"\t{{ guard(mutex)(&p->m{n}); if (a) return; }}"),
    "frees and exits": lines(
        lambda n: f"\tstruct a *x{n} __free(kfree) = g(); if (!x{n}) return {n};"
    ),
    "scoped guards": lines(lambda n: f"\tscoped_guard(mutex, &p->m{n}) {{ if (a) break; }}"),
    "releases by name": lines(lambda n: f"\tspin_unlock(&p->l{n}); spin_lock(&q->l{n});"),
    "reads under rcu": lines(lambda n: f"\trcu_read_lock(); x{n} = p->a{n}; rcu_read_unlock();"),
    "counts": lines(lambda n: f"\tif (folio_ref_count(p) != {n}) return {n};"),
    "page tables": lines(lambda n: f"\tpte_t x{n} = ptep_get(p{n}); set_pte_at(m, a, p, x{n});"),
    "gaps": lines(lambda n: f"\t) x{n}; goto l{n}; l{n}:"),
    "shadowed variables": lines(lambda n: "\t{ int a = a; if (a) p->x = a; }"),
    "increments": lines(lambda n: f"\tp->x{n}++; ++x{n}; x{n}--;"),
    "commas": lines(lambda n: f"\tx{n} = {n},", "", "\n0;"),
    "two images of everything": lines(lambda n: f"\tif (p->x{n} == p->y{n}) p->x{n} = p->y{n};"),
}

_SMALL = "int g{n}(struct thing *p)\n{{\n\tspin_lock(&p->l);\n\tp->x = {n};\n\treturn p->y;\n}}\n"
_ONE_NAME = "int g(struct thing *p)\n{{\n\tp->x = {n};\n\treturn p->y;\n}}\n"

FILES: dict[str, Source] = {
    "small functions": many(lambda n: _SMALL.format(n=n)),
    "functions of one name": many(lambda n: _ONE_NAME.format(n=n)),
    "functions in a chain": many(lambda n: f"int g{n}(int a)\n{{\n\treturn g{n + 1}(a);\n}}\n"),
    "functions that call two": many(
        lambda n: f"int g{n}(int a)\n{{\n\treturn g{n + 1}(a) + g{n + 1}(a);\n}}\n"
    ),
    "empty functions": many(lambda n: f"void g{n}(void) {{}}\n"),
    "structures": many(lambda n: f"struct s{n} {{ int a; }};\n"),
    "prototypes": many(lambda n: f"int g{n}(int a, int b);\n"),
    "definitions by macro": many(lambda n: f"SYSCALL_DEFINE1(g{n}, int, a)\n{{\n\tx({n});\n}}\n"),
    "old style": many(lambda n: f"int g{n}(a, b)\n\tint a;\n\tint b;\n{{\n\treturn a;\n}}\n"),
    "macros that begin like loops": many(lambda n: f"for_each_x{n}(a)\n{{\n\tx();\n}}\n"),
    "large functions": lambda size: b"".join(
        HEAD.replace("f(", f"g{n}(").encode() + b"\tp->x = a;\n\tif (a) b();\n" * 5000 + b"}\n"
        for n in range(max(size // 135_000, 1))
    ),
}
