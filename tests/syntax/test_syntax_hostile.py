# SPDX-License-Identifier: GPL-2.0-only
"""Input made to hurt: no crash, no silence, no endless wait."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.cfg.build import build
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.source.records import Fragment
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.parse import read_file
from reviewer.syntax.tree import Function

FACTS = load_facts()
BODIES = {
    "or": "if (" + "||".join(["a"] * 5000) + ") x();",
    "sum": "x = " + "+".join(["a"] * 5000) + ";",
    "blocks": "{" * 1000 + "}" * 1000,
    "ifs": "if (a) {" * 1000 + "}" * 1000,
    "else if": "if (a) x(); else " * 2000 + ";",
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000 + ";",
    "calls": "f(" * 5000 + ")" * 5000 + ";",
    "typeof": "typeof(" * 5000 + ")" * 5000 + " x;",
    "attributes": "__free(" * 5000 + ")" * 5000 + ";",
    "arms": "\n#if A\n" * 5000 + "\n#endif\n" * 5000,
    "cut arms": "\n#if A\nx(\n#else\ny(\n#endif\n" * 2000,
    "members": "x = a" + "->b" * 5000 + ";",
    "ternaries": "x = " + "a ? b : " * 2000 + "c;",
    "assignments": "a = " * 2000 + "1;",
    "labels": "".join(f"l{n}: " for n in range(2000)) + ";",
    "cases": "case " * 20000,
    "closing": ")" * 20000,
    "mixed": "{)" * 5000,
    "statements in expressions": "({" * 1000 + "x;" + "})" * 1000 + ";",
}


def examined(body: str) -> tuple[Function, ...]:
    text = f"int f(int a)\n{{\n{body}\n}}\n".encode()
    source = read_file(text, load_vocabulary())
    found = [source.parsed(one) for one in source.segments]
    fragment = Fragment(f"\t{body}".encode(), 1, "int f(int a)")
    found += fragment_functions([fragment], load_vocabulary())
    for function in found:
        build(function, FACTS)
        assert function == function and hash(function) is not None and repr(function)
    return tuple(found)


@pytest.mark.parametrize("kind", BODIES)
def test_no_depth_and_no_length_breaks_the_reader(kind: str) -> None:
    before = time.process_time()
    examined(BODIES[kind])
    assert time.process_time() - before < 5


@pytest.mark.parametrize("kind", ["or", "blocks", "else if", "brackets", "members"])
def test_what_was_not_followed_is_an_error(kind: str) -> None:
    assert all(function.errors for function in examined(BODIES[kind]))


_C = "a b() { } ( ) [ ] ; , : ? = == + & * -> . ... ' \" /* */ \\ #if #else #endif #define"
_KEYWORDS = (
    "case default: else if(a) while(b) do for(;;) switch(c) goto return break; struct int x:"
)
_MACROS = "typeof( for_each_x(a) scoped_guard(m,l) asm("
_WORDS = st.sampled_from(f"{_C} {_KEYWORDS} {_MACROS}".split() + ["\n", "\t"])


@given(st.lists(_WORDS, max_size=60), st.sampled_from([" ", "\n", "\n\t"]))
def test_any_text_gives_functions_and_graphs(words: list[str], between: str) -> None:
    examined(between.join(words))
