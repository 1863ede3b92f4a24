# SPDX-License-Identifier: GPL-2.0-only
"""Sentences that are easily misread: what is not sure is not answered."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))

from trees import facts, witness

from reviewer.evidence.witness import Witness
from reviewer.verdict.claim_objects import objects_in
from reviewer.verdict.tree_claims import CONFIRMED, REFUTED, UNDECIDED, Asked, Decided, decide

NEEDS = {
    "interrupts-off": ("function",),
    "runs-under-rcu": ("function",),
    "callers-hold": ("function", "lock"),
    "drops-lock": ("function", "lock"),
    "may-sleep": ("function",),
    "lock-not-needed": ("lock", "place"),
    "never-changes": ("place",),
    "only-called-from": ("function", "other"),
    "freed-after-grace-period": ("structure",),
}
HEADER = """
struct first_pool { spinlock_t lock; int size; char label[8]; struct rcu_head rcu; };
struct second_pool { spinlock_t lock; int size; int set_later; };
static inline void flush_all(struct first_pool *p)
{
}
static inline void flush_some(struct first_pool *p)
{
}
static inline void rcu_read_lock(void)
{
}
"""
CODE = """
static void quiet(struct first_pool *p)
{
}
static void noisy(struct first_pool *p)
{
	local_irq_disable();
	quiet(p);
	local_irq_enable();
}
static void calls_noisy(struct first_pool *p)
{
	noisy(p);
}
static void hold_on(struct first_pool *p)
{
	spin_unlock(&p->lock);
	p->size = 1;
	spin_lock(&p->lock);
}
static void holds(struct first_pool *p)
{
	spin_lock(&p->lock);
	hold_on(p);
	spin_unlock(&p->lock);
}
static void deepest(void)
{
	msleep(1);
}
static void deeper(void)
{
	deepest();
}
static void deep(void)
{
	deeper();
}
static void shallow(void)
{
	deep();
}
void flush_all(struct first_pool *p)
{
	msleep(1);
}
static void flush_some(struct first_pool *p)
{
	msleep(1);
}
static void reader(struct first_pool *p)
{
}
static void looks(struct first_pool *p)
{
	rcu_read_lock();
	reader(p);
	rcu_read_unlock();
}
static void again_and_again(struct first_pool *p)
{
	while (p->size) {
		spin_unlock(&p->lock);
		cpu_relax();
		spin_lock(&p->lock);
	}
}
static void shrinks(struct first_pool *pool)
{
	pool->size--;
}
static void label_it(struct first_pool *pool)
{
	scnprintf(pool->label, 8, "x");
}
static void init_second(struct second_pool *other)
{
	other->set_later = 1;
}
static void on_work(struct work_struct *work)
{
}
static void queue_it(struct work_struct *work)
{
	INIT_WORK(work, on_work);
}
static void alloc_try(struct first_pool *unused)
{
	kfree(unused);
}
static void grows(struct second_pool *pool)
{
	pool->size++;
}
"""


@pytest.fixture(scope="module")
def tree() -> Witness:
    return witness({"include/linux/pools.h": HEADER, "mm/pools.c": CODE})


def answer(tree: Witness, kind: str, text: str) -> Decided:
    return decide(kind, NEEDS[kind], Asked(text, objects_in(text, None, tree, facts()), tree))


@pytest.mark.parametrize(
    ("kind", "text", "verdict"),
    [
        # Of which function is it said?  They differ.
        ("interrupts-off", "noisy() calls quiet() with interrupts disabled", UNDECIDED),
        ("interrupts-off", "quiet() runs with interrupts disabled", CONFIRMED),
        ("interrupts-off", "noisy() runs with interrupts disabled", REFUTED),
        # What begins a context is not what is spoken of.
        ("runs-under-rcu", "reader() runs under rcu_read_lock()", CONFIRMED),
        # A variable of that name may be of either structure; a member nobody has is none.
        ("lock-not-needed", "p->lock is not needed for pool->gone", UNDECIDED),
        # An array is filled in by calls: that no change is seen says nothing.
        ("lock-not-needed", "first_pool.lock is not needed for first_pool.label", UNDECIDED),
        # Dropped and taken again.
        ("drops-lock", "hold_on() drops p->lock and takes it again", CONFIRMED),
        ("drops-lock", "again_and_again() drops p->lock", UNDECIDED),
        ("may-sleep", "deeper() may sleep", CONFIRMED),
        # The definition counts, not what stands in a header when an option is off.
        ("may-sleep", "flush_all() may sleep", CONFIRMED),
        ("may-sleep", "flush_some() may sleep", CONFIRMED),
        ("never-changes", "second_pool::set_later never changes", UNDECIDED),
        ("never-changes", "second_pool::size never changes", REFUTED),
        ("only-called-from", "on_work() is only called from queue_it()", UNDECIDED),
        ("freed-after-grace-period", "struct first_pool is freed by RCU", UNDECIDED),
    ],
)
def test_what_is_not_sure_is_not_answered(
    tree: Witness, kind: str, text: str, verdict: str
) -> None:
    found = answer(tree, kind, text)
    assert found.verdict == verdict, found.answer


def test_a_variable_of_the_function_that_is_named_goes_first(tree: Witness) -> None:
    objects = objects_in("grows() changes pool->size", None, tree, facts())
    assert [str(spot) for _, spot in objects.places] == ["second_pool.size"]


def test_what_sleeps_far_below_is_looked_at(tree: Witness) -> None:
    found = answer(tree, "may-sleep", "shallow() may sleep")
    assert found.verdict == UNDECIDED and found.answer == "deepest(), far below it, calls msleep()"


def test_a_member_that_no_structure_has_is_none(tree: Witness) -> None:
    assert objects_in("first_pool.gone_now is kept", None, tree, facts()).places == ()


def test_what_is_like_a_member_is_none(tree: Witness) -> None:
    assert objects_in("the set_later-style flags", None, tree, facts()).places == ()
