# SPDX-License-Identifier: GPL-2.0-only
"""What is not explored: equal states of equal CPUs, ways that are cut off, and
what is too large."""

from dataclasses import replace

import pytest
from machines import (
    END,
    HERE,
    add,
    attempt,
    drop,
    ends,
    enter,
    load,
    look,
    machine,
    program,
    store,
    take,
)
from modelling import FACTS, scenario
from schedules import can_be_made

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import TooLarge, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Goal
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import Access, Branch, Program, Step, Stop, const, local, unknown

# CPUs that can be exchanged ---------------------------------------------------------


def looks_and_adds() -> Program:
    """Adds to the count by way of a local, as nobody should."""
    got = ("op", "==", local("got"), const(1))
    return program(
        "adds",
        load("flag", 1, "got"),
        Branch(got, "", "", 0, HERE, 5, 2),
        add(1, 3),
        store("flag", 1, 4),
        add(-1, 5),
        ends("done"),
    )


def chooses() -> Program:
    """Goes one of two ways, and tells which."""
    return program(
        "chooses",
        Branch(unknown("u"), "?u", "", 0, HERE, 1, 3),
        take("one", 2),
        drop("one", 5),
        attempt("one", "done", 4),
        Branch(local("done"), "", "", 0, HERE, 6, 7),
        ends("one way"),
        drop("one", 8),
        ends("another way, busy"),
        ends("another way"),
    )


def twice(one: Program, count: int = 2, boxes: int = 0) -> Machine:
    other = program("other", load("flag", 1), END)
    return machine(other, *[one] * count, boxes=boxes)


@pytest.mark.parametrize("one", [looks_and_adds(), chooses()], ids=lambda one: one.name)
@pytest.mark.parametrize("count", [2, 3])
def test_equal_cpus_are_tried_in_one_order(one: Program, count: int) -> None:
    found = twice(one, count)
    checks = count_checks(found)
    less, all_of_it = explore(found, checks), explore(found, checks, symmetry=False)
    assert less.outcomes == all_of_it.outcomes
    assert set(less.broken) == set(all_of_it.broken)
    assert less.states < all_of_it.states and less.transitions < all_of_it.transitions


def test_equal_actors_of_a_shipped_scenario() -> None:
    one = scenario("folio_refcount")
    walks = ("gup_fast_no_recheck", "gup_fast_no_recheck")
    own = Subject(one.actors["check_inside"], one.actor_files["check_inside"], {})
    program = lift_subject(one, one.paths[0], own, FACTS)
    found = assemble(one, one.paths[0], one.assumptions[0], program, walks, FACTS)
    checks = checks_of(one, found)
    less, all_of_it = explore(found, checks), explore(found, checks, symmetry=False)
    assert less.outcomes == all_of_it.outcomes
    assert set(less.broken) == set(all_of_it.broken) and less.broken
    assert less.states < all_of_it.states
    for schedule in less.broken.values():
        assert can_be_made(found, schedule, checks)


def test_cpus_that_begin_otherwise_are_not_equal() -> None:
    """One of the two has a reference."""
    puts = program("puts", look(1), add(-1, 2), END)
    found = machine(puts, puts, boxes=1)
    checks = count_checks(found)
    one, two = explore(found, checks), explore(found, checks, symmetry=False)
    assert (one.states, one.transitions, one.broken) == (two.states, two.transitions, two.broken)
    assert {taken.cpu for taken in one.broken["dropped-too-often"]} >= {1}


def bad(first: int, other: int) -> Program:
    """Drops what another of its kind may have taken; which of the two it is, is
    chosen before anybody can tell."""
    got = ("op", "==", local("got"), const(1))
    return program(
        "bad",
        Branch(unknown("u"), "?u", "", 0, HERE, first, other),
        store("flag", 1, 2),
        END,
        enter("irqs-off", 4),
        load("flag", 5, "got"),
        Branch(got, "", "", 0, HERE, 6, 7),
        add(-1, 7),
        END,
    )


@pytest.mark.parametrize("ways", [(1, 3), (3, 1)])
def test_a_schedule_of_equal_cpus_is_one_that_runs(ways: tuple[int, int]) -> None:
    found = twice(bad(*ways), 3)
    checks = count_checks(found)
    for symmetry in (True, False):
        result = explore(found, checks, symmetry=symmetry)
        assert set(result.broken) == {"count-underflow"}
        schedule = result.broken["count-underflow"]
        assert can_be_made(found, schedule, checks)
        assert schedule[-1].event.broke == "count-underflow"
        assert len({taken.cpu for taken in schedule if isinstance(taken.step, Access)}) == 2


@pytest.mark.parametrize("ways", [(1, 3), (3, 1)])
def test_a_goal_of_equal_cpus_is_met_by_one_that_runs(ways: tuple[int, int]) -> None:
    """Also when the one that meets it has changed places on the way."""

    def drops(cpu: int, step: Step) -> tuple[str, int] | None:
        is_drop = isinstance(step, Access) and step.op == "add"
        return const(1) if is_drop and cpu else None

    found = twice(bad(*ways), 3, boxes=1)
    goal = Goal("drops", drops)
    for symmetry in (True, False):
        result = explore(found, (), (goal,), symmetry=symmetry)
        schedule = result.goals["drops"]
        assert can_be_made(found, schedule, goals=(goal,))
        last = schedule[-1].step
        assert isinstance(last, Access) and last.op == "add"


# Ways that are cut off -----------------------------------------------------------------


def bug(*, when: int) -> Program:
    """Takes the lock and one more reference, and finds a BUG where the flag says so."""
    test = ("op", "==", local("got"), const(when))
    return program(
        "checks",
        take("one", 1),
        add(1, 2),
        load("flag", 3, "got"),
        Branch(test, "", "", 0, HERE, 4, 5),
        Stop(const(0), "BUG()", HERE, cut=True),
        add(-2, 6),
        drop("one", 7),
        ends("well"),
    )


def test_a_way_that_is_cut_off_is_no_end() -> None:
    """Neither the reference is leaked nor the lock kept; the others go on."""
    stores = program("stores", store("flag", 1, 1), take("one", 2), drop("one", 3), END)
    result = explore(found := machine(bug(when=1), stores, boxes=1), count_checks(found))
    assert not result.broken
    assert {end[0] for end in result.outcomes} == {"checks() returns well"}


def test_a_choice_one_way_of_which_is_cut_off() -> None:
    chooses = program(
        "chooses",
        load("flag", 1),
        Branch(unknown("u"), "", "", 0, HERE, 2, 3),
        Stop(const(0), "BUG()", HERE, cut=True),
        ends("well"),
    )
    result = explore(machine(chooses))
    assert not result.broken
    assert result.outcomes == (("chooses() returns well",),)


def test_a_function_that_is_always_cut_off() -> None:
    found = machine(bug(when=0), boxes=1)
    result = explore(found, count_checks(found))
    assert not result.broken and not result.outcomes


# What is too large -------------------------------------------------------------------


def test_a_count_that_grows_without_end() -> None:
    found = machine(program("grows", add(1, 0)), boxes=1)
    with pytest.raises(TooLarge, match="takes more values than the model has room for"):
        explore(found, count_checks(found))


def test_a_count_that_becomes_large() -> None:
    """More than fits the first time, and no more than is there."""
    rounds = [add(1, at + 1) for at in range(40)]
    back = [add(-1, at + 41) for at in range(41)]
    found = machine(program("large", *rounds, *back, END), boxes=1)
    result = explore(found, count_checks(found))
    assert result.complete and not result.broken
    assert result.states == 82


def test_one_state_more_than_the_cap() -> None:
    counts = [load("flag", at + 1) for at in range(9)]
    found = machine(program("nine", *counts, END))
    assert explore(found).states == 10
    assert explore(found, cap=10).complete
    short = explore(found, cap=9)
    assert not short.complete and short.states == 10


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    counts = [load("flag", at + 1) for at in range(30)]
    one = program("one", *counts, END)
    found = machine(one, replace(one, name="two"), replace(one, name="three"))
    result = explore(found, progress=lambda states, left: told.append((states, left)))
    assert result.states == 31**3
    assert told and all(0 < left < states <= result.states for states, left in told)
    assert [states for states, _ in told] == sorted({states for states, _ in told})
