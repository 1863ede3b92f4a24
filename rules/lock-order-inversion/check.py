# SPDX-License-Identifier: GPL-2.0-only
"""A lock is taken inside another that is elsewhere taken inside it."""

from collections.abc import Iterator

from reviewer.checker.order import inversions
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each pair of locks."""
    for one in inversions(change):
        edge, other = one.added, one.other
        inside = f" by {edge.through}()" if edge.through else ""
        yield finding(
            rule,
            change,
            line=edge.line,
            message=f"{edge.taken} is taken{inside} under {edge.held}: "
            "elsewhere it is the outer one",
            reason=f"{one.where}() takes {other.taken} under {other.held} in line {other.line}",
            cause=f"order {edge.held} {edge.taken}",
            question=f"Which of {edge.held} and {edge.taken} is taken first?",
        )
