# SPDX-License-Identifier: GPL-2.0-only
"""Which locks are held where: a must/may dataflow over the graph.

A lock is a place by its first name (`reviewer.locks.aliases`).  What is taken
under a condition (a trylock by its result, ``if (check) lock()``) is kept as
such and counts where a later branch says the condition again.  What is claimed
must hold: where that is not sure, nothing is claimed.
"""

import re
from collections.abc import Callable
from functools import cache
from heapq import heappop, heappush

from reviewer.cfg.dominators import postorder
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Node, Unknown
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.aliases import Aliases, aliases, lock_text
from reviewer.locks.annotations import held_at_entry
from reviewer.locks.conditions import (
    Condition,
    addressed,
    condition,
    decided,
    declared,
    settled,
    steered,
    trusted,
    words,
    written,
)
from reviewer.locks.held import Held, Scopes, merged
from reviewer.record import dataclass, field, replace
from reviewer.syntax.place import ELEMENT, Place, place_of, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.tree import Assign, Expr, Name

__all__ = ["START", "Held", "Locksets", "lock_name", "lock_text", "locksets"]

START = Held()

MAX_NODES = 5_000
MAX_EDGES = 15_000
"""The largest function of the kernel has 3,525 nodes and as many edges."""

MAX_WORK = 400_000
"""What may be said at the nodes that are passed, all together, for the sets grow
with the function.  The kernel's functions need 203,000 at most, but for one, the
bandwidth calculation of a graphics card, that needs 742,000."""

MAYBE = "maybe"
"""When a call takes or drops a lock in a way its result does not tell."""

Summaries = Callable[[str], FunctionFact | None]
"""What a call of a function of the tree does to locks, by its name; asked where
the tables say nothing."""
_VARIABLE = re.compile(r"(?<![\w>.])%?[A-Za-z_]\w*|%\d+")
_POINTER = re.compile(r"(?:->|\.)(\w+)(?:\[\])?\)*(?=->|$)")
_ARROW = re.compile("->")
_MEMBER = re.compile(r"(?:->|\.)(\w+)$")


@dataclass(frozen=True, slots=True)
class Locksets:
    """What is held before each node; None where the node is not reached.

    ``trouble`` says why nothing is known of any node, and is empty otherwise.
    """

    graph: Graph
    names: Aliases
    before: tuple[Held | None, ...]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What every step of the dataflow needs."""

    graph: Graph
    facts: Facts
    names: Aliases
    trusted: frozenset[str]
    assume: frozenset[Condition]
    summaries: Summaries
    variables: frozenset[str]
    gone: dict[int, frozenset[str]] = field(default_factory=dict)

    def is_global(self, lock: str) -> bool:
        """Whether a name is that of a variable outside the function, which is
        the lock itself as nobody points locks elsewhere by a global."""
        return lock.isidentifier() and lock not in self.variables

    def effect(self, node: Invoke) -> FunctionFact | None:
        """What a call does: the tables know best, then its body."""
        return self.facts.of(node.function) or self.summaries(node.function)


def nothing_known(name: str) -> FunctionFact | None:
    """The summaries where no other function is at hand."""
    return None


def locksets(
    graph: Graph,
    facts: Facts,
    assume: frozenset[Condition] = frozenset(),
    start: Held = START,
    summaries: Summaries = nothing_known,
) -> Locksets:
    """Compute what is held at every node.

    ``assume`` are conditions on parameters taken for granted: edges that
    contradict them are not followed.  ``start`` is what the caller holds.
    """
    trouble = _too_large(graph)
    if trouble:
        return Locksets(graph, Aliases({}), (None,) * len(graph.nodes), trouble)
    taken = addressed(graph)
    names, sure = aliases(graph, facts, taken), trusted(graph, taken)
    setting = _Setting(graph, facts, names, sure, assume, summaries, declared(graph))
    for lock in held_at_entry(graph.function):
        start = replace(start, locks=start.locks.entered(lock))
    before = _fixpoint(setting, start)
    return Locksets(graph, names, before, "" if before[0] else _TOO_MUCH)


def _fixpoint(setting: _Setting, start: Held) -> tuple[Held | None, ...]:
    """What is held before each node; of none where that takes too much work.

    A node waits for all that flows into it: then few are visited twice.
    """
    graph = setting.graph
    before: list[Held | None] = [None] * len(graph.nodes)
    before[0] = start
    order = postorder([[target for target, _ in edges] for edges in graph.succ], 0)
    order.reverse()
    rank = {number: at for at, number in enumerate(order)}
    queue, waiting, work = [0], {0}, 0
    while queue and work < MAX_WORK:
        number = order[heappop(queue)]
        waiting.discard(number)
        held = before[number]
        assert held is not None
        after = _after(setting, number, held)
        work += after.size() * (1 + len(graph.succ[number]))
        for target, label in graph.succ[number]:
            flowing = _along(setting, graph.nodes[number], label, after)
            if flowing is None:
                continue
            old = before[target]
            if flowing is old and not old.conditional():
                continue
            new = flowing if old is None else merged(old, flowing)
            if new != old:
                before[target] = new
                if target not in waiting:
                    waiting.add(target)
                    heappush(queue, rank[target])
    return (None,) * len(before) if queue else tuple(before)


_TOO_MUCH = "too much may be held on its ways"


def _too_large(graph: Graph) -> str:
    nodes, edges = len(graph.nodes), sum(map(len, graph.succ))
    if nodes <= MAX_NODES and edges <= MAX_EDGES:
        return ""
    return f"too large to follow: {nodes} nodes, {edges} edges"


def _after(setting: _Setting, number: int, held: Held) -> Held:
    node = setting.graph.nodes[number]
    if isinstance(node, Unknown):
        # Whatever stands here may drop any lock and write any variable.
        return Held(held.locks.doubted(_any), held.contexts.doubted(_any))
    held = _forgotten(setting, number, held)
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        return _assigned(setting, node.expr, held)
    if isinstance(node, Invoke) and (fact := setting.effect(node)) is not None:
        return _called(setting, node, fact, held)
    return held


def _any(_: str) -> bool:
    return True


def _forgotten(setting: _Setting, number: int, held: Held) -> Held:
    """Without what was said in terms of variables the node writes: conditions
    on them, and locks that are reached through them."""
    node = setting.graph.nodes[number]
    gone = setting.gone.get(number)
    if gone is None:
        gone = written(node, setting.facts.of(node.function) if isinstance(node, Invoke) else None)
        gone = setting.gone[number] = gone | steered(setting.graph, number)
    if gone and held.conditional():
        known = frozenset(found for found in held.known if not words(found.text) & gone)
        held = Held(held.locks.forgotten(gone), held.contexts.forgotten(gone), known)
    if not held.locks.may:
        return held
    pointers = _repointed(setting, node, gone)
    stored = _stored(node)
    member = "" if stored is None else _member(stored)
    if not (pointers or member):
        return held
    kept = set() if stored is None else {str(setting.names.canonical(stored))} - pointers
    return replace(
        held,
        locks=held.locks.renounced(
            lambda lock: lock not in kept and (_through(lock, pointers) or _by(lock, member))
        ),
    )


def _stored(node: Node) -> Place | None:
    """The place an assignment writes."""
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        return place_of(node.expr.target)
    return None


def _member(place: Place) -> str:
    """The member that is written; empty for none.  Whose member it is does not
    count: two pointers may point to one object."""
    steps = [step for step in place.steps if step != ELEMENT]
    return steps[-1].lstrip("->.*") if steps else ""


def _by(lock: str, member: str) -> bool:
    """Whether a lock is reached through a pointer that is a member of that name."""
    return member in _POINTER.findall(lock)


def _repointed(setting: _Setting, node: Node, gone: frozenset[str]) -> frozenset[str]:
    """The pointers, as written in the names of locks, that point elsewhere now."""
    if isinstance(node, Invoke):
        holder = setting.names.bound.get(Place(node.result))
        return gone if holder is None else gone | _spelled(holder, setting.names)
    if not (isinstance(node, Compute) and isinstance(node.expr, Assign)):
        return gone
    value = node.expr.value
    if isinstance(value, Name) and setting.names.bound.get(Place(value.name)) == node.expr.target:
        # The lock in it was taken by its new name already.
        return frozenset()
    return gone | _spelled(node.expr.target, setting.names)


def _spelled(expr: Expr, names: Aliases) -> frozenset[str]:
    place = place_of(expr)
    return frozenset() if place is None else frozenset({str(names.canonical(place))})


def _through(lock: str, pointers: frozenset[str]) -> bool:
    """Whether a lock is reached through one of some pointers, so that its name
    means another one when that changes."""
    return not pointers.isdisjoint(_reached_by(lock))


@cache
def _reached_by(lock: str) -> frozenset[str]:
    """All names a change of which makes a lock's name mean another one."""
    found = {lock, *(lock[: arrow.start()] for arrow in _ARROW.finditer(lock))}
    for variable in _VARIABLE.findall(lock):
        if "->" in lock or not lock.startswith(f"{variable}."):
            found.add(variable)
    return frozenset(found)


def _assigned(setting: _Setting, expr: Assign, held: Held) -> Held:
    """``ok = trylock()``: what the result says is now said by ``ok``."""
    if expr.op != "=":
        return held
    held = _handed_on(setting, expr, held)
    if not isinstance(expr.target, Name) or not _variable(setting, expr.target.name):
        return held
    now = settled(expr)
    if now is not None:
        return replace(held, known=held.known | {now})
    said = _said(setting, expr.value, "T")
    if said is None:
        return held
    now = Condition(expr.target.name, True)
    known = held.known
    if said in known or said.negated() in known:
        known |= {now if said in known else now.negated()}
    return Held(held.locks.said_by(said, now), held.contexts.said_by(said, now), known)


def _handed_on(setting: _Setting, expr: Assign, held: Held) -> Held:
    """A lock that is called by a temporary is called by what takes its value."""
    place = place_of(expr.target)
    if place is None or not (isinstance(expr.value, Name) and expr.value.name.startswith("%")):
        return held
    old, new = expr.value.name, str(setting.names.canonical(place))
    inner = f"({new})" if new.startswith("*") else new

    def change(lock: str) -> str:
        if lock == old:
            return new.lstrip("*")
        return f"{inner}{lock[len(old) :]}" if lock.startswith((f"{old}->", f"{old}.")) else lock

    return replace(held, locks=held.locks.renamed(change))


def _called(setting: _Setting, node: Invoke, fact: FunctionFact, held: Held) -> Held:
    names = setting.names
    locks, contexts = held.locks, held.contexts
    for dropped in fact.releases:
        name, surely = lock_name(dropped, node, names), dropped.when == "always"
        locks = _released(setting, locks, name, surely)
    for left in fact.leaves:
        # What was entered twice is entered once still, or not: nobody counts.
        contexts = contexts.left(left, surely=False)
    for taken in fact.acquires:
        lock = lock_name(taken, node, names)
        if lock:
            locks = _entered(locks, lock, taken.when, node.result)
    for entered in fact.enters:
        contexts = _entered(contexts, entered, fact.enters_when, node.result)
    # What the kernel asserts it relies on itself.
    for assumed in fact.assumes:
        lock = lock_name(assumed, node, names)
        if lock:
            locks = locks.entered(lock)
    for context in fact.assumes_contexts:
        contexts = contexts.entered(context)
    return replace(held, locks=locks, contexts=contexts)


def _entered(scopes: Scopes, name: str, when: str, result: str) -> Scopes:
    if when == "always":
        return scopes.entered(name)
    if when == MAYBE:
        return scopes.perhaps(name)
    return scopes.entered_when(name, Condition(result, when == "nonzero"))


def _released(setting: _Setting, locks: Scopes, lock: str, surely: bool) -> Scopes:
    """A lock that nobody took by this name may be one taken by another."""
    if lock not in locks.must:
        locks = locks.doubted(lambda other: _alike(setting, lock, other))
    return locks.left(lock, surely and ELEMENT not in lock)


def _alike(setting: _Setting, one: str, other: str) -> bool:
    """Whether two names may stand for one lock: members of one name, or a
    pointer, which may point to anything; a lock with a name of its own is
    nobody's member, and no other that has one."""
    first, second = _MEMBER.search(one), _MEMBER.search(other)
    if first is not None and second is not None:
        return first[1] == second[1]
    alone = [setting.is_global(name) for name in (one, other)]
    if all(alone):
        return one == other
    return not (alone[0] and second is not None) and not (alone[1] and first is not None)


def lock_name(lock: LockFact, node: Invoke, names: Aliases) -> str:
    """The lock a call takes or drops, by its first name; empty for none.

    ``spin_lock(pte_lockptr(mm, pmd))`` takes what ``pte_lockptr(mm, pmd)``
    gives, wherever that is written.
    """
    place = place_of(_result_in(substitute(lock.place, node.args), node.result))
    if place is None:
        return ""
    place = names.canonical(place)
    return lock_text(place if place.root == node.result else names.called(place))


def _result_in(expr: Expr, result: str) -> Expr:
    if isinstance(expr, Name):
        return replace(expr, name=result) if expr.name == "$result" else expr
    return rebuilt(expr, lambda operand: _result_in(operand, result))


def _along(setting: _Setting, node: Node, label: str, held: Held) -> Held | None:
    if not isinstance(node, Decide) or not decided(node):
        return held
    found = _said(setting, node.cond, label)
    if found is None:
        return held
    return None if found.negated() in setting.assume else held.where(found)


def _said(setting: _Setting, expr: Expr, label: str) -> Condition | None:
    """The condition an edge stands for, if it can be relied on later."""
    said = condition(expr, label)
    if said is None:
        return None
    found, names = said
    return found if all(_variable(setting, name) or name.isupper() for name in names) else None


def _variable(setting: _Setting, name: str) -> bool:
    return name.startswith("%") or name in setting.trusted
