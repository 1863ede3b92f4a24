# SPDX-License-Identifier: GPL-2.0-only
"""The part of a patch that a remark is about, quoted as mail does."""

from collections.abc import Iterator, Sequence

from reviewer.checker.records import Finding
from reviewer.patch.records import FileDiff, Hunk, HunkLine, Patch
from reviewer.record import dataclass

SNIP = "[ ... ]"
# A remark needs the lines around it, not the whole of a long hunk.
_LONGEST = 16
_KEPT = 12
_LONGEST_CHANGE = 8


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A line of a patch: indices of file, hunk and the last line to quote of it."""

    file: int
    hunk: int
    line: int


def anchor(patch: Patch, finding: Finding) -> Anchor | None:
    """The line a finding is about, with the change it belongs to; None without its file.

    The removed line of the before image is preferred, then the added line,
    then an unchanged one.  An access outside of every hunk is put at the last
    change of the hunk nearest to it.
    """
    for number, diff in enumerate(patch.files):
        if finding.file not in (diff.new_path, diff.old_path) or not diff.hunks:
            continue
        exact = _exact(diff, finding)
        if exact:
            return Anchor(number, exact[0], _whole_change(diff.hunks[exact[0]].lines, exact[1]))
        near = min(range(len(diff.hunks)), key=lambda i: _distance(diff.hunks[i], finding.line))
        return Anchor(number, near, _last_change(diff.hunks[near].lines))
    return None


def quoted(patch: Patch, after: Anchor | None, upto: Anchor) -> list[str]:
    """The mail lines that quote the patch behind ``after``, as far as ``upto``.

    File and hunk headers are quoted when they were not yet; what is left out
    leaves a line ``[ ... ]``.  Quoted lines are those of the patch, unwrapped.
    """
    diff = patch.files[upto.file]
    hunk = diff.hunks[upto.hunk]
    lines: list[str] = []
    fresh_file = after is None or after.file != upto.file
    fresh_hunk = fresh_file or (after is not None and after.hunk != upto.hunk)
    if fresh_file:
        lines += [*map(quote, _file_header(patch, upto.file))]
    if fresh_hunk:
        lines += [SNIP, quote(_hunk_header(patch, upto.file, hunk))]
    begin = 0 if fresh_hunk or after is None else after.line + 1
    if upto.line + 1 - begin > _LONGEST:
        begin = upto.line + 1 - _KEPT
        lines.append(SNIP)
    return lines + [quote(hunk_line(line)) for line in hunk.lines[begin : upto.line + 1]]


def quote(line: str) -> str:
    """One quoted line.  Only what would end the line is taken out of it."""
    return "> " + line.replace("\r", "").replace("\n", "").replace("\0", "")


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


def _exact(diff: FileDiff, finding: Finding) -> tuple[int, int] | None:
    """Hunk and line of the access: removed, else added, else unchanged."""
    best: tuple[int, int, int] | None = None
    for number, hunk in enumerate(diff.hunks):
        for index, line, old, new in _numbered(hunk):
            old_hit = old > 0 and old == finding.before_line
            new_hit = new > 0 and new == finding.line
            if old_hit or new_hit:
                rank = "-+ ".index(line.kind)
                best = min(best or (3, 0, 0), (rank, number, index))
    return None if best is None else best[1:]


def _whole_change(lines: Sequence[HunkLine], index: int) -> int:
    """The index to quote to, so that what was changed around the line is seen."""
    end = index
    if not any(line.kind != " " for line in lines[: index + 1]):
        while end + 1 < len(lines) and lines[end + 1].kind == " ":
            end += 1
    while end + 1 < len(lines) and lines[end + 1].kind != " ":
        end += 1
    return end if end - index <= _LONGEST_CHANGE else index


def _last_change(lines: Sequence[HunkLine]) -> int:
    changed = [index for index, line in enumerate(lines) if line.kind != " "]
    return changed[-1] if changed else len(lines) - 1


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
    starts = [line for line in patch.lines if line.startswith("diff --git ")]
    if len(starts) == len(patch.files):
        return [starts[number]]
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
