# SPDX-License-Identifier: GPL-2.0-only
"""Uses of an object behind the drop of the reference that kept it."""

from collections.abc import Collection, Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation, named
from reviewer.cfg.graph import Compute, Graph, Invoke, Node
from reviewer.checker.counts import counted
from reviewer.checker.paths import signature
from reviewer.checker.references import (
    References,
    is_reference,
    related,
    root,
)
from reviewer.locks.conditions import NULLS, expressions, steered, written
from reviewer.locks.ways import Exit, Ways
from reviewer.record import dataclass
from reviewer.syntax.declared import types
from reviewer.syntax.place import place_of
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Index, Literal, Member, Name, Unary

ENDS = frozenset({"put", "free"})
LOOKED_UP, TAKEN = "looked up", "taken"
"""A reference that came with the object; one on what was at hand already."""

STARTS = frozenset({"get", "try-get", "lookup"})


@dataclass(frozen=True, slots=True)
class Late:
    """``use`` in ``line`` comes behind ``end``, on a way on which it did not before."""

    end: Operation
    use: str
    line: int


def used_late(found: References) -> Iterator[Late]:
    """The uses that come behind the end of an object now, and did not before."""
    now = {one.node: one for one in found.change.after.operations if _ends(one, found.change.after)}
    if not now or not _moved(found, now):
        return
    before, after = counted(found.change)
    if not (before.complete and after.complete):
        return
    old = {(pair[0], pair[1]) for pair in _pairs(found.change.before, before)}
    names = found.change.before.locks.names
    made = {signature(node, names) for node in before.graph.nodes}
    known = {one.text for one in found.change.before.operations}
    given = {param.name for param in found.change.after.graph.function.params}
    told = _renamed(found, old)
    # What an end was followed by before was not what ended the object.
    harmless = {(end, about) for end, _, _, about, _ in _pairs(found.change.before, before)}
    for end, use, number, about, own in _pairs(found.change.after, after):
        if (end, about) in harmless or about in told or not (own == LOOKED_UP or end in known):
            continue
        here = _node_of(end, now)
        if (about in given or own == TAKEN) and here in found.paths.kept and use not in made:
            # Who calls with an object, or had it when it was taken, may well keep it for longer.
            continue
        told.add(about)
        yield Late(now[here], use, after.graph.nodes[number].loc.line)


def _renamed(found: References, old: Collection[tuple[str, str]]) -> set[str]:
    """The objects only the after image knows, of sorts that were used late before."""
    ends = {end for end, _ in old}
    late = {one.family for one in found.change.before.operations if one.text in ends}
    before = {one.object for one in found.change.before.operations}
    return {
        one.object
        for one in found.change.after.operations
        if one.family in late and one.object not in before
    }


def _node_of(end: str, now: Mapping[int, Operation]) -> int:
    return next(node for node, one in now.items() if one.text == end)


def _ends(one: Operation, image: Image) -> bool:
    """Whether an object may be gone behind an operation."""
    if one.kind == "put":
        return is_reference(one, image) and (not one.guessed or _fitting(one, image))
    return one.kind == "free" and not one.guessed and bool(one.object)


def _fitting(one: Operation, image: Image) -> bool:
    """Whether a put that is known by its name alone names the sort of its object."""
    sort = one.family.rpartition("_")[2]
    kind = types(image.graph.function).get(one.object, one.object)
    return sort in kind if sort and ("*" in kind or kind == one.object) else False


def _moved(found: References, now: Mapping[int, Operation]) -> bool:
    """Whether the patch wrote an end, or a use of what is ended."""
    objects = {root(one.object) for one in now.values()}
    for number, node in found.paths.fresh():
        if number in now or any(
            isinstance(part, Name) and part.name in objects
            for expr in expressions(node)
            for part in walk(expr)
        ):
            return True
    return False


Pair = tuple[str, str, int, str, str]
"""An end and a use as written, the node of the use, the object, and how the
function had taken what it dropped, empty if it had not."""


def _pairs(image: Image, found: Ways) -> Iterator[Pair]:
    """The uses behind ends on the ways through a function."""
    reader = _Trail(image)
    done = set()
    for way in found.exits:
        if way.blurred:
            continue
        for pair in reader.follow(way):
            if pair not in done:
                done.add(pair)
                yield pair


class _Trail:
    """Follows the ways through one image."""

    def __init__(self, image: Image) -> None:
        self.image, self.graph = image, image.graph
        self.names = image.locks.names
        self.operations = {one.node: one for one in image.operations}

    def follow(self, way: Exit) -> Iterator[Pair]:
        """The pairs on one way."""
        ended: dict[str, tuple[Operation, str]] = {}
        found: list[Pair] = []
        held: dict[str, int] = {}
        looked_up: set[str] = set()
        for number in way.trail:
            node = self.graph.nodes[number]
            one = self.operations.get(number)
            if one is not None and one.kind in STARTS:
                held[_key(one)] = held.get(_key(one), 0) + 1
                looked_up |= {_key(one)} if one.kind != "get" else set()
                _forget(ended, one.object, one.result)
                continue
            if one is not None and _ends(one, self.image):
                # Another end behind the first: it was not the last reference.
                found = [pair for pair in found if not related(pair[3], one.object)]
                others = any(related(about, one.object) for about in ended)
                _forget(ended, one.object)
                many = held[_key(one)] = held.get(_key(one), 0) - 1
                if not others and many <= 0:
                    mine = "" if many else LOOKED_UP if _key(one) in looked_up else TAKEN
                    ended[one.object] = one, mine
                continue
            for about, (end, own) in list(ended.items()):
                if self._gives_up(number, node, about):
                    del ended[about]
                elif self._uses(node, about):
                    found.append((end.text, signature(node, self.names), number, about, own))
        yield from found

    def _gives_up(self, number: int, node: Node, about: str) -> bool:
        """Whether the name means something else behind a node."""
        if root(about) in written(node) | steered(self.graph, number):
            return True
        if isinstance(node, Compute) and node.declares == root(about):
            return True
        return (
            isinstance(node, Compute)
            and isinstance(node.expr, Assign)
            and related_to(render(node.expr.target), about)
        )

    def _uses(self, node: Node, about: str) -> bool:
        """Whether a node looks into the object, or lets a call do so."""
        if isinstance(node, Invoke) and any(self._is(arg, about) for arg in node.args):
            return True
        return any(
            isinstance(part, Member) and part.arrow and self._is(part.base, about)
            for expr in expressions(node)
            for part in walk(expr)
        )

    def _is(self, expr: Expr, about: str) -> bool:
        if isinstance(expr, Literal) or (isinstance(expr, Unary) and expr.op == "*"):
            return False
        if isinstance(expr, Unary) and expr.op == "&":
            inner = place_of(expr.operand)
            # The address of a member of the object; not that of the pointer.
            return (
                isinstance(expr.operand, Member | Index)
                and inner is not None
                and any(
                    isinstance(part, Member) and part.arrow and self._is(part.base, about)
                    for part in walk(expr.operand)
                )
            )
        return place_of(expr) is not None and named(expr, self.names) == about


def related_to(target: str, about: str) -> bool:
    """Whether an assignment to ``target`` makes ``about`` another object."""
    return target == about or about.startswith((f"{target}->", f"{target}."))


def _key(one: Operation) -> str:
    return one.result if one.kind == "lookup" else one.object


def _forget(ended: dict[str, tuple[Operation, str]], *objects: str) -> None:
    for about in list(ended):
        if any(related(about, one) for one in objects if one):
            del ended[about]


@dataclass(frozen=True, slots=True)
class Stale:
    """The pointer in ``place`` is no longer cleared behind ``end``."""

    end: Operation
    place: str
    line: int


def left_stale(found: References) -> Iterator[Stale]:
    """The pointers in memory that were cleared behind a drop that stays, and are not now."""
    kept = {
        now.object: (old, now)
        for old, now in (*found.change.operations.kept, *found.change.operations.moved)
        if now.kind == "put" and "->" in now.object and is_reference(now, found.change.after)
    }
    for number, node in found.paths.lost() if kept else ():
        place = _cleared(node)
        if place not in kept or any(_cleared(one) == place for _, one in found.paths.fresh()):
            continue
        old, now = kept[place]
        if _next(found.paths.before, old.node) != number:
            continue
        if not _freed_at_once(found, now):
            yield Stale(now, place, now.line)


def _cleared(node: Node) -> str:
    match node:
        case Compute(expr=Assign(op="=", target=Member() as target, value=value)):
            return render(target) if render(value) in NULLS else ""
    return ""


def _next(graph: Graph, number: int) -> int:
    following = graph.succ[number]
    return following[0][0] if len(following) == 1 else -1


def _freed_at_once(found: References, end: Operation) -> bool:
    """Whether what holds the pointer is freed anyway, or is on the stack."""
    holder = end.object.rpartition("->")[0]
    return any(
        one.kind in ("free", "free-deferred") and not one.guessed and one.object == holder
        for one in found.change.after.operations
    )
