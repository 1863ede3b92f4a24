# SPDX-License-Identifier: GPL-2.0-only
"""A call that may sleep came under a spinlock, or into a context that forbids it."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.sleeping import (
    asleep_in_callers,
    flags_ignored,
    newly_asleep,
    no_longer_raw,
)

RT = ("raw", "raw_spin*", "preempt_rt", "rt")


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each thing that forbids it, and for each lock that sleeps now."""
    told = set()
    for one in (*newly_asleep(change), *asleep_in_callers(change)):
        if one.under not in told:
            told.add(one.under)
            where = f", which {one.caller}() holds" if one.caller else ""
            inside = f" (it calls {one.through}())" if one.through else ""
            yield finding(
                rule,
                change,
                line=one.line,
                message=f"{one.text} may sleep{inside} under {one.under}{where}",
                reason=f"{one.text} is made under {one.under}{where}, and was not before the patch",
                cause=f"sleep {one.under}",
                question=f"Can {one.text} sleep while {one.under} is held?",
            )
    for lost in flags_ignored(change):
        yield finding(
            rule,
            change,
            line=lost.line,
            message=f"{lost.text} may sleep whatever {lost.param} says",
            reason=f"{lost.before} asked {lost.param}, {lost.text} does not",
            cause=f"sleep {lost.param}",
            question=f"May every caller of {change.name}() sleep, whatever {lost.param} is?",
        )
    for soft in no_longer_raw(change, patch):
        yield finding(
            rule,
            change,
            line=soft.line,
            message=f"{soft.under} is no raw spinlock any more: with PREEMPT_RT it is slept on",
            reason=f"{soft.text} takes {soft.under}, which a raw spinlock was taken for before",
            cause=f"sleep {soft.under}",
            explained_by=RT,
            question=f"Is {soft.under} ever taken with interrupts off or under a raw spinlock?",
        )
