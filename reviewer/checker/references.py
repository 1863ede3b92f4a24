# SPDX-License-Identifier: GPL-2.0-only
"""Which calls take and drop references, to what, and what a patch did about them."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation, named
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join, Leave
from reviewer.checker.paths import Paths
from reviewer.checker.rule import FunctionChange, PatchChange
from reviewer.locks.conditions import NULLS, STEPS, expressions, words
from reviewer.syntax.place import substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Call, Cast, Expr, Member, Name, Unary

TAKES = frozenset({"get", "try-get", "lookup"})
DROPS = frozenset({"put"})
COUNT = "count"
"""The family of bare counts, which go with whatever the object they stand in goes with."""

MAX_GUESSED = 2
"""A put known by its name alone has the object and perhaps a reason as arguments."""

_ROOT = re.compile(r"[A-Za-z_]\w*")
_VARIABLE = re.compile(r"(?<![\w.>])[A-Za-z_]\w*\b(?!\()")
_OBJECT = re.compile(r"[*&(]*[A-Za-z_][\w.>\[\]*()-]*")
_PURE = frozenset({"pure", "none-at-all"})


def root(about: str) -> str:
    """The variable through which an object is reached: ``x`` of ``x->ref``."""
    found = _ROOT.search(about)
    return found[0] if found else ""


def variables(about: str) -> frozenset[str]:
    """The variables an object is reached through, an index or argument too."""
    return frozenset(_VARIABLE.findall(about.replace("->", ".")))


def last(about: str) -> str:
    """The last member of a place: ``ref`` of ``x->ref``; the variable itself."""
    found = _ROOT.findall(about)
    return found[-1] if found else ""


def related(one: str, other: str) -> bool:
    """Whether two places are one object, or one a part of the other."""
    return one == other or _inside(one, other) or _inside(other, one)


def _inside(part: str, whole: str) -> bool:
    return part.startswith((f"{whole}->", f"{whole}.", f"{whole}["))


def is_reference(one: Operation, image: Image) -> bool:
    """Whether an operation is what its name says.

    A put gives no result; a get that is known by its name alone neither, or it
    would be one that reads something.
    """
    if not one.object or not _OBJECT.fullmatch(one.object) or one.object in NULLS:
        return False
    node = image.graph.nodes[one.node]
    if not one.guessed or not isinstance(node, Invoke):
        return True
    if one.kind in ("put", "get"):
        return len(node.args) <= MAX_GUESSED and not used(image.graph, node.result)
    return one.kind == "try-get"


def used(graph: Graph, result: str) -> bool:
    """Whether anything looks at what a call gave."""
    return any(
        isinstance(part, Name) and part.name == result
        for node in graph.nodes
        for expr in expressions(node)
        for part in walk(expr)
    )


def asks_for(cond: str, about: str) -> bool:
    """Whether a condition asks whether there is an object."""
    asked = re.compile(rf"(?<![\w>.]){re.escape(about)}(?!\w|->|\.|\[)")
    return asked.search(cond) is not None


def mentions(expr: Expr, variable: str) -> bool:
    """Whether an expression speaks of a variable."""
    return any(isinstance(part, Name) and part.name == variable for part in walk(expr))


class References:
    """What a patch did to the references of one function."""

    def __init__(self, change: FunctionChange, patch: PatchChange) -> None:
        self.change, self.patch = change, patch
        self.paths = Paths(change)

    def removed(self, kinds: Collection[str]) -> Iterator[Operation]:
        """What is gone, or stands elsewhere now."""
        operations = self.change.operations
        moved = (old for old, _ in operations.moved)
        for one in (*operations.removed, *moved):
            if one.kind in kinds and is_reference(one, self.change.before):
                yield one

    def stays(self, one: Operation, kinds: Collection[str]) -> Operation | None:
        """An operation of these kinds on the same object after the patch, in a
        line the patch left alone."""
        for _, now in self.change.operations.kept:
            if now.kind in kinds and fits(one, now) and is_reference(now, self.change.after):
                return now
        return None

    def given_up(self, one: Operation, kinds: Collection[str]) -> bool:
        """Whether the other end of a pair went too, here or elsewhere in the patch."""
        there: Counter[str] = Counter()
        operations = self.change.operations
        for found, by in ((operations.removed, 1), (operations.added, -1)):
            for other in found:
                if other.kind in kinds and (fits(one, other) or same_sort(one, other)):
                    there[other.name] += by
        return (
            any(count > 0 for count in there.values())
            or self._elsewhere(one, kinds)
            or (one.guessed and "put" not in kinds and self._taken_by_name(one))
        )

    def _taken_by_name(self, one: Operation) -> bool:
        """Whether a call is gone too that took the reference, going by its name:
        that of the put, with a word for taking and perhaps more behind it."""
        names = self.change.before.locks.names
        taking = re.compile(rf"{re.escape(one.family)}_(?:ref|get|hold|grab|take)(?:_\w+)?")
        return any(
            isinstance(node, Invoke)
            and taking.fullmatch(node.function) is not None
            and any(named(arg, names) == one.object for arg in node.args)
            for _, node in self.paths.lost()
        )

    def _elsewhere(self, one: Operation, kinds: Collection[str]) -> bool:
        mine = {id(other) for other in self.change.operations.removed}
        return any(
            id(other) not in mine and same_sort(one, other)
            for kind in kinds
            for other in self.patch.removed(kind)
        )

    def taken_on(self, one: Operation, kinds: Collection[str]) -> bool:
        """Whether as much of it came elsewhere, in this function or another."""
        operations = self.change.operations
        mine = {id(other) for other in operations.added}
        gone, come = (
            sum(other.kind in kinds and same_sort(one, other) for other in some)
            for some in (operations.removed, operations.added)
        )
        moved = any(old is one for old, _ in operations.moved)
        return (
            moved
            or self._respelled(one, kinds)
            or self._counted_plainly(one)
            or 0 < gone <= come
            or any(
                id(other) not in mine and same_sort(one, other)
                for kind in kinds
                for other in self.patch.added(kind)
            )
        )

    def _counted_plainly(self, one: Operation) -> bool:
        """Whether a plain counter in the object goes up or down now instead, or the
        same one by a function of which it is not known that it takes references."""
        names = self.change.after.locks.names
        return any(one.object == other.object for other in self.plainly()) or any(
            isinstance(node, Compute)
            and isinstance(node.expr, Unary)
            and node.expr.op in STEPS
            and isinstance(node.expr.operand, Member)
            and root(str(named(node.expr.operand, names))) == root(one.object)
            for _, node in self.paths.fresh()
        )

    def plainly(self) -> Iterator[Operation]:
        """The counters that calls which came with the patch add to."""
        names = self.change.after.locks.names
        for number, node in self.paths.fresh():
            fact = self.change.facts.of(node.function) if isinstance(node, Invoke) else None
            for step in fact.steps if fact is not None else ():
                if step.op != "add" or step.place is None or not isinstance(node, Invoke):
                    continue
                about = named(substitute(step.place, node.args), names)
                call = names.spell(Call(node.loc, Name(node.loc, node.function), node.args))
                yield Operation(
                    kind="get",
                    name=node.function,
                    family=COUNT,
                    object=about,
                    result=node.result,
                    when="always",
                    node=number,
                    line=node.loc.line,
                    text=call,
                    implicit=node.scope is not None,
                    guessed=False,
                )

    def _respelled(self, one: Operation, kinds: Collection[str]) -> bool:
        """Whether as much came for another member of what the object is in: it
        may be the same one by a new name."""
        whole = root(one.object)
        gone, come = (
            sum(
                other.kind in kinds and other.object != whole == root(other.object)
                for other in some
            )
            for some in (self.change.operations.removed, self.change.operations.added)
        )
        return one.object != whole and 0 < gone <= come

    def reassigned(self, about: str) -> bool:
        """Whether what the object is, is told in lines the patch changed."""
        return any(
            _assigned(node, about)
            for nodes in (self.paths.lost(), self.paths.fresh())
            for _, node in nodes
        )

    def standing_in(
        self, one: Operation, kinds: Collection[str], stores: bool = True
    ) -> frozenset[int]:
        """The nodes that came with the patch and may do what ``one`` did: an
        operation of its sort, another call or a store that is given the object,
        and the branches that guard them."""
        found = {
            other.node
            for other in self.change.after.operations
            if other.kind in kinds
            and other.node not in self.paths.kept
            and (fits(one, other) or same_sort(one, other))
        }
        found |= self._given_on(one.object, stores)
        spell = self.change.after.locks.names.spell
        # Behind a new test there may be no object.
        found |= {
            number
            for number, node in self.paths.fresh()
            if isinstance(node, Decide) and asks_for(spell(node.cond), one.object)
        }
        return frozenset(found | self._guards(found))

    def _given_on(self, about: str, stores: bool) -> set[int]:
        spoken = variables(about)
        calls = Counter(node.function for _, node in self.paths.lost() if isinstance(node, Invoke))
        known = Counter(_handed(node, about, self.change.before) for _, node in self.paths.lost())
        found = set()
        for number, node in self.paths.fresh():
            if isinstance(node, Invoke) and self._speaks(node, spoken):
                if calls[node.function] > 0:
                    calls[node.function] -= 1
                elif self.change.facts.operations.of(node.function).kind not in _PURE:
                    found.add(number)
            text = _handed(node, about, self.change.after) if stores else ""
            if text and not known[text]:
                found.add(number)
        return found

    def _speaks(self, node: Invoke, spoken: frozenset[str]) -> bool:
        names = self.change.after.locks.names
        return any(not spoken.isdisjoint(words(names.spell(arg))) for arg in node.args)

    def is_there(self, about: str) -> bool:
        """Whether the function still speaks of the object."""
        names = self.change.after.locks.names
        said: set[str] = set()
        for node in self.paths.after.nodes:
            for expr in expressions(node):
                said |= words(names.spell(expr))
        said |= {param.name for param in self.paths.after.function.params}
        return variables(about) <= said

    def given_to(self, about: str) -> bool:
        """Whether the object itself is an argument of a call that came with the patch,
        of a function that was not called before."""
        old = {node.function for node in self.paths.before.nodes if isinstance(node, Invoke)}
        names = self.change.after.locks.names
        return any(
            isinstance(node, Invoke)
            and node.function not in old
            and any(named(arg, names) == about for arg in node.args)
            and self.change.facts.operations.of(node.function).kind not in _PURE
            for _, node in self.paths.fresh()
        )

    def _guards(self, found: Collection[int]) -> set[int]:
        guards = set()
        for number, node in enumerate(self.paths.after.nodes):
            if isinstance(node, Decide):
                for target, _ in self.paths.after.succ[number]:
                    if self._next(target) in found:
                        guards.add(number)
        return guards

    def _next(self, number: int) -> int:
        seen = set()
        nodes, succ = self.paths.after.nodes, self.paths.after.succ
        while isinstance(nodes[number], Join) and len(succ[number]) == 1 and number not in seen:
            seen.add(number)
            number = succ[number][0][0]
        return number


def fits(one: Operation, other: Operation) -> bool:
    """Whether two operations may be about one reference of one object."""
    return related(one.object, other.object) and (
        one.family == other.family or COUNT in (one.family, other.family) or one.guessed
    )


def same_sort(one: Operation, other: Operation) -> bool:
    """Whether two operations are about the same sort of object."""
    if one.family != other.family:
        return False
    return one.family != COUNT or last(one.object) == last(other.object)


def _assigned(node: object, about: str) -> bool:
    """Whether an object is another one by an assignment."""
    if not (isinstance(node, Compute) and isinstance(node.expr, Assign)):
        return False
    target, value = render(node.expr.target), render(node.expr.value)
    return value not in NULLS and (target == about or _inside(about, target))


def _handed(node: object, about: str, image: Image) -> str:
    """What gives an object on: a store into memory, a copy, a return; as text."""
    names = image.locks.names
    match node:
        case Compute(expr=Assign(target=target, value=value)) if _is(value, about, image):
            return f"{names.spell(target)} ="
        case Leave(value=value) if value is not None and _is(value, about, image):
            return "return"
    return ""


def stored(node: object, one: Operation | None, image: Image) -> str:
    """The place in memory that a node stores the object of an operation in, or
    what it gave; any object for None."""
    if not (isinstance(node, Compute) and isinstance(node.expr, Assign)):
        return ""
    target, value = node.expr.target, node.expr.value
    if not isinstance(target, Member) or render(value) in NULLS:
        return ""
    place = render(target)
    if one is None or place == one.result or _is(value, one.object, image):
        return place
    return ""


def is_handed(node: object, about: str, image: Image) -> bool:
    """Whether a node returns an object, or stores it where others may find it."""
    if isinstance(node, Compute):
        if not (isinstance(node.expr, Assign) and isinstance(node.expr.target, Member)):
            return False
        value = node.expr.value
        return isinstance(value, Name) and named(value, image.locks.names) == about
    return isinstance(node, Leave) and isinstance(node.value, Name) and node.value.name == about


def _is(value: Expr, about: str, image: Image) -> bool:
    while isinstance(value, Cast):
        value = value.operand
    if not isinstance(value, Name) and isinstance(value, Unary) and value.op != "&":
        return False
    return related(named(value, image.locks.names), about)
