# SPDX-License-Identifier: GPL-2.0-only
"""The order in which locks are taken, and where a patch turns it around.

Locks are told apart by class: the member they are, of which type where that is
known, or the variable.  What is taken inside calls of functions of the file
counts as taken at the call.
"""

from collections.abc import Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.callees import Callees
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.aliases import Aliases, aliases
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass
from reviewer.syntax.declared import types

KINDS = frozenset({"spinlock", "rwlock", "mutex", "rwsem", "semaphore", "bit-spinlock"})
DEEP = 2
"""Calls inside calls that are followed."""


@dataclass(frozen=True, slots=True)
class Class:
    """A lock without its object: ``owner`` is the type or the pointer it is
    reached through, empty for a variable, ``sure`` whether that is a type."""

    member: str
    owner: str
    sure: bool

    def same(self, other: "Class") -> bool:
        """Whether both may be one, and by more than a name that many have."""
        if self.member != other.member or bool(self.owner) != bool(other.owner):
            return False
        if self.owner == other.owner:
            return True
        return not (self.sure and other.sure) and "_" in self.member


@dataclass(frozen=True, slots=True)
class Edge:
    """``inner`` is taken in ``line`` where ``outer`` is held; ``through`` is the
    function that takes it, where it is not this one."""

    outer: Class
    inner: Class
    held: str
    taken: str
    line: int
    through: str = ""

    @property
    def pair(self) -> tuple[Class, Class]:
        """What makes two edges one order."""
        return self.outer, self.inner

    def against(self, other: "Edge") -> bool:
        """Whether the two take the same locks the other way round."""
        return self.outer.same(other.inner) and self.inner.same(other.outer)


@dataclass(frozen=True, slots=True)
class Inversion:
    """An order a patch adds, and the function that has the opposite one."""

    added: Edge
    other: Edge
    where: str


def inversions(change: FunctionChange) -> Iterator[Inversion]:
    """The orders a patch adds to a function against one that other functions
    of the file keep."""
    if not change.locks_known or change.partial or not _touched(change):
        return
    after = _orders(change.after, change.facts, change.callees_after)
    known = [edge.pair for edge in _orders(change.before, change.facts, change.callees_before)]
    for edge in after:
        if any(_alike(edge.pair, pair) for pair in known):
            continue
        known.append(edge.pair)
        other = _opposite(edge, change)
        if other is not None:
            yield Inversion(edge, *other)


def _alike(one: tuple[Class, Class], two: tuple[Class, Class]) -> bool:
    return one[0].same(two[0]) and one[1].same(two[1])


def _touched(change: FunctionChange) -> bool:
    """Whether a line changed that takes or drops a lock, or calls who may."""
    for image, other in (
        (change.before, change.after_line),
        (change.after, change.before_line),
    ):
        for number, node in enumerate(image.graph.nodes):
            if not isinstance(node, Invoke) or other(node.loc.line) is not None:
                continue
            held = image.locks.before[number]
            if held is not None and held.must:
                return True
            fact = change.facts.of(node.function) or image.summaries(node.function)
            if fact is not None and (fact.acquires or fact.releases):
                return True
    return False


def _opposite(edge: Edge, change: FunctionChange) -> tuple[Edge, str] | None:
    words = (edge.outer.member, edge.inner.member)
    for image in change.mentioning(words):
        name = image.graph.function.name
        if name == change.name:
            continue
        for other in _orders(image, change.facts, nobody):
            if edge.against(other):
                return other, name
    return None


def nobody(name: str) -> Graph | None:
    """The functions that are looked into where none are."""
    return None


def _orders(image: Image, facts: Facts, callees: Callees) -> Iterator[Edge]:
    """Every order of two locks in one function."""
    kinds = types(image.graph.function)
    spinning = _kinds(image, facts)
    for number, node in enumerate(image.graph.nodes):
        held = image.locks.before[number]
        if not isinstance(node, Invoke) or held is None or not held.must:
            continue
        outer = {name: _class(name, kinds) for name in held.must if spinning.get(name) in KINDS}
        if not outer:
            continue
        known = facts.of(node.function)
        fact = known or image.summaries(node.function)
        found = [(*one, "") for one in _taken(node, fact, image.locks.names, kinds)]
        if known is None:
            inside = _Inside(image, facts, callees).taken(node.function, DEEP)
            found += [(*one, node.function) for one in inside]
        for name, inner, through in found:
            for lock, one in outer.items():
                if not one.same(inner):
                    yield Edge(one, inner, lock, name, node.loc.line, through)


def _kinds(image: Image, facts: Facts) -> Mapping[str, str]:
    found = {}
    for node in image.graph.nodes:
        if isinstance(node, Invoke):
            fact = facts.of(node.function) or image.summaries(node.function)
            for one in () if fact is None else (*fact.acquires, *fact.assumes):
                found[lock_name(one, node, image.locks.names)] = one.kind
    return found


def _taken(
    node: Invoke, fact: FunctionFact | None, names: Aliases, kinds: Mapping[str, str]
) -> Iterator[tuple[str, Class]]:
    """What a call takes and waits for; a trylock does not wait."""
    if fact is None or fact.releases:
        return
    for one in fact.acquires:
        name = lock_name(one, node, names)
        if name and one.kind in KINDS and one.when in ("always", "zero"):
            yield name, _class(name, kinds)


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the functions take that one calls."""

    image: Image
    facts: Facts
    callees: Callees

    def taken(self, name: str, depth: int) -> Iterator[tuple[str, Class]]:
        """What a function of the file takes, itself or in its calls; nothing of one
        that drops what it did not take."""
        graph, effect = self.callees(name), self.image.summaries(name)
        if graph is None or (effect is not None and effect.releases):
            return
        calls = [node for node in graph.nodes if isinstance(node, Invoke)]
        facts = [(node, self.facts.of(node.function)) for node in calls]
        if any(fact is not None and (fact.acquires or fact.releases) for _, fact in facts):
            names, kinds = aliases(graph, self.facts), types(graph.function)
            found: dict[str, Class] = {}
            for node, fact in facts:
                if any(lock_name(one, node, names) not in found for one in _dropped(fact)):
                    return
                found.update(_taken(node, fact, names, kinds))
            yield from found.items()
        if depth > 1:
            for one in {node.function for node, fact in facts if fact is None}:
                yield from self.taken(one, depth - 1)


def _dropped(fact: FunctionFact | None) -> tuple[LockFact, ...]:
    return () if fact is None else fact.releases


def _class(lock: str, kinds: Mapping[str, str]) -> Class:
    """The class of a lock by its name: ``a->b->lock`` is the lock of a ``b``."""
    path = lock.replace("(", "").replace(")", "").replace("[]", "").replace(".", "->").split("->")
    if len(path) == 1:
        return Class(path[0], "", True)
    owner = path[-2]
    kind = kinds.get(owner.lstrip("*"), "") if len(path) == 2 else ""  # noqa: PLR2004 - a pair
    bare = " ".join(kind.replace("*", " ").split()).removeprefix("const ")
    return Class(path[-1], bare or owner, bool(bare))
