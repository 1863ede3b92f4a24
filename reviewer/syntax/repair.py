# SPDX-License-Identifier: GPL-2.0-only
"""Making a run of lines that was cut out of a function readable again.

Nothing inside the lines is touched: what is missing is put before and behind.
"""

import re

from reviewer.record import dataclass, field

UNSEEN = b"$gap"
"""Stands for a value that is not shown."""

_EVENT = re.compile(rb"[()\[\]{};]|(?<![\w$])(?:case|default)(?![\w$])")
_OPENING = {41: 40, 93: 91, 125: 123}
_MAX_MISSING = 200
_LABEL = re.compile(rb"[A-Za-z_]\w*\s*:(?!:)")
_ELSE = re.compile(rb"\s*else\b")
_WHILE = re.compile(rb"\s*while\s*\([^;{}]*\)\s*;")
_INSIDE = re.compile(rb"\s*(?:[=<>|^?/%.,]|&&|!=|->|\*\s|[-+]\s|&\s|\"[^\"\n]*\"\s*[,)])")
_DANGLING = re.compile(rb"(?:[-+*/%&|^<>=!~?:,(\[.]|\breturn|\bsizeof)\s*\Z")
_RETURN_END = re.compile(rb"\breturn\s*\Z")
_DO = re.compile(rb"\bdo\s*\Z")
_VALUE = re.compile(rb"[=,(]\s*\Z|\]\s*=\s*\Z")
_FOR = re.compile(rb"(?<![\w$])for\s*\Z")


@dataclass(frozen=True, slots=True)
class Repaired:
    """What to put before and behind a run of lines."""

    before: bytes
    behind: bytes


@dataclass(slots=True)
class _Level:
    """The code up to a closing bracket that was opened before the lines."""

    cases: bool = False
    semicolon: bool = False


@dataclass(slots=True)
class _Scan:
    """The brackets of some lines that have no partner.

    ``stack`` are offsets of opening ones, ``closers`` of ``}`` and ``rounds``
    of ``)`` and ``]`` in the first statement; ``levels`` has one entry for the
    code up to each closer and one for the code behind the last.
    """

    stack: list[int] = field(default_factory=list)
    closers: list[int] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=lambda: [_Level()])


def repair(bare: bytes) -> Repaired | None:
    """How to complete lines whose comments, strings and preprocessor lines
    are blanked; None when too much is missing."""
    scan = _scanned(bare)
    if len(scan.stack) + len(scan.closers) + len(scan.rounds) > _MAX_MISSING:
        return None
    openers = [
        _opener(bare, level, closer)
        for level, closer in zip(scan.levels, [*scan.closers, -1], strict=True)
    ]
    beginning = _beginning(bare, scan.rounds)
    if scan.closers and bare[scan.closers[0] + 1 :].lstrip()[:1] == b";":
        # Only an initialiser ends with "};".
        openers[0] = b"struct s " + UNSEEN + b"={"
        beginning = b""
    return Repaired(b"".join(reversed(openers)) + beginning, _ending(bare, scan.stack))


def _scanned(bare: bytes) -> _Scan:
    scan = _Scan()
    for found in _EVENT.finditer(bare):
        offset, code = found.start(), bare[found.start()]
        if code in b"([{":
            scan.stack.append(offset)
        elif code in _OPENING:
            _close(bare, offset, scan)
        elif code == 59:
            scan.levels[-1].semicolon = scan.levels[-1].semicolon or not scan.stack
        elif not scan.stack:
            scan.levels[-1].cases = True
    return scan


def _close(bare: bytes, offset: int, scan: _Scan) -> None:
    code, stack = bare[offset], scan.stack
    if stack and bare[stack[-1]] == _OPENING[code]:
        stack.pop()
    elif code == 125:
        while stack and bare[stack[-1]] != 123:
            stack.pop()
        if stack:
            stack.pop()
        else:
            scan.closers.append(offset)
            scan.levels.append(_Level())
    elif not stack and len(scan.levels) == 1 and not scan.levels[0].semicolon:
        scan.rounds.append(offset)


def _opener(bare: bytes, level: _Level, closer: int) -> bytes:
    """What the block ended by a brace (or by nothing) may have begun with."""
    if level.cases:
        return b"switch(" + UNSEEN + b"){case " + UNSEEN + b":;"
    if closer < 0:
        return b""
    if _WHILE.match(bare, closer + 1):
        return b"do{"
    return b"if(" + UNSEEN + b"){"


def _beginning(bare: bytes, rounds: list[int]) -> bytes:
    """The missing beginning of the first statement."""
    if _ELSE.match(bare):
        return b"if(" + UNSEEN + b");"
    inside = UNSEEN + b" " if _INSIDE.match(bare) else b""
    if not rounds:
        return inside or (b"if(" + UNSEEN + b")" if _is_deeper(bare) else b"")
    brackets = b"".join(
        UNSEEN + b"(" if bare[offset] == 41 else UNSEEN + b"[" for offset in reversed(rounds)
    )
    following = bare[rounds[-1] + 1 :].lstrip()[:1]
    if bare[rounds[-1]] == 41 and (following == b"{" or following.isalpha() or following == b"_"):
        brackets = b"if" + brackets[len(UNSEEN) :]
    return brackets + inside


def _is_deeper(bare: bytes) -> bool:
    """Whether the first statement is indented deeper than the one behind it,
    as that of an ``if`` without braces is."""
    start = len(bare) - len(bare.lstrip())
    end = bare.find(b";", start)
    if end < 0 or b"{" in bare[start:end] or b"}" in bare[start:end]:
        return False
    following = len(bare) - len(bare[end + 1 :].lstrip())
    if following >= len(bare) or bare[following] == 125 or _LABEL.match(bare, following):
        return False
    return _column(bare, start) > _column(bare, following)


def _column(bare: bytes, offset: int) -> int:
    return len(bare[bare.rfind(b"\n", 0, offset) + 1 : offset].expandtabs(8))


def _ending(bare: bytes, stack: list[int]) -> bytes:
    """The missing end of the last statement and of every open block."""
    parts: list[bytes] = []
    text = bare[-2000:].rstrip()
    end = text[-40:]
    if _DANGLING.search(end) and not _RETURN_END.search(end) and not _is_label_end(text):
        parts.append(b" " + UNSEEN)
    for offset in reversed(stack):
        if bare[offset] == 40:
            parts.append(_semicolons(bare, offset) + b")")
        elif bare[offset] == 91:
            parts.append(b"]")
        elif _VALUE.search(_tail(bare, offset)):
            parts.append(b"}")
        else:
            parts.append(
                b";}" + (b"while(" + UNSEEN + b")" if _DO.search(_tail(bare, offset)) else b"")
            )
    return b"".join(parts) + b";"


def _tail(bare: bytes, offset: int) -> bytes:
    """The last characters before an offset."""
    return bare[max(offset - 40, 0) : offset]


def _is_label_end(text: bytes) -> bool:
    return text.endswith(b":") and b"?" not in text[text.rfind(b"\n") + 1 :]


def _semicolons(bare: bytes, opening: int) -> bytes:
    """What a ``for (`` that breaks off still needs."""
    if not _FOR.search(_tail(bare, opening)):
        return b""
    return b";" * max(2 - bare.count(b";", opening), 0)
