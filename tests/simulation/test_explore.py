# SPDX-License-Identifier: GPL-2.0-only
"""What the explorer finds in small machines, and how many states it needs."""

from dataclasses import replace

import pytest
from machines import (
    END,
    HERE,
    add,
    drop,
    ends,
    enter,
    leave,
    load,
    machine,
    program,
    store,
    take,
    thaw,
    wait,
    wait_for,
)
from modelling import FACTS, scenario, scenarios, tried

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import Branch, Context, Program, Step, Stop, const, local, unknown

NOBODY = "ends without a reference"


def explored(found: Machine) -> Exploration:
    return explore(found, count_checks(found))


def shipped(name: str, subject: str, path: str, assumption: str, company: int) -> Machine:
    """A machine of a shipped scenario with one of its own functions as subject."""
    one = scenario(name)
    way = next(entry for entry in one.paths if entry.name == path)
    how = next(entry for entry in one.assumptions if entry.name == assumption)
    written = Subject(one.actors[subject], one.actor_files[subject], {})
    lifted = lift_subject(one, way, written, FACTS)
    return assemble(one, way, how, lifted, one.companies[company], FACTS)


SIZES = {
    ("anon_vma", "two-looks"): (316, 661),
    ("collapse", "compare"): (15647, 40194),
    ("folio_refcount", "check-inside"): (3868, 9024),
    ("gup_fast", "walk"): (988, 1569),
    ("locked_lookup", "try-get"): (84, 110),
    ("mapcount_order", "map"): (54, 103),
    ("migration_wait", "entry-wait-queued"): (74, 102),
    ("page_cache_lookup", "get-entry"): (2118, 5473),
    ("pte_two_words", "plain-x86"): (464, 760),
    ("rcu_lookup", "try-get"): (95, 139),
    ("reclaim", "remove-mapping"): (9609, 29745),
    ("seqcount", "copy-and-retry"): (827, 1399),
    ("split", "split-file"): (6970, 16545),
    ("swap_cache_lookup", "move-entry"): (2368, 5075),
    ("truncation", "remove-folio"): (7508, 22332),
    ("vma_lock", "start-read"): (1246, 2344),
}
"""States and transitions of all machines of a variant that holds."""


def test_every_scenario_is_counted() -> None:
    assert {name for name, _ in SIZES} == {one.name for one in scenarios()}


@pytest.mark.parametrize(("name", "variant"), SIZES)
def test_the_number_of_states(name: str, variant: str) -> None:
    found = tried(name, variant)
    assert found.verdict == "HOLDS"
    assert (found.states, found.transitions) == SIZES[name, variant]


def test_the_same_every_time() -> None:
    """Schedules included: nothing depends on the order of a set."""
    found = shipped("folio_refcount", "no_freeze", "mapped", "flush-without-wait", 0)
    checks = checks_of(scenario("folio_refcount"), found)
    one, two = explore(found, checks), explore(found, checks)
    assert one == two and one.broken


def test_the_cap() -> None:
    found = shipped("folio_refcount", "check_outside", "mapped", "flush-without-wait", 0)
    checks = checks_of(scenario("folio_refcount"), found)
    small = explore(found, checks, cap=100)
    assert not small.complete and 100 < small.states < 200
    assert explore(found, checks, cap=100_000).complete


def test_the_shortest_schedule() -> None:
    """A breadth-first search: no step of the other CPU is in the way."""
    found = machine(
        program("long", load("flag", 1), load("flag", 2), load("flag", 3), add(-1, 4), END),
        program("short", add(-1, 1), END),
    )
    (schedule,) = explored(found).broken.values()
    assert [(taken.cpu, taken.event.broke) for taken in schedule] == [(1, "count-underflow")]


# Deadlocks ------------------------------------------------------------------------

CROSS = (
    program("ab", take("one", 1), take("two", 2), drop("two", 3), drop("one", 4), END),
    program("ba", take("two", 1), take("one", 2), drop("one", 3), drop("two", 4), END),
)


def test_locks_taken_crosswise() -> None:
    result = explored(machine(*CROSS))
    assert set(result.broken) == {"deadlock"}
    assert [taken.cpu for taken in result.broken["deadlock"]] == [0, 1]
    assert result.outcomes == ((f"ab() {NOBODY}", f"ba() {NOBODY}"),)


def test_locks_taken_in_order() -> None:
    other = replace(CROSS[0], name="other")
    assert not explored(machine(CROSS[0], other)).broken


TWICE = (take("one", 1), take("one", 2), END)


def test_a_lock_taken_twice_that_others_take() -> None:
    other = program("other", take("one", 1), drop("one", 2), END)
    assert "deadlock" in explored(machine(program("twice", *TWICE), other)).broken


def test_a_lock_taken_twice_that_nobody_else_takes() -> None:
    other = program("other", load("flag", 1), END)
    assert "deadlock" in explored(machine(program("twice", *TWICE), other)).broken


def test_a_lock_taken_twice_on_one_way_only() -> None:
    choice = Branch(unknown("u"), "", "", 0, HERE, 2, 4)
    twice = program("twice", load("flag", 1), choice, take("one", 3), take("one", 4), END)
    other = program("other", load("flag", 1), END)
    assert "deadlock" in explored(machine(twice, other)).broken


def test_nobody_can_begin() -> None:
    one = program("one", take("one", 1), drop("one", 2), take("two", 3), END)
    two = program("two", take("two", 1), drop("two", 2), take("one", 3), END)
    found = machine(one, two, owners={"one": 1, "two": 0})
    assert "deadlock" in explored(found).broken


def test_a_lock_dropped_first_thing() -> None:
    other = program("other", load("flag", 1), END)
    result = explored(machine(program("bad", drop("one", 1), END), other))
    assert "unlock-not-held" in result.broken


def test_the_step_before_the_end_breaks_what_it_breaks() -> None:
    """The store overwrites a reference; that its CPU then ends with a wrong sum is the less."""
    found = machine(program("adds", add(1, 1), END), program("thaws", thaw(0, 1), END), boxes=1)
    assert "lost-reference" in explored(found).broken


# Interrupts and RCU ---------------------------------------------------------------


def looks_twice(context: str) -> Program:
    """Reads the slot, and the flag behind it, as one section."""
    return program(
        "reader",
        enter(context, 1),
        load("slot", 2, "first"),
        load("flag", 3, "second"),
        leave(context, 4),
        Branch(local("first"), "", "", 0, HERE, 6, 5),
        Branch(local("second"), "", "", 0, HERE, 7, 6),
        ends("in order"),
        ends("across"),
    )


def stores_twice(what: str, always: bool = False) -> Program:
    """Stores to the slot, waits, and stores to the flag."""
    return program(
        "writer",
        store("slot", 4, 1),
        wait(what, 2, always),
        wait(f"{what}-done", 3, always),
        store("flag", 1, 4),
        END,
    )


def ends_of(reader: Program, writer: Program, waits_for_irq: bool = False) -> set[str]:
    """How the reader can end beside the writer."""
    result = explored(machine(reader, writer, waits_for_irq=waits_for_irq))
    assert result.complete and not result.broken
    return {end[0].removeprefix("reader() returns ") for end in result.outcomes}


def ends_of_the_reader(context: str, what: str, waits_for_irq: bool = False) -> set[str]:
    return ends_of(looks_twice(context), stores_twice(what), waits_for_irq)


def test_a_grace_period_waits_for_readers() -> None:
    """No reader sees the slot before and the flag after it."""
    assert ends_of_the_reader("rcu-read-side", "grace-period") == {"in order"}


def test_a_grace_period_waits_for_interrupts() -> None:
    """Where interrupts are off is a read side too, since v5.0 (synchronize_rcu())."""
    assert ends_of_the_reader("irqs-off", "grace-period") == {"in order"}


def test_a_grace_period_waits_for_nobody_else() -> None:
    reader = looks_twice("rcu-read-side")
    outside = replace(
        reader, steps=(*(_passed(1), *reader.steps[1:3], _passed(4)), *reader.steps[4:])
    )
    assert ends_of(outside, stores_twice("grace-period")) == {"in order", "across"}


def test_a_reader_is_one_until_it_has_left_both() -> None:
    """Interrupts go on again in the middle of the read side."""
    (first, *rest) = looks_twice("rcu-read-side").steps
    both = program(
        "reader",
        enter("rcu-read-side", 1),
        enter("irqs-off", 2),
        load("slot", 3, "first"),
        leave("irqs-off", 4),
        *(_moved(step, 3) for step in rest[1:]),
    )
    assert isinstance(first, Context)
    assert ends_of(both, stores_twice("grace-period")) == {"in order"}
    assert ends_of(both, stores_twice("flush"), waits_for_irq=True) == {"in order", "across"}


def test_a_flush_that_waits() -> None:
    assert ends_of_the_reader("irqs-off", "flush", waits_for_irq=True) == {"in order"}


def test_a_flush_that_does_not_wait() -> None:
    assert ends_of_the_reader("irqs-off", "flush") == {"in order", "across"}


def test_a_flush_that_waits_on_every_machine() -> None:
    reader = looks_twice("irqs-off")
    assert ends_of(reader, stores_twice("flush", always=True)) == {"in order"}


def test_a_flush_does_not_wait_for_rcu() -> None:
    assert ends_of_the_reader("rcu-read-side", "flush", True) == {"in order", "across"}


def test_a_grace_period_waits_for_no_reader_that_came_later() -> None:
    """It asks who is inside when it begins: a reader that comes back does not hold it up."""
    again: tuple[Step, ...] = (
        enter("rcu-read-side", 1),
        load("flag", 2, "seen"),
        leave("rcu-read-side", 3),
        Branch(local("seen"), "", "", 0, HERE, 4, 0),
        END,
    )
    result = explored(machine(program("again", *again), stores_twice("grace-period")))
    assert result.complete and not result.broken and result.outcomes


def test_sections_nest() -> None:
    inner = looks_twice("rcu-read-side")
    nested = program(
        "reader",
        enter("rcu-read-side", 1),
        enter("rcu-read-side", 2),
        leave("rcu-read-side", 3),
        *(_moved(step, 3) for step in inner.steps[1:]),
    )
    result = explored(machine(nested, stores_twice("grace-period")))
    ends = {end[0].removeprefix("reader() returns ") for end in result.outcomes}
    assert ends == {"in order"}


def _passed(target: int) -> Step:
    return Branch(const(1), "", "", 0, HERE, target, target)


def _moved(step: Step, by: int) -> Step:
    by -= 1
    if isinstance(step, Branch):
        return replace(step, then=step.then + by, other=step.other + by)
    if isinstance(step, Stop):
        return step
    return replace(step, next=step.next + by)


def test_a_reader_cannot_wait_for_a_grace_period() -> None:
    inside = program(
        "inside",
        enter("rcu-read-side", 1),
        wait("grace-period", 2),
        wait("grace-period-done", 3),
        leave("rcu-read-side", 4),
        END,
    )
    assert "deadlock" in explored(machine(inside, program("other", load("flag", 1), END))).broken


def test_choices_are_kept_for_a_run() -> None:
    """Both branches on the same unknown go the same way."""
    first = Branch(unknown("u"), "?u", "", 0, HERE, 1, 2)
    second = Branch(unknown("u"), "?u", "", 0, HERE, 5, 6)
    steps = (
        first,
        load("flag", 3),
        load("slot", 4),
        second,
        replace(second, then=7, other=8),
        Stop(const(0), "yes yes", HERE),
        Stop(const(0), "yes no", HERE),
        Stop(const(0), "no yes", HERE),
        Stop(const(0), "no no", HERE),
    )
    result = explored(machine(program("chooses", *steps)))
    assert {end[0] for end in result.outcomes} == {
        "chooses() returns yes yes",
        "chooses() returns no no",
    }


# Waiting ----------------------------------------------------------------------


def test_a_load_that_waits_for_a_value() -> None:
    """It goes on with the value it waited for, whatever the word was before."""
    waits = program(
        "waits",
        wait_for("flag", 2, 1),
        load("slot", 2, "seen"),
        Branch(local("seen"), "", "", 0, HERE, 3, 4),
        ends("stored before"),
        ends("not yet"),
    )
    stores = program("stores", store("flag", 1, 1), store("slot", 4, 2), store("flag", 2, 3), END)
    result = explored(machine(waits, stores))
    assert not result.broken
    assert {end[0] for end in result.outcomes} == {"waits() returns stored before"}


def test_a_load_that_waits_for_ever() -> None:
    waits = program("waits", wait_for("flag", 2, 1), END)
    stores = program("stores", store("flag", 1, 1), END)
    assert set(explored(machine(waits, stores)).broken) == {"deadlock"}
