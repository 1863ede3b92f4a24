# SPDX-License-Identifier: GPL-2.0-only
"""Atomic tests that became a read and a later write, and freezes of another count."""

import re
from collections.abc import Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation, named
from reviewer.cfg.graph import Compute, Graph, Invoke, Node
from reviewer.checker.paths import reached
from reviewer.checker.references import References, used
from reviewer.locks.conditions import expressions
from reviewer.record import dataclass
from reviewer.syntax.place import place_of
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Unary

ATOMIC = frozenset({"atomic-test", "atomic", "freeze", "try-get"})
_PART = re.compile(r"[a-z0-9]+")
_WRITES = frozenset({"++", "--", "p++", "p--"})


@dataclass(frozen=True, slots=True)
class Weakened:
    """``was`` tested and acted in one; now ``read`` looks and ``write`` acts later."""

    was: Operation
    read: str
    line: int
    write: str
    later: int


def weakened(found: References) -> Iterator[Weakened]:
    """The atomic tests of which a read and a write were made."""
    change = found.change
    for one in change.operations.removed:
        node = change.before.graph.nodes[one.node]
        if one.kind not in ATOMIC or not one.object or not isinstance(node, Invoke):
            continue
        if not used(change.before.graph, node.result) or _again(found, one):
            continue
        pair = _pair(found, one)
        if pair is not None and not _locked(change.after, pair[1]):
            nodes = found.paths.after.nodes
            read, write = nodes[pair[0]], nodes[pair[1]]
            yield Weakened(
                one,
                _text(change.after, read),
                read.loc.line,
                _text(change.after, write),
                write.loc.line,
            )


def _again(found: References, one: Operation) -> bool:
    """Whether another atomic test of the same place came for it."""
    graph = found.paths.after
    return any(
        other.kind in ATOMIC
        and other.object == one.object
        and isinstance(node := graph.nodes[other.node], Invoke)
        and used(graph, node.result)
        for other in found.change.operations.added
    )


def _pair(found: References, one: Operation) -> tuple[int, int] | None:
    """A read of the place that came with the patch, and a write behind it."""
    graph = found.paths.after
    fresh = list(found.paths.fresh())
    reads = [number for number, node in fresh if _reads(found.change.after, graph, node, one)]
    writes = [number for number, node in fresh if _acts(found.change.after, graph, node, one)]
    for read in reads:
        behind = reached(graph, [read])
        for write in writes:
            if write != read and write in behind:
                return read, write
    return None


def _reads(image: Image, graph: Graph, node: Node, one: Operation) -> bool:
    if isinstance(node, Invoke):
        return used(graph, node.result) and _is_about(image, node, one)
    if _acts(image, graph, node, one):
        return False
    return any(
        render(part) == one.object for expr in expressions(node) for part in walk(expr)
    ) and _is_member(one)


def _acts(image: Image, graph: Graph, node: Node, one: Operation) -> bool:
    if isinstance(node, Invoke):
        return not used(graph, node.result) and _is_about(image, node, one)
    if not isinstance(node, Compute) or not _is_member(one):
        return False
    expr = node.expr
    if isinstance(expr, Assign):
        return render(expr.target) == one.object
    return isinstance(expr, Unary) and expr.op in _WRITES and render(expr.operand) == one.object


def _is_member(one: Operation) -> bool:
    """Whether the operation is about a word of memory, not about an object that
    has many of them."""
    return "->" in one.object or "." in one.object


def _is_about(image: Image, node: Invoke, one: Operation) -> bool:
    names = image.locks.names
    if not any(place_of(_bare(arg)) and named(arg, names) == one.object for arg in node.args):
        return False
    if _is_member(one):
        return bool(set(_PART.findall(node.function)) & set(_PART.findall(one.name)))
    return _PART.findall(node.function)[-1:] == _PART.findall(one.name)[-1:]


def _bare(expr: Expr) -> Expr:
    while isinstance(expr, Unary) and expr.op == "&":
        expr = expr.operand
    return expr


def _locked(image: Image, number: int) -> bool:
    held = image.locks.before[number]
    return held is None or bool(held.must)


def _text(image: Image, node: Node) -> str:
    names = image.locks.names
    if isinstance(node, Invoke):
        return f"{node.function}({', '.join(names.spell(arg) for arg in node.args)})"
    return ", ".join(names.spell(expr) for expr in expressions(node))


@dataclass(frozen=True, slots=True)
class Recounted:
    """What is frozen at one count is unfrozen at another."""

    freeze: Operation
    unfreeze: Operation
    frozen: str
    thawed: str


def recounted(found: References) -> Iterator[Recounted]:
    """The pairs of freeze and unfreeze whose counts differ now and did not before."""
    change = found.change
    changed = {*change.operations.added, *(now for _, now in change.operations.moved)}
    if not any(one.kind in ("freeze", "unfreeze") for one in changed):
        return
    before = {_key(*pair) for pair in _unequal(change.before)}
    paired = {one.object for one in change.before.operations if one.kind == "freeze"}
    for freeze, unfreeze in _unequal(change.after):
        if freeze.object in paired and _key(freeze, unfreeze) not in before:
            yield Recounted(
                freeze,
                unfreeze,
                _count(change.after, freeze),
                _count(change.after, unfreeze),
            )


def _key(freeze: Operation, unfreeze: Operation) -> tuple[str, str]:
    return freeze.object, unfreeze.object


def _unequal(image: Image) -> list[tuple[Operation, Operation]]:
    """The objects whose freezes and unfreezes name one count each, and not the same."""
    sides: dict[str, Mapping[str, list[Operation]]] = {}
    for one in image.operations:
        if one.kind in ("freeze", "unfreeze") and _count(image, one):
            both = sides.setdefault(one.object, {"freeze": [], "unfreeze": []})
            both[one.kind].append(one)
    return [
        (both["freeze"][0], both["unfreeze"][0])
        for both in sides.values()
        if all(both.values())
        and {_count(image, one) for one in both["freeze"]}.isdisjoint(
            _count(image, one) for one in both["unfreeze"]
        )
    ]


def _count(image: Image, one: Operation) -> str:
    node = image.graph.nodes[one.node]
    if not isinstance(node, Invoke) or len(node.args) <= 1:
        return ""
    return image.locks.names.spell(node.args[1])


@dataclass(frozen=True, slots=True)
class Unfrozen:
    """``unfreeze`` stays and ``freeze``, which had made the count its to set, is gone."""

    freeze: Operation
    unfreeze: Operation


def never_frozen(found: References) -> Iterator[Unfrozen]:
    """The objects that are unfrozen still and that nothing freezes any more."""
    change = found.change
    for one in change.operations.removed:
        if one.kind != "freeze" or any(
            now.kind == "freeze" and now.object == one.object for now in change.after.operations
        ):
            continue
        stays = [
            now
            for _, now in (*change.operations.kept, *change.operations.moved)
            if now.kind == "unfreeze" and now.object == one.object and now.family == one.family
        ]
        if stays:
            yield Unfrozen(one, stays[0])
