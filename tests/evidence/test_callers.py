# SPDX-License-Identifier: GPL-2.0-only
"""What the callers of a function hold."""

from trees import witness

from reviewer.evidence.calling import Entry, Root, Site
from reviewer.evidence.places import Spot

TYPES = "struct item { spinlock_t lock; int state; };\n"
LOCK = Spot((("item", "lock"),))


def entry(text: str, name: str = "inner") -> Entry:
    """What is held when a function of a file is called."""
    found = witness({"a.c": TYPES + text})
    return found.callers.entry(found.callers.named(name)[0].number)


def held(name: str, call: str) -> str:
    """A function that makes a call under the lock."""
    return (
        f"void {name}(struct item *it)\n{{\n\tspin_lock(&it->lock);\n\t{call};\n"
        "\tspin_unlock(&it->lock);\n}\n"
    )


INNER = "static void inner(struct item *it)\n{\n\tit->state = 1;\n}\n"


def test_what_all_callers_hold_is_held() -> None:
    found = entry(INNER + held("one", "inner(it)") + held("two", "inner(it)"))
    assert found.must == {LOCK}
    assert not found.open


def test_what_one_caller_lacks_is_not_held_for_sure() -> None:
    found = entry(INNER + held("one", "inner(it)") + "void two(struct item *it) { inner(it); }\n")
    assert found.must == frozenset()
    assert found.perhaps == {LOCK}


def test_callers_of_callers_count() -> None:
    middle = "static void middle(struct item *it) { inner(it); }\n"
    found = entry(INNER + middle + held("one", "middle(it)"))
    assert found.must == {LOCK}


def test_a_ring_of_calls_holds_what_leads_into_it() -> None:
    ring = (
        "static void a(struct item *it) { inner(it); b(it); }\n"
        "static void b(struct item *it) { a(it); }\n"
    )
    assert entry(INNER + ring + held("one", "a(it)")).must == {LOCK}


def test_macros_call_what_stands_in_them() -> None:
    found = entry(INNER + "#define outer(it) inner(it)\n" + held("one", "outer(it)"))
    assert found.must == {LOCK}


def test_a_function_handed_to_somebody_unknown_may_be_called_anyhow() -> None:
    found = entry(INNER + held("one", "inner(it)") + "void two(void) { walk(inner); }\n")
    assert found.must == frozenset()
    assert "walk()" in found.open


def test_calls_through_a_member_count() -> None:
    table = "static struct ops table = { .run = inner };\n"
    found = entry(INNER + table + held("one", "it->ops->run(it)"))
    assert found.must == {LOCK}
    assert not found.open


def test_callbacks_begin_in_a_known_context() -> None:
    found = entry(INNER + "void one(struct item *it) { timer_setup(&it->t, inner, 0); }\n")
    assert [(root.how, root.context) for root in found.roots] == [("timer_setup()", "softirq")]
    assert not found.open


def test_static_functions_of_other_files_are_others() -> None:
    found = witness(
        {
            "a.c": TYPES + INNER + held("one", "inner(it)"),
            "b.c": INNER + "void two(struct item *it) { inner(it); }\n",
        }
    )
    first = next(one for one in found.callers.named("inner") if one.path == "a.c")
    assert found.callers.entry(first.number).must == {LOCK}


def test_a_shortest_way_without_a_lock_is_told() -> None:
    text = (
        INNER + held("one", "inner(it)") + "static void middle(struct item *it) { inner(it); }\n"
        "void start(struct item *it) { middle(it); }\n"
    )
    found = witness({"a.c": TYPES + text})
    way = found.callers.way_without(found.callers.named("inner")[0].number, LOCK)
    calls = [one.caller.name for one in way if isinstance(one, Site)]
    assert calls == ["middle", "start"]
    assert isinstance(way[-1], Root)


def test_contexts_of_callers() -> None:
    text = (
        INNER + "void one(struct item *it)\n{\n\trcu_read_lock();\n\tinner(it);\n"
        "\trcu_read_unlock();\n}\n"
    )
    assert entry(text).contexts == {"rcu-read-side"}
