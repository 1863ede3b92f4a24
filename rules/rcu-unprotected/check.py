# SPDX-License-Identifier: GPL-2.0-only
"""Uses of what RCU protects that lost their read-side section."""

from collections.abc import Iterator

from reviewer.checker.rcu import READ_SIDE, outside, plain_fetches, plain_walks
from reviewer.checker.records import Finding
from reviewer.checker.report import finding, state
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for the section a function lost, one for each plain walk."""
    for one in outside(change, patch):
        if one.early:
            reason = f"the pointer comes from {one.source}, and the section ends before {one.text}"
        else:
            reason = f"{one.text} stays, and the RCU read-side section around it is gone"
        yield finding(
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
    for walk in plain_walks(change):
        yield finding(
            rule,
            change,
            line=walk.line,
            before_line=walk.old.line,
            message=f"{walk.old.text} became {walk.text} under RCU",
            reason="under the RCU read side alone others add and remove entries meanwhile",
            cause=f"walk {walk.old.object}",
            question="What keeps others from changing the list during this walk?",
        )
    for fetch in plain_fetches(change):
        yield finding(
            rule,
            change,
            line=fetch.line,
            before_line=fetch.old.line,
            message=f"{fetch.old.text} became {fetch.text}",
            reason="the read side is kept, and others may store another pointer meanwhile",
            cause=f"fetch {fetch.old.object}",
            question=f"What orders the reads through {fetch.old.object} behind the fetch?",
        )
