# SPDX-License-Identifier: GPL-2.0-only
"""What an access does to the state: to a variable, or to a count and its ghosts."""

from collections.abc import Iterator

from reviewer.simulation.actions import (
    DONE,
    NEW,
    OBJECT,
    OLD,
    ONE,
    UNKNOWN,
    ZERO,
    Action,
    Assign,
    Check,
    Choose,
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
    total,
    with_locals,
)
from reviewer.simulation.machine import Machine, Variable, of, own
from reviewer.simulation.steps import Access, Value, const

UNKNOWN_NUMBER = "unknown-number"


def local_field(cpu: int, name: str) -> Term:
    """Where a local of a CPU stands."""
    return fld(own(cpu, "local", name))


def let(cpu: int, name: str, value: Term) -> Iterator[Action]:
    """A local takes a value; nothing where it has no name."""
    if name:
        yield Assign(local_field(cpu, name), value)


def put(name: str, value: Term) -> Assign:
    """A field takes a value."""
    return Assign(fld(name), value)


def add(name: str, amount: Term) -> Assign:
    """A field takes so much more."""
    return put(name, op("+", fld(name), amount))


# Variables --------------------------------------------------------------------


def access(machine: Machine, cpu: int, step: Access) -> Iterator[Action]:
    if step.index is None:
        word = next(word for word in machine.words if word.name == step.family)
        yield from _on_variable(machine, cpu, step, word)
    else:
        yield from _by_number(machine, cpu, step, step.index)


def _on_variable(machine: Machine, cpu: int, step: Access, word: Variable) -> Iterator[Action]:
    place = of("word", step.family)
    yield Assign(OLD, fld(place))
    if step.until is not None:
        yield Require(_found_in(step, cpu))
    amount = with_locals(step.value, cpu)
    done, new = _target(step, cpu, amount)
    yield Assign(DONE, done)
    if step.op != "load":
        # Storing something the scenario does not know empties the variable.
        yield Assign(NEW, ite(("known", new), new, ZERO) if open_term(amount) else new)
        lock = machine.guarded.get(step.family, "") if step.op == "store" else ""
        if lock:
            yield Check(op("==", fld(own(cpu, "has", lock)), ONE), "unlocked-store")
        yield put(place, NEW)
        if word.owns:
            for number in machine.numbers:
                taken, given = op("==", OLD, const(number)), op("==", NEW, const(number))
                moved = op("*", op("-", taken, given), const(word.owns))
                yield add(own(cpu, "held", number), moved)
    yield from let(cpu, step.old, OLD)
    yield from let(cpu, step.done, DONE)


def open_term(amount: Term) -> bool:
    """Whether a term is more than a number."""
    return bool(amount[0] != "const")


def _found_in(step: Access, cpu: int) -> Term:
    """The condition a load waits for, with the value found for ``$old``."""

    def found(value: Value) -> Term:
        if value == ("local", step.old):
            return OLD
        if value[0] in ("op", "un"):
            return (value[0], value[1], *(found(part) for part in value[2:]))
        return with_locals(value, cpu)

    assert step.until is not None
    return found(step.until)


def _target(step: Access, cpu: int, amount: Term) -> tuple[Term, Term]:
    """Whether an access takes effect, and the value it leaves."""
    expect = with_locals(step.expect, cpu)
    match step.op:
        case "load":
            return ONE, OLD
        case "store" | "swap":
            return ONE, amount
        case "add":
            return ONE, op("+", OLD, amount)
        case "add-unless":
            return op("!=", OLD, expect), ite(DONE, op("+", OLD, amount), OLD)
        case "cas":
            done = op("==", OLD, expect)
            if open_term(expect):
                done = op("&&", ("known", expect), done)
            return done, ite(DONE, amount, OLD)
        case _:
            raise ValueError(f"no such access: {step.op}")


# Counts -----------------------------------------------------------------------


def _by_number(machine: Machine, cpu: int, step: Access, index: Value) -> Iterator[Action]:
    """An access to the count of whatever object ``index`` is."""
    number = with_locals(index, cpu)
    if number[0] == "const":
        if number[1] in machine.numbers:
            yield from _on_count(machine, cpu, step, number[1])
        else:
            yield from _on_stranger(cpu, step)
        return
    actions = tuple(_on_stranger(cpu, step))
    for known in reversed(machine.numbers):
        equal = op("&&", ("known", number), op("==", number, const(known)))
        actions = (If(equal, tuple(_on_count(machine, cpu, step, known)), actions),)
    yield from actions


def _on_stranger(cpu: int, step: Access) -> Iterator[Action]:
    """The count of an object the scenario does not have: anything goes."""
    yield Assign(OBJECT, ZERO)
    if step.op in ("cas", "add-unless"):
        yield Choose(DONE)
    else:
        yield Assign(DONE, ONE)
    yield from let(cpu, step.old, UNKNOWN)
    yield from let(cpu, step.done, DONE)


def _on_count(machine: Machine, cpu: int, step: Access, number: int) -> Iterator[Action]:
    count = of("count", number)
    yield Assign(OBJECT, const(number))
    yield Assign(OLD, fld(count))
    if machine.freed_by_call:
        yield Check(negated(fld(of("freed", number))), "use-after-free")
    if step.until is not None:
        yield Require(_found_in(step, cpu))
    amount, expect = with_locals(step.value, cpu), with_locals(step.expect, cpu)
    if step.op != "load":
        needed = [term for term in (amount, expect) if open_term(term)]
        if needed:
            yield Check(every(("known", term) for term in needed), UNKNOWN_NUMBER)
    done, new = _target(step, cpu, amount)
    yield Assign(DONE, done)
    yield Assign(NEW, new)
    if step.op in ("add", "add-unless"):
        yield from _added(machine, cpu, number)
    elif step.op in ("cas", "swap"):
        yield from _exchanged(machine, cpu, step, number, amount)
    elif step.op == "store":
        yield from _stored(machine, cpu, number)
    yield from let(cpu, step.old, OLD)
    yield from let(cpu, step.done, DONE)


def _holds(cpu: int, number: int, amount: Term) -> Iterator[Action]:
    """A CPU has so many references more."""
    yield Assign(temp("more"), amount)
    yield add(own(cpu, "held", number), temp("more"))
    yield add(of("owed", number), temp("more"))


def _added(machine: Machine, cpu: int, number: int) -> Iterator[Action]:
    """Adding to a count one has frozen ends the freeze as a store does."""
    froze = fld(own(cpu, "froze", number))
    yield Assign(temp("mine"), every((froze, op("==", OLD, ZERO), op("!=", OLD, NEW))))
    mine, believed = temp("mine"), of("believed", number)
    yield Check(op("||", mine, op(">=", NEW, ZERO)), "count-underflow")
    yield Check(some((mine, op("!=", OLD, ZERO), op("==", NEW, ZERO))), "get-on-zero")
    yield from _holds(cpu, number, op("-", NEW, ite(mine, fld(believed), OLD)))
    yield put(of("count", number), NEW)
    if not machine.freed_by_call:
        freed = of("freed", number)
        last = every((op("==", NEW, ZERO), op("!=", OLD, ZERO)))
        yield put(freed, ite(last, ONE, fld(freed)))
    for name in (of("frozen", number), believed, own(cpu, "froze", number)):
        yield put(name, ite(mine, ZERO, fld(name)))


def _exchanged(
    machine: Machine, cpu: int, step: Access, number: int, amount: Term
) -> Iterator[Action]:
    """An exchange for 0 freezes the count; any other takes or drops references."""
    counted = (*_holds(cpu, number, op("-", NEW, OLD)), put(of("count", number), NEW))
    if not open_term(amount):
        yield from counted if amount != ZERO else _frozen(machine, cpu, step, number)
        return
    frozen = tuple(_frozen(machine, cpu, step, number))
    yield If(op("==", amount, ZERO), frozen, counted)


def _frozen(machine: Machine, cpu: int, step: Access, number: int) -> Iterator[Action]:
    # Who swaps without looking takes the count to be what is accounted for.
    found = const(machine.accounted.get(number, 0)) if step.op == "swap" else OLD
    words = (
        op("*", op("==", fld(of("word", word.name)), const(number)), const(word.owns))
        for word in machine.words
        if word.owns
    )
    others = op("-", fld(of("owed", number)), total((fld(own(cpu, "held", number)), *words)))
    yield Check(op("||", negated(DONE), op("<=", others, ZERO)), "freeze-exclusive")
    yield put(of("count", number), NEW)
    for name in (of("frozen", number), own(cpu, "froze", number)):
        yield put(name, ite(DONE, ONE, fld(name)))
    believed = of("believed", number)
    yield put(believed, ite(DONE, found, fld(believed)))


def _stored(machine: Machine, cpu: int, number: int) -> Iterator[Action]:
    """A plain store drops or adds the references its author has in mind:
    relative to what it froze, else to what it took for granted."""
    believed, mine = of("believed", number), fld(own(cpu, "froze", number))
    basis = ite(mine, fld(believed), const(machine.accounted.get(number, 0)))
    yield from _holds(cpu, number, op("-", NEW, basis))
    yield put(of("count", number), NEW)
    yield put(of("frozen", number), ZERO)
    yield put(believed, ZERO)
    for other in machine.cpus:
        yield put(own(other, "froze", number), ZERO)
