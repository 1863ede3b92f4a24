# SPDX-License-Identifier: GPL-2.0-only
"""Locks whose names come to mean something else while they are held."""

import pytest
from locks_samples import mays, musts

PARAMS = "struct thing *t, struct thing *u, struct thing *q"


@pytest.mark.parametrize("move", ["q = u;", "for_each_thing(q) at_round();"])
def test_dropped_by_the_name_it_had(move: str) -> None:
    """The lock of the old `q` is not what the second call drops."""
    text = f"spin_lock(&q->a); {move} spin_unlock(&q->a); at_end();"
    assert mays(text, PARAMS)["end"] == {"q->a"}
    assert musts(text, PARAMS)["end"] == set()


def test_a_pointer_that_moves_between_sections_loses_nothing() -> None:
    section = "spin_lock(&q->a); spin_unlock(&q->a);"
    text = f"{section} q = u; {section} at_end();"
    assert mays(text, PARAMS)["end"] == set()


@pytest.mark.parametrize("write", ["q->peer = u;", "t->peer = u;"])
def test_a_member_is_written_through_another_pointer(write: str) -> None:
    """`q` may be `t`: then `t->peer->a` means another lock."""
    text = f"spin_lock(&t->peer->a); spin_lock(&t->a); {write} at_end();"
    assert musts(text, PARAMS)["end"] == {"t->a"}


def test_another_member_is_written() -> None:
    text = "spin_lock(&t->peer->a); q->other = u; at_end();"
    assert musts(text, PARAMS)["end"] == {"t->peer->a"}
