# SPDX-License-Identifier: GPL-2.0-only
"""Macros that define a function: their header becomes a plain one."""

import re

from reviewer.syntax.header import read_header
from reviewer.syntax.work import Work

_PLAIN = b"void f"


def plain_header(work: Work) -> None:
    """``SYSCALL_DEFINE2(dup, int, a, int, b)`` to ``void f...(int a, int b)``."""
    found = read_header(bytes(work.bare), 0, work.body, work.vocabulary)
    if found is None or not found.macro:
        return
    word = re.compile(rb"\b" + re.escape(found.macro.encode()) + rb"\b")
    place = word.search(work.bare, 0, work.body)
    if place is None or place.end() - place.start() < len(_PLAIN):
        return
    opening = work.after(place.end())
    closing = work.pairs.get(opening)
    if closing is None:
        return
    work.put(place.start(), _PLAIN.ljust(place.end() - place.start(), b"_"))
    _pair_up(work, opening, closing)


def _pair_up(work: Work, opening: int, closing: int) -> None:
    """Blank the name and every comma between a type and its parameter."""
    commas = sorted(at for at, owner in work.owners.items() if owner == opening)
    if len(commas) % 2:
        work.erase(opening + 1, closing)
        return
    if not commas:
        work.erase(opening + 1, closing)
        return
    work.erase(opening + 1, commas[0] + 1)
    for comma in commas[1::2]:
        work.erase(comma, comma + 1)
