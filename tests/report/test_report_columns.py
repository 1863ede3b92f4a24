# SPDX-License-Identifier: GPL-2.0-only
"""The columns of a schedule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import WITNESS

from reviewer.report.columns import interleaving
from reviewer.verdict.records import WitnessStep

LONG = "slot_compare_and_exchange(shelf, index, box, replacement) == box"


def step(cpu: int, text: str, effect: str = "", actor: str = "f") -> WitnessStep:
    return WitnessStep(cpu, actor, text, effect, "lib/box.c", 1)


def test_two_cpus() -> None:
    assert interleaving(WITNESS, 72) == [
        "CPU 0: find_box()             CPU 1: box_move()",
        "--------------------------    -----------------------",
        "                              box_users() == expected",
        "box_try_get()  [users + 1]",
        "                              slots_lock_irq()",
        "                              box_freeze() fails",
    ]


def test_three_cpus_in_order_of_number() -> None:
    witness = [step(2, "c", actor="h"), step(0, "a"), step(1, "b", actor="g")]
    assert interleaving(witness, 72) == [
        "CPU 0: f()  CPU 1: g()  CPU 2: h()",
        "----------  ----------  ----------",
        "                        c",
        "a",
        "            b",
    ]


def test_long_steps_stay_in_their_column() -> None:
    lines = interleaving([step(0, "short"), step(1, LONG, "count + 1", "g")], 50)
    assert lines == [
        "CPU 0: f()    CPU 1: g()",
        "----------    ------------------------------------",
        "short",
        "              slot_compare_and_exchange(shelf,",
        "                index, box, replacement) == box",
        "                [count + 1]",
    ]


def test_an_effect_is_moved_whole() -> None:
    lines = interleaving([step(0, "x" * 20, "count + 1"), step(1, "y" * 30)], 50)
    assert "  [count + 1]" in lines


def test_three_long_columns_share_the_width() -> None:
    lines = interleaving([step(cpu, LONG) for cpu in range(3)], 72)
    assert lines[1] == "  ".join(["-" * 22] * 3)


def test_too_narrow_for_columns() -> None:
    witness = [step(cpu, "a" * 60, "users + 1" if cpu == 2 else "") for cpu in range(4)]
    lines = interleaving(witness, 72)
    assert lines[0] == "CPU 0  f(): " + "a" * 60
    assert lines[2:4] == ["CPU 2  f(): " + "a" * 60, "         [users + 1]"]
    assert interleaving([step(2, "b", "e")] + [step(i, "a") for i in range(2)], 40)[0] == (
        "CPU 2  f(): b [e]"
    )


def test_actor_with_arguments_and_without_name() -> None:
    assert interleaving([step(0, "a", actor="f(1)")], 72)[0] == "CPU 0: f(1)"
    assert interleaving([step(0, "a", actor="")], 72)[0] == "CPU 0"


def test_no_witness() -> None:
    assert interleaving([], 72) == []


@given(
    st.lists(
        st.builds(step, st.integers(0, 4), st.text(max_size=90), st.text(max_size=90), st.text())
    ),
    st.integers(30, 90),
)
def test_width_is_kept(witness: list[WitnessStep], width: int) -> None:
    for line in interleaving(witness, width):
        assert len(line) <= width
        assert line == line.rstrip() and line.isprintable()


@pytest.mark.parametrize("width", [46, 72])
def test_every_step_is_shown(width: int) -> None:
    witness = [replace(one, step=f"step{i}()") for i, one in enumerate(WITNESS * 3)]
    text = "\n".join(interleaving(witness, width))
    assert all(f"step{i}()" in text for i in range(len(witness)))
