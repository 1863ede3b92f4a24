# SPDX-License-Identifier: GPL-2.0-only
"""The ``@@`` blocks of a unified diff, counted line by line.

The counts of the header decide where a hunk ends: ``--- `` inside a hunk is a
removed line.  Wherever the lines do not add up to the counts the hunk is
damaged, and nothing of it is used.
"""

import re
from collections.abc import Sequence

from reviewer.patch.records import Hunk, HunkLine

# Nine digits are enough for any file, and cheap to turn into numbers.
_HEADER = re.compile(
    rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@([^\r\n]*)\r?\n?\Z"
)
_VERSION = re.compile(rb"\d+\.\d")
_NO_NEWLINE = b"\\ "
_EMPTY = (b"\n", b"\r\n")


class Damage(Exception):
    """A place where the diff contradicts itself.

    ``at`` is the index of the line to name, ``resume`` the index from which
    the next file is to be looked for, ``reason`` one line without a position.
    """

    def __init__(self, at: int, reason: str, path: str = "", resume: int | None = None) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason
        self.path = path
        self.resume = at + 1 if resume is None else resume


def read_hunks(lines: Sequence[bytes], at: int) -> tuple[tuple[Hunk, ...], int]:
    """Read the hunks from index ``at`` on; also give the index behind the last.

    Raises Damage when a header cannot be read or the lines do not add up.
    """
    hunks: list[Hunk] = []
    while at < len(lines) and lines[at].startswith(b"@@"):
        hunk, behind = _hunk(lines, at)
        if hunks and _ran_into_next_file(hunks[-1], hunk):
            start = hunks[-1].position - 1
            raise Damage(start, "the hunk runs into the next file", resume=start + 1)
        hunks.append(hunk)
        at = behind
    return tuple(hunks), at


def _hunk(lines: Sequence[bytes], at: int) -> tuple[Hunk, int]:
    match = _HEADER.match(lines[at])
    if match is None:
        raise Damage(at, "bad hunk header")
    old_start, old_count, new_start, new_count = (
        1 if number is None else int(number) for number in match.groups()[:4]
    )
    if (old_count and not old_start) or (new_count and not new_start):
        raise Damage(at, "bad hunk header: lines are counted from 1")
    if not old_count and not new_count:
        raise Damage(at, "bad hunk header: a hunk without lines")
    body, behind = _body(lines, at, old_count, new_count)
    section = match[5].decode("utf-8", "replace").strip()
    hunk = Hunk(old_start, old_count, new_start, new_count, section, body, at + 1)
    return hunk, behind


def _body(
    lines: Sequence[bytes], header: int, old: int, new: int
) -> tuple[tuple[HunkLine, ...], int]:
    """The lines behind the header at index ``header``, and the index behind them."""
    body: list[HunkLine] = []
    at = header + 1
    left_old, left_new = old, new
    while left_old or left_new:
        if at >= len(lines):
            raise Damage(header, _cut_short(old, new, left_old, left_new), resume=header + 1)
        kind, text = _split(lines, at, header)
        left_old -= kind != "+"
        left_new -= kind != "-"
        if left_old < 0 or left_new < 0:
            side = "old" if left_old < 0 else "new"
            reason = f"the hunk has more {side} lines than its header says"
            raise Damage(at, reason, resume=header + 1)
        position = at + 1
        at += 1
        if at < len(lines) and lines[at].startswith(_NO_NEWLINE):
            if (kind != "+" and left_old) or (kind != "-" and left_new):
                raise Damage(at, "end of file in the middle of a hunk", resume=header + 1)
            text = text.removesuffix(b"\n")
            at += 1
        elif not text.endswith(b"\n"):
            # The last line of the input lost its newline, not the file's.
            text += b"\n"
        body.append(HunkLine(kind, text, position))
    if at < len(lines) and _belongs_to_hunk(lines, at):
        raise Damage(at, "the hunk has more lines than its header says", resume=header + 1)
    return tuple(body), at


def _split(lines: Sequence[bytes], at: int, header: int) -> tuple[str, bytes]:
    """Marker and text of one line of a hunk."""
    line = lines[at]
    kind = line[:1]
    if kind == b" " or kind == b"+":
        return kind.decode(), line[1:]
    if kind == b"-":
        if _is_signature(lines, at):
            reason = "the hunk is cut short: the signature of the mail begins inside it"
            raise Damage(at, reason, resume=header + 1)
        return "-", line[1:]
    if line in _EMPTY:
        # Some mailers drop the blank in front of an empty context line.
        return " ", line
    if line.startswith((b"diff --", b"@@ -")):
        raise Damage(header, "the hunk is cut short: another one begins", resume=header + 1)
    reason = "neither ' ', '+' nor '-' begins this line of the hunk (wrapped by a mailer?)"
    raise Damage(at, reason, resume=header + 1)


def _is_signature(lines: Sequence[bytes], at: int) -> bool:
    """Whether ``-- `` and a version of git stand here, not a removed line."""
    if lines[at].rstrip(b"\r\n") != b"-- ":
        return False
    return at + 1 == len(lines) or _VERSION.match(lines[at + 1]) is not None


def _cut_short(old: int, new: int, left_old: int, left_new: int) -> str:
    have = f"{old - left_old} of {old} old and {new - left_new} of {new} new lines"
    return f"the hunk is cut short: {have}"


def _belongs_to_hunk(lines: Sequence[bytes], at: int) -> bool:
    """Whether the line behind a hunk looks as if the count had missed it."""
    line = lines[at]
    if not line.startswith((b" ", b"+", b"-")):
        return False
    # A signature, a PGP armour and the next plain file header begin with dashes.
    return not (line.startswith(b"---") or line.rstrip() == b"--")


def _ran_into_next_file(hunk: Hunk, following: Hunk) -> bool:
    """Whether a count one too high swallowed the ``---`` and ``+++`` of a plain diff."""
    if following.old_start > hunk.old_start or len(hunk.lines) < 2:
        return False
    removed, added = hunk.lines[-2:]
    return (removed.kind + added.kind == "-+") and (
        removed.text.startswith(b"-- ") and added.text.startswith(b"++ ")
    )
