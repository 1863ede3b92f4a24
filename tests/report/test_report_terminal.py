# SPDX-License-Identifier: GPL-2.0-only
"""The review at a terminal, and in the form of a compiler."""

import re
from dataclasses import replace

import pytest
from report_samples import (
    BROKEN,
    CONFIRMED,
    EMPTY,
    FINDING,
    PATCH,
    UNDECIDED,
    UNJUDGED,
    VERDICT,
    WITNESS,
    review_of,
)

from reviewer.report.formats import FORMATS, Options, report
from reviewer.report.gcc import gcc
from reviewer.report.terminal import summary, terminal
from reviewer.verdict.records import Question, Suppressed, Verdict

REFUTED = """\
lib/box.c:13: warning: box_users(box) is read outside of shelf->slots.x_lock [read-moved-out-of-lock]
  box->users was read with shelf->slots.x_lock held (line 23), now without (line
      13).
  before, shelf != NULL: shelf->slots.x_lock held, irqs-off (line 23)
  before, shelf == NULL: none (line 14)
  after: none (line 13)
  a branch depends on box_users(box); the changelog does not say why
  evidence: 4 of 5 functions that raise box->users do not hold slots
      (find_box(), lib/find.c:40)
  standing: REFUTED_IN_MODEL: no schedule within the bound does harm;
      box_freeze() decides
  without box_freeze() the model loses a user in five steps
  this was possible before, and still is:

    CPU 0: find_box()             CPU 1: box_move()
    --------------------------    -----------------------
                                  box_users() == expected
    box_try_get()  [users + 1]
                                  slots_lock_irq()
                                  box_freeze() fails

  simulation box-against-lookup: before HOLDS (120 states, 2 outcomes); after
      HOLDS (131 states, 3 outcomes); possible only after: retry early
  shelf != NULL: box_freeze() (line 27) decides
  shelf == NULL: the lookup drops what it took when it reads the slot again
  bound: 1 lookup, 1 move, sequentially consistent
  actors: find_box() makes the steps of the tree's function
  not modelled: box_trace()
  assumed: a lookup ends before the box is freed
  also matched by: context-lost

Claims
  REFUTED: "The box is off the shelf, so nobody can take another user of it."
  <20250106-reply@example.org>
    find_box() takes one without the lock of the shelf.
  schedule:

    CPU 0: find_box()             CPU 1: box_move()
    --------------------------    -----------------------
                                  box_users() == expected
    box_try_get()  [users + 1]

Suggested changelog text

The comparison outside the lock is only an early exit. box_freeze()
compares again under the lock.

Questions
  - Does every caller hold the box lock?

1 warning in 1 patch; 1 claim refuted
"""  # noqa: E501 - the first line of a finding is never wrapped


def test_refuted() -> None:
    assert terminal(review_of(VERDICT), False, 80) == REFUTED


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (
            CONFIRMED,
            "CONFIRMED: a schedule of the after image does harm: a box in use is not freed",
        ),
        (UNDECIDED, "UNDECIDED: it needs a fact for box_users()"),
    ],
)
def test_standing(verdict, line) -> None:  # type: ignore[no-untyped-def]
    assert f"  standing: {line}\n" in terminal(review_of(verdict), False, 100)


def test_unknown_lockset() -> None:
    assert "  after: not known (line 13)\n" in terminal(review_of(UNJUDGED), False, 80)


def test_empty() -> None:
    assert terminal(EMPTY, True, 80) == "nothing to say\n"


def test_problems_never_pass_silently() -> None:
    text = terminal(BROKEN, False, 80)
    assert text == "nothing to say; 1 problem, not everything was analysed\n"


def test_summary() -> None:
    note = replace(VERDICT, severity="note")
    several = replace(review_of(VERDICT, VERDICT, note, CONFIRMED), patches=(PATCH, PATCH))
    assert summary(several) == "1 error, 2 warnings and 1 note in 2 patches; 1 claim refuted"


def test_series_is_told_by_patch() -> None:
    second = replace(PATCH, subject="[PATCH 2/2] lib: box: Close it")
    verdicts = (replace(VERDICT, patch=1), VERDICT)
    text = terminal(replace(review_of(*verdicts), patches=(PATCH, second)), False, 80)
    first = text.index("[PATCH 1/2]")
    assert text.index("lib/box.c:13:", first) < text.index("[PATCH 2/2]")


HARD = replace(
    VERDICT,
    finding=replace(
        FINDING,
        reason="a_name_that_is_longer_than_any_narrow_terminal_is_wide(with, some) is gone",
        also=("context-lost", "unlock-missing-on-path", "read-moved-out-of-lock"),
    ),
    witness=(*WITNESS, replace(WITNESS[0], step="root->fs_info->running_transaction->list_lock")),
)


@pytest.mark.parametrize("width", [1, 40, 60, 80, 120, 200, 1000])
@pytest.mark.parametrize("verdict", [VERDICT, CONFIRMED, UNDECIDED, UNJUDGED, HARD])
def test_no_line_is_wider_than_the_terminal(verdict: Verdict, width: int) -> None:
    """Only the first line of a finding is, which editors have to find."""
    patches = (PATCH, replace(PATCH, subject=f"[PATCH 2/2] {'lib: box: Close it, ' * 20}"))
    review = review_of(verdict, replace(verdict, patch=1))
    text = terminal(replace(review, patches=patches), False, width)
    assert "safe" not in text.lower()
    head = [line for line in text.split("\n") if line.startswith("lib/box.c:13: ")]
    rest = [line for line in text.split("\n") if not line.startswith("lib/box.c:13: ")]
    assert len(head) == 2
    assert max(map(len, rest)) <= min(max(width, 40), 200)


def test_columns_become_lines_where_they_have_no_room() -> None:
    shown = terminal(review_of(VERDICT), False, 60)
    assert re.search(r"\n    CPU 0: find_box\(\) +CPU 1: box_move\(\)\n", shown)
    narrow = terminal(review_of(VERDICT), False, 40)
    assert (
        "\n    CPU 1  box_move(): box_users() ==\n             expected\n    CPU 0  find_box():"
        in narrow
    )


def test_what_was_told_is_not_told_again() -> None:
    again = replace(VERDICT, finding=replace(FINDING, line=40, message="another access"))
    text = terminal(review_of(VERDICT, again), False, 80)
    assert text.count("4 of 5 functions that raise box->users") == 1
    assert text.count("CPU 0: find_box()") == 2  # of the finding and of the claim
    assert text.count("simulation box-against-lookup") == 1
    # Each still says what became of it.
    assert text.count("standing: REFUTED_IN_MODEL") == 2
    assert "this was possible before, and still is: the schedule above\n" in text


def test_nothing_but_the_headline_is_left_of_the_same() -> None:
    finding = replace(FINDING, before=(), after=(), decides=False)
    plain = replace(UNJUDGED, finding=finding, changelog="unknown")
    again = replace(plain, finding=replace(finding, line=40))
    text = terminal(review_of(plain, again), False, 200)
    assert "\nlib/box.c:40: warning: " in text and "\n\nlib/box.c:40: " not in text
    assert text.count("box->users was read") == 1


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ("a, b, c", "a, b, c\n"),
        ("a, f(b, c), d, e->x, g", "a, f(b, c), d and 2 more\n"),
        ("a[b, c], d, e, f", "a[b, c], d, e and 1 more\n"),
    ],
)
def test_long_lists_are_shortened(others: str, told: str) -> None:
    reason = f"x is gone; the same goes for {others}"
    text = terminal(review_of(replace(VERDICT, finding=replace(FINDING, reason=reason))), False, 80)
    assert f"  x is gone; the same goes for {told}" in text


def test_the_gravest_comes_first() -> None:
    note = replace(VERDICT, severity="note", finding=replace(FINDING, line=1))
    grave = replace(CONFIRMED, finding=replace(FINDING, line=3))
    text = terminal(review_of(note, replace(VERDICT), grave), False, 80)
    heads = [line.split(":")[1] for line in text.split("\n") if line.startswith("lib/box.c:")]
    assert heads == ["3", "13", "1"]


def test_a_question_stands_with_its_finding() -> None:
    question = "What keeps the box?"
    asking = replace(VERDICT, finding=replace(FINDING, question=question))
    review = replace(review_of(asking), questions=(Question(0, question), Question(0, "And why?")))
    text = terminal(review, False, 80)
    assert text.count(question) == 1 and f"  question: {question}\n  simulation" in text
    assert text.endswith("Questions\n  - And why?\n\n1 warning in 1 patch; 1 claim refuted\n")


def test_colour_only_when_asked() -> None:
    plain = terminal(review_of(VERDICT), False, 80)
    coloured = terminal(review_of(VERDICT), True, 80)
    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[1mlib/box.c:13:\x1b[0m \x1b[1;35mwarning:\x1b[0m box_users")
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_hostile_text_cannot_drive_the_terminal() -> None:
    finding = replace(FINDING, message="a\x1b[2J\nb\u202ec", file="x\r\x07.c", reason="\x9b1m")
    text = terminal(review_of(replace(VERDICT, finding=finding)), False, 80)
    assert text.startswith("x .c:13: warning: a [2J b c [")
    assert all(char == "\n" or char.isprintable() for char in text)


# What the GNU coding standards say of messages of compilers, which is what vim (%f:%l: %t%*[^:]:
# %m) and emacs (compilation-error-regexp-alist) look for.
GNU = re.compile(
    r"(?P<file>[^\s:][^:\n]*):(?P<line>[1-9]\d*): (?P<kind>error|warning|note): (?P<text>\S.*)"
)


def test_gcc_is_what_editors_read() -> None:
    finding = replace(FINDING, message="a: b:\n c:7: error: d")
    left = Suppressed(0, "a-rule", "lib/box.c", "f", 9, "m", "", "option", "for: now")
    review = replace(
        review_of(VERDICT, CONFIRMED, replace(VERDICT, severity="note", finding=finding)),
        suppressed=(left,),
    )
    read = [GNU.fullmatch(line) for line in gcc(review).splitlines()]
    assert [one and (one["file"], one["line"], one["kind"]) for one in read] == [
        ("lib/box.c", "13", "warning"),
        ("lib/box.c", "13", "error"),
        ("lib/box.c", "13", "note"),
        ("lib/box.c", "9", "note"),
    ]
    assert read[2] and read[2]["text"] == "a: b: c:7: error: d [read-moved-out-of-lock]"


def test_gcc() -> None:
    assert gcc(review_of(VERDICT, CONFIRMED)) == (
        "lib/box.c:13: warning: box_users(box) is read outside of shelf->slots.x_lock "
        "[read-moved-out-of-lock]\n"
        "lib/box.c:13: error: box_users(box) is read outside of shelf->slots.x_lock "
        "[read-moved-out-of-lock]\n"
    )
    assert gcc(EMPTY) == ""


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str) -> None:
    review = review_of(VERDICT)
    assert report(review, name, Options()) == report(review, name, Options())
    report(EMPTY, name, Options())


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="no such format: punch-cards"):
        report(EMPTY, "punch-cards", Options())
