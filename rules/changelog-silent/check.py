# SPDX-License-Identifier: GPL-2.0-only
"""Synchronisation that comes or goes."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import PatchChange, Rule
from reviewer.checker.synchronisation import Turn, turns

# Of a reference one also speaks in words that mean nothing where it is a lock that went.
_OF_REFERENCES = ("get*", "put*", "drop*", "free*", "hold*", "held", "take*", "grab*")


def check_patch(rule: Rule, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each thing a function does no more, or does now."""
    for turn in turns(patch):
        what, name = turn.sign.key
        yield finding(
            rule,
            turn.change,
            line=turn.line,
            message=rule.message.replace("{what}", _told(turn)),
            reason=f"{turn.sign.name}() is {'gone' if turn.taken else 'new'}, and the code "
            "around it is not",
            cause=f"changelog {what} {name}",
            before_line=turn.sign.line if turn.taken else turn.line,
            explained_by=(
                turn.sign.name,
                name or what,
                *(_OF_REFERENCES if what in ("reference", "put") else ()),
            ),
        )


def _told(turn: Turn) -> str:
    does = "does not call" if turn.taken else "calls"
    more = "any more" if turn.taken else "now"
    return f"{turn.change.name}() {does} {turn.sign.name}() {more}"
