# SPDX-License-Identifier: GPL-2.0-only
"""Places: access paths such as ``mapping->i_pages.xa_lock``."""

import re
from collections.abc import Sequence
from functools import reduce

from reviewer.record import dataclass
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.tree import Binary, Cast, Expr, Index, Member, Name, Unary

_ARGUMENT = re.compile(r"\$(\d+)")
DEREF = "*"
ELEMENT = "[]"


@dataclass(frozen=True, slots=True)
class Place:
    """An access path from a variable.

    ``steps`` are ``->field``, ``.field``, ``*`` (what a pointer points to) and
    ``[]`` (some element).  Paths are canonical when built by the functions of
    this module: ``*`` is never followed by ``.field``, which is ``->field``.
    """

    root: str
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        text, prefixed = self.root, False
        for step in self.steps:
            if step == DEREF:
                text, prefixed = f"*{text}", True
            else:
                text, prefixed = f"({text}){step}" if prefixed else f"{text}{step}", False
        return text


def extend(place: Place, *steps: str) -> Place:
    """The place reached from ``place`` by more steps, in canonical form."""
    path = list(place.steps)
    for step in steps:
        if path and path[-1] == DEREF and step.startswith("."):
            path[-1] = f"->{step[1:]}"
        else:
            path.append(step)
    return Place(place.root, tuple(path))


def dereference(place: Place) -> Place:
    """The place the pointer kept in ``place`` points to."""
    return extend(place, DEREF)


def inside(place: Place, outer: Place) -> tuple[str, ...] | None:
    """The steps that lead from ``outer`` to ``place``, or None.

    ``p->f`` lies inside ``*p``; the steps are then ``('.f',)``.
    """
    if place.root != outer.root:
        return None
    count = len(outer.steps)
    if place.steps[:count] == outer.steps:
        return place.steps[count:]
    head, following = outer.steps[: count - 1], place.steps[count - 1 : count]
    points = outer.steps[-1:] == (DEREF,) and place.steps[: count - 1] == head
    if points and following and following[0].startswith("->"):
        return (f".{following[0][2:]}", *place.steps[count:])
    return None


def rebase(place: Place, outer: Place, target: Place) -> Place | None:
    """``place`` with its beginning ``outer`` replaced by ``target``, or None
    when it does not begin so."""
    steps = inside(place, outer)
    return None if steps is None else extend(target, *steps)


def place_of(expr: Expr) -> Place | None:
    """The place an expression reads or writes, or None when it is none
    (a call, a sum, an address)."""
    if isinstance(expr, Name):
        return Place(expr.name)
    if isinstance(expr, Member):
        outer = pointee(expr.base) if expr.arrow else place_of(expr.base)
        return None if outer is None else extend(outer, f".{expr.field}")
    if isinstance(expr, Cast):
        return place_of(expr.operand)
    if isinstance(expr, Index):
        outer = place_of(expr.base)
        return None if outer is None else extend(outer, ELEMENT)
    if isinstance(expr, Unary) and expr.op == "*":
        return pointee(expr.operand)
    return None


def pointee(expr: Expr) -> Place | None:
    """The place an address expression points to, or None.

    ``&x`` points to x, a variable ``p`` to ``*p``, ``p + n`` to ``p[]``.
    """
    if isinstance(expr, Name):
        return Place(expr.name, (DEREF,))
    if isinstance(expr, Cast):
        return pointee(expr.operand)
    if isinstance(expr, Unary) and expr.op == "&":
        return place_of(expr.operand)
    if isinstance(expr, Binary) and expr.op in ("+", "-"):
        base = place_of(expr.left)
        return None if base is None else extend(base, ELEMENT)
    place = place_of(expr)
    return None if place is None else dereference(place)


def substitute(template: Expr, args: Sequence[Expr]) -> Expr:
    """The template with ``$0``, ``$1``, ... replaced by the arguments.

    Other names that start with ``$`` and numbers with no argument stay.  Of a
    member ``lock:$1`` the part is meant that argument 1, a constant, names, and
    some part where it is no constant.
    """
    if isinstance(template, Member) and ":" in template.field:
        return _sorted(template, args)
    if isinstance(template, Name):
        found = _ARGUMENT.fullmatch(template.name)
        if found and int(found[1]) < len(args):
            return args[int(found[1])]
        return template
    return rebuilt(template, lambda operand: substitute(operand, args))


def _sorted(template: Member, args: Sequence[Expr]) -> Expr:
    """``lock:$1`` is the member of ``lock`` that is called as the constant is."""
    field, _, number = template.field.partition(":$")
    whole = Member(template.loc, substitute(template.base, args), field, template.arrow)
    arg = args[int(number)] if int(number) < len(args) else None
    if isinstance(arg, Name) and arg.name.isupper():
        return Member(template.loc, whole, arg.name, False)
    return Index(template.loc, whole, whole)


def join(root: str, steps: Sequence[str]) -> Place:
    """The canonical place made of a root and any steps."""
    return reduce(extend, steps, Place(root))
