# SPDX-License-Identifier: GPL-2.0-only
"""Trying for ever is told from waiting for ever, and from trying that may end."""

import pytest
from machines import END, HERE, load, machine, program, store

from reviewer.simulation.explore import explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import Branch, Program, Step, const, local


def until(name: str, word: str, wanted: int, *before: Step) -> Program:
    """Load a word again and again until it has a value; ``before`` comes first."""
    at = len(before)
    found = ("op", "==", local("x"), const(wanted))
    again = Branch(found, "", "", 0, HERE, at + 2, at)
    return program(name, *before, load(word, at + 1, "x"), again, END)


def told(*programs: Program, symmetry: bool = True) -> set[str]:
    made: Machine = machine(*programs)
    result = explore(made, count_checks(made), symmetry=symmetry)
    assert result.complete
    return set(result.broken)


TRIES = until("tries", "flag", 1)
SETS = program("sets", store("flag", 1, 1), END)
UNSETS = program("unsets", store("flag", 1, 1), store("flag", 0, 2), END)
THERE = until("there", "flag", 1, store("flag", 2, 1))
BACK = until("back", "flag", 3, store("flag", 4, 1))


@pytest.mark.parametrize("symmetry", [True, False])
def test_a_value_that_never_comes(symmetry: bool) -> None:
    assert told(TRIES, symmetry=symmetry) == {"livelock"}
    assert told(TRIES, TRIES, symmetry=symmetry) == {"livelock"}
    assert told(THERE, BACK, symmetry=symmetry) == {"livelock"}


def test_a_value_that_comes() -> None:
    """However late: an end stays within reach."""
    assert told(TRIES, SETS) == set()
    assert told(TRIES, TRIES, SETS) == set()


def test_a_value_that_may_be_missed() -> None:
    """It is there for a moment only."""
    assert told(TRIES, UNSETS) == {"livelock"}


def test_one_that_waits_is_not_one_that_tries() -> None:
    """Beside somebody who is done, and with somebody whose loop may end at any time."""
    leaves = Branch(("unknown", "u"), "", "", 0, HERE, 2, 0)
    may = program("may", load("flag", 1), leaves, END)
    assert told(may) == set()
    assert told(may, TRIES) == {"livelock"}


def test_the_schedule_leads_to_where_no_end_can_be_reached() -> None:
    made = machine(TRIES, UNSETS)
    result = explore(made, count_checks(made))
    assert {taken.cpu for taken in result.broken["livelock"]} == {1}
