# SPDX-License-Identifier: GPL-2.0-only
"""What each kind of visible step does to the shared state."""

from reviewer.record import dataclass
from reviewer.simulation.machine import Layout, Machine, owned_by_variable
from reviewer.simulation.steps import Access, Acquire, Context, Mark, Release, Value, Wait

UNKNOWN = None
UNKNOWN_NUMBER = "unknown-number"
Locals = dict[str, int | None]
LIMIT = 64
ENTERED, GAVE_UP, SUCCEEDED, RETURNED = 1, 2, 3, 4
"""How far the subject is; RETURNED when its result is not known."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a step did: the value it found and left (None where neither is
    meant), whether it took effect, and the property it broke, if any."""

    old: int | None
    new: int | None
    done: bool
    broke: str
    object: int = 0


def evaluate(value: Value, env: Locals) -> int | None:
    """The number a value has for these locals, None when nobody knows."""
    kind = value[0]
    if kind == "const":
        return int(value[1])
    if kind == "local":
        return env.get(value[1])
    if kind == "unknown":
        return UNKNOWN
    operands = [evaluate(part, env) for part in value[2:]]
    if kind == "un":
        return _unary(value[1], operands[0])
    return _binary(value[1], operands[0], operands[1])


def _unary(op: str, operand: int | None) -> int | None:
    if operand is None:
        return UNKNOWN
    return {"-": -operand, "!": int(not operand), "~": ~operand}.get(op, operand)


def _binary(op: str, left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        # Zero masks whatever stands beside it.
        return 0 if op in ("&", "*") and 0 in (left, right) else UNKNOWN
    result = _apply(op, left, right)
    return result if result is not None and -LIMIT < result < LIMIT else UNKNOWN


def _apply(op: str, left: int, right: int) -> int | None:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "&":
            return left & right
        case "|":
            return left | right
        case "==":
            return int(left == right)
        case "!=":
            return int(left != right)
        case "<":
            return int(left < right)
        case ">":
            return int(left > right)
        case "<=":
            return int(left <= right)
        case ">=":
            return int(left >= right)
        case "&&":
            return int(bool(left and right))
        case "||":
            return int(bool(left or right))
        case "^":
            return left ^ right
        case "/" | "%" if right:
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if op == "/" else left - quotient * right
        case "<<":
            return left << right if 0 <= right < 12 else None
        case ">>":
            return left >> right if right >= 0 else None
        case _:
            return None


def access(
    machine: Machine, cpu: int, step: Access, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """The results of one atomic access; several where a value is unknown."""
    if step.index is None:
        return _on_variable(machine, cpu, step, shared, env)
    number = evaluate(step.index, env)
    if number is None or number not in machine.layout.counts:
        return _on_stranger(step, shared, env)
    return [_on_count(machine, cpu, step, shared, env, number)]


def _found(step: Access, env: Locals, old: int | None, done: int | None) -> Locals:
    out = dict(env)
    if step.old:
        out[step.old] = old
    if step.done:
        out[step.done] = done
    return out


def _on_stranger(
    step: Access, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """The count of an object the scenario does not have: anything goes."""
    if step.op in ("cas", "add-unless"):
        return [
            (shared, _found(step, env, UNKNOWN, done), Event(None, None, bool(done), ""))
            for done in (1, 0)
        ]
    return [(shared, _found(step, env, UNKNOWN, 1), Event(None, None, True, ""))]


def _target(step: Access, env: Locals, old: int) -> tuple[int | None, bool]:
    """The value the access leaves, and whether it takes effect."""
    amount = evaluate(step.value, env) if step.value is not None else 0
    match step.op:
        case "load":
            return old, True
        case "store":
            return amount, True
        case "add":
            return (None if amount is None else old + amount), True
        case "add-unless":
            stop = evaluate(step.expect, env) if step.expect is not None else 0
            return (old, False) if old == stop else (old + (amount or 0), True)
        case "cas":
            expect = evaluate(step.expect, env) if step.expect is not None else None
            return (amount, True) if old == expect else (old, False)
        case _:
            raise ValueError(f"no such access: {step.op}")


def _on_variable(
    machine: Machine, cpu: int, step: Access, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    plan = machine.layout
    place = plan.variables[step.family]
    old = shared[place]
    new, done = _target(step, env, old)
    if new is None:
        # Storing something the scenario does not know empties the variable.
        new = 0
    state = list(shared)
    state[place] = new
    lock = machine.guarded.get(step.family, "") if step.op == "store" else ""
    broke = "unlocked-store" if lock and shared[plan.locks[lock]] != cpu + 1 else ""
    _hand_over(plan, machine, cpu, state, place, old, new)
    return [(tuple(state), _found(step, env, old, int(done)), Event(old, new, done, broke))]


def _hand_over(
    plan: Layout, machine: Machine, cpu: int, state: list[int], place: int, old: int, new: int
) -> None:
    for owner, owns in plan.owners:
        if owner == place and old != new:
            taken = owned_by_variable(old, len(machine.objects))
            given = owned_by_variable(new, len(machine.objects))
            if taken:
                state[plan.held[cpu, taken]] += owns
            if given:
                state[plan.held[cpu, given]] -= owns


def _on_count(
    machine: Machine,
    cpu: int,
    step: Access,
    shared: tuple[int, ...],
    env: Locals,
    number: int,
) -> tuple[tuple[int, ...], Locals, Event]:
    plan = machine.layout
    place = plan.counts[number]
    old = shared[place]
    if _beyond(step, env):
        return shared, env, Event(old, None, False, UNKNOWN_NUMBER, number)
    new, done = _target(step, env, old)
    assert new is not None
    state = list(shared)
    state[place] = new
    broke = ""
    if done and step.op in ("add", "add-unless"):
        broke = _added(plan, cpu, state, number, old, new)
    elif done and step.op == "cas":
        broke = _exchanged(plan, cpu, state, number, old, new)
    elif step.op == "store":
        _stored(plan, machine, cpu, state, number, new)
    return tuple(state), _found(step, env, old, int(done)), Event(old, new, done, broke, number)


def _beyond(step: Access, env: Locals) -> bool:
    """Whether a count is changed by, or compared with, a number nobody knows."""
    if step.op == "load":
        return False
    needed = [step.value] if step.op != "cas" else [step.value, step.expect]
    return any(value is None or evaluate(value, env) is None for value in needed)


def _added(plan: Layout, cpu: int, state: list[int], number: int, old: int, new: int) -> str:
    if old == 0 and state[plan.frozen[number]] == cpu + 1:
        # Adding to a count one has frozen ends the freeze as a store does.
        state[plan.held[cpu, number]] += new - state[plan.believed[number]]
        state[plan.frozen[number]] = state[plan.believed[number]] = 0
        return ""
    state[plan.held[cpu, number]] += new - old
    if new < 0:
        state[plan.counts[number]] = 0
        return "count-underflow"
    if old == 0 and new > 0:
        return "get-on-zero"
    if new == 0 and old > 0:
        state[plan.freed] |= 1 << number
    return ""


def _exchanged(plan: Layout, cpu: int, state: list[int], number: int, old: int, new: int) -> str:
    if new:
        state[plan.held[cpu, number]] += new - old
        return ""
    state[plan.frozen[number]] = cpu + 1
    state[plan.believed[number]] = old
    others = sum(
        state[place]
        for (holder, held_object), place in plan.held.items()
        if held_object == number and holder != cpu
    )
    return "freeze-exclusive" if others > 0 else ""


def _stored(
    plan: Layout, machine: Machine, cpu: int, state: list[int], number: int, new: int
) -> None:
    """A plain store drops or adds the references its author has in mind:
    relative to what it froze, else to what it took for granted."""
    mine = state[plan.frozen[number]] == cpu + 1
    basis = state[plan.believed[number]] if mine else machine.accounted[number]
    state[plan.held[cpu, number]] += new - basis
    state[plan.frozen[number]] = 0
    state[plan.believed[number]] = 0


def acquire(
    machine: Machine, cpu: int, step: Acquire, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """Take a lock; no result while another CPU has it (a trylock fails)."""
    place = machine.layout.locks[step.lock]
    out = dict(env)
    if shared[place]:
        if not step.done:
            return []
        out[step.done] = 0
        return [(shared, out, Event(None, None, False, ""))]
    if step.done:
        out[step.done] = 1
    state = shared[:place] + (cpu + 1,) + shared[place + 1 :]
    return [(state, out, Event(None, None, True, ""))]


def release(
    machine: Machine, cpu: int, step: Release, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """Drop a lock; dropping one that is not held breaks a property."""
    place = machine.layout.locks[step.lock]
    broke = "" if shared[place] == cpu + 1 else "unlock-not-held"
    state = shared[:place] + (0,) + shared[place + 1 :]
    return [(state, env, Event(None, None, True, broke))]


def context(
    machine: Machine, cpu: int, step: Context, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """Turn interrupts off or on, enter or leave the RCU read side.

    With interrupts on again the CPU answers a flush that waits for it; a CPU
    that leaves its read side lets the grace period that waits for it go on.
    """
    plan = machine.layout
    irq = step.context == "irqs-off"
    place, waiting = (plan.irq, plan.flush) if irq else (plan.rcu, plan.grace)
    state = list(shared)
    bit = 1 << cpu
    if step.on:
        state[place] |= bit
    else:
        state[place] &= ~bit
        state[waiting] &= ~bit
    return [(tuple(state), env, Event(None, None, True, ""))]


def wait(
    machine: Machine, cpu: int, step: Wait, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """Ask the other CPUs, or go on once all have answered."""
    plan = machine.layout
    flush = step.what.startswith("flush")
    asked, inside = (plan.flush, plan.irq) if flush else (plan.grace, plan.rcu)
    if step.what.endswith("-done"):
        return [] if shared[asked] else [(shared, env, Event(None, None, True, ""))]
    state = list(shared)
    if not flush or machine.waits_for_irq:
        state[asked] = shared[inside] & ~(1 << cpu)
    return [(tuple(state), env, Event(None, None, True, ""))]


def mark(
    machine: Machine, cpu: int, step: Mark, shared: tuple[int, ...], env: Locals
) -> list[tuple[tuple[int, ...], Locals, Event]]:
    """Note that an object is kept, or that the subject begins or ends."""
    plan = machine.layout
    state = list(shared)
    if step.what == "keep":
        number = evaluate(step.value, env)
        if number is not None and (cpu, number) in plan.kept:
            state[plan.kept[cpu, number]] += 1
    elif step.what == "enter":
        state[plan.stage] = ENTERED
    else:
        value = evaluate(step.value, env)
        if machine.subject_keeps:
            for number in plan.counts:
                state[plan.kept[cpu, number]] = state[plan.held[cpu, number]]
        state[plan.stage] = RETURNED if value is None else SUCCEEDED if value >= 0 else GAVE_UP
    return [(tuple(state), env, Event(None, None, True, ""))]
