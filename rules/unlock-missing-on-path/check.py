# SPDX-License-Identifier: GPL-2.0-only
"""A way out of a function leaves a lock held that the function took."""

from collections.abc import Iterator

from reviewer.checker.balance import faults
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock that is left held."""
    for one in faults(change, patch):
        if one.left:
            yield finding(
                rule,
                change,
                line=one.line,
                message=f"{one.lock} is still held on the way out in line {one.out}",
                reason=f"{one.reason} before the patch no such way left it held",
                cause=f"balance {one.lock}",
                question=f"What drops {one.lock} where the function leaves in line {one.out}?",
            )
