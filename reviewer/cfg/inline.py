# SPDX-License-Identifier: GPL-2.0-only
"""A graph with the bodies of some calls in their places.

A patch that moves code into a new function, or back out of one, leaves it in
the same place of the graph.
"""

from collections.abc import Callable, Mapping

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave, Node
from reviewer.location import Location
from reviewer.record import dataclass, replace
from reviewer.syntax.place import place_of
from reviewer.syntax.rebuild import rebuilt, walk
from reviewer.syntax.tree import Assign, Expr, Literal, Name, Unary

MAX_BODY = 400
"""Nodes of a function that is put in place of its calls."""

MAX_CALLS = 8
"""Calls of one function that are replaced."""

ENTRY, EXIT = 0, 1


@dataclass(frozen=True, slots=True)
class Body:
    """A function that stands in for its calls; ``here`` says that it stands in
    the same file, so that its lines mean something there."""

    graph: Graph
    here: bool


Bodies = Callable[[str], Body | None]


def inlined(graph: Graph, bodies: Bodies) -> Graph:
    """The graph with what ``bodies`` gives in the place of calls; calls inside
    a body stay calls."""
    calls: dict[int, Body] = {}
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Invoke) and node.function and len(calls) < MAX_CALLS:
            body = bodies(node.function)
            fits = body is not None and len(body.graph.function.params) == len(node.args)
            if fits and body is not None and len(body.graph.nodes) <= MAX_BODY:
                calls[number] = body
    return _Join(graph, calls).graph() if calls else graph


class _Join:
    """The graph in the making: nodes in the order they are evaluated in."""

    def __init__(self, graph: Graph, calls: Mapping[int, Body]) -> None:
        self.old, self.calls = graph, calls
        self.nodes: list[Node] = []
        self.edges: list[tuple[int, int, str]] = []
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.taken = _names(graph)
        self.temporaries = len(graph.nodes)

    def graph(self) -> Graph:
        for number, node in enumerate(self.old.nodes):
            body = self.calls.get(number)
            if body is None or not isinstance(node, Invoke):
                self.first[number] = self.last[number] = len(self.nodes)
                self.nodes.append(node)
            else:
                self.first[number] = len(self.nodes)
                self._put(node, body)
                self.last[number] = len(self.nodes) - 1
        for number, edges in enumerate(self.old.succ):
            for target, label in edges:
                self.edges.append((self.last[number], self.first[target], label))
        return self._drawn()

    def _put(self, call: Invoke, body: Body) -> None:
        """The nodes of one body: what binds the parameters, those of the
        function, and the point where the call comes back."""
        graph = body.graph
        words = self._words(call, body)
        start = len(self.nodes)
        self.nodes.append(Join(call.loc, f"into {call.function}()"))
        for name, given in words.bound:
            self.nodes.append(
                Compute(call.loc, Assign(call.loc, "=", Name(call.loc, name), given), name)
            )
        for number in range(start, len(self.nodes) - 1):
            self.edges.append((number, number + 1, ""))
        head, base = len(self.nodes) - 1, len(self.nodes) - 2
        end = base + len(graph.nodes)
        for node in graph.nodes[2:]:
            self.nodes.append(_renamed(node, words, call.result, None if body.here else call.loc))
        self.nodes.append(Join(call.loc, f"out of {call.function}()"))
        for number, edges in enumerate(graph.succ):
            if number == EXIT:
                continue
            source = head if number == ENTRY else base + number
            for target, label in edges:
                self.edges.append((source, end if target == EXIT else base + target, label))

    def _words(self, call: Invoke, body: Body) -> "_Words":
        function = body.graph.function
        written = {name for node in body.graph.nodes for name in _written(node)}
        given: dict[str, Expr] = {}
        bound = []
        for param, arg in zip(function.params, call.args, strict=True):
            if param.name in written or not _plain(arg):
                name = self._fresh(param.name, call.function)
                bound.append((name, arg))
                given[param.name] = Name(call.loc, name)
            else:
                given[param.name] = arg
        for node in body.graph.nodes:
            if isinstance(node, Compute) and node.declares and node.declares not in given:
                given[node.declares] = Name(call.loc, self._fresh(node.declares, call.function))
        for name in _temporaries(body.graph):
            self.temporaries += 1
            given[name] = Name(call.loc, f"%{self.temporaries}")
        return _Words(given, tuple(bound))

    def _fresh(self, name: str, function: str) -> str:
        fresh = f"{name}_{function}" if name in self.taken else name
        self.taken.add(fresh)
        return fresh

    def _drawn(self) -> Graph:
        succ: list[list[tuple[int, str]]] = [[] for _ in self.nodes]
        pred: list[list[tuple[int, str]]] = [[] for _ in self.nodes]
        for source, target, label in self.edges:
            succ[source].append((target, label))
            pred[target].append((source, label))
        return replace(
            self.old,
            nodes=tuple(self.nodes),
            succ=tuple(map(tuple, succ)),
            pred=tuple(map(tuple, pred)),
        )


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands for the names of a body, and what is bound first."""

    given: Mapping[str, Expr]
    bound: tuple[tuple[str, Expr], ...]


def _plain(arg: Expr) -> bool:
    """Whether an argument may be repeated wherever the parameter stands."""
    if isinstance(arg, Unary) and arg.op == "&":
        return place_of(arg.operand) is not None
    return isinstance(arg, Literal) or place_of(arg) is not None


def _written(node: Node) -> list[str]:
    expr = node.expr if isinstance(node, Compute) else None
    if isinstance(expr, Assign) and isinstance(expr.target, Name):
        return [expr.target.name]
    if isinstance(expr, Unary) and isinstance(expr.operand, Name) and expr.op not in ("*", "&"):
        return [expr.operand.name]
    return []


def _expressions(node: Node) -> list[Expr]:
    match node:
        case Compute(expr=expr) | Decide(cond=expr):
            return [expr]
        case Invoke(pointer=pointer, args=args):
            return [*args] if pointer is None else [pointer, *args]
        case Leave(value=value) if value is not None:
            return [value]
    return []


def _names(graph: Graph) -> set[str]:
    found = {one.name for one in graph.function.params}
    for node in graph.nodes:
        found |= {
            one.name for expr in _expressions(node) for one in walk(expr) if isinstance(one, Name)
        }
    return found


def _temporaries(graph: Graph) -> list[str]:
    results = [node.result for node in graph.nodes if isinstance(node, Invoke)]
    others = [name for name in sorted(_names(graph)) if name.startswith("%")]
    return list(dict.fromkeys([*results, *others]))


def _renamed(node: Node, words: _Words, result: str, loc: Location | None) -> Node:
    """A node of the body under the names of the caller; a return is an
    assignment to what takes the value of the call."""

    def change(expr: Expr) -> Expr:
        if isinstance(expr, Name):
            return words.given.get(expr.name, expr)
        return rebuilt(expr, change)

    made: Node = node
    match node:
        case Compute(expr=expr, declares=declares):
            named = words.given.get(declares)
            name = named.name if isinstance(named, Name) else ""
            made = replace(node, expr=change(expr), declares=name)
        case Decide(cond=cond):
            made = replace(node, cond=change(cond))
        case Invoke(pointer=pointer, args=args):
            taken = words.given[node.result]
            made = replace(
                node,
                pointer=None if pointer is None else change(pointer),
                args=tuple(map(change, args)),
                result=taken.name if isinstance(taken, Name) else node.result,
            )
        case Leave(value=None):
            made = Join(node.loc, "return")
        case Leave(value=value) if value is not None:
            made = Compute(node.loc, Assign(node.loc, "=", Name(node.loc, result), change(value)))
    return made if loc is None else replace(made, loc=loc)
