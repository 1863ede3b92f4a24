# SPDX-License-Identifier: GPL-2.0-only
"""A call stays, and the lock it was made under is taken later or dropped earlier."""

from collections.abc import Iterator

from reviewer.checker.lock_scope import call_moved
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock whose scope shrank over calls."""
    yield from call_moved(rule, change, patch)
