# SPDX-License-Identifier: GPL-2.0-only
"""What a changelog leaves unsaid: one note for a patch, or with what else is found."""

import json

import pytest
from frontend_samples import NEW, OLD, Program, diff, mail

RULE = "changelog-silent"
BARE = """\
int look(struct thing *t)
{
	int state;

	state = t->state;
	if (state)
		t->seen = state;
	return state;
}
"""
LOCKED = """\
int look(struct thing *t)
{
	int state;

	spin_lock(&t->lock);
	state = t->state;
	if (state)
		t->seen = state;
	spin_unlock(&t->lock);
	return state;
}
"""


def found(
    program: Program, text: str, *files: tuple[str, str], subject: str = "x: fix look()"
) -> list[tuple[str, list[str], str, int]]:
    """What is found in a patch of files, each with its text before and after."""
    body = ""
    for number, (before, after) in enumerate(files):
        program.file(f"tree/mm/{number}.c", before)
        body += diff(before, after, f"mm/{number}.c")
    name = program.file("x.patch", mail(f"[PATCH] {subject}", text, body))
    out = program.run("--tree", str(program.tree), "--format", "json", name).out
    return [
        (one["rule"], one["also"], one["severity"], one["line"])
        for one in json.loads(out)["findings"]
    ]


def test_alone_it_is_one_note_for_a_patch(program: Program) -> None:
    both = (BARE, LOCKED), (BARE, LOCKED)
    assert found(program, "Crashes were seen.", *both) == [(RULE, [], "note", 5)]


@pytest.mark.parametrize(
    "text",
    [
        "The state may change under us: take the lock.",
        "There is a race with the writers.",
        "Call spin_lock() around it.",
        "KCSAN complained.",
        "See page_refs() for the same.",
    ],
)
def test_a_word_is_enough(program: Program, text: str) -> None:
    assert found(program, text, (BARE, LOCKED)) == []


def test_a_word_in_the_subject_is_enough(program: Program) -> None:
    subject = "x: fix a race in look()"
    assert found(program, "Crashes were seen.", (BARE, LOCKED), subject=subject) == []


def test_what_it_joins_it_does_not_repeat(program: Program) -> None:
    """In another file a lock comes; the one loss of a lock speaks for both."""
    some = found(program, "Crashes were seen.", (OLD, NEW), (BARE, LOCKED))
    assert some == [("read-moved-out-of-lock", [RULE], "warning", 3)]


def test_without_a_message_or_a_whole_function_there_is_nothing_to_ask(program: Program) -> None:
    program.file("tree/mm/y.c", BARE)
    plain = program.file("y.diff", diff(BARE, LOCKED, "mm/y.c"))
    assert program.review(plain).out == ""
    name = program.file("y.patch", mail("[PATCH] x", "x", diff(BARE, LOCKED, "mm/y.c")))
    assert program.run("--format", "gcc", name).out == ""


def test_new_functions_and_what_moves_are_nothing_to_speak_of(program: Program) -> None:
    other = LOCKED.replace("look", "glance")
    assert found(program, "Crashes were seen.", ("int x;\n", f"int x;\n{LOCKED}")) == []
    swapped = f"{LOCKED}{BARE.replace('look', 'glance')}", f"{BARE}{other}"
    rules = [one[0] for one in found(program, "Crashes were seen.", swapped)]
    assert RULE not in rules


def test_it_can_be_left_out(program: Program) -> None:
    program.file("tree/mm/y.c", BARE)
    name = program.file("y.patch", mail("[PATCH] x", "x", diff(BARE, LOCKED, "mm/y.c")))
    done = program.review("--fail-on", "note", "--disable", RULE, name)
    assert (done.status, done.lines) == (0, ())
    assert done.out == f"mm/y.c:5: note: suppressed by option [{RULE}]\n"
