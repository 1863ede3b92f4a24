# SPDX-License-Identifier: GPL-2.0-only
"""The accesses a function makes to what others may see too."""

from collections.abc import Iterator

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Node
from reviewer.facts import Facts
from reviewer.locks.aliases import Aliases
from reviewer.locks.conditions import pointer_names
from reviewer.record import dataclass
from reviewer.syntax.declared import types
from reviewer.syntax.place import DEREF, ELEMENT, Place, place_of, substitute
from reviewer.syntax.rebuild import operands
from reviewer.syntax.tree import Assign, Call, Expr, Index, Member, Name, Unary


@dataclass(frozen=True, slots=True)
class Access:
    """One access: ``kind`` is ``read``, ``write`` or ``update`` (an atomic
    read-modify-write), ``place`` what it touches by its first name, ``text``
    the access as written, ``node`` where it stands in the graph.

    ``decides`` says that a branch depends on the value read, ``protocol`` how
    a value of several words is read (`reviewer.facts.StepFact`).
    """

    kind: str
    place: str
    text: str
    node: int
    line: int
    decides: bool
    protocol: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two accesses the same one."""
        return self.kind, self.place


Touch = tuple[str, Expr, Expr]
"""Kind, place and what was written there: the place or the call that touches it."""

KINDS = {"load": "read", "store": "write", "add": "update", "add-unless": "update", "cas": "update"}


def accesses(graph: Graph, facts: Facts, names: Aliases) -> tuple[Access, ...]:
    """Every access to a place that is not private to the function."""
    private, pointers = _private(graph), _pointers(graph)
    uses = _uses(graph)
    found = []
    for number, node in enumerate(graph.nodes):
        for kind, expr, spelled in _touched(node, facts):
            place = place_of(expr)
            if place is None:
                continue
            canonical = _whole(names.called(names.canonical(place)), facts)
            if _shared(canonical, private, pointers):
                decides = kind != "write" and _decides(graph, uses, number)
                protocol = _protocol(node, facts)
                line = node.loc.line
                text = names.spell(spelled)
                found.append(Access(kind, str(canonical), text, number, line, decides, protocol))
    return tuple(found)


def _whole(place: Place, facts: Facts) -> Place:
    """The place by the name of the object: ``folio->page._refcount`` is
    ``folio->_refcount``, for both are one count."""
    steps: list[str] = []
    for step in place.steps:
        inside = step.startswith(".") and steps
        if inside and steps[-1].lstrip("->.") in facts.same_object_members:
            steps[-1] = ("->" if steps[-1].startswith("->") else ".") + step[1:]
        else:
            steps.append(step)
    return Place(place.root, tuple(steps))


def _protocol(node: Node, facts: Facts) -> str:
    fact = facts.of(node.function) if isinstance(node, Invoke) else None
    return next((step.protocol for step in fact.steps if step.protocol), "") if fact else ""


def _private(graph: Graph) -> frozenset[str]:
    """Names that live in the function: parameters and locals."""
    names = {param.name for param in graph.function.params}
    for node in graph.nodes:
        if isinstance(node, Compute) and node.declares:
            names.add(node.declares)
        names |= _target(node)
    return frozenset(names)


def _pointers(graph: Graph) -> frozenset[str]:
    """The variables an index leads out of: not arrays of the function itself."""
    arrays = {name for name, kind in types(graph.function).items() if kind.endswith("]")}
    params = {param.name for param in graph.function.params}
    return (pointer_names(graph) - arrays) | params


def _shared(place: Place, private: frozenset[str], pointers: frozenset[str]) -> bool:
    if place.root.startswith("%"):
        return False
    reached = any(step.startswith("->") or step == DEREF for step in place.steps)
    if place.root in private:
        return reached or (place.root in pointers and place.steps[:1] == (ELEMENT,))
    return bool(place.steps)


def _touched(node: Node, facts: Facts) -> Iterator[Touch]:
    match node:
        case Invoke():
            yield from _by_call(node, facts)
            for arg in node.args:
                yield from _reads(arg)
        case Compute(expr=Assign(op=op, target=target, value=value)):
            yield from _reads(value)
            yield from _inner_reads(target)
            if op != "=":
                yield "read", target, target
            yield "write", target, target
        case Compute(expr=Unary(op="++" | "--" | "p++" | "p--", operand=target)):
            yield "read", target, target
            yield "write", target, target
        case Compute(expr=expr) | Decide(cond=expr):
            yield from _reads(expr)
        case Leave(value=value) if value is not None:
            yield from _reads(value)


def _by_call(node: Invoke, facts: Facts) -> Iterator[Touch]:
    fact = facts.of(node.function)
    if fact is None:
        return
    call = Call(node.loc, Name(node.loc, node.function), node.args)
    for step in fact.steps:
        if step.place is not None:
            yield KINDS[step.op], substitute(step.place, node.args), call
    stepped = [step.place for step in fact.steps]
    for kind, places in (("read", fact.reads), ("write", fact.writes)):
        for place in places:
            if place not in stepped:
                yield kind, substitute(place, node.args), call


def _reads(expr: Expr) -> Iterator[Touch]:
    """The places whose value an expression takes, the outermost of a path."""
    if isinstance(expr, Unary) and expr.op == "&":
        yield from _inner_reads(expr.operand)
        return
    if isinstance(expr, Member | Index) or (isinstance(expr, Unary) and expr.op == "*"):
        yield "read", expr, expr
        yield from _inner_reads(expr)
        return
    for operand in operands(expr):
        yield from _reads(operand)


def _inner_reads(expr: Expr) -> Iterator[Touch]:
    """What is read on the way to a place: ``p->next`` on that to
    ``p->next->flags``, the index of an element."""
    if isinstance(expr, Member):
        if expr.arrow:
            yield from _reads(expr.base)
        else:
            yield from _inner_reads(expr.base)
    elif isinstance(expr, Index):
        yield from _reads(expr.base)
        yield from _reads(expr.index)
    elif isinstance(expr, Unary) and expr.op == "*":
        yield from _reads(expr.operand)


@dataclass(frozen=True, slots=True)
class _Uses:
    """Where values go: ``copies`` are nodes that set a local from others,
    ``branches`` those that branch on some."""

    copies: tuple[tuple[int, str, frozenset[str]], ...]
    branches: tuple[tuple[int, frozenset[str]], ...]


def _uses(graph: Graph) -> _Uses:
    copies, branches = [], []
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            copies += [(number, name, _mentioned(node.expr.value)) for name in _target(node)]
        elif isinstance(node, Decide):
            branches.append((number, _mentioned(node.cond)))
    return _Uses(tuple(copies), tuple(branches))


def _decides(graph: Graph, uses: _Uses, number: int) -> bool:
    """Whether a branch depends on what node ``number`` reads: it is one, or
    the value gets there through locals."""
    node = graph.nodes[number]
    if isinstance(node, Decide):
        return True
    carriers = frozenset({node.result}) if isinstance(node, Invoke) else _target(node)
    if not carriers:
        return False
    behind, known = _behind(graph, number), frozenset[str]()
    while carriers != known:
        known = carriers
        carriers |= {name for at, name, used in uses.copies if used & known and at in behind}
    return any(used & carriers and at in behind for at, used in uses.branches)


def _behind(graph: Graph, number: int) -> set[int]:
    """The nodes that can be reached from a node."""
    seen = {number}
    stack = [number]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def _target(node: Node) -> frozenset[str]:
    """The local a node assigns to."""
    if isinstance(node, Compute) and isinstance(node.expr, Assign):
        target = node.expr.target
        return frozenset({target.name}) if isinstance(target, Name) else frozenset()
    return frozenset()


def _mentioned(expr: Expr) -> frozenset[str]:
    if isinstance(expr, Name):
        return frozenset({expr.name})
    found: frozenset[str] = frozenset()
    for operand in operands(expr):
        found |= _mentioned(operand)
    return found
