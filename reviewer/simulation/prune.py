# SPDX-License-Identifier: GPL-2.0-only
"""Drop from a program what no other CPU and no result can tell.

A local nobody reads, a branch both of whose ways lead to the same step, a
loop that only computes: none of them changes what can be observed, and each
would multiply the states.
"""

from collections.abc import Iterable

from reviewer.location import NOWHERE
from reviewer.record import replace
from reviewer.simulation.steps import (
    Access,
    Branch,
    Let,
    Life,
    Mark,
    Origin,
    Program,
    Step,
    Stop,
    Value,
    const,
    successors,
)


def prune(program: Program) -> Program:
    """The same program without steps that have no effect, renumbered."""
    steps = list(program.steps)
    while _shorten(steps) | _forget(steps):
        pass
    return replace(program, steps=_compact(steps))


NO_ORIGIN = Origin("", "", 0, "", NOWHERE)


def _end(steps: list[Step], target: int) -> int:
    """Follow steps that only go on."""
    seen = set()
    while target not in seen:
        seen.add(target)
        step = steps[target]
        if not isinstance(step, Branch) or step.then != step.other:
            return target
        target = step.then
    return target


def _shorten(steps: list[Step]) -> bool:
    changed = False
    for number, step in enumerate(steps):
        if isinstance(step, Branch):
            then, other = _end(steps, step.then), _end(steps, step.other)
            then, other = _decided(step, then, other, number)
            leave = _end(steps, step.leave) if step.bound else 0
            new: Step = replace(step, then=then, other=other, leave=leave)
            if step.bound and leave not in (then, other):
                new = replace(new, bound="", leave=0)  # type: ignore[arg-type]
        elif isinstance(step, Stop):
            continue
        else:
            new = replace(step, next=_end(steps, step.next))
        changed |= new != step
        steps[number] = new
    return changed


def _decided(step: Branch, then: int, other: int, number: int) -> tuple[int, int]:
    if step.value[0] == "const":
        way = then if step.value[1] else other
        return way, way
    if then == number != other:
        return other, other
    if other == number != then:
        return then, then
    return then, other


def _forget(steps: list[Step]) -> bool:
    read = set(_read(steps))
    changed = False
    for number, step in enumerate(steps):
        if isinstance(step, Let) and step.dest not in read:
            steps[number] = Branch(const(1), "", "", 0, NO_ORIGIN, step.next, step.next)
            changed = True
        elif isinstance(step, Access) and step.old and step.old not in read:
            steps[number] = replace(step, old="")
            changed = True
    return changed


def _read(steps: Iterable[Step]) -> Iterable[str]:
    live = _reachable(steps)
    for number, step in enumerate(steps):
        if number not in live:
            continue
        match step:
            case Access():
                for value in (step.index, step.value, step.expect, step.until):
                    if value is not None:
                        yield from names(value)
            case Branch() if step.then != step.other:
                yield from names(step.value)
            case Let() | Mark() | Stop():
                yield from names(step.value)
            case Life():
                yield from names(step.index)
            case _:
                continue


def names(value: Value) -> Iterable[str]:
    """The locals a value is made of."""
    if value[0] == "local":
        yield value[1]
    elif value[0] in ("op", "un", "known"):
        for part in value[1 if value[0] == "known" else 2 :]:
            yield from names(part)


def _reachable(steps: Iterable[Step]) -> set[int]:
    every = list(steps)
    seen: set[int] = set()
    stack = [0]
    while stack:
        at = stack.pop()
        if at not in seen:
            seen.add(at)
            stack.extend(successors(every[at]))
    return seen


def _compact(steps: list[Step]) -> tuple[Step, ...]:
    start = _end(steps, 0)
    order: dict[int, int] = {}
    stack = [start]
    while stack:
        at = stack.pop()
        if at not in order:
            order[at] = len(order)
            stack.extend(reversed(successors(steps[at])))
    return tuple(_renumbered(steps[at], order) for at in order)


def _renumbered(step: Step, order: dict[int, int]) -> Step:
    if isinstance(step, Stop):
        return step
    if isinstance(step, Branch):
        leave = order.get(step.leave, 0) if step.bound else 0
        return replace(step, then=order[step.then], other=order[step.other], leave=leave)
    return replace(step, next=order[step.next])
