# SPDX-License-Identifier: GPL-2.0-only
"""Unified diffs, as git and diff write them and as mail brings them.

Text around the diffs is passed over.  A file whose diff is damaged becomes one
problem and is left out as a whole; the next file is read as if nothing were.
"""

import re
from collections.abc import Sequence

from reviewer.location import Problem
from reviewer.patch.hunks import Damage, read_hunks
from reviewer.patch.names import file_name, git_names, without_prefixes
from reviewer.patch.records import FileDiff, Hunk
from reviewer.record import dataclass

_GIT = b"diff --git "
_COMBINED = (b"diff --cc ", b"diff --combined ")
_INDEX = re.compile(rb"index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: \d{6})?\s*\Z")
_BINARY_FILES = re.compile(rb"Binary files (\S.*) and (\S.*) differ\s*\Z")
# Longer than two paths can be; the pattern above would take quadratic time.
_MAX_BINARY_LINE = 9000
_EXTENDED = (
    b"old mode ",
    b"new mode ",
    b"deleted file mode ",
    b"new file mode ",
    b"copy from ",
    b"copy to ",
    b"rename from ",
    b"rename to ",
    b"similarity index ",
    b"dissimilarity index ",
    b"index ",
)
_EMPTY_BLOB = "e69de29"


@dataclass(frozen=True, slots=True)
class ParsedDiff:
    """What a stretch of diff text holds.

    ``length`` is the number of lines up to the end of the last file; what
    stands behind them (a signature, a list footer) is no part of the diff.
    """

    files: tuple[FileDiff, ...]
    problems: tuple[Problem, ...]
    length: int


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands above the hunks of a file; ``behind`` is the index behind it."""

    old: str | None
    new: str | None
    behind: int
    old_blob: str = ""
    new_blob: str = ""
    binary: bool = False
    copied: bool = False
    bodiless: bool = False


def find_diff(lines: Sequence[bytes], first: int = 0) -> int | None:
    """The index of the first line at or behind ``first`` that begins a file."""
    return next((at for at in range(first, len(lines)) if _begins_file(lines, at)), None)


def parse_diff(lines: Sequence[bytes], origin: str = "the diff", skipped: int = 0) -> ParsedDiff:
    """Read all files of ``lines`` (bytes with their newlines).

    Positions in the records count ``lines`` from 1.  Problems name lines of
    ``origin``, of which ``skipped`` lines stand in front of ``lines``.
    """
    files: list[FileDiff] = []
    problems: list[Problem] = []
    at = end = 0
    damaged = False
    while at < len(lines):
        try:
            if not _begins_file(lines, at, damaged):
                if not damaged and lines[at].startswith(b"@@ -"):
                    raise Damage(at, "a hunk without the names of its file")
                at += 1
                end = at if damaged else end
                continue
            file, at = _file(lines, at)
        except Damage as damage:
            reason = f"line {skipped + damage.at + 1} of {origin}: {damage.reason}"
            problems.append(Problem(damage.path, "", reason))
            at, damaged = damage.resume, True
        else:
            files.append(file)
            damaged = False
        end = at
    return ParsedDiff(tuple(files), tuple(problems), end)


def _begins_file(lines: Sequence[bytes], at: int, strict: bool = False) -> bool:
    """Whether a file begins at this line.

    ``strict`` is for the rest of a damaged file: there ``---`` and ``+++`` may
    be ordinary lines, and a hunk header must follow them.
    """
    line = lines[at]
    if line.startswith(b"diff --"):
        return line.startswith(_GIT) or line.startswith(_COMBINED)
    if line.startswith(b"--- "):
        if at + 1 >= len(lines) or not lines[at + 1].startswith(b"+++ "):
            return False
        return not strict or (at + 2 < len(lines) and lines[at + 2].startswith(b"@@ -"))
    return _binary_names(line) is not None


def _file(lines: Sequence[bytes], at: int) -> tuple[FileDiff, int]:
    """The file that begins at index ``at``, and the index behind it."""
    line = lines[at]
    if line.startswith(_COMBINED):
        path = file_name(line.split(b" ", 2)[2]) or ""
        raise Damage(at, "the combined diff of a merge is not analysed", _shown(path))
    if line.startswith(_GIT):
        header = _git_header(lines, at)
    elif line.startswith(b"Binary files "):
        header = _plain_binary(line, at)
    else:
        header = _plain_header(lines, at)
    path = header.new or header.old or ""
    if not path.isprintable():
        raise Damage(at, "a file name with control characters", _shown(path), header.behind)
    if header.binary:
        return _record(header, (), at), header.behind
    try:
        hunks, behind = read_hunks(lines, header.behind)
        if not hunks and not header.bodiless:
            raise Damage(at, "no hunk follows the names of the file", resume=header.behind)
    except Damage as damage:
        damage.path = path
        raise
    if not line.startswith(_GIT):
        header = _created_or_deleted(header, hunks)
    return _record(header, hunks, at), behind


def _record(header: _Header, hunks: tuple[Hunk, ...], at: int) -> FileDiff:
    return FileDiff(
        old_path=header.old,
        new_path=header.new,
        old_blob=header.old_blob,
        new_blob=header.new_blob,
        hunks=hunks,
        binary=header.binary,
        position=at + 1,
        copied=header.copied,
    )


def _git_header(lines: Sequence[bytes], at: int) -> _Header:
    """The lines from ``diff --git`` to the first hunk."""
    fields, behind = _extended_fields(lines, at + 1)
    index = _INDEX.match(b"index " + fields.get("index", b""))
    old_blob, new_blob = (index[1].decode(), index[2].decode()) if index else ("", "")
    marker = lines[behind] if behind < len(lines) else b""
    binary = marker.startswith(b"GIT binary patch") or _binary_names(marker) is not None
    named = marker.startswith(b"--- ")
    old, new = _git_paths(lines, at, behind if named else None, fields)
    created, deleted = "new file mode" in fields, "deleted file mode" in fields
    same = bool(fields) and (not index or old_blob == new_blob)
    return _Header(
        old=None if created else old,
        new=None if deleted else new,
        behind=behind + (2 if named else binary),
        old_blob=old_blob,
        new_blob=new_blob,
        binary=binary,
        copied="copy from" in fields,
        bodiless=not named and (same or deleted or new_blob.startswith(_EMPTY_BLOB)),
    )


def _extended_fields(lines: Sequence[bytes], at: int) -> tuple[dict[str, bytes], int]:
    """The extended header lines by keyword, and the index behind them."""
    fields: dict[str, bytes] = {}
    while at < len(lines):
        line = lines[at]
        keyword = next((word for word in _EXTENDED if line.startswith(word)), None)
        if keyword is None:
            break
        fields[keyword.decode().rstrip()] = line[len(keyword) :]
        at += 1
    return fields, at


def _git_paths(
    lines: Sequence[bytes], at: int, named: int | None, fields: dict[str, bytes]
) -> tuple[str | None, str | None]:
    """Old and new path; ``named`` is the index of the ``--- `` line."""
    source = fields.get("rename from", fields.get("copy from"))
    target = fields.get("rename to", fields.get("copy to"))
    if named is not None:
        paths = _marked_paths(lines, named)
    else:
        names = git_names(lines[at][len(_GIT) :])
        paths = without_prefixes(*names) if names else (None, None)
    if source is not None and target is not None:
        # These two carry no prefix, which the other places may do.
        paths = (file_name(source), file_name(target))
    if not any(paths):
        raise Damage(at, "the names of the file cannot be read")
    return paths


def _marked_paths(lines: Sequence[bytes], at: int) -> tuple[str | None, str | None]:
    """The paths of the ``---`` and ``+++`` lines, without prefixes."""
    if at + 1 >= len(lines) or not lines[at + 1].startswith(b"+++ "):
        raise Damage(at, "'---' without '+++'")
    names = file_name(lines[at][4:]), file_name(lines[at + 1][4:])
    if "" in names or names == (None, None):
        raise Damage(at, "the names of the file cannot be read", resume=at + 2)
    return without_prefixes(*names)


def _plain_header(lines: Sequence[bytes], at: int) -> _Header:
    """``---`` and ``+++`` without git: one file, whatever the two are called."""
    old, new = _marked_paths(lines, at)
    if old is not None and new is not None:
        old = new = min(new, old, key=len)
    return _Header(old, new, at + 2)


def _plain_binary(line: bytes, at: int) -> _Header:
    names = _binary_names(line) or (None, None)
    if not any(names):
        raise Damage(at, "the names of the file cannot be read")
    old, new = without_prefixes(*names)
    return _Header(old, new, at + 1, binary=True)


def _binary_names(line: bytes) -> tuple[str | None, str | None] | None:
    """Both names of a ``Binary files`` line, or None for any other line."""
    if not line.startswith(b"Binary files ") or len(line) > _MAX_BINARY_LINE:
        return None
    match = _BINARY_FILES.match(line)
    return (file_name(match[1]), file_name(match[2])) if match else None


def _created_or_deleted(header: _Header, hunks: tuple[Hunk, ...]) -> _Header:
    """A plain diff says only by an empty side that a file comes or goes."""
    if len(hunks) != 1:
        return header
    nothing_old = not hunks[0].old_start and not hunks[0].old_count
    nothing_new = not hunks[0].new_start and not hunks[0].new_count
    old = None if nothing_old else header.old
    new = None if nothing_new else header.new
    return _Header(old, new, header.behind)


def _shown(path: str) -> str:
    """A path that is safe to print."""
    return path if path.isprintable() else ascii(path)[1:-1]
