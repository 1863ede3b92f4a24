# SPDX-License-Identifier: GPL-2.0-only
"""An object that is used behind the drop of its reference."""

from collections.abc import Iterator

from reviewer.checker.afterwards import left_stale, used_late
from reviewer.checker.records import Finding
from reviewer.checker.references import References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Uses that came behind an end, and pointers that are no longer cleared there."""
    found = References(change, patch)
    for one in used_late(found):
        about = one.end.object
        yield finding(
            rule,
            change,
            line=one.line,
            message=f"{about} is used after {one.end.text}",
            reason=f"{one.end.text} in line {one.end.line} comes first on a way here "
            f"(line {one.line}), which it did not before, and no other reference is seen",
            cause=f"reference {about}",
            question=f"What keeps {about} from being freed before line {one.line}?",
        )
    for stale in left_stale(found):
        about = stale.end.object
        yield finding(
            rule,
            change,
            line=stale.line,
            message=f"{about} is no longer cleared after {stale.end.text}",
            reason=f"it was set to NULL behind line {stale.end.line}; whoever finds the pointer "
            "there now may use or drop the object again",
            cause=f"reference {about}",
            question=f"Who may still look at {about} behind line {stale.end.line}?",
        )
