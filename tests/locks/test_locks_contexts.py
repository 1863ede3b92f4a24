# SPDX-License-Identifier: GPL-2.0-only
"""Execution contexts: never claimed where they may not hold.

Contexts nest and are not counted: leaving one that was entered twice ends the
claim although the context may go on.  Those tests say so.
"""

import pytest
from locks_samples import contexts

OFF = {"irqs-off"}
NONE: set[str] = set()


def test_a_lock_that_turns_interrupts_off() -> None:
    text = "spin_lock_irq(&t->a); at_in(); spin_unlock_irq(&t->a); at_out(); return 0;"
    assert contexts(text) == {"in": OFF, "out": NONE}


def test_interrupts_stay_off_between_unlock_and_enable() -> None:
    text = """
    XA_STATE(xas, &t->pages, 0);
    xas_lock_irq(&xas);
    at_in();
    xas_unlock(&xas);
    at_between();
    local_irq_enable();
    at_out();
    """
    assert contexts(text) == {"in": OFF, "between": OFF, "out": NONE}


def test_a_plain_lock_turns_nothing_off() -> None:
    assert contexts("spin_lock(&t->a); at_in(); return 0;") == {"in": NONE}


def test_contexts_that_do_not_exclude_each_other() -> None:
    text = "rcu_read_lock(); local_bh_disable(); at_both(); rcu_read_unlock(); at_one(); return 0;"
    assert contexts(text) == {"both": {"rcu-read-side", "bh-off"}, "one": {"bh-off"}}


@pytest.mark.parametrize(
    "text",
    [
        "if (!spin_trylock_irq(&t->a)) { at_failed(); return 0; }",
        "int ok = spin_trylock_irqsave(&t->a, flags); if (!ok) { at_failed(); return 0; }",
    ],
)
def test_a_trylock_enters_by_its_result(text: str) -> None:
    assert contexts(f"{text} at_taken(); return 0;") == {"failed": NONE, "taken": OFF}


def test_a_call_without_lock_enters_by_its_result() -> None:
    text = """
    pte_t *pte = pte_offset_map_nolock(t->mm, t->pmd, 0, &ptl);
    at_maybe();
    if (!pte) {
        at_failed();
        return 0;
    }
    at_in();
    """
    expected = {"maybe": NONE, "failed": NONE, "in": {"rcu-read-side"}}
    assert contexts(text) == expected


def test_only_where_every_way_entered() -> None:
    text = "if (t->n) local_irq_disable(); at_after(); return 0;"
    assert contexts(text) == {"after": NONE}


def test_the_same_test_twice() -> None:
    text = "if (check) local_irq_disable(); g(); if (check) at_in(); return 0;"
    assert contexts(text) == {"in": OFF}


def test_nested_saves_are_claimed_too_short() -> None:
    """Interrupts are off at `after`, but that is not claimed."""
    text = """
    local_irq_save(outer);
    spin_lock_irqsave(&t->a, inner);
    at_in();
    spin_unlock_irqrestore(&t->a, inner);
    at_after();
    local_irq_restore(outer);
    at_end();
    """
    assert contexts(text) == {"in": OFF, "after": NONE, "end": NONE}


@pytest.mark.parametrize(
    ("enter", "leave", "name"),
    [
        ("rcu_read_lock();", "rcu_read_unlock();", "rcu-read-side"),
        ("preempt_disable();", "preempt_enable();", "preempt-off"),
        ("local_bh_disable();", "local_bh_enable();", "bh-off"),
    ],
)
def test_nested_sections_are_claimed_too_short(enter: str, leave: str, name: str) -> None:
    """The context goes on at `after`, but that is not claimed."""
    text = f"{enter} {enter} at_in(); {leave} at_after(); {leave} at_end(); return 0;"
    assert contexts(text) == {"in": {name}, "after": NONE, "end": NONE}


def test_an_unlock_that_enables_inside_a_saved_section() -> None:
    """spin_unlock_irq() turns interrupts on whatever was saved before: a
    counter would claim too much here."""
    text = """
    local_irq_save(flags);
    spin_lock_irq(&t->a);
    spin_unlock_irq(&t->a);
    at_on();
    local_irq_restore(flags);
    """
    assert contexts(text) == {"on": NONE}


def test_a_loop_that_leaves() -> None:
    text = "local_irq_disable(); while (t->n) { at_head(); local_irq_enable(); } at_end();"
    assert contexts(text) == {"head": NONE, "end": NONE}
