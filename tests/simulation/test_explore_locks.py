# SPDX-License-Identifier: GPL-2.0-only
"""Locks that are shared, locks that are tried, and words that only properties see."""

from dataclasses import replace

import pytest
from machines import END, HERE, WORDS, attempt, drop, ends, load, machine, program, store, take
from schedules import can_be_made

from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine, Variable, of
from reviewer.simulation.model import Property
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import Branch, Program, Step, const, local

INSIDE = ("a", "b", "c")
GHOSTS = tuple(Variable(f"in_{name}", 0, ghost=True) for name in INSIDE)


def with_ghosts(found: Machine) -> Machine:
    return replace(found, words=(*WORDS, *GHOSTS))


def apart(*names: str) -> Property:
    """Never are both inside."""
    left, right = (("field", of("word", f"in_{name}")) for name in names)
    return ("apart", ("un", "!", ("op", "&&", left, right)))


def inside(name: str, *, shared: bool, lock: str = "one") -> Program:
    """Looks at the flag with a lock held, and notes that it is inside."""
    return program(
        name,
        take(lock, 1, shared),
        store(f"in_{name}", 1, 2),
        load("flag", 3),
        store(f"in_{name}", 0, 4),
        drop(lock, 5),
        END,
    )


def explored(found: Machine, *properties: Property) -> Exploration:
    result = explore(found, (*count_checks(found), *properties))
    assert result.complete
    return result


def together(*programs: Program) -> bool:
    """Whether the first two can be inside at once; nothing else may break."""
    found = with_ghosts(machine(*programs))
    properties = (*count_checks(found), apart("a", "b"))
    result = explored(found, apart("a", "b"))
    assert set(result.broken) <= {"apart"}
    for schedule in result.broken.values():
        assert can_be_made(found, schedule, properties)
    return bool(result.broken)


# Sharing --------------------------------------------------------------------------


@pytest.mark.parametrize("one", [True, False], ids=["shared", "alone"])
@pytest.mark.parametrize("two", [True, False], ids=["shared", "alone"])
def test_only_who_shares_a_lock_has_it_beside_another(one: bool, two: bool) -> None:
    assert together(inside("a", shared=one), inside("b", shared=two)) == (one and two)


def test_two_locks_are_two() -> None:
    assert together(inside("a", shared=False), inside("b", shared=False, lock="two"))


def test_a_lock_that_one_of_two_readers_dropped_is_still_taken() -> None:
    """Who wants it alone waits for both."""
    readers = (inside("a", shared=True), inside("c", shared=True))
    found = with_ghosts(machine(*readers, inside("b", shared=False)))
    assert not explored(found, apart("a", "b"), apart("c", "b")).broken


def test_a_shared_lock_that_is_not_held() -> None:
    bad = program("bad", drop("one", 1), END)
    other = inside("a", shared=True)
    assert "unlock-not-held" in explored(with_ghosts(machine(bad, other))).broken


def test_a_shared_lock_taken_to_have_it_alone() -> None:
    """A reader that goes on to write waits for itself."""
    twice = program("twice", take("one", 1, True), take("one", 2), drop("one", 3), END)
    assert "deadlock" in explored(machine(twice, inside_nothing())).broken


def inside_nothing() -> Program:
    return program("other", load("flag", 1), END)


# Trying -----------------------------------------------------------------------------


def tries(*, shared: bool = False, before: tuple[Step, ...] = ()) -> Program:
    """Tries a lock, and says whether it got it."""
    at = len(before)
    return program(
        "tries",
        *before,
        attempt("one", "done", at + 1, shared),
        Branch(local("done"), "", "", 0, HERE, at + 2, at + 3),
        drop("one", at + 4),
        ends("busy"),
        ends("taken"),
    )


def ends_of_the_first(*programs: Program) -> set[str]:
    result = explored(machine(*programs))
    assert not result.broken
    return {end[0].removeprefix("tries() returns ") for end in result.outcomes}


def holds(*, shared: bool) -> Program:
    return program("holds", take("one", 1, shared), load("flag", 2), drop("one", 3), END)


def test_a_lock_that_is_free() -> None:
    assert ends_of_the_first(tries(), inside_nothing()) == {"taken"}


@pytest.mark.parametrize(
    ("tried", "held", "found"),
    [
        (False, False, {"taken", "busy"}),
        (False, True, {"taken", "busy"}),
        (True, False, {"taken", "busy"}),
        (True, True, {"taken"}),
    ],
)
def test_a_lock_that_may_be_held(tried: bool, held: bool, found: set[str]) -> None:
    assert ends_of_the_first(tries(shared=tried), holds(shared=held)) == found


def test_a_lock_one_has_already() -> None:
    """To try it fails, and does not wait."""
    again = program("tries", take("one", 1), attempt("one", "done", 2), drop("one", 3), END)
    assert not explored(machine(again, holds(shared=False))).broken


# Words that only properties see -------------------------------------------------------


def test_a_ghost_costs_no_states() -> None:
    """Its stores happen together with the step before."""
    with_notes = inside("a", shared=False)
    notes = {1, 3}
    without = program(
        "a",
        *(
            Branch(const(1), "", "", 0, HERE, at + 1, at + 1) if at in notes else step
            for at, step in enumerate(with_notes.steps)
        ),
    )
    other = inside_nothing()
    one = explored(with_ghosts(machine(with_notes, other)))
    two = explored(with_ghosts(machine(without, other)))
    assert (one.states, one.transitions) == (two.states, two.transitions)


def test_what_a_ghost_is_when_nobody_stored_it() -> None:
    other = inside("b", shared=False)
    found = with_ghosts(machine(inside("a", shared=False), other))
    never = ("never", ("un", "!", ("field", of("word", "in_c"))))
    assert not explored(found, never).broken
    some = ("some", ("un", "!", ("field", of("word", "in_b"))))
    assert set(explored(found, some).broken) == {"some"}
