# SPDX-License-Identifier: GPL-2.0-only
"""Locksets, contexts and standings in words; shared by the terminal and the mail."""

import re
from collections.abc import Sequence

from reviewer.checker.records import Finding, PathState
from reviewer.report.text import called, clean, listed
from reviewer.verdict.records import Verdict

_CONTEXTS = {
    "irqs-off": "with interrupts off",
    "bh-off": "with bottom halves off",
    "preempt-off": "with preemption off",
    "rcu-read-side": "inside an RCU read-side section",
}
_SECTIONS = {
    "irqs-off": "section with interrupts off",
    "bh-off": "section with bottom halves off",
    "preempt-off": "section with preemption off",
    "rcu-read-side": "RCU read-side section",
}
# A spinlock that is a member of a structure which is itself embedded: people name
# the structure, not the member.
_EMBEDDED = re.compile(r"([A-Za-z_]\w*)\.\w*lock")


def lockset(state: PathState) -> str:
    """``a held, on some paths b, irqs-off``; ``none`` and ``not known`` for no lock and
    for a state that could not be seen."""
    if state.must is None:
        return "not known"
    words = [f"{clean(listed(state.must))} held" if state.must else "none"]
    perhaps = [lock for lock in state.may if lock not in state.must]
    if perhaps:
        words.append(f"on some paths {clean(listed(perhaps))}")
    return ", ".join([*words, *map(clean, state.context)])


def under(state: PathState) -> str:
    """``under a and b with interrupts off``, for a sentence."""
    words = [
        f"under {clean(listed(state.must))}"
        if state.must
        else "under no lock visible in this function"
    ]
    perhaps = [lock for lock in state.may if lock not in (state.must or ())]
    if perhaps:
        words[0] += f" ({clean(listed(perhaps))} on some paths only)"
    contexts = [_CONTEXTS.get(name, f"in context {clean(name)}") for name in state.context]
    return " ".join(words + ([listed(contexts)] if contexts else []))


def counterpart(states: Sequence[PathState], path: str) -> PathState | None:
    """The state of the other image that speaks about ``path``, None when none does."""
    for state in states:
        if state.path == path:
            return state
    for state in states:
        if not state.path:
            return state
    return None


def lock_name(lock: str) -> str:
    """A lock as people call it: ``m->pages.x_lock`` is the pages lock."""
    lock = clean(lock)
    last = lock.rsplit("->", 1)[-1]
    embedded = _EMBEDDED.fullmatch(last)
    if embedded:
        return f"the {embedded.group(1)} lock"
    return lock if " " in lock else f"the {lock if last == 'lock' else last}"


def lost_name(finding: Finding, lost: str) -> str:
    """A lost lock or context as the subject of a sentence."""
    if lost in _SECTIONS:
        return f"the {_SECTIONS[lost]}"
    contexts = {name for state in finding.before for name in state.context}
    return f"the {clean(lost)} section" if lost in contexts else lock_name(lost)


def lost_locks(finding: Finding) -> list[str]:
    """What of ``lost`` to name: the locks, or the contexts where no lock was lost."""
    contexts = {name for state in finding.before for name in state.context} | set(_CONTEXTS)
    return [name for name in finding.lost if name not in contexts] or list(finding.lost)


def standing_reason(verdict: Verdict) -> str:
    """Why the standing is what it is, in one phrase."""
    model = verdict.model
    if verdict.standing == "CONFIRMED":
        broken = clean(model.after.property) if model else ""
        return f"a schedule of the after image does harm: {broken}"
    if verdict.standing == "REFUTED_IN_MODEL":
        guard = f"; {called(model.guard[0])} decides" if model and model.guard else ""
        if model and model.after.verdict == "VIOLATED":
            return "no schedule does harm that was not possible before"
        return f"no schedule within the bound does harm{guard}"
    if verdict.standing == "UNDECIDED":
        return clean(verdict.undecided) or "what would decide it is not known"
    return clean(verdict.undecided) or "no scenario covers this change"
