# SPDX-License-Identifier: GPL-2.0-only
"""A call lost a lock that its function asserts, or the assertion is gone."""

from collections.abc import Iterator

from reviewer.checker.assertions import denied, unasserted
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock; an assertion alone is a note."""
    if not change.locks_known:
        return
    for one in denied(change):
        yield finding(
            rule,
            change,
            line=one.line,
            message=f"{one.text} is called without {one.lock}, which it asserts",
            reason=f"{one.callee}() asserts {one.lock} in line {one.asserted}",
            cause=f"lock {one.lock}",
            question=f"Who holds {one.lock} where {one.text} is called?",
        )
    told = set()
    for gone in unasserted(change, patch):
        if gone.text in told:
            continue
        told.add(gone.text)
        also = f", and {gone.dropped}() does not take it any more" if gone.dropped else ""
        yield finding(
            rule,
            change,
            line=gone.line,
            severity=rule.severity if gone.dropped else "note",
            message=f"{gone.lock} is not asserted any more{also}",
            reason=f"{gone.text} is gone, and what relied on {gone.lock} is still there{also}",
            cause=f"assertion {gone.lock}",
            question=f"Does {change.name}() no longer need {gone.lock}?",
        )
