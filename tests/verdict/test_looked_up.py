# SPDX-License-Identifier: GPL-2.0-only
"""Findings about an object that is looked up, judged in a scenario about any object."""

from pathlib import Path

import pytest
from reviewing import edited, mail, reviewed

from reviewer.verdict.records import Review, Verdict

FILE = "drivers/shelf/widget.c"
TEXT = """\
struct widget *widget_find(struct shelf *shelf, int number)
{
	struct widget *w;

	rcu_read_lock();
	w = rcu_dereference(shelf->slots[number]);
	if (w && !refcount_inc_not_zero(&w->users))
		w = NULL;
	rcu_read_unlock();
	return w;
}

struct widget *widget_last(struct shelf *shelf)
{
	struct widget *w;

	spin_lock(&shelf->lock);
	w = shelf->last;
	if (w)
		kref_get(&w->kref);
	spin_unlock(&shelf->lock);
	return w;
}
"""
PLAIN_GET = (
    "\tif (w && !refcount_inc_not_zero(&w->users))\n\t\tw = NULL;\n",
    "\tif (w)\n\t\trefcount_inc(&w->users);\n",
)
NO_LOCK = (
    ("\tspin_lock(&shelf->lock);\n", ""),
    ("\tspin_unlock(&shelf->lock);\n", ""),
)
SHORTER = (
    ("\tspin_unlock(&shelf->lock);\n\treturn w;", "\treturn w;"),
    ("\tw = shelf->last;\n", "\tw = shelf->last;\n\tspin_unlock(&shelf->lock);\n"),
)


def review(tree: Path, before: str, after: str) -> Review:
    path = tree / FILE
    path.parent.mkdir(parents=True)
    path.write_text(before)
    return reviewed(mail(before, after, FILE), tree)


def judged(tree: Path, *edits: tuple[str, str]) -> list[Verdict]:
    return list(review(tree, TEXT, edited(TEXT, *edits)).verdicts)


def test_a_reference_taken_whatever_the_count_is(tmp_path: Path) -> None:
    """Right where the reference that goes with the pointer outlives it by a grace
    period, which nobody looks up: the schedule is shown, and the question asked."""
    result = review(tmp_path, TEXT, edited(TEXT, PLAIN_GET))
    (verdict,) = result.verdicts
    assert (verdict.finding.rule, verdict.standing) == ("get-without-tryget", "UNDECIDED")
    assert verdict.undecided == (
        "the code after the patch does harm beside unpublish_put_free_rcu() and "
        "put_unpublish_free_rcu(), and none beside unpublish_wait_put(); whether the object is "
        "taken away so while the function runs is not looked up in the tree"
    )
    assert [one.text for one in result.questions] == [
        "What keeps the count of w->users above zero here?"
    ]
    assert verdict.severity == "warning" and verdict.model is not None
    assert verdict.model.scenario == "rcu_lookup"
    assert verdict.model.before is not None and verdict.model.before.verdict == "HOLDS"
    assert (
        verdict.model.after.property == "a reference is taken on a count of zero (frozen or free)"
    )
    last = verdict.witness[-1]
    assert (last.actor, last.step, last.effect) == (
        "widget_find",
        "refcount_inc(&w->users)",
        "count 0 -> 1",
    )
    assert {step.cpu for step in verdict.witness} == {0, 1}


def test_a_plain_atomic_in_place_of_one_that_may_fail(tmp_path: Path) -> None:
    """What the count was tried on is a count of references, whatever adds to it now."""
    tried = TEXT.replace("refcount_inc_not_zero", "atomic_inc_not_zero")
    after = tried.replace(
        "\tif (w && !atomic_inc_not_zero(&w->users))\n\t\tw = NULL;\n",
        "\tif (w)\n\t\tatomic_inc(&w->users);\n",
    )
    (verdict,) = review(tmp_path, tried, after).verdicts
    assert verdict.finding.rule == "get-without-tryget"
    assert verdict.finding.reason == (
        "atomic_inc_not_zero(&w->users) could fail; atomic_inc(&w->users) cannot"
    )


def test_what_is_told_of_it(tmp_path: Path) -> None:
    """Which roles were found, and whose way to take the object away was taken."""
    verdict = judged(tmp_path, *NO_LOCK)[0]
    (told,) = verdict.evidence
    assert told == (
        "before the patch widget_last() finds w through shelf->last under shelf->lock, "
        "and no schedule does harm"
    )
    assert verdict.model is not None
    assert verdict.model.bound.startswith(
        "beside one call of the function: remove_then_put() or put_and_lock(), which takes the "
        "object away and beside which the code before the patch does no harm; "
    )


@pytest.mark.parametrize("edits", [NO_LOCK, SHORTER], ids=["removed", "shorter"])
def test_a_lock_that_is_gone(tmp_path: Path, edits: tuple[tuple[str, str], ...]) -> None:
    """The schedule is shown, under a condition; harm is not claimed."""
    found = [one for one in judged(tmp_path, *edits) if one.model is not None]
    assert found and {one.standing for one in found} == {"UNDECIDED"}
    assert {one.severity for one in found} == {"warning"}
    assert all(one.model and one.model.scenario == "locked_lookup" for one in found)
    assert {step.actor for step in found[0].witness} >= {"widget_last"}
    assert found[0].witness_caption.startswith("If the object is taken away like this, ")


def test_ends_that_only_the_new_code_has(tmp_path: Path) -> None:
    """Each with a schedule that comes to it."""
    early = (
        "\tif (w)\n\t\tkref_get",
        "\tspin_unlock(&shelf->lock);\n\tif (!w)\n\t\treturn NULL;\n\tkref_get",
    )
    late = ("\tspin_unlock(&shelf->lock);\n\treturn w;", "\treturn w;")
    found = [one.model for one in judged(tmp_path, late, early) if one.model is not None]
    ends = {one.outcome: one.witness for model in found for one in model.new_outcomes}
    assert set(ends) == {
        "put_and_lock() ends without a reference, widget_last() returns NULL",
        "remove_then_put() ends without a reference, widget_last() returns NULL",
    }
    assert all(witness[-1].step == "return NULL" for witness in ends.values())


def test_a_lock_that_moves_down_behind_nothing_it_needs(tmp_path: Path) -> None:
    """No schedule does harm: no finding is made worse, and none is said to be right."""
    taken, read = "\tspin_lock(&shelf->lock);\n", "\tshelf->looked++;\n"
    before = TEXT.replace(taken, taken + read)
    result = review(tmp_path, before, before.replace(taken + read, read + taken))
    assert result.verdicts
    assert {one.standing for one in result.verdicts} == {"UNDECIDED"}
    assert {one.model for one in result.verdicts} == {None}


def test_another_object_of_the_function(tmp_path: Path) -> None:
    """What is said of one object is not taken to be about the other."""
    text = TEXT.replace(
        "\trcu_read_unlock();\n", "\tif (w)\n\t\tput_device(shelf->dev);\n\trcu_read_unlock();\n"
    )
    after = text.replace("\tif (w)\n\t\tput_device(shelf->dev);\n", "")
    assert all(one.model is None for one in review(tmp_path, text, after).verdicts)


def test_without_the_tree_nothing_is_compared(tmp_path: Path) -> None:
    result = reviewed(mail(TEXT, edited(TEXT, PLAIN_GET), FILE), None)
    assert all(one.model is None for one in result.verdicts)


def test_a_change_of_names_changes_nothing(tmp_path: Path) -> None:
    one = judged(tmp_path / "one", *NO_LOCK)[0]
    other = TEXT.replace("widget", "gadget").replace("shelf", "rack")
    after = other.replace("\tspin_lock(&rack->lock);\n", "")
    after = after.replace("\tspin_unlock(&rack->lock);\n", "")
    two = review(tmp_path / "two", other, after).verdicts[0]
    assert one.model is not None and two.model is not None
    assert one.standing == two.standing
    assert (one.model.after.states, len(one.witness)) == (two.model.after.states, len(two.witness))


@pytest.mark.kernel
def test_the_running_transaction_of_btrfs(linux_6_12: Path) -> None:
    """Taken without its lock and without a reference it may be freed meanwhile."""
    path = "fs/btrfs/extent-tree.c"
    before = (linux_6_12 / path).read_text()
    start = before.index("static noinline int check_delayed_ref")
    head, body = before[:start], before[start:]
    after = head + (
        body.replace("\tspin_lock(&root->fs_info->trans_lock);\n", "", 1)
        .replace("\t\trefcount_inc(&cur_trans->use_count);\n", "", 1)
        .replace("\tspin_unlock(&root->fs_info->trans_lock);\n", "", 1)
    )
    result = reviewed(mail(before, after, path), linux_6_12)
    (verdict,) = [one for one in result.verdicts if one.finding.rule == "lock-removed"]
    assert verdict.standing == "UNDECIDED" and verdict.model is not None
    assert verdict.model.scenario == "locked_lookup"
    assert verdict.witness[-1].step.startswith("btrfs_put_transaction(")
