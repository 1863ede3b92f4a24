# SPDX-License-Identifier: GPL-2.0-only
"""What the source stage makes of a patched file."""

from bisect import bisect_right
from operator import itemgetter

from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one side of one hunk shows of a file nobody has at hand.

    ``line`` is the number of the first line of ``text`` in that image and
    ``section`` the function heading git printed behind ``@@``.
    """

    text: bytes
    line: int
    section: str


@dataclass(frozen=True, slots=True)
class SourcePair:
    """One file before and after the patch.

    ``before`` and ``after`` are whole images, or None: for a file that is
    created or deleted, and for both when only the hunks are known; then
    ``fragments_before`` and ``fragments_after`` hold one entry per hunk.
    ``origin`` says where the before image came from: ``series`` (the result of
    an earlier patch), ``blob``, ``base-commit``, ``head``, ``directory``,
    ``patch`` (a created file, or a deleted one without a tree: the patch says
    it all) or ``hunks``.
    ``kept`` maps line numbers of the before image to the after image for the
    lines the patch did not touch (shape: sorted pairs of run starts and
    lengths: ``(before_line, after_line, count)``).
    ``hunk_lines`` are the line ranges the hunks cover in the after image and
    ``hunk_lines_before`` in the before image, as ``(first, last)``, one per
    hunk; ``last`` is ``first - 1`` where a hunk has no lines on that side.
    """

    path: str
    before: bytes | None
    after: bytes | None
    origin: str
    fragments_before: tuple[Fragment, ...]
    fragments_after: tuple[Fragment, ...]
    kept: tuple[tuple[int, int, int], ...]
    hunk_lines_before: tuple[tuple[int, int], ...]
    hunk_lines: tuple[tuple[int, int], ...]

    @property
    def whole(self) -> bool:
        """Whether whole images are known, not only the hunks."""
        return self.origin != "hunks"

    def after_line(self, before_line: int) -> int | None:
        """The line of the after image an untouched before line moved to."""
        at = bisect_right(self.kept, before_line, key=itemgetter(0))
        if not at:
            return None
        old, new, count = self.kept[at - 1]
        return new + before_line - old if before_line < old + count else None

    def before_line(self, after_line: int) -> int | None:
        """The line of the before image that an untouched after line was."""
        at = bisect_right(self.kept, after_line, key=itemgetter(1))
        if not at:
            return None
        old, new, count = self.kept[at - 1]
        return old + after_line - new if after_line < new + count else None
