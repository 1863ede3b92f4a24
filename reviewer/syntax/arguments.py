# SPDX-License-Identifier: GPL-2.0-only
"""Arguments of macros that are no expressions of C."""

import re

from reviewer.syntax.work import CALL, Work

_OPERATOR = re.compile(
    rb",\s*((?:[-+*/%&|^=!<>]|<<|>>)=|<<?|>>?|\+\+|--|[-+*/%&|^]|&&|\|\|)\s*(?=[,)])"
)
_JUMP = re.compile(rb"[(,]\s*(return|goto|break|continue)\b")
_NUMBERED = re.compile(rb"(?<![\w.$])(\d+[A-Za-z_]\w*)")
_NUMBER = re.compile(rb"(?:0[xX][\da-fA-F]+|0[bB][01]+|\d+(?:[eE]\d+)?)(?:[uUlLfFiI]|wb|WB)*")
_PREFIX = re.compile(rb"[(,\"]\s*([A-Z_][A-Z\d_]*)(?=\s+[A-Za-z_]\w*\s*[\"(])")


def plain_arguments(work: Work) -> None:
    """``check(a, ==, b)``, ``add(1000baseT_Full)``, ``fail_with(return 1)``
    and the like: what stands there becomes a name, or goes."""
    bare = bytes(work.bare)
    for found in _OPERATOR.finditer(bare, work.body):
        if found.start() in work.owners:
            _rename(work, found.start(1), found.end(1))
    for found in _NUMBERED.finditer(bare, work.body):
        if not _NUMBER.fullmatch(found[1]):
            _rename(work, found.start(1), found.end(1))
    for found in _PREFIX.finditer(bare, work.body):
        work.erase(found.start(1), found.end(1))
    _jumps(work, bare)
    _semicolons(work, bare)
    _empty(work)


def _rename(work: Work, start: int, end: int) -> None:
    work.mark(start, end, "type")
    work.put(start, b"_" * (end - start))


def _jumps(work: Work, bare: bytes) -> None:
    for found in _JUMP.finditer(bare, work.body):
        work.note(found.start(1), "a jump as an argument of a macro")
        if found[1] in (b"return", b"goto"):
            work.erase(found.start(1), found.end(1))
        else:
            work.put(found.start(1), b"_" * len(found[1]))


def _semicolons(work: Work, bare: bytes) -> None:
    """Statements as arguments: each becomes an argument of its own."""
    loops = {found.end() - 1 for found in CALL.finditer(bare) if found[1] == b"for"}
    for offset, owner in work.owners.items():
        if bare[offset] == 59 and bare[owner] == 40 and owner not in loops:
            work.put(offset, b",")


def _empty(work: Work) -> None:
    """An argument that is not there: its comma goes."""
    for offset in sorted(work.owners):
        owner = work.owners[offset]
        if work.bare[offset] != 44 or work.bare[owner] != 40 or offset < work.body:
            continue
        if work.last_char(offset) in (b"(", b",") or work.next_char(offset + 1) == b")":
            work.erase(offset, offset + 1)
