# SPDX-License-Identifier: GPL-2.0-only
"""Arguments of macros that are no expressions of C."""

import re

from reviewer.syntax.work import CALL, Work

_OPERATOR = re.compile(
    rb",\s*((?:[-+*/%&|^=!<>]|<<|>>)=\s*~?|<<?|>>?|\+\+|--|[-+*/%&|^]|&&|\|\|)\s*(?=[,)])"
)
_JUMP = re.compile(rb"[(,]\s*(return|goto|break|continue)\b")
_NUMBERED = re.compile(rb"\d\w*")
_IN_NAME = re.compile(rb"[\w.$]")
_NUMBER = re.compile(rb"(?:0[xX][\da-fA-F]+|0[bB][01]+|\d+(?:[eE]\d+)?)(?:[uUlLfFiI]|wb|WB)*")
_DESIGNATED = re.compile(rb"[(,]\s*(\.\w+\s*=)(?!=)")
_UNIT = re.compile(rb"\d[\w.]*(?:[ \t]+([A-Za-z_]\w*))?")
_STATEMENT = re.compile(rb"\s*(?:if|for|while|do|switch)\b")
_EMPTY = re.compile(rb"[(,]\s*,|,\s*\)")
_PREFIX = re.compile(rb"[(,\"]\s*([A-Z_][A-Z\d_]*)(?=\s+[A-Za-z_]\w*\s*[\"(])")


def plain_arguments(work: Work) -> None:
    """``check(a, ==, b)``, ``add(1000baseT_Full)``, ``fail_with(return 1)``
    and the like: what stands there becomes a name, or goes."""
    bare = bytes(work.bare)
    for found in _OPERATOR.finditer(bare, work.body):
        if found.start() in work.owners:
            _rename(work, found.start(1), found.end(1))
    for found in _NUMBERED.finditer(bare, work.body):
        plain = found[0].isdigit() or _NUMBER.fullmatch(found[0])
        if not plain and not _IN_NAME.match(bare, found.start() - 1):
            _rename(work, *found.span())
    for found in _PREFIX.finditer(bare, work.body):
        work.erase(found.start(1), found.end(1))
    for found in _DESIGNATED.finditer(bare, work.body):
        separator = found.start()
        opening = separator if bare[separator] == 40 else work.owners.get(separator, -1)
        if opening >= 0 and bare[opening] == 40:
            work.erase(found.start(1), found.end(1))
    for found in _UNIT.finditer(bare, work.body):
        if found[1] and not _IN_NAME.match(bare, found.start() - 1):
            work.note(found.start(1), f"{found[1].decode()} behind a number left out")
            work.erase(found.start(1), found.end(1))
    _semicolons(work, bare)
    _jumps(work, bytes(work.bare))
    if _EMPTY.search(work.bare, work.body):
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
    """Statements as an argument: they become a block."""
    loops = {found.end() - 1 for found in CALL.finditer(bare) if found[1] == b"for"}
    separators: dict[int, list[int]] = {}
    for offset, owner in work.owners.items():
        if bare[owner] == 40 and owner not in loops and owner > work.body:
            separators.setdefault(owner, []).append(offset)
    for opening, offsets in separators.items():
        closing = work.pairs.get(opening)
        if closing is not None and any(bare[offset] == 59 for offset in offsets):
            _statements(work, opening, sorted(offsets), closing)


def _statements(work: Work, opening: int, offsets: list[int], closing: int) -> None:
    """Blocks of the arguments from the first with a semicolon on; another one
    begins behind a comma that follows a semicolon or brace."""
    start, block = opening, False
    semicolons: list[int] = []
    for offset in [*offsets, closing]:
        code = work.bare[offset]
        if code == 59:
            block = True
            semicolons.append(offset)
        elif not block or offset == closing or work.last_char(offset) in (b";", b"}"):
            if semicolons:
                _as_block(work, start, offset, semicolons)
            start, block, semicolons = offset, False, []
        block = block or _STATEMENT.match(work.bare, offset + 1) is not None


def _as_block(work: Work, start: int, end: int, semicolons: list[int]) -> None:
    """Brackets around an argument where it has blanks for them; otherwise each
    statement becomes an argument."""
    work.note(start + 1, "statements as an argument of a macro")
    first, last = work.after(start + 1), work.before(end) + 1
    before = next((at for at in range(start + 1, first) if work.bare[at] in b" \t"), -1)
    behind = next((at for at in range(last, end) if work.bare[at] in b" \t"), -1)
    if before >= 0 and behind >= 0:
        work.put(before, b"{")
        work.put(behind, b"}")
        return
    for offset in semicolons:
        work.put(offset, b",")


def _empty(work: Work) -> None:
    """An argument that is not there: its comma goes."""
    for offset in sorted(work.owners):
        owner = work.owners[offset]
        if work.bare[offset] != 44 or work.bare[owner] != 40 or offset < work.body:
            continue
        if work.last_char(offset) in (b"(", b",") or work.next_char(offset + 1) == b")":
            work.erase(offset, offset + 1)
