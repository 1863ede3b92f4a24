# SPDX-License-Identifier: GPL-2.0-only
"""The values of expressions, as far as a scenario knows them."""

from reviewer.location import Location
from reviewer.simulation.actions import value_in
from reviewer.simulation.lifter import Lifter
from reviewer.simulation.steps import Access, Life, Origin, Value, const, local, unknown
from reviewer.syntax.place import place_of
from reviewer.syntax.render import render
from reviewer.syntax.tree import (
    Binary,
    Cast,
    Comma,
    Expr,
    Index,
    Literal,
    Member,
    Name,
    Unary,
)


def value_of(lifter: Lifter, expr: Expr, loc: Location) -> Value:
    """The value of a call-free expression; plain reads of variables of
    the scenario become load steps."""
    match expr:
        case Name():
            return named(lifter, expr.name)
        case Literal(text=text):
            known = lifter.facts.constants.get(text)
            return number_of(text) if known is None else const(known)
        case Cast():
            return value_of(lifter, expr.operand, loc)
        case Unary(op="&"):
            return _address(lifter, expr)
        case Unary(op="-" | "!" | "~"):
            return ("un", expr.op, value_of(lifter, expr.operand, loc))
        case Unary(op="+"):
            return value_of(lifter, expr.operand, loc)
        case Binary() if (apart := _apart(lifter, expr)) is not None:
            return apart
        case Binary():
            left, right = value_of(lifter, expr.left, loc), value_of(lifter, expr.right, loc)
            return fold(("op", expr.op, left, right))
        case Member() | Index() | Unary(op="*"):
            return _read(lifter, expr, loc)
        case Comma() if expr.items:
            return [value_of(lifter, item, loc) for item in expr.items][-1]
        case _:
            return unknown(lifter.spell(expr))


def named(lifter: Lifter, name: str) -> Value:
    """The value of a name: an object or constant of the scenario, what it was
    fixed to, a local of the CPU, or unknown."""
    if name in lifter.fixed:
        return lifter.fixed[name]
    if name in lifter.bindings.objects and not lifter.depth:
        return const(lifter.bindings.objects[name])
    if name in lifter.bindings.constants and not lifter.depth:
        return const(lifter.bindings.constants[name])
    if name in lifter.facts.constants and name not in lifter.writes:
        return const(lifter.facts.constants[name])
    if lifter.writes.get(name, 0) == 0 and not name.startswith("%"):
        return unknown(name)
    return local(lifter.prefix + name)


def _apart(lifter: Lifter, expr: Binary) -> Value | None:
    """Whether two pointers are the same, where each leads to a lock or word of
    the scenario."""
    if expr.op not in ("==", "!=") or not isinstance(expr.left, Name | Unary):
        return None
    ends = []
    for side in (expr.left, expr.right):
        place = place_of(Unary(side.loc, "*", side))
        canonical = lifter.names.canonical(place) if place is not None else None
        bindings = lifter.bindings
        thing = canonical and (bindings.locks.get(canonical) or bindings.variables.get(canonical))
        if not thing:
            return None
        ends.append(thing)
    return const(int((ends[0] == ends[1]) == (expr.op == "==")))


def _address(lifter: Lifter, expr: Unary) -> Value:
    """``&object->member`` names the object where the member is one that
    shares its count (a folio and its first page)."""
    inner = expr.operand
    shared = isinstance(inner, Member) and inner.field in lifter.facts.same_object_members
    if isinstance(inner, Member) and shared and isinstance(inner.base, Name):
        base = named(lifter, inner.base.name)
        if base[0] != "unknown":
            return base
    return unknown(lifter.spell(expr))


def _read(lifter: Lifter, expr: Expr, loc: Location) -> Value:
    place = place_of(expr)
    if place is None:
        return unknown(lifter.spell(expr))
    canonical = lifter.names.canonical(place)
    if canonical in lifter.bindings.variables:
        return _load(lifter, lifter.bindings.variables[canonical], render(expr), loc)
    if isinstance(expr, Member) and not expr.arrow and expr.field in lifter.facts.one_member:
        # A structure of one member is that member.
        return value_of(lifter, expr.base, loc)
    if not canonical.steps:
        owner = lifter.owner(canonical.root, place.root)
        return named(owner, canonical.root)
    used(lifter, expr, lifter.origin(render(expr), loc))
    return unknown(str(canonical))


def used(lifter: Lifter, expr: Expr, origin: Origin) -> None:
    """Touch the object a member of which is read or written, where that is a
    step of the scenario; several times in a row are once."""
    while isinstance(expr, Member | Index) and not (isinstance(expr, Member) and expr.arrow):
        expr = expr.base
    if not lifter.bindings.uses or not isinstance(expr, Member) or not isinstance(expr.base, Name):
        return
    value = named(lifter, expr.base.name)
    last = lifter.steps[-1] if lifter.steps else None
    if value[0] not in ("local", "const") or (isinstance(last, Life) and last.index == value):
        return
    lifter.emit(Life("use", value, origin, lifter.next()))


def _load(lifter: Lifter, family: str, text: str, loc: Location) -> Value:
    dest = f"{lifter.prefix}%load{len(lifter.steps)}"
    origin = lifter.origin(text, loc)
    following = lifter.next()
    lifter.emit(Access("load", family, None, None, None, dest, "", "relaxed", origin, following))
    return local(dest)


def number_of(text: str) -> Value:
    """The value of a literal; unknown when it is no number."""
    try:
        return const(int(text.rstrip("uUlL"), 0))
    except ValueError:
        return unknown(text)


def fold(value: Value) -> Value:
    """The same value, computed where both operands are numbers."""
    left, right = value[2], value[3]
    if left[0] == "const" and right[0] == "const":
        number = value_in(value, {})
        return value if number is None else const(number)
    return value
