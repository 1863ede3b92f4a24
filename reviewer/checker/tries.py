# SPDX-License-Identifier: GPL-2.0-only
"""Conditional takes of a reference that became unconditional ones."""

from collections.abc import Iterator

from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Invoke
from reviewer.checker.references import (
    References,
    fits,
    is_reference,
    related,
    same_sort,
    used,
)
from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Untried:
    """``tried`` looked whether the object is on its way out; ``now`` does not, or
    nobody looks at what it says."""

    tried: Operation
    now: Operation


def untried(found: References) -> Iterator[Untried]:
    """The takes that could fail before and cannot now."""
    change = found.change
    plain = [
        one
        for one in change.operations.added
        if one.kind == "get" and is_reference(one, change.after)
    ]
    # What was tried is a count of references, and so is what is added to it now.
    tried = {one.object for one in change.operations.removed if one.kind == "try-get"}
    known = {one.node for one in plain}
    plain += [one for one in found.plainly() if one.object in tried and one.node not in known]
    for one in change.operations.removed:
        if one.kind != "try-get" or not is_reference(one, change.before):
            continue
        now = next((other for other in plain if _replaces(one, other)), None)
        if now is not None and not _covered(found, one, now):
            plain.remove(now)
            yield Untried(one, now)
    yield from _ignored(found)


def _replaces(one: Operation, other: Operation) -> bool:
    return related(one.object, other.object) and (fits(one, other) or same_sort(one, other))


def _covered(found: References, one: Operation, now: Operation) -> bool:
    """Whether a lock that was not held before is held now."""
    change = found.change
    old, new = change.before.locks.before[one.node], change.after.locks.before[now.node]
    return old is not None and new is not None and bool(new.must - old.must)


def _ignored(found: References) -> Iterator[Untried]:
    """The tries that stay while the look at what they say is gone."""
    change = found.change
    for old, now in (*change.operations.kept, *change.operations.moved):
        if now.kind == "try-get" and now.when != "always" and not now.guessed:
            one, two = change.before.graph.nodes[old.node], change.after.graph.nodes[now.node]
            assert isinstance(one, Invoke) and isinstance(two, Invoke)
            if used(change.before.graph, one.result) and not used(change.after.graph, two.result):
                yield Untried(old, now)
