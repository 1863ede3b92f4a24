# SPDX-License-Identifier: GPL-2.0-only
"""Calls that may sleep where a patch makes it impossible, or impossible to tell."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reviewer.alignment.align import Image
from reviewer.cfg.dominators import EXIT
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.conditions import words
from reviewer.locks.locksets import lock_name
from reviewer.locks.sleeps import SPINNING, flags_sleep, may_sleep
from reviewer.record import dataclass
from reviewer.syntax.render import render

_WORD = re.compile(r"\w+|~")


@dataclass(frozen=True, slots=True)
class Asleep:
    """A call that may sleep: as written, in which line, what forbids it, and
    where that is not this function, or not this call, who."""

    text: str
    line: int
    under: str
    through: str = ""
    caller: str = ""


Call = tuple[str, str]
"""A call by its function and as it is written."""


def kinds(image: Image, facts: Facts) -> Mapping[str, str]:
    """The kinds of the locks a function takes, or is said to hold, by name."""
    found = {}
    for node in image.graph.nodes:
        if isinstance(node, Invoke) and (fact := _effect(node, image, facts)) is not None:
            for one in (*fact.acquires, *fact.assumes):
                found[lock_name(one, node, image.locks.names)] = one.kind
    return found


def _effect(node: Invoke, image: Image, facts: Facts) -> FunctionFact | None:
    return facts.of(node.function) or image.summaries(node.function)


def forbidding(image: Image, number: int, known: Mapping[str, str]) -> str:
    """A lock or context under which nobody may sleep and which is held before
    a node on every way; empty for none."""
    held = image.locks.before[number]
    if held is None:
        return ""
    spinning = sorted(name for name in held.must if known.get(name) in SPINNING)
    return next(iter((*spinning, *sorted(held.context))), "")


def newly_asleep(change: FunctionChange) -> Iterator[Asleep]:
    """Calls that may sleep and are made under a spinlock, or in a context that
    forbids it, and were not so before."""
    if not change.locks_known or change.partial:
        return
    after = list(_forbidden(change.after, change.facts))
    if not after:
        return
    before = Counter(call for call, _, _ in _forbidden(change.before, change.facts))
    for call, node, under in after:
        before[call] -= 1
        if before[call] >= 0:
            continue
        if may_sleep(node, change.facts):
            yield Asleep(call[1], node.loc.line, under)
        elif through := _sleeps_inside(node.function, change):
            yield Asleep(call[1], node.loc.line, under, through)


def _forbidden(image: Image, facts: Facts) -> Iterator[tuple[Call, Invoke, str]]:
    """The calls made where nobody may sleep."""
    known: Mapping[str, str] | None = None
    for number, node in enumerate(image.graph.nodes):
        held = image.locks.before[number]
        if not isinstance(node, Invoke) or held is None or not (held.must or held.context):
            continue
        known = kinds(image, facts) if known is None else known
        under = forbidding(image, number, known)
        if under:
            yield (node.function, _written(node, image)), node, under


def _written(node: Invoke, image: Image) -> str:
    return f"{node.function}({', '.join(image.locks.names.spell(arg) for arg in node.args)})"


def _sleeps_inside(name: str, change: FunctionChange) -> str:
    """The call by which a function of the file sleeps on every way through it."""
    graph = change.callees_after(name)
    if graph is None or change.facts.of(name) is not None:
        return ""
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Invoke) and may_sleep(node, change.facts):
            return node.function if _on_every_way(graph, number) else ""
        if isinstance(node, Invoke) and _drops(node, change):
            return ""
    return ""


def _drops(node: Invoke, change: FunctionChange) -> bool:
    """Whether a call may leave what its caller entered."""
    fact = _effect(node, change.after, change.facts)
    return fact is not None and bool(fact.releases or fact.leaves)


def _on_every_way(graph: Graph, number: int) -> bool:
    seen, stack = {0}, [0]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target not in seen and target != number:
                seen.add(target)
                stack.append(target)
    return EXIT not in seen


# Callers that may not sleep ----------------------------------------------------------


def asleep_in_callers(change: FunctionChange) -> Iterator[Asleep]:
    """A call that may sleep, new in a function that did not, and that is called
    under a spinlock elsewhere in the file."""
    if not change.locks_known or change.partial or _sleepers(change.before, change.facts):
        return
    for number, node in _sleepers(change.after, change.facts):
        if change.before_line(node.loc.line) is not None or _asked(change.after, number):
            continue
        found = _caller(change)
        if found is not None:
            under, caller = found
            text = _written(node, change.after)
            yield Asleep(text, node.loc.line, under, caller=caller)
        return


def _sleepers(image: Image, facts: Facts) -> list[tuple[int, Invoke]]:
    return [
        (number, node)
        for number, node in enumerate(image.graph.nodes)
        if isinstance(node, Invoke) and may_sleep(node, facts)
    ]


def _asked(image: Image, number: int) -> bool:
    """Whether a call is made on a condition the caller chose, or what the
    caller holds was dropped before."""
    held = image.locks.before[number]
    params = {one.name for one in image.graph.function.params}
    return held is None or any(words(one.text) & params for one in held.conditions())


def _caller(change: FunctionChange) -> tuple[str, str] | None:
    for image in change.mentioning((change.name,)):
        known: Mapping[str, str] | None = None
        for number, node in enumerate(image.graph.nodes):
            if isinstance(node, Invoke) and node.function == change.name:
                known = kinds(image, change.facts) if known is None else known
                under = forbidding(image, number, known)
                if under:
                    return under, image.graph.function.name
    return None


# Flags that are not what the caller gave -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Ignored:
    """An allocation that may sleep although the caller's ``param`` may say no;
    ``before`` is the one that asked it."""

    text: str
    line: int
    param: str
    before: str


def flags_ignored(change: FunctionChange) -> Iterator[Ignored]:
    """Allocations that heeded the flags the function was given and do not now."""
    given = {
        one.name
        for one in change.after.graph.function.params
        if not change.facts.sleeping.types.isdisjoint(one.type.split())
    }
    if not given:
        return
    heeded = [
        (node, param, change.before)
        for node, param in _heeding(change.before, change.facts, given)
        if change.after_line(node.loc.line) is None
    ]
    left = len(list(_heeding(change.after, change.facts, given)))
    if len(list(_heeding(change.before, change.facts, given))) <= left:
        return
    for node in change.after.graph.nodes:
        if not isinstance(node, Invoke) or change.before_line(node.loc.line) is not None:
            continue
        number = change.facts.sleeping.functions.get(node.function, -1)
        if heeded and number >= 0 and flags_sleep(node, number, change.facts):
            old, param, image = heeded.pop(0)
            yield Ignored(_written(node, change.after), node.loc.line, param, _written(old, image))


def _heeding(image: Image, facts: Facts, given: set[str]) -> Iterator[tuple[Invoke, str]]:
    for node in image.graph.nodes:
        if isinstance(node, Invoke):
            number = facts.sleeping.functions.get(node.function, -1)
            if 0 <= number < len(node.args):
                asked = given & set(_WORD.findall(render(node.args[number])))
                if asked:
                    yield node, min(asked)


# Locks that sleep with PREEMPT_RT ------------------------------------------------------


def no_longer_raw(change: FunctionChange, patch: PatchChange) -> Iterator[Asleep]:
    """Raw spinlocks that became spinlocks; each is told where it is first taken."""
    for one in _softened(change):
        first = next(other for other in patch.functions if _has(other, one.under))
        if first is change:
            yield one


def _has(change: FunctionChange, lock: str) -> bool:
    return any(one.under == lock for one in _softened(change))


def _softened(change: FunctionChange) -> Sequence[Asleep]:
    on_rt = change.facts.sleeping.on_rt
    raw = frozenset(on_rt.values())
    old = {lock for lock, _, _ in _taken_by(change.before, change.facts, raw)}
    if not old:
        return ()
    still = {lock for lock, _, _ in _taken_by(change.after, change.facts, raw)}
    return [
        Asleep(_written(node, change.after), node.loc.line, lock)
        for lock, node, _ in _taken_by(change.after, change.facts, frozenset(on_rt))
        if lock in old - still
    ]


def _taken_by(
    image: Image, facts: Facts, names: frozenset[str]
) -> Iterator[tuple[str, Invoke, FunctionFact]]:
    for node in image.graph.nodes:
        if isinstance(node, Invoke) and node.function in names:
            fact = facts.of(node.function)
            if fact is not None and fact.acquires:
                yield lock_name(fact.acquires[0], node, image.locks.names), node, fact
