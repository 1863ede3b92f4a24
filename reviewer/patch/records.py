# SPDX-License-Identifier: GPL-2.0-only
"""What the patch stage makes of a mail or a diff."""

from reviewer.location import Problem
from reviewer.record import dataclass


class PatchError(Exception):
    """An input that holds nothing to read; the text is one line and names it."""


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk: ``kind`` is ``' '``, ``'+'`` or ``'-'``.

    ``text`` holds the bytes behind the marker with their newline; it has none
    when the diff says ``\\ No newline at end of file``.  ``position`` is the
    line of ``Patch.lines`` the hunk line stands on, counted from 1.
    """

    kind: str
    text: bytes
    position: int


@dataclass(frozen=True, slots=True)
class Hunk:
    """One ``@@`` block; starts and counts as in its header.

    ``position`` is the line of ``Patch.lines`` the header stands on, from 1.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    lines: tuple[HunkLine, ...]
    position: int


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The change of one file; a path is None where the file does not exist.

    ``old_blob`` and ``new_blob`` are the (abbreviated) ids of the ``index``
    line, empty without one.  ``position`` is the line of ``Patch.lines`` the
    file begins on, from 1.  ``copied`` tells a copy from a rename: the file
    of ``old_path`` stays.
    """

    old_path: str | None
    new_path: str | None
    old_blob: str
    new_blob: str
    hunks: tuple[Hunk, ...]
    binary: bool
    position: int
    copied: bool = False

    @property
    def path(self) -> str:
        """The path people call the file by."""
        return self.new_path or self.old_path or ""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch of a submission.

    ``changelog`` is None when the input is a bare diff: the changelog is then
    unknown, not silent.  ``message_id`` carries no angle brackets.
    ``author`` is ``Name <address>``, ``date`` the text of the header.
    ``lines`` is the text of the diff part without newlines, for quoting:
    ``lines[position - 1]`` is what a record with that position stands on.
    """

    subject: str
    author: str
    date: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    changelog: str | None
    base_commit: str
    files: tuple[FileDiff, ...]
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of the thread that is not a patch itself, or answers one.

    ``paragraphs`` are the unquoted paragraphs, each joined to one line.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    author: str
    date: str
    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything one input held, in order.

    ``prerequisites`` are what the patches say they stand on: ``patch-id``,
    ``message-id`` or ``change-id``, and which.  ``change_ids`` are those of the
    patches themselves.  ``given`` are patches below them that are not reviewed.
    """

    patches: tuple[Patch, ...]
    replies: tuple[Reply, ...]
    notes: tuple[str, ...]
    prerequisites: tuple[tuple[str, str], ...] = ()
    change_ids: tuple[str, ...] = ()
    given: tuple[Patch, ...] = ()
