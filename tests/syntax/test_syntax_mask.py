# SPDX-License-Identifier: GPL-2.0-only
"""Comments, strings and preprocessor lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.syntax.mask import blank, directives, mask, without_directives


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (b"a /* {} */ b", b"a          b"),
        (b"a // }\nb", b"a     \nb"),
        (b"a // } \\\n } \nb", b"a       \n   \nb"),
        (b"/* a\nb */c", b"    \n    c"),
        (b"/* never ended {", b"                "),
        (b'"{" x', b'"x" x'),
        (b'"a\\"b" x', b'"xxxx" x'),
        (b"'{' '\\'' x", b"'x' 'xx' x"),
        (b'"open\nx', b'"xxxx\nx'),
        (b'"on \\\nand on" x', b'"xxx\\\nxxxxxx" x'),
        (b"a / b", b"a / b"),
    ],
)
def test_comments_and_strings_are_masked(text: bytes, masked: bytes) -> None:
    assert mask(text) == masked


def test_preprocessor_lines_are_listed_with_their_continuation() -> None:
    text = b"#define A(x) \\\n\tx\n  # ifdef B\nint c;\n#endif\n"
    found = directives(text)
    assert [(one.word, one.text.split()) for one in found] == [
        ("define", ["A(x)", "x"]),
        ("ifdef", ["B"]),
        ("endif", []),
    ]
    assert without_directives(text, found).split() == [b"int", b"c;"]


_PARTS = st.sampled_from(
    [b"/*", b"*/", b"//", b'"', b"'", b"\\", b"\n", b"#if x", b"{", b"}", b"a", b" ", b"\xff"]
)


@given(st.lists(_PARTS).map(b"".join))
def test_length_and_newlines_stay(text: bytes) -> None:
    masked = mask(text)
    bare = without_directives(masked, directives(masked))
    for changed in (masked, bare, blank(text)):
        assert len(changed) == len(text)
        assert [n for n, c in enumerate(changed) if c == 10] == [
            n for n, c in enumerate(text) if c == 10
        ]
