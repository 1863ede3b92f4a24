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
    review_of,
)

from reviewer.report.formats import FORMATS, Options, report
from reviewer.report.gcc import gcc
from reviewer.report.terminal import summary, terminal

REFUTED = """\
lib/box.c:13: warning: box_users(box) is read outside of shelf->slots.x_lock [read-moved-out-of-lock]
  box->users was read with shelf->slots.x_lock held (line 23), now without (line
      13).
  before, shelf == NULL: none (line 14)
  before, shelf != NULL: shelf->slots.x_lock held, irqs-off (line 23)
  after: none (line 13)
  lost: shelf->slots.x_lock, irqs-off when shelf != NULL
  a branch depends on box_users(box)
  the changelog does not say why
  also matched by: context-lost
  standing: REFUTED_IN_MODEL: no schedule within the bound does harm;
      box_freeze() decides
  simulation box-against-lookup: 1 lookup, 1 move, sequentially consistent
    before: HOLDS (120 states, 2 outcomes)
    after: HOLDS (131 states, 3 outcomes)
    possible only after: retry early
    shelf != NULL:
      before: HOLDS (120 states, 2 outcomes)
      after: HOLDS (131 states, 3 outcomes)
      possible only after: retry early
      guard: box_freeze() (line 27)
    shelf == NULL:
      before: HOLDS (120 states, 2 outcomes)
      after: HOLDS (131 states, 3 outcomes)
      possible only after: retry early
      saved by: the lookup drops what it took when it reads the slot again
    guard: box_freeze() (line 27)
    with the guard taken out: without box_freeze() the model loses a user in
        five steps
  this was possible before, and still is:

    CPU 0: find_box()             CPU 1: box_move()
    --------------------------    -----------------------
                                  box_users() == expected
    box_try_get()  [users + 1]
                                  slots_lock_irq()
                                  box_freeze() fails

  evidence: 4 of 5 functions that raise box->users do not hold slots
      (find_box(), lib/find.c:40)
  actors: find_box() makes the steps of the tree's function
  not modelled: box_trace()
  assumed: a lookup ends before the box is freed

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
        (UNJUDGED, "not judged: no scenario covers this change"),
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


@pytest.mark.parametrize("verdict", [VERDICT, CONFIRMED, UNDECIDED, UNJUDGED])
def test_wording(verdict) -> None:  # type: ignore[no-untyped-def]
    text = terminal(review_of(verdict), False, 60)
    assert "safe" not in text.lower()
    first, *rest = text.split("\n")
    assert all(len(line) <= 60 for line in rest)
    assert first.startswith("lib/box.c:13: ")


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
