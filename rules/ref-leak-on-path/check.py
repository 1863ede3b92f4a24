# SPDX-License-Identifier: GPL-2.0-only
"""A reference that a way through a function no longer drops."""

from collections.abc import Iterator

from reviewer.checker.jumps import jumped
from reviewer.checker.leaks import leaked, undropped
from reviewer.checker.records import Finding
from reviewer.checker.references import DROPS, TAKES, References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """What was dropped before, and is not now, though the way goes on as it did."""
    found = References(change, patch)
    told = set()
    for one in undropped(found, DROPS, TAKES):
        put = one.what
        told.add(put.object)
        stays = f"; {one.why}" if one.why else ""
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=put.line,
            message=f"the reference on {put.object} is not dropped any more here",
            reason=f"{put.text} is gone, and the way through line {one.line} is still there{stays}",
            cause=f"reference {put.object}",
            question=f"What drops the reference on {put.object} on this way?",
        )
    for leak in leaked(found, DROPS, TAKES):
        if leak.object in told:
            continue
        told.add(leak.object)
        yield finding(
            rule,
            change,
            line=leak.line,
            message=f"the reference on {leak.object} is not dropped on this way out",
            reason=f"it is taken in line {leak.taken}, and dropped on the other ways out",
            cause=f"reference {leak.object}",
            question=f"What drops the reference on {leak.object} on this way out?",
        )
    for jump in jumped(found, DROPS, TAKES):
        about = jump.drop.object
        if about in told:
            continue
        yield finding(
            rule,
            change,
            line=jump.line,
            message=f"this way gets past the drop of the reference on {about}",
            reason=f"every way from here came to {jump.drop.text} in line {jump.drop.line} before",
            cause=f"reference {about}",
            question=f"What drops the reference on {about} on this way?",
        )
