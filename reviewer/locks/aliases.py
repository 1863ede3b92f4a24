# SPDX-License-Identifier: GPL-2.0-only
"""Two names for one place, made one.

A place keeps the name the function uses (``mapping``, not ``file->f_mapping``)
except where a local was made to refer to something for good: by a macro that
declares it (``XA_STATE(xas, &mapping->i_pages, index)`` binds ``xas.xa``) or
by its only assignment (``lock = &mapping->i_private_lock``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.facts import Facts
from reviewer.syntax.place import Place, dereference, place_of, pointee, rebase, substitute
from reviewer.syntax.tree import Assign, Cast, Expr, Name, Unary

MAX_HOPS = 8
"""How many aliases are followed; a cycle of them cannot be longer than that
in code anybody writes."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """``bound`` maps a place that holds an address to that address."""

    bound: Mapping[Place, Expr]

    def canonical(self, place: Place) -> Place:
        """The place by its first name."""
        for _ in range(MAX_HOPS):
            shorter = self._follow(place)
            if shorter is None:
                return place
            place = shorter
        return place

    def _follow(self, place: Place) -> Place | None:
        for length in range(len(place.steps), -1, -1):
            prefix = Place(place.root, place.steps[:length])
            address = self.bound.get(prefix)
            if address is not None:
                return _through(address, prefix, place)
        return None


def _through(address: Expr, holder: Place, place: Place) -> Place | None:
    """``place``, which begins at the pointer in ``holder``, by the name its
    value ``address`` gives it."""
    if place == holder:
        return place_of(address)
    target = pointee(address)
    return None if target is None else rebase(place, dereference(holder), target)


def aliases(graph: Graph, facts: Facts) -> Aliases:
    """Collect what the function binds for good."""
    bound: dict[Place, Expr] = {}
    for place, address in _declared(graph, facts):
        bound[place] = address
    for name, address in _assigned_once(graph).items():
        bound.setdefault(Place(name), address)
    bound.update(_named_results(graph))
    return Aliases(bound)


def _named_results(graph: Graph) -> dict[Place, Expr]:
    """Results of calls, by the local that takes them: ``ptl = pmd_lock()``."""
    return {
        Place(node.expr.value.name): node.expr.target
        for node in graph.nodes
        if isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.value, Name)
        and node.expr.value.name.startswith("%")
        and isinstance(node.expr.target, Name)
        and not node.expr.target.name.startswith("%")
    }


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


def _assigned_once(graph: Graph) -> dict[str, Expr]:
    params = {param.name for param in graph.function.params}
    values: dict[str, list[Expr]] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            target = node.expr.target
            if isinstance(target, Name):
                values.setdefault(target.name, []).append(node.expr.value)
        if isinstance(node, Invoke):
            taken.update(_address_taken(node.args))
    return {
        name: seen[0]
        for name, seen in values.items()
        if len(seen) == 1 and name not in taken and name not in params and _is_address(seen[0])
    }


def _address_taken(args: tuple[Expr, ...]) -> set[str]:
    return {
        arg.operand.name
        for arg in args
        if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name)
    }


def _is_address(expr: Expr) -> bool:
    """Whether the value is an address that stays what it is: ``&place`` or
    the name of another pointer."""
    while isinstance(expr, Cast):
        expr = expr.operand
    if isinstance(expr, Unary) and expr.op == "&":
        return True
    return isinstance(expr, Name) and not expr.name.startswith("%") and not expr.name.isupper()
