# SPDX-License-Identifier: GPL-2.0-only
"""Functions of the same file that generated functions call.

``$`` in a use stands for a pointer to a thing.
"""

from dataclasses import dataclass
from random import Random

SMALL = "#define POINTERS pack(t, t, t, t, 0)"
NONE = "#define POINTERS 0"
FULL = "#define POINTERS pack(t, u, p, q, l)"


@dataclass(frozen=True)
class Callee:
    """A function, the statements that call it, and those that call it before
    a scope and let it run at the end."""

    name: str
    lines: tuple[str, ...]
    uses: tuple[str, ...]
    opens: str = ""


def _taker(name: str, take: str, drop: str, random: Random) -> Callee:
    body = random.choice((
        [f"\t{take};"],
        ["\tt->mark = 1;", f"\t{take};", "\tt->mark = 1;"],
        ["\twhile (input())", "\t\tt->mark = 1;", f"\t{take};"],
    ))  # fmt: skip
    lines = (f"static void {name}(struct thing *t)", "{", *body, "}")
    use = f"{name}($);"
    return Callee(name, lines, (use, f"{use}\nt->mark = 1;\n{drop};", use))


def _dropper(name: str, take: str, drop: str, random: Random) -> Callee:
    lines = (f"static void {name}(struct thing *t)", "{", "\tt->mark = 1;", f"\t{drop};", "}")
    return Callee(name, lines, (f"{name}($);", f"{take};\nt->mark = 1;\n{name}($);"))


def _swapper(name: str, take: str, drop: str, random: Random) -> Callee:
    """Drops a lock of its caller for a while."""
    lines = (
        f"static int {name}(struct thing *t)", "{", f"\t{drop};", "\tt->mark = 1;",
        "\tif (input())", "\t\treturn 0;", f"\t{take};", "\treturn 1;", "}",
    )  # fmt: skip
    always = tuple(one for one in lines if "if (" not in one and "return 0" not in one)
    uses = (
        f"{take};\nt->mark = 1;\nok = {name}($);\nt->mark = 1;\nif (ok)\n{drop};",
        f"{name}($);",
    )
    return Callee(name, random.choice((lines, always)), uses)


def _trier(name: str, take: str, drop: str, random: Random) -> Callee:
    attempt = {"spin_lock": "spin_trylock", "mutex_lock": "mutex_trylock"}
    call = take
    for plain, one in attempt.items():
        call = call.replace(f"{plain}(", f"{one}(")
    says, body = random.choice((
        ("", [f"\treturn {call};"]),
        ("", [f"\tif (!{call})", "\t\treturn 0;", "\tt->mark = 1;", "\treturn 1;"]),
        ("!", [f"\tif ({call})", "\t\treturn 0;", "\treturn -4;"]),
        ("", ["\tif (input())", "\t\treturn 0;", f"\t{take};", "\treturn 1;"]),
        ("", [f"\tint done = {call};", "\tt->mark = 1;", "\treturn done;"]),
    ))  # fmt: skip
    lines = (f"static int {name}(struct thing *t)", "{", *body, "}")
    taken, not_taken = says, "" if says else "!"
    return Callee(
        name,
        lines,
        (
            f"if ({taken}{name}($)) {{\nt->mark = 1;\n{drop};\n}}",
            f"ok = {name}($);\nt->mark = 1;\nif ({taken}ok) {{\nt->mark = 1;\n{drop};\n}}",
            f"if ({not_taken}{name}($))\nreturn 2;\nt->mark = 1;",
            f"c = {name}($);",
        ),
    )


def _chooser(name: str, take: str, drop: str, random: Random) -> Callee:
    call = random.choice((take, drop))
    lines = (
        f"static void {name}(struct thing *t, int c)", "{", "\tif (c)", f"\t\t{call};", "}",
    )  # fmt: skip
    return Callee(name, lines, (f"{name}($, c);", f"{name}($, 1);", f"{name}($, ok);"))


def _finder(name: str, take: str, drop: str, random: Random) -> Callee:
    """Gives the thing whose lock it took."""
    fail = ["\tif (input())", "\t\treturn NULL;"] if random.random() < 0.4 else []
    lines = (
        f"static struct thing *{name}(struct thing *t)",
        "{",
        *fail,
        f"\t{take};",
        "\treturn t;",
        "}",
    )
    there = f"if (r) {{\nt->mark = 1;\n{drop.replace('t->', 'r->')};\n}}"
    return Callee(name, lines, (f"r = {name}($);\n{there}", f"{name}($);"))


def _writer(name: str, take: str, drop: str, random: Random) -> Callee:
    """Writes a number of its caller."""
    lines = (f"static int {name}(int *target)", "{", "\t*target = 1;", "\treturn 0;", "}")
    use = f"{name}(&c);"
    return Callee(name, lines, (use, f"if (c)\n{take};\n{use}\nt->mark = 1;\nif (c)\n{drop};"))


def _cleaner(name: str, take: str, drop: str, random: Random) -> Callee:
    """What runs at the end of a scope that a variable has."""
    lines = (
        f"static void {name}(struct thing **x)",
        "{",
        f"\t{drop.replace('t->', '(*x)->')};",
        "}",
    )
    opens = f"{take};\nstruct thing *x# __attribute__((cleanup({name}))) = $;"
    return Callee(name, lines, (take + ";",), opens)


_KINDS = (_taker, _dropper, _swapper, _trier, _chooser, _finder, _writer, _cleaner)


def callee(name: str, random: Random) -> Callee:
    """A function with one purpose."""
    kind = random.choice(_KINDS)
    member = random.choice(("a", "b", "m"))
    word = "mutex" if member == "m" else "spin"
    take, drop = f"{word}_lock(&t->{member})", f"{word}_unlock(&t->{member})"
    made = kind(name, take, drop, random)
    pointers = {_writer: NONE, _cleaner: NONE}.get(kind, SMALL)
    lines = ("#undef POINTERS", pointers, *made.lines)
    uses = tuple(_outside(one, take, drop) for one in made.uses)
    return Callee(name, lines, uses, _outside(made.opens, take, drop))


def _outside(text: str, take: str, drop: str) -> str:
    """Calls next to a use take and drop the lock of the thing that is used."""
    for call in (take, drop):
        text = text.replace(call, call.replace("t->", "$->"))
    return text
