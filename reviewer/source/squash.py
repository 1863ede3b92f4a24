# SPDX-License-Identifier: GPL-2.0-only
"""Several changes of one file, one on top of the other, as one."""

from reviewer.source.records import SourcePair

Runs = tuple[tuple[int, int, int], ...]
Ranges = tuple[tuple[int, int], ...]


def squash(first: SourcePair, second: SourcePair) -> SourcePair:
    """What two changes make together; ``second`` begins with the after image of ``first``.

    Both have whole images.  The touched lines are those that did not stay: a
    line that is taken away and put back was touched.
    """
    kept = _through(first.kept, second.kept)
    return SourcePair(
        path=second.path,
        before=first.before,
        after=second.after,
        origin="series",
        fragments_before=(),
        fragments_after=(),
        kept=kept,
        hunk_lines_before=_between([(old, count) for old, _, count in kept], first.before),
        hunk_lines=_between([(new, count) for _, new, count in kept], second.after),
    )


def _through(first: Runs, second: Runs) -> Runs:
    """The lines that both changes kept."""
    found: list[tuple[int, int, int]] = []
    one = two = 0
    while one < len(first) and two < len(second):
        old, middle, count = first[one]
        start, new, length = second[two]
        low, high = max(middle, start), min(middle + count, start + length)
        if low < high:
            found.append((old + low - middle, new + low - start, high - low))
        if middle + count <= start + length:
            one += 1
        else:
            two += 1
    return tuple(found)


def _between(runs: list[tuple[int, int]], text: bytes | None) -> Ranges:
    """The lines of an image outside the kept runs; a range without lines where
    the other image alone has some."""
    data = text or b""
    last = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    found, line = [], 1
    for start, count in runs:
        found.append((line, start - 1))
        line = start + count
    return (*found, (line, last))
