# SPDX-License-Identifier: GPL-2.0-only
"""What functions of the same file do to the locks of their caller."""

import pytest
from locks_samples import facts, vocabulary

from reviewer.cfg.graph import Invoke
from reviewer.checker.callees import neighbours
from reviewer.locks.held import Held
from reviewer.locks.locksets import locksets
from reviewer.syntax.parse import read_file


def marks(helpers: str, body: str) -> dict[str, Held]:
    """What is held before each call ``at_NAME()`` in f(), by NAME."""
    code = f"{helpers}\nint f(struct thing *t, struct thing *u, int check)\n{{\n{body}\n}}\n"
    file = read_file(code.encode(), vocabulary())
    known = neighbours(file, facts())
    graph = known.small("f")
    assert graph is not None
    found = locksets(graph, facts(), summaries=known.effects)
    return {
        node.function[3:]: held
        for node, held in zip(graph.nodes, found.before, strict=True)
        if isinstance(node, Invoke) and node.function.startswith("at_") and held is not None
    }


def held(helpers: str, body: str) -> dict[str, tuple[set[str], set[str]]]:
    """The locks held surely and perhaps at each mark."""
    return {name: (set(h.must), set(h.may)) for name, h in marks(helpers, body).items()}


TAKE = "static void take(struct thing *p)\n{\n\tspin_lock(&p->a);\n}\n"
DROP = "static void drop(struct thing *p)\n{\n\tspin_unlock(&p->a);\n}\n"
A = {"t->a"}


def test_a_helper_that_takes_and_one_that_drops() -> None:
    found = held(TAKE + DROP, "at_0(); take(t); at_1(); drop(t); at_2();")
    assert found == {"0": (set(), set()), "1": (A, A), "2": (set(), set())}


def test_a_helper_of_a_helper() -> None:
    outer = "static void outer(int n, struct thing *q)\n{\n\ttake(q);\n}\n"
    assert held(outer + TAKE, "outer(1, t); at_1();") == {"1": (A, A)}


def test_helpers_are_followed_so_far() -> None:
    chain = TAKE + "".join(
        f"static void t{n}(struct thing *p)\n{{\n\t{'take' if n == 0 else f't{n - 1}'}(p);\n}}\n"
        for n in range(6)
    )
    assert held(chain, "t1(t); at_1();")["1"] == (A, A)
    assert held(chain, "t5(t); at_1();")["1"] == (set(), set())


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("return spin_trylock(&p->a);", "nonzero"),
        ("if (!spin_trylock(&p->a))\n\t\treturn false;\n\treturn true;", "nonzero"),
        ("if (!spin_trylock(&p->a))\n\t\treturn -EAGAIN;\n\treturn 0;", "zero"),
        ("int err = mutex_lock_interruptible(&p->a);\n\treturn err;", "zero"),
        ("int err = g(p);\n\tif (err)\n\t\treturn err;\n\tspin_lock(&p->a);\n\treturn 0;", "zero"),
        ("guard(spinlock)(&p->b);\n\tif (!p->x)\n\t\treturn 0;\n\tspin_lock(&p->a);\n\treturn 1;", "nonzero"),  # noqa: E501
        ("spin_lock(&p->b);\n\tbool ok = spin_trylock(&p->a);\n\tspin_unlock(&p->b);\n\treturn !ok;", "zero"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_helper_that_takes_under_a_condition(body: str, result: str) -> None:
    helper = f"static int try(struct thing *p)\n{{\n\t{body}\n}}\n"
    found = held(helper, "if (try(t)) { at_1(); } else { at_2(); }")
    yes, no = ("1", "2") if result == "nonzero" else ("2", "1")
    assert found[yes][0] == A and found[no] == (set(), set())
    found = held(helper, "int ok = try(t); g(); if (!ok) { at_2(); return 0; } at_1();")
    assert found[yes][0] == A and found[no] == (set(), set())


def test_a_helper_nobody_can_tell() -> None:
    helper = "static void some(struct thing *p)\n{\n\tif (p->x)\n\t\tspin_lock(&p->a);\n}\n"
    assert held(helper, "some(t); at_1();") == {"1": (set(), A)}
    helper = "static void some(struct thing *p)\n{\n\tif (p->x)\n\t\tspin_unlock(&p->a);\n}\n"
    assert held(helper, "spin_lock(&t->a); some(t); at_1();") == {"1": (set(), A)}


def test_a_helper_that_drops_and_takes_again() -> None:
    helper = "static void relax(struct thing *p)\n{\n\tspin_unlock(&p->a);\n\tg();\n"
    helper += "\tspin_lock(&p->a);\n}\n"
    found = held(helper, "spin_lock(&t->a); at_0(); relax(t); at_1();")
    assert found == {"0": (A, A), "1": (A, A)}
    assert held(helper, "relax(t); at_1();") == {"1": (set(), A)}


def test_a_helper_that_takes_and_drops_has_no_effect() -> None:
    helper = "static int peek(struct thing *p)\n{\n\tguard(spinlock)(&p->a);\n\treturn p->x;\n}\n"
    assert held(helper, "peek(t); at_1();") == {"1": (set(), set())}


def test_a_lock_that_is_returned() -> None:
    helper = (
        "static spinlock_t *get(struct thing *p)\n{\n\tspinlock_t *l = find(p);\n"
        "\tspin_lock(l);\n\treturn l;\n}\n"
    )
    found = held(helper, "spinlock_t *ptl = get(t); at_1(); spin_unlock(ptl); at_2();")
    assert found == {"1": ({"ptl"}, {"ptl"}), "2": (set(), set())}


def test_an_object_that_is_returned_with_its_lock_held() -> None:
    helper = (
        "static struct thing *get(int n)\n{\n\tstruct thing *p = find(n);\n\tif (!p)\n"
        "\t\treturn NULL;\n\tspin_lock(&p->a);\n\treturn p;\n}\n"
    )
    found = held(helper, "struct thing *q = get(1); if (!q) { at_0(); return 0; } at_1();")
    assert found["0"][0] == set() and found["1"][1] == {"q->a"}


@pytest.mark.parametrize(
    "body",
    [
        "p = g();\n\tspin_lock(&p->a);",
        "struct thing *own = g();\n\tspin_lock(&own->a);",
        "spin_lock(&p->all[3].a);",
    ],
)
def test_what_only_the_helper_knows_is_left_out(body: str) -> None:
    helper = f"static void odd(struct thing *p)\n{{\n\t{body}\n}}\n"
    assert held(helper, "odd(t); at_1();") == {"1": (set(), set())}


def test_a_global_lock() -> None:
    helper = "static void all(void)\n{\n\tmutex_lock(&everything);\n}\n"
    assert held(helper, "all(); at_1();") == {"1": ({"everything"}, {"everything"})}


def test_contexts() -> None:
    helpers = (
        "static void quiet(struct thing *p)\n{\n\tspin_lock_irq(&p->a);\n}\n"
        "static void loud(struct thing *p)\n{\n\tspin_unlock_irq(&p->a);\n}\n"
    )
    found = marks(helpers, "quiet(t); at_1(); loud(t); at_2();")
    assert found["1"].context == {"irqs-off"} and found["2"].context == set()


def test_functions_that_call_each_other() -> None:
    helpers = (
        "static void one(struct thing *p)\n{\n\tspin_lock(&p->a);\n\ttwo(p);\n}\n"
        "static void two(struct thing *p)\n{\n\tif (p->x)\n\t\tone(p);\n}\n"
    )
    assert held(helpers, "one(t); at_1();")["1"][0] == A


def test_annotations_of_the_header() -> None:
    helper = "static void g(struct thing *t)\n\t__must_hold(&t->a)\n\t__releases(u)\n{\n\th();\n}\n"
    file = read_file(helper.encode(), vocabulary())
    graph = neighbours(file, facts()).small("g")
    assert graph is not None
    assert locksets(graph, facts()).before[1].must == {"t->a", "u"}  # type: ignore[union-attr]


def test_what_is_asserted_is_held() -> None:
    found = held("", "at_0(); lockdep_assert_held(&t->a); at_1(); spin_unlock(&t->a); at_2();")
    assert found == {"0": (set(), set()), "1": (A, A), "2": (set(), set())}


@pytest.mark.parametrize(
    "helper",
    [
        "static void use(struct thing *p)\n{\n\tlockdep_assert_held(&p->a);\n\tg(p);\n}\n",
        "static void use(struct thing *p) __must_hold(&p->a)\n{\n\tguard(spinlock)(&p->b);\n}\n",
    ],
)
def test_what_a_helper_relies_on_it_does_not_take(helper: str) -> None:
    assert held(helper, "use(t); at_1();") == {"1": (set(), set())}
    assert held(helper, "spin_lock(&t->a); use(t); at_1();") == {"1": (A, A)}
