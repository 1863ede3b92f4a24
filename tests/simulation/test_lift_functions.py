# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a function: its steps, its ends, and what it is said to leave out."""

import pytest
from modelling import FACTS, function, scenario

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import own
from reviewer.simulation.model import Goal
from reviewer.simulation.steps import LOOP_ROUNDS, Access, Program, const

SCENARIO = scenario("folio_refcount")
MAPPED, UNMAPPED = SCENARIO.paths
QUIETLY = next(one for one in SCENARIO.assumptions if not one.waits_for_irq)
PARAMS = (
    "struct address_space *mapping, struct folio *newfolio, struct folio *folio, "
    "int expected_count, int extra_count"
)


def lifted(body: str, unmapped: bool = False) -> Program:
    """A function with this body on one path of the scenario."""
    graph = function(f"int moved({PARAMS})\n{{\n{body}\n}}\n", "moved")
    return lift_subject(
        SCENARIO, UNMAPPED if unmapped else MAPPED, Subject(graph, "m.c", {}), FACTS
    )


def explored(body: str, unmapped: bool = False) -> Exploration:
    """The function alone with its caller."""
    path = UNMAPPED if unmapped else MAPPED
    found = assemble(SCENARIO, path, QUIETLY, lifted(body, unmapped), (), FACTS)
    return explore(found, checks_of(SCENARIO, found))


def ends(body: str, unmapped: bool = False) -> set[str]:
    return {end[-1].removeprefix("moved() returns ") for end in explored(body, unmapped).outcomes}


def accesses(program: Program) -> list[tuple[str, str]]:
    return [(step.op, step.family) for step in program.steps if isinstance(step, Access)]


def references(body: str) -> int:
    """The most references that a run takes behind the one it begins with."""
    found = assemble(SCENARIO, MAPPED, QUIETLY, lifted(body), (), FACTS)
    held = ("field", own(0, "held", 1))

    def has(number: int) -> Goal:
        wanted = ("op", "==", held, const(1 + number))
        return Goal(str(number), lambda cpu, step: wanted if isinstance(step, Access) else None)

    reached = explore(found, (), [has(number) for number in range(8)]).goals
    return max(int(name) for name in reached)


# Calls ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument", ["folio", "newfolio", "(void *)folio", "&folio", "mapping", "&mapping->i_pages"]
)
def test_a_strange_call_given_an_object_is_listed(argument: str) -> None:
    program = lifted(f"strange({argument});\nreturn 0;")
    assert (program.unmodelled, program.ignored) == (("strange()",), ())


@pytest.mark.parametrize(
    "argument", ["&folio->page", "folio_page(folio, 0)", "&folio->_refcount", "folio->mapping"]
)
def test_a_strange_call_given_a_part_of_an_object_is_listed(argument: str) -> None:
    assert lifted(f"strange({argument});\nreturn 0;").unmodelled == ("strange()",)


def test_a_strange_call_given_nothing_of_the_scenario_is_listed_apart() -> None:
    program = lifted("strange(extra_count);\nreturn 0;")
    assert (program.unmodelled, program.ignored) == ((), ("strange()",))


def test_a_call_through_a_pointer_is_listed() -> None:
    (listed,) = lifted("mapping->a_ops->moved(folio);\nreturn 0;").unmodelled
    assert "mapping->a_ops->moved" in listed


def test_assembler_is_listed() -> None:
    assert lifted('asm volatile("" : : "r"(folio));\nreturn 0;').unmodelled


def test_a_lock_of_others_is_said_not_to_be_there() -> None:
    assert lifted("spin_lock(&mapping->strange_lock);\nreturn 0;").unbound == (
        "mapping->strange_lock",
    )


def test_an_inert_call_leaves_nothing_behind() -> None:
    program = lifted("folio_test_dirty(folio);\nfolio_clear_dirty(folio);\nreturn 0;")
    assert accesses(program) == [] and program.unmodelled == program.ignored == ()


# Loops and branches -----------------------------------------------------------


def test_a_loop_nobody_knows_the_end_of_is_bounded() -> None:
    loop = "while (extra_count--)\n\tfolio_get(folio);\nreturn 0;"
    assert explored(loop).complete
    assert references(loop) == LOOP_ROUNDS


def test_a_loop_with_a_known_end_goes_to_it() -> None:
    loop = "int i;\n\nfor (i = 0; i < 4; i++)\n\tfolio_get(folio);\nreturn 0;"
    assert references(loop) == 4


def test_a_loop_that_is_left_from_within() -> None:
    loop = "int i;\n\nfor (i = 0; ; i++)\n\tif (i == 3)\n\t\treturn i;\n"
    assert ends(loop) == {"i"}


SWITCH = """\
switch ({0}) {{
case 0:
	return -EBUSY;
case 1:
case 2:
	return -EAGAIN;
default:
	break;
}}
return 0;
"""


@pytest.mark.parametrize(
    ("value", "end"), [("0", "-EBUSY"), ("1", "-EAGAIN"), ("2", "-EAGAIN"), ("3", "0")]
)
def test_a_switch(value: str, end: str) -> None:
    assert ends(SWITCH.format(value)) == {end}


def test_a_switch_on_something_unknown_goes_every_way() -> None:
    assert ends(SWITCH.format("extra_count")) == {"-EBUSY", "-EAGAIN", "0"}


def test_a_switch_that_falls_through() -> None:
    body = "int n = 0;\n\nswitch (1) {\ncase 1:\n\tn++;\ncase 2:\n\tn++;\n}\n"
    assert ends(body + "return n == 2 ? -EBUSY : 0;") <= {"-EBUSY", "n == 2 ? -EBUSY : 0", "%1"}
    assert ends(body + "if (n == 2)\n\treturn -EBUSY;\nreturn 0;") == {"-EBUSY"}


NUMBERS = [
    ("n += 2;", 3),
    ("n -= 1;", 0),
    ("n *= 3;", 3),
    ("n |= 2;", 3),
    ("n &= 2;", 0),
    ("n <<= 2;", 4),
    ("n++;", 2),
    ("--n;", 0),
    ("n = n ? 5 : 6;", 5),
    ("n = !n ? 5 : 6;", 6),
    ("n = n > 0 && n < 2;", 1),
    ("n = (n, 7);", 7),
    ("n = n == 1 ? n + 1 : n;", 2),
    ("n ^= 3;", 2),
    ("n = 7 % 4;", 3),
    ("n = 6 / 2;", 3),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_what_is_computed(text: str, number: int) -> None:
    body = f"int n = 1;\n\n{text}\nif (n == {number})\n\treturn 0;\nreturn -EAGAIN;"
    assert ends(body) == {"0"}


@pytest.mark.parametrize("condition", ["extra_count", "extra_count != 0"])
def test_a_choice_is_made_once_in_a_run(condition: str) -> None:
    """What lies outside the scenario is the same whenever it is asked for."""
    body = f"if (!extra_count)\n\treturn -EAGAIN;\nif ({condition})\n\treturn 0;\nreturn -EBUSY;"
    assert ends(body) == {"-EAGAIN", "0"}


def test_two_choices_are_two() -> None:
    dirty = "if (folio_test_dirty(folio))\n\treturn -EBUSY;\nreturn 0;"
    assert ends(f"if (extra_count)\n\treturn -EAGAIN;\n{dirty}") == {"-EAGAIN", "-EBUSY", "0"}


def test_the_path_decides_what_it_is_about() -> None:
    body = "if (!mapping)\n\treturn -EBUSY;\nreturn 0;"
    assert ends(body) == {"0"}
    assert ends(body, unmapped=True) == {"-EBUSY"}


# Counts -----------------------------------------------------------------------

CHECKED = "if (folio_ref_count(folio) != {0})\n\treturn -EAGAIN;\nreturn 0;"


@pytest.mark.parametrize("unmapped", [False, True])
def test_what_a_count_is_compared_with_is_what_it_ought_to_be(unmapped: bool) -> None:
    """By whichever sum the function works it out."""
    for text in ("expected_count", "expected_count + 1", "extra_count + expected_count"):
        assert ends(CHECKED.format(text), unmapped) == {"0"}


def test_that_is_said() -> None:
    told = lifted(CHECKED.format("expected_count + 1 - extra_count")).assumptions
    assert len(told) == 1
    assert "expected_count" in told[0] and "extra_count" in told[0]


def test_a_plain_number_needs_no_assumption() -> None:
    assert lifted(CHECKED.format("2")).assumptions == ()
    assert ends(CHECKED.format("2")) == {"0"}
    assert ends(CHECKED.format("3")) == {"-EAGAIN"}


def test_the_steps_of_a_freeze() -> None:
    program = lifted(
        "if (!folio_ref_freeze(folio, expected_count))\n\treturn -EAGAIN;\n"
        "folio_ref_unfreeze(folio, expected_count);\nreturn 0;"
    )
    assert accesses(program) == [("cas", "count"), ("store", "count")]


@pytest.mark.parametrize(
    "call",
    [
        "folio_ref_add(folio, extra_count);",
        "folio_ref_sub(folio, extra_count);",
        "folio_put_refs(folio, extra_count);",
        "folio_ref_unfreeze(folio, newfolio->index);",
    ],
)
def test_an_unknown_change_of_a_count_is_told(call: str) -> None:
    assert "unknown-number" in explored(f"{call}\nreturn 0;").broken


def test_an_unknown_change_that_is_not_made_is_not_told() -> None:
    body = "if (!mapping)\n\tfolio_ref_add(folio, extra_count);\nreturn 0;"
    assert not explored(body).broken
    assert "unknown-number" in explored(body, unmapped=True).broken


def test_a_freeze_of_an_unknown_count_is_told() -> None:
    """It is neither taken to succeed nor to fail."""
    body = """\
int want = 0;

if (extra_count)
	want = newfolio->index;
if (!folio_ref_freeze(folio, want))
	return -EAGAIN;
folio_ref_unfreeze(folio, want);
return 0;
"""
    result = explored(body)
    assert set(result.broken) == {"unknown-number"}
    assert {end[-1].removeprefix("moved() returns ") for end in result.outcomes} == {"-EAGAIN"}
