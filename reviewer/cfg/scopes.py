# SPDX-License-Identifier: GPL-2.0-only
"""What runs where a scope is left: guards, classes and cleanup variables.

A variable with a cleanup function (gcc's ``cleanup`` attribute, which the
kernel's guard(), CLASS() and __free() are made of, include/linux/cleanup.h)
has it called on every way out of its scope, the innermost variable first.
"""

import re

from reviewer.cfg.draft import Cleanup, Draft
from reviewer.cfg.graph import Compute, Decide, Invoke, Unknown
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.syntax.tree import Assign, Call, Declare, Expr, Literal, Name, Opaque, Unary

MAX_RELEASES = 20000
"""Releases drawn in one function: each way out has its own, so that their
number is that of the scopes times that of the ways out."""

_FREED = re.compile(r"__free\s*\(\s*(\w+)\s*\)")
_CLEANED = re.compile(r"(?:\bcleanup|__cleanup__|__cleanup)\s*\(\s*(\w+)\s*\)")
_CONDITIONAL = re.compile(r"_(?:try|intr|kill)$")
_TRUE = "1"


def guard(draft: Draft, expr: Call, args: tuple[Expr, ...]) -> Expr | None:
    """Draw ``guard(class)(lock)``; its value says whether the lock was taken.
    None when the call is none, or of a class nobody knows."""
    words = _words(expr.function)
    if words[:1] != ["guard"] or len(words) != 2 or words[1] not in draft.facts.guards:
        return None
    take, drop = draft.facts.guards[words[1]]
    result = draft.temporary(expr.loc)
    draft.add(Invoke(expr.loc, take, None, args, result.name))
    taken = _taken(draft.facts, take, result)
    when = None if isinstance(taken, Literal) else taken
    draft.cleanups = Cleanup.inside(draft.cleanups, expr.loc, drop, args, when)
    return taken


def guard_is_conditional(expr: Call) -> bool:
    """Whether a guard of an unknown class may fail, going by its name."""
    return _CONDITIONAL.search("".join(_words(expr.function)[1:])) is not None


def instance(draft: Draft, expr: Call, args: tuple[Expr, ...]) -> Expr | None:
    """Draw ``CLASS(name, variable)(...)``: a variable with a constructor and
    a destructor.  None when the call is none."""
    words = _words(expr.function)
    if words[:1] != ["CLASS"] or len(words) != 3:
        return None
    _, kind, variable = words
    made, gone = draft.facts.classes.get(kind, ("", ""))
    name, result = Name(expr.loc, variable), draft.temporary(expr.loc)
    draft.variables.add(variable)
    draft.add(Invoke(expr.loc, made or f"CLASS({kind}, {variable})", None, args, result.name))
    draft.declare(expr.loc, variable, result)
    if gone:
        draft.cleanups = Cleanup.inside(draft.cleanups, expr.loc, gone, (name,), None)
    return name


def declared(draft: Draft, stmt: Declare) -> None:
    """Remember what a declaration asks to be run at the end of its scope."""
    for attribute in stmt.attributes:
        name = Name(stmt.loc, stmt.name)
        if (found := _FREED.search(attribute)) is not None:
            # What is freed is nothing where the pointer is NULL.
            function = draft.facts.frees.get(found[1], found[1])
            draft.cleanups = Cleanup.inside(draft.cleanups, stmt.loc, function, (name,), name)
        elif (found := _CLEANED.search(attribute)) is not None:
            address = Unary(stmt.loc, "&", name)
            draft.cleanups = Cleanup.inside(draft.cleanups, stmt.loc, found[1], (address,), None)


def only_if(draft: Draft, outer: Cleanup | None, cond: Expr) -> None:
    """What an ``#if`` arm opened is there only where that arm is."""
    added = []
    while draft.cleanups is not None and draft.cleanups is not outer:
        added.append(draft.cleanups)
        draft.cleanups = draft.cleanups.outer
    for one in reversed(added):
        when = cond if one.when is None else one.when
        draft.cleanups = Cleanup.inside(draft.cleanups, one.loc, one.function, one.args, when)


def hide(draft: Draft, stmt: Declare) -> None:
    """A variable hides one of its name up to the end of its scope."""
    name = Name(stmt.loc, stmt.name)
    draft.cleanups = Cleanup.inside(draft.cleanups, stmt.loc, "", (name,), None)


def leave(draft: Draft, outer: Cleanup | None, loc: Location) -> None:
    """Draw what runs on the way out to the scopes up to ``outer``."""
    one = draft.cleanups
    while one is not None and one is not outer and draft.ends:
        if draft.releases >= MAX_RELEASES:
            draft.add(Unknown(loc, "too many ways out of scopes that release something"))
            return
        draft.releases += 1
        _release(draft, one, loc)
        one = one.outer


def common(one: Cleanup | None, other: Cleanup | None) -> Cleanup | None:
    """The innermost scope that two places have in common."""
    while one is not other:
        if one is None or (other is not None and other.depth > one.depth):
            assert other is not None
            other = other.outer
        else:
            one = one.outer
    return one


def _release(draft: Draft, one: Cleanup, loc: Location) -> None:
    skipped = []
    if not one.function:
        # The name means what it meant before, which is not known any more.
        (name,) = one.args
        draft.add(Compute(loc, Assign(loc, "=", name, Opaque(loc, "what was hidden"))))
        return
    if one.when is not None:
        number = draft.add(Decide(loc, one.when))
        draft.ends, skipped = [(number, "T")], [(number, "F")]
    result = draft.temporary(loc).name
    draft.add(Invoke(loc, one.function, None, one.args, result, one.loc))
    draft.ends += skipped


def _words(function: Expr) -> list[str]:
    """The names in ``guard(class)`` or ``CLASS(name, variable)``."""
    if not isinstance(function, Call):
        return []
    parts = (function.function, *function.args)
    return [part.name for part in parts if isinstance(part, Name)]


def _taken(facts: Facts, function: str, result: Name) -> Expr:
    """What is true where a call took its lock."""
    fact = facts.of(function)
    when = fact.acquires[0].when if fact is not None and fact.acquires else "always"
    if when == "always":
        return Literal(result.loc, _TRUE)
    return result if when == "nonzero" else Unary(result.loc, "!", result)
