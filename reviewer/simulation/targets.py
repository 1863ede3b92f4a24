# SPDX-License-Identifier: GPL-2.0-only
"""What a call touches: the places and values of its fact, filled in."""

from collections.abc import Mapping

from reviewer.cfg.graph import Invoke
from reviewer.facts import StepFact
from reviewer.location import Location
from reviewer.simulation.lifter import Lifter
from reviewer.simulation.steps import Value, unknown
from reviewer.simulation.values import fold, value_of
from reviewer.syntax.place import place_of, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.tree import Binary, Expr, Member, Name, Unary


def argument(lifter: Lifter, node: Invoke, index: int) -> Value:
    """The value of an argument, which is evaluated once per call."""
    key = (node.result, index)
    if key not in lifter.arguments:
        lifter.arguments[key] = value_of(lifter, node.args[index], node.loc)
    return lifter.arguments[key]


def returned(lifter: Lifter, expr: Expr, node: Invoke, temps: Mapping[str, Value]) -> Value:
    """The value of an expression of a fact."""
    match expr:
        case Name(name=name) if name in temps:
            return temps[name]
        case Name(name=name) if name.startswith("$"):
            index = int(name[1:]) if name[1:].isdigit() else -1
            if 0 <= index < len(node.args):
                return argument(lifter, node, index)
            return unknown(lifter.spell_call(node))
        case Unary(op=op, operand=inner):
            return ("un", op, returned(lifter, inner, node, temps))
        case Binary(op=op, left=left, right=right):
            one = returned(lifter, left, node, temps)
            return fold(("op", op, one, returned(lifter, right, node, temps)))
        case _:
            return value_of(lifter, expr, node.loc)


def operand(
    lifter: Lifter, template: Expr | None, node: Invoke, temps: Mapping[str, Value]
) -> Value | None:
    return None if template is None else returned(lifter, template, node, temps)


def look_like(lifter: Lifter, step: StepFact, node: Invoke) -> None:
    """A store to what ends like a variable of the scenario but is reached in
    another way may be one to it: the call is listed."""
    place = place_of(substitute(step.place, node.args)) if step.place is not None else None
    if place is None or step.op != "store":
        return
    steps = lifter.names.canonical(place).steps
    for known in lifter.bindings.variables:
        size = len(known.steps)
        if size > 1 and len(steps) > size and steps[-size:] == known.steps:
            lifter.notes.unmodelled.add(f"{node.function}()")


def target(lifter: Lifter, step: StepFact, node: Invoke) -> tuple[str, Value | None] | None:
    """What a step touches: a variable of the scenario, or the count of some
    object; None for anything else."""
    if step.place is None:
        return None
    expr = substitute(step.place, node.args)
    place = place_of(expr)
    if place is not None:
        name = lifter.bindings.variables.get(lifter.names.canonical(place))
        if name is not None:
            return name, None
    index = counted(lifter, expr, node.loc)
    return None if index is None else ("count", index)


def plain(expr: Expr) -> Expr:
    """An expression without addresses that are followed at once."""
    if isinstance(expr, Unary) and expr.op in ("*", "&"):
        within = plain(expr.operand)
        if isinstance(within, Unary) and {expr.op, within.op} == {"*", "&"}:
            return within.operand
        return Unary(expr.loc, expr.op, within)
    if isinstance(expr, Member) and expr.arrow:
        base = plain(expr.base)
        if isinstance(base, Unary) and base.op == "&":
            return Member(expr.loc, base.operand, expr.field, False)
    return expr


def counted(lifter: Lifter, expr: Expr, loc: Location) -> Value | None:
    """The object whose count an expression is, None where it is none."""
    expr = plain(expr)
    for member in reversed(lifter.bindings.counter.split(".")):
        if not isinstance(expr, Member) or expr.field != member:
            return None
        expr = plain(expr.base)
    if isinstance(expr, Member) and expr.field in lifter.facts.same_object_members:
        expr = expr.base
    return value_of(lifter, expr, loc)


def filled(template: Expr, node: Invoke) -> Expr:
    """A template with the arguments of a call, and what takes its result."""

    def with_result(expr: Expr) -> Expr:
        if isinstance(expr, Name) and expr.name == "$result":
            return Name(expr.loc, node.result)
        return rebuilt(expr, with_result)

    return with_result(substitute(template, node.args))


def lock_named(lifter: Lifter, expr: Expr) -> str | None:
    """The scenario's name of a lock; one it does not have is noted."""
    place = place_of(expr)
    if place is None:
        return None
    canonical = lifter.names.canonical(place)
    name = lifter.bindings.locks.get(canonical)
    if name is None:
        lifter.notes.unbound.add(str(canonical))
    return name
