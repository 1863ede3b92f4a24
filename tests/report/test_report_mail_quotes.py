# SPDX-License-Identifier: GPL-2.0-only
"""Where the remarks of a mail stand, and what is quoted above them."""

from dataclasses import replace

from mail_samples import NOW, about, body
from report_samples import DIFF, PATCH, VERDICT, files_of, patch_of, review_of

from reviewer.report.mail import mail
from reviewer.verdict.records import Question


def test_two_findings_in_the_order_of_the_patch() -> None:
    late = about(line=0, access="slot_load(slot)", place="slot")
    text = body(late, VERDICT)
    assert text.count("> diff --git") == 1
    assert text.index("> @@ -10,6") < text.index("box_users(box) stood") < text.index("> @@ -20,8")
    assert text.index("> @@ -20,8") < text.index("slot_load(slot) stood")
    assert text.count("CPU 0: find_box()") == 1


def test_two_findings_on_one_line() -> None:
    text = body(VERDICT, about(reason="also", access="box_users(box) + 1"))
    assert text.count("> @@ -10,6") == 1 and "> @@ -20,8" not in text
    assert "box_users(box) + 1 stood" in text


def test_what_is_said_already_is_not_said_again() -> None:
    question = "What keeps the box?"
    one = about(question=question)
    review = replace(
        review_of(one, replace(one, finding=replace(one.finding, line=0))),
        questions=(Question(0, question), Question(0, question)),
    )
    (text,) = mail(review, "0", NOW)
    assert text.count(question) == 1
    assert text.endswith("\n\nThe same here, in box_move().\n")


def test_same_finding_twice_is_said_once() -> None:
    assert body(VERDICT, VERDICT) == body(VERDICT)


AWAY = {"before_line": 40, "line": 41, "access": "", "place": ""}


def test_access_outside_of_the_hunks() -> None:
    text = body(about(**AWAY))
    assert "> +\tif (slot_load(slot) != box) {\n\n" in text


def test_access_outside_of_the_hunks_whose_lock_is_gone() -> None:
    diff = DIFF.replace(" \tslots_lock_irq(shelf);", "-\tslots_lock_irq(&shelf->x_lock);")
    text = body(about(**AWAY), patch=patch_of(diff))
    assert "> -\tslots_lock_irq(&shelf->x_lock);\n\n" in text


def test_access_on_an_unchanged_line() -> None:
    text = body(about(before_line=11, line=11, access="expected", place="expected"))
    assert "> @@ -10,6 +10,9" in text and ">  \tint expected = 2;\n\n" in text


def test_access_in_a_patch_made_for_other_lines() -> None:
    """The lines of a finding are those of the file, the hunks may be some lines off."""
    for shift in (-2, 40, 900):
        text = body(about(line=13 + shift, before_line=23 + shift))
        assert "> +\tif (box_users(box) != expected)\n\n" in text


def test_access_that_is_only_removed() -> None:
    text = body(about(line=0))
    assert "> -\tif (box_users(box) != expected ||\n\n" in text


def test_file_that_is_not_in_the_patch() -> None:
    text = body(about(file="lib/other.c"))
    assert "> diff" not in text and "box_users(box) stood" in text


def test_long_hunks_are_snipped() -> None:
    rows = [f" line {number}" for number in range(1, 40)]
    diff = "\n".join(
        ["diff --git a/lib/box.c b/lib/box.c", "@@ -1,40 +1,39 @@", *rows, "-box_users(box);", ""]
    )
    verdict = about(before_line=40, line=0)
    text = body(verdict, patch=patch_of(diff))
    assert "> @@ -1,40 +1,39 @@\n[ ... ]\n>  line 29\n" in text
    assert text.count(">  line ") == 11


def test_header_lines_of_a_diff_without_git() -> None:
    patch = replace(PATCH, files=files_of(DIFF), lines=tuple(DIFF.split("\n")[2:-1]))
    assert "> --- a/lib/box.c\n> +++ b/lib/box.c\n> @@ -10,6" in body(VERDICT, patch=patch)


def test_count_of_one_left_out() -> None:
    diff = "diff --git a/lib/box.c b/lib/box.c\n@@ -23 +23 @@ f\n-old\n+new\n"
    assert "> @@ -23 +23 @@ f\n> -old\n\n" in body(VERDICT, patch=patch_of(diff))
