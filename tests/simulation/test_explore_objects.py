# SPDX-License-Identifier: GPL-2.0-only
"""Objects that are touched, given back at once or later, made anew, handed on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from machines import (
    BOX,
    END,
    add,
    ends,
    enter,
    leave,
    lives,
    load,
    look,
    machine,
    program,
    store,
    wait_for,
)
from schedules import can_be_made

from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.follow import Taken
from reviewer.simulation.machine import Machine, of
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import (
    Branch,
    Life,
    Mark,
    Program,
    Step,
    Value,
    const,
    local,
    unknown,
)

HERE = END.origin


def explored(found: Machine) -> Exploration:
    result = explore(found, count_checks(found))
    assert result.complete
    return result


def freed_by_call(*programs: Program, boxes: int = 0) -> Machine:
    return replace(machine(*programs, boxes=boxes), freed_by_call=True)


def whole_steps(schedule: Sequence[Taken]) -> list[tuple[int, str]]:
    """What happens to objects as a whole in a schedule, and on which CPU."""
    return [(taken.cpu, taken.step.what) for taken in schedule if isinstance(taken.step, Life)]


def keep(after: int) -> Step:
    return Mark("keep", BOX, "", HERE, after)


FREES = program("frees", lives("free", 1), END)
TOUCHES = program("touches", lives("use", 1), END)


# Memory that is given back ----------------------------------------------------


def test_what_is_touched_after_it_was_freed() -> None:
    found = freed_by_call(FREES, TOUCHES)
    result = explored(found)
    assert set(result.broken) == {"use-after-free"}
    schedule = result.broken["use-after-free"]
    assert whole_steps(schedule) == [(0, "free"), (1, "use")]
    assert can_be_made(found, schedule, count_checks(found))
    assert not can_be_made(found, schedule[1:], count_checks(found))


def test_what_is_touched_before_it_is_freed() -> None:
    one = program("both", lives("use", 1), lives("free", 2), END)
    assert not explored(freed_by_call(one)).broken


def test_what_is_freed_twice() -> None:
    twice = program("twice", lives("free", 1), lives("free", 2), END)
    assert set(explored(freed_by_call(twice)).broken) == {"use-after-free"}


def test_what_is_freed_while_somebody_holds_it() -> None:
    """The first CPU has a reference; that it never looks again is no matter."""
    holder = program("holds", load("flag", 1), add(-1, 2), END)
    result = explored(freed_by_call(holder, FREES, boxes=1))
    assert [taken.cpu for taken in result.broken["use-after-free"]] == [1]


@pytest.mark.parametrize("step", [look(1), add(1, 1)], ids=["look", "add"])
def test_the_count_of_what_was_freed(step: Step) -> None:
    found = program("counts", step, END)
    assert "use-after-free" in explored(freed_by_call(FREES, found)).broken


def test_a_count_of_zero_frees_nothing_where_a_call_does() -> None:
    puts = program("puts", add(-1, 1), END)
    assert not explored(freed_by_call(puts, TOUCHES, boxes=1)).broken


def test_a_count_of_zero_frees_where_no_call_does() -> None:
    """The memory goes on to be readable, but the object is gone."""
    puts = program("puts", add(-1, 1), END)
    looks = program("looks", look(1), END)
    assert not explored(machine(puts, looks, boxes=1)).broken
    assert set(explored(machine(puts, TOUCHES, boxes=1)).broken) == {"use-after-free"}


@pytest.mark.parametrize("what", ["use", "free", "free-deferred"])
@pytest.mark.parametrize("box", [const(0), const(7), unknown("u")], ids=["none", "other", "any"])
def test_nothing_happens_to_what_is_no_object(what: str, box: Value) -> None:
    one = program("one", lives(what, 1, box), lives("use", 2), END)
    assert not explored(freed_by_call(one)).broken


# After a grace period -----------------------------------------------------------

DEFERS = program("defers", lives("free-deferred", 1), END)


def reader(context: str) -> Program:
    """Touches the box inside of a section."""
    return program("reader", enter(context, 1), lives("use", 2), leave(context, 3), END)


def test_what_nobody_reads_is_freed_at_once() -> None:
    both = program("both", lives("free-deferred", 1), lives("use", 2), END)
    assert set(explored(freed_by_call(both)).broken) == {"use-after-free"}


@pytest.mark.parametrize("context", ["rcu-read-side", "irqs-off"])
def test_a_reader_that_came_before(context: str) -> None:
    """It says that it is inside, and only then the box is freed."""
    (first, *rest) = reader(context).steps
    early = program("early", first, store("flag", 1, 2), lives("use", 3), leave(context, 4), END)
    waits = program("waits", wait_for("flag", 1, 1), lives("free-deferred", 2), END)
    assert rest and not explored(freed_by_call(early, waits)).broken


@pytest.mark.parametrize("context", ["rcu-read-side", "irqs-off"])
def test_a_reader_that_may_come_later(context: str) -> None:
    found = freed_by_call(reader(context), DEFERS)
    schedule = explored(found).broken["use-after-free"]
    assert whole_steps(schedule) == [(1, "free-deferred"), (0, "use")]


def test_a_reader_that_came_before_holds_up_nothing_for_one_that_came_later() -> None:
    """The late one is inside before the early one leaves; what it touches then
    is free all the same."""
    early = program(
        "early",
        enter("rcu-read-side", 1),
        store("flag", 1, 2),
        wait_for("flag", 3, 3),
        leave("rcu-read-side", 4),
        END,
    )
    waits = program(
        "waits", wait_for("flag", 1, 1), lives("free-deferred", 2), store("flag", 2, 3), END
    )
    late = program(
        "late",
        wait_for("flag", 2, 1),
        enter("rcu-read-side", 2),
        store("flag", 3, 3),
        lives("use", 4),
        leave("rcu-read-side", 5),
        END,
    )
    result = explored(freed_by_call(early, waits, late))
    assert set(result.broken) == {"use-after-free"}
    cpus = [taken.cpu for taken in result.broken["use-after-free"]]
    assert cpus[-2:] == [0, 2]


def test_two_readers_that_came_before() -> None:
    """Neither that one has left nor that the other has is enough."""
    one = program(
        "one",
        enter("rcu-read-side", 1),
        store("flag", 1, 2),
        lives("use", 3),
        leave("rcu-read-side", 4),
        END,
    )
    two = program(
        "two",
        enter("rcu-read-side", 1),
        wait_for("flag", 1, 2),
        store("flag", 2, 3),
        lives("use", 4),
        leave("rcu-read-side", 5),
        END,
    )
    waits = program("waits", wait_for("flag", 2, 1), lives("free-deferred", 2), END)
    assert not explored(freed_by_call(one, two, waits)).broken


def test_a_reader_that_left_and_came_again() -> None:
    again = program(
        "again",
        enter("rcu-read-side", 1),
        store("flag", 1, 2),
        leave("rcu-read-side", 3),
        enter("rcu-read-side", 4),
        lives("use", 5),
        leave("rcu-read-side", 6),
        END,
    )
    waits = program("waits", wait_for("flag", 1, 1), lives("free-deferred", 2), END)
    assert set(explored(freed_by_call(again, waits)).broken) == {"use-after-free"}


def test_an_inner_section_is_no_end() -> None:
    nested = program(
        "nested",
        enter("rcu-read-side", 1),
        enter("rcu-read-side", 2),
        store("flag", 1, 3),
        leave("rcu-read-side", 4),
        lives("use", 5),
        leave("rcu-read-side", 6),
        END,
    )
    waits = program("waits", wait_for("flag", 1, 1), lives("free-deferred", 2), END)
    assert not explored(freed_by_call(nested, waits)).broken


# The same memory again ------------------------------------------------------------

PUTS = program("puts", add(-1, 1), END)
MAKES = program("makes", lives("reuse", 1), store("flag", 1, 2), ends("made"))


def test_memory_that_is_free_becomes_another_object() -> None:
    """Whoever makes it keeps the one reference it begins with."""
    result = explored(machine(PUTS, MAKES, boxes=1))
    assert not result.broken
    assert {end[1] for end in result.outcomes} == {"makes() returns made"}


def test_nothing_is_made_of_what_is_in_use() -> None:
    """To wait for it is an end like others, and no deadlock."""
    keeps = program("keeps", keep(1), END)
    result = explored(machine(keeps, MAKES, boxes=1))
    assert not result.broken
    assert result.outcomes == (("keeps() keeps a reference", "makes() ends without a reference"),)


def test_a_new_object_can_be_touched_and_counted() -> None:
    looks = program("looks", wait_for("flag", 1, 1), lives("use", 2), add(1, 3), add(-1, 4), END)
    assert not explored(machine(PUTS, MAKES, looks, boxes=1)).broken


def test_a_reference_to_the_object_that_was() -> None:
    """Dropping it takes the reference of whoever made the new one."""
    twice = program("twice", add(-1, 1), wait_for("flag", 1, 2), add(-1, 3), END)
    found = machine(twice, MAKES, boxes=1)
    assert set(explored(found).broken) == {"dropped-too-often"}


def test_the_new_object_begins_with_one_reference() -> None:
    one = ("op", "==", local("count"), const(1))
    makes = program(
        "makes",
        lives("reuse", 1),
        look(2, "count"),
        Branch(one, "", "", 0, HERE, 3, 4),
        ends("one"),
        ends("another number"),
    )
    result = explored(machine(PUTS, makes, boxes=1))
    assert {end[1] for end in result.outcomes} == {"makes() returns one"}


def test_a_property_can_ask_whether_an_object_is_a_new_one() -> None:
    found = machine(PUTS, MAKES, boxes=1)
    old = ("old", ("op", "==", ("field", of("reused", 1)), const(0)))
    schedule = explore(found, (old,)).broken["old"]
    assert whole_steps(schedule) == [(1, "reuse")]


# Handing a reference on ---------------------------------------------------------------


def test_a_reference_that_is_given_away() -> None:
    """It is nobody's here, and stays counted."""
    gives = program("gives", lives("give", 1), END)
    other = program("other", load("flag", 1), END)
    assert set(explored(machine(other, other, boxes=1)).broken) == {"leaked-reference"}
    assert not explored(machine(gives, boxes=1)).broken


def test_a_reference_that_is_given_away_and_dropped() -> None:
    both = program("both", lives("give", 1), add(-1, 2), END)
    assert "dropped-too-often" in explored(machine(both, boxes=1)).broken


def test_a_reference_that_its_giver_does_not_have() -> None:
    gives = program("gives", lives("give", 1), END)
    assert "dropped-too-often" in explored(machine(gives)).broken
