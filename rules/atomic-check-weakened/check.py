# SPDX-License-Identifier: GPL-2.0-only
"""An atomic test that became a read and a later write."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.references import References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.weakened import ATOMIC, weakened


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Every atomic test that is gone for a read and a write."""
    if not any(one.kind in ATOMIC for one in change.operations.removed):
        return
    for one in weakened(References(change, patch)):
        about = one.was.object
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.was.line,
            message=f"{about} is tested and acted upon in two steps now",
            reason=f"{one.was.text} did both at once; now {one.read} looks in line {one.line}, and "
            f"{one.write} in line {one.later} acts on what may have changed, with no lock held",
            cause=f"atomic {about}",
            question=f"What keeps {about} from changing between lines {one.line} and {one.later}?",
        )
