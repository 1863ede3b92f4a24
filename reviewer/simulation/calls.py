# SPDX-License-Identifier: GPL-2.0-only
"""Lift calls: what the facts say a function does becomes steps."""

from collections.abc import Mapping

from reviewer.cfg.graph import Invoke
from reviewer.facts import FunctionFact, StepFact
from reviewer.simulation.lifter import Lifter, given_away
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Mark,
    Origin,
    Release,
    Stop,
    Value,
    Wait,
    const,
    local,
    unknown,
)
from reviewer.simulation.values import fold, value_of
from reviewer.syntax.place import place_of, substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Binary, Expr, Member, Name, Unary

MODELLED_CONTEXTS = ("irqs-off", "rcu-read-side")
KEEP, SUBJECT = "keep", "subject"
"""Calls only actors make: an object is kept; the function under review runs."""


def of_the_model(lifter: Lifter, node: Invoke, origin: Origin) -> bool:
    """Lift a call only actors make; False when it is none."""
    if node.function == KEEP:
        value = value_of(lifter, node.args[0], node.loc)
        lifter.emit(Mark("keep", value, "", origin, lifter.next()))
    elif node.function == SUBJECT:
        result = local(lifter.prefix + node.result)
        lifter.emit(Mark("enter", const(0), "", origin, lifter.next()))
        lifter.emit(Mark("leave", result, "", origin, lifter.next()))
    else:
        return False
    return True


def without_fact(lifter: Lifter, node: Invoke, call: str, number: int) -> None:
    """A call nobody knows anything of: its result is anything, and it is
    listed, apart when it is given an object of the scenario."""
    name = node.function or call
    touches = any(_names_object(lifter, arg) for arg in node.args)
    (lifter.notes.unmodelled if touches else lifter.notes.ignored).add(f"{name}()")
    lifter.fixed[node.result] = unknown(f"{call}@{lifter.prefix}{number}")
    _forget(lifter, node)


def with_fact(lifter: Lifter, node: Invoke, fact: FunctionFact, origin: Origin) -> None:
    """The contexts, locks and steps of a known function, and its result."""
    if not fact.steps and fact.returns is None:
        _forget(lifter, node)
    _enter(lifter, fact, node, origin)
    temps: dict[str, Value] = {}
    for position, step in enumerate(fact.steps):
        if step.when == "always":
            temps = _step(lifter, step, node, origin, position) or temps
        else:
            temps = _chosen_step(lifter, step, node, origin, position)
    _exit(lifter, fact, node, origin)
    lifter.fixed.setdefault(node.result, _result(lifter, node, fact, temps))
    if fact.noreturn:
        lifter.emit(Stop(unknown(origin.text), origin.text, origin))


def _forget(lifter: Lifter, node: Invoke) -> None:
    """A local whose address a call was given may hold anything now."""
    for name in given_away(node):
        if lifter.writes.get(name, 0):
            lifter.fixed.pop(name, None)
            anything = unknown(f"{lifter.spell_call(node)}: {name}")
            lifter.emit(Let(lifter.prefix + name, anything, lifter.next()))


def _names_object(lifter: Lifter, arg: Expr) -> bool:
    """Whether an argument leads to an object or a variable of the scenario, in
    whatever way: by its name, a member of it, its address, or a local that
    was made from it."""
    reach = lifter.reaching()
    return any(isinstance(part, Name) and part.name in reach for part in walk(arg))


# Results ----------------------------------------------------------------------


def _result(lifter: Lifter, node: Invoke, fact: FunctionFact, temps: Mapping[str, Value]) -> Value:
    if fact.returns is not None:
        return _returned(lifter, fact.returns, node, temps)
    if fact.same_object and node.args:
        named = _argument(lifter, node, 0)
        done = temps.get("$done", const(1))
        return named if done == const(1) else ("op", "*", named, done)
    for found in ("$result", "$old"):
        if found in temps:
            return temps[found]
    return unknown(lifter.spell_call(node))


def _argument(lifter: Lifter, node: Invoke, index: int) -> Value:
    """The value of an argument, which is evaluated once per call."""
    key = (node.result, index)
    if key not in lifter.arguments:
        lifter.arguments[key] = value_of(lifter, node.args[index], node.loc)
    return lifter.arguments[key]


def _returned(lifter: Lifter, expr: Expr, node: Invoke, temps: Mapping[str, Value]) -> Value:
    """The value of an expression of a fact."""
    match expr:
        case Name(name=name) if name in temps:
            return temps[name]
        case Name(name=name) if name.startswith("$"):
            index = int(name[1:]) if name[1:].isdigit() else -1
            if 0 <= index < len(node.args):
                return _argument(lifter, node, index)
            return unknown(lifter.spell_call(node))
        case Unary(op=op, operand=inner):
            return ("un", op, _returned(lifter, inner, node, temps))
        case Binary(op=op, left=left, right=right):
            one = _returned(lifter, left, node, temps)
            return fold(("op", op, one, _returned(lifter, right, node, temps)))
        case _:
            return value_of(lifter, expr, node.loc)


# Steps ------------------------------------------------------------------------


def _step(
    lifter: Lifter, step: StepFact, node: Invoke, origin: Origin, position: int
) -> dict[str, Value]:
    """Emit one step of a call; gives what it found and whether it took
    effect, nothing where it touches nothing of the scenario."""
    if step.op in ("flush", "grace-period"):
        lifter.emit(Wait(step.op, origin, lifter.next()))
        lifter.emit(Wait(f"{step.op}-done", origin, lifter.next()))
        return {}
    target = _target(lifter, step, node)
    if target is None:
        return {}
    family, index = target
    stem = f"{lifter.prefix}{node.result}.{position}"
    conditional = step.op in ("cas", "add-unless")
    access = Access(
        op=step.op,
        family=family,
        index=index,
        value=_operand(lifter, step.value, node),
        expect=_operand(lifter, step.expect if step.op == "cas" else step.unless, node),
        old=f"{stem}.old",
        done=f"{stem}.done" if conditional else "",
        order=step.order,
        origin=origin,
        next=lifter.next(),
        protocol=step.protocol,
    )
    lifter.emit(access)
    if index is not None and index[0] == "const" and step.op == "load":
        lifter.notes.counts[access.old] = int(index[1])
    return {"$old": local(access.old), "$done": local(access.done) if conditional else const(1)}


def _chosen_step(
    lifter: Lifter, step: StepFact, node: Invoke, origin: Origin, position: int
) -> dict[str, Value]:
    """A step that is made for one result of the call and not for the other,
    where nothing in the scenario says which: both are tried."""
    done = f"{lifter.prefix}{node.result}.{position}.chosen"
    effect, other = (1, 0) if step.when == "nonzero" else (0, 1)
    at = len(lifter.steps)
    choice = unknown(f"{origin.text}@{lifter.prefix}{at}")
    lifter.emit(Branch(choice, "", "", 0, origin, at + 2, at + 1))
    lifter.emit(Let(done, const(other), -1))
    lifter.emit(Let(done, const(effect), at + 3))
    _step(lifter, step, node, origin, position)
    lifter.steps[at + 1] = Let(done, const(other), len(lifter.steps))
    return {"$result": local(done)}


def _operand(lifter: Lifter, template: Expr | None, node: Invoke) -> Value | None:
    return None if template is None else _returned(lifter, template, node, {})


def _target(lifter: Lifter, step: StepFact, node: Invoke) -> tuple[str, Value | None] | None:
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
    if not isinstance(expr, Member) or expr.field != lifter.bindings.counter:
        return None
    base = expr.base
    if isinstance(base, Member) and base.field in lifter.facts.same_object_members:
        base = base.base
    return "count", value_of(lifter, base, node.loc)


# Locks and contexts -----------------------------------------------------------


def _lock(lifter: Lifter, expr: Expr) -> str | None:
    """The scenario's name of a lock; one it does not have is noted."""
    place = place_of(expr)
    if place is None:
        return None
    canonical = lifter.names.canonical(place)
    name = lifter.bindings.locks.get(canonical)
    if name is None:
        lifter.notes.unbound.add(str(canonical))
    return name


def _enter(lifter: Lifter, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
    if fact.enters_when == "always":
        _contexts(lifter, fact.enters, True, origin)
    for taken in fact.acquires:
        name = _lock(lifter, substitute(taken.place, node.args))
        if name is None:
            continue
        if taken.when == "always":
            lifter.emit(Acquire(name, "", origin, lifter.next()))
            continue
        done = f"{lifter.prefix}{node.result}.taken"
        lifter.emit(Acquire(name, done, origin, lifter.next()))
        result = local(done)
        lifter.fixed[node.result] = result if taken.when == "nonzero" else ("un", "!", result)
        _contexts_if(lifter, fact, result, origin)


def _contexts(lifter: Lifter, names: tuple[str, ...], on: bool, origin: Origin) -> None:
    for name in names:
        if name in MODELLED_CONTEXTS:
            lifter.emit(Context(name, on, origin, lifter.next()))


def _contexts_if(lifter: Lifter, fact: FunctionFact, taken: Value, origin: Origin) -> None:
    """The contexts of a trylock, entered when it took its lock."""
    at = len(lifter.steps)
    lifter.emit(Branch(taken, "", "", 0, origin, at + 1, at + 1))
    _contexts(lifter, fact.enters, True, origin)
    lifter.steps[at] = Branch(taken, "", "", 0, origin, at + 1, len(lifter.steps))


def _exit(lifter: Lifter, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
    for dropped in fact.releases:
        name = _lock(lifter, substitute(dropped.place, node.args))
        if name is not None:
            lifter.emit(Release(name, origin, lifter.next()))
    _contexts(lifter, fact.leaves, False, origin)
