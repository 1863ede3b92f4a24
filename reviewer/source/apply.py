# SPDX-License-Identifier: GPL-2.0-only
"""Apply a diff to the text it was made of: exactly, or not at all.

A hunk goes where its old lines stand, at its own line or at the only other
place behind the hunk before it.  No line of context is ever ignored.
"""

from collections.abc import Sequence
from io import BytesIO

from reviewer.patch.records import FileDiff, Hunk, HunkLine
from reviewer.record import dataclass, replace

# Comparisons of lines spent on looking for moved hunks of one file: far more
# than real patches need, and a bound for those made to take long.
_MAX_COMPARISONS = 5_000_000
_SHOWN_PLACES = 5
_SHOWN_CHARACTERS = 60
_SWAPPED = {" ": " ", "+": "-", "-": "+"}

Runs = tuple[tuple[int, int, int], ...]
Ranges = tuple[tuple[int, int], ...]


class ApplyError(Exception):
    """The diff does not fit the text; one line that names the hunk."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An after image and how its lines relate to the before image.

    ``kept`` holds ``(before_line, after_line, count)`` of untouched lines, in
    order; the ranges are ``(first, last)`` per hunk, with ``last`` one less
    than ``first`` where that side of a hunk has no lines.  Lines count from 1.
    """

    after: bytes
    kept: Runs
    hunk_lines_before: Ranges
    hunk_lines: Ranges


def apply(before: bytes, diff: FileDiff) -> bytes:
    """The after image.  Raises ApplyError when a hunk has no place or several."""
    return place(before, diff).after


def place(before: bytes, diff: FileDiff, known: bool = False) -> Applied:
    """Apply and keep the relation of the lines.

    ``known`` says that ``before`` is the very text the diff was made of, so
    that hunks without old lines may be put where they say.  Raises ApplyError.
    """
    lines = BytesIO(before).readlines()
    starts = _starts(lines, diff, known)
    out: list[bytes] = []
    old_ranges: list[tuple[int, int]] = []
    new_ranges: list[tuple[int, int]] = []
    runs: list[tuple[int, int, int]] = []
    cursor = 0
    for hunk, start in zip(diff.hunks, starts, strict=True):
        _keep(runs, cursor, len(out), start - cursor)
        out += lines[cursor:start]
        first = len(out)
        cursor = _walk(hunk, start, out, runs)
        old_ranges.append((start + 1, cursor))
        new_ranges.append((first + 1, len(out)))
    _keep(runs, cursor, len(out), len(lines) - cursor)
    out += lines[cursor:]
    _check_newlines(out)
    return Applied(b"".join(out), tuple(runs), tuple(old_ranges), tuple(new_ranges))


def hunk_runs(hunks: Sequence[Hunk]) -> Runs:
    """The kept lines that hunks alone show, numbered by their headers."""
    runs: list[tuple[int, int, int]] = []
    for hunk in hunks:
        old = first_line(hunk.old_start, hunk.old_count)
        new = first_line(hunk.new_start, hunk.new_count)
        for line in hunk.lines:
            if line.kind == " ":
                _keep(runs, old - 1, new - 1, 1)
            old += line.kind != "+"
            new += line.kind != "-"
    return tuple(runs)


def first_line(start: int, count: int) -> int:
    """The first line of a side of a hunk; an empty side names the line before."""
    return start if count else start + 1


def reverse(diff: FileDiff) -> FileDiff:
    """The diff that takes ``diff`` back."""
    return replace(
        diff,
        old_path=diff.new_path,
        new_path=diff.old_path,
        old_blob=diff.new_blob,
        new_blob=diff.old_blob,
        hunks=tuple(_reversed(hunk) for hunk in diff.hunks),
    )


def _reversed(hunk: Hunk) -> Hunk:
    return replace(
        hunk,
        old_start=hunk.new_start,
        old_count=hunk.new_count,
        new_start=hunk.old_start,
        new_count=hunk.old_count,
        lines=tuple(HunkLine(_SWAPPED[x.kind], x.text, x.position) for x in hunk.lines),
    )


def _starts(lines: list[bytes], diff: FileDiff, known: bool) -> list[int]:
    """For each hunk the index of its first old line."""
    starts: list[int] = []
    places: dict[bytes, list[int]] = {}
    floor, spent = 0, 0
    for number, hunk in enumerate(diff.hunks, 1):
        old = [line.text for line in hunk.lines if line.kind != "+"]
        start = first_line(hunk.old_start, len(old)) - 1
        lowest, highest = _limits(hunk, floor, len(lines) - len(old))
        if not old:
            _check_insertion(lines, hunk, number, start >= floor and known)
        elif not lowest <= start <= highest or lines[start : start + len(old)] != old:
            places = places or _places(lines)
            found, cost = _search(lines, old, places, _MAX_COMPARISONS - spent)
            spent += cost
            found = [at for at in found if lowest <= at <= highest]
            if len(found) != 1:
                raise ApplyError(f"hunk {number} {_misfit(lines, old, start, found)}")
            start = found[0]
        starts.append(start)
        floor = start + len(old)
    return starts


def _limits(hunk: Hunk, floor: int, last: int) -> tuple[int, int]:
    """The lowest and highest index a hunk may start at.

    Context on one side only says that the file begins or ends at the other.
    """
    leads, trails = hunk.lines[0].kind == " ", hunk.lines[-1].kind == " "
    if leads and not trails:
        return max(floor, last), last
    if trails and not leads and hunk.old_start == 1:
        return floor, 0
    return floor, last


def _check_insertion(lines: list[bytes], hunk: Hunk, number: int, known: bool) -> None:
    """A hunk without old lines fits an empty file, else only a text known to be right."""
    if not lines and hunk.old_start == 0:
        return
    if not known and hunk.old_start == 0:
        raise ApplyError(f"hunk {number} does not match: the file is not empty")
    if not known or hunk.old_start > len(lines):
        raise ApplyError(f"hunk {number} has no old lines to place it by")


def _places(lines: list[bytes]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = {}
    for at, line in enumerate(lines):
        places.setdefault(line, []).append(at)
    return places


def _search(
    lines: list[bytes], old: list[bytes], places: dict[bytes, list[int]], budget: int
) -> tuple[list[int], int]:
    """All places where ``old`` stands, and the comparisons spent."""
    rarest = min(range(len(old)), key=lambda at: len(places.get(old[at], ())))
    candidates = places.get(old[rarest], ())
    cost = len(candidates) * len(old)
    if cost > budget:
        raise ApplyError("too many places to try for a hunk that is not at its line")
    starts = (at - rarest for at in candidates)
    return [at for at in starts if at >= 0 and lines[at : at + len(old)] == old], cost


def _misfit(lines: list[bytes], old: list[bytes], start: int, found: list[int]) -> str:
    """Why a hunk cannot be placed, behind its number."""
    if found:
        shown = ", ".join(str(at + 1) for at in found[:_SHOWN_PLACES])
        more = ", ..." if len(found) > _SHOWN_PLACES else ""
        return f"matches at {len(found)} places (lines {shown}{more}), not at line {start + 1}"
    for at, text in enumerate(old, start):
        if at >= len(lines):
            return f"does not match: line {at + 1} is behind the end of the file ({len(lines)})"
        if lines[at] != text:
            return f"does not match: line {at + 1} is {_quote(lines[at])}, not {_quote(text)}"
    return "does not match: it overlaps the hunk before, or begins or ends the file elsewhere"


def _quote(line: bytes) -> str:
    """A line for a message: short, printable, its end told when it is unusual."""
    text = line.removesuffix(b"\n").decode("utf-8", "replace").strip(" \t")
    shown = "".join(char if char.isprintable() else "?" for char in text[:_SHOWN_CHARACTERS])
    cut = "..." if len(text) > _SHOWN_CHARACTERS else ""
    return f"'{shown}{cut}'" + ("" if line.endswith(b"\n") else " without newline")


def _walk(hunk: Hunk, start: int, out: list[bytes], runs: list[tuple[int, int, int]]) -> int:
    """Put the new lines of a hunk out; gives the index behind its old lines."""
    at = start
    for line in hunk.lines:
        if line.kind == " ":
            _keep(runs, at, len(out), 1)
        at += line.kind != "+"
        if line.kind != "-":
            out.append(line.text)
    return at


def _keep(runs: list[tuple[int, int, int]], old: int, new: int, count: int) -> None:
    """Note that ``count`` lines from these indices on are untouched."""
    if count <= 0:
        return
    if runs:
        old_line, new_line, length = runs[-1]
        if old_line + length == old + 1 and new_line + length == new + 1:
            runs[-1] = (old_line, new_line, length + count)
            return
    runs.append((old + 1, new + 1, count))


def _check_newlines(lines: list[bytes]) -> None:
    """A line without newline may only be the last."""
    for number, line in enumerate(lines[:-1], 1):
        if not line.endswith(b"\n"):
            raise ApplyError(f"line {number} would lose its newline in the middle of the file")
