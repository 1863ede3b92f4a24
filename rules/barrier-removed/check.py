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
            reason=_ordered(one),
            cause=f"order {one.old.text} {one.old.line}",
            question=_asked(one),
        )


def _asked(one: Weaker) -> str:
    first, then = _sides(one)
    without = f"without {one.old.text}"
    if first and then:
        return f"What orders {first} before {then} {without}?"
    if first:
        return f"What orders {first} before what follows {without}?"
    if then:
        earlier = "the stores" if one.old.family == "write" else "the accesses"
        return f"What orders {earlier} that come before {then} against it {without}?"
    return f"What keeps the accesses around it in order {without}?"


def _sides(one: Weaker) -> tuple[str, str]:
    """What was kept in order, in words: a branch by what it tests, which no
    barrier for stores is there for."""
    stores = one.old.kind == "barrier" and one.old.family == "write"
    first = "" if stores and one.first.startswith("if ") and one.then else one.first
    return _named(first), _named(one.then)


def _named(text: str) -> str:
    return f"the test of {text.removeprefix('if ')}" if text.startswith("if ") else text


def _ordered(one: Weaker) -> str:
    first, then = _sides(one)
    if one.woken:
        return f"it stood behind {first}, which stays; {one.woken} went with it"
    if first and then:
        return f"it stood between {first} and {then}, which stay"
    if first or then:
        where = f"behind {first}" if first else f"before {then}"
        return f"it stood {where}, which stays"
    if one.old.kind in ("publish", "unpublish"):
        return "readers under RCU follow it while it is written"
    return f"{one.old.object} is still touched, and nothing else orders it"
