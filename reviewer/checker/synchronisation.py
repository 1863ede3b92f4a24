# SPDX-License-Identifier: GPL-2.0-only
"""Synchronisation that a patch as a whole brings or takes away.

What moves, within a function or from one to another, is neither; nor is what
comes or goes with the code it was written for.
"""

import re
from collections.abc import Iterator, Mapping

from reviewer.alignment.align import Image, State
from reviewer.alignment.operations import calls_of
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.facts import Facts
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass

_KINDS = {
    "get": "reference",
    "try-get": "reference",
    "lookup": "reference",
    "put": "put",
    "barrier": "barrier",
    "grace-period": "grace period",
}
OWN_SHARE = 0.5
"""The share of the calls in lines that came, or went, from which on a patch is
about synchronisation, and not about code that brings its own along."""

_MEMBER = re.compile(r"->|\.")

Key = tuple[str, str]
"""What is done, in a word, and to what: a lock by the name of its member, which
is the same wherever the object around it has another one; a family of objects."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A call that synchronises."""

    key: Key
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What a function does no more (``taken``) or does now; ``line`` is in the
    after image, where it is or at the end of what stands above it."""

    change: FunctionChange
    taken: bool
    sign: Sign
    line: int


Signs = Mapping[Key, Sign]


def turns(patch: PatchChange) -> Iterator[Turn]:
    """What a patch brings or takes away, function by function."""
    if patch.unread:
        return
    both = [
        (one, _signs(one.before, one.facts), _signs(one.after, one.facts))
        for one in patch.functions
        if one.locks_known and not one.partial
    ]
    came = {key for _, before, after in both for key in after.keys() - before.keys()}
    went = {key for _, before, after in both for key in before.keys() - after.keys()}
    if not came and not went:
        return
    facts = both[0][0].facts
    new = {key for one in patch.new for key in _signs(one.image, facts)}
    gone = {key for one in patch.gone for key in _signs(one.image, facts)}
    for change, before, after in both:
        for key in sorted(before.keys() & (went - came - new) - after.keys()):
            if _weighs(change, before[key], True):
                yield Turn(change, True, before[key], _line(change, before[key].line))
        for key in sorted(after.keys() & (came - went - gone) - before.keys()):
            if _weighs(change, after[key], False):
                yield Turn(change, False, after[key], after[key].line)


def _signs(image: Image, facts: Facts) -> Signs:
    """What a function does, each by the first call."""
    found: dict[Key, Sign] = {}
    for _, node in calls_of(image.graph):
        fact = facts.of(node.function) or image.summaries(node.function)
        if fact is None:
            continue
        keys = [("lock", _member(lock_name(one, node, image.locks.names))) for one in fact.acquires]
        for key in keys or [("context", name) for name in fact.enters]:
            found.setdefault(key, Sign(key, node.loc.line, node.function))
    for one in image.operations:
        if one.kind in _KINDS and not one.guessed:
            key = (
                _KINDS[one.kind],
                one.family if one.kind not in ("barrier", "grace-period") else "",
            )
            found.setdefault(key, Sign(key, one.line, one.name))
    return found


def _member(lock: str) -> str:
    return _MEMBER.split(lock)[-1]


def _weighs(change: FunctionChange, sign: Sign, taken: bool) -> bool:
    """Whether this is more than what comes or goes with other code."""
    what, name = sign.key
    if what in ("lock", "context"):
        return any(
            _held(what, name, old) and not _held(what, name, new)
            for one in change.aligned
            for old, new in zip(
                one.before if taken else one.after, one.after if taken else one.before, strict=True
            )
        )
    image, stayed = (
        (change.before, change.after_line) if taken else (change.after, change.before_line)
    )
    lines = [node.loc.line for _, node in calls_of(image.graph)]
    loose = [line for line in lines if stayed(line) is None]
    own = {one.line for one in image.operations if one.kind in _KINDS}
    return bool(loose) and sum(line in own for line in loose) >= OWN_SHARE * len(loose)


def _held(what: str, name: str, state: State) -> bool:
    if what == "context":
        return name in state.context
    return any(_member(lock) == name for lock in state.may)


def _line(change: FunctionChange, line: int) -> int:
    """The line of the after image that stands above a line that is gone."""
    first = change.before.graph.function.loc.line
    above = (change.after_line(at) for at in range(line, first - 1, -1))
    own = change.after.graph.function.loc.line
    return next((at for at in above if at is not None), own)
