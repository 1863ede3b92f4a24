# SPDX-License-Identifier: GPL-2.0-only
"""The part of a patch that a remark is about, quoted as mail does."""

import re
from collections.abc import Iterator, Sequence

from reviewer.checker.records import Finding
from reviewer.patch.records import FileDiff, Hunk, HunkLine, Patch
from reviewer.record import dataclass

SNIP = "[ ... ]"
# A remark needs the lines around it, not the whole of a long hunk.
_LONGEST = 16
_KEPT = 12
_NAME = re.compile(r"[A-Za-z_]\w*")
# What some reader of mail takes for the end of a line, and what ends a text.
_ENDS = re.compile(r"[\n\r\v\f\x00\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A line of a patch: indices of file, hunk and line.  A quote ends with it."""

    file: int
    hunk: int
    line: int


def anchor(patch: Patch, finding: Finding) -> Anchor | None:
    """The line a finding is about; None without its file.

    The added line of the after image is preferred, then the removed line of
    the before image, then an unchanged one; where a hunk stands on other lines
    than the finding, as it was found elsewhere in the file, a line that has the
    access.  What is outside of every hunk is put where the lock it lost is taken
    away, or at the last change of the hunk nearest to it.
    """
    for number, diff in enumerate(patch.files):
        if finding.file not in (diff.new_path, diff.old_path) or not diff.hunks:
            continue
        place = _found(diff, finding)
        if place is None:
            near = min(range(len(diff.hunks)), key=lambda i: _distance(diff.hunks[i], finding.line))
            place = _gone(diff, finding) or (near, _last_change(diff.hunks[near].lines))
        return Anchor(number, *place)
    return None


def quotes(patch: Patch, anchors: Sequence[Anchor]) -> list[list[str]]:
    """The mail lines that quote the patch up to each of the anchors, which are
    distinct and in order.

    File and hunk headers are quoted when they were not yet; what is left out
    leaves a line ``[ ... ]``.  Quoted lines are those of the patch, unwrapped.
    Readers of mail find the line of a remark by its text, and tell lines of one
    text apart by counting from the header of the hunk: where that matters
    nothing of the hunk is left out.
    """
    found: list[list[str]] = []
    last: Anchor | None = None
    for one in anchors:
        same = [other for other in anchors if (other.file, other.hunk) == (one.file, one.hunk)]
        found.append(_quoted(patch, last, one, all(_alone(patch, other) for other in same)))
        last = one
    return found


def _quoted(patch: Patch, after: Anchor | None, upto: Anchor, may_skip: bool) -> list[str]:
    diff = patch.files[upto.file]
    hunk = diff.hunks[upto.hunk]
    lines: list[str] = []
    begin = 0
    if after is None or after.file != upto.file:
        lines += [*([SNIP] if after else []), *map(quote, _file_header(patch, upto.file))]
        lines += [SNIP] if upto.hunk else []
    elif after.hunk != upto.hunk:
        lines.append(SNIP)
    else:
        begin = after.line + 1
    if not begin:
        lines.append(quote(_hunk_header(patch, upto.file, hunk)))
    if may_skip and upto.line + 1 - begin > _LONGEST:
        begin = upto.line + 1 - _KEPT
        lines.append(SNIP)
    return lines + [quote(hunk_line(line)) for line in hunk.lines[begin : upto.line + 1]]


def _alone(patch: Patch, place: Anchor) -> bool:
    """Whether no other line of the patch has the text of this one."""
    text = patch.files[place.file].hunks[place.hunk].lines[place.line].text
    rows = (row for diff in patch.files for hunk in diff.hunks for row in hunk.lines)
    return sum(row.text == text for row in rows) == 1


def quote(line: str) -> str:
    """One quoted line.  Only what would end the line is taken out of it."""
    return "> " + _ENDS.sub("", line)


def hunk_line(line: HunkLine) -> str:
    """The text of a hunk line as it stands in the patch, without its newline."""
    return line.kind + line.text.removesuffix(b"\n").decode("utf-8", "replace")


def _numbered(hunk: Hunk) -> Iterator[tuple[int, HunkLine, int, int]]:
    """Index, line, and its numbers in the old and the new file (0 where it is in one only)."""
    old, new = hunk.old_start, hunk.new_start
    for index, line in enumerate(hunk.lines):
        yield index, line, old if line.kind != "+" else 0, new if line.kind != "-" else 0
        old += line.kind != "+"
        new += line.kind != "-"


def _found(diff: FileDiff, finding: Finding) -> tuple[int, int] | None:
    """Hunk and line of the access: where its numbers and its names are, else where it is
    written, else where its numbers are."""
    exact = _exact(diff, finding)
    if exact is None or exact[0]:
        alike = _alike(diff, finding)
        return alike or (exact[1:] if exact else None)
    return exact[1:]


def _exact(diff: FileDiff, finding: Finding) -> tuple[bool, int, int] | None:
    """Whether the line lacks the access, its hunk and its index; by the numbers of the
    finding: an added line, else a removed one, else an unchanged one."""
    names = _names(finding)
    best: tuple[bool, int, int, int] | None = None
    for number, hunk in enumerate(diff.hunks):
        for index, line, old, new in _numbered(hunk):
            after = 0 < new == finding.line
            before = line.kind == "-" and old == finding.before_line
            # Readers of mail lose empty lines.
            if not (after or before) or not line.text.strip():
                continue
            mute = not (names & set(_NAME.findall(hunk_line(line)[1:])))
            rank = (mute, "+- ".index(line.kind), number, index)
            best = min(best or rank, rank)
    return None if best is None else (best[0], best[2], best[3])


def _alike(diff: FileDiff, finding: Finding) -> tuple[int, int] | None:
    """Hunk and line of a changed line that has the access as it is written, one of the
    function of the finding if there is."""
    access = " ".join(finding.access.split())
    if not access:
        return None
    ranks = [
        (finding.function not in hunk.section, "+-".index(line.kind), number, index)
        for number, hunk in enumerate(diff.hunks)
        for index, line in enumerate(hunk.lines)
        if line.kind != " " and access in " ".join(hunk_line(line)[1:].split())
    ]
    return min(ranks)[2:] if ranks else None


def _names(finding: Finding) -> set[str]:
    """The names an access is known by: what is called, and the member that is touched."""
    access = _NAME.findall(finding.access.split("(", 1)[0])
    return {*access[-1:], *_NAME.findall(finding.place)[-1:]}


def _gone(diff: FileDiff, finding: Finding) -> tuple[int, int] | None:
    """Hunk and line of the removed line nearest to the finding that names what it lost."""
    names = {name for lock in finding.lost for name in _NAME.findall(lock)[-1:]}
    ranks = [
        (old > finding.before_line, abs(old - finding.before_line), number, index)
        for number, hunk in enumerate(diff.hunks)
        for index, line, old, _ in _numbered(hunk)
        if line.kind == "-" and names & set(_NAME.findall(hunk_line(line)))
    ]
    return min(ranks)[2:] if ranks else None


def _last_change(lines: Sequence[HunkLine]) -> int:
    """The last line changed that is not empty."""
    inked = [index for index, line in enumerate(lines) if line.text.strip()]
    changed = [index for index in inked if lines[index].kind != " "]
    return (changed or inked or [len(lines) - 1])[-1]


def _distance(hunk: Hunk, line: int) -> int:
    last = hunk.new_start + hunk.new_count
    return max(hunk.new_start - line, line - last, 0)


def _section(patch: Patch, number: int) -> Sequence[str]:
    """The lines of the diff of one file; all lines when files cannot be told apart."""
    starts = [i for i, line in enumerate(patch.lines) if line.startswith("diff --git ")]
    if len(starts) != len(patch.files):
        return patch.lines
    return patch.lines[starts[number] : [*starts, len(patch.lines)][number + 1]]


def _file_header(patch: Patch, number: int) -> list[str]:
    """What stands in front of the first hunk of a file."""
    starts = [line for line in patch.lines if line.startswith("diff --git ")]
    if len(starts) == len(patch.files):
        lines = _section(patch, number)
        hunk = next((i for i, line in enumerate(lines) if line.startswith("@@ -")), 1)
        return [*lines[:hunk]]
    diff = patch.files[number]
    old = f"--- a/{diff.old_path}" if diff.old_path else "--- /dev/null"
    new = f"+++ b/{diff.new_path}" if diff.new_path else "+++ /dev/null"
    return [old, new]


def _hunk_header(patch: Patch, number: int, hunk: Hunk) -> str:
    """The header as it stands in the patch; a count of 1 may be left out there."""
    old = f"-{hunk.old_start},{hunk.old_count}"
    new = f"+{hunk.new_start},{hunk.new_count}"
    full = f"@@ {old} {new} @@"
    spellings = {full}
    for one in (old, old.removesuffix(",1")):
        spellings |= {f"@@ {one} {two} @@" for two in (new, new.removesuffix(",1"))}
    for line in _section(patch, number):
        if line.startswith(tuple(spellings)):
            return line
    return f"{full} {hunk.section}".rstrip()
