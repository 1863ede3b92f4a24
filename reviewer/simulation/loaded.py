# SPDX-License-Identifier: GPL-2.0-only
"""Lift calls by which a function finds an object: lookups, lists, iterators."""

from collections.abc import Callable

from reviewer.cfg.graph import Invoke
from reviewer.facts import FunctionFact
from reviewer.simulation.lifter import Lifter
from reviewer.simulation.steps import Access, Branch, Let, Origin, Step, Value, const, local
from reviewer.simulation.values import value_of
from reviewer.syntax.tree import Expr, Member, Name, Unary


def loaded_by_call(lifter: Lifter, node: Invoke, number: int, origin: Origin) -> bool:
    """A call that the scenario takes to be a load of one of its variables, or
    to empty one; ``number`` is the node."""
    bindings = lifter.bindings
    if node.function in bindings.clears:
        cleared = bindings.clears[node.function]
        lifter.emit(_plainly("store", cleared, const(0), "", origin, lifter.next()))
        return node.function not in bindings.calls
    word = bindings.calls.get(node.function)
    if word is None:
        return False
    cursor = next((arg.name for arg in node.args if isinstance(arg, Name)), "")
    if number not in lifter.iterators or not cursor:
        found = f"{lifter.prefix}{node.result}.found"
        lifter.emit(_plainly("load", word, None, found, origin, lifter.next()))
        lifter.fixed[node.result] = local(found)
        return True
    _one_round(
        lifter,
        cursor,
        number,
        origin,
        lambda into, after: _plainly("load", word, None, into, origin, after),
    )
    return True


def _one_round(
    lifter: Lifter,
    cursor: str,
    number: int,
    origin: Origin,
    fill: Callable[[str, int], Step],
) -> None:
    """A loop over a list: one round with what is found, none when there is
    nothing; ``fill`` makes the step that puts it into the cursor."""
    lifter.writes[cursor] = lifter.writes.get(cursor, 0) + 2
    cursor = lifter.prefix + cursor
    passed = f"{lifter.prefix}%round{number}"
    at = len(lifter.steps)
    lifter.emit(Branch(("known", local(passed)), "", "", 0, origin, at + 1, at + 2))
    lifter.emit(Let(cursor, const(0), at + 4))
    lifter.emit(Let(passed, const(1), at + 3))
    lifter.emit(fill(cursor, at + 4))
    lifter.iterators[number] = ("op", "!=", local(cursor), const(0))


def of_list(lifter: Lifter, fact: FunctionFact, node: Invoke, number: int) -> bool:
    """What a call does to a list of the function's own, which in a model has
    one element at most; False for any other call."""
    heads = {"new": 0, "add": 1, "each": len(node.args) - 2, "empty": 0}
    head = heads.get(fact.list, -1)
    name = _own_list(lifter, node.args[head]) if 0 <= head < len(node.args) else ""
    if not name:
        return False
    held = f"{lifter.prefix}{name}.list"
    if fact.list == "new":
        lifter.emit(Let(held, const(0), lifter.next()))
    elif fact.list == "add":
        lifter.emit(Let(held, _element(lifter, node.args[0], node), lifter.next()))
    elif fact.list == "empty":
        lifter.fixed[node.result] = ("op", "==", local(held), const(0))
    elif isinstance(node.args[0], Name) and number in lifter.iterators:
        origin = lifter.origin(lifter.spell_call(node), node.loc)
        _one_round(
            lifter,
            node.args[0].name,
            number,
            origin,
            lambda into, after: Let(into, local(held), after),
        )
    return True


def _own_list(lifter: Lifter, head: Expr) -> str:
    """The name of a list that is a local of the function."""
    if isinstance(head, Unary) and head.op == "&":
        head = head.operand
    given = {param.name for param in lifter.graph.function.params}
    return head.name if isinstance(head, Name) and head.name not in given else ""


def _element(lifter: Lifter, link: Expr, node: Invoke) -> Value:
    """The object a link is part of: ``&folio->lru``."""
    while isinstance(link, Member | Unary):
        link = link.base if isinstance(link, Member) else link.operand
    return value_of(lifter, link, node.loc)


def _plainly(
    op: str, word: str, value: Value | None, old: str, origin: Origin, following: int
) -> Access:
    return Access(op, word, None, value, None, old, "", "relaxed", origin, following)
