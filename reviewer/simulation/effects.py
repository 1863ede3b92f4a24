# SPDX-License-Identifier: GPL-2.0-only
"""What each kind of visible step does to the state, as actions."""

from collections.abc import Iterator

from reviewer.simulation.accesses import access, add, let, open_term, put
from reviewer.simulation.actions import (
    DONE,
    OBJECT,
    ONE,
    ZERO,
    Action,
    Assign,
    Check,
    If,
    Require,
    Term,
    every,
    fld,
    ite,
    negated,
    op,
    some,
    temp,
    with_locals,
)
from reviewer.simulation.machine import (
    ENTERED,
    GAVE_UP,
    RETURNED,
    SUCCEEDED,
    Machine,
    of,
    own,
)
from reviewer.simulation.quiet import askers, awaited
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Context,
    Life,
    Mark,
    Release,
    Stop,
    Value,
    Visible,
    Wait,
    const,
)

DEEPEST = 3
"""How often sections of one kind are counted inside of each other."""


def effects(machine: Machine, cpu: int, step: Visible) -> tuple[Action, ...]:
    """The actions of one step of a CPU, without where it goes on."""
    match step:
        case Access():
            return tuple(access(machine, cpu, step))
        case Life():
            return tuple(_life(machine, cpu, step))
        case Acquire():
            return tuple(_acquire(cpu, step))
        case Release():
            return tuple(_release(cpu, step))
        case Context():
            return tuple(_context(machine, cpu, step) if awaited(machine)[step.context] else ())
        case Wait():
            return tuple(_wait(machine, cpu, step))
        case Mark():
            return tuple(_mark(machine, cpu, step))
        case Stop(cut=True):
            return (Require(ZERO),)
        case Stop():
            return tuple(_stop(machine, cpu))


# Whole objects ----------------------------------------------------------------


def _life(machine: Machine, cpu: int, step: Life) -> Iterator[Action]:
    number = with_locals(step.index, cpu)
    if number[0] == "const":
        if number[1] in machine.numbers:
            yield from _lives(machine, cpu, step.what, number[1])
        return
    actions: tuple[Action, ...] = ()
    for known in reversed(machine.numbers):
        equal = op("&&", ("known", number), op("==", number, const(known)))
        actions = (If(equal, tuple(_lives(machine, cpu, step.what, known)), actions),)
    yield from actions


def _lives(machine: Machine, cpu: int, what: str, number: int) -> Iterator[Action]:
    freed = of("freed", number)
    if what == "reuse":
        yield Require(fld(freed))
        yield Assign(OBJECT, const(number))
        yield put(freed, ZERO)
        yield put(of("reused", number), ONE)
        yield put(of("count", number), ONE)
        # What was frozen is another object's count now.
        for name in (of("frozen", number), of("believed", number)):
            yield put(name, ZERO)
        for other in machine.cpus:
            yield put(own(other, "froze", number), ZERO)
        for name in (own(cpu, "held", number), own(cpu, "kept", number), of("owed", number)):
            yield add(name, ONE)
        return
    yield Assign(OBJECT, const(number))
    if what == "give":
        for name in (own(cpu, "held", number), of("owed", number)):
            yield add(name, const(-1))
        return
    yield Check(negated(fld(freed)), "use-after-free")
    if what != "use":
        yield Check(negated(fld(of("dying", number))), "use-after-free")
    if what == "free":
        yield put(freed, ONE)
    elif what == "free-deferred":
        yield Assign(temp("dying"), some(_reads(other) for other in machine.cpus))
        for other in machine.cpus:
            yield put(own(other, "waits", number), _reads(other))
        yield put(of("dying", number), temp("dying"))
        yield put(freed, negated(temp("dying")))


# Locks and contexts -----------------------------------------------------------


def _acquire(cpu: int, step: Acquire) -> Iterator[Action]:
    """Take a lock; wait while it is taken (a trylock fails)."""
    lock, has = of("lock", step.lock), own(cpu, "has", step.lock)
    free = op("!=", fld(lock), ONE) if step.shared else op("==", fld(lock), ZERO)
    if not step.done:
        yield Require(free)
        yield Assign(DONE, ONE)
    else:
        yield Assign(DONE, free)
    for name in (lock, has):
        more = op("+", fld(name), ite(op("==", fld(name), ZERO), const(2), ONE))
        yield put(name, ite(DONE, more if step.shared else ONE, fld(name)))
    yield from let(cpu, step.done, DONE)


def _release(cpu: int, step: Release) -> Iterator[Action]:
    """Drop a lock; dropping one that is not held breaks a property."""
    lock, has = of("lock", step.lock), own(cpu, "has", step.lock)
    yield Assign(DONE, ONE)
    yield Check(op("!=", fld(has), ZERO), "unlock-not-held")
    for name in (lock, has):
        yield put(name, ite(op("<=", fld(name), const(2)), ZERO, op("-", fld(name), ONE)))


def _context(machine: Machine, cpu: int, step: Context) -> Iterator[Action]:
    """Turn interrupts off or on, enter or leave the RCU read side.

    With interrupts on again the CPU answers a flush that waits for it; a CPU
    that leaves its read side lets the grace period that waits for it go on.
    Interrupts off are a read side too (since v5.0: synchronize_rcu() in
    kernel/rcu/tree.c says so).
    """
    section, other = ("irq", "rcu") if step.context == "irqs-off" else ("rcu", "irq")
    depth = own(cpu, section)
    yield Assign(DONE, ONE)
    if step.on:
        deeper = op("+", fld(depth), ONE)
        yield put(depth, ite(op(">=", fld(depth), const(DEEPEST)), fld(depth), deeper))
        return
    yield Assign(temp("last"), op("<=", fld(depth), ONE))
    yield Assign(temp("out"), every((temp("last"), op("==", fld(own(cpu, other)), ZERO))))
    yield put(depth, ite(temp("last"), ZERO, op("-", fld(depth), ONE)))
    for flush in _owed_by(machine, cpu, "flush") if section == "irq" else ():
        yield put(flush, ite(temp("last"), ZERO, fld(flush)))
    for grace in _owed_by(machine, cpu, "grace-period"):
        yield put(grace, ite(temp("out"), ZERO, fld(grace)))
    for number in machine.numbers:
        yield from _left(machine, cpu, number)


def _answer(machine: Machine, cpu: int, what: str, asker: int) -> str:
    """The field that says that a CPU has yet to answer another one; of the one
    that asks, where there is no second."""
    name = own(cpu, "flush" if what == "flush" else "grace")
    return f"{name}.{asker}" if len(askers(machine, what)) > 1 else name


def _owed_by(machine: Machine, cpu: int, what: str) -> Iterator[str]:
    for asker in askers(machine, what):
        yield _answer(machine, cpu, what, asker)


def _reads(cpu: int) -> Term:
    """Whether a CPU is inside of what a grace period waits for."""
    return some((fld(own(cpu, "rcu")), fld(own(cpu, "irq"))))


def _left(machine: Machine, cpu: int, number: int) -> Iterator[Action]:
    """The last reader that an object to be freed waits for has left."""
    others = [fld(own(other, "waits", number)) for other in machine.cpus if other != cpu]
    mine, dying, freed = own(cpu, "waits", number), of("dying", number), of("freed", number)
    last = every((temp("out"), fld(mine), *(negated(other) for other in others), fld(dying)))
    yield Assign(temp("freed"), last)
    yield put(mine, ite(temp("out"), ZERO, fld(mine)))
    yield put(freed, ite(temp("freed"), ONE, fld(freed)))
    yield put(dying, ite(temp("freed"), ZERO, fld(dying)))


def _wait(machine: Machine, cpu: int, step: Wait) -> Iterator[Action]:
    """Ask the CPUs that are inside, or go on once all have answered.

    A flush asks the other CPUs, a grace period this one too: a reader that
    waits for one waits for itself.
    """
    what = step.what.removesuffix("-done")
    names = {other: _answer(machine, other, what, cpu) for other in machine.cpus}
    yield Assign(DONE, ONE)
    if what == "flush" and not (machine.waits_for_irq or step.always):
        return
    if step.what != what:
        yield Require(every(negated(fld(name)) for name in names.values()))
        return
    for other, name in names.items():
        if what == "grace-period":
            yield put(name, _reads(other))
        elif other != cpu:
            yield put(name, some([fld(own(other, "irq"))]))


# The model itself -------------------------------------------------------------


def _mark(machine: Machine, cpu: int, step: Mark) -> Iterator[Action]:
    """Note that an object is kept, or that the subject begins or ends."""
    value = with_locals(step.value, cpu)
    yield Assign(DONE, ONE)
    if step.what == "keep":
        for number in machine.numbers:
            this = op("==", value, const(number))
            if open_term(value):
                this = every((("known", value), this))
            yield add(own(cpu, "kept", number), this)
    elif step.what == "enter":
        yield put(own(cpu, "stage"), const(ENTERED))
    else:
        if machine.subject_keeps:
            for number in machine.numbers:
                yield put(own(cpu, "kept", number), fld(own(cpu, "held", number)))
        stage = const(SUCCEEDED) if step.what == "finish" else _stage(machine, value)
        yield put(own(cpu, "stage"), stage)


def _stage(machine: Machine, value: Term) -> Term:
    def good(term: Value) -> Term:
        if term[0] == "local":
            return value
        if term[0] == "un":
            return negated(good(term[2])) if term[1] == "!" else ("un", term[1], good(term[2]))
        return op(term[1], good(term[2]), good(term[3])) if term[0] == "op" else term

    known = ite(good(machine.success), const(SUCCEEDED), const(GAVE_UP))
    return ite(("known", value), known, const(RETURNED)) if open_term(value) else known


def _stop(machine: Machine, cpu: int) -> Iterator[Action]:
    """A CPU ends with the references it keeps, frozen counts apart."""
    yield Assign(DONE, ONE)
    balances = []
    for number in machine.numbers:
        has, keeps = fld(own(cpu, "held", number)), fld(own(cpu, "kept", number))
        balances.append((has, keeps, fld(of("frozen", number))))
    enough = every(some((frozen, op(">=", has, keeps))) for has, keeps, frozen in balances)
    yield Check(enough, "dropped-too-often")
    none = every(some((frozen, op("<=", has, keeps))) for has, keeps, frozen in balances)
    yield Check(none, "leaked-reference")
    if machine.returns_frozen and cpu == machine.subject:
        froze = (fld(own(cpu, "froze", number)) for number in machine.numbers)
        yield Check(every(negated(one) for one in froze), "left-frozen")
