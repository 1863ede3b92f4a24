# SPDX-License-Identifier: GPL-2.0-only
"""What a rule's check.py makes a finding with."""

from collections.abc import Sequence
from typing import Any

from reviewer.alignment.align import Image
from reviewer.checker.records import Finding, PathState
from reviewer.checker.rule import FunctionChange, Outside, Rule

_BLANK: dict[str, Any] = {
    **dict.fromkeys(("also", "lost", "lost_paths", "before", "after"), ()),
    "access": "",
    "place": "",
    "decides": False,
}


def finding(
    rule: Rule,
    change: FunctionChange,
    *,
    line: int,
    message: str,
    reason: str,
    cause: str,
    explained_by: Sequence[str] = (),
    **more: Any,
) -> Finding:
    """A finding in a function both images have.

    ``reason`` is what a person can check in the patch or the file.  ``cause``
    names the change: ``lock LOCK`` for a lock that is lost, ``reference
    OBJECT`` for a count, else any words that no other change has.
    ``explained_by`` is added to the words of the rule.  ``more`` are further
    members of the `Finding`; ``severity`` is that of the rule unless given.
    """
    told = {
        "rule": rule.name,
        "severity": rule.severity,
        "file": change.file,
        "function": change.name,
        "line": line,
        "before_line": line,
        "message": message,
        "reason": reason,
        "partial": change.partial,
        "scenario": rule.scenario,
        "causes": (cause,),
        "explained_by": (*rule.explained_by, *explained_by),
    }
    return Finding(**{**_BLANK, **told, **more})


def outside(
    rule: Rule, at: Outside, *, message: str, reason: str, cause: str, **more: Any
) -> Finding:
    """A finding at a line outside of functions; the rest as in `finding`."""
    told = {
        "rule": rule.name,
        "severity": rule.severity,
        "file": at.file,
        "function": "",
        "line": at.line,
        "before_line": at.line,
        "message": message,
        "reason": reason,
        "partial": False,
        "scenario": rule.scenario,
        "causes": (cause,),
        "explained_by": rule.explained_by,
    }
    return Finding(**{**_BLANK, **told, **more})


def state(image: Image, node: int) -> PathState:
    """What is held before a node, as a finding shows it."""
    held = image.locks.before[node]
    line = image.graph.nodes[node].loc.line
    if held is None:
        return PathState("", None, (), (), line)
    known = image.graph.function.complete or held.must
    return PathState(
        path="",
        must=tuple(sorted(held.must)) if known else None,
        may=tuple(sorted(held.may)),
        context=tuple(sorted(held.context)),
        line=line,
    )
