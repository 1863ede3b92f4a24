# SPDX-License-Identifier: GPL-2.0-only
"""What is held where."""

import pytest
from locks_samples import body, facts, marks, mays, musts

from reviewer.cfg.build import build
from reviewer.location import Location
from reviewer.locks.conditions import Condition
from reviewer.locks.locksets import locksets
from reviewer.syntax.tree import Block, Call, Evaluate, Function, Gap, Name, Parameter, Unary

A = {"t->a"}
AB = {"t->a", "t->b"}
NONE: set[str] = set()


def test_straight_line() -> None:
    text = """
    at_start();
    spin_lock(&t->a);
    at_one();
    mutex_lock(&t->b);
    at_two();
    spin_unlock(&t->a);
    at_other();
    mutex_unlock(&t->b);
    at_end();
    """
    expected = {"start": NONE, "one": A, "two": AB, "other": {"t->b"}, "end": NONE}
    assert musts(text) == mays(text) == expected


def test_branches() -> None:
    text = """
    if (t->n) {
        spin_lock(&t->a);
        at_then();
    } else {
        at_else();
    }
    at_after();
    """
    assert musts(text) == {"then": A, "else": NONE, "after": NONE}
    assert mays(text) == {"then": A, "else": NONE, "after": A}


def test_both_branches_take_it() -> None:
    text = "if (t->n) spin_lock(&t->a); else spin_lock_nested(&t->a, 1); at_after();"
    assert musts(text) == {"after": A}


def test_a_loop_that_drops_and_takes_again() -> None:
    text = """
    spin_lock(&t->a);
    while (t->n) {
        at_head();
        spin_unlock(&t->a);
        at_out();
        spin_lock(&t->a);
    }
    at_end();
    """
    assert musts(text) == {"head": A, "out": NONE, "end": A}


def test_a_loop_that_forgets_to_take_it_again() -> None:
    text = "spin_lock(&t->a); while (t->n) { at_head(); spin_unlock(&t->a); } at_end();"
    assert musts(text) == {"head": NONE, "end": NONE}
    assert mays(text) == {"head": A, "end": A}


def test_a_retry_with_goto() -> None:
    text = """
    retry:
        at_top();
        spin_lock(&t->a);
        if (t->n == 1) {
            spin_unlock(&t->a);
            at_wait();
            goto retry;
        }
        if (t->n == 2)
            goto out_unlock;
        at_in();
    out_unlock:
        at_label();
        spin_unlock(&t->a);
        at_end();
    """
    expected = {"top": NONE, "wait": NONE, "in": A, "label": A, "end": NONE}
    assert musts(text) == mays(text) == expected


def test_an_early_unlock_on_the_error_path() -> None:
    text = """
    spin_lock(&t->a);
    if (t->n) {
        spin_unlock(&t->a);
        at_error();
        return -EBUSY;
    }
    at_going_on();
    spin_unlock(&t->a);
    return 0;
    """
    assert musts(text) == mays(text) == {"error": NONE, "going_on": A}


def test_an_error_path_that_drops_it_and_goes_on() -> None:
    text = "spin_lock(&t->a); if (t->n) spin_unlock(&t->a); at_after(); return 0;"
    assert musts(text) == {"after": NONE} and mays(text) == {"after": A}


@pytest.mark.parametrize(
    ("test", "taken", "failed"),
    [
        ("spin_trylock(&t->a)", A, NONE),
        ("!spin_trylock(&t->a)", NONE, A),
        ("spin_trylock(&t->a) == 0", NONE, A),
        ("spin_trylock(&t->a) != 0", A, NONE),
        ("likely(spin_trylock(&t->a))", A, NONE),
        ("mutex_lock_interruptible(&t->a)", NONE, A),
        ("!mutex_lock_interruptible(&t->a)", A, NONE),
        ("down_read_trylock(&t->a)", A, NONE),
        ("down_trylock(&t->a)", NONE, A),
        ("check && spin_trylock(&t->a)", A, NONE),
    ],
)
def test_what_is_taken_by_result(test: str, taken: set[str], failed: set[str]) -> None:
    text = f"if ({test}) at_then(); else at_else(); return 0;"
    assert musts(text) == mays(text) == {"then": taken, "else": failed}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("int ok = spin_trylock(&t->a); if (!ok) return 0;", A),
        ("int ok; ok = spin_trylock(&t->a); if (ok == 0) return 0;", A),
        ("int ok = !spin_trylock(&t->a); if (ok) return 0;", A),
        ("int e = mutex_lock_interruptible(&t->a); if (e) return e;", A),
        ("bool ok = check && spin_trylock(&t->a); if (!ok) return 0;", A),
        ("int ok = spin_trylock(&t->a); int good = ok; if (!good) return 0;", A),
        ("int ok = spin_trylock(&t->a); if (ok) return 0;", NONE),
        # From here on nothing may be claimed.
        ("int ok = 1; ok |= spin_trylock(&t->a); if (!ok) return 0;", NONE),
        ("int ok = spin_trylock(&t->a); ok = check; if (!ok) return 0;", NONE),
        ("int ok = spin_trylock(&t->a); ok++; if (!ok) return 0;", NONE),
        ("int ok = spin_trylock(&t->a); change(&ok); if (!ok) return 0;", NONE),
        ("ok = spin_trylock(&t->a); if (!ok) return 0;", NONE),
        ("int ok = spin_trylock(&t->a); spin_unlock(&t->a); if (!ok) return 0;", NONE),
        ("int e = mutex_lock_interruptible(&t->a); if (e == -EINTR) return e;", NONE),
    ],
)
def test_the_result_is_kept_in_a_local(text: str, after: set[str]) -> None:
    assert musts(f"{text} at_after(); return 0;") == {"after": after}


@pytest.mark.parametrize(
    ("take", "test", "held"),
    [
        ("if (check) spin_lock(&t->a);", "check", A),
        ("if (check) spin_lock(&t->a);", "check != 0", A),
        ("if (!check) spin_lock(&t->a);", "!check", A),
        ("if (check != 3) spin_lock(&t->a);", "check != 3", A),
        ("if (check == PMD_ORDER) spin_lock(&t->a);", "check == PMD_ORDER", A),
        ("bool l = false; if (t->n) { spin_lock(&t->a); l = true; }", "l", A),
        ("if (check) return 0; spin_lock(&t->a);", "other", A),
        ("if (check) spin_lock(&t->a); check = 1;", "check", NONE),
        ("if (check) spin_lock(&t->a);", "other", NONE),
        ("if (t->n) spin_lock(&t->a);", "t->n", NONE),
        ("if (global) spin_lock(&t->a);", "global", NONE),
        ("if (check) spin_lock(&t->a); fill(&check);", "check", NONE),
    ],
)
def test_the_same_test_twice(take: str, test: str, held: set[str]) -> None:
    text = f"{take} g(); if ({test}) at_then(); return 0;"
    assert musts(text) == {"then": held}


def test_the_opposite_test_excludes_it() -> None:
    text = "if (check) spin_lock(&t->a); at_mid(); if (check) at_then(); else at_else();"
    assert mays(text) == {"mid": A, "then": A, "else": NONE}


def test_a_lock_that_is_taken_for_two_reasons_is_not_excluded_by_one() -> None:
    text = """
    if (check)
        spin_lock(&t->a);
    at_mid();
    if (other)
        spin_lock(&t->a);
    if (!check)
        at_end();
    """
    assert mays(text)["end"] == A
    assert musts(text)["end"] == NONE


def test_a_lock_dropped_and_taken_again_is_not_excluded() -> None:
    text = """
    if (check)
        spin_lock(&t->a);
    spin_unlock(&t->a);
    if (t->n)
        spin_lock(&t->a);
    if (!check)
        at_end();
    """
    assert mays(text) == {"end": A}


def test_a_result_outlasts_another_lock() -> None:
    text = """
    int ok = spin_trylock(&t->a);
    if (check)
        spin_lock(&t->b);
    g();
    if (ok)
        at_then();
    """
    assert musts(text) == {"then": A}


def test_a_condition_that_cannot_be_twice_the_other_way() -> None:
    text = "if (check) { spin_lock(&t->a); if (!check) at_never(); } return 0;"
    assert musts(text) == {}


def test_a_switch() -> None:
    text = """
    switch (t->n) {
    case 1:
        spin_lock(&t->a);
        at_one();
        fallthrough;
    case 2:
        at_two();
        break;
    default:
        spin_lock(&t->b);
    }
    at_end();
    """
    assert musts(text) == {"one": A, "two": NONE, "end": NONE}
    assert mays(text) == {"one": A, "two": A, "end": AB}


def test_a_walk_that_is_done_early() -> None:
    text = """
    while (page_vma_mapped_walk(w)) {
        at_in();
        if (check) {
            page_vma_mapped_walk_done(w);
            at_done();
            break;
        }
    }
    at_end();
    """
    found = musts(text, "struct page_vma_mapped_walk *w, int check")
    assert found == {"in": {"w->ptl"}, "done": NONE, "end": NONE}


@pytest.mark.parametrize(
    ("take", "drop"),
    [
        ("spin_lock_irqsave(&t->a, flags);", "spin_unlock_irqrestore(&t->a, flags);"),
        ("down_read(&t->a);", "up_read(&t->a);"),
        ("down_write(&t->a);", "downgrade_write(&t->a); up_read(&t->a);"),
        ("read_lock_bh(&t->a);", "read_unlock_bh(&t->a);"),
        ("write_lock_irq(&t->a);", "write_unlock_irq(&t->a);"),
        ("mutex_lock_nested(&t->a, 1);", "mutex_unlock(&t->a);"),
        ("down(&t->a);", "up(&t->a);"),
    ],
)
def test_kinds_of_locks(take: str, drop: str) -> None:
    assert musts(f"{take} at_in(); {drop} at_out(); return 0;") == {"in": A, "out": NONE}


def test_a_downgraded_lock_is_held() -> None:
    text = "down_write(&t->a); downgrade_write(&t->a); at_in(); return 0;"
    assert musts(text) == {"in": A}


def test_the_page_table_lock_is_that_of_the_variable_it_is_found_in() -> None:
    text = """
    pte_t *pte = pte_offset_map_lock(t->mm, t->pmd, 0, &ptl);
    at_maybe();
    if (!pte)
        return 0;
    at_in();
    pte_unmap_unlock(pte, ptl);
    at_out();
    """
    assert musts(f"spinlock_t *ptl; {text}") == {"maybe": NONE, "in": {"ptl"}, "out": NONE}


def test_a_call_that_does_not_come_back() -> None:
    assert musts("if (t->n) { spin_lock(&t->a); panic(); } at_end();") == {"end": NONE}


def test_the_lock_of_the_caller_is_dropped() -> None:
    text = "spin_unlock(&t->a); at_out(); spin_lock(&t->a); at_in();"
    assert musts(text) == {"out": NONE, "in": A}


def test_code_that_was_not_understood_may_drop_anything() -> None:
    here = Location(0, 0, 1)

    def call(name: str, *args: str) -> Evaluate:
        given = tuple(Unary(here, "&", Name(here, arg)) for arg in args)
        return Evaluate(here, Call(here, Name(here, name), given))

    items = (call("spin_lock", "l"), call("at_in"), Gap(here, "?"), call("at_out"))
    params = (Parameter("spinlock_t", "l"),)
    function = Function(here, "f", "void", params, Block(here, items), True, ())
    graph = build(function, facts())
    held = locksets(graph, facts()).before
    found = {
        node.function: set(state.must)
        for node, state in zip(graph.nodes, held, strict=True)
        if hasattr(node, "function") and state is not None
    }
    assert found["at_in"] == {"l"} and found["at_out"] == NONE


@pytest.mark.parametrize(
    ("holds", "must"), [(True, A), (False, NONE)], ids=["where it is true", "where it is not"]
)
def test_assumptions_choose_the_ways(holds: bool, must: set[str]) -> None:
    text = body("if (check) spin_lock(&t->a); at_after(); return 0;")
    found = marks(text, frozenset({Condition("check", holds)}))
    assert set(found["after"].must) == set(found["after"].may) == must


def test_an_assumption_makes_code_unreachable() -> None:
    text = body("if (check) at_in(); at_after(); return 0;")
    assert set(marks(text, frozenset({Condition("check", False)}))) == {"after"}


def test_a_lock_with_a_name_of_its_own_is_no_other() -> None:
    text = "spin_lock(&t->a); mutex_unlock(&everything); at_1();"
    assert musts(text)["1"] == {"t->a"}
    text = "spin_lock(&one); spin_lock(&t->a); spin_unlock(&two); at_1();"
    assert musts(text)["1"] == {"one", "t->a"}
    text = "spinlock_t *p = find(t); spin_lock(&one); spin_unlock(p); at_1();"
    assert musts(text)["1"] == set()


def test_a_hidden_variable_means_another_lock() -> None:
    text = "{ struct thing *t = find(); spin_lock(&t->a); at_1(); } at_2();"
    assert musts(text) == {"1": {"t->a"}, "2": set()}
    text = "spin_lock(&t->a); { struct thing *t = find(); at_1(); spin_unlock(&t->a); } at_2();"
    assert musts(text) == {"1": set(), "2": set()} and mays(text)["2"] == {"t->a"}
