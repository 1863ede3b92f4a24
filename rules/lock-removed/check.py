# SPDX-License-Identifier: GPL-2.0-only
"""Code stays and the lock around it is gone."""

from collections.abc import Iterator

from reviewer.checker.lock_scope import lock_removed
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock that the function takes no more."""
    yield from lock_removed(rule, change, patch)
