# SPDX-License-Identifier: GPL-2.0-only
"""The explorer against one without any of its shortcuts."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive import explore_plainly

from reviewer.location import NOWHERE
from reviewer.simulation.explore import explore
from reviewer.simulation.machine import Machine, Start, Variable
from reviewer.simulation.properties import count_checks
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Mark,
    Origin,
    Program,
    Release,
    Step,
    Stop,
    Value,
    Wait,
    const,
    local,
    unknown,
)

HERE = Origin("", "", 0, "", NOWHERE)
WORDS = (Variable("slot", 1), Variable("flag", 0))
LOCKS = ("one", "two")
OBJECTS = ("box", "crate")
NAMES = ("x", "y")

SHARED = Access("load", "flag", None, None, None, "", "", "relaxed", HERE, 0)
"""A step that others can tell, with which no quiet step is lumped together."""

values: st.SearchStrategy[Value] = st.one_of(
    st.integers(0, 2).map(const),
)
tests: st.SearchStrategy[Value] = st.one_of(
    st.tuples(st.just("op"), st.just("=="), st.sampled_from(NAMES).map(local), values),
    st.sampled_from(("u", "v")).map(unknown),
)
objects = st.sampled_from((1, 2)).map(const)


def _count(op: str, index: Value, amount: int, expect: int, old: str) -> Step:
    done = old if op in ("cas", "add-unless") else ""
    value = const(0) if op == "cas" else const(amount)
    wanted = const(expect if op == "cas" else 0)
    found = "" if done else old
    return Access(op, "count", index, value, wanted, found, done, "full", HERE, 0)


def _word(op: str, name: str, amount: int, old: str) -> Step:
    return Access(op, name, None, const(amount), const(0), old, "", "full", HERE, 0)


counts = st.one_of(
    st.builds(
        _count,
        st.sampled_from(("load", "store", "cas", "add-unless")),
        objects,
        st.integers(1, 2),
        st.integers(1, 3),
        st.sampled_from(NAMES),
    ),
    st.builds(_count, st.just("add"), objects, st.sampled_from((1, -1)), st.just(0), st.just("")),
)
words = st.builds(
    _word,
    st.sampled_from(("load", "store")),
    st.sampled_from(("slot", "flag")),
    st.integers(0, 2),
    st.sampled_from(NAMES),
)
locks = st.one_of(
    st.builds(Acquire, st.sampled_from(LOCKS), st.just(""), st.just(HERE), st.just(0)),
    st.builds(Release, st.sampled_from(LOCKS), st.just(HERE), st.just(0)),
)
contexts = st.builds(
    Context,
    st.sampled_from(("irqs-off", "rcu-read-side")),
    st.booleans(),
    st.just(HERE),
    st.just(0),
)
waits = st.builds(
    Wait,
    st.sampled_from(("flush", "flush-done", "grace-period", "grace-period-done")),
    st.just(HERE),
    st.just(0),
)
marks = st.builds(Mark, st.just("keep"), objects, st.just(""), st.just(HERE), st.just(0))
lets = st.builds(Let, st.sampled_from(NAMES), values, st.just(0))
branches = st.builds(
    lambda value, key, skip: Branch(value, key, "", 0, HERE, skip, 0),
    tests,
    st.sampled_from(("", "?k")),
    st.integers(1, 3),
)
steps = st.one_of(counts, counts, words, locks, contexts, waits, marks, lets, branches)


def _tame(found: list[Step]) -> list[Step]:
    """Without locks taken twice or dropped unheld; no branch passes a lock."""
    held: set[str] = set()
    kept: list[Step] = []
    for step in found:
        if isinstance(step, Acquire | Release):
            if isinstance(step, Acquire) == (step.lock in held):
                continue
            held ^= {step.lock}
        kept.append(step)
    for at, step in enumerate(kept):
        ahead = (n for n, s in enumerate(kept[at + 1 :], 1) if isinstance(s, Acquire | Release))
        if isinstance(step, Branch):
            kept[at] = replace(step, then=min(step.then, next(ahead, step.then)))
    return kept


@st.composite
def programs(draw: st.DrawFn, name: str, tame: bool) -> Program:
    """At most five steps one after the other, branches lead forward."""
    found = draw(st.lists(steps, min_size=1, max_size=4 if tame else 5))
    if tame:
        found = [SHARED, *_tame(found), SHARED]
    end = len(found) - tame
    linked: list[Step] = []
    for at, step in enumerate(found):
        if isinstance(step, Branch):
            linked.append(replace(step, then=min(at + 1 + step.then, end), other=at + 1))
        else:
            linked.append(replace(step, next=at + 1))
    linked.append(Stop(const(0), draw(st.sampled_from(("", "ok"))), HERE))
    return Program(name, tuple(linked), (), (), (), ())


@st.composite
def machines(draw: st.DrawFn, tame: bool) -> Machine:
    """Two or three CPUs over two objects, two words and two locks."""
    cpus = draw(st.integers(2, 3))
    made = tuple(draw(programs(f"cpu{number}", tame)) for number in range(cpus))
    slot = {"slot": draw(st.integers(0, 2))}
    held = {(cpu, box): draw(st.integers(0, 1)) for cpu in range(cpus) for box in (1, 2)}
    waits_for_irq = draw(st.booleans())
    start = (Start(slot, held),)
    return Machine(made, OBJECTS, WORDS, LOCKS, start, -1, waits_for_irq, {1: 1, 2: 1})


def check(machine: Machine) -> None:
    result = explore(machine, count_checks(machine))
    plain = explore_plainly(machine)
    assert result.complete
    assert set(result.outcomes) == plain.ends
    assert set(result.broken) == plain.broken
    assert plain.broken or result.states <= plain.states


few = settings(
    max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@few
@given(machines(tame=True))
def test_the_same_ends_and_the_same_broken_properties(machine: Machine) -> None:
    """Programs that use their locks well, and look at shared state before they end."""
    check(machine)


@few
@given(machines(tame=False))
def test_the_same_of_programs_of_any_kind(machine: Machine) -> None:
    check(machine)
