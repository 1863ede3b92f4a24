# SPDX-License-Identifier: GPL-2.0-only
"""Find out which names of a function play which role of a scenario.

Nothing here knows a function: a role is recognised by the places reached
through a name (whoever has ``->i_pages`` is the mapping) and by what is stored
where (what is put into the slot is the new folio).
"""

from collections.abc import Iterator, Mapping

from reviewer.cfg.graph import Compute, Graph, Invoke, Node
from reviewer.facts import Facts
from reviewer.locks.aliases import Aliases, aliases
from reviewer.record import dataclass
from reviewer.simulation.scenario import Scenario
from reviewer.syntax.place import Place, place_of, substitute
from reviewer.syntax.tree import Assign, Cast, Name


@dataclass(frozen=True, slots=True)
class Touch:
    """A fact's step on a place: ``value`` is what it stores, as a name."""

    place: Place
    op: str
    value: str


def touches(graph: Graph, facts: Facts) -> tuple[Touch, ...]:
    """Every place the facts say the function touches, by its first name."""
    names = aliases(graph, facts)
    return tuple(_touches(graph, facts, names))


def _touches(graph: Graph, facts: Facts, names: Aliases) -> Iterator[Touch]:
    for node in graph.nodes:
        if not isinstance(node, Invoke) or (fact := facts.of(node.function)) is None:
            continue
        for step in fact.steps:
            place = place_of(substitute(step.place, node.args)) if step.place else None
            if place is not None:
                value = substitute(step.value, node.args) if step.value else None
                text = value.name if isinstance(value, Name) else ""
                yield Touch(names.canonical(place), step.op, text)
        for lock in (*fact.acquires, *fact.releases):
            place = place_of(substitute(lock.place, node.args))
            if place is not None:
                yield Touch(names.canonical(place), "lock", "")


def roles(scenario: Scenario, graph: Graph, facts: Facts, place: Place | None) -> Mapping[str, str]:
    """Map the scenario's roles to names of the function.

    ``place`` is what the finding is about: the root of a count plays the first
    object, that of a word the role the word is reached through; None where
    nothing is asked yet.
    """
    found = touches(graph, facts)
    names: dict[str, str] = {}
    if place is not None:
        if place.steps and place.steps[-1].lstrip("->.") == scenario.counter:
            names[next(iter(scenario.objects))] = place.root
        for word in scenario.words:
            if word.place.steps == place.steps:
                names[word.place.root] = place.root
    for known in _places(scenario):
        if known.root in names or not known.steps or known.steps == ("*",):
            continue
        for touch in found:
            if touch.place.steps == known.steps:
                names[known.root] = touch.place.root
                break
    given = frozenset(param.name for param in graph.function.params)
    _name_others(scenario, names, found, given)
    return names


def _places(scenario: Scenario) -> Iterator[Place]:
    """The places of the words and locks of a scenario."""
    yield from (word.place for word in scenario.words)
    yield from (place for places in scenario.locks.values() for place in places)


def _name_others(
    scenario: Scenario, names: dict[str, str], found: tuple[Touch, ...], given: frozenset[str]
) -> None:
    """The other objects: what is stored into a word, else what else is counted
    and was given to the function."""
    words = {Place(names.get(w.place.root, w.place.root), w.place.steps) for w in scenario.words}
    stored = [t.value for t in found if t.op == "store" and t.place in words and t.value]
    counted = [
        touch.place.root
        for touch in found
        if touch.place.steps and _last(touch) == scenario.counter and touch.place.root in given
    ]
    candidates = [name for name in [*stored, *counted] if name not in names.values()]
    for role in scenario.objects:
        if role not in names:
            unused = [name for name in candidates if name not in names.values()]
            names[role] = unused[0] if unused else f"%{role}"


def _last(touch: Touch) -> str:
    return touch.place.steps[-1].lstrip("->.")


def reassigned(graph: Graph, name: str) -> tuple[int, ...]:
    """The lines on which a name that should stay one object is assigned;
    a single assignment before anything else is none."""
    lines = [
        node.loc.line
        for node in graph.nodes
        if isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.target, Name)
        and node.expr.target.name == name
    ]
    parameter = any(param.name == name for param in graph.function.params)
    return tuple(lines) if len(lines) > (0 if parameter else 1) else ()


def names_after(graph: Graph, name: str, facts: Facts) -> frozenset[str]:
    """All names an object has that is called so somewhere."""
    names = {name}
    grown = True
    while grown:
        before = len(names)
        names |= {other for node in graph.nodes for other in _renamed(node, names, facts)}
        grown = len(names) > before
    return frozenset(names)


def _renamed(node: Node, names: set[str], facts: Facts) -> Iterator[str]:
    """The names an object has behind a node, where it had these before."""
    match node:
        case Compute(expr=Assign(op="=", target=Name(name=new), value=value)):
            while isinstance(value, Cast):
                value = value.operand
            if isinstance(value, Name) and value.name in names:
                yield new
        case Invoke(args=[Name(name=old), *_]) if old in names:
            fact = facts.of(node.function)
            kind = facts.operations.of(node.function).kind
            if (fact is not None and fact.same_object) or kind in ("get", "try-get"):
                yield node.result
        case _:
            pass
