# SPDX-License-Identifier: GPL-2.0-only
"""Lift calls: what the facts say a function does becomes steps."""

from collections.abc import Mapping

from reviewer.cfg.graph import Invoke
from reviewer.facts import OF_OBJECTS, FunctionFact, StepFact
from reviewer.record import replace
from reviewer.simulation.lifter import Lifter, given_away
from reviewer.simulation.loaded import of_list
from reviewer.simulation.lowered import last_under_lock
from reviewer.simulation.presumed import presumed
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
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
from reviewer.simulation.targets import (
    argument,
    counted,
    filled,
    lock_named,
    look_like,
    operand,
    returned,
    target,
)
from reviewer.simulation.values import value_of
from reviewer.syntax.place import substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Binary, Expr, Literal, Name, Unary

MODELLED_CONTEXTS = ("irqs-off", "rcu-read-side")
KEEP, SUBJECT = "keep", "subject"
LIVES = ("use", "reuse")
"""Calls only actors make: an object is kept, touched, or made anew of the same
memory; the function under review runs."""


def of_the_model(lifter: Lifter, node: Invoke, origin: Origin) -> bool:
    """Lift a call only actors make; False when it is none."""
    if node.function in LIVES and node.args:
        value = value_of(lifter, node.args[0], node.loc)
        lifter.emit(Life(node.function, value, origin, lifter.next()))
    elif node.function == KEEP:
        value = value_of(lifter, node.args[0], node.loc)
        lifter.emit(Mark("keep", value, "", origin, lifter.next()))
    elif node.function == SUBJECT:
        result = local(lifter.prefix + node.result)
        lifter.emit(Mark("enter", const(0), "", origin, lifter.next()))
        lifter.emit(Mark("leave", result, "", origin, lifter.next()))
    else:
        return False
    return True


def pinned(lifter: Lifter, node: Invoke, call: str) -> Value | None:
    """The value that a call has in this scenario, if it says so."""
    known = lifter.bindings.known
    number = known.get(call, known.get(node.function or call))
    return None if number is None else const(number)


def without_fact(lifter: Lifter, node: Invoke, call: str, number: int) -> None:
    """A call nobody knows anything of: its result is anything, and it is
    listed, apart when it is given an object of the scenario."""
    pointer = node.pointer
    name = node.function or (render(pointer) if pointer is not None else call)
    touches = any(_names_object(lifter, arg) for arg in node.args)
    known = lifter.bindings.last and presumed(lifter, node, call, lifter.reaching())
    if not known:
        (lifter.notes.unmodelled if touches else lifter.notes.ignored).add(f"{name}()")
    elif node.result in lifter.fixed:
        return
    lifter.fixed[node.result] = unknown(f"{call}@{lifter.prefix}{number}")
    _forget(lifter, node)


def with_fact(
    lifter: Lifter, node: Invoke, number: int, fact: FunctionFact, origin: Origin
) -> None:
    """The contexts, locks and steps of a known function, and its result."""
    if not fact.steps and fact.returns is None:
        _forget(lifter, node)
    if fact.noreturn:
        lifter.notes.take(f"{origin.text} is taken not to be reached")
        lifter.emit(Stop(const(0), origin.text, origin, cut=True))
        return
    if last_under_lock(lifter, fact, node, origin) or of_list(lifter, fact, node, number):
        return
    _enter(lifter, fact, node, origin)
    temps: dict[str, Value] = {}
    for position, step in enumerate(fact.steps):
        if step.when == "always":
            temps = _step(lifter, step, node, origin, position, temps) or temps
        else:
            temps = _chosen_step(lifter, step, node, origin, position)
    _exit(lifter, fact, node, origin)
    lifter.fixed.setdefault(node.result, _result(lifter, node, fact, temps))


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
        return returned(lifter, fact.returns, node, temps)
    if fact.same_object and node.args:
        named = argument(lifter, node, 0)
        done = temps.get("$done", const(1))
        return named if done == const(1) else ("op", "*", named, done)
    for found in ("$result", "$old"):
        if found in temps:
            return temps[found]
    return unknown(lifter.spell_call(node))


# Steps ------------------------------------------------------------------------


def _step(
    lifter: Lifter,
    step: StepFact,
    node: Invoke,
    origin: Origin,
    position: int,
    temps: Mapping[str, Value],
) -> dict[str, Value]:
    """Emit one step of a call; gives what it found and whether it took
    effect, nothing where it touches nothing of the scenario.  ``temps`` is
    what the step before it gave."""
    if step.op in OF_OBJECTS:
        return _life(lifter, step, node, origin)
    if step.op in ("flush", "grace-period"):
        for what in (step.op, f"{step.op}-done"):
            lifter.emit(Wait(what, origin, lifter.next(), step.waits))
        return {}
    touched = target(lifter, step, node)
    if touched is None:
        look_like(lifter, step, node)
        return {}
    lock = None if step.under is None else lock_named(lifter, substitute(step.under, node.args))
    if lock is not None:
        lifter.emit(Acquire(lock, "", origin, lifter.next()))
    access = _access(lifter, step, node, origin, f"{lifter.prefix}{node.result}.{position}", temps)
    family, index = touched
    lifter.emit(replace(access, family=family, index=index, next=lifter.next()))
    if lock is not None:
        lifter.emit(Release(lock, origin, lifter.next()))
    if index is not None and index[0] == "const" and step.op == "load":
        lifter.notes.counts[access.old] = int(index[1])
    return {"$old": local(access.old), "$done": local(access.done) if access.done else const(1)}


def _access(
    lifter: Lifter,
    step: StepFact,
    node: Invoke,
    origin: Origin,
    stem: str,
    temps: Mapping[str, Value],
) -> Access:
    """The access of a step, but for what it is to."""
    return Access(
        op=step.op,
        family="",
        index=None,
        value=operand(lifter, step.value, node, temps),
        expect=operand(lifter, step.expect if step.op == "cas" else step.unless, node, temps),
        old=f"{stem}.old",
        done=f"{stem}.done" if step.op in ("cas", "add-unless") else "",
        order=step.order,
        origin=origin,
        next=-1,
        protocol=step.protocol,
        until=_until(step, stem),
    )


def _life(lifter: Lifter, step: StepFact, node: Invoke, origin: Origin) -> dict[str, Value]:
    """What a call does to an object as a whole, named by itself or its count."""
    assert step.place is not None
    expr = substitute(step.place, node.args)
    index = counted(lifter, expr, node.loc)
    if index is None:
        index = value_of(lifter, expr, node.loc)
    if index[0] == "unknown":
        return {}
    lifter.emit(Life(step.op, index, origin, lifter.next()))
    return {}


def _until(step: StepFact, stem: str) -> Value | None:
    """The condition a load waits for, in terms of the local it fills."""

    def of_found(expr: Expr) -> Value:
        match expr:
            case Name(name="$old"):
                return local(f"{stem}.old")
            case Unary(op=op, operand=inner):
                return ("un", op, of_found(inner))
            case Binary(op=op, left=left, right=right):
                return ("op", op, of_found(left), of_found(right))
            case Literal(text=text):
                return const(int(text, 0))
            case _:
                raise ValueError("a step waits for a condition on $old")

    return None if step.until is None else of_found(step.until)


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
    _step(lifter, step, node, origin, position, {})
    lifter.steps[at + 1] = Let(done, const(other), len(lifter.steps))
    return {"$result": local(done)}


# Locks and contexts -----------------------------------------------------------


def _enter(lifter: Lifter, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
    if fact.enters_when == "always":
        _contexts(lifter, fact.enters, True, origin)
    elif not fact.acquires and any(name in MODELLED_CONTEXTS for name in fact.enters):
        _enter_perhaps(lifter, fact, node, origin)
    for taken in fact.acquires:
        name = lock_named(lifter, filled(taken.place, node))
        if name is None:
            continue
        if taken.when == "always":
            lifter.emit(Acquire(name, "", origin, lifter.next(), taken.shared))
            continue
        done = f"{lifter.prefix}{node.result}.taken"
        lifter.emit(Acquire(name, done, origin, lifter.next(), taken.shared))
        result = local(done)
        lifter.fixed[node.result] = result if taken.when == "nonzero" else ("un", "!", result)
        _contexts_if(lifter, fact, result, origin)


def _enter_perhaps(lifter: Lifter, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
    """A context that is entered for some results only: both are tried."""
    done = f"{lifter.prefix}{node.result}.entered"
    at = len(lifter.steps)
    choice = pinned(lifter, node, origin.text) or unknown(f"{origin.text}@{lifter.prefix}{at}")
    lifter.emit(Branch(choice, "", "", 0, origin, at + 2, at + 1))
    lifter.emit(Let(done, const(0), -1))
    lifter.emit(Let(done, const(1), at + 3))
    _contexts(lifter, fact.enters, True, origin)
    lifter.steps[at + 1] = Let(done, const(0), len(lifter.steps))
    entered = local(done)
    result = entered if fact.enters_when == "nonzero" else ("un", "!", entered)
    lifter.fixed.setdefault(node.result, result)


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
        name = lock_named(lifter, filled(dropped.place, node))
        if name is not None:
            lifter.emit(Release(name, origin, lifter.next()))
    _contexts(lifter, fact.leaves, False, origin)
