# SPDX-License-Identifier: GPL-2.0-only
"""A reference that is no longer taken, though it is still needed."""

from collections.abc import Iterator

from reviewer.checker.leaks import untaken
from reviewer.checker.records import Finding
from reviewer.checker.references import DROPS, TAKES, References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.uncounted import uncounted

_TAKES = frozenset({"get", "try-get"})


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """What was taken before, and is not now, while its drop or its use stays."""
    found = References(change, patch)
    for one in untaken(found, _TAKES, TAKES, DROPS):
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
    for bare in uncounted(found, _TAKES, TAKES, DROPS):
        get = bare.take
        yield finding(
            rule,
            change,
            line=bare.line,
            before_line=get.line,
            message=f"no reference on {get.object} is held any more",
            reason=f"{get.text} is gone, and so is what dropped it, but {bare.why}",
            cause=f"reference {get.object}",
            question=f"What keeps {get.object} from being freed while this pointer is used?",
        )
