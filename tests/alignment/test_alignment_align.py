# SPDX-License-Identifier: GPL-2.0-only
"""Which access became which, and what was held before and is held now."""

import pytest
from alignment_samples import aligned, facts, found, graph_of, held, lockers, of

from reviewer.alignment.align import align, image

COUNT = "t->refs"
A = {"t->a"}
NONE: set[str] = set()


def test_a_kept_line_keeps_its_access() -> None:
    text = "g();\nspin_lock(&t->a);\nif (t->n)\n\tg();\nspin_unlock(&t->a);\nreturn 0;"
    one = of("t->n", text, text.replace("g();\nspin", "h();\nh();\nspin"))
    assert not one.moved and held(one) == [("", A, A)]
    assert (one.before[0].access.line, one.access.line) == (5, 6)


def test_a_kept_line_whose_lock_went_away() -> None:
    text = "spin_lock(&t->a);\nif (t->n)\n\tg();\nspin_unlock(&t->a);\nreturn 0;"
    without = text.replace("spin_lock(&t->a);\n", "").replace("spin_unlock(&t->a);\n", "")
    one = of("t->n", text, without)
    assert not one.moved and held(one) == [("", A, NONE)]


def test_a_kept_line_with_a_call_inside_a_call() -> None:
    """The value of the inner call has no name of its own: what stands above
    must not change which access this is."""
    text = "spin_lock(&t->a);\nif (folio_ref_count(page_folio(t->page)))\n\tg();\nreturn 0;"
    one = of("page_folio(t->page)->_refcount", text, f"h(k());\n{text.partition(chr(10))[2]}")
    assert not one.moved and held(one) == [("", A, NONE)]


def test_a_moved_line() -> None:
    before = "spin_lock(&t->a);\nif (t->n)\n\tg();\nspin_unlock(&t->a);\nreturn 0;"
    after = "if (t->n)\n\tg();\nspin_lock(&t->a);\nspin_unlock(&t->a);\nreturn 0;"
    one = of("t->n", before, after.replace("if (t->n)", "if (t->n && n)"))
    assert one.moved and held(one) == [("", A, NONE)]
    assert (one.before[0].access.line, one.access.line) == (4, 3)


def test_reads_and_writes_are_told_apart() -> None:
    before = "spin_lock(&t->a);\nt->n = 1;\nspin_unlock(&t->a);\nreturn 0;"
    after = "spin_lock(&t->a);\nspin_unlock(&t->a);\nreturn t->n;"
    assert aligned(before, after) == ()


TWO = """
if (!o) {
	if (atomic_read(&t->refs) != n)
		return -EAGAIN;
	t->m = 0;
	return 0;
}
xa_lock_irq(&o->pages);
if (atomic_read(&t->refs) != n || t->m != n) {
	xa_unlock_irq(&o->pages);
	return -EAGAIN;
}
xa_unlock_irq(&o->pages);
return 0;
"""
ONE = """
if (atomic_read(&t->refs) != n)
	return -EAGAIN;
if (!o) {
	t->m = 0;
	return 0;
}
xa_lock_irq(&o->pages);
if (t->m != n) {
	xa_unlock_irq(&o->pages);
	return -EAGAIN;
}
xa_unlock_irq(&o->pages);
return 0;
"""


def test_two_comparisons_become_one() -> None:
    """The two ways are told apart by what people would write."""
    one = of(COUNT, TWO, ONE)
    assert one.moved and one.access.decides and one.access.line == 3
    assert held(one) == [("o == NULL", NONE, NONE), ("o != NULL", {"o->pages.xa_lock"}, NONE)]
    assert [set(state.context) for state in one.before] == [NONE, {"irqs-off"}]
    assert [set(state.context) for state in one.after] == [NONE, NONE]


def test_after_is_looked_at_on_each_path() -> None:
    """The one comparison is made under the lock where there is an owner."""
    after = ONE.replace("xa_lock_irq(&o->pages);\n", "", 1).replace(
        "if (atomic_read", "if (o)\n\txa_lock_irq(&o->pages);\nif (atomic_read", 1
    )
    one = of(COUNT, TWO, after)
    lock = {"o->pages.xa_lock"}
    assert held(one) == [("o == NULL", NONE, NONE), ("o != NULL", lock, lock)]


@pytest.mark.parametrize("text", ["o = find();\n", "change(&o);\n"])
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_parameter_that_changes_is_not_assumed_upon(text: str, where: str) -> None:
    """What o was at the comparison before is not what it is now."""
    after = ONE.replace("xa_lock_irq(&o->pages);\n", "", 1).replace(
        "if (atomic_read", "if (o)\n\txa_lock_irq(&o->pages);\nif (atomic_read", 1
    )
    one = of(COUNT, *((text + TWO, after) if where == "before" else (TWO, text + after)))
    assert [must for _, _, must in held(one)] == [NONE, NONE]
    assert all(state.may for state in one.after)


def test_a_number_is_assumed_upon_by_its_comparison() -> None:
    before = TWO.replace("if (!o)", "if (n != 3)")
    after = ONE.replace("if (!o)", "if (n != 3)").replace("xa_lock_irq(&o->pages);\n", "", 1)
    locked = after.replace(
        "if (atomic_read", "if (n == 3)\n\txa_lock_irq(&o->pages);\nif (atomic_read", 1
    )
    lock = {"o->pages.xa_lock"}
    expected = [("!(n == 3)", NONE, NONE), ("n == 3", lock, lock)]
    assert held(of(COUNT, before, locked)) == expected
    changed = locked.replace("if (n == 3)", "n++;\nif (n == 3)", 1)
    assert [must for _, _, must in held(of(COUNT, before, changed))] == [NONE, NONE]


def test_a_path_is_told_by_the_call_that_was_made() -> None:
    before = TWO.replace("if (!o)", "if (is_plain(t))")
    after = ONE.replace("if (!o)", "if (is_plain(t))")
    paths = [path for path, _, _ in held(of(COUNT, before, after))]
    assert paths == ["is_plain(t)", "!is_plain(t)"]


def test_a_path_that_no_longer_comes_here_is_left_out() -> None:
    after = ONE.replace("if (atomic_read", "if (!o)\n\treturn 1;\nif (atomic_read", 1)
    assert held(of(COUNT, TWO, after)) == [("", {"o->pages.xa_lock"}, NONE)]


def test_one_read_becomes_two() -> None:
    """The first takes the place of the one there was, the second is new."""
    before = "spin_lock(&t->a);\nif (t->n != 1)\n\tg();\nspin_unlock(&t->a);\nreturn 0;"
    after = """
if (t->n == 2)
	g();
spin_lock(&t->a);
if (t->n == 3)
	g();
spin_unlock(&t->a);
return 0;
"""
    one = of("t->n", before, after)
    assert one.access.line == 3 and held(one) == [("", A, NONE)]


def test_a_read_that_stays_behind_is_not_a_new_one() -> None:
    """The comparison under the lock is there still; the one above is new."""
    before = "spin_lock(&t->a);\nif (t->n)\n\tg();\nspin_unlock(&t->a);\nreturn 0;"
    one = of("t->n", before, f"if (t->n)\n\th();\n{before}")
    assert not one.moved and one.access.line == 6 and held(one) == [("", A, A)]


def test_reads_are_matched_in_order() -> None:
    before = "g(t->n);\nspin_lock(&t->a);\nh(t->n);\nspin_unlock(&t->a);\nreturn 0;"
    after = "gg(t->n);\nspin_lock(&t->a);\nhh(t->n);\nspin_unlock(&t->a);\nreturn 0;"
    some = [held(one) for one in aligned(before, after) if one.access.place == "t->n"]
    assert some == [[("", NONE, NONE)], [("", A, A)]]


def test_a_renamed_local_is_the_same_local() -> None:
    before = """
struct thing *u = t;
spin_lock(&u->a);
if (u->n)
	g();
spin_unlock(&u->a);
return 0;
"""
    one = of("t->n", before, before.replace("u->", "other->").replace("*u", "*other"))
    assert held(one) == [("", A, A)]


def test_a_read_in_a_loop() -> None:
    before = """
spin_lock(&t->a);
while (n--) {
	if (t->n)
		g();
}
spin_unlock(&t->a);
return 0;
"""
    after = """
while (n--) {
	if (t->n > 0)
		g();
	spin_lock(&t->a);
	spin_unlock(&t->a);
}
return 0;
"""
    assert held(of("t->n", before, after)) == [("", A, NONE)]


def test_a_read_that_moves_out_of_a_loop_and_its_lock() -> None:
    before = """
while (n--) {
	spin_lock(&t->a);
	if (t->n)
		g();
	spin_unlock(&t->a);
}
return 0;
"""
    after = """
int many = t->n;
while (n--) {
	spin_lock(&t->a);
	if (many)
		g();
	spin_unlock(&t->a);
}
return 0;
"""
    one = of("t->n", before, after)
    assert one.access.decides and held(one) == [("", A, NONE)]


def test_what_only_one_version_has_is_not_aligned() -> None:
    assert aligned("g(t->n);\nreturn 0;", "g(t->m);\nreturn 0;") == ()


def test_entries_are_in_the_order_of_lines() -> None:
    text = "g(t->n);\ng(t->m);\ng(t->k);\nreturn 0;"
    lines = [one.access.line for one in aligned(text, f"h();\n{text}")]
    assert lines == sorted(lines) and len(lines) == 3


def test_an_image_knows_its_accesses_and_locks() -> None:
    one = image(graph_of("spin_lock(&t->a); g(t->n); return 0;"), facts())
    (access,) = one.accesses
    state = one.locks.before[access.node]
    assert state is not None and state.must == A
    assert found("spin_lock(&t->a); g(t->n); return 0;") == one.accesses


def test_nothing_is_kept_where_no_line_is() -> None:
    graph = graph_of("g(t->n); return 0;")
    one, two = image(graph, facts()), image(graph, facts())
    (only,) = align(one, two, facts(), lambda _: None)
    assert only.moved


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("guard(mutex)(&t->m);", ()),
        ("guard(thing)(&t->m);", ("guard(thing)",)),
        ("scoped_guard(thing, &t->a) { g(); }", ("guard(thing)",)),
        ("thing_lock(t);", ("thing_lock",)),
        ("thing_trylock_all(t);", ("thing_trylock_all",)),
        ("mutex_grab(t);", ("mutex_grab",)),
        ("lock(t);", ("lock",)),
        ("thing_unlock(t); thing_lock(t);", ("thing_lock", "thing_unlock")),
        ("spin_lock(&t->a); spin_unlock(&t->a);", ()),
        ("thing_get_block(t);", ()),
        ("clock_tick(t);", ()),
        ("thing_is_locked(t);", ()),
        ("mutexes(t);", ()),
        ("lockdep_assert_held(&t->a);", ()),
        ("t->lock(t);", ()),
    ],
)
def test_calls_that_may_take_locks_nobody_knows(more: str, names: tuple[str, ...]) -> None:
    assert lockers("return 0;", f"{more} return 0;") == names
    assert lockers(f"{more} return 0;", "return 0;") == names
    assert lockers(f"{more} return 0;", f"g(); {more} return 0;") == ()
