# SPDX-License-Identifier: GPL-2.0-only
"""Uses of what RCU protects that lost their read-side section."""

from collections.abc import Iterator

from reviewer.checker.rcu import READ_SIDE, Outside, PlainWalk, outside, plain_fetches, plain_walks
from reviewer.checker.records import Finding
from reviewer.checker.report import finding, state
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for the section a function lost, one for each plain walk or fetch."""
    for one in outside(change, patch):
        yield _outside(rule, change, one)
    for walk in plain_walks(change):
        yield _plain(
            rule,
            change,
            walk,
            "under the RCU read side alone others add and remove entries meanwhile",
            "What keeps others from changing the list during this walk?",
        )
    for fetch in plain_fetches(change):
        yield _plain(
            rule,
            change,
            fetch,
            "no lock is held here, and others may store another pointer meanwhile",
            f"What orders the reads through {fetch.old.object} behind the fetch?",
        )


def _outside(rule: Rule, change: FunctionChange, one: Outside) -> Finding:
    if one.early:
        reason = f"the pointer comes from {one.source}, and the section ends before {one.text}"
    else:
        reason = f"{one.text} stays, and the RCU read-side section around it is gone"
    return finding(
        rule,
        change,
        line=one.line,
        before_line=one.before_line,
        message=rule.message.replace("{text}", one.text),
        reason=reason,
        cause=f"lock {READ_SIDE}",
        before=(state(change.before, one.old),),
        after=(state(change.after, one.node),),
        question=f"What keeps what {one.text} uses from being freed meanwhile?",
    )


def _plain(
    rule: Rule, change: FunctionChange, one: PlainWalk, reason: str, question: str
) -> Finding:
    return finding(
        rule,
        change,
        line=one.line,
        before_line=one.old.line,
        message=f"{one.old.text} became {one.text}",
        reason=reason,
        cause=f"plain {one.old.object}",
        question=question,
    )
