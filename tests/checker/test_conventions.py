# SPDX-License-Identifier: GPL-2.0-only
"""Locks that only their names tell."""

import pytest

from reviewer.facts import Facts, FunctionFact
from reviewer.locks.conventions import by_convention, with_conventions
from reviewer.ruleset import load_facts
from reviewer.syntax.render import render

PORT = b"{ port_ilock(p, PORT_EXCL); port_iunlock(p, PORT_EXCL); }"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load_facts()


def named(
    facts: Facts, text: bytes, name: str, defined: frozenset[str] = frozenset()
) -> FunctionFact | None:
    return with_conventions(facts, [text], [text], defined).of(name)


def test_both_halves_share_a_lock(facts: Facts) -> None:
    take, drop = (
        named(facts, b"{ x_lock(a); x_unlock(a); }", f"x_{n}") for n in ("lock", "unlock")
    )
    assert take is not None and drop is not None
    assert render(take.acquires[0].place) == render(drop.releases[0].place) == "$0->x_lock"
    assert take.acquires[0].when == "always"


def test_one_half_alone_is_not_known(facts: Facts) -> None:
    assert named(facts, b"{ x_lock(a); }", "x_lock") is None


def test_a_body_at_hand_says_more_than_a_name(facts: Facts) -> None:
    text = b"{ x_lock(a); x_unlock(a); }"
    assert named(facts, text, "x_lock", frozenset({"x_lock"})) is None
    assert named(facts, text, "x_lock", frozenset({"x_unlock"})) is None


def test_a_constant_tells_locks_of_one_object_apart(facts: Facts) -> None:
    fact = named(facts, PORT, "port_ilock")
    assert fact is not None and render(fact.acquires[0].place) == "$0->port_ilock:$1"


@pytest.mark.parametrize(
    ("text", "name", "when"),
    [
        (b"{ if (!x_trylock(a)) return; x_unlock(a); }", "x_trylock", "nonzero"),
        (b"{ if (x_lock_killable(a)) return; x_unlock(a); }", "x_lock_killable", "zero"),
        (b"{ if (x_lock(a)) return; x_unlock(a); }", "x_lock", "maybe"),
        (b"{ flags = x_lock(a); x_unlock(a, flags); }", "x_lock", "always"),
    ],
)
def test_when_it_is_taken(facts: Facts, text: bytes, name: str, when: str) -> None:
    fact = named(facts, text, name)
    assert fact is not None and fact.acquires[0].when == when


def test_names_without_an_object_are_global(facts: Facts) -> None:
    fact = named(facts, b"{ x_lock(); x_unlock(); }", "x_lock")
    assert fact is not None and render(fact.acquires[0].place) == "x_lock"


def test_what_turns_interrupts_off_by_its_name(facts: Facts) -> None:
    fact = named(facts, b"{ x_lock_irqsave(a, f); x_unlock_irqrestore(a, f); }", "x_lock_irqsave")
    assert fact is not None and fact.enters == ("irqs-off",)


def test_known_functions_keep_their_facts(facts: Facts) -> None:
    more = with_conventions(facts, [PORT], [PORT], frozenset())
    assert by_convention(more) == {"port_ilock", "port_iunlock"}
    assert more.of("mutex_lock") == facts.of("mutex_lock")
    assert by_convention(facts) == frozenset()


def test_words_that_only_end_like_a_lock(facts: Facts) -> None:
    assert named(facts, b"{ x_block(a); x_unblock(a); }", "x_block") is None
