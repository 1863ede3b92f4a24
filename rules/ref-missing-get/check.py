# SPDX-License-Identifier: GPL-2.0-only
"""A reference that is no longer taken, though it is still needed."""

from collections.abc import Iterator

from reviewer.checker.leaks import untaken
from reviewer.checker.records import Finding
from reviewer.checker.references import DROPS, TAKES, References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule

_TAKES = frozenset({"get", "try-get"})


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """What was taken before, and is not now, while its drop or its use stays."""
    for one in untaken(References(change, patch), _TAKES, TAKES, DROPS):
        get = one.what
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=get.line,
            message=f"no reference on {get.object} is taken any more here",
            reason=f"{get.text} is gone, and {one.why}",
            cause=f"reference {get.object}",
            question=f"Who holds the reference on {get.object} now?",
        )
