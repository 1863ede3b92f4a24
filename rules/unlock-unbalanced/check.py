# SPDX-License-Identifier: GPL-2.0-only
"""A lock is dropped that is not held, taken that is, or dropped on another condition."""

from collections.abc import Iterator

from reviewer.checker.asked import asked_again
from reviewer.checker.balance import faults
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock."""
    for one in faults(change, patch):
        if not one.left:
            yield finding(
                rule,
                change,
                line=one.line,
                message=f"{one.lock} may be {one.kind} on the way to line {one.out}",
                reason=f"{one.reason} no way did so before the patch",
                cause=f"balance {one.lock}",
                question=f"Is {one.lock} held where it is dropped on the way to line {one.out}?",
            )
    for again in asked_again(change):
        yield finding(
            rule,
            change,
            line=again.line,
            message=f"{again.lock} is left where {again.now} is true now, not where it was entered",
            reason=f"{again.noted} said whether it was entered; {again.now} may say something else "
            "by now",
            cause=f"balance {again.lock}",
            question=f"Can {again.now} change between the two?",
        )
