# SPDX-License-Identifier: GPL-2.0-only
"""How a lock stands on one way through a function."""

from collections.abc import Mapping
from typing import NamedTuple

from reviewer.cfg.graph import Invoke
from reviewer.facts import FunctionFact, LockFact
from reviewer.locks.aliases import Aliases
from reviewer.locks.conditions import words
from reviewer.locks.locksets import lock_name
from reviewer.record import replace
from reviewer.syntax.place import ELEMENT, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.render import render
from reviewer.syntax.tree import Expr, Index, Literal, Member, Name

MAX_COUNT = 2
LEFT = "left"


class Standing(NamedTuple):
    """One lock on one way: ``net`` is how much oftener it was taken than
    dropped, None where that is not known; ``first`` is ``take`` or ``drop``,
    what came first, or ``left`` when it was held while its pointer moved on;
    ``line`` is where it was taken or dropped last."""

    net: int | None
    first: str
    line: int


def count(
    locks: dict[str, Standing], name: str, more: int, line: int, settle: bool = False
) -> None:
    """Count one more; ``settle`` says that the lock is then held, whatever was."""
    held = locks.get(name)
    first = ("take" if more > 0 else "drop") if held is None else held.first
    many = 0 if held is None else held.net
    if many is not None:
        many = more if settle and more > 0 and first == "take" else many + more
        many = None if abs(many) > MAX_COUNT else many
    locks[name] = Standing(many, first, line)


def counted_name(lock: LockFact, node: Invoke, names: Aliases) -> str:
    """The lock a call takes or drops.  One of an array is called by its index
    where that is a variable: as long as the variable keeps its value, it is one lock."""
    name = lock_name(lock, node, names)
    if ELEMENT not in name:
        return name
    indexed = lock_name(replace(lock, place=_indexed(lock.place, node)), node, names)
    return indexed.replace(".[", "[")


def _indexed(expr: Expr, node: Invoke) -> Expr:
    expr = substitute(expr, node.args)
    if isinstance(expr, Index) and isinstance(expr.index, Name | Literal):
        return Member(expr.loc, _indexed(expr.base, node), f"[{render(expr.index)}]", False)
    return rebuilt(expr, lambda operand: _indexed(operand, node))


def moved(fact: FunctionFact, lock: LockFact) -> bool:
    """Whether the call drops and takes the same lock again, as a downgrade does."""
    text = render(lock.place)
    both = [
        any(render(one.place) == text and one.when == "always" for one in side)
        for side in (fact.acquires, fact.releases)
    ]
    return all(both) and not fact.writes


def moved_on(locks: Mapping[str, Standing], pointers: frozenset[str]) -> dict[str, Standing]:
    """The locks after some pointers point elsewhere: what was balanced is a
    new lock, of what was not nothing is known any more."""
    found = {}
    for name, one in locks.items():
        if not _through(name, pointers):
            found[name] = one
        elif one.net != 0:
            held = one.first == "take" and (one.net or 0) > 0
            found[name] = Standing(None, LEFT if held else one.first, one.line)
    return found


def _through(lock: str, pointers: frozenset[str]) -> bool:
    return any(
        lock == pointer
        or lock.startswith(f"{pointer}->")
        or (
            pointer.isidentifier() and pointer in words(lock) and not lock.startswith(f"{pointer}.")
        )
        for pointer in pointers
    )
