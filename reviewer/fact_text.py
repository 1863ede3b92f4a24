# SPDX-License-Identifier: GPL-2.0-only
"""The files of ``rules/kernel/`` as they are shipped, read entry by entry.

Reading all their TOML would take a fifth of the time of a review, which asks for
a handful of several hundred functions.  So a file is cut at its lines
``[[function]]``, after which ``names`` comes first and on one line, and an entry is read
when it is asked for.  The tests compare the result with that of reading everything.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = "\n[[function]]\n"
_NAMES, _NAMES_END = 'names = ["', '"]'


def tables_of(text: str) -> dict[str, Any]:
    """The tables of a file; each ``[[function]]`` is read when more of it is
    asked for than its keys and ``names``."""
    start, *pieces = f"\n{text}".split(_HEAD)
    functions, rest = [], [start]
    for piece in pieces:
        entry, bracket, other = piece.partition("\n[")
        functions.append(_Unread(entry))
        rest.append(bracket + other)
    found = tomllib.loads("\n".join(rest))
    if "function" in found:
        raise ValueError("a '[[function]]' that is not alone on its line")
    return {**found, "function": functions} if functions else found


class _Unread(Mapping[str, Any]):
    """One entry: its keys, its names and, as long as nobody asks, the text of the rest."""

    __slots__ = ("_keys", "_table", "_text")

    def __init__(self, text: str) -> None:
        first = text.partition("\n")[0]
        names = first[len(_NAMES) : -len(_NAMES_END)].split('", "')
        if not (first.startswith(_NAMES) and first.endswith(_NAMES_END)) or '"' in "".join(names):
            raise ValueError(f"'names' must come first in a function, on one line: {first}")
        self._text = text
        self._table: Mapping[str, Any] = {"names": names}
        self._keys = [line.partition(" = ")[0] for line in text.split("\n") if line[:1].isalpha()]

    def __getitem__(self, key: str) -> Any:
        if key not in self._table and self._text:
            self._table, self._text = tomllib.loads(self._text), ""
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
