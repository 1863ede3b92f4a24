# SPDX-License-Identifier: GPL-2.0-only
"""Two names of one lock are one lock, and one name of two locks is not."""

import pytest
from locks_samples import body, facts, graph_of, mays, musts

from reviewer.locks.aliases import aliases
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import place_of

NONE: set[str] = set()


def canonical(text: str, place: str, params: str = "struct thing *t, struct thing *u") -> str:
    found = place_of(parse_expression(place))
    assert found is not None
    return str(aliases(graph_of(body(text, params)), facts()).canonical(found))


@pytest.mark.parametrize(
    ("text", "place", "first"),
    [
        ("XA_STATE(xas, &m->i_pages, 3); g(&xas);", "xas.xa->xa_lock", "m->i_pages.xa_lock"),
        ("spinlock_t *l = &t->lock; g(l);", "*l", "t->lock"),
        ("spinlock_t *l; l = &t->lock; g(l);", "*l", "t->lock"),
        ("struct thing *v = t; g(v);", "v->lock", "t->lock"),
        ("struct thing *v = t; struct thing *w = v; g(w);", "w->lock", "t->lock"),
        ("struct thing *v = (struct thing *)t; g(v);", "v->lock", "t->lock"),
        ("struct sub *s = &t->sub; g(s);", "s->lock", "t->sub.lock"),
        ("struct thing *v = t->next; g(v);", "v->lock", "v->lock"),
        ("struct thing *v = NULL; g(v);", "v->lock", "v->lock"),
        ("struct thing *v = find(t); g(v);", "v->lock", "v->lock"),
    ],
)
def test_a_pointer_that_stays_is_followed(text: str, place: str, first: str) -> None:
    params = "struct thing *t, struct address_space *m"
    assert canonical(text, place, params) == first


@pytest.mark.parametrize(
    "text",
    [
        "struct thing *v = t; v = u; g(v);",
        "struct thing *v = t; v++; g(v);",
        "struct thing *v = t; g(&v);",
        "struct thing *v = t; struct thing **p; p = &v; g(p);",
        "struct thing *v = t; list_for_each_entry(v, &u->list, node) g(v);",
        "struct thing *v = t; t = u; g(v);",
        "struct thing *v; list_for_each_entry(t, &u->list, node) { v = t; } g(v);",
        "struct thing *v; v += 1; g(v);",
        "t = u; g(t);",
    ],
)
def test_a_pointer_that_changes_is_not(text: str) -> None:
    place = "t->lock" if text.startswith("t = u") else "v->lock"
    assert canonical(text, place) == place


def test_the_array_of_a_cursor_is_not_followed_when_its_owner_changes() -> None:
    text = "XA_STATE(xas, &t->pages, 3); t = u; g(&xas);"
    assert canonical(text, "xas.xa->xa_lock") == "xas.xa->xa_lock"


@pytest.mark.parametrize(
    ("take", "drop", "name"),
    [
        ("ptl = pmd_lock(t, t->pmd);", "spin_unlock(ptl);", "ptl"),
        ("t->ptl = pmd_lock(t, t->pmd);", "spin_unlock(t->ptl);", "t->ptl"),
        ("spin_lock(&t->lock);", "spin_unlock(&t->lock);", "t->lock"),
        ("spin_lock(&t->locks[check]);", "spin_unlock(&t->locks[check]);", "t->locks[]"),
        ("spin_lock(&global);", "spin_unlock(&global);", "global"),
        (
            "spin_lock(pte_lockptr(t, t->pmd));",
            "spin_unlock(pte_lockptr(t, t->pmd));",
            "pte_lockptr(t, t->pmd)",
        ),
        (
            "lruvec = folio_lruvec_lock(t->folio);",
            "spin_unlock(&lruvec->lru_lock);",
            "lruvec->lru_lock",
        ),
        (
            "pte = pte_offset_map_lock(t, t->pmd, 0, &ptl); if (!pte) return 0;",
            "pte_unmap_unlock(pte, ptl);",
            "ptl",
        ),
        (
            "ptl = check ? pmd_lock(t, t->pmd) : pud_lock(t, t->pud);",
            "spin_unlock(ptl);",
            "ptl",
        ),
    ],
)
def test_what_was_taken_is_dropped_under_its_name(take: str, drop: str, name: str) -> None:
    locals_ = "spinlock_t *ptl; struct lruvec *lruvec; pte_t *pte;"
    found = musts(f"{locals_} at_start(); {take} at_in(); {drop} at_out(); return 0;")
    assert found == {"start": set(), "in": {name}, "out": set()}


def test_a_lock_reached_through_a_pointer_is_not_that_of_the_next_one() -> None:
    found = musts("spin_lock(&t->lock); at_in(); t = t->next; at_moved(); return 0;")
    assert found == {"in": {"t->lock"}, "moved": set()}


def test_an_iterator_moves_the_pointer_on() -> None:
    text = """
    struct thing *u = find(t);
    spin_lock(&u->lock);
    at_in();
    list_for_each_entry(u, &t->list, node)
        at_each();
    """
    assert musts(text) == {"in": {"u->lock"}, "each": NONE}


def test_hand_over_hand() -> None:
    """The lock is handed on with the pointer.  In the second round nobody can
    tell that the one dropped is not the one just taken: nothing is claimed."""
    text = """
    struct thing *next;
    spin_lock(&t->lock);
    at_first();
    while (check) {
        next = t->next;
        spin_lock(&next->lock);
        at_two();
        spin_unlock(&t->lock);
        at_one();
        t = next;
        at_moved();
        check = more();
    }
    """
    found = musts(text)
    assert found["first"] == {"t->lock"} and found["two"] == {"next->lock"}
    assert found["one"] == found["moved"] == NONE
    assert "next->lock" in mays(text)["one"]


def test_a_lock_inside_a_local_stays_when_the_local_is_handed_out() -> None:
    found = musts("struct thing on; spin_lock(&on.lock); fill(&on); at_in(); return 0;")
    assert found == {"in": {"on.lock"}}


def test_a_pointer_handed_out_may_point_elsewhere() -> None:
    text = "spinlock_t *ptl; spin_lock(ptl); at_in(); find(&ptl); at_out(); return 0;"
    assert musts(text) == {"in": {"ptl"}, "out": set()}


def test_a_lock_dropped_by_another_name_is_not_claimed() -> None:
    """u may be t by then; t->other cannot be what is dropped."""
    text = """
    struct thing *u = NULL;
    u = find(t);
    spin_lock(&t->lock);
    mutex_lock(&t->mutex);
    spin_unlock(&u->lock);
    at_out();
    return 0;
    """
    assert musts(text) == {"out": {"t->mutex"}}
    assert "t->lock" in mays(text)["out"]


def test_of_two_elements_one_may_be_held_still() -> None:
    text = """
    spin_lock(&t->a[check].lock);
    spin_lock(&t->a[other].lock);
    spin_unlock(&t->a[check].lock);
    at_one();
    return 0;
    """
    assert musts(text) == {"one": set()}
    assert mays(text) == {"one": {"t->a[].lock"}}
