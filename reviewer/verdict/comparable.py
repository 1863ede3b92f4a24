# SPDX-License-Identifier: GPL-2.0-only
"""Does comparing two versions of a lookup say anything?  Not where the new one may
be right for a reason that the model does not have."""

import re
from collections import Counter
from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.checker.callees import Callees
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.locks.aliases import aliases
from reviewer.simulation.answer import Run
from reviewer.simulation.binding import COUNTS, Binding, lookups
from reviewer.simulation.roles import names_after
from reviewer.simulation.steps import Branch, Life, Program
from reviewer.syntax.place import place_of, substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Assign, Expr, Name

READ_SIDES = frozenset({"bh-off", "preempt-off", "irqs-off", "hardirq", "softirq"})
"""What a grace period waits for as well (since v5.0)."""
LIFETIME = ("use-after-free", "get-on-zero", "count-underflow")
"""The harm that others do; what a function leaves undone by itself, as a
reference that is handed on in a way nobody knows, is none of these."""
_CALL = re.compile(r"\w+\(")


def comparable(one: Binding, change: FunctionChange, facts: Facts) -> bool:
    """Whether the new version protects the object by what the old one did or by
    nothing, does nothing new with it, and looks it up in the same way."""
    before, after = change.before, change.after
    name = _named(one, before.graph, after.graph, facts)
    if one.source.startswith("current") or _held(after) - _held(before):
        return False
    if _readers(after.graph, one, facts) - _readers(before.graph, one, facts):
        return False
    found = lookups(after.graph, facts, change.callees_after)
    mine = [known for known in found if known.object == name]
    if any(known.counter not in ("", one.real.roles.counter) for known in mine):
        return False
    loads = [
        held for known in mine for load in known.loads if (held := after.locks.before[load.node])
    ]
    under = one.scenario.lookup.context if one.scenario.lookup is not None else ""
    if under and any(held.context & READ_SIDES for held in loads):
        return False
    old = _dealings(before.graph, one, one.object, facts)
    new = _dealings(after.graph, one, name, facts)
    more = [what for what in new - old if not _counts(*what, facts)]
    borrowed = any(held.must | held.context for held in loads) and _gone(old - new, facts)
    return not (more or borrowed or _other_bodies(change))


def _named(one: Binding, before: Graph, after: Graph, facts: Facts) -> str:
    """What the object is called in the new version: results of calls have other
    names there."""
    text = aliases(before, facts).calls.get(one.object)
    now = {told: name for name, told in aliases(after, facts).calls.items()}
    return one.object if text is None else now.get(text, one.object)


def told(run: Run, before: Program) -> bool:
    """Whether the schedule of a run is one that others make possible, and ends in
    a step that is known to touch the object."""
    schedule = run.result.broken[run.broken]
    after = run.machine.programs[run.machine.subject]
    last = schedule[-1].step
    guessed = isinstance(last, Life) and _CALL.match(last.origin.text) is not None
    return not (run.alone or guessed or _open(after) > _open(before))


def _open(program: Program) -> int:
    """How many branches the model leaves open: what they have to do with one
    another is lost."""
    return sum(isinstance(step, Branch) and step.value[0] == "unknown" for step in program.steps)


def _held(image: Image) -> frozenset[str]:
    """Every lock and context that is held anywhere."""
    known = [held for held in image.locks.before if held is not None]
    return frozenset(name for held in known for name in (*held.may, *held.must, *held.context))


def _readers(graph: Graph, one: Binding, facts: Facts) -> set[str]:
    """The functions by which the word is read."""
    words = {place for some in one.real.roles.places.values() for place in some}
    found = set()
    names = aliases(graph, facts)
    for node in graph.nodes:
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if not isinstance(node, Invoke) or fact is None:
            continue
        for step in fact.steps:
            place = place_of(substitute(step.place, node.args)) if step.place else None
            if place is not None and names.called(names.canonical(place)) in words:
                found.add(node.function)
    return found


Dealing = tuple[str, str]


def _counts(what: str, name: str, facts: Facts) -> bool:
    """Whether something new is known to take or drop a reference."""
    fact, told = facts.of(name), facts.operations.of(name)
    if what != "call":
        return False
    return (fact is not None and fact.role in COUNTS) or (told.kind in COUNTS and not told.guessed)


def _dealings(graph: Graph, one: Binding, name: str, facts: Facts) -> Counter[Dealing]:
    """What is done with the object and its word: calls that are given it, and
    what is stored into it, of it, or into the word."""
    names = names_after(graph, name, facts)
    words = {place for some in one.real.roles.places.values() for place in some}
    found: Counter[Dealing] = Counter()
    for node in graph.nodes:
        if isinstance(node, Invoke):
            if any(_mentions(arg, names) for arg in node.args):
                found["call", node.function] += 1
        elif isinstance(node, Compute) and isinstance(node.expr, Assign):
            target, value = node.expr.target, node.expr.value
            stored = not isinstance(target, Name)
            if stored and (_mentions(target, names) or _mentions(value, names)):
                found["store", ""] += 1
            if stored and place_of(target) in words:
                found["word", ""] += 1
    return found


def _mentions(expr: Expr, names: frozenset[str]) -> bool:
    return any(isinstance(part, Name) and part.name in names for part in walk(expr))


def _gone(gone: Counter[Dealing], facts: Facts) -> bool:
    """Whether both ends of a pair are gone: under the same lock the object may be
    used without a reference."""
    kinds = {_kind(name, facts) for what, name in gone if what == "call"}
    return "put" in kinds and bool(kinds & {"get", "try-get"})


def _kind(name: str, facts: Facts) -> str:
    fact = facts.of(name)
    return fact.role if fact is not None and fact.role in COUNTS else facts.operations.of(name).kind


def _other_bodies(change: FunctionChange) -> bool:
    """Whether a function of the file that is called is new, or another one now."""
    called = {node.function for node in change.after.graph.nodes if isinstance(node, Invoke)}
    return any(
        _shape(change.callees_before, name) != _shape(change.callees_after, name) for name in called
    )


def _shape(callees: Callees, name: str) -> tuple[object, ...]:
    body = callees(name)
    return () if body is None else tuple(_parts(body))


def _parts(body: Graph) -> Iterator[object]:
    for node in body.nodes:
        yield node.function if isinstance(node, Invoke) else type(node).__name__
