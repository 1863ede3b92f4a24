# SPDX-License-Identifier: GPL-2.0-only
"""Findings that a later patch of the series repairs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher, unified_diff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewing import as_data, edited, rules, submission

from reviewer.checker.changes import Allowance
from reviewer.report.gcc import gcc
from reviewer.report.mail import mail
from reviewer.report.terminal import terminal
from reviewer.review import review
from reviewer.source.records import SourcePair
from reviewer.source.squash import squash
from reviewer.source.tree import open_tree
from reviewer.verdict import repaired
from reviewer.verdict.records import Review

FILE = "mm/x.c"
HELD = """\
int take(struct thing *t)
{
	spin_lock(&t->lock);
	if (t->users != 1) {
		spin_unlock(&t->lock);
		return -EBUSY;
	}
	t->state = GONE;
	spin_unlock(&t->lock);
	return 0;
}

int other(struct thing *t)
{
	return t->id;
}
"""
LOST = edited(
    HELD,
    (
        """\
	spin_lock(&t->lock);
	if (t->users != 1) {
		spin_unlock(&t->lock);
		return -EBUSY;
	}
""",
        """\
	if (t->users != 1)
		return -EBUSY;
	spin_lock(&t->lock);
""",
    ),
)
UNRELATED = ("\treturn t->id;\n", "\treturn t->id + 1;\n")
RULE = "read-moved-out-of-lock"

Step = dict[str, str | None]
"""What a patch makes of some files; None for one it deletes."""


def _diff(old: Step, new: Step) -> str:
    texts = []
    for path in sorted({**old, **new}):
        one, two = old.get(path), new.get(path)
        if one != two:
            lines = [(text or "").splitlines(True) for text in (one, two)]
            names = [f"{side}/{path}" for side in "ab"]
            names = [
                name if text is not None else "/dev/null"
                for name, text in zip(names, (one, two), strict=True)
            ]
            texts.append("".join(unified_diff(*lines, *names)))
    return "".join(texts)


def series(tree: Path, *steps: Step, changelogs: Sequence[str] = ()) -> Review:
    """The review of patches that go from one step to the next, the first being the tree's."""
    for path, text in steps[0].items():
        assert text is not None
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    mails = []
    for number, (old, new) in enumerate(zip(steps, steps[1:], strict=False), 1):
        text = changelogs[number - 1] if changelogs else "Shorter."
        mails.append(
            f"From {number:040x} Mon Sep 17 00:00:00 2001\nFrom: A B <a@example.org>\n"
            f"Date: Thu, 5 Aug 2021 23:05:56 +0800\nMessage-Id: <{number}@example.org>\n"
            f"Subject: [PATCH {number}/{len(steps) - 1}] step {number}\n\n{text}\n---\n"
            f"{_diff({**old}, {**old, **new})}\n"
        )
    with open_tree(str(tree)) as opened:
        return review(submission("".join(mails).encode()), opened, rules())


def files(*texts: str) -> list[Step]:
    return [{FILE: text} for text in texts]


def told(result: Review) -> tuple[list[tuple[int, str]], list[tuple[int, str, str]]]:
    """Findings and repaired findings, by their patches."""
    assert result.problems == ()
    assert all(one.by == "series" for one in result.suppressed)
    return (
        [(one.patch, one.finding.rule) for one in result.verdicts],
        [(one.patch, one.rule, one.reason) for one in result.suppressed],
    )


def test_the_lock_is_taken_again(tmp_path: Path) -> None:
    result = series(tmp_path, *files(HELD, LOST, HELD))
    assert told(result) == ([], [(0, RULE, "repaired by patch 2, '[PATCH 2/2] step 2'")])


def test_nobody_repairs_it(tmp_path: Path) -> None:
    result = series(tmp_path, *files(HELD, LOST, edited(LOST, UNRELATED)))
    assert told(result) == ([(0, RULE)], [])


def test_the_patch_that_repairs_it_is_named(tmp_path: Path) -> None:
    late = edited(LOST, UNRELATED)
    more = edited(HELD, UNRELATED)
    last = edited(more, ("-EBUSY", "-EAGAIN"))
    result = series(tmp_path, *files(HELD, LOST, late, more, last))
    assert told(result) == ([], [(0, RULE, "repaired by patch 3, '[PATCH 3/4] step 3'")])


def test_repaired_and_done_again(tmp_path: Path) -> None:
    result = series(tmp_path, *files(HELD, LOST, HELD, LOST))
    assert told(result) == ([(0, RULE), (2, RULE)], [])


def test_repaired_in_other_words(tmp_path: Path) -> None:
    """The lock is back, but in another shape than before."""
    guard = edited(LOST, ("\tif (t->users", "\tguard(spinlock)(&t->lock);\n\tif (t->users"))
    guard = edited(guard, ("\tspin_lock(&t->lock);\n", ""), ("\tspin_unlock(&t->lock);\n", ""))
    found, gone = told(series(tmp_path, *files(HELD, LOST, guard)))
    assert found == [] and [one[:2] for one in gone] == [(0, RULE)]


def test_a_member_with_another_name_is_the_same_harm(tmp_path: Path) -> None:
    renamed = LOST.replace("t->users", "t->refs")
    found, gone = told(series(tmp_path, *files(HELD, LOST, renamed)))
    assert (found, gone) == ([(0, RULE)], [])


def test_a_function_with_another_name(tmp_path: Path) -> None:
    held, lost = (text.replace("take(", "take_it(") for text in (HELD, LOST))
    assert told(series(tmp_path / "a", *files(HELD, LOST, lost))) == ([(0, RULE)], [])
    found, gone = told(series(tmp_path / "b", *files(HELD, LOST, held)))
    assert found == [] and gone[0][2].startswith("repaired by patch 2")


def test_a_function_that_is_taken_away(tmp_path: Path) -> None:
    rest = LOST[LOST.index("int other") :]
    found, gone = told(series(tmp_path, *files(HELD, LOST, rest)))
    assert found == []
    assert gone == [(0, RULE, "take() is no longer there after patch 2, '[PATCH 2/2] step 2'")]


def test_a_function_in_place_of_another_is_not_taken_for_a_repair(tmp_path: Path) -> None:
    fresh = (
        "int grab(struct thing *t)\n{\n\tint n = t->users;\n\n\tif (n != 1)\n\t\treturn -EBUSY;\n"
        "\treturn mark(t);\n}\n\n"
    )
    found, gone = told(series(tmp_path, *files(HELD, LOST, fresh + LOST[LOST.index("int o") :])))
    assert (found, gone) == ([(0, RULE)], [])


def test_a_file_that_is_moved(tmp_path: Path) -> None:
    def moved(text: str) -> Step:
        return {FILE: None, "mm/y.c": text}

    result = series(tmp_path / "a", *files(HELD, LOST), moved(HELD))
    # Without the words of git a move is a file that goes and another one that comes.
    assert [one.patch for one in result.verdicts] == [0]


RENAMED = """\
From: A B <a@example.org>
Subject: [PATCH 2/2] move

Move it.
---
diff --git a/mm/x.c b/mm/y.c
similarity index 70%
rename from mm/x.c
rename to mm/y.c
"""


@pytest.mark.parametrize(("text", "stays"), [(HELD, False), (LOST, True)])
def test_a_file_that_git_moves(tmp_path: Path, text: str, stays: bool) -> None:
    (tmp_path / "mm").mkdir()
    (tmp_path / FILE).write_text(HELD)
    lines = "".join(
        unified_diff(LOST.splitlines(True), text.splitlines(True), f"a/{FILE}", "b/mm/y.c")
    )
    first = _diff({FILE: HELD}, {FILE: LOST})
    mails = "From x Mon Sep 17 00:00:00 2001\nFrom: A B <a@example.org>\nSubject: [PATCH 1/2] x\n\n"
    mails += f"Tidy.\n---\n{first}\nFrom x Mon Sep 17 00:00:00 2001\n{RENAMED}{lines}\n"
    with open_tree(str(tmp_path)) as opened:
        result = review(submission(mails.encode()), opened, rules())
    assert bool(result.verdicts) is stays and len(result.suppressed) == (not stays)


def test_two_versions_of_a_patch_are_no_series(tmp_path: Path) -> None:
    """The second one does not stand on the first, so it repairs nothing."""
    lost, held = _diff({FILE: HELD}, {FILE: LOST}), _diff({FILE: HELD}, {FILE: HELD + "\n"})
    (tmp_path / "mm").mkdir()
    (tmp_path / FILE).write_text(HELD)
    head = (
        "From x Mon Sep 17 00:00:00 2001\nFrom: A B <a@example.org>\nSubject: [PATCH] x\n\nx\n---\n"
    )
    with open_tree(str(tmp_path)) as opened:
        result = review(submission(f"{head}{lost}\n{head}{held}\n".encode()), opened, rules())
    assert [one.patch for one in result.verdicts] == [0] and result.suppressed == ()


def test_a_later_patch_that_cannot_be_read_repairs_nothing(tmp_path: Path) -> None:
    (tmp_path / "mm").mkdir()
    (tmp_path / FILE).write_text(HELD)
    back = _diff({FILE: LOST}, {FILE: HELD})
    head = (
        "From x Mon Sep 17 00:00:00 2001\nFrom: A B <a@example.org>\nSubject: [PATCH] x\n\nx\n---\n"
    )
    diffs = (_diff({FILE: HELD}, {FILE: LOST}), back, back)
    text = "".join(f"{head}{diff}\n" for diff in diffs)
    with open_tree(str(tmp_path)) as opened:
        result = review(submission(text.encode()), opened, rules())
    # The third does not apply any more: what it would have made of the file is not known.
    assert len(result.problems) == 1
    assert [one.patch for one in result.verdicts] == [0] and result.suppressed == ()


def test_without_the_tree_nothing_is_known_to_be_repaired(tmp_path: Path) -> None:
    head = (
        "From x Mon Sep 17 00:00:00 2001\nFrom: A B <a@example.org>\nSubject: [PATCH] x\n\nx\n---"
    )
    text = "".join(
        f"{head}\n{_diff({FILE: one}, {FILE: two})}\n" for one, two in ((HELD, LOST), (LOST, HELD))
    )
    result = review(submission(text.encode()), None, rules())
    assert [one.patch for one in result.verdicts] == [0] and result.suppressed == ()


def test_a_lock_that_the_caller_takes_now(tmp_path: Path) -> None:
    bare = edited(
        HELD,
        ("int take(", "static int take("),
        ("\tspin_lock(&t->lock);\n", ""),
        ("{\n\t\tspin_unlock(&t->lock);\n\t\treturn -EBUSY;\n\t}", "{\n\t\treturn -EBUSY;\n\t}"),
        ("\tspin_unlock(&t->lock);\n", ""),
    )
    caller = "\nint all(struct thing *t)\n{\n\tint r;\n\n\tr = take(t);\n\treturn r;\n}\n"
    locked = edited(
        caller,
        ("\tr = take(t);\n", "\tspin_lock(&t->lock);\n\tr = take(t);\n\tspin_unlock(&t->lock);\n"),
    )
    start = edited(HELD, ("int take(", "static int take(")) + caller
    found, gone = told(series(tmp_path, *files(start, bare + caller, bare + locked)))
    assert found == [] and gone and all(one[0] == 0 for one in gone)


def test_in_every_format(tmp_path: Path) -> None:
    result = series(tmp_path, *files(HELD, LOST, HELD))
    reason = "repaired by patch 2, '[PATCH 2/2] step 2'"
    assert gcc(result) == f"{FILE}:3: note: {reason} [{RULE}]\n"
    shown = " ".join(terminal(result, False, 200).split())
    assert f"repaired later in the series: {RULE}, {FILE}: take(): {reason}" in shown
    assert shown.endswith("nothing to say; 1 finding repaired later in the series")
    (data,) = as_data(result)["suppressed"]
    assert (data["by"], data["reason"], data["patch"]) == ("series", reason, 0)


def test_in_the_mail_about_what_is_left(tmp_path: Path) -> None:
    second = HELD.replace("take(", "take2(").replace("int other", "int other2") + HELD
    lost = LOST.replace("take(", "take2(").replace("int other", "int other2") + LOST
    half = LOST.replace("take(", "take2(").replace("int other", "int other2") + HELD
    result = series(tmp_path, *files(second, lost, half))
    (text,) = mail(result, "1", datetime(2026, 1, 1, tzinfo=UTC))
    said = "Not held against this patch: read-moved-out-of-lock in take() (repaired by patch 2,"
    assert said in " ".join(text.split())


def test_the_schedule_of_what_is_repaired_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("reviewer.review._judged", lambda found, *rest: refuse() if found else [])
    assert told(series(tmp_path, *files(HELD, LOST, HELD)))[0] == []


def test_a_series_that_is_too_long_to_look_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewer.verdict.repaired.MAX_LATER", 1)
    result = series(tmp_path, *files(HELD, LOST, HELD))
    assert told(result) == ([(0, RULE)], [])
    assert "the series is too large" in result.notes[-1]


def test_what_was_too_large_to_compare_is_not_taken_for_a_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Allowance
    monkeypatch.setattr("reviewer.verdict.repaired.Allowance", lambda: made(left=1))
    result = series(tmp_path, *files(HELD, LOST, HELD))
    assert told(result) == ([(0, RULE)], [])
    assert "the series is too large" in result.notes[-1]


def test_only_what_a_patch_touches_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten patches behind it nine are about something else: they cost nothing."""
    looked = []
    real = repaired._looked_at
    monkeypatch.setattr(repaired, "_looked_at", lambda *some: looked.append(some) or real(*some))
    texts = [LOST.replace("t->id", f"t->id + {number}") for number in range(9)]
    last = HELD.replace("t->id", "t->id + 8")
    result = series(tmp_path, *files(HELD, LOST, *texts[1:], last))
    assert result.suppressed[0].reason.startswith("repaired by patch 10, ") and len(looked) == 1


LINES = st.lists(st.sampled_from("abcde"), max_size=12)


@given(LINES, LINES, LINES)
def test_two_changes_as_one_keep_what_both_keep(
    one: list[str], two: list[str], end: list[str]
) -> None:
    texts = ["".join(f"{line}\n" for line in some).encode() for some in (one, two, end)]
    first, second = (_pair(old, new) for old, new in zip(texts, texts[1:], strict=False))
    both = squash(first, second)
    assert (both.before, both.after) == (texts[0], texts[2])
    for line in range(1, len(one) + 1):
        middle = first.after_line(line)
        assert both.after_line(line) == (None if middle is None else second.after_line(middle))
    for side, lines, ranges in (
        (both.after_line, one, both.hunk_lines_before),
        (both.before_line, end, both.hunk_lines),
    ):
        touched = {line for low, high in ranges for line in range(low, high + 1)}
        assert touched == {line for line in range(1, len(lines) + 1) if side(line) is None}


def _pair(old: bytes, new: bytes) -> SourcePair:
    blocks = SequenceMatcher(None, old.split(b"\n")[:-1], new.split(b"\n")[:-1], False)
    kept = tuple((a + 1, b + 1, n) for a, b, n in blocks.get_matching_blocks() if n)
    return SourcePair(FILE, old, new, "blob", (), (), kept, (), ())
