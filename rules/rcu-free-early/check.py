# SPDX-License-Identifier: GPL-2.0-only
"""Frees that no longer wait for the readers."""

from collections.abc import Iterator

from reviewer.checker.freeing import Early, freed_early
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each wait that is gone."""
    for one in freed_early(change, patch):
        message = rule.message.replace("{before}", one.old.text).replace("{freed}", one.freed)
        if one.moved:
            message = f"{one.freed} comes before {one.old.text} now"
        if not one.freed:
            message = f"{one.old.text} is gone"
        if one.now:
            message = f"{one.old.text} became {one.now}"
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.old.line,
            message=message,
            reason=_reason(one),
            cause=f"grace period {one.old.text} {one.old.line}",
            question=f"What waits for readers under RCU before {one.freed or 'the caller goes on'}?"
            if one.old.kind not in ("publish", "unpublish")
            else f"What keeps new readers from finding it while {one.freed} waits for the old?",
        )


def _reason(one: Early) -> str:
    if one.moved:
        return f"{one.freed} was behind {one.old.text}, which waits for the readers, and is not"
    if one.now:
        return f"{one.old.text} waited for the readers, {one.now} does not"
    if one.old.kind in ("publish", "unpublish"):
        return (
            f"{one.freed} stays and waits for readers that came before; without "
            f"{one.old.text} others may come meanwhile"
        )
    if not one.freed:
        return "what is hidden from new readers here still is, and the old ones are not waited for"
    return f"{one.freed} stays, and readers that were there before are not waited for"
