# SPDX-License-Identifier: GPL-2.0-only
"""Two names for one place, made one.

A place keeps the name the function uses (``mapping``, not ``file->f_mapping``)
except where a local was made to refer to something for good: by a macro that
declares it (``XA_STATE(xas, &mapping->i_pages, index)`` binds ``xas.xa``) or
by its only assignment (``lock = &mapping->i_private_lock``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.conditions import addressed, steered, written
from reviewer.record import dataclass, field, replace
from reviewer.syntax.place import Place, dereference, place_of, pointee, rebase, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Cast, Expr, Name, Unary

MAX_HOPS = 8
"""How many aliases are followed; a cycle of them cannot be longer than that
in code anybody writes."""

MANY = 2
"""A variable that is written more than once stands for nothing else."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """``bound`` maps a place that holds an address to that address, ``calls``
    the temporary that takes the value of a call to the call as written;
    ``roots`` are the variables that the places of ``bound`` begin with."""

    bound: Mapping[Place, Expr]
    calls: Mapping[str, str] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()

    def canonical(self, place: Place) -> Place:
        """The place by its first name."""
        for _ in range(MAX_HOPS):
            shorter = self._follow(place)
            if shorter is None:
                return place
            place = shorter
        return place

    def spell(self, expr: Expr) -> str:
        """An expression as it was written: calls, not what takes their values."""
        return render(_written_out(expr, self.calls))

    def called(self, place: Place) -> Place:
        """A place that begins at a temporary, named by the call that gave it."""
        root = self.calls.get(place.root)
        return place if root is None else Place(root, place.steps)

    def _follow(self, place: Place) -> Place | None:
        if place.root not in self.roots:
            return None
        for length in range(len(place.steps), -1, -1):
            prefix = Place(place.root, place.steps[:length])
            address = self.bound.get(prefix)
            if address is not None:
                return _through(address, prefix, place)
        return None


def with_bound(bound: Mapping[Place, Expr], calls: Mapping[str, str] | None = None) -> Aliases:
    """The aliases with these places bound."""
    roots = frozenset([place.root for place in bound])
    return Aliases(bound, {} if calls is None else calls, roots)


def lock_text(place: Place) -> str:
    """A lock as people write it: one reached through a pointer is called by
    the pointer (``vmf->ptl``)."""
    return str(place).lstrip("*")


def _through(address: Expr, holder: Place, place: Place) -> Place | None:
    """``place``, which begins at the pointer in ``holder``, by the name its
    value ``address`` gives it."""
    if place == holder:
        return place_of(address)
    target = pointee(address)
    return None if target is None else rebase(place, dereference(holder), target)


def aliases(graph: Graph, facts: Facts, taken: frozenset[str] | None = None) -> Aliases:
    """Collect what the function binds for good; ``taken`` are the variables
    whose address is taken, when that is known already."""
    writes = _writes(graph, addressed(graph) if taken is None else taken)
    bound: dict[Place, Expr] = {}
    for place, address in _declared(graph, facts):
        if _stays(address, writes):
            bound[place] = address
    for name, address in _assigned_once(graph, writes).items():
        if _stays(address, writes):
            bound.setdefault(Place(name), address)
    bound.update(_named_results(graph))
    return with_bound(bound, _Calls(graph))


def _named_results(graph: Graph) -> dict[Place, Expr]:
    """Results of calls, by what takes them: ``vmf->ptl = pmd_lock()``."""
    return {
        Place(node.expr.value.name): node.expr.target
        for node in graph.nodes
        if isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and node.expr.op == "="
        and isinstance(node.expr.value, Name)
        and node.expr.value.name.startswith("%")
        and not (isinstance(node.expr.target, Name) and node.expr.target.name.startswith("%"))
        and place_of(node.expr.target) is not None
    }


class _Calls(Mapping[str, str]):
    """The calls as written, by the temporaries that take their results; each is
    written out when it is first asked for."""

    __slots__ = ("_graph", "_nodes", "_texts")

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes: dict[str, Invoke] | None = None
        self._texts: dict[str, str] = {}

    def _invokes(self) -> dict[str, Invoke]:
        if self._nodes is None:
            nodes = (one for one in self._graph.nodes if isinstance(one, Invoke) and one.function)
            self._nodes = {one.result: one for one in nodes}
        return self._nodes

    def __getitem__(self, name: str) -> str:
        text = self._texts.get(name)
        if text is None:
            node = self._invokes()[name]
            args = ", ".join(render(_written_out(arg, self)) for arg in node.args)
            text = self._texts[name] = f"{node.function}({args})"
        return text

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary, which most names are not in."""
        return self[name] if name.startswith("%") and name in self._invokes() else default

    def __contains__(self, name: object) -> bool:
        return name in self._invokes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._invokes())

    def __len__(self) -> int:
        return len(self._invokes())


def _written_out(expr: Expr, calls: Mapping[str, str]) -> Expr:
    """An expression with calls in place of the temporaries."""
    if isinstance(expr, Name):
        return replace(expr, name=calls.get(expr.name, expr.name))
    return rebuilt(expr, lambda operand: _written_out(operand, calls))


def _declared(graph: Graph, facts: Facts) -> list[tuple[Place, Expr]]:
    found = []
    for node in graph.nodes:
        if not isinstance(node, Invoke):
            continue
        fact = facts.of(node.function)
        for left, right in fact.binds if fact else ():
            place = place_of(substitute(left, node.args))
            if place is not None:
                found.append((place, substitute(right, node.args)))
    return found


def _writes(graph: Graph, taken: frozenset[str]) -> Counter[str]:
    """How often variables get a value; often enough where nobody can tell."""
    found = Counter(param.name for param in graph.function.params)
    found.update(dict.fromkeys(taken, MANY))
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Compute):
            found.update(written(node))
        elif isinstance(node, Invoke):
            found.update(dict.fromkeys(steered(graph, number), MANY))
    return found


def _stays(address: Expr, writes: Counter[str]) -> bool:
    """Whether an address means the same wherever it is written: it goes
    through no variable that is given another value."""
    place = pointee(address)
    if place is None:
        return False
    through = any(step == "*" or step.startswith("->") for step in place.steps)
    return not through or writes[place.root] <= 1


def _assigned_once(graph: Graph, writes: Counter[str]) -> dict[str, Expr]:
    found: dict[str, Expr] = {}
    for node in graph.nodes:
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            target, value = node.expr.target, node.expr.value
            if isinstance(target, Name) and writes[target.name] == 1 and _is_address(value):
                found[target.name] = value
    return found


def _is_address(expr: Expr) -> bool:
    """Whether the value is an address that stays what it is: ``&place`` or
    the name of another pointer."""
    while isinstance(expr, Cast):
        expr = expr.operand
    if isinstance(expr, Unary) and expr.op == "&":
        return True
    return isinstance(expr, Name) and not expr.name.startswith("%") and not expr.name.isupper()
