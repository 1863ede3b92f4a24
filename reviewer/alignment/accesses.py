# SPDX-License-Identifier: GPL-2.0-only
"""The accesses a function makes to what others may see too."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reviewer.cfg.dominators import postorder
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Node
from reviewer.facts import Facts
from reviewer.locks.aliases import Aliases
from reviewer.locks.conditions import STEPS, pointer_names
from reviewer.record import dataclass
from reviewer.syntax.declared import types
from reviewer.syntax.place import DEREF, ELEMENT, Place, place_of, substitute
from reviewer.syntax.rebuild import operands, walk
from reviewer.syntax.tree import Assign, Binary, Call, Expr, Index, Literal, Member, Name, Unary


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
    uses = _uses(graph)
    found = []
    for kind, place, spelled, number in touched(graph, facts, names):
        node = graph.nodes[number]
        decides = kind != "write" and _decides(graph, uses, number)
        text, protocol = names.spell(spelled), _protocol(node, facts)
        line = node.loc.line
        found.append(Access(kind, str(place), text, number, line, decides, protocol))
    return tuple(found)


def touched(graph: Graph, facts: Facts, names: Aliases) -> Iterator[tuple[str, Place, Expr, int]]:
    """The kind of each access to what is not private to the function, its place by
    its first name, what was written there and the node."""
    private, pointers = _private(graph), _pointers(graph)
    for number, node in enumerate(graph.nodes):
        for kind, expr, spelled in _touched(node, facts):
            place = place_of(expr)
            if place is None:
                continue
            canonical = whole(names.called(names.canonical(place)), facts)
            if _shared(canonical, private, pointers):
                yield kind, canonical, spelled, number


def deciding(graph: Graph) -> Callable[[int], bool]:
    """Whether a branch depends on what a node reads or, for a call, returns."""
    uses = _uses(graph)
    return lambda number: _decides(graph, uses, number)


def whole(place: Place, facts: Facts) -> Place:
    """The place by the name of the object: ``folio->page._refcount`` is
    ``folio->_refcount``, for both are one count."""
    if not any(step.lstrip("->.") in facts.same_object_members for step in place.steps[:-1]):
        return place
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
        if not graph.function.complete:
            # Its declaration may stand outside of the hunks.
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
    return bool(place.steps) or (place.root.isidentifier() and not place.root.isupper())


def _touched(node: Node, facts: Facts) -> list[Touch]:
    found: list[Touch] = []
    if isinstance(node, Invoke):
        _by_call(node, facts, found)
        for arg in node.args:
            _reads(arg, found)
    elif isinstance(node, Compute):
        _computed(node.expr, found)
    elif isinstance(node, Decide):
        cond = node.cond
        _reads(cond, found)
        _tested(cond, found)
        if isinstance(cond, Name):
            found.append(("read", cond, cond))
    elif isinstance(node, Leave) and node.value is not None:
        _reads(node.value, found)
    return found


def _computed(expr: Expr, found: list[Touch]) -> None:
    if isinstance(expr, Assign):
        target = expr.target
        _reads(expr.value, found)
        _tested(expr.value, found)
        _inner_reads(target, found)
        if expr.op != "=":
            found.append(("read", target, target))
        found.append(("write", target, target))
    elif isinstance(expr, Unary) and expr.op in STEPS:
        found.append(("read", expr.operand, expr.operand))
        found.append(("write", expr.operand, expr.operand))
    else:
        _reads(expr, found)


def _by_call(node: Invoke, facts: Facts, found: list[Touch]) -> None:
    fact = facts.of(node.function)
    if fact is None or not (fact.steps or fact.reads or fact.writes):
        return
    call = Call(node.loc, Name(node.loc, node.function), node.args)
    for step in fact.steps:
        if step.place is not None and step.op in KINDS:
            found.append((KINDS[step.op], substitute(step.place, node.args), call))
    stepped = [step.place for step in fact.steps]
    for kind, places in (("read", fact.reads), ("write", fact.writes)):
        for place in places:
            if place not in stepped:
                found.append((kind, substitute(place, node.args), call))


def _reads(expr: Expr, found: list[Touch]) -> None:
    """The places whose value an expression takes, the outermost of a path."""
    kind = expr.__class__
    if kind is Name or kind is Literal:
        return
    if isinstance(expr, Unary) and expr.op == "&":
        _inner_reads(expr.operand, found)
    elif isinstance(expr, Member | Index) or (isinstance(expr, Unary) and expr.op == "*"):
        found.append(("read", expr, expr))
        _inner_reads(expr, found)
    else:
        for operand in operands(expr):
            _reads(operand, found)


def _tested(expr: Expr, found: list[Touch]) -> None:
    """The variables an expression asks for: ``state`` in ``state >= FULL`` and in
    ``!state``.  What stands on the right may be a constant by its lower-case name."""
    if expr.__class__ in (Name, Literal):
        return
    for one in walk(expr):
        operand = one.left if isinstance(one, Binary) else None
        if isinstance(one, Unary) and one.op == "!":
            operand = one.operand
        if isinstance(operand, Name):
            found.append(("read", operand, operand))


def _inner_reads(expr: Expr, found: list[Touch]) -> None:
    """What is read on the way to a place: ``p->next`` on that to
    ``p->next->flags``, the index of an element."""
    if isinstance(expr, Member):
        if expr.arrow:
            _reads(expr.base, found)
        else:
            _inner_reads(expr.base, found)
    elif isinstance(expr, Index):
        _reads(expr.base, found)
        _reads(expr.index, found)
    elif isinstance(expr, Unary) and expr.op == "*":
        _reads(expr.operand, found)


@dataclass(frozen=True, slots=True)
class _Uses:
    """Where values go: ``copies`` gives by name the nodes that set a local from
    it, ``branches`` those that branch on it, ``decisive`` the names from
    which a value may get to a branch at all; ``reached`` is made when it is
    first needed (`_behind`)."""

    copies: Mapping[str, Sequence[tuple[int, str]]]
    branches: Mapping[str, Sequence[int]]
    decisive: frozenset[str]
    reached: dict[int, int]


def _uses(graph: Graph) -> _Uses:
    copies: dict[str, list[tuple[int, str]]] = {}
    branches: dict[str, list[int]] = {}
    sources: dict[str, set[str]] = {}
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            for target in _target(node):
                for used in _mentioned(node.expr.value):
                    copies.setdefault(used, []).append((number, target))
                    sources.setdefault(target, set()).add(used)
        elif isinstance(node, Decide):
            for used in _mentioned(node.cond):
                branches.setdefault(used, []).append(number)
    return _Uses(copies, branches, _closed(branches, sources), {})


def _closed(names: Iterable[str], more: Mapping[str, set[str]]) -> frozenset[str]:
    """The names and all that ``more`` leads to from them."""
    found = set(names)
    stack = list(found)
    while stack:
        for name in more.get(stack.pop(), ()):
            if name not in found:
                found.add(name)
                stack.append(name)
    return frozenset(found)


def _decides(graph: Graph, uses: _Uses, number: int) -> bool:
    """Whether a branch depends on what node ``number`` reads: it is one, or
    the value gets there through locals."""
    node = graph.nodes[number]
    if isinstance(node, Decide):
        return True
    carriers = {node.result} if isinstance(node, Invoke) else set(_target(node))
    if carriers.isdisjoint(uses.decisive):
        return False
    behind = _behind(graph, uses, number)
    stack = list(carriers)
    while stack:
        name = stack.pop()
        if any(behind >> at & 1 for at in uses.branches.get(name, ())):
            return True
        for at, target in uses.copies.get(name, ()):
            if target not in carriers and behind >> at & 1:
                carriers.add(target)
                stack.append(target)
    return False


def _behind(graph: Graph, uses: _Uses, number: int) -> int:
    """The nodes that can be reached from a node, itself included, as the bits
    of a number; made for all nodes at once, the last ones first."""
    if not uses.reached:
        reached = [1 << node for node in range(len(graph.nodes))]
        order = postorder([[target for target, _ in edges] for edges in graph.succ], 0)
        changed = True
        while changed:
            changed = False
            for node in order:
                bits = reached[node]
                for target, _ in graph.succ[node]:
                    bits |= reached[target]
                if bits != reached[node]:
                    reached[node] = bits
                    changed = True
        uses.reached.update(enumerate(reached))
    return uses.reached[number]


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
