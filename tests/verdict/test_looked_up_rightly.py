# SPDX-License-Identifier: GPL-2.0-only
"""Changes of a lookup that are right for a reason the model does not have: no
schedule is shown."""

from pathlib import Path

import pytest
from reviewing import edited, mail, reviewed

FILE = "drivers/shelf/widget.c"
LOCKED = """\
int widget_weight(struct shelf *shelf)
{
	struct widget *w;
	int weight = 0;

	spin_lock(&shelf->lock);
	w = shelf->first;
	if (w)
		refcount_inc(&w->users);
	spin_unlock(&shelf->lock);
	if (w) {
		weight = w->weight;
		widget_put(w);
	}
	return weight;
}
"""
READ = """\
int widget_weight(struct shelf *shelf)
{
	struct widget *w;
	int weight = 0;

	rcu_read_lock();
	w = rcu_dereference(shelf->first);
	if (w)
		weight = w->weight;
	rcu_read_unlock();
	return weight;
}
"""
LOOKUP = """\
static struct widget *widget_first(struct shelf *shelf)
{
	return shelf->first;
}

"""
LOCK = ("\tspin_lock(&shelf->lock);\n", "")
UNLOCK = ("\tspin_unlock(&shelf->lock);\n", "")
GET = ("\tif (w)\n\t\trefcount_inc(&w->users);\n", "")
PUT = ("\t\twidget_put(w);\n", "")
END = ("\treturn weight;\n", "\tspin_unlock(&shelf->lock);\n\treturn weight;\n")
BH = (
    ("\trcu_read_lock();\n", "\tlocal_bh_disable();\n"),
    (
        "\trcu_read_unlock();\n",
        "\tlocal_bh_enable();\n",
    ),
)
GIVEN = "\tw = shelf->first;\n", "\tw = widget_first(shelf);\n"

WEIGHED = "\t\tweight = w->weight;\n"
TRIED = "\tif (w && !refcount_inc_not_zero(&w->users))\n\t\tw = NULL;\n"
PROTECTED = "rcu_dereference_protected(shelf->first, lockdep_is_held(&shelf->lock))"
COUNTING = """\
	if (shelf->first)
		refcount_inc(&shelf->first->users);
	return shelf->first;
"""

RIGHT = {
    # RCU and a reference that may fail in the place of the lock; its writers change too.
    "rcu instead of the lock": (
        LOCKED,
        edited(
            LOCKED,
            ("\tspin_lock(&shelf->lock);\n", "\trcu_read_lock();\n"),
            ("\tspin_unlock(&shelf->lock);\n", "\trcu_read_unlock();\n"),
            ("w = shelf->first", "w = rcu_dereference(shelf->first)"),
            (
                "\tif (w)\n\t\trefcount_inc(&w->users);\n",
                "\tif (w && !refcount_inc_not_zero(&w->users))\n\t\tw = NULL;\n",
            ),
        ),
    ),
    "another lock": (LOCKED, LOCKED.replace("shelf->lock", "shelf->other")),
    "bottom halves off": (READ, edited(READ, *BH)),
    "the caller holds a lock": (
        READ,
        edited(
            READ,
            ("\trcu_read_lock();\n", ""),
            ("\trcu_read_unlock();\n", ""),
            (
                "rcu_dereference(shelf->first)",
                "rcu_dereference_protected(shelf->first, lockdep_is_held(&shelf->lock))",
            ),
        ),
    ),
    "used under the lock without a reference": (LOCKED, edited(LOCKED, UNLOCK, GET, PUT, END)),
    "the lookup takes the reference": (
        LOOKUP + edited(LOCKED, GIVEN),
        LOOKUP.replace("\treturn shelf->first;\n", COUNTING) + edited(LOCKED, GIVEN, GET),
    ),
    "a mark instead of a reference": (
        LOCKED,
        edited(LOCKED, ("\t\trefcount_inc(&w->users);\n", "\t\tw->busy = true;\n")),
    ),
    "the reference is handed on": (
        LOCKED,
        edited(LOCKED, ("\t\twidget_put(w);\n", "\t\tqueue_work(shelf->wq, &w->work);\n")),
    ),
    "a put by another name": (
        LOCKED,
        edited(LOCKED, ("\t\twidget_put(w);\n", "\t\tw->ops->release(w);\n")),
    ),
    "a number of the pointer behind the put": (
        LOCKED,
        edited(
            LOCKED, ("\t\twidget_put(w);\n", "\t\twidget_put(w);\n\t\twake_up_var(&w->users);\n")
        ),
    ),
    "a part of the object is put": (
        LOCKED,
        edited(
            LOCKED,
            ("\t\tweight = w->weight;\n", "\t\tweight = w->weight;\n\t\tpath_put(&w->path);\n"),
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), RIGHT.values(), ids=RIGHT)
def test_no_schedule_is_shown(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_text(before)
    result = reviewed(mail(before, after, FILE), tmp_path)
    assert [one.model for one in result.verdicts if one.model is not None] == []
    assert {one.standing for one in result.verdicts} <= {None, "UNDECIDED"}


def test_the_same_without_a_reason(tmp_path: Path) -> None:
    """The functions these are made of are spoken of when nothing speaks for them."""
    for number, (before, edits) in enumerate(
        [
            (LOCKED, (LOCK, UNLOCK)),
            (READ, (("\trcu_read_lock();\n", ""), ("\trcu_read_unlock();\n", ""))),
        ]
    ):
        path = tmp_path / str(number) / FILE
        path.parent.mkdir(parents=True)
        path.write_text(before)
        result = reviewed(mail(before, edited(before, *edits), FILE), tmp_path / str(number))
        assert any(one.model is not None for one in result.verdicts)
