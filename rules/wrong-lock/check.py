# SPDX-License-Identifier: GPL-2.0-only
"""Two locks exclude each other's holders only when they are the same."""

from collections.abc import Iterator

from reviewer.checker.other_lock import wrong_lock
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock that another one replaced, with who still takes it."""
    yield from wrong_lock(rule, change, patch)
