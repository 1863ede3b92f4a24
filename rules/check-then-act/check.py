# SPDX-License-Identifier: GPL-2.0-only
"""What a check found may have changed by the time it is acted upon."""

from collections.abc import Iterator

from reviewer.checker.lock_scope import check_then_act
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock that is taken after the check now."""
    yield from check_then_act(rule, change, patch)
