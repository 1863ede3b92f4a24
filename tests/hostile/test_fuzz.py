# SPDX-License-Identifier: GPL-2.0-only
"""Functions broken at random: never an exception, never a contradiction."""

import os
from random import Random

from hostile_mutations import mutated, pair
from hostile_properties import check_reader, check_review
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# About a minute together where a build pays for it, and ten seconds by hand.
_MANY = 12 if os.environ.get("CI") else 2
_SLOW = [HealthCheck.too_slow]


@settings(max_examples=100 * _MANY, deadline=None, suppress_health_check=_SLOW)
@given(st.integers(0, 2**32))
def test_any_function_is_read_and_followed(seed: int) -> None:
    check_reader(mutated(Random(seed)))


@settings(max_examples=50 * _MANY, deadline=None, suppress_health_check=_SLOW)
@given(st.integers(0, 2**32))
def test_any_change_is_reviewed(seed: int) -> None:
    check_review(*pair(Random(seed)))


@settings(max_examples=50 * _MANY, deadline=None, suppress_health_check=_SLOW)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_file(data: bytes) -> None:
    check_reader(b"int f(int a)\n{\n" + data + b"\n}\n")
