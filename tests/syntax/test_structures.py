# SPDX-License-Identifier: GPL-2.0-only
"""Structures and variables are read without a preprocessor."""

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.segments import outline
from reviewer.syntax.structures import Declared, declared_in


def told(text: str) -> Declared:
    """What stands outside the functions of a text."""
    vocabulary = load_vocabulary()
    return declared_in(outline(text.encode(), vocabulary), vocabulary)


def members(text: str, name: str) -> dict[str, str]:
    """The members of one structure."""
    return dict(next(one.members for one in told(text).structures if one.name == name))


def test_members_have_the_name_of_their_structure() -> None:
    found = members("struct a {\n\tstruct b *one, two[3];\n\tunsigned long flags;\n};\n", "a")
    assert found == {"one": "*b", "two": "b", "flags": "long"}


def test_anonymous_inner_structures_are_dissolved() -> None:
    text = "struct a {\n\tunion {\n\t\tstruct { int x; };\n\t\tlong y;\n\t};\n\tint z;\n};\n"
    assert list(members(text, "a")) == ["x", "y", "z"]


def test_named_inner_structures_have_a_name_of_their_own() -> None:
    text = "struct a {\n\tstruct { int x; } in;\n\tstruct c { int y; } also;\n};\n"
    assert members(text, "a") == {"in": "a.in", "also": "c"}
    assert members(text, "a.in") == {"x": "int"}
    assert members(text, "c") == {"y": "int"}


def test_attributes_are_no_members() -> None:
    text = (
        "struct a {\n\tstruct {\n\t\tint x;\n\t} ____cacheline_aligned_in_smp;\n"
        "\tspinlock_t lock ____cacheline_aligned;\n} __randomize_layout;\n"
    )
    assert members(text, "a") == {"x": "int", "lock": "spinlock_t"}


def test_bit_fields_function_pointers_and_groups() -> None:
    text = (
        "struct a {\n\tu8 b:1, c:2;\n\tint (*call)(struct a *);\n"
        "\tstruct_group(group, int d; int e;);\n\tDECLARE_BITMAP(bits, 8);\n};\n"
    )
    assert set(members(text, "a")) == {"b", "c", "call", "d", "e", "bits"}


def test_typedefs_name_structures() -> None:
    found = told("typedef struct pglist { int x; } pg_t;\ntypedef struct { int y; } q_t;\n")
    assert [one.name for one in found.structures] == ["pglist", "q_t"]


def test_variables_stand_outside_of_functions() -> None:
    text = (
        "static struct a one;\nstruct b *two = NULL;\nstatic DEFINE_SPINLOCK(lock);\n"
        "extern struct c three;\nstruct forward;\nint f(void)\n{\n\tstruct d four;\n}\n"
        "DEFINE_PER_CPU(struct e, five);\n"
    )
    found = dict(told(text).variables)
    assert found["one"] == "a"
    assert found["two"] == "b"
    assert found["lock"] == "DEFINE_SPINLOCK"
    assert found["five"] == "e"
    assert "four" not in found
    assert "forward" not in found
