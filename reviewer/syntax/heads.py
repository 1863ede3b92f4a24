# SPDX-License-Identifier: GPL-2.0-only
"""Macros that stand where a statement begins and have no semicolon behind:
loops, scopes and statements of their own."""

import re

from reviewer.syntax.work import CALL, KEYWORDS, WORD, Work

_WORD_BEFORE = re.compile(rb"(?<![\w$])(?:else|do)$")
_WORD_START = re.compile(rb"[A-Za-z_$*]")
_LOOP, _BRANCH = b"while", b"if"
_FOLLOWS = re.compile(rb"[A-Za-z_$*({+-]|\Z")


def rewrite_heads(work: Work) -> None:
    """Rewrite every such macro of the body."""
    partners = {closing: opening for opening, closing in work.pairs.items()}
    for found in CALL.finditer(bytes(work.bare), work.body):
        closing = work.pairs.get(found.end() - 1)
        if closing is None or found[1] in KEYWORDS or not _begins_statement(work, found.start()):
            continue
        following = work.after(closing + 1)
        if _ends_do(work, partners.get(work.before(found.start()))):
            _head(work, found, closing, _LOOP, "until")
            continue
        _rewrite(work, found, closing, following)


def _begins_statement(work: Work, start: int) -> bool:
    before = work.before(start)
    if before < 0:
        return False
    if work.bare[before] in b";{}):":
        return True
    return _WORD_BEFORE.search(bytes(work.bare[max(before - 5, 0) : before + 1])) is not None


def _ends_do(work: Work, brace: int | None) -> bool:
    """Whether a block began with ``do {``: what follows it is its condition."""
    if brace is None or work.bare[brace] != 123:
        return False
    word = work.before(brace) + 1
    return work.bare[word - 2 : word] == b"do" and not WORD.match(work.bare, word - 3)


def _rewrite(work: Work, found: re.Match[bytes], closing: int, following: int) -> None:
    name = found[1].decode("utf-8", "replace")
    character = _at(work, following)
    vocabulary = work.vocabulary
    if character == b"=" and _at(work, work.after(following + 1)) == b"{":
        _drop_initialiser(work, following)
    elif character == b"}":
        if work.in_block(found.start()):
            _end_statement(work, closing)
    elif not character or not _FOLLOWS.match(character):
        return
    elif name in vocabulary.scopes:
        _head(work, found, closing, _BRANCH, "scope")
    elif vocabulary.is_iterator(name):
        _head(work, found, closing, _LOOP, "iterator")
    elif character == b"{":
        work.note(found.start(), f"{name}() read as a loop")
        _head(work, found, closing, _LOOP, "iterator")
    elif _WORD_START.match(character):
        if name not in vocabulary.statements:
            _guess(work, found, closing, following)
        else:
            _end_statement(work, closing)


def _at(work: Work, offset: int) -> bytes:
    return bytes(work.bare[offset : offset + 1])


def _guess(work: Work, found: re.Match[bytes], closing: int, following: int) -> None:
    """A macro nobody knows: what is indented deeper belongs to it."""
    before, gap = work.before(found.start()), bytes(work.bare[closing + 1 : following])
    if work.bare[before] == 41 and b"\n" not in gap:
        return
    name = found[1].decode("utf-8", "replace")
    deeper = _column(work, following) > _column(work, found.start())
    if b"\n" in gap and deeper and not name.isupper():
        work.note(found.start(), f"{name}() read as a loop")
        _head(work, found, closing, _LOOP, "iterator")
    elif b"\n" in gap:
        work.note(found.start(), f"{name}() read as a statement")
        _end_statement(work, closing)


def _column(work: Work, offset: int) -> int:
    start = work.bare.rfind(b"\n", 0, offset) + 1
    return len(work.bare[start:offset].expandtabs(8))


def _head(work: Work, found: re.Match[bytes], closing: int, keyword: bytes, kind: str) -> None:
    start, opening = found.start(), found.end() - 1
    if opening - start < len(keyword):
        return
    work.mark(start, closing + 1, kind)
    work.erase(start, opening)
    work.put(start, keyword)
    if work.after(opening + 1) == closing:
        # No argument: C wants a condition, and the brackets may be too tight.
        work.erase(opening, closing + 1)
        work.put(closing - 2, b"(1)") if closing - 2 >= start + len(keyword) else None


def _end_statement(work: Work, closing: int) -> None:
    """Put the missing semicolon into the blank that follows."""
    offset = closing + 1
    while offset < len(work.bare) and work.bare[offset] in b"\r\n":
        offset += 1
    if offset < len(work.text) and work.text[offset] in b" \t":
        work.mark(offset, offset, "semicolon")
        work.put(offset, b";")


def _drop_initialiser(work: Work, start: int) -> None:
    brace = work.after(start + 1)
    closing = work.pairs.get(brace)
    if closing is not None:
        work.erase(start, closing + 1)
