# SPDX-License-Identifier: GPL-2.0-only
"""The functions that are named outside of functions, as rows."""

import re
from collections.abc import Callable, Iterator

from reviewer.evidence.records import (
    MentionRow,
)
from reviewer.syntax.mask import without_directives
from reviewer.syntax.parse import SourceFile

_STORED = re.compile(rb"\.\s*(\w+)\s*=\s*&?\s*([a-z_]\w*)\s*(?=[,}])")
_HANDED = re.compile(rb"^([A-Za-z_]\w*)\s*\(([^()]*)\)\s*;?[ \t]*$", re.MULTILINE)
_NAME = re.compile(rb"(?<![.>\w])[a-z_]\w*\b(?!\s*\()")
_MACRO = re.compile(r"\s*(\w+)\([^()]*\)(.*)", re.DOTALL)
_CALLED = re.compile(r"\b([a-z_]\w*)\s*\(")
_WORDS = frozenset({"if", "while", "for", "switch", "return", "sizeof", "typeof", "do", "defined"})


def named_outside(file: SourceFile) -> Iterator[MentionRow]:
    """The functions that are named outside of functions: in tables, in lines such as
    ``module_init(f)``, in macros, which call them wherever they are used."""
    outline = file.outline
    text = bytearray(without_directives(outline.masked, outline.directives))
    for one in file.segments:
        text[one.start : one.end] = b" " * (one.end - one.start)
    outside = bytes(text)
    line = _lines(outside)
    stored = set()
    for found in _STORED.finditer(outside):
        stored.add(found.start(2))
        yield MentionRow(-1, found[2].decode(), f".{found[1].decode()}", line(found.start()))
    for found in _HANDED.finditer(outside):
        for name in _NAME.finditer(outside, found.start(2), found.end(2)):
            stored.add(name.start())
            how = f"{found[1].decode()}()"
            yield MentionRow(-1, name[0].decode(), how, line(found.start()))
    own = {one.name.encode() for one in file.segments}
    for found in _NAME.finditer(outside) if own else ():
        if found[0] in own and found.start() not in stored:
            yield MentionRow(-1, found[0].decode(), "{}", line(found.start()))
    for directive in outline.directives:
        macro = _MACRO.match(directive.text) if directive.word == "define" else None
        if macro is not None:
            at = line(directive.start)
            if not macro[1].isupper():
                yield MentionRow(-1, macro[1], "#", at)
            for name in sorted(set(_CALLED.findall(macro[2])) - {macro[1], *_WORDS}):
                yield MentionRow(-1, name, f"#{macro[1]}", at)


def _lines(text: bytes) -> Callable[[int], int]:
    """The line of an offset, for offsets that grow."""
    at, line = 0, 1

    def of(offset: int) -> int:
        nonlocal at, line
        if offset < at:
            at, line = 0, 1
        line += text.count(b"\n", at, offset)
        at = offset
        return line

    return of
