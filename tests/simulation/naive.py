# SPDX-License-Identifier: GPL-2.0-only
"""The explorer once more, as plainly as possible: no state is packed, no step
is passed over, nothing is remembered but which states were seen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reviewer.simulation.machine import Machine, Start
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Mark,
    Release,
    Stop,
    Value,
    Wait,
)

DONE = -1


@dataclass
class State:
    """Everything there is, by name."""

    words: dict[str, int]
    counts: dict[int, int]
    owner: dict[str, int]
    inside: dict[str, set[int]]
    awaited: dict[str, set[int]]
    held: dict[tuple[int, int], int]
    kept: dict[tuple[int, int], int]
    pcs: list[int]
    locals: list[dict[str, int | None]]
    frozen: dict[int, tuple[int, int]] = field(default_factory=dict)
    freed: set[int] = field(default_factory=set)
    results: dict[int, str] = field(default_factory=dict)
    depth: dict[tuple[int, str], int] = field(default_factory=dict)

    def copy(self) -> "State":
        return State(
            dict(self.words),
            dict(self.counts),
            dict(self.owner),
            {name: set(cpus) for name, cpus in self.inside.items()},
            {name: set(cpus) for name, cpus in self.awaited.items()},
            dict(self.held),
            dict(self.kept),
            list(self.pcs),
            [dict(one) for one in self.locals],
            dict(self.frozen),
            set(self.freed),
            dict(self.results),
            dict(self.depth),
        )

    def key(self) -> Any:
        return repr(
            (
                sorted(self.words.items()),
                sorted(self.counts.items()),
                sorted(self.owner.items()),
                [(name, sorted(cpus)) for name, cpus in sorted(self.inside.items())],
                [(name, sorted(cpus)) for name, cpus in sorted(self.awaited.items())],
                sorted(self.held.items()),
                sorted(self.kept.items()),
                self.pcs,
                [sorted(one.items()) for one in self.locals],
                sorted(self.frozen.items()),
                sorted(self.freed),
                sorted(self.results.items()),
                sorted(self.depth.items()),
            )
        )


@dataclass
class Found:
    """The ends reached and the properties broken."""

    ends: set[tuple[str, ...]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    states: int = 0


def explore_plainly(machine: Machine) -> Found:
    """Visit every state, depth first."""
    found, seen = Found(), set()
    stack = [_start(machine, start) for start in machine.starts]
    while stack:
        state = stack.pop()
        if state.key() in seen:
            continue
        seen.add(state.key())
        followers = list(_followers(machine, state))
        if not followers:
            _end(machine, state, found)
        for after, broke in followers:
            broke = broke or _violated(machine, after)
            if broke:
                found.broken.add(broke)
            else:
                stack.append(after)
    found.states = len(seen)
    return found


def _start(machine: Machine, start: Start) -> State:
    pairs = [(cpu, number) for cpu in machine.cpus for number in machine.numbers]
    state = State(
        words={word.name: start.words.get(word.name, 0) for word in machine.words},
        counts={},
        owner=dict(start.owners),
        inside={"irqs-off": set(), "rcu-read-side": set()},
        awaited={"flush": set(), "grace-period": set()},
        held={pair: start.held.get(pair, 0) for pair in pairs},
        kept={pair: start.kept.get(pair, 0) for pair in pairs},
        pcs=[0 for _ in machine.programs],
        locals=[{} for _ in machine.programs],
    )
    state.counts.update({number: _owed(machine, state, number) for number in machine.numbers})
    return state


def _end(machine: Machine, state: State, found: Found) -> None:
    if any(pc != DONE for pc in state.pcs):
        found.broken.add("deadlock")
        return
    texts = []
    for cpu, program in enumerate(machine.programs):
        kept = any(count for (by, _), count in state.kept.items() if by == cpu)
        alone = "keeps a reference" if kept else "ends without a reference"
        text = state.results[cpu]
        texts.append(f"{program.name}() {f'returns {text}' if text else alone}")
    found.ends.add(tuple(texts))


def _followers(machine: Machine, state: State) -> Iterator[tuple[State, str]]:
    for cpu, pc in enumerate(state.pcs):
        if pc != DONE:
            yield from _step(machine, state, cpu, machine.programs[cpu].steps[pc])


def _step(machine: Machine, state: State, cpu: int, step: Any) -> Iterator[tuple[State, str]]:
    after = state.copy()
    after.pcs[cpu] = getattr(step, "next", DONE)
    match step:
        case Branch():
            yield from _branch(state, cpu, step)
        case Let():
            after.locals[cpu][step.dest] = value_of(step.value, state.locals[cpu])
            yield after, ""
        case Acquire():
            if step.lock not in state.owner:
                after.owner[step.lock] = cpu
                yield after, ""
        case Release():
            mine = after.owner.pop(step.lock, DONE) == cpu
            yield after, "" if mine else "unlock-not-held"
        case Context():
            _context(after, cpu, step)
            yield after, ""
        case Wait():
            yield from _wait(machine, after, cpu, step)
        case Mark():
            number = value_of(step.value, state.locals[cpu])
            if (cpu, number) in after.kept:
                after.kept[cpu, number or 0] += 1
            yield after, ""
        case Stop():
            after.results[cpu] = step.text
            left = [
                count - state.kept[pair]
                for pair, count in state.held.items()
                if pair[0] == cpu and pair[1] not in state.frozen
            ]
            broke = "leaked-reference" if any(count > 0 for count in left) else ""
            yield after, "dropped-too-often" if any(count < 0 for count in left) else broke
        case Access():
            yield after, _access(machine, after, cpu, step)


def _branch(state: State, cpu: int, step: Branch) -> Iterator[tuple[State, str]]:
    value = value_of(step.value, state.locals[cpu])
    if value is None and step.key:
        value = state.locals[cpu].get(step.key)
    for choice in (1, 0) if value is None else (value,):
        after = state.copy()
        after.pcs[cpu] = step.then if choice else step.other
        if value is None and step.key:
            after.locals[cpu][step.key] = choice
        yield after, ""


def _context(after: State, cpu: int, step: Context) -> None:
    answers = {"irqs-off": "flush", "rcu-read-side": "grace-period"}[step.context]
    if step.on:
        after.depth[cpu, step.context] = min(after.depth.get((cpu, step.context), 0) + 1, 3)
        after.inside[step.context].add(cpu)
        return
    after.depth[cpu, step.context] = max(after.depth.get((cpu, step.context), 0) - 1, 0)
    if not after.depth[cpu, step.context]:
        after.inside[step.context].discard(cpu)
        after.awaited[answers].discard(cpu)


def _wait(machine: Machine, after: State, cpu: int, step: Wait) -> Iterator[tuple[State, str]]:
    what = step.what.removesuffix("-done")
    if step.what != what:
        if not after.awaited[what]:
            yield after, ""
        return
    if what == "grace-period" or machine.waits_for_irq:
        context = {"flush": "irqs-off", "grace-period": "rcu-read-side"}[what]
        itself = {cpu} if what == "flush" else set()
        after.awaited[what] = after.inside[context] - itself
    yield after, ""


def value_of(value: Value, env: dict[str, int | None]) -> int | None:
    """The number a value stands for, None when nobody knows."""
    match value:
        case ("const", number):
            return int(number)
        case ("local", name):
            return env.get(name)
        case ("op", op, left, right):
            one, two = value_of(left, env), value_of(right, env)
            if one is None or two is None:
                return None
            return {"==": int(one == two), "+": one + two, "-": one - two}[op]
        case _:
            return None


def _access(machine: Machine, after: State, cpu: int, step: Access) -> str:
    env = after.locals[cpu]
    amount = value_of(step.value, env) if step.value is not None else 0
    expect = value_of(step.expect, env) if step.expect is not None else 0
    assert amount is not None and expect is not None
    number = None if step.index is None else value_of(step.index, env)
    cells: dict[Any, int] = after.words if number is None else after.counts
    where = step.family if number is None else number
    old = cells[where]
    done = {"cas": old == expect, "add-unless": old != expect}.get(step.op, True)
    new = {"load": old, "store": amount, "cas": amount}.get(step.op, old + amount)
    new = new if done else old
    cells[where] = new
    if step.old:
        env[step.old] = old
    if step.done:
        env[step.done] = int(done)
    if number is None:
        _handed_over(machine, after, cpu, step.family, old, new)
        return ""
    return _counted(machine, after, cpu, step.op, number, (old, new)) if done else ""


def _handed_over(machine: Machine, after: State, cpu: int, word: str, old: int, new: int) -> None:
    owns = next(variable.owns for variable in machine.words if variable.name == word)
    if (cpu, old) in after.held:
        after.held[cpu, old] += owns
    if (cpu, new) in after.held:
        after.held[cpu, new] -= owns


def _counted(
    machine: Machine, after: State, cpu: int, op: str, number: int, change: tuple[int, int]
) -> str:
    old, new = change
    frozen_by, believed = after.frozen.get(number, (DONE, 0))
    if op == "load":
        return ""
    if op == "store":
        basis = believed if frozen_by == cpu else machine.accounted[number]
        after.held[cpu, number] += new - basis
        after.frozen.pop(number, None)
        return ""
    if op == "cas" and not new:
        after.frozen[number] = (cpu, old)
        others = sum(n for (by, what), n in after.held.items() if by != cpu and what == number)
        return "freeze-exclusive" if others > 0 else ""
    if old == 0 and new != old and frozen_by == cpu:
        # Who froze the count and adds to it gives it back.
        after.held[cpu, number] += new - believed
        after.frozen.pop(number)
        return ""
    after.held[cpu, number] += new - old
    if op == "cas":
        return ""
    if new < 0:
        return "count-underflow"
    if old == 0 and new > 0:
        return "get-on-zero"
    if new == 0 and old > 0:
        after.freed.add(number)
    return ""


def _owed(machine: Machine, state: State, number: int) -> int:
    words = sum(word.owns for word in machine.words if state.words[word.name] == number)
    return words + sum(count for (_, what), count in state.held.items() if what == number)


def _violated(machine: Machine, state: State) -> str:
    for number, count in state.counts.items():
        if number in state.frozen or number in state.freed:
            continue
        if count < _owed(machine, state, number):
            return "lost-reference"
    for number in state.freed:
        if _owed(machine, state, number) > 0:
            return "use-after-free"
    return ""
