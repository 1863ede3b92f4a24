# SPDX-License-Identifier: GPL-2.0-only
"""Positions that every stage shares."""

from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A stretch of one source file.

    ``start`` and ``end`` are byte offsets (half open) into the bytes the file
    was parsed from; ``line`` is the line of ``start``, counted from 1.
    """

    start: int
    end: int
    line: int


NOWHERE = Location(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be analysed, and why: never dropped quietly.

    ``file`` is a path of the patch or of the input, ``function`` is empty
    when the whole file is meant, ``reason`` is one line.
    """

    file: str
    function: str
    reason: str
