# SPDX-License-Identifier: GPL-2.0-only
"""Whether a text speaks of synchronisation at all, before any claim is looked for."""

import re

from reviewer.patch.records import Submission

_SPEAKS = re.compile(
    r"lock|mutex|\bsem\b|\brcu\b|grace period|caller|callers|\bcalled\b|\brac(e|y|es)\b|sleep"
    r"|atomic|interrupt|\birqs?\b|preempt|refcount|reference|\bfreez|functional change|no users"
    r"|unused|never"
    r"|isolated|concurren|barrier",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(because|since|as|so|safe|safely|cannot|can't|can not|never|always|guarante\w+|ensur\w+"
    r"|protect\w*|serialis\w+|serializ\w+|held|prevent\w*)\b",
    re.IGNORECASE,
)
_SYNCHRONISATION = re.compile(
    r"\b(\w*lock\w*|mutex\w*|rcu\w*|grace period|refcount\w*|references?|rac(?:e|es|y|ing)"
    r"|atomic\w*|barriers?|serialis\w+|serializ\w+|irqs?|interrupts?|preempt\w*|concurren\w+)\b",
    re.IGNORECASE,
)


def may_claim(submission: Submission) -> bool:
    """Whether a changelog may say something that can be checked; only then the claims are
    read from the rules."""
    return any(_SPEAKS.search(patch.changelog or "") for patch in submission.patches)


def gives_a_reason(text: str) -> bool:
    """Whether a paragraph gives a reason about synchronisation."""
    return _SYNCHRONISATION.search(text) is not None and _REASON.search(text) is not None
