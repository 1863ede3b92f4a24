# SPDX-License-Identifier: GPL-2.0-only
"""A call that may sleep came under a spinlock, or into a context that forbids it."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.sleeping import (
    Asleep,
    asleep_in_callers,
    flags_ignored,
    newly_asleep,
    no_longer_raw,
)

CONTEXTS = {
    "irqs-off": "with interrupts off",
    "bh-off": "with bottom halves off",
    "preempt-off": "with preemption off",
    "rcu-read-side": "inside an RCU read-side section",
}
RT = ("raw", "raw_spin*", "preempt_rt", "rt")


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each thing that forbids it, and for each lock that sleeps now."""
    told = set()
    for one in (*newly_asleep(change), *asleep_in_callers(change)):
        if one.under not in told:
            told.add(one.under)
            inside = f" (it calls {one.through}())" if one.through else ""
            yield finding(
                rule,
                change,
                line=one.line,
                message=f"{one.text} may sleep{inside} {_where(one, change.name)}",
                reason=f"before the patch {change.name}() called nothing that may sleep"
                if one.caller
                else "it was not made there before the patch",
                cause=f"sleep {one.under}",
                question=f"What keeps {one.text} from sleeping {_state(one.under)}?",
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


def _where(one: Asleep, name: str) -> str:
    if not one.caller:
        return _state(one.under)
    if one.under in CONTEXTS:
        return f"{_state(one.under)}, as {one.caller}() calls {name}()"
    return f"under {one.under}, which {one.caller}() holds"


def _state(under: str) -> str:
    return CONTEXTS.get(under, f"under {under}")
