# SPDX-License-Identifier: GPL-2.0-only
"""The header of a function definition: its name and where it starts."""

import re

from reviewer.record import dataclass
from reviewer.syntax.vocabulary import Vocabulary

_TOKEN = re.compile(rb"[A-Za-z_$][\w$]*|\d[\w.]*|\S")
_RETURNS_POINTER = re.compile(rb"\(\s*\*[\s*]*(?:const\s+)?([A-Za-z_]\w*)\s*\(")
_TAGS = frozenset({b"struct", b"union", b"enum"})
_STORAGE = frozenset({b"static", b"extern", b"inline", b"__inline", b"__inline__", b"const"})
_NOT_NAMES = frozenset(
    b"__attribute__ __attribute typeof __typeof__ __aligned "
    b"if for while switch return sizeof".split()
)
_MAX_HEADER = 20_000


@dataclass(frozen=True, slots=True)
class Header:
    """The name, the offset of the first word, the defining macro or nothing."""

    name: str
    start: int
    macro: str


@dataclass(frozen=True, slots=True)
class _Group:
    """``word ( ... )`` at the outer level: token numbers and offsets."""

    word: bytes
    token: int
    last: int
    start: int
    opening: int
    closing: int


def read_header(text: bytes, start: int, end: int, vocabulary: Vocabulary) -> Header | None:
    """The function header in a stretch of text that stands before a brace, or
    None when the brace opens something else.

    ``text`` has comments, strings and preprocessor lines blanked.
    """
    start = max(start, end - _MAX_HEADER)
    tokens = [(found[0], found.start()) for found in _TOKEN.finditer(text, start, end)]
    groups = _groups(tokens)
    if not groups:
        return None
    first, typed = 0, _last_typed(tokens, groups, vocabulary)
    for position, group in enumerate(groups):
        if not _may_be_name(tokens, group, vocabulary):
            continue
        before = [
            word for word, _ in tokens[first : group.token] if not _is_extra(word, vocabulary)
        ]
        if not before and position < typed:
            first = group.last + 1
            continue
        if not _only_attributes(tokens, group):
            return None
        return _named(text, tokens[first][1], group, vocabulary, bool(before))
    return None


def _groups(tokens: list[tuple[bytes, int]]) -> list[_Group]:
    """The ``word ( ... )`` of the outer level; nothing for an initialiser."""
    groups: list[_Group] = []
    depth, opening = 0, 0
    for number, (word, offset) in enumerate(tokens):
        if word == b"(":
            depth += 1
            opening = number if depth == 1 else opening
        elif word == b")":
            depth -= 1
            if depth < 0:
                return []
            if depth == 0 and opening and _is_word(tokens[opening - 1][0]):
                name, start = tokens[opening - 1]
                groups.append(_Group(name, opening - 1, number, start, tokens[opening][1], offset))
        elif depth == 0 and word in (b"=", b"}"):
            return []
    return groups if depth == 0 else []


def _is_word(token: bytes) -> bool:
    return token[:1].isalpha() or token[:1] in (b"_", b"$")


def _is_extra(word: bytes, vocabulary: Vocabulary) -> bool:
    """Whether a word in front of a function's name is not its type."""
    return word in _STORAGE or word.decode("utf-8", "replace") in vocabulary.attributes


def _may_be_name(tokens: list[tuple[bytes, int]], group: _Group, vocabulary: Vocabulary) -> bool:
    if group.word in _NOT_NAMES or group.word.decode("utf-8", "replace") in vocabulary.attributes:
        return False
    return group.token == 0 or tokens[group.token - 1][0] not in _TAGS


def _last_typed(
    tokens: list[tuple[bytes, int]], groups: list[_Group], vocabulary: Vocabulary
) -> int:
    """The number of the last group, but the first, that has words in front as
    a function has its type; 0 where there is none.  What stands before it
    can only be macros without a semicolon."""
    for number in range(len(groups) - 1, 0, -1):
        between = tokens[groups[number - 1].last + 1 : groups[number].token]
        if any(_is_word(word) and not _is_attribute(word, vocabulary) for word, _ in between):
            return number
    return 0


def _is_attribute(word: bytes, vocabulary: Vocabulary) -> bool:
    return word.decode("utf-8", "replace") in vocabulary.attributes


def _only_attributes(tokens: list[tuple[bytes, int]], group: _Group) -> bool:
    """Whether nothing but words and their arguments stands behind the name, and
    no ``struct`` or ``enum``, to which the brace would belong."""
    inside = 0
    for word, offset in tokens:
        if offset <= group.closing:
            continue
        if word == b"(":
            inside += 1
        elif word == b")":
            inside -= 1
        elif not inside and (word in _TAGS or not _is_word(word)):
            return False
    return True


def _named(text: bytes, start: int, group: _Group, vocabulary: Vocabulary, typed: bool) -> Header:
    pointer = _RETURNS_POINTER.match(text, group.opening)
    if pointer:
        return Header(pointer[1].decode("utf-8", "replace"), start, "")
    word = group.word.decode("utf-8", "replace")
    template = vocabulary.defined_name(word)
    if template is None and (typed or not word.isupper()):
        return Header(word, start, "")
    inside = text[group.opening + 1 : group.closing].split(b",")
    names = [part.split()[-1].decode("utf-8", "replace") if part.split() else "" for part in inside]
    return Header(_filled(template or "$0", names) or word, start, word)


def _filled(template: str, names: list[str]) -> str:
    return re.sub(r"\$(\d)", lambda n: names[int(n[1])] if int(n[1]) < len(names) else "", template)
