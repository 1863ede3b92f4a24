# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios about any object: roles are found from what a function does."""

import re
from collections.abc import Sequence

import pytest
from modelling import FACTS, scenarios

from reviewer.cfg.build import build
from reviewer.checker.callees import neighbours
from reviewer.ruleset import load_vocabulary
from reviewer.simulation.assemble import Subject, lift_subject
from reviewer.simulation.binding import Binding, bindings_of, side_of
from reviewer.simulation.differential import Difference, compare, weakened
from reviewer.simulation.steps import Program
from reviewer.simulation.trial import Options
from reviewer.syntax.parse import read_file

TRY_GET = """
struct widget *widget_find(struct shelf *shelf)
{
	struct widget *w;

	rcu_read_lock();
	w = rcu_dereference(shelf->first);
	if (w && !refcount_inc_not_zero(&w->users))
		w = NULL;
	rcu_read_unlock();
	return w;
}
"""

PLAIN_GET = """
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
"""

LOCKED = """
struct widget *widget_find(struct shelf *shelf)
{
	struct widget *w;

	mutex_lock(&shelf->mutex);
	w = shelf->first;
	if (w)
		kref_get(&w->kref);
	mutex_unlock(&shelf->mutex);
	return w;
}
"""

UNKNOWN_LOOKUP = """
int widget_weight(struct shelf *shelf, int number)
{
	struct widget *w;
	int weight = -ENOENT;

	rcu_read_lock();
	w = shelf_find(shelf, number);
	if (w && refcount_inc_not_zero(&w->users)) {
		weight = weigh(w);
		widget_put(w);
	}
	rcu_read_unlock();
	return weight;
}
"""

READ_ONLY = """
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

LIST = """
struct widget *widget_find(struct shelf *shelf, int number)
{
	struct widget *w;

	rcu_read_lock();
	list_for_each_entry_rcu(w, &shelf->widgets, link) {
		if (w->number == number && refcount_inc_not_zero(&w->users)) {
			rcu_read_unlock();
			return w;
		}
	}
	rcu_read_unlock();
	return NULL;
}
"""

OTHER_NAME = """
struct widget *widget_find(struct shelf *shelf)
{
	struct widget *w, *found = NULL;

	rcu_read_lock();
	w = rcu_dereference(shelf->first);
	if (w && refcount_inc_not_zero(&w->users))
		found = w;
	rcu_read_unlock();
	return found;
}
"""

NO_NAME = """
struct pid *widget_pid(struct shelf *shelf)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(rcu_dereference(shelf->pid));
	rcu_read_unlock();
	return pid;
}
"""


def bound(text: str) -> Sequence[Binding]:
    """The scenarios that speak of the only function of a text."""
    source = read_file(text.encode(), load_vocabulary())
    (segment,) = source.segments
    function = source.function(segment.name)
    assert function is not None
    callees = neighbours(source, FACTS).small
    return bindings_of(scenarios(), build(function, FACTS), "widget.c", FACTS, callees)


def subject(one: Binding, text: str) -> Subject:
    source = read_file(text.encode(), load_vocabulary())
    function = source.function(one.real.function)
    assert function is not None
    callees = neighbours(source, FACTS).small
    return side_of(one, build(function, FACTS), "widget.c", FACTS, callees)


def compared(before: str, after: str) -> Difference:
    (one,) = bound(before)
    versions = subject(one, before), subject(one, after)
    return compare(one.scenario, one.real, *versions, FACTS, Options(cap=50_000))


def without(text: str, *lines: str) -> str:
    """The text without the lines that contain these words."""
    left = [line for line in text.split("\n") if not any(word in line for word in lines)]
    assert len(left) < len(text.split("\n"))
    return "\n".join(left)


# Who plays which role -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "scenario", "because", "caller"),
    [
        (
            TRY_GET,
            "rcu_lookup",
            "it finds w through shelf->first inside an rcu-read-side section",
            "find_and_keep",
        ),
        (
            LOCKED,
            "locked_lookup",
            "it finds w through shelf->first under shelf->mutex",
            "find_and_keep_locked",
        ),
        (
            UNKNOWN_LOOKUP,
            "rcu_lookup",
            "it finds w through shelf_find() inside an rcu-read-side section",
            "calls_without_result",
        ),
        (
            READ_ONLY,
            "rcu_lookup",
            "it finds w through shelf->first inside an rcu-read-side section",
            "calls_without_result",
        ),
        (
            LIST,
            "rcu_lookup",
            "it finds w through list_for_each_entry_rcu() inside an rcu-read-side section",
            "find_and_keep",
        ),
        (
            OTHER_NAME,
            "rcu_lookup",
            "it finds w through shelf->first inside an rcu-read-side section",
            "find_and_keep",
        ),
        (
            NO_NAME,
            "rcu_lookup",
            "it finds what shelf->pid leads to inside an rcu-read-side section",
            "find_and_keep",
        ),
    ],
    ids=["try-get", "locked", "unknown-lookup", "read-only", "list", "other-name", "no-name"],
)
def test_what_is_looked_up(text: str, scenario: str, because: str, caller: str) -> None:
    (one,) = bound(text)
    assert (one.scenario.name, one.because, one.real.caller) == (scenario, because, caller)


def test_the_count_is_the_member_the_function_counts_with() -> None:
    counters = [one.real.roles.counter for text in (LOCKED, TRY_GET) for one in bound(text)]
    assert counters == ["kref.refcount", "users"]


PARAMETER = """
void widget_hold(struct widget *w)
{
	rcu_read_lock();
	refcount_inc(&w->users);
	rcu_read_unlock();
}
"""
"""The caller knows what keeps it."""

NEW = """
struct widget *widget_make(void)
{
	struct widget *w = kzalloc(sizeof(*w), GFP_KERNEL);

	rcu_read_lock();
	kref_get(&w->kref);
	rcu_read_unlock();
	return w;
}
"""
"""Nobody else has it."""

TWO_PLACES = """
struct widget *widget_find(struct shelf *shelf)
{
	struct widget *w;

	rcu_read_lock();
	w = rcu_dereference(shelf->first);
	if (!w)
		w = rcu_dereference(shelf->last);
	if (!refcount_inc_not_zero(&w->users))
		w = NULL;
	rcu_read_unlock();
	return w;
}
"""

COMES_WITH_REFERENCE = """
struct folio *widget_folio(struct address_space *mapping)
{
	struct folio *folio;

	rcu_read_lock();
	folio = filemap_get_folio(mapping, 0);
	if (folio)
		folio_get(folio);
	rcu_read_unlock();
	return folio;
}
"""


@pytest.mark.parametrize(
    "text",
    [
        PARAMETER,
        NEW,
        TWO_PLACES,
        COMES_WITH_REFERENCE,
        without(LOCKED, "kref_get", "if (w)"),  # anything may keep it
        without(LOCKED, "mutex_lock", "mutex_unlock"),  # under nothing
        LOCKED.replace(
            "mutex_lock(&shelf->mutex)", "int at = srcu_read_lock(&shelf->srcu)"
        ).replace("mutex_unlock(&shelf->mutex)", "srcu_read_unlock(&shelf->srcu, at)"),
    ],
    ids=["parameter", "new", "two-places", "with-reference", "not-counted", "nothing", "srcu"],
)
def test_what_is_no_lookup(text: str) -> None:
    assert bound(text) == ()


# What a change makes possible -----------------------------------------------------


@pytest.mark.parametrize(
    "text", [TRY_GET, LOCKED, UNKNOWN_LOOKUP, READ_ONLY, LIST, OTHER_NAME, NO_NAME]
)
def test_the_same_function_twice(text: str) -> None:
    found = compared(text, text)
    assert (found.verdict, found.reason) == ("HOLDS", "")
    assert found.companies and found.noticed


@pytest.mark.parametrize(
    ("before", "after", "property_"),
    [
        (TRY_GET, without(TRY_GET, "rcu_read_"), "use-after-free"),
        (TRY_GET, PLAIN_GET, "get-on-zero"),
        (
            TRY_GET,
            TRY_GET.replace("\trcu_read_unlock();\n", "").replace(
                "\tif (w &&", "\trcu_read_unlock();\n\tif (w &&"
            ),
            "use-after-free",
        ),
        (LOCKED, without(LOCKED, "mutex_"), "use-after-free"),
        (LOCKED, without(LOCKED, "if (w)", "kref_get"), "use-after-free"),
        (UNKNOWN_LOOKUP, without(UNKNOWN_LOOKUP, "rcu_read_"), "use-after-free"),
        (UNKNOWN_LOOKUP, without(UNKNOWN_LOOKUP, "widget_put"), "leaked-reference"),
        (READ_ONLY, without(READ_ONLY, "rcu_read_"), "use-after-free"),
        (LIST, without(LIST, "rcu_read_"), "use-after-free"),
        (NO_NAME, without(NO_NAME, "rcu_read_"), "use-after-free"),
    ],
)
def test_what_a_change_breaks(before: str, after: str, property_: str) -> None:
    found = compared(before, after)
    assert found.verdict == "VIOLATED"
    assert found.after is not None and property_ in found.after.broken


def test_names_do_not_matter() -> None:
    def renamed(text: str) -> str:
        words = {"widget_find": "a", "shelf": "b", "w": "c", "users": "d", "first": "e"}
        return re.sub(r"\w+", lambda found: words.get(found[0], found[0]), text)

    after = without(TRY_GET, "rcu_read_")
    one, two = compared(TRY_GET, after), compared(renamed(TRY_GET), renamed(after))
    assert one.after is not None and two.after is not None
    assert (one.after.states, one.after.broken) == (two.after.states, two.after.broken)


def test_only_beside_those_the_old_version_stands() -> None:
    """With a plain get it relies on the reference being dropped late enough."""
    found = compared(PLAIN_GET, PLAIN_GET)
    assert (found.verdict, found.companies) == ("HOLDS", ("unpublish_wait_put",))
    assert set(compared(TRY_GET, TRY_GET).companies) > set(found.companies)


def test_an_old_version_that_does_harm_itself() -> None:
    late = LOCKED.replace("\tmutex_unlock(&shelf->mutex);\n", "").replace(
        "\tif (w)", "\tmutex_unlock(&shelf->mutex);\n\tif (w)"
    )
    found = compared(late, without(late, "mutex_"))
    assert found.verdict == "UNDECIDED"
    assert found.reason.startswith("the old version holds beside nobody: ")


def test_nothing_that_depends_on_its_protection() -> None:
    """The object is found and nothing is done with it."""
    idle = without(READ_ONLY, "if (w)", "weight = w->weight")
    found = compared(idle, without(idle, "rcu_read_"))
    assert found.verdict == "UNDECIDED"
    assert "nothing the model has depends on" in found.reason


def program() -> Program:
    (one,) = bound(UNKNOWN_LOOKUP)
    on = subject(one, UNKNOWN_LOOKUP)
    return lift_subject(one.scenario, one.scenario.paths[0], on, FACTS)


def test_what_is_taken_for_granted_of_calls_nobody_knows() -> None:
    assert program().unmodelled == ()
    assert program().assumptions == (
        "weigh() is taken to use what it is given and to count nothing",
        "widget_put(w) is taken to drop a reference",
    )


def test_the_changes_that_must_be_noticed() -> None:
    assert {name: [(one.call, one.how) for one in some] for name, some in weakened(program())} == {
        "without its locks and read sides": [
            ("rcu_read_lock", "gone"),
            ("rcu_read_unlock", "gone"),
        ],
        "with references taken of whatever it finds": [("refcount_inc_not_zero", "plain")],
        "without its references": [("refcount_inc_not_zero", "skip"), ("widget_put", "skip")],
    }
