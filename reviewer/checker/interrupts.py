# SPDX-License-Identifier: GPL-2.0-only
"""Locks and calls that a patch leaves open to interrupts, or to bottom halves."""

from collections import Counter
from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Invoke
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Name

IRQS, BOTTOM_HALVES = "irqs-off", "bh-off"
SAID = {IRQS: "interrupts", BOTTOM_HALVES: "bottom halves"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A lock as a call takes it; ``off`` is what is off from there on."""

    lock: str
    text: str
    line: int
    off: frozenset[str]


@dataclass(frozen=True, slots=True)
class Open:
    """``text`` in ``line`` is made with ``context`` on; ``lock`` is what it takes,
    if it does.  ``witness`` is the function that still turns it off, in ``where``."""

    text: str
    line: int
    context: str
    lock: str = ""
    witness: str = ""
    where: int = 0
    before: str = ""


def weakened(change: FunctionChange) -> Iterator[Open]:
    """Locks that were taken with interrupts or bottom halves off and are not any
    more, while other functions of the file still do so."""
    if not change.locks_known:
        return
    old = list(_taken(change.before, change.facts))
    for one in _taken(change.after, change.facts):
        if change.before_line(one.line) is not None:
            continue
        same = [other for other in old if other.lock == one.lock]
        lost = {context for other in same for context in _lost(other.off, one.off)}
        if not same or not all(_lost(other.off, one.off) for other in same):
            continue
        for context in sorted(lost):
            for witness, site in _witnesses(change, one.lock):
                if not _lost(frozenset({context}), site.off):
                    yield Open(
                        one.text, one.line, context, one.lock, witness, site.line, same[0].text
                    )
                    break


def _lost(old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
    """What was off and is on: with interrupts off there are no bottom halves."""
    gone = (old & SAID.keys()) - new
    return gone - ({BOTTOM_HALVES} if IRQS in new else set())


def _taken(image: Image, facts: Facts) -> Iterator[Taken]:
    for number, node in enumerate(image.graph.nodes):
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        held = image.locks.before[number]
        if not isinstance(node, Invoke) or fact is None or held is None:
            continue
        for one in fact.acquires:
            name = lock_name(one, node, image.locks.names)
            if name and one.kind in ("spinlock", "rwlock"):
                off = frozenset(fact.enters) | held.context
                yield Taken(name, _written(node, image), node.loc.line, off)


def _written(node: Invoke, image: Image) -> str:
    return f"{node.function}({', '.join(image.locks.names.spell(arg) for arg in node.args)})"


def _witnesses(change: FunctionChange, lock: str) -> Iterator[tuple[str, Taken]]:
    """How the other functions of the file take locks of that name."""
    member = _member(lock)
    for image in change.mentioning((member,)):
        name = image.graph.function.name
        if name != change.name:
            for one in _taken(image, change.facts):
                if _member(one.lock) == member:
                    yield name, one


def _member(lock: str) -> str:
    return lock.rpartition("->")[2].rpartition(".")[2]


# Contexts of their own -----------------------------------------------------------------


def uncovered(change: FunctionChange) -> Iterator[Open]:
    """Calls that stay, around which interrupts or bottom halves were turned off
    by a call of its own, which is gone."""
    if not change.locks_known or change.partial:
        return
    old, new = (_alone(image, change.facts) for image in (change.before, change.after))
    for context in sorted((old - new).keys()):
        if new[context]:
            continue
        covered = {call for call, held in _calls(change.before, change.facts) if context in held}
        for call, held in _calls(change.after, change.facts):
            if call[:2] in {one[:2] for one in covered} and _lost(frozenset({context}), held):
                yield Open(call[1], call[2], context)
                break


def _alone(image: Image, facts: Facts) -> Counter[str]:
    """The contexts that are entered by calls that do nothing else."""
    found: Counter[str] = Counter()
    for node in image.graph.nodes:
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if fact is not None and not fact.acquires:
            found.update(context for context in fact.enters if context in SAID)
    return found


Call = tuple[str, str, int]


def _calls(image: Image, facts: Facts) -> Iterator[tuple[Call, frozenset[str]]]:
    """The calls that may do something to what others see, with what is off there."""
    for number, node in enumerate(image.graph.nodes):
        held = image.locks.before[number]
        if not isinstance(node, Invoke) or held is None or not node.function:
            continue
        if not _harmless(facts.of(node.function)) and _speaks(node):
            yield (node.function, _written(node, image), node.loc.line), held.context


def _harmless(fact: FunctionFact | None) -> bool:
    return fact is not None and (fact.inert or bool(fact.enters or fact.leaves))


def _speaks(node: Invoke) -> bool:
    return any(isinstance(part, Name) for arg in node.args for part in walk(arg))
