# SPDX-License-Identifier: GPL-2.0-only
"""File names as diffs spell them: quoted, prefixed, dated."""

import re

_PREFIXES = frozenset("abciow12")
_ESCAPES = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"v": b"\v",
    b"f": b"\f",
    b"r": b"\r",
}
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def file_name(text: bytes) -> str | None:
    """The name behind ``--- `` or ``+++ ``; None for ``/dev/null``.

    A time stamp behind a tab is dropped.  The name is empty when there is
    none, and keeps the prefix ``a/`` or ``b/``.
    """
    text = text.rstrip(b"\r\n")
    quoted = _QUOTED.match(text)
    name = _unquote(quoted[1]) if quoted else text.split(b"\t", 1)[0].rstrip()
    return None if name == b"/dev/null" else _decode(name)


def git_names(text: bytes) -> tuple[str, str] | None:
    """The two names behind ``diff --git ``, or None where they cannot be told apart.

    Names with blanks are not quoted there, so that only two names that are
    equal behind their prefix can be split.
    """
    text = text.rstrip(b"\r\n")
    quoted = _QUOTED.match(text)
    if quoted or text.endswith(b'"'):
        return _git_quoted(text)
    middle, odd = divmod(len(text), 2)
    if not odd or text[middle : middle + 1] != b" ":
        return None
    old, new = _decode(text[:middle]), _decode(text[middle + 1 :])
    same = old == new or (old[1:2] == "/" and old[1:] == new[1:])
    return (old, new) if same and old else None


def _git_quoted(text: bytes) -> tuple[str, str] | None:
    """Two names of which at least one is in double quotes."""
    first = _QUOTED.match(text)
    if first is None:
        old, _, rest = text.partition(b" ")
    else:
        old, rest = _unquote(first[1]), text[first.end() + 1 :]
    second = _QUOTED.fullmatch(rest)
    new = _unquote(second[1]) if second else rest
    return (_decode(old), _decode(new)) if old and new else None


def without_prefixes(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Drop the first component where it only tells old from new.

    Two equal names carry no prefix; of two names, one-letter prefixes as git
    writes them are dropped, and any first component in which alone they differ.
    """
    if old is None or new is None:
        return _one_without_prefix(old), _one_without_prefix(new)
    if old == new:
        return old, new
    old_head, _, old_tail = old.partition("/")
    new_head, _, new_tail = new.partition("/")
    known = old_head in _PREFIXES and new_head in _PREFIXES and old_tail and new_tail
    if known or (old_tail and old_tail == new_tail):
        return old_tail, new_tail
    return old, new


def _one_without_prefix(name: str | None) -> str | None:
    if name is None:
        return None
    head, _, tail = name.partition("/")
    return tail if tail and head in _PREFIXES else name


def _unquote(text: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if len(code) == 3 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(plain, text)


def _decode(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    while text.startswith("./"):
        text = text[2:]
    return text
