# SPDX-License-Identifier: GPL-2.0-only
"""A way out of a function leaves a lock held that the function took."""

from collections.abc import Iterator

from reviewer.checker.balance import faults
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule

CONTEXT = 3
"""A way out so few lines behind the change stands in its hunk: it is told there."""


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each lock that is left held."""
    for one in faults(change, patch):
        if one.left:
            near = 0 <= one.out - one.line <= CONTEXT
            way = "this way out" if near else f"the way out in line {one.out}"
            yield finding(
                rule,
                change,
                line=one.out if near else one.line,
                message=f"{one.lock} is still held on {way}",
                reason=f"{one.reason} before the patch no such way out left it held",
                cause=f"balance {one.lock}",
                question=f"What drops {one.lock} where {change.name}() returns in line {one.out}?",
            )
