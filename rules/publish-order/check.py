# SPDX-License-Identifier: GPL-2.0-only
"""Objects that others see before they are ready, or lose sight of while in use."""

from collections.abc import Iterator

from reviewer.checker.publication import exchanged
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule

WHY = {
    "init": "others may see {object} before {then} was made",
    "fail": "others may see {object} when {then} fails, and it has to be taken back",
    "wait": "{then} waits for users of {object}, which is found in no list meanwhile",
}
ASKED = {
    "init": "Who may look at {object} between {first} and {then}?",
    "fail": "What do those do who found {object} before {then} failed?",
    "wait": "Who relies on finding {object} while {then} waits?",
}


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each step that is made too early."""
    for one in exchanged(change):
        words = {"{object}": one.object, "{first}": one.first, "{then}": one.then}
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.before_line,
            message=_filled(rule.message, words),
            reason=_filled(WHY[one.what], words),
            cause=f"order {one.first}",
            question=_filled(ASKED[one.what], words),
        )


def _filled(text: str, words: dict[str, str]) -> str:
    for field, value in words.items():
        text = text.replace(field, value)
    return text
