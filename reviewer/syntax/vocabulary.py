# SPDX-License-Identifier: GPL-2.0-only
"""The macros of a code base that are not plain C, as data."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from reviewer.record import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that the reader of C has to know; see ``rules/kernel/syntax.toml``.

    ``attributes`` are words, with or without arguments, that say nothing about
    control flow; ``iterators`` head a loop, and so does what
    ``iterator_pattern`` matches as a whole; ``scopes`` head a block and map to
    the name of the call that opens it; ``definers`` are shell-style patterns
    of macros that define a function, with the name they give it (``$0`` is
    the first argument); ``statements`` stand without a semicolon;
    ``opaque_args`` maps a macro to the positions of arguments that are types
    or member names, ``called_args`` to those of functions that it calls with
    its first argument; ``assemblers`` are macros that stand for ``asm`` or
    ``asm goto``; ``typeofs`` are spellings of typeof; ``types`` is a
    pattern of type names.
    """

    attributes: frozenset[str] = frozenset()
    iterators: frozenset[str] = frozenset()
    iterator_pattern: re.Pattern[str] | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)
    definers: tuple[tuple[str, str], ...] = ()
    statements: frozenset[str] = frozenset()
    opaque_args: Mapping[str, frozenset[int]] = field(default_factory=dict)
    called_args: Mapping[str, frozenset[int]] = field(default_factory=dict)
    assemblers: Mapping[str, str] = field(default_factory=dict)
    typeofs: frozenset[str] = frozenset({"typeof", "__typeof__", "__typeof"})
    types: re.Pattern[str] | None = None

    def is_iterator(self, name: str) -> bool:
        """Whether a macro of this name heads a loop."""
        if name in self.iterators:
            return True
        pattern = self.iterator_pattern
        return pattern is not None and pattern.fullmatch(name) is not None

    def is_type(self, name: str) -> bool:
        """Whether a bare name is a type by its spelling."""
        return self.types is not None and self.types.fullmatch(name) is not None

    def defined_name(self, macro: str) -> str | None:
        """The template of the name a defining macro gives, or None."""
        for pattern, template in self.definers:
            if fnmatchcase(macro, pattern):
                return template
        return None


EMPTY = Vocabulary()


def vocabulary_from(table: Mapping[str, object]) -> Vocabulary:
    """The vocabulary written in a table; ValueError names a key that is wrong."""
    known = {name: table.get(name) for name in _KEYS}
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}")
    return Vocabulary(
        attributes=_words(known, "attributes"),
        iterators=_words(known, "iterators"),
        iterator_pattern=_pattern(known, "iterator_pattern"),
        scopes=_texts(known, "scopes"),
        definers=tuple(_texts(known, "definers").items()),
        statements=_words(known, "statements"),
        opaque_args=_positions(known, "opaque_args"),
        called_args=_positions(known, "called_args"),
        assemblers=_texts(known, "assemblers"),
        typeofs=_words(known, "typeofs") or EMPTY.typeofs,
        types=_pattern(known, "types"),
    )


_KEYS = (
    "attributes",
    "iterators",
    "iterator_pattern",
    "scopes",
    "definers",
    "statements",
    "opaque_args",
    "called_args",
    "assemblers",
    "typeofs",
    "types",
)


def _words(table: Mapping[str, object], key: str) -> frozenset[str]:
    value = table[key]
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{key!r} is not a list of words")
    return frozenset(value)


def _pattern(table: Mapping[str, object], key: str) -> re.Pattern[str] | None:
    value = table[key]
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is not a pattern")
    try:
        return re.compile(value)
    except re.error as reason:
        raise ValueError(f"{key!r} is not a pattern: {reason}") from reason


def _texts(table: Mapping[str, object], key: str) -> dict[str, str]:
    value = table[key]
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{key!r} is not a table of texts")
    return dict(value)


def _positions(table: Mapping[str, object], key: str) -> dict[str, frozenset[int]]:
    value = table[key]
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} is not a table")
    found: dict[str, frozenset[int]] = {}
    for name, numbers in value.items():
        if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
            raise ValueError(f"{key}.{name} is not a list of positions")
        found[name] = frozenset(numbers)
    return found
