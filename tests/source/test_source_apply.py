# SPDX-License-Identifier: GPL-2.0-only
"""Exact application: against git, and where it has to refuse."""

import difflib
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.patch.diff import parse_diff
from reviewer.patch.records import FileDiff
from reviewer.source.apply import ApplyError, apply, place, reverse

TEXT = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"-- x", b"}"]), max_size=40)


def diff_of(text: bytes) -> FileDiff:
    parsed = parse_diff(text.splitlines(keepends=True))
    assert parsed.problems == () and len(parsed.files) == 1
    return parsed.files[0]


def made(old: list[bytes], new: list[bytes], context: int = 3) -> bytes:
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        [line + b"\n" for line in old],
        [line + b"\n" for line in new],
        b"a/x.c",
        b"b/x.c",
        n=context,
    )
    return b"".join(lines)


def numbered(count: int) -> list[bytes]:
    return [b"line %d" % number for number in range(1, count + 1)]


def text_of(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, st.integers(0, 4))
def test_gives_the_after_image_and_back(old: list[bytes], new: list[bytes], context: int) -> None:
    if old == new:
        return
    diff = diff_of(made(old, new, context))
    before, after = text_of(old), text_of(new)
    applied = place(before, diff, known=True)
    assert applied.after == after
    assert place(after, reverse(diff), known=True).after == before
    check_relation(old, new, diff, applied.kept, applied.hunk_lines_before, applied.hunk_lines)


def check_relation(
    old: list[bytes],
    new: list[bytes],
    diff: FileDiff,
    kept: tuple[tuple[int, int, int], ...],
    ranges_before: tuple[tuple[int, int], ...],
    ranges: tuple[tuple[int, int], ...],
) -> None:
    """Every untouched line is mapped to its equal, and every other one to none."""
    pairs = [(a + n, b + n) for a, b, count in kept for n in range(count)]
    assert all(old[a - 1] == new[b - 1] for a, b in pairs)
    assert pairs == sorted(set(pairs))
    assert all((a + n, b + n) != run[:2] for (a, b, n), run in pairwise(kept))
    lines = [line for hunk in diff.hunks for line in hunk.lines]
    assert len(old) - len(pairs) == sum(line.kind == "-" for line in lines)
    assert len(new) - len(pairs) == sum(line.kind == "+" for line in lines)
    for hunk, (first, last), (first_b, last_b) in zip(
        diff.hunks, ranges, ranges_before, strict=True
    ):
        assert last - first + 1 == hunk.new_count
        assert last_b - first_b + 1 == hunk.old_count
        shown = [line.text[:-1] for line in hunk.lines if line.kind != "-"]
        assert new[first - 1 : last] == shown


def git_apply(folder: Path, before: bytes, patch: bytes) -> bytes | None:
    (folder / "x.c").write_bytes(before)
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=folder,
        input=patch,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "GIT_DIR": str(folder / "none")},
        check=False,
    )
    return (folder / "x.c").read_bytes() if done.returncode == 0 else None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"b", b"c"]), min_size=1, max_size=12),
    st.integers(0, 11),
    st.lists(st.sampled_from([b"n", b"a"]), max_size=5),
)
def test_never_differs_from_git_where_the_hunk_is_at_its_line(
    tmp_path_factory: pytest.TempPathFactory, old: list[bytes], at: int, tail: list[bytes]
) -> None:
    new = [*old[:at], b"changed", *old[at + 1 :]]
    patch = made(old, new)
    before = text_of(old + tail)
    theirs = git_apply(tmp_path_factory.mktemp("git"), before, patch)
    if theirs is not None:
        assert apply(before, diff_of(patch)) == theirs


def test_moved_hunk_goes_to_the_only_other_place() -> None:
    old = numbered(30)
    diff = diff_of(made(old, [*old[:14], b"changed", *old[15:]]))
    shifted = [b"new", b"new", *old]
    applied = place(text_of(shifted), diff)
    assert applied.after == text_of([*shifted[:16], b"changed", *shifted[17:]])
    assert applied.hunk_lines_before == ((14, 20),)
    assert applied.kept == ((1, 1, 16), (18, 18, 15))


def test_two_other_places_are_refused() -> None:
    block = [b"lock", b"a", b"b", b"work", b"c", b"d", b"unlock"]
    diff = diff_of(made(block, [*block[:3], b"other", *block[4:]]))
    twice = text_of([b"top", *block, b"gap", *block])
    with pytest.raises(
        ApplyError, match=r"^hunk 1 matches at 2 places \(lines 2, 10\), not at line 1"
    ):
        apply(twice, diff)
    # At its own line it is not ambiguous.
    assert apply(text_of([*block, *block]), diff).count(b"other") == 1


def test_message_names_hunk_and_first_line_that_differs() -> None:
    old = numbered(40)
    new = [*old[:4], b"x", *old[5:34], b"y", *old[35:]]
    diff = diff_of(made(old, new))
    other = [*old[:33], b"\tsurprise\x1b[2J", *old[34:]]
    with pytest.raises(ApplyError) as caught:
        apply(text_of(other), diff)
    assert str(caught.value) == ("hunk 2 does not match: line 34 is 'surprise?[2J', not 'line 34'")
    with pytest.raises(ApplyError, match="line 32 is behind the end of the file"):
        apply(text_of(old[:31]), diff)


def test_missing_context_means_the_end_or_the_beginning_of_the_file() -> None:
    old = numbered(9)
    at_end = diff_of(made(old, [*old, b"x"]))
    at_start = diff_of(made(old, [b"x", *old]))
    assert apply(text_of([b"new", *old]), at_end) == text_of([b"new", *old, b"x"])
    assert apply(text_of([*old, b"new"]), at_start) == text_of([b"x", *old, b"new"])
    for diff, other in ((at_end, [*old, b"new"]), (at_start, [b"new", *old])):
        with pytest.raises(ApplyError, match="hunk 1 does not match"):
            apply(text_of(other), diff)


def test_whitespace_and_line_ends_are_never_ignored() -> None:
    old = numbered(9)
    diff = diff_of(made(old, [*old[:4], b"x", *old[5:]]))
    for other in ([*old[:3], old[3] + b" ", *old[4:]], [line + b"\r" for line in old]):
        with pytest.raises(ApplyError, match="hunk 1 does not match"):
            apply(text_of(other), diff)


def test_hunks_keep_their_order() -> None:
    first = [b"a1", b"a2", b"a3", b"a", b"a5", b"a6", b"a7"]
    second = [b"b1", b"b2", b"b3", b"b", b"b5", b"b6", b"b7"]
    old = [*first, *numbered(20), *second]
    diff = diff_of(made(old, [b"x" if line in (b"a", b"b") else line for line in old]))
    assert len(diff.hunks) == 2
    with pytest.raises(ApplyError, match="hunk 2 does not match"):
        apply(text_of([*second, *numbered(20), *first]), diff)


def test_file_without_newline_at_the_end() -> None:
    text = b"--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    diff = diff_of(text)
    assert apply(b"a\nb", diff) == b"a\nc\n"
    with pytest.raises(ApplyError, match="'b', not 'b' without newline"):
        apply(b"a\nb\n", diff)
    assert apply(b"a\nc\n", reverse(diff)) == b"a\nb"
    with pytest.raises(ApplyError, match="begins or ends the file elsewhere"):
        apply(b"a\nc\nd\n", reverse(diff))
    bare = b"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"
    assert apply(b"a\n", diff_of(bare)) == b"b"
    with pytest.raises(ApplyError, match="line 1 would lose its newline in the middle"):
        apply(b"a\nc\n", diff_of(bare))


def test_carriage_returns_of_the_file_are_matched() -> None:
    text = b"--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"
    assert apply(b"a\r\nb\r\n", diff_of(text)) == b"a\r\nc\r\n"


def test_hunk_without_old_lines() -> None:
    old = numbered(9)
    diff = diff_of(made(old, [*old[:5], b"x", *old[5:]], context=0))
    assert place(text_of(old), diff, known=True).after == text_of([*old[:5], b"x", *old[5:]])
    with pytest.raises(ApplyError, match="hunk 1 has no old lines to place it by"):
        apply(text_of(old), diff)
    with pytest.raises(ApplyError, match="hunk 1 has no old lines to place it by"):
        place(text_of(old[:3]), diff, known=True)
    whole = diff_of(b"--- a/x.c\n+++ b/x.c\n@@ -0,0 +1 @@\n+x\n")
    assert apply(b"", whole) == b"x\n"
    with pytest.raises(ApplyError, match="hunk 1 does not match: the file is not empty"):
        apply(b"a\n", whole)


def test_hunks_made_to_take_long_are_bounded() -> None:
    before = b"a\nb\n" * 100_000
    body = b" a\n b\n" * 20_000
    hostile = b"--- a/x.c\n+++ b/x.c\n@@ -2,40000 +2,40001 @@\n" + body + b"+x\n"
    many = b"--- a/x.c\n+++ b/x.c\n" + b"".join(
        b"@@ -%d,2 +%d,3 @@\n c%d\n+x\n d%d\n" % (2 * n + 2, 3 * n + 2, n, n) for n in range(50_000)
    )
    start = time.process_time()
    with pytest.raises(ApplyError, match="too many places to try"):
        apply(before, diff_of(hostile))
    text = b"".join(b"c%d\nd%d\n" % (n, n) for n in range(50_000))
    assert apply(text, diff_of(many)).count(b"x\n") == 50_000
    assert time.process_time() - start < 5
