# SPDX-License-Identifier: GPL-2.0-only
"""The files of ``rules/kernel/`` as they are shipped, read entry by entry.

Reading all their TOML would take a fifth of the time of a review, which asks for
a handful of several hundred functions.  So a file is cut at its lines ``[[function]]``
or ``[[operation]]``, after which ``names`` comes first, and an entry is read when it is
asked for.  The tests compare the result with that of reading everything.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_NAMES = re.compile(r'names = \[((?:\s*"[^"\n\\]*",?)*)\s*\](?:\n|\Z)')
_NAME = re.compile(r'"([^"\n]+)"')


def tables_of(text: str, entries: str = "function") -> dict[str, Any]:
    """The tables of a file; each ``[[function]]``, or what ``entries`` says, is read
    when more of it is asked for than its keys and ``names``."""
    start, *pieces = f"\n{text}".split(f"\n[[{entries}]]\n")
    found, rest = [], [start]
    for piece in pieces:
        entry, bracket, other = piece.partition("\n[")
        found.append(_Unread(entry))
        rest.append(bracket + other)
    tables = tomllib.loads("\n".join(rest))
    if entries in tables:
        raise ValueError(f"a '[[{entries}]]' that is not alone on its line")
    return {**tables, entries: found} if found else tables


class _Unread(Mapping[str, Any]):
    """One entry: its keys, its names and, as long as nobody asks, the text of the rest."""

    __slots__ = ("_keys", "_table", "_text")

    def __init__(self, text: str) -> None:
        found = _NAMES.match(text)
        if found is None:
            raise ValueError(f"'names' must come first in an entry: {text.partition(chr(10))[0]}")
        self._text = text
        self._table: Mapping[str, Any] = {"names": _NAME.findall(found[1])}
        self._keys = [line.partition(" = ")[0] for line in text.split("\n") if line[:1].isalpha()]

    def __getitem__(self, key: str) -> Any:
        if key not in self._table and self._text:
            self._table, self._text = tomllib.loads(self._text), ""
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
