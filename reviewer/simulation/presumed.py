# SPDX-License-Identifier: GPL-2.0-only
"""Calls of which no fact tells the steps, in a scenario about any object: what
kind of operation they are says what they do to a reference; whatever else is
given the object is taken to use it and to leave its references alone.

That is only sound where two versions of a function are compared which both
make the call, and where the first of them holds: a call that drops or takes a
reference would have left one too many or too few there.
"""

from collections.abc import Set

from reviewer.cfg.graph import Invoke
from reviewer.simulation.lifter import Lifter
from reviewer.simulation.steps import Access, Branch, Life, Origin, Value, const, local, unknown
from reviewer.simulation.values import named
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Expr, Member, Name, Unary

OBJECT_KINDS = ("local", "const")
_DOES = {
    "get": "take a reference",
    "try-get": "take a reference unless the count is zero",
    "put": "drop a reference",
}


def presumed(lifter: Lifter, node: Invoke, call: str, reached: Set[str]) -> bool:
    """Lift a call of which nothing but its kind is known; False where it is not
    even given an object."""
    origin = lifter.origin(call, node.loc)
    told = lifter.facts.operations.of(node.function)
    if told.kind in ("get", "try-get", "put") and 0 <= told.object < len(node.args):
        about = object_of(node.args[told.object], lifter.bindings.counter)
        known = about is not None and about.name in reached
        value = named(lifter, about.name) if about is not None and known else unknown(call)
        if value[0] in OBJECT_KINDS:
            _reference(lifter, node, told.kind, value, origin)
            what = _DOES[told.kind]
            lifter.notes.take(f"{call} is taken to {what}")
            return True
    return _uses(lifter, node, call, reached, origin)


def _reference(lifter: Lifter, node: Invoke, kind: str, value: Value, origin: Origin) -> None:
    """A reference taken or dropped; the last one ends the object as the
    scenario says."""
    stem = f"{lifter.prefix}{node.result}"
    old, done = f"{stem}.old", f"{stem}.done"
    if kind == "try-get":
        lifter.emit(_count(lifter, "add-unless", value, 1, ("", done), origin))
        lifter.fixed[node.result] = local(done)
        return
    amount = -1 if kind == "put" else 1
    lifter.emit(_count(lifter, "add", value, amount, (old, ""), origin))
    lifter.fixed[node.result] = unknown(origin.text) if kind == "put" else value
    if kind == "put":
        at = len(lifter.steps)
        last = ("op", "==", local(old), const(1))
        lifter.emit(Branch(last, "", "", 0, origin, at + 1, at + 2))
        lifter.emit(Life(lifter.bindings.last, value, origin, at + 2))


def _count(
    lifter: Lifter, op: str, value: Value, amount: int, into: tuple[str, str], origin: Origin
) -> Access:
    old, done = into
    return Access(
        op=op,
        family="count",
        index=value,
        value=const(amount),
        expect=const(0) if op == "add-unless" else None,
        old=old,
        done=done,
        order="full",
        origin=origin,
        next=lifter.next(),
    )


def _uses(lifter: Lifter, node: Invoke, call: str, reached: Set[str], origin: Origin) -> bool:
    names = {
        part.name
        for argument in node.args
        for part in walk(argument)
        if isinstance(part, Name) and part.name in reached
    }
    for name in sorted(names):
        value = named(lifter, name)
        if value[0] in OBJECT_KINDS:
            lifter.emit(Life("use", value, origin, lifter.next()))
    if names:
        told = f"{node.function or call}()"
        lifter.notes.take(f"{told} is taken to use what it is given and to count nothing")
    return bool(names)


def object_of(argument: Expr, counter: str = "") -> Name | None:
    """The object an argument names: by itself, or by the address of the member
    that counts, or has the ``counter`` in it; any member, where that is not known.
    A variable whose address is given is none."""
    if isinstance(argument, Unary) and argument.op == "&":
        argument = argument.operand
        path: list[str] = []
        while isinstance(argument, Member) and not argument.arrow:
            path.append(argument.field)
            argument = argument.base
        if not isinstance(argument, Member):
            return None
        path.append(argument.field)
        if counter and counter.split(".")[: len(path)] != path[::-1]:
            return None
        argument = argument.base
    return argument if isinstance(argument, Name) else None
