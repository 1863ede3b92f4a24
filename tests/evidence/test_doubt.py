# SPDX-License-Identifier: GPL-2.0-only
"""Where a lock may be held it is not told to be missing."""

from trees import facts, witness

from reviewer.evidence.places import Spot
from reviewer.evidence.protection import NOT_HELD, UNKNOWN
from reviewer.evidence.witness import Witness
from reviewer.verdict.claim_objects import objects_in
from reviewer.verdict.tree_claims import REFUTED, Asked, Decided, decide

TYPES = "struct item { spinlock_t lock; int state; };\nstruct own { struct item *item; };\n"
LOCK = Spot((("item", "lock"),))
PLACE = Spot((("item", "state"),))


def under(text: str, function: str) -> str:
    """Whether the lock is held where a function changes the place."""
    tree = witness({"a.c": TYPES + text})
    (use,) = [one for one in tree.uses(PLACE) if one.function.name == function]
    return use.under(LOCK)


def change(body: str = "") -> str:
    """A function that changes the place."""
    return f"void change(struct item *it)\n{{\n{body}\tit->state = 1;\n}}\n"


def test_without_any_lock_it_is_missing() -> None:
    assert under(change(), "change") == NOT_HELD


def test_a_lock_whose_owner_is_not_known_may_be_it() -> None:
    # Two structures have such a member, and the type of what is given is not told.
    more = "struct other { spinlock_t lock; };\n"
    text = change("\tspin_lock(&unknown(it)->lock);\n")
    assert under(more + text, "change") == UNKNOWN


def test_a_lock_that_is_handed_on_may_be_it() -> None:
    types = "struct inner { spinlock_t xa; };\nstruct outer { struct inner in; int state; };\n"
    text = (
        "void change(struct outer *o, struct inner *in)\n{\n\tspin_lock(&in->xa);\n"
        "\to->state = 1;\n\tspin_unlock(&in->xa);\n}\n"
    )
    tree = witness({"a.c": types + text})
    (use,) = tree.uses(Spot((("outer", "state"),)))
    assert use.under(Spot((("outer", "in"),))) == UNKNOWN


def test_what_is_held_on_some_ways_far_above_may_be_held() -> None:
    text = (
        "static void low(struct item *it)\n{\n\tit->state = 1;\n}\n"
        "static void middle(struct item *it)\n{\n\tlow(it);\n}\n"
        "void one(struct item *it)\n{\n\tspin_lock(&it->lock);\n\tmiddle(it);\n"
        "\tspin_unlock(&it->lock);\n}\n"
        "void two(struct item *it)\n{\n\tmiddle(it);\n}\n"
    )
    assert under(text, "low") == UNKNOWN


def test_a_search_that_is_cut_short_leaves_the_question_open() -> None:
    chain = "".join(
        f"void c{at}(struct item *it)\n{{\n\tc{at - 1}(it);\n}}\n" for at in range(1, 9)
    )
    text = (
        "static void run(struct item *it)\n{\n\tit->state = 1;\n}\n"
        "static struct ops table = { .run = run };\n"
        "void c0(struct item *it)\n{\n\tit->ops->run(it);\n}\n" + chain
    )
    assert under(text, "run") == UNKNOWN


def claimed(tree: Witness, text: str) -> Decided:
    """The answer to a claim that a lock protects a member."""
    objects = objects_in(text, None, tree, facts())
    return decide("protected-by", ("place", "lock"), Asked(text, objects, tree))


def test_an_assertion_is_no_lock_where_a_caller_does_not_hold_it() -> None:
    text = change("\tlockdep_assert_held(&it->lock);\n") + (
        "void caller(struct item *it)\n{\n\tchange(it);\n}\n"
        "void taker(struct item *it)\n{\n\tspin_lock(&it->lock);\n\tspin_unlock(&it->lock);\n}\n"
    )
    told = claimed(witness({"a.c": TYPES + text}), "it->state is protected by it->lock")
    assert told.verdict == REFUTED
    assert "change()" in told.answer


def test_a_variable_outside_of_functions_is_a_place_of_its_own() -> None:
    types = "struct seq { spinlock_t lock; };\nstatic struct seq one, two;\n"
    text = "void f(struct item *it)\n{\n\tspin_lock(&one.lock);\n\tit->state = 1;\n}\n"
    tree = witness({"a.c": TYPES + types + text})
    (use,) = tree.uses(PLACE)
    assert [str(one) for one in use.must] == ["one.lock"]


def test_current_is_a_task() -> None:
    types = "struct task_struct { struct item *item; };\n"
    text = "void f(void)\n{\n\tspin_lock(&current->item->lock);\n\tcurrent->item->state = 1;\n}\n"
    tree = witness({"a.c": TYPES + types + text})
    (use,) = tree.uses(PLACE)
    assert use.must == {LOCK}
