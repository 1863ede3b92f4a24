# SPDX-License-Identifier: GPL-2.0-only
"""What everybody reaches under a lock, a new access reaches without."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.untaken import lock_not_taken


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each place and the lock that the others hold."""
    yield from lock_not_taken(rule, change, patch)
