# SPDX-License-Identifier: GPL-2.0-only
"""Change a lifted function on purpose, to see whether a scenario notices.

A change names a call; the steps that came of it are what is changed, so the
same mutant can be made of an actor and of the kernel's own function.
"""

from collections.abc import Callable, Iterable

from reviewer.record import replace
from reviewer.simulation.prune import NO_ORIGIN
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Mutation
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
    Origin,
    Program,
    Release,
    Step,
    Wait,
    const,
    local,
    unknown,
)


def mutated(program: Program, changes: Iterable[Mutation]) -> Program:
    """The program with the changes made; `ActorError` when one changes nothing."""
    steps = list(program.steps)
    for change in changes:
        make = _MAKERS.get(change.how)
        if make is None:
            known = ", ".join(sorted(_MAKERS))
            raise ActorError(f"how = '{change.how}' is none of {known}")
        found = [at for at in _of_call(steps, change) if make(steps, at)]
        if not found:
            raise ActorError(f"{program.name}(): no call of {change.call}() to {change.how}")
    return replace(program, steps=tuple(steps))


def _of_call(steps: list[Step], change: Mutation) -> list[int]:
    """The steps that came of the calls a change is about."""
    calls: dict[tuple[int, int, str], list[int]] = {}
    for at, step in enumerate(steps):
        origin = getattr(step, "origin", None)
        if not isinstance(origin, Origin):
            continue
        if origin.text == change.call or origin.text.startswith(f"{change.call}("):
            key = (origin.line, origin.loc.start, origin.function)
            calls.setdefault(key, []).append(at)
    ordered = [calls[key] for key in sorted(calls)]
    if change.nth >= 0:
        ordered = ordered[change.nth : change.nth + 1]
    return [at for call in ordered for at in call]


def _passed(target: int) -> Branch:
    return Branch(const(1), "", "", 0, NO_ORIGIN, target, target)


def _behind(steps: list[Step], at: int, name: str, value: int) -> int:
    """Where to go to give a local a value before going on behind a step."""
    steps.append(Let(name, const(value), _next(steps[at])))
    return len(steps) - 1


def _next(step: Step) -> int:
    return int(step.next)  # type: ignore[union-attr]


def _skip(steps: list[Step], at: int) -> bool:
    """The step is not made; its result is as if it had taken effect."""
    step = steps[at]
    if isinstance(step, Life | Wait):
        steps[at] = _passed(step.next)
    elif isinstance(step, Access):
        following = step.next
        if step.done:
            following = _behind(steps, at, step.done, 1)
        if step.old:
            steps.append(Let(step.old, unknown(step.origin.text), following))
            following = len(steps) - 1
        steps[at] = _passed(following)
    else:
        return False
    return True


def _gone(steps: list[Step], at: int) -> bool:
    """Neither the step is made nor the lock or context of the call entered or left."""
    step = steps[at]
    if isinstance(step, Acquire):
        steps[at] = _passed(_behind(steps, at, step.done, 1) if step.done else step.next)
    elif isinstance(step, Release | Context):
        steps[at] = _passed(step.next)
    else:
        return _skip(steps, at)
    return True


def _again(steps: list[Step], at: int) -> bool:
    """A load gives what the load of the same thing before it gave."""
    step = steps[at]
    if not isinstance(step, Access) or step.op != "load" or not step.old:
        return False
    before = [
        one
        for one in steps[:at]
        if isinstance(one, Access)
        and one.op == "load"
        and (one.family, one.index) == (step.family, step.index)
        and one.old
    ]
    if not before:
        return False
    steps[at] = Let(step.old, local(before[-1].old), step.next)
    return True


def _ignore(steps: list[Step], at: int) -> bool:
    """The step is made, and its result counts as success."""
    step = steps[at]
    if not isinstance(step, Access) or not step.done:
        return False
    steps[at] = replace(step, done="", next=_behind(steps, at, step.done, 1))
    return True


def _plain(steps: list[Step], at: int) -> bool:
    """A conditional change is made whatever the count is."""
    step = steps[at]
    plain = {"add-unless": "add", "cas": "swap"}
    if not isinstance(step, Access) or step.op not in plain:
        return False
    if step.op == "cas":
        # Still a freeze where it was one: it expects what it finds.
        steps[at] = replace(step, op="swap", expect=None)
        return True
    following = _behind(steps, at, step.done, 1) if step.done else step.next
    steps[at] = replace(step, op=plain[step.op], done="", expect=None, next=following)
    return True


_MAKERS: dict[str, Callable[[list[Step], int], bool]] = {
    "skip": _skip,
    "gone": _gone,
    "again": _again,
    "ignore": _ignore,
    "plain": _plain,
}
