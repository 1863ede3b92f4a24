# SPDX-License-Identifier: GPL-2.0-only
"""Which lock protects a place."""

from collections.abc import Mapping

from trees import witness

from reviewer.evidence.places import Spot
from reviewer.evidence.protection import HELD, NOT_HELD, UNKNOWN, Protection

TYPES = (
    "struct part { int n; };\n"
    "struct head { struct part parts[4]; spinlock_t lock; int open; int flags; };\n"
    "struct item { struct head *head; spinlock_t lock; int state; };\n"
)


def under(name: str, change: str, lock: str = "it->lock") -> str:
    """A function that makes a change under a lock."""
    return (
        f"void {name}(struct item *it)\n{{\n\tspin_lock(&{lock});\n\t{change};\n"
        f"\tspin_unlock(&{lock});\n}}\n"
    )


def plain(name: str, change: str) -> str:
    """A function that makes a change without one."""
    return f"void {name}(struct item *it)\n{{\n\t{change};\n}}\n"


def protection(text: str, structure: str, member: str) -> Protection:
    """What is known of a member."""
    return witness({"a.h": TYPES, "a.c": text}).protection(Spot(((structure, member),)))


def told(found: Protection) -> Mapping[str, str]:
    """By function whether it holds the lock that was found."""
    assert found.lock is not None
    return {one.function.name: one.under(found.lock) for one in found.uses}


def test_the_lock_most_changes_are_made_under() -> None:
    found = protection(
        under("a", "it->state = 1") + under("b", "it->state = 2") + plain("c", "it->state = 3"),
        "item",
        "state",
    )
    assert str(found.lock) == "item.lock"
    assert (found.held, found.changes) == (2, 3)
    assert told(found) == {"a": HELD, "b": HELD, "c": NOT_HELD}


def test_a_lock_of_another_structure() -> None:
    text = under("a", "it->head->open = 1", "it->head->lock")
    assert str(protection(text, "head", "open").lock) == "head.lock"


def test_members_of_an_embedded_structure_belong_to_the_outer_one() -> None:
    text = under("a", "it->head->parts[0].n = 1", "it->head->lock")
    assert protection(text, "head", "parts").changes == 1


def test_a_pointer_to_a_part_that_is_embedded_once_leads_into_it() -> None:
    text = "static void b(struct part *p)\n{\n\tp->n++;\n}\n" + under(
        "a", "b(&it->head->parts[1])", "it->head->lock"
    )
    found = protection(text, "head", "parts")
    assert str(found.lock) == "head.lock"
    assert told(found)["b"] == HELD


def test_what_the_callers_hold_counts() -> None:
    text = "static void b(struct item *it)\n{\n\tit->state = 1;\n}\n" + under("a", "b(it)")
    found = protection(text, "item", "state")
    assert told(found) == {"b": HELD}


def test_new_objects_need_no_lock() -> None:
    text = (
        under("a", "it->state = 1")
        + "struct item *make(void)\n{\n\tstruct item *it = kzalloc(8, GFP_KERNEL);\n"
        "\tit->state = 0;\n\tsetup(it);\n\treturn it;\n}\n"
        "static void setup(struct item *it)\n{\n\tit->state = 5;\n}\n"
    )
    found = protection(text, "item", "state")
    assert (found.held, found.changes) == (1, 1)


def test_a_lock_held_on_some_ways_is_not_told_to_be_missing() -> None:
    text = under("a", "it->state = 1") + (
        "void b(struct item *it, int y)\n{\n\tif (y)\n\t\tspin_lock(&it->lock);\n\tit->state = 2;\n"
        "\tif (y)\n\t\tspin_unlock(&it->lock);\n}\n"
    )
    assert told(protection(text, "item", "state"))["b"] == UNKNOWN


def test_nothing_is_found_where_nothing_is_held() -> None:
    assert protection(plain("a", "it->state = 1"), "item", "state").lock is None
