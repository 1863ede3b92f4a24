# SPDX-License-Identifier: GPL-2.0-only
"""Barriers, acquires and releases that are gone or weaker."""

from collections.abc import Iterator

from reviewer.checker.ordering import Weaker, weaker
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each order that is not given any more."""
    for one in weaker(change, patch):
        became = f"{one.old.text} became {one.now}" if one.now else f"{one.old.text} is gone"
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.old.line,
            message=became,
            reason=f"{became}; {_ordered(one)}",
            cause=f"order {one.old.text} {one.old.line}",
            question=f"What orders {one.first or 'what comes before'} against "
            f"{one.then or 'what follows'} without {one.old.text}?",
        )


def _ordered(one: Weaker) -> str:
    if one.woken:
        return f"it stood behind {one.first}, which stays; {one.woken} went with it"
    if one.first and one.then:
        return f"it stood between {one.first} and {one.then}, which stay"
    if one.first or one.then:
        where = f"behind {one.first}" if one.first else f"before {one.then}"
        return f"it stood {where}, which stays"
    if one.old.kind in ("publish", "unpublish"):
        return "readers under RCU follow it while it is written"
    return f"{one.old.object} is still touched, and nothing else orders it"
