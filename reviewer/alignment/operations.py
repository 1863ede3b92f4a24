# SPDX-License-Identifier: GPL-2.0-only
"""The operations of synchronisation a function makes, and which of them a patch
took away or added."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.aliases import Aliases
from reviewer.record import dataclass
from reviewer.syntax.place import place_of
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Call, Expr, Name, Unary

RESULT = -1


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that is an operation of synchronisation (`reviewer.facts.OperationFact`).

    ``object`` is what it is about, by its first name and without an ``&`` in
    front; empty for nothing.  ``result`` is the name that takes the value of
    the call: a variable, or a temporary of the graph.  ``text`` is the call as
    written, ``node`` where it stands in the graph.  ``implicit`` marks one that
    runs where a scope ends.  ``guessed``: the name alone tells what it is.
    """

    kind: str
    name: str
    family: str
    object: str
    result: str
    when: str
    node: int
    line: int
    text: str
    implicit: bool
    guessed: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two operations the same one."""
        return self.kind, self.name, self.object


@dataclass(frozen=True, slots=True)
class OperationChanges:
    """``kept`` pairs operations that stayed in their line with what they were,
    ``moved`` those that came up in another; ``removed`` stand in the before
    image, ``added`` in the after image."""

    kept: tuple[tuple[Operation, Operation], ...]
    moved: tuple[tuple[Operation, Operation], ...]
    removed: tuple[Operation, ...]
    added: tuple[Operation, ...]


def operations(graph: Graph, facts: Facts, names: Aliases) -> tuple[Operation, ...]:
    """Every operation of a function, in the order of its nodes."""
    of = facts.operations.of
    known = [(at, node) for at, node in calls_of(graph) if of(node.function).kind != "none"]
    if not known:
        return ()
    taken = results(graph)
    return tuple(_operation(number, node, facts, names, taken) for number, node in known)


def results(graph: Graph) -> Mapping[str, str]:
    """The variable or place that each temporary of a call is assigned to at once."""
    return {
        node.expr.value.name: render(node.expr.target)
        for node in graph.nodes
        if isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.value, Name)
        and node.expr.value.name.startswith("%")
    }


def _operation(
    number: int, node: Invoke, facts: Facts, names: Aliases, taken: Mapping[str, str]
) -> Operation:
    fact = facts.operations.of(node.function)
    result = taken.get(node.result, node.result)
    if fact.object == RESULT:
        about = result
    else:
        about = named(node.args[fact.object], names) if 0 <= fact.object < len(node.args) else ""
    return Operation(
        kind=fact.kind,
        name=node.function,
        family=fact.family,
        object=about,
        result=result,
        when=fact.when,
        node=number,
        line=node.loc.line,
        text=names.spell(Call(node.loc, Name(node.loc, node.function), node.args)),
        implicit=node.scope is not None,
        guessed=fact.guessed,
    )


def named(expr: Expr, names: Aliases) -> str:
    """What an argument is about: ``&x->ref`` is about ``x->ref``; by its first
    name, and as written where it is no place."""
    while isinstance(expr, Unary) and expr.op == "&":
        expr = expr.operand
    place = place_of(expr)
    return names.spell(expr) if place is None else str(names.called(names.canonical(place)))


def changed_operations(
    before: Sequence[Operation],
    after: Sequence[Operation],
    after_line: Callable[[int], int | None],
) -> OperationChanges:
    """Match the operations of both images: first those in lines that stayed,
    then the others by what they are."""
    waiting: dict[tuple[object, ...], list[Operation]] = {}
    for one in after:
        waiting.setdefault((*one.key, one.line), []).append(one)
    kept, rest = [], []
    for one in before:
        line = after_line(one.line)
        queue = waiting.get((*one.key, line)) if line is not None else None
        if queue:
            kept.append((one, queue.pop(0)))
        else:
            rest.append(one)
    left = [one for queue in waiting.values() for one in queue]
    moved, removed, added = _moved(rest, sorted(left, key=lambda one: one.node))
    return OperationChanges(tuple(kept), tuple(moved), tuple(removed), tuple(added))


def _moved(
    before: Sequence[Operation], after: Sequence[Operation]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    goals: dict[tuple[str, str, str], list[Operation]] = {}
    for one in after:
        goals.setdefault(one.key, []).append(one)
    moved, removed = [], []
    for one in before:
        queue = goals.get(one.key)
        if queue:
            moved.append((one, queue.pop(0)))
        else:
            removed.append(one)
    added = [one for queue in goals.values() for one in queue]
    return moved, removed, sorted(added, key=lambda one: one.node)


def calls_of(graph: Graph) -> Iterator[tuple[int, Invoke]]:
    """The calls of a function with the numbers of their nodes."""
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Invoke):
            yield number, node
