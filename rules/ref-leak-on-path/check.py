# SPDX-License-Identifier: GPL-2.0-only
"""A reference that a way through a function no longer drops."""

from collections.abc import Iterator

from reviewer.checker.jumps import jumped
from reviewer.checker.leaks import leaked, undropped
from reviewer.checker.records import Finding
from reviewer.checker.references import DROPS, TAKES, References
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """What was dropped before, and is not now, one finding an object."""
    told = set()
    for about, one in _found(rule, change, References(change, patch)):
        if about not in told:
            told.add(about)
            yield one


def _found(rule: Rule, change: FunctionChange, found: References) -> Iterator[tuple[str, Finding]]:
    for one in undropped(found, DROPS, TAKES):
        put = one.what
        reason = f"{put.text} is gone, and the way it stood on is still there (line {one.line})"
        more = f"another {one.why}" if one.why.startswith(put.text) else one.why
        yield (
            put.object,
            finding(
                rule,
                change,
                line=one.line,
                before_line=put.line,
                message=f"the reference on {put.object} is not dropped any more here",
                reason=f"{reason}; {more}" if more else reason,
                cause=f"reference {put.object}",
                question=f"What drops the reference on {put.object} where {change.name}() does not "
                f"any more, in line {one.line}?",
            ),
        )
    for leak in leaked(found, DROPS, TAKES):
        reason = f"the function takes it (line {leak.taken}), and drops it on the other ways out"
        yield leak.object, _out(rule, change, leak.object, leak.line, reason)
    for jump in jumped(found, DROPS, TAKES):
        drop = jump.drop
        reason = f"every way from here came to {drop.text} in line {drop.line} before"
        yield drop.object, _out(rule, change, drop.object, jump.line, reason)


def _out(rule: Rule, change: FunctionChange, about: str, line: int, reason: str) -> Finding:
    return finding(
        rule,
        change,
        line=line,
        message=f"the reference on {about} is not dropped on this way out",
        reason=reason,
        cause=f"reference {about}",
        question=f"What drops the reference on {about} where {change.name}() returns "
        f"in line {line}?",
    )
