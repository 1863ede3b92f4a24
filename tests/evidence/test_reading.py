# SPDX-License-Identifier: GPL-2.0-only
"""What one file tells."""

from trees import rows

from reviewer.evidence.records import (
    ASSERTS,
    DROPS,
    FREES,
    FREES_LATER,
    MAY_RETURN,
    PLAIN_RAISE,
    RAISE,
    READ,
    RETURNS,
    SLEEPS,
    WRITE,
)

TEXT = """
struct item { spinlock_t lock; int state; atomic_t count; struct rcu_head rcu; };

static void set(struct item *it)
{
	spin_lock(&it->lock);
	it->state = 1;
	it->state++;
	spin_unlock(&it->lock);
	atomic_inc(&it->count);
}
"""


def kinds(text: str) -> set[tuple[str, str, str]]:
    """Kind, place and what is held of every access."""
    found = rows(text)
    return {(one.kind, one.place, found.held[one.held].split("\t")[0]) for one in found.accesses}


def test_accesses_are_told_with_what_is_held() -> None:
    found = kinds(TEXT)
    assert (WRITE, "it->state", "it->lock") in found
    assert (PLAIN_RAISE, "it->state", "it->lock") in found
    assert (RAISE, "it->count", "") in found


def test_places_know_the_type_they_begin_at() -> None:
    assert {one.root for one in rows(TEXT).accesses} == {"item"}


def test_locks_that_are_taken() -> None:
    (one,) = rows(TEXT).taken
    assert (one.member, one.place, one.kind) == ("lock", "it->lock", "spinlock")


def test_lists_are_written_by_what_links_them() -> None:
    text = (
        "void f(struct item *it, struct head *h)\n{\n\tlist_add(&it->list, &h->items);\n"
        "\tif (list_empty(&h->items))\n\t\treturn;\n}\n"
    )
    found = kinds(text)
    assert (WRITE, "it->list", "") in found
    assert (WRITE, "h->items", "") in found
    assert (READ, "h->items", "") in found


def test_an_object_made_here_is_fresh() -> None:
    text = (
        "struct item *f(void)\n{\n\tstruct item *it = kzalloc(sizeof(*it), GFP_KERNEL);\n"
        "\tit->state = 1;\n\tg(it);\n\treturn it;\n}\n"
        "void h(struct item *it)\n{\n\tit->state = 2;\n}\n"
    )
    found = rows(text)
    assert [one.fresh for one in found.accesses if one.kind == WRITE] == [1, 0]
    assert [one.fresh for one in found.calls if one.callee == "g"] == [1]


def effects(text: str) -> set[tuple[str, str]]:
    """What the functions do, and to what."""
    return {(one.what, one.place) for one in rows(text).effects}


def test_effects_on_locks_of_the_caller() -> None:
    text = (
        "void a(struct item *it)\n{\n\tspin_lock(&it->lock);\n}\n"
        "void b(struct item *it)\n{\n\tspin_unlock(&it->lock);\n}\n"
        "void c(struct item *it)\n{\n\tlockdep_assert_held(&it->lock);\n}\n"
        "int d(struct item *it)\n{\n\treturn spin_trylock(&it->lock);\n}\n"
    )
    found = rows(text)
    told = {(found.functions[one.function].name, one.what) for one in found.effects}
    assert told == {("a", RETURNS), ("b", DROPS), ("c", ASSERTS), ("d", MAY_RETURN)}


def test_effects_on_objects_and_sleeping() -> None:
    text = (
        "void a(struct item *it)\n{\n\tkfree(it);\n}\n"
        "void b(struct item *it)\n{\n\tkfree_rcu(it, rcu);\n}\n"
        "void c(void)\n{\n\tmutex_lock(&m);\n\tmutex_unlock(&m);\n}\n"
        "void d(void)\n{\n\tkmalloc(1, GFP_ATOMIC);\n}\n"
    )
    assert effects(text) == {(FREES, "it"), (FREES_LATER, "it"), (SLEEPS, "mutex_lock")}


def test_functions_that_are_named_without_a_call() -> None:
    text = (
        "static int f(void) { return 0; }\nstatic int g(void) { return 0; }\n"
        "static int h(void) { return 0; }\n#define call_h() h()\n"
        "static const struct ops o = { .open = f };\nmodule_init(g);\nEXPORT_SYMBOL(g);\n"
        "void k(struct x *x)\n{\n\ttimer_setup(&x->t, f, 0);\n\tx->cb = h;\n\tx->ops->run(x);\n}\n"
    )
    found = rows(text)
    told = {(one.name, one.how) for one in found.mentioned}
    assert {
        ("f", ".open"),
        ("f", "timer_setup()"),
        ("g", "module_init()"),
        ("g", "EXPORT_SYMBOL()"),
        ("h", ".cb"),
        ("h", "#call_h"),
    } <= told
    assert ".run" in {one.callee for one in found.calls}


def test_what_cannot_be_a_source_of_functions_is_left_out() -> None:
    assert rows("#define A 1\n#define B 2\n").functions == ()


def test_a_member_is_not_the_function_of_its_name() -> None:
    text = "static int open(void) { return 0; }\nstatic struct ops o = { .open = open };\n"
    assert [one.how for one in rows(text).mentioned] == [".open"]
