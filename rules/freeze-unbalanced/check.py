# SPDX-License-Identifier: GPL-2.0-only
"""A freeze that is not undone on some way, or undone with another count."""

from collections.abc import Iterator

from reviewer.checker.leaks import leaked, undropped
from reviewer.checker.records import Finding
from reviewer.checker.references import References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.weakened import never_frozen, recounted

_FREEZE, _UNFREEZE = frozenset({"freeze"}), frozenset({"unfreeze"})


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """What was undone before, and is not now."""
    found = References(change, patch)
    told = set()
    for one in undropped(found, _UNFREEZE, _FREEZE):
        told.add(one.what.object)
        yield _told(
            rule,
            change,
            one.line,
            one.what.object,
            f"{one.what.object} stays frozen here",
            f"{one.what.text} is gone, and the way it stood on is still there (line {one.line})",
        )
    for leak in leaked(found, _UNFREEZE, _FREEZE):
        if leak.object in told:
            continue
        yield _told(
            rule,
            change,
            leak.line,
            leak.object,
            f"{leak.object} stays frozen on this way out",
            f"the function freezes it (line {leak.taken}), and unfreezes it on the other ways out",
        )
    yield from _never(rule, change, found)
    for pair in recounted(found):
        yield _told(
            rule,
            change,
            pair.unfreeze.line,
            pair.unfreeze.object,
            f"{pair.unfreeze.object} is frozen at {pair.frozen} and unfrozen at {pair.thawed}",
            f"{pair.freeze.text} in line {pair.freeze.line} and {pair.unfreeze.text} named one"
            " count before",
        )


def _never(rule: Rule, change: FunctionChange, found: References) -> Iterator[Finding]:
    """What is unfrozen without having been frozen."""
    for one in never_frozen(found):
        about = one.unfreeze.object
        yield finding(
            rule,
            change,
            line=one.unfreeze.line,
            before_line=one.freeze.line,
            message=f"{about} is unfrozen, and nothing freezes it any more",
            reason=f"{one.freeze.text} (line {one.freeze.line} before the patch) is gone, and "
            f"{one.unfreeze.text} sets the count still, whatever it was",
            cause=f"freeze {about}",
            access=one.unfreeze.text,
            question=f"What keeps others from taking a reference on {about} until "
            f"{one.unfreeze.text} sets the count?",
        )


def _told(
    rule: Rule, change: FunctionChange, line: int, about: str, message: str, reason: str
) -> Finding:
    return finding(
        rule,
        change,
        line=line,
        message=message,
        reason=reason,
        cause=f"freeze {about}",
        question=f"What unfreezes {about} here?",
    )
