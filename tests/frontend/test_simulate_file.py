# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview simulate FILE FUNCTION`` of functions that look an object up."""

from pathlib import Path

import pytest
from frontend_samples import Program

from reviewer.ruleset import load_facts, load_scenario, scenario_folders

TEXT = """\
struct widget *widget_find(struct shelf *shelf)
{
	struct widget *w;

	rcu_read_lock();
	w = rcu_dereference(shelf->first);
	if (w)
		refcount_inc(&w->users);
	rcu_read_unlock();
	return w;
}

struct widget *widget_late(struct shelf *shelf)
{
	struct widget *w;

	spin_lock(&shelf->lock);
	w = shelf->first;
	spin_unlock(&shelf->lock);
	if (w)
		refcount_inc(&w->users);
	return w;
}

int widget_count(struct shelf *shelf)
{
	int n;

	spin_lock(&shelf->lock);
	n = shelf->count;
	spin_unlock(&shelf->lock);
	return n;
}
"""
FIND = ("simulate", "w.c", "widget_find")


@pytest.fixture
def widgets(program: Program) -> Program:
    program.file("w.c", TEXT)
    return program


def test_one_that_relies_on_how_the_object_is_taken_away(widgets: Program) -> None:
    done = widgets.run(*FIND)
    assert done.status == 0
    first, *others = done.out.splitlines()
    assert first.startswith("rcu_lookup widget_find(): HOLDS beside unpublish_wait_put() only (")
    assert "finds w through shelf->first inside" in " ".join(done.out.split())
    assert [text.strip() for text in others if text.strip().startswith("not so beside")] == [
        "not so beside unpublish_put_free_rcu(), where it breaks get-on-zero",
        "not so beside put_unpublish_free_rcu(), where it breaks get-on-zero",
    ]


def test_one_that_does_harm_beside_everybody(widgets: Program) -> None:
    """The roles may be others than those found: harm is told where they were said."""
    done = widgets.run("simulate", "w.c", "widget_late")
    assert done.status == 3
    assert done.out.startswith("locked_lookup widget_late(): UNDECIDED (")
    assert "whoever takes the object away, it breaks use-after-free" in " ".join(done.out.split())
    named = widgets.run("simulate", "w.c", "widget_late", "--scenario", "locked_lookup")
    assert named.status == 1
    assert "VIOLATED use-after-free" in named.out.splitlines()[0]


def test_one_that_finds_nothing(widgets: Program) -> None:
    done = widgets.run("simulate", "w.c", "widget_count", "--scenario", "rcu_lookup")
    assert done.status == 3 and ": UNDECIDED (" in done.out.splitlines()[0]
    assert "it finds no object under RCU or a lock" in done.out


def test_a_cap_that_is_reached(widgets: Program) -> None:
    done = widgets.run(*FIND, "--cap", "5")
    assert done.status == 3 and ": BOUND_REACHED (" in done.out.splitlines()[0]


def test_actors_that_are_left_out(widgets: Program) -> None:
    done = widgets.run(*FIND, "--actors", "unpublish_put_free_rcu=0,put_unpublish_free_rcu=0")
    assert done.status == 0 and "HOLDS (" in done.out.splitlines()[0]
    none = "unpublish_put_free_rcu=0,put_unpublish_free_rcu=0,unpublish_wait_put=0"
    done = widgets.run(*FIND, "--actors", none)
    assert done.status == 3 and "nobody takes the object away" in done.out


def test_a_path_that_there_is_not(widgets: Program) -> None:
    done = widgets.run(*FIND, "--path", "other")
    assert (done.status, done.line) == (2, "rcu_lookup has no path other (there are published)")


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["rcu_lookup", "locked_lookup"])
def test_functions_a_scenario_names(program: Program, linux_6_12: Path, name: str) -> None:
    """They hold as they are, one by one as with all others."""
    (folder,) = [path for path in scenario_folders() if path.name == name]
    for real in load_scenario(folder, load_facts()).reals:
        done = program.run("simulate", str(linux_6_12 / real.file), real.function)
        assert done.status == 0, done.out
        assert "HOLDS (" in done.out.splitlines()[0]
