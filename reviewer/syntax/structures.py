# SPDX-License-Identifier: GPL-2.0-only
"""The structures a file defines and the variables outside its functions, read without parsing.

Only names and types are wanted, of code that no preprocessor has seen: words and
brackets tell enough, whatever attributes stand between.
"""

import re
from collections.abc import Iterator, Sequence

from reviewer.record import dataclass
from reviewer.syntax.mask import without_directives
from reviewer.syntax.segments import Outline
from reviewer.syntax.vocabulary import EMPTY, Vocabulary

_OPENING = re.compile(r"\b(struct|union)\b(\s+[A-Za-z_]\w*(?:\s*\([^()]*\))?)*\s*\{")
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d\w*|[^\s\w]")
_GROUPS = {"struct_group": 1, "struct_group_attr": 2, "struct_group_tagged": 2, "__struct_group": 3}
"""Macros around members, and how many arguments stand in front of these
(include/linux/stddef.h, v6.12)."""

_TYPED = {"DECLARE_FLEX_ARRAY", "DECLARE_KFIFO_PTR"}
_QUALIFIERS = frozenset(
    [
        "const",
        "volatile",
        "__rcu",
        "__user",
        "__iomem",
        "__percpu",
        "__kernel",
        "__force",
        "static",
        "extern",
        "register",
        "unsigned",
        "signed",
        "inline",
        "__always_unused",
    ]
)
_VARIABLE = re.compile(
    r"^[ \t]*+(?:(?:static|const|volatile|__\w+)\s+)*"
    r"(?:(?:struct|union|enum)\s+(\w+)|(?!struct\b|union\b|enum\b|typedef\b|extern\b)([a-z_]\w*))"
    r"(?:\s|\*|\b(?:const|__\w+|volatile)\b)+"
    r"([A-Za-z_]\w*)(?:\s*\[[^\]\n]*\])*[^;{}()=\n,]*[=;]",
    re.MULTILINE,
)
_DEFINED = re.compile(
    r"^[ \t]*+(?:static\s+)?((?:DEFINE|DECLARE|[A-Z]*LIST)_\w+)\s*\(([^()]*)\)",
    re.MULTILINE,
)
_TYPEDEF = re.compile(r"^typedef\s+(struct|union)\s+(\w+)\s+\**(\w+)\s*;", re.MULTILINE)
_WORD = re.compile(r"\b__\w+|\b[A-Z][A-Z_]+\b")
_BRACE = re.compile(r"[{}]")
_ATTRIBUTE = re.compile(r"\}\s*(?:__\w+(?:\s*\(\([^()]*\)\))?\s*)+")
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Structure:
    """``members`` pairs names with types: the name of the structure they are, with a ``*``
    in front of that they point to, or another type's; anonymous inner
    structures are dissolved, others are called ``OUTER.MEMBER``."""

    name: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """``structures`` in the order of the file, ``typedefs`` from names to structures,
    ``variables`` outside functions with their types as those of members."""

    structures: tuple[Structure, ...]
    typedefs: tuple[tuple[str, str], ...]
    variables: tuple[tuple[str, str], ...]


def declared_in(outline: Outline, vocabulary: Vocabulary = EMPTY) -> Declared:
    """What stands outside the functions of a file."""
    text = _outside(outline, vocabulary)
    found: list[Structure] = []
    typedefs = [(name, tag) for _, tag, name in _TYPEDEF.findall(text)]
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        end = _closing(text, opening.end())
        tag = (opening[0].split("(")[0].rstrip("{").split() + [""])[1]
        behind = re.compile(r"[^;{}]*").match(text, end + 1)
        if not tag and behind is not None and text[: opening.start()].rstrip().endswith("typedef"):
            words = re.findall(r"[A-Za-z_]\w*", behind[0])
            tag = words[-1] if words else ""
        if tag:
            _structure(tag, _TOKEN.findall(text[opening.end() : end]), found, 0)
        at = end + 1
    return Declared(tuple(found), tuple(typedefs), tuple(_variables(_flat(text))))


def _outside(outline: Outline, vocabulary: Vocabulary) -> str:
    """The text without preprocessor lines, bodies of functions and words that say
    nothing of names."""
    text = bytearray(without_directives(outline.masked, outline.directives))
    for one in outline.segments:
        text[one.start : one.end] = b" " * (one.end - one.start)
    attributes = vocabulary.attributes

    def word(found: re.Match[str]) -> str:
        return "" if found[0] in attributes or found[0].startswith("____") else found[0]

    return _ATTRIBUTE.sub("} ", _WORD.sub(word, text.decode("latin-1")))


def _flat(text: str) -> str:
    """The text without anything in braces."""
    parts, depth, done = [], 0, 0
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            if not depth:
                parts.append(text[done : found.start()])
            depth += 1
        elif depth:
            depth -= 1
            done = found.end()
    if not depth:
        parts.append(text[done:])
    return "".join(parts)


def _closing(text: str, start: int) -> int:
    depth = 1
    for found in _BRACE.finditer(text, start):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.start()
    return len(text)


def _structure(name: str, tokens: Sequence[str], found: list[Structure], depth: int) -> None:
    at = len(found)
    members = tuple(dict(_members(name, tokens, found, depth)).items())
    found.insert(at, Structure(name, members))


Member = tuple[str, str]


def _members(
    name: str, tokens: Sequence[str], found: list[Structure], depth: int
) -> Iterator[Member]:
    """The members that a list of declarations makes."""
    start = at = 0
    while at < len(tokens) and depth < MAX_DEPTH:
        word = tokens[at]
        if word == ";":
            yield from _declarators(tokens[start:at])
            start = at = at + 1
        elif word == "{":
            end = _partner(tokens, at, "{", "}")
            stop = next((i for i in range(end, len(tokens)) if tokens[i] == ";"), len(tokens))
            yield from _inner(
                name, tokens[start:at], tokens[at + 1 : end], tokens[end + 1 : stop], found, depth
            )
            start = at = stop + 1
        elif word in _GROUPS and tokens[at + 1 : at + 2] == ["("]:
            end = _partner(tokens, at + 1, "(", ")")
            inner = _without_arguments(tokens[at + 2 : end], _GROUPS[word])
            yield from _members(name, inner, found, depth + 1)
            start = at = end + 1
        else:
            at += 1


def _inner(
    name: str,
    head: Sequence[str],
    body: Sequence[str],
    behind: Sequence[str],
    found: list[Structure],
    depth: int,
) -> Iterator[Member]:
    """``struct [TAG] { BODY } BEHIND;``"""
    if not {"struct", "union"} & set(head):
        # enum { ... } x: a number
        yield from ((one, "int") for one in behind if one.isidentifier())
        return
    kind = next(i for i, one in enumerate(head) if one in ("struct", "union"))
    tag = next((w for w in head[kind + 1 :] if w.isidentifier()), "")
    names = [one for one, _ in _declarators(["x", *behind])] if behind else []
    if not names and not tag:
        yield from _members(name, body, found, depth + 1)
        return
    if not names:
        # With -fms-extensions a tagged one without a name is dissolved, too.
        _structure(tag, body, found, depth + 1)
        return
    own = tag or f"{name}.{names[0]}"
    _structure(own, body, found, depth + 1)
    yield from ((one, own) for one in names)


def _partner(tokens: Sequence[str], at: int, opening: str, closing: str) -> int:
    depth = 0
    for number in range(at, len(tokens)):
        if tokens[number] == opening:
            depth += 1
        elif tokens[number] == closing:
            depth -= 1
            if not depth:
                return number
    return len(tokens)


def _without_arguments(tokens: Sequence[str], count: int) -> Sequence[str]:
    for at, one in enumerate(tokens):
        if one == ",":
            count -= 1
            if not count:
                return tokens[at + 1 :]
    return []


def _declarators(tokens: Sequence[str]) -> Iterator[Member]:
    """``struct inode *i, *j[2]`` is i and j, both of inode."""
    macro = tokens[0] if tokens else ""
    if macro.startswith("DECLARE_") and "(" in tokens:
        inner = [one for one in tokens[2:-1] if one != ","]
        names = [one for one in inner if one.isidentifier()]
        if macro in _TYPED and len(names) > 1:
            yield names[-1], names[-2]
        elif names:
            yield names[0], "long"
        return
    words = [one for one in tokens if one not in _QUALIFIERS]
    if not words or not any(one.isidentifier() for one in words):
        return
    names = [one for one in words[: _until(words, "[:(")] if one.isidentifier()]
    # ``unsigned flags``: what is left without the qualifiers is the name.
    alone = len(names) == 1 and len(words) < len(tokens)
    kind, rest = ("int", words) if alone else _type(words)
    for part in _by_commas(rest):
        one = next((word for word in part if word.isidentifier()), "")
        if one:
            yield one, f"*{kind}" if "*" in part[: part.index(one)] else kind


def _until(words: Sequence[str], ends: str) -> int:
    return next((at for at, one in enumerate(words) if one in ends), len(words))


def _type(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The name of the type and what is declared with it."""
    if words[0] in ("struct", "union", "enum") and len(words) > 1:
        kind = words[1] if words[0] != "enum" else "int"
        return kind, words[2:]
    at = 1
    while at < len(words) and words[at] in ("long", "int", "char", "short"):
        at += 1
    return words[0], words[at:]


def _by_commas(tokens: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    depth = 0
    for one in tokens:
        depth += (one in "([{") - (one in ")]}")
        if one == "," and not depth:
            yield part
            part = []
        else:
            part.append(one)
    yield part


def _variables(text: str) -> Iterator[Member]:
    """The variables outside functions and structures."""
    for tag, plain, name in _VARIABLE.findall(text):
        yield name, tag or plain
    for macro, inside in _DEFINED.findall(text):
        parts = [one.strip() for one in inside.split(",")]
        if "PER_CPU" in macro and len(parts) > 1:
            yield parts[1].split("[")[0], parts[0].replace("*", " ").split()[-1]
        elif parts and parts[-1].isidentifier():
            yield parts[0] if parts[0].isidentifier() else parts[-1], macro
