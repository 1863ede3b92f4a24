# SPDX-License-Identifier: GPL-2.0-only
"""What each change of a lifted function does to it, and that a change of nothing is told."""

import pytest
from modelling import FACTS, function, scenario

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import explore
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Mutation
from reviewer.simulation.steps import Access, Acquire, Context, Program, Release

SCENARIO = scenario("folio_refcount")
MAPPED = SCENARIO.paths[0]
QUIETLY = next(one for one in SCENARIO.assumptions if not one.waits_for_irq)
PARAMS = (
    "struct address_space *mapping, struct folio *newfolio, struct folio *folio, "
    "pte_t *ptep, spinlock_t *ptl"
)
FREEZE = """\
	XA_STATE(xas, &mapping->i_pages, 0);

	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, 2)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_unfreeze(folio, 2);
	xas_unlock_irq(&xas);
	return 0;
"""
TWO_LOOKS = """\
	pte_t pte = ptep_get(ptep);

	if (!pte_present(pte))
		return 0;
	if (!folio_try_get(pte_page(pte)))
		return 1;
	if (pte != ptep_get(ptep)) {
		folio_put(pte_page(pte));
		return 2;
	}
	folio_put(pte_page(pte));
	return 3;
"""
CLAIM = """\
	if (!folio_ref_freeze(folio, 7))
		return -EAGAIN;
	return 0;
"""
CHANGED_MEANWHILE = """\
	XA_STATE(xas, &mapping->i_pages, 0);
	struct folio *first, *second;

	xas_lock_irq(&xas);
	first = xas_load(&xas);
	xas_store(&xas, NULL);
	second = xas_load(&xas);
	xas_store(&xas, folio);
	xas_unlock_irq(&xas);
	if (first != second)
		return 1;
	return 0;
"""


def lifted(body: str, *changes: Mutation, helper: str = "") -> Program:
    graph = function(f"int moved({PARAMS})\n{{\n{body}}}\n", "moved")
    callee = function(helper, "helper") if helper else None
    subject = Subject(graph, "m.c", {}, lambda name: callee if name == "helper" else None)
    return lift_subject(SCENARIO, MAPPED, subject, FACTS, changes)


def changed(call: str, how: str, nth: int = -1) -> Mutation:
    return Mutation(call, how, nth)


def steps(program: Program) -> list[str]:
    """The steps others can tell, in the order of the program."""
    told = []
    for step in program.steps:
        match step:
            case Access():
                told.append(f"{step.op} {step.family}")
            case Acquire():
                told.append(f"lock {step.lock}")
            case Release():
                told.append(f"unlock {step.lock}")
            case Context():
                told.append(f"{step.context} {'on' if step.on else 'off'}")
    return sorted(told)


def ends(program: Program) -> set[str]:
    """What the function returns alone with its caller."""
    found = assemble(SCENARIO, MAPPED, QUIETLY, program, (), FACTS)
    outcomes = explore(found, checks_of(SCENARIO, found)).outcomes
    return {end[-1].removeprefix("moved() returns ") for end in outcomes}


LOCKED = ["irqs-off off", "irqs-off off", "irqs-off on"]
LOCKS = ["lock i_pages", "store count", "unlock i_pages", "unlock i_pages"]


def test_the_function_as_it_is() -> None:
    assert steps(lifted(FREEZE)) == ["cas count", *LOCKED, *LOCKS]
    assert steps(lifted(TWO_LOOKS)) == [
        "add count",
        "add count",
        "add-unless count",
        "load pte",
        "load pte",
    ]


# A step that is not made --------------------------------------------------------------


def test_skipped_it_succeeds() -> None:
    """The way behind a failure is none any more."""
    assert ends(lifted(CLAIM)) == {"-EAGAIN"}
    program = lifted(CLAIM, changed("folio_ref_freeze", "skip"))
    assert steps(program) == [] and ends(program) == {"0"}


def test_skipped_a_load_finds_anything() -> None:
    program = lifted(TWO_LOOKS, changed("ptep_get", "skip", nth=0))
    assert steps(program).count("load pte") == 1
    assert "0" in ends(program)


def test_a_lock_cannot_be_skipped() -> None:
    """Only steps can; for locks there is ``gone``."""
    with pytest.raises(ActorError, match=r"no call of xas_lock_irq\(\) to skip"):
        lifted(FREEZE, changed("xas_lock_irq", "skip"))


def test_a_lock_that_is_gone() -> None:
    program = lifted(FREEZE, changed("xas_lock_irq", "gone"), changed("xas_unlock_irq", "gone"))
    assert steps(program) == ["cas count", "store count"]
    assert ends(program) == ends(lifted(FREEZE))


def test_a_trylock_that_is_gone_succeeds() -> None:
    body = "\tif (!folio_trylock(newfolio))\n\t\treturn -EBUSY;\n\treturn 0;\n"
    tries = body.replace("newfolio", "folio")
    assert "lock folio_lock" in steps(lifted(tries))
    program = lifted(tries, changed("folio_trylock", "gone"))
    assert steps(program) == [] and ends(program) == {"0"}


def test_a_step_that_is_gone() -> None:
    program = lifted(FREEZE, changed("folio_ref_unfreeze", "gone"))
    assert steps(program) == ["cas count", *LOCKED, *[one for one in LOCKS if "store" not in one]]


# A step whose result is another ---------------------------------------------------------


def test_a_second_look_that_is_left_out() -> None:
    """It gives what the first one gave, so the two never differ."""
    assert ends(lifted(CHANGED_MEANWHILE)) == {"1"}
    program = lifted(CHANGED_MEANWHILE, changed("xas_load", "again", nth=1))
    assert steps(program).count("load slot") == 1
    assert ends(program) == {"0"}


def test_there_is_no_look_before_the_first() -> None:
    with pytest.raises(ActorError, match=r"no call of ptep_get\(\) to again"):
        lifted(TWO_LOOKS, changed("ptep_get", "again", nth=0))


def test_a_plain_read_is_named_as_written() -> None:
    body = "\tpte_t pte = *ptep;\n\n\tif (pte != *ptep)\n\t\treturn 1;\n\treturn 0;\n"
    program = lifted(body, changed("*ptep", "again", nth=1))
    assert steps(program) == ["load pte"] and ends(program) == {"0"}


def test_a_failure_that_is_ignored() -> None:
    """The step is made as ever; the way behind a failure is none any more."""
    program = lifted(CLAIM, changed("folio_ref_freeze", "ignore"))
    assert steps(program) == ["cas count"] and ends(program) == {"0"}


def test_what_cannot_fail_cannot_be_ignored() -> None:
    with pytest.raises(ActorError, match=r"no call of folio_put\(\) to ignore"):
        lifted(TWO_LOOKS, changed("folio_put", "ignore"))


def test_a_get_that_is_plain() -> None:
    program = lifted(TWO_LOOKS, changed("folio_try_get", "plain"))
    assert "add-unless count" not in steps(program)
    assert steps(program).count("add count") == 3
    assert "1" not in ends(program)


def test_a_freeze_that_is_plain() -> None:
    """Still a freeze, of whatever the count is."""
    body = FREEZE.replace("(folio, 2)) {", "(folio, 7)) {").replace("(folio, 2);", "(folio, 7);")
    assert ends(lifted(body)) == {"-EAGAIN"}
    program = lifted(body, changed("folio_ref_freeze", "plain"))
    assert "swap count" in steps(program)
    found = assemble(SCENARIO, MAPPED, QUIETLY, program, ("gup_fast",), FACTS)
    assert "freeze-exclusive" in explore(found, checks_of(SCENARIO, found)).broken


# Which calls are meant --------------------------------------------------------------------


def test_all_of_them() -> None:
    program = lifted(TWO_LOOKS, changed("folio_put", "skip"))
    assert "add count" not in steps(program)


@pytest.mark.parametrize("nth", [0, 1])
def test_one_of_them(nth: int) -> None:
    """They are numbered as they stand in the source."""
    program = lifted(TWO_LOOKS, changed("folio_put", "skip", nth))
    (left,) = (
        step.origin.line for step in program.steps if isinstance(step, Access) and step.op == "add"
    )
    before = {
        step.origin.line
        for step in lifted(TWO_LOOKS).steps
        if isinstance(step, Access) and step.op == "add"
    }
    assert left == sorted(before)[1 - nth]


@pytest.mark.parametrize("call", ["folio_ref", "folio_get", "ref_freeze", "folio_ref_freeze("])
def test_a_call_of_another_name(call: str) -> None:
    with pytest.raises(ActorError, match="moved.*: no call of"):
        lifted(FREEZE, changed(call, "skip"))


def test_a_call_that_does_not_occur_so_often() -> None:
    with pytest.raises(ActorError, match=r"no call of folio_put\(\) to skip"):
        lifted(TWO_LOOKS, changed("folio_put", "skip", 2))


def test_a_call_in_a_helper() -> None:
    """It counts where the helper is put in the place of its call."""
    helper = "void helper(struct folio *folio)\n{\n\tfolio_put(folio);\n}\n"
    body = "\thelper(folio);\n\tfolio_put(folio);\n\treturn 0;\n"
    assert steps(lifted(body, helper=helper)) == ["add count", "add count"]
    program = lifted(body, changed("folio_put", "skip"), helper=helper)
    assert steps(program) == []


def test_a_change_nobody_knows() -> None:
    known = "again, gone, ignore, plain, skip"
    with pytest.raises(ActorError, match=f"how = 'twice' is none of {known}"):
        lifted(FREEZE, changed("folio_ref_freeze", "twice"))
