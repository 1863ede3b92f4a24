# SPDX-License-Identifier: GPL-2.0-only
"""Which steps a transition may make, and which fields these are about."""

from collections.abc import Iterable

from reviewer.simulation.actions import Check, Choose, If, every_action, reads, writes
from reviewer.simulation.model import STOPPED, Model, assigned_lists, ends, targets, tested


def inside(model: Model, cpu: int, at: int) -> frozenset[int]:
    """The steps a transition from one place may make."""
    found: set[int] = set()
    stack = [at]
    while stack:
        here = stack.pop()
        if here in found:
            continue
        found.add(here)
        stack.extend(
            target
            for target in targets(model.parts[cpu][here].next)
            if target != STOPPED and target not in model.stands[cpu]
        )
    return frozenset(found)


def touched(model: Model, cpu: int, at: int, parts: Iterable[int]) -> set[str]:
    """The fields a transition looks at or changes; a local that is not read
    any more behind it is cleared, and so is every one where a property breaks."""
    names: set[str] = set()
    kept = model.live[cpu][at]
    for number in parts:
        part = model.parts[cpu][number]
        for actions in assigned_lists(part):
            names |= reads(actions) | writes(actions)
        if any(isinstance(action, Check) for action in every_action(part.actions)):
            kept = frozenset()
        names |= tested(part.next)
        for target in targets(part.next):
            kept = kept & (model.live[cpu][target] if target != STOPPED else frozenset())
    return names | (model.live[cpu][at] - kept)


def joins(model: Model, cpu: int, at: int) -> list[int]:
    """Where several ways of a transition meet again, those nearer to its
    beginning first."""
    counts: dict[int, int] = {}
    order: list[int] = []
    done: set[int] = set()

    def visit(here: int) -> None:
        done.add(here)
        part = model.parts[cpu][here]
        forks = any(isinstance(action, If | Choose) for action in part.actions)
        for target in ends(part.next):
            if target == STOPPED or target in model.stands[cpu]:
                continue
            counts[target] = counts.get(target, 0) + 1 + forks
            if target not in done:
                visit(target)
        order.append(here)

    visit(at)
    return [here for here in reversed(order) if counts.get(here, 0) > 1 and here != at]
