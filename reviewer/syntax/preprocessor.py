# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor lines inside a function.

An ``#if`` whose arms are whole statements stays: the parser reads it.  One that
cuts across a statement is settled: one arm stays, the others are blanked.
"""

import re

from reviewer.record import dataclass, field
from reviewer.syntax.mask import Directive, directives, without_directives
from reviewer.syntax.work import Work

_CONDITIONS = frozenset({"if", "ifdef", "ifndef", "else", "elif", "elifdef", "elifndef", "endif"})
_EVENT = re.compile(rb"[()\[\]{}]")
ARM_LEFT_OUT = "an #if arm that cuts across a statement is left out"
"""The note on a function of which a part was not read."""
_MAX_NESTING = 40
_MAX_BRACKETS = 400
_STARTS_INSIDE = re.compile(rb"\s*(?:else\b|[-+*/%=<>&|^?:,.)\]](?!\+|-))")
_STARTS_STATEMENT = re.compile(rb"\s*(?:\*|\(|\+\+|--|&&?\w)")


@dataclass(slots=True)
class _Group:
    """One ``#if`` with its arms: lines, and brackets open before it."""

    lines: list[Directive]
    before: tuple[int, ...]
    first: tuple[int, ...] | None = None
    whole: bool = True
    inner: list["_Group"] = field(default_factory=list)


def settle_directives(work: Work) -> None:
    """Blank the lines that are no conditions, and settle the groups."""
    lines = directives(bytes(work.text))
    if not lines:
        work.refresh()
        return
    bare = without_directives(bytes(work.text), lines)
    conditions = [line for line in lines if line.word in _CONDITIONS]
    for line in lines:
        if line.word not in _CONDITIONS:
            work.erase(line.start, line.end)
            work.note(line.start, f"#{line.word} inside a function")
    groups = _groups(bare, conditions)
    if groups is None:
        work.note(conditions[0].start, "preprocessor lines do not pair up")
        for line in conditions:
            work.erase(line.start, line.end)
    else:
        for group in groups:
            _settle(work, group, bare)
    work.refresh()


def _groups(bare: bytes, conditions: list[Directive]) -> list[_Group] | None:
    """The outermost groups, or None when the lines do not pair up."""
    events: list[tuple[int, Directive | None]] = [(c.start, c) for c in conditions]
    if events:
        events += [(found.start(), None) for found in _EVENT.finditer(bare)]
    events.sort(key=lambda event: event[0])
    found: list[_Group] = []
    open_groups: list[_Group] = []
    stack: list[int] = []
    for offset, line in events:
        if line is None:
            _bracket(bare, offset, stack)
        elif line.word.startswith("if"):
            group = _Group([line], tuple(stack))
            (open_groups[-1].inner if open_groups else found).append(group)
            open_groups.append(group)
            if len(open_groups) > _MAX_NESTING or len(stack) > _MAX_BRACKETS:
                return None
        elif not open_groups:
            return None
        else:
            _next_arm(open_groups, line, stack)
    return None if open_groups else found


def _bracket(bare: bytes, offset: int, stack: list[int]) -> None:
    if bare[offset] in b"([{":
        stack.append(offset)
    elif stack:
        stack.pop()


def _next_arm(open_groups: list[_Group], line: Directive, stack: list[int]) -> None:
    group = open_groups[-1]
    group.lines.append(line)
    here = tuple(stack)
    group.first = here if group.first is None else group.first
    group.whole = group.whole and here == group.before
    if line.word == "endif":
        open_groups.pop()
        stack[:] = group.first
    else:
        stack[:] = group.before


def _settle(work: Work, group: _Group, bare: bytes) -> None:
    """Keep, settle or blank one group and those inside it."""
    value = _constant(group.lines[0])
    if value is None and group.whole and _is_statements(bare, group, work.body):
        for inner in group.inner:
            _settle(work, inner, bare)
        return
    kept = _kept_arm(group, work.other_arm) if value is None else _constant_arm(group, value)
    for line in group.lines:
        work.erase(line.start, line.end)
    for number, (line, following) in enumerate(zip(group.lines, group.lines[1:], strict=False)):
        if number != kept:
            _leave_out(work, line.end, following.start, noted=value is None)
    for inner in group.inner:
        start = group.lines[kept].end if kept >= 0 else -1
        if kept >= 0 and start <= inner.lines[0].start < group.lines[kept + 1].start:
            _settle(work, inner, bare)


def _leave_out(work: Work, start: int, end: int, noted: bool) -> None:
    if not work.text[start:end].strip():
        return
    if noted:
        work.note(start + 1, ARM_LEFT_OUT)
        work.mark(start, end, "arm")
    work.erase(start, end)


def _constant(line: Directive) -> bool | None:
    text = line.text.strip()
    return {"0": False, "1": True}.get(text) if line.word == "if" else None


def _constant_arm(group: _Group, value: bool) -> int:
    if value:
        return 0
    return 1 if len(group.lines) == 3 else -1


def _kept_arm(group: _Group, other: bool) -> int:
    """The arm that is compiled when options are switched on, or the ``other``
    one: that of ``#else``, and -1 where there is none."""
    first = group.lines[0]
    last = len(group.lines) - 2 if group.lines[-2].word == "else" else -1
    negative = first.word == "ifndef" or first.text.strip().startswith("!")
    kept = 1 if negative and last == 1 else 0
    return (last if kept == 0 else 0) if other else kept


def _is_statements(bare: bytes, group: _Group, body: int) -> bool:
    """Whether every arm is a run of whole statements or declarations."""
    start, end = group.lines[0].start, group.lines[-1].end
    if start < body or not group.before or not _in_block(bare, group.before[-1]):
        return False
    if _last(bare, body, start) not in b";{}" or _goes_on(bare, end, len(bare)):
        return False
    for line, following in zip(group.lines, group.lines[1:], strict=False):
        last = _last(bare, line.end, following.start)
        if last not in b";}" or _goes_on(bare, line.end, following.start):
            return False
    return True


def _in_block(bare: bytes, opening: int) -> bool:
    if bare[opening] != 123:
        return False
    last = _last(bare, 0, opening)
    return last not in b"=,[" or last == b""


def _last(bare: bytes, start: int, end: int) -> bytes:
    """The last character that is not blank, or nothing."""
    while end > start:
        end -= 1
        if bare[end] not in b" \t\r\n":
            return bare[end : end + 1]
    return b""


def _goes_on(bare: bytes, start: int, end: int) -> bool:
    """Whether what follows can only continue a statement begun before."""
    if not _STARTS_INSIDE.match(bare, start, end):
        return False
    return not _STARTS_STATEMENT.match(bare, start, end)
