# SPDX-License-Identifier: GPL-2.0-only
"""Claims that a small tree answers: each once true, once false and once not known."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))

from trees import facts, witness

from reviewer.evidence.witness import Witness
from reviewer.verdict.claim_objects import objects_in
from reviewer.verdict.tree_claims import CONFIRMED, REFUTED, UNDECIDED, Asked, decide

HEADER = """
struct item {
	spinlock_t lock; struct mutex big; int state; int fixed; int once; atomic_t count; int bare;
	struct rcu_head rcu;
};
struct plain { int x; };
"""
CODE = """
static DEFINE_SPINLOCK(global_lock);

static void locked(struct item *it)
{
	lockdep_assert_held(&it->lock);
	it->state = 1;
}
static void inner(struct item *it)
{
	it->state = 2;
	atomic_inc(&it->count);
}
static void drop(struct item *it)
{
	spin_unlock(&it->lock);
}
static void unused_one(struct item *it)
{
}
static void in_rcu(struct item *it)
{
}
static void take(struct item *it)
{
	spin_lock(&it->lock);
}
static void from_timer(struct timer_list *t)
{
	spin_lock(&global_lock);
	spin_unlock(&global_lock);
}
struct item *make(void)
{
	struct item *it = kzalloc(sizeof(*it), GFP_KERNEL);

	it->fixed = 1;
	it->state = 0;
	return it;
}
void outer(struct item *it)
{
	mutex_lock(&it->big);
	spin_lock(&it->lock);
	locked(it);
	inner(it);
	it->once = 1;
	spin_unlock(&it->lock);
	mutex_unlock(&it->big);
}
void other(struct item *it)
{
	spin_lock(&it->lock);
	inner(it);
	it->bare = it->state;
	spin_unlock(&it->lock);
	rcu_read_lock();
	in_rcu(it);
	rcu_read_unlock();
	timer_setup(&it->timer, from_timer, 0);
}
void reader(struct item *it)
{
	if (it->state)
		it->bare = 2;
}
void put(struct item *it)
{
	kfree_rcu(it, rcu);
}
void throw(struct plain *p)
{
	kfree(p);
}
"""


@pytest.fixture(scope="module")
def tree() -> Witness:
    return witness({"include/item.h": HEADER, "mm/a.c": CODE})


NEEDS = {
    "protected-by": ("place", "lock"),
    "lock-not-needed": ("place", "lock"),
    "lock-order": ("lock", "second"),
    "lock-not-in-interrupt": ("lock",),
    "never-changes": ("place",),
    "atomic-member": ("place",),
    "read-locklessly": ("place",),
    "only-writer": ("place", "function"),
    "freed-after-grace-period": (),
}

CASES = [
    ("protected-by", "it->state is protected by it->lock", CONFIRMED),
    ("protected-by", "it->bare is protected by it->lock", REFUTED),
    ("protected-by", "it->fixed is protected by it->lock", UNDECIDED),
    ("callers-hold", "all callers of inner() hold it->lock", CONFIRMED),
    ("callers-hold", "all callers of in_rcu() hold it->lock", REFUTED),
    ("callers-hold", "all callers of unused_one() hold it->lock", UNDECIDED),
    ("only-called-from", "locked() is only called from outer()", CONFIRMED),
    ("only-called-from", "inner() is only called from outer()", REFUTED),
    ("one-caller", "locked() has one caller", CONFIRMED),
    ("one-caller", "inner() has one caller", REFUTED),
    ("no-callers", "unused_one() has no callers", CONFIRMED),
    ("no-callers", "from_timer() has no callers", REFUTED),
    ("lock-not-needed", "it->big is not needed for it->bare", CONFIRMED),
    ("lock-not-needed", "it->lock is not needed for it->state", REFUTED),
    ("lock-not-in-interrupt", "global_lock is never taken in interrupt context", REFUTED),
    ("not-from-interrupt", "from_timer() is never called from interrupt context", REFUTED),
    ("not-from-interrupt", "outer() is only called from process context", CONFIRMED),
    ("preemption-off", "inner() runs with preemption disabled", CONFIRMED),
    ("preemption-off", "in_rcu() runs with preemption disabled", REFUTED),
    ("interrupts-off", "inner() runs with interrupts disabled", REFUTED),
    ("runs-under-rcu", "in_rcu() is called under rcu_read_lock()", CONFIRMED),
    ("runs-under-rcu", "inner() is called under rcu_read_lock()", REFUTED),
    ("freed-after-grace-period", "struct item is freed by RCU", CONFIRMED),
    ("freed-after-grace-period", "struct plain is freed by RCU", REFUTED),
    ("only-writer", "it->once is only set in outer()", CONFIRMED),
    ("only-writer", "it->state is only set in locked()", REFUTED),
    ("never-changes", "it->fixed never changes", CONFIRMED),
    ("never-changes", "it->state never changes", REFUTED),
    ("lock-order", "it->big is taken before it->lock", CONFIRMED),
    ("lock-order", "it->big nests inside it->lock", REFUTED),
    ("returns-locked", "take() returns with it->lock held", CONFIRMED),
    ("returns-locked", "outer() returns with it->lock held", REFUTED),
    ("drops-lock", "drop() drops it->lock", CONFIRMED),
    ("drops-lock", "inner() drops it->lock", REFUTED),
    ("may-sleep", "outer() may sleep", CONFIRMED),
    ("may-sleep", "from_timer() may sleep", REFUTED),
    ("does-not-sleep", "drop() does not sleep", CONFIRMED),
    ("does-not-sleep", "outer() does not sleep", REFUTED),
    ("atomic-member", "it->count is only changed atomically", CONFIRMED),
    ("atomic-member", "it->state is only changed atomically", REFUTED),
    ("read-locklessly", "it->state is read without it->lock elsewhere", CONFIRMED),
    ("same-lock-as", "inner() cannot race with other() as both hold it->lock", CONFIRMED),
    ("same-lock-as", "in_rcu() cannot race with other() as both hold it->lock", REFUTED),
    ("asserts-lock", "locked() asserts it->lock", CONFIRMED),
    ("asserts-lock", "inner() asserts it->lock", REFUTED),
]


@pytest.mark.parametrize(("kind", "text", "verdict"), CASES)
def test_a_claim_is_answered(tree: Witness, kind: str, text: str, verdict: str) -> None:
    objects = objects_in(text, None, tree, facts())
    found = decide(kind, NEEDS.get(kind, ("function",)), Asked(text, objects, tree))
    assert found.verdict == verdict, found.answer
    assert found.answer


def test_what_is_not_named_is_undecided(tree: Witness) -> None:
    objects = objects_in("this lock is held by nobody_knows()", None, tree, facts())
    found = decide("callers-hold", ("function", "lock"), Asked("", objects, tree))
    assert found.verdict == UNDECIDED
    assert "no function" in found.answer


def test_part_of_a_tree_confirms_nothing_about_everybody() -> None:

    part = witness({"include/item.h": HEADER, "mm/a.c": CODE})
    part.whole = False
    text = "all callers of inner() hold it->lock"
    objects = objects_in(text, None, part, facts())
    found = decide("callers-hold", ("function", "lock"), Asked(text, objects, part))
    assert found.verdict == UNDECIDED
    assert "the rest was not looked at" in found.answer
