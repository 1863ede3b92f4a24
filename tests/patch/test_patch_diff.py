# SPDX-License-Identifier: GPL-2.0-only
"""The diff parser: against another parser, and on input that is damaged."""

import difflib
import time

import pytest
import unidiff
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.patch.diff import ParsedDiff, find_diff, parse_diff

GOOD = b"""\
diff --git a/mm/one.c b/mm/one.c
index 1111111..2222222 100644
--- a/mm/one.c
+++ b/mm/one.c
@@ -1,3 +1,3 @@ int one(void)
 a
-b
+c
 d
"""


def parse(text: bytes) -> ParsedDiff:
    return parse_diff(text.splitlines(keepends=True))


def reasons(text: bytes) -> list[str]:
    return [problem.reason for problem in parse(text).problems]


def test_every_field_of_a_git_diff() -> None:
    parsed = parse(b"noise\n" + GOOD)
    (file,) = parsed.files
    assert (file.old_path, file.new_path) == ("mm/one.c", "mm/one.c")
    assert (file.old_blob, file.new_blob) == ("1111111", "2222222")
    assert (file.position, file.binary, file.copied) == (2, False, False)
    (hunk,) = file.hunks
    assert (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) == (1, 3, 1, 3)
    assert (hunk.section, hunk.position) == ("int one(void)", 6)
    assert [(x.kind, x.text, x.position) for x in hunk.lines] == [
        (" ", b"a\n", 7),
        ("-", b"b\n", 8),
        ("+", b"c\n", 9),
        (" ", b"d\n", 10),
    ]
    assert parsed.problems == () and parsed.length == 10


TEXT = st.lists(
    st.sampled_from(["a", "b", "", "-- x", "++ y", "- ", "@@ -1 +1 @@", "\\ no", "diff --git a b"]),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, st.integers(0, 4))
def test_agrees_with_unidiff(old: list[str], new: list[str], context: int) -> None:
    text = "".join(
        line + "\n"
        for line in difflib.unified_diff(old, new, "a/x.c", "b/x.c", lineterm="", n=context)
    )
    parsed = parse(text.encode() + b"-- \n2.39.5\n")
    expected = unidiff.PatchSet(text)
    assert parsed.problems == ()
    assert len(parsed.files) == len(expected)
    for file, peer in zip(parsed.files, expected, strict=True):
        ours = [
            (h.old_start, h.old_count, h.new_start, h.new_count, [x.kind for x in h.lines])
            for h in file.hunks
        ]
        theirs = [
            (
                h.source_start,
                h.source_length,
                h.target_start,
                h.target_length,
                [x.line_type for x in h],
            )
            for h in peer
        ]
        assert ours == theirs
        texts = [x.text.decode() for h in file.hunks for x in h.lines]
        assert texts == [x.value for h in peer for x in h]


def test_the_count_decides_what_dashes_mean() -> None:
    parsed = parse(b"--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n--- old\n+++ new\n same\n")
    assert parsed.problems == ()
    assert [x.text for x in parsed.files[0].hunks[0].lines] == [b"-- old\n", b"++ new\n", b"same\n"]


def test_signature_and_text_behind_are_no_part() -> None:
    parsed = parse(GOOD + b"-- \n1.8.3.1\n\nlist footer\n")
    assert parsed.problems == () and parsed.length == 9


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (GOOD.replace(b" d\n", b""), "line 5 of the diff: the hunk is cut short: another"),
        (GOOD.replace(b"-1,3", b"-1,x"), "line 5 of the diff: bad hunk header"),
        (GOOD.replace(b"-1,3", b"-0,3"), "line 5 of the diff: bad hunk header"),
        (GOOD.replace(b"-1,3 +1,3", b"-1,0 +1,0"), "line 5 of the diff: bad hunk header"),
        (GOOD.replace(b"-1,3", b"-" + b"9" * 5000), "line 5 of the diff: bad hunk header"),
        (GOOD.replace(b"+c\n", b"+c\nwrapped\n"), "line 9 of the diff: neither"),
        (GOOD.replace(b"-1,3 +1,3", b"-1,2 +1,2"), "line 9 of the diff: the hunk has more lines"),
        (GOOD.replace(b"+1,3", b"+1,2"), "line 9 of the diff: the hunk has more new lines"),
        (GOOD.replace(b"-1,3", b"-1,2"), "line 9 of the diff: the hunk has more old lines"),
        (GOOD.replace(b"+++ b/mm/one.c\n", b""), "line 3 of the diff: '---' without '+++'"),
        (
            GOOD.replace(b"-b\n", b"-b\n\\ No newline at end of file\n"),
            "line 8 of the diff: end of",
        ),
        (GOOD[: GOOD.index(b"@@")], "line 1 of the diff: no hunk follows"),
        (b"diff --git a/mm/one.c b/mm/one.c\n", "line 1 of the diff: no hunk follows"),
        (
            GOOD.replace(b"+c\n", b"+c\n\\ No newline at end of file\n"),
            "line 9 of the diff: end of",
        ),
    ],
)
def test_damage_is_told_once_and_the_next_file_is_read(damaged: bytes, reason: str) -> None:
    parsed = parse(damaged + GOOD.replace(b"one", b"two"))
    assert [file.path for file in parsed.files] == ["mm/two.c"]
    assert len(parsed.files[0].hunks) == 1
    (problem,) = parsed.problems
    assert problem.reason.startswith(reason)
    assert "\n" not in problem.reason
    assert problem.file in ("mm/one.c", "")


def test_damage_in_plain_diffs_does_not_swallow_the_next_file() -> None:
    plain = GOOD[GOOD.index(b"---") :]
    for damaged in (plain.replace(b" d\n", b""), plain.replace(b"-1,3 +1,3", b"-1,4 +1,4")):
        parsed = parse(damaged + plain.replace(b"one", b"two"))
        assert [file.path for file in parsed.files] == ["mm/two.c"]
        assert [problem.file for problem in parsed.problems] == ["mm/one.c"]


def test_truncated_at_the_end_tells_how_much_is_there() -> None:
    (reason,) = reasons(GOOD.replace(b" d\n", b""))
    assert reason.endswith("the hunk is cut short: 2 of 3 old and 2 of 3 new lines")


def test_a_signature_is_never_taken_for_a_removed_line() -> None:
    text = GOOD.replace(b"-1,3", b"-1,4") + b"-- \n1.8.3.1\n"
    (reason,) = reasons(text)
    assert reason == (
        "line 10 of the diff: the hunk is cut short: the signature of the mail begins inside it"
    )


def test_a_hunk_without_a_file_is_told() -> None:
    (reason,) = reasons(GOOD[GOOD.index(b"@@") :])
    assert reason == "line 1 of the diff: a hunk without the names of its file"


def test_problems_count_lines_of_the_input() -> None:
    lines = GOOD.replace(b" d\n", b"").splitlines(keepends=True)
    (problem,) = parse_diff(lines, "x.patch", 40).problems
    assert problem.reason.startswith("line 45 of x.patch: ")


def test_empty_line_in_a_hunk_is_an_empty_context_line() -> None:
    parsed = parse(GOOD.replace(b" a\n", b"\n"))
    assert parsed.problems == ()
    first = parsed.files[0].hunks[0].lines[0]
    assert (first.kind, first.text) == (" ", b"\n")


def test_no_newline_at_end_of_file() -> None:
    text = b"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    lines = parse(text).files[0].hunks[0].lines
    assert [(x.kind, x.text, x.position) for x in lines] == [("-", b"a", 4), ("+", b"a\n", 6)]


def test_input_that_lost_its_last_newline() -> None:
    assert parse(GOOD[:-1]).files[0].hunks == parse(GOOD).files[0].hunks


def test_carriage_returns_stay_in_the_text() -> None:
    text = GOOD.replace(b" a\n-b\n+c\n d\n", b" a\r\n-b\r\n+c\r\n d\r\n")
    assert parse(text).files[0].hunks[0].lines[1].text == b"b\r\n"


@pytest.mark.parametrize(
    ("header", "old", "new", "copied"),
    [
        (b"similarity index 100%\nrename from p/q.c\nrename to r/s.c\n", "p/q.c", "r/s.c", False),
        (b"similarity index 100%\ncopy from p/q.c\ncopy to r/s.c\n", "p/q.c", "r/s.c", True),
        (b"old mode 100644\nnew mode 100755\n", "x y.c", "x y.c", False),
        (b"new file mode 100644\nindex 0000000..e69de29\n", None, "x y.c", False),
        (b"deleted file mode 100644\nindex e69de29..0000000\n", "x y.c", None, False),
    ],
)
def test_files_without_hunks(header: bytes, old: str | None, new: str | None, copied: bool) -> None:
    parsed = parse(b"diff --git a/x y.c b/x y.c\n" + header + GOOD)
    assert parsed.problems == ()
    file = parsed.files[0]
    assert (file.old_path, file.new_path, file.copied) == (old, new, copied)
    assert file.hunks == () and len(parsed.files) == 2


def test_binary_files() -> None:
    literal = (
        b"diff --git a/x.bin b/x.bin\nindex 1111111..2222222 100644\nGIT binary patch\n"
        b"literal 3\nKcmZQzWMT#Y01f~L\n\nliteral 0\nHcmV?d00001\n\n"
    )
    differ = (
        b"diff --git a/y.bin b/y.bin\nindex 1111111..2222222\n"
        b"Binary files a/y.bin and b/y.bin differ\n"
    )
    parsed = parse(literal + differ + b"Binary files a/z and b/z differ\n" + GOOD)
    assert parsed.problems == ()
    assert [(file.path, file.binary) for file in parsed.files] == [
        ("x.bin", True),
        ("y.bin", True),
        ("z", True),
        ("mm/one.c", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (b"a/mm/x.c", b"b/mm/x.c", ("mm/x.c", "mm/x.c")),
        (b"i/mm/x.c", b"w/mm/x.c", ("mm/x.c", "mm/x.c")),
        (b"mm/x.c", b"mm/x.c", ("mm/x.c", "mm/x.c")),
        (b"linux.orig/mm/x.c\t2021-08-05", b"linux/mm/x.c\t2021-08-05", ("mm/x.c", "mm/x.c")),
        (b"mm/x.c.orig", b"mm/x.c", ("mm/x.c", "mm/x.c")),
        (b"./x.c.orig", b"./x.c", ("x.c", "x.c")),
        (b"/dev/null", b"b/mm/x.c", (None, "mm/x.c")),
        (b"a/mm/x.c", b"/dev/null", ("mm/x.c", None)),
        (b'"a/\\303\\244\\".c"', b'"b/\\303\\244\\".c"', ('ä".c', 'ä".c')),
    ],
)
def test_names_of_plain_diffs(old: bytes, new: bytes, paths: tuple[str | None, str | None]) -> None:
    parsed = parse(b"--- " + old + b"\n+++ " + new + b"\n@@ -1 +1 @@\n-a\n+b\n")
    assert parsed.problems == ()
    assert (parsed.files[0].old_path, parsed.files[0].new_path) == paths


def test_plain_diff_of_a_new_and_of_a_deleted_file() -> None:
    new = parse(b"--- a/x.c\t1970\n+++ b/x.c\t2021\n@@ -0,0 +1 @@\n+b\n").files[0]
    deleted = parse(b"--- a/x.c\t1970\n+++ b/x.c\t2021\n@@ -1 +0,0 @@\n-b\n").files[0]
    assert (new.old_path, new.new_path) == (None, "x.c")
    assert (deleted.old_path, deleted.new_path) == ("x.c", None)


def test_quoted_git_names_and_control_characters() -> None:
    text = b'diff --git "a/\\303\\244.c" "b/\\303\\244.c"\nold mode 100644\nnew mode 100755\n'
    assert parse(text).files[0].path == "ä.c"
    hostile = parse(b'--- "a/x\\n\\033[2J.c"\n+++ "b/x\\n\\033[2J.c"\n@@ -1 +1 @@\n-a\n+b\n' + GOOD)
    (problem,) = hostile.problems
    assert problem.file == "x\\n\\x1b[2J.c" and "control characters" in problem.reason
    assert [file.path for file in hostile.files] == ["mm/one.c"]


def test_combined_diff_is_a_problem() -> None:
    text = (
        b"diff --cc mm/m.c\nindex 1111111,2222222..3333333\n--- a/mm/m.c\n+++ b/mm/m.c\n"
        b"@@@ -1,2 -1,2 +1,2 @@@\n  a\n- b\n -c\n++d\n"
    )
    parsed = parse(text + GOOD)
    assert [file.path for file in parsed.files] == ["mm/one.c"]
    assert [(p.file, "combined" in p.reason) for p in parsed.problems] == [("mm/m.c", True)]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*GOOD.splitlines(keepends=True), b"\0\xff\n", b"-- \n"])))
def test_any_order_of_lines_gives_consistent_hunks(lines: list[bytes]) -> None:
    parsed = parse_diff(lines)
    assert 0 <= parsed.length <= len(lines)
    for file in parsed.files:
        assert lines[file.position - 1].startswith((b"diff", b"---"))
        for hunk in file.hunks:
            kinds = [line.kind for line in hunk.lines]
            assert kinds.count(" ") + kinds.count("-") == hunk.old_count
            assert kinds.count(" ") + kinds.count("+") == hunk.new_count
            assert lines[hunk.position - 1].startswith(b"@@")
            for line in hunk.lines:
                assert lines[line.position - 1].endswith(line.text)


def test_damage_without_end_takes_linear_time() -> None:
    block = b"--- a/x.c\n+++ b/x.c\n@@ -1,999999 +1,999999 @@\n"
    lines = (block * 20_000).splitlines(keepends=True)
    start = time.process_time()
    parsed = parse_diff(lines)
    assert time.process_time() - start < 5
    assert len(parsed.problems) == 20_000 and parsed.files == ()


def test_find_diff() -> None:
    lines = (b"--- \ntext\n" + GOOD).splitlines(keepends=True)
    assert find_diff(lines) == 2
    assert find_diff(lines, 3) == 4
    assert find_diff([b"--- a\n", b"++ b\n"]) is None
