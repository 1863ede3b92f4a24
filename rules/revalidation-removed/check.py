# SPDX-License-Identifier: GPL-2.0-only
"""Second looks under a lock that are gone."""

from collections.abc import Iterator

from reviewer.checker.rechecks import trusted
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each second look."""
    for one in trusted(change, patch):
        seen = f"it was seen in line {one.twin}, before {one.taken}; " if one.twin else ""
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.before_line,
            message=rule.message.replace("{text}", one.text).replace("{taken}", one.taken),
            reason=f"{seen}others may change it until {one.lock} is held, and {one.then} stays",
            cause=f"recheck {one.text}",
            question=f"What keeps {one.text} from changing before {one.lock} is held?",
        )
