# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts or bottom halves stay on where a lock is taken, or a call made."""

from collections.abc import Iterator

from reviewer.checker.interrupts import SAID, uncovered, weakened
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock, and for each context that is gone."""
    told = set()
    for one in weakened(change):
        off = SAID[one.context]
        if one.lock not in told:
            told.add(one.lock)
            yield finding(
                rule,
                change,
                line=one.line,
                message=f"{one.text} takes {one.lock} with {off} on",
                reason=f"it was {one.before}, and {one.witness}() takes such a lock with {off} off "
                f"in line {one.where}",
                cause=f"context {one.lock}",
                question=f"Is {one.lock} never taken where {off} run?",
            )
    for left in uncovered(change):
        off = SAID[left.context]
        yield finding(
            rule,
            change,
            line=left.line,
            message=f"{left.text} is made with {off} on now",
            reason=f"{off} were turned off around it before the patch",
            cause=f"context {left.context}",
            question=f"What keeps {off} away from {left.text}?",
        )
