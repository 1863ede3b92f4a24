# SPDX-License-Identifier: GPL-2.0-only
"""Initialisations that are gone while what they were for stays."""

from collections.abc import Iterator

from reviewer.checker.lifetime import bare, uninitialised
from reviewer.checker.records import Finding
from reviewer.checker.report import finding, outside
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each call that initialised something."""
    for one in uninitialised(change, patch):
        yield finding(
            rule,
            change,
            line=one.line,
            before_line=one.old.line,
            message=_message(rule, one.old.text, one.old.object),
            reason=f"{one.old.object} is used by {one.used}"
            if one.used
            else f"{one.old.object} is not taken out, nor any use of it",
            cause=f"initialise {one.old.object}",
            question=f"What initialises {one.old.object} now?",
        )


def check_patch(rule: Rule, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each static initialiser."""
    for one in bare(patch):
        yield outside(
            rule,
            one.declared,
            message=_message(rule, one.text, one.name),
            reason=f"the variable stays, declared without {one.text}",
            cause=f"initialise {one.name}",
            question=f"What initialises {one.name} before its first use?",
        )


def _message(rule: Rule, before: str, place: str) -> str:
    return rule.message.replace("{before}", before).replace("{object}", place)
