# SPDX-License-Identifier: GPL-2.0-only
"""Which functions are said to be imbalanced, and which to hand a lock over."""

from locks_samples import facts, vocabulary

from reviewer.locks.balance import Balance, balance, changed_balance
from reviewer.locks.effects import Effects
from reviewer.syntax.parse import read_file

PARAMS = "struct thing *t, int check"


def of(code: str, name: str = "f") -> Balance:
    """The balance of one function of a file."""
    file = read_file(code.encode(), vocabulary())
    function = file.function(name)
    assert function is not None and function.errors == ()
    return balance(function, facts(), Effects(file, facts()))


def body(text: str, kind: str = "int", params: str = PARAMS) -> str:
    return f"{kind} f({params})\n{{\n{text}\n}}\n"


def claims(text: str, kind: str = "int") -> list[tuple[str, str]]:
    return [(one.kind, one.lock) for one in of(body(text, kind)).imbalances]


LOCK, UNLOCK = "spin_lock(&t->lock);", "spin_unlock(&t->lock);"


def test_an_error_is_returned_with_the_lock_held() -> None:
    text = f"{LOCK}\nif (t->a)\nreturn -EIO;\n{UNLOCK}\nreturn 0;"
    assert claims(text) == [("held on some ways", "t->lock")]
    found = of(body(text)).imbalances[0]
    assert (found.line, found.exits) == (3, (5,))


def test_nothing_tells_the_caller_of_a_void_function() -> None:
    text = f"{LOCK}\nif (t->a)\nreturn;\n{UNLOCK}"
    assert claims(text, "void") == [("held on some ways", "t->lock")]


def test_the_result_tells() -> None:
    text = f"{LOCK}\nif (t->a) {{\n{UNLOCK}\nreturn NULL;\n}}\nreturn t;"
    found = of(body(text, "struct thing *"))
    assert found.imbalances == ()
    assert [(one.lock, one.count) for one in found.handovers] == [("t->lock", 1)]


def test_branches_on_one_condition_agree() -> None:
    assert claims(f"if (check)\n{LOCK}\nwork(t);\nif (check)\n{UNLOCK}\nreturn 0;") == []
    assert claims(f"if (t->on)\n{LOCK}\nwork(t);\nif (t->on)\n{UNLOCK}\nreturn 0;") == []


def test_a_variable_remembers() -> None:
    text = f"int ok = 0;\nif (t->a) {{\n{LOCK}\nok = 1;\n}}\nif (ok)\n{UNLOCK}\nreturn 0;"
    assert claims(text) == []


def test_error_codes_and_error_pointers_are_followed() -> None:
    text = f"int err = get(t);\nif (err < 0)\ngoto out;\n{LOCK}\nout:\nif (err >= 0)\n{UNLOCK}"
    assert claims(f"{text}\nreturn err;") == []
    text = f"p = find(t);\nif (IS_ERR(p))\ngoto out;\n{LOCK}\nout:\nif (!IS_ERR(p))\n{UNLOCK}"
    assert claims(f"struct thing *p;\n{text}\nreturn 0;") == []


def test_twice() -> None:
    assert claims(f"{LOCK}\n{UNLOCK}\n{UNLOCK}\nreturn 0;") == [("dropped twice", "t->lock")]
    assert claims(f"{LOCK}\n{LOCK}\n{UNLOCK}\nreturn 0;")[0] == ("taken twice", "t->lock")
    assert (
        claims("rcu_read_lock();\nrcu_read_lock();\nrcu_read_unlock();\nrcu_read_unlock();") == []
    )


def test_dropped_and_taken_again_for_the_caller() -> None:
    assert claims(f"{UNLOCK}\nwork();\n{LOCK}\nreturn 0;") == []
    text = f"{UNLOCK}\nif (other())\nreturn 0;\n{LOCK}\nreturn 0;"
    assert claims(text) == [("dropped on some ways", "t->lock")]


def test_a_trylock_that_fails_takes_nothing() -> None:
    assert claims(f"if (!spin_trylock(&t->lock))\nreturn -EAGAIN;\n{UNLOCK}\nreturn 0;") == []


def test_contexts() -> None:
    text = "local_irq_disable();\nif (t->a)\nreturn -EIO;\nlocal_irq_enable();\nreturn 0;"
    assert claims(text) == [("held on some ways", "irqs-off")]


def test_a_call_that_may_drop_the_lock_is_no_ground_for_a_claim() -> None:
    text = f"{LOCK}\nif (t->a) {{\nfinish(t);\nreturn -EIO;\n}}\n{UNLOCK}\nreturn 0;"
    assert claims(text) == []


def test_a_flag_may_say_that_the_lock_is_gone() -> None:
    text = f"int locked = 1;\n{LOCK}\nfault(t, &locked);\nif (locked)\n{UNLOCK}\nreturn 0;"
    assert claims(text) == []


WRAPPERS = f"""static void take(struct thing *t)
{{
{LOCK}
}}
static void drop(struct thing *t)
{{
{UNLOCK}
}}
"""


def test_functions_of_the_file_count_like_facts() -> None:
    good = body("take(t);\nif (t->a) {\ndrop(t);\nreturn -EIO;\n}\ndrop(t);\nreturn 0;")
    assert of(WRAPPERS + good).imbalances == ()
    assert of(WRAPPERS + good, "take").imbalances == ()
    bad = body("take(t);\nif (t->a)\nreturn -EIO;\ndrop(t);\nreturn 0;")
    assert [one.kind for one in of(WRAPPERS + bad).imbalances] == ["held on some ways"]


def test_a_lock_nobody_in_the_file_drops() -> None:
    code = f"static void f(struct thing *t)\n{{\n{LOCK}\nt->n++;\n}}\nvoid g(struct thing *t)\n{{\n"
    assert [one.kind for one in of(f"{code}f(t);\n}}\n").imbalances] == ["held"]
    assert of(f"{code}f(t);\n{UNLOCK}\n}}\n").imbalances == ()
    assert of(f"{code}f(t);\n}}\nstruct ops o = {{ .start = f }};\n").imbalances == ()


def test_the_object_of_the_lock_is_given_away() -> None:
    text = f"{LOCK}\nif (t->a) {{\n{UNLOCK}\nreturn;\n}}\nroot->first = t;"
    assert claims(text, "void") == []


def changes(before: str, after: str, kind: str = "int") -> list[str]:
    return [one.kind for one in changed_balance(of(body(before, kind)), of(body(after, kind)))]


def test_what_a_patch_changes() -> None:
    good = f"{LOCK}\nwork(t);\n{UNLOCK}\nreturn 0;"
    assert changes(good, good) == []
    assert changes(good, f"{LOCK}\nwork(t);\nreturn 0;") == ["held now"]
    assert changes(good, f"work(t);\n{UNLOCK}\nreturn 0;") == ["dropped now"]
    early = f"{LOCK}\nif (work(t))\nreturn -EIO;\n{UNLOCK}\nreturn 0;"
    assert changes(good, early) == ["held on some ways"]
    assert changes(early, early) == []


def test_what_a_patch_may_do() -> None:
    good = f"{LOCK}\nwork(t);\n{UNLOCK}\nreturn 0;"
    assert changes(good, f"{LOCK}\nwork(t);\ngoto out;\nout:\n{UNLOCK}\nreturn 0;") == []
    both = f"{LOCK}\nif (work(t)) {{\n{UNLOCK}\nreturn -EIO;\n}}\n{UNLOCK}\nreturn 0;"
    assert changes(good, both) == []
    assert changes(good, f"{LOCK}\nfinish(t);\nreturn 0;") == []


def test_a_lock_left_behind_when_its_pointer_moves_on() -> None:
    loop = "struct thing *p;\nfor (p = t; p; p = p->next) {\nspin_lock(&p->lock);\nwork(p);\n"
    good = f"{loop}spin_unlock(&p->lock);\n}}\nreturn 0;"
    bad = f"{loop}if (p->a)\ncontinue;\nspin_unlock(&p->lock);\n}}\nreturn 0;"
    assert changes(good, good) == []
    assert changes(good, bad) == ["held while its pointer moves on"]


def test_a_branch_that_asks_whether_the_lock_is_held() -> None:
    text = f"{LOCK}\n{UNLOCK}\nif (is_locked(t))\n{UNLOCK}\nreturn 0;"
    assert claims(text) == []
