# SPDX-License-Identifier: GPL-2.0-only
"""A take of a reference that could fail, and cannot now."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.references import References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.tries import untried


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Every conditional take that lost its condition."""
    for one in untried(References(change, patch)):
        about = one.now.object
        yield finding(
            rule,
            change,
            line=one.now.line,
            before_line=one.tried.line,
            message=f"the reference on {about} is taken even where its count may be zero",
            reason=f"{one.tried.text} could fail; "
            + (
                f"what {one.now.text} says is not looked at any more"
                if one.now.kind == "try-get"
                else f"{one.now.text} cannot"
            ),
            cause=f"reference {about}",
            question=f"What keeps the count of {about} above zero here?",
        )
