# SPDX-License-Identifier: GPL-2.0-only
"""Work, timers and callbacks that may run after their object ended."""

from collections.abc import Iterator

from reviewer.checker.lifetime import running
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for all that is not stopped before one end."""
    found = list(running(change, patch))
    for first in found[:1]:
        others = [one.old.text for one in found[1:]]
        more = f"; the same goes for {', '.join(others)}" if others else ""
        armed = f"; it is started by {first.armed}" if first.armed else ""
        message = rule.message.replace("{before}", first.old.text).replace("{ends}", first.ends)
        if not first.ends:
            message = f"{first.old.text} is gone, and nothing else waits for {first.old.object}"
        if first.now:
            message = (
                f"{first.old.text} became {first.now}, which does not wait, before {first.ends}"
            )
        where = f" when {first.ends} is reached" if first.ends else " behind this function"
        stays = f"{first.ends} stays, and " if first.ends else ""
        yield finding(
            rule,
            change,
            line=first.line,
            before_line=first.old.line,
            message=message,
            reason=f"{stays}{first.old.object} may run meanwhile{armed}{more}",
            cause=f"cancel {first.old.object}",
            question=f"What makes sure that {first.old.object} does not run any more, nor "
            f"again,{where}?",
        )
