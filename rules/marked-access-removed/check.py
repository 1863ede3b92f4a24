# SPDX-License-Identifier: GPL-2.0-only
"""Marked accesses that became plain while the other side stays lockless."""

from collections.abc import Iterator

from reviewer.checker.marked import unmarked
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each function: the first access speaks for the others."""
    found = list(unmarked(change, patch))
    for one in found[:1]:
        others = dict.fromkeys(other.old.text for other in found[1:])
        more = f"; the same goes for {', '.join(others)}" if others else ""
        text = rule.message.replace("{access}", one.now.text).replace("{before}", one.old.text)
        yield finding(
            rule,
            change,
            line=one.now.line,
            before_line=one.old.line,
            message=text,
            reason=f"{one.witness}{more}",
            cause=f"marked {one.old.object}",
            access=one.now.text,
            decides=one.now.decides,
            question=f"What keeps the compiler from tearing or repeating the access to "
            f"{one.old.object}, which others touch at the same time?",
        )
