# SPDX-License-Identifier: GPL-2.0-only
"""The explorer once more, as plainly as possible: no state is packed, no step
is passed over, nothing is remembered but which states were seen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reviewer.simulation import steps
from reviewer.simulation.machine import Machine, Start
from reviewer.simulation.steps import Access, Branch, Value

DONE = -1
IRQ, RCU = "irqs-off", "rcu-read-side"


class State(dict[tuple[Any, ...], Any]):
    """Everything there is, by name; what is not there is 0 or empty, but a
    local that is not there is one nobody knows."""

    def __missing__(self, name: object) -> int:
        return 0

    def key(self) -> frozenset[Any]:
        told = ("local", "result")
        return frozenset((name, n) for name, n in self.items() if n or name[0] in told)

    def let(self, cpu: int, name: str, number: int | None) -> None:
        """A local takes a number; nothing where it has no name."""
        if number is None:
            self.pop(("local", cpu, name), None)
        elif name:
            self["local", cpu, name] = number

    def value(self, value: Value, cpu: int) -> int | None:
        """The number a value stands for, None when nobody knows."""
        if value[0] == "const":
            return int(value[1])
        if value[0] == "local":
            return self.get(("local", cpu, value[1]))
        parts = [self.value(part, cpu) for part in value[2:]]
        if value[0] not in ("un", "op") or None in parts:
            return None
        one, two = parts[0] or 0, parts[-1] or 0
        truths = {"!": not one, "==": one == two, "!=": one != two, ">=": one >= two}
        numbers = {"+": one + two, "-": one - two, "&": one & two, **truths}
        return int(numbers[value[1]])


Way = tuple[State, str]
"""What a step leads to, and the property it broke."""


@dataclass
class Found:
    """The ends reached, the properties broken and what else was ``met``."""

    ends: set[tuple[str, ...]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    states: int = 0


def explore_plainly(machine: Machine) -> Found:
    """Visit every state, depth first."""
    return _Plain(machine).visit()


class _Plain:
    """One machine, and what was found so far."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.found = machine, Found()
        self.boxes, self.cpus = machine.numbers, machine.cpus

    def visit(self) -> Found:
        seen = set()
        ways: list[Way] = [(self._start(start), "") for start in self.machine.starts]
        while ways:
            state, broke = ways.pop()
            broke = broke or self._violated(state)
            if broke:
                self.found.broken.add(broke)
            elif (key := state.key()) not in seen:
                seen.add(key)
                followers = list(self._followers(state))
                ways += followers
                if not followers:
                    self._end(state)
        self.found.states = len(seen)
        return self.found

    def _start(self, start: Start) -> State:
        state = State({("word", name): number for name, number in start.words.items()})
        state.update({("held", *pair): number for pair, number in start.held.items()})
        state.update({("kept", *pair): number for pair, number in start.kept.items()})
        state.update({("alone", lock, cpu): 1 for lock, cpu in start.owners.items()})
        state.update({("count", box): self._owed(state, box) for box in self.boxes})
        return state

    def _end(self, state: State) -> None:
        """Nobody can go on: an end, unless somebody waits for what does not
        come.  Memory need not come free."""
        texts = []
        for cpu, program in enumerate(self.machine.programs):
            pc = state["pc", cpu]
            if pc != DONE and getattr(program.steps[pc], "what", "") != "reuse":
                self.found.broken.add("deadlock")
                return
            kept = any(state["kept", cpu, box] for box in self.boxes)
            text = "keeps a reference" if kept else "ends without a reference"
            if state["result", cpu]:
                text = f"returns {state['result', cpu]}"
            if cpu == self.machine.subject and not state["stage", cpu]:
                text = "is not reached"
            texts.append(f"{program.name}() {text}")
        self.found.ends.add(tuple(texts))

    def _followers(self, state: State) -> Iterator[Way]:
        for cpu, program in enumerate(self.machine.programs):
            pc = state["pc", cpu]
            if pc != DONE:
                yield from self._step(state, cpu, program.steps[pc])

    def _step(self, state: State, cpu: int, step: steps.Step) -> Iterator[Way]:
        """The ways a step can go; none where the CPU waits."""
        if isinstance(step, Branch):
            yield from _branch(state, cpu, step)
            return
        after = State(state)
        after["pc", cpu] = getattr(step, "next", DONE)
        broke = ""
        match step:
            case Access():
                yield from self._access(after, cpu, step)
                return
            case steps.Let():
                after.let(cpu, step.dest, state.value(step.value, cpu))
            case steps.Acquire():
                if not self._acquired(after, cpu, step):
                    return
            case steps.Release():
                broke = "" if _released(after, cpu, step.lock) else "unlock-not-held"
            case steps.Context():
                self._context(after, cpu, step)
            case steps.Wait():
                if not self._waited(after, cpu, step):
                    return
            case steps.Mark():
                self._mark(after, cpu, step)
            case steps.Stop():
                broke = self._stop(after, cpu, step)
            case steps.Life():
                box = after.value(step.index, cpu) or 0
                if step.what == "reuse" and box in self.boxes and not after["freed", box]:
                    return
                broke = self._life(after, cpu, step.what, box) if box in self.boxes else ""
        yield after, broke

    # Objects as a whole -------------------------------------------------------

    def _life(self, after: State, cpu: int, what: str, box: int) -> str:
        if what == "give":
            after["held", cpu, box] -= 1
        elif what == "reuse":
            # A new object in the memory of the old one, and who has it.
            self._thaw(after, box, self.cpus)
            after["freed", box], after["count", box] = 0, 1
            after["held", cpu, box] += 1
            after["kept", cpu, box] += 1
            self.found.met.add("reuse")
        elif after["freed", box] or (after["dying", box] and what != "use"):
            # What is on its way to be freed is freed twice, too.
            return "use-after-free"
        elif what != "use":
            readers = frozenset(by for by in self.cpus if _reads(after, by))
            after["dying", box] = readers if what == "free-deferred" else frozenset()
            after["freed", box] = int(not after["dying", box])
            self.found.met |= {"freed later"} if after["dying", box] else set()
        return ""

    # Locks and contexts -------------------------------------------------------

    def _acquired(self, after: State, cpu: int, step: steps.Acquire) -> bool:
        """Whether a CPU goes on; a trylock always does."""
        taken = any(after["alone", step.lock, by] for by in self.cpus)
        readers = {by for by in self.cpus if after["shares", step.lock, by]}
        free = not taken and (step.shared or not readers)
        if free:
            after["shares" if step.shared else "alone", step.lock, cpu] += 1
            self.found.met |= {"lock of two"} if readers - {cpu} else set()
        elif step.done:
            self.found.met.add("lock not got")
        after.let(cpu, step.done, int(free))
        return free or bool(step.done)

    def _context(self, after: State, cpu: int, step: steps.Context) -> None:
        """Who leaves its last section answers those who wait for it."""
        depth = ("inside", cpu, step.context)
        after[depth] = max(after[depth] + (1 if step.on else -1), 0)
        self.found.met |= {"section in a section"} if after[depth] > 1 else set()
        inside = {"flush": after["inside", cpu, IRQ], "grace-period": _reads(after, cpu)}
        for by in self.cpus:
            for what, still in inside.items():
                if not still and after["asked", by, what]:
                    after["asked", by, what] -= {cpu}
        for box in self.boxes:
            if not inside["grace-period"] and after["dying", box]:
                after["dying", box] -= {cpu}
                after["freed", box] |= int(not after["dying", box])

    def _waited(self, after: State, cpu: int, step: steps.Wait) -> bool:
        """A flush asks the others, a grace period this CPU too."""
        what = step.what.removesuffix("-done")
        if step.what != what:
            self.found.met |= {f"{what} waits"} if after["asked", cpu, what] else set()
            return not after["asked", cpu, what]
        if what == "grace-period":
            after["asked", cpu, what] = frozenset(by for by in self.cpus if _reads(after, by))
        elif self.machine.waits_for_irq or step.always:
            off = frozenset(by for by in self.cpus if by != cpu and after["inside", by, IRQ])
            after["asked", cpu, what] = off
        return True

    # The model itself ---------------------------------------------------------

    def _mark(self, after: State, cpu: int, step: steps.Mark) -> None:
        number = after.value(step.value, cpu)
        if step.what == "keep":
            if number in self.boxes:
                after["kept", cpu, number] += 1
            return
        if step.what == "enter":
            after["stage", cpu] = "entered"
            return
        after["stage", cpu] = "gave-up" if number is not None and number < 0 else "succeeded"
        if number is None and step.what == "leave":
            after["stage", cpu] = "returned"
        after.setdefault(("result", cpu), step.text)
        if self.machine.subject_keeps:
            after.update({("kept", cpu, box): after["held", cpu, box] for box in self.boxes})

    def _stop(self, after: State, cpu: int, step: steps.Stop) -> str:
        after.setdefault(("result", cpu), step.text)
        ours = [box for box in self.boxes if not after["frozen", box]]
        left = [after["held", cpu, box] - after["kept", cpu, box] for box in ours]
        if any(count < 0 for count in left):
            return "dropped-too-often"
        if any(count > 0 for count in left):
            return "leaked-reference"
        frozen = any(after["froze", cpu, box] for box in self.boxes)
        caller = self.machine.returns_frozen and cpu == self.machine.subject
        return "left-frozen" if caller and frozen else ""

    # Words and counts ---------------------------------------------------------

    def _access(self, after: State, cpu: int, step: Access) -> Iterator[Way]:
        box = None if step.index is None else after.value(step.index, cpu)
        if step.index is not None and box not in self.boxes:
            # The count of an object that is not there: anything is found.
            after.let(cpu, step.old, None)
            for done in (0, 1) if step.op in ("cas", "add-unless") else (1,):
                one = State(after)
                one.let(cpu, step.done, done)
                yield one, ""
            return
        old = after["word", step.family] if box is None else after["count", box]
        new, done = _changed(after, cpu, step, old)
        one = State(after)
        one.let(cpu, step.old, old)
        if step.until is not None and not one.value(step.until, cpu):
            self.found.met.add("waits until")
            return
        one.let(cpu, step.done, done)
        if box is None:
            yield one, self._on_word(one, cpu, step, (old, new or 0))
        elif self.machine.freed_by_call and after["freed", box]:
            yield one, "use-after-free"
        elif new is None:
            yield one, "unknown-number"
        elif step.op == "load" or not done:
            yield one, ""
        else:
            one["count", box] = new
            freezes = step.op in ("cas", "swap") and not new
            change = self._freeze if freezes else self._counted
            yield one, change(one, cpu, step.op, box, (old, new))

    def _on_word(self, after: State, cpu: int, step: Access, change: tuple[int, int]) -> str:
        """A word that owns references takes one over, and hands one back."""
        word = next(word for word in self.machine.words if word.name == step.family)
        lock = self.machine.guarded.get(step.family)
        if lock and step.op == "store" and not after["alone", lock, cpu]:
            return "unlocked-store"
        after["word", step.family] = change[1]
        for box, owns in zip(change, (word.owns, -word.owns), strict=True):
            after["held", cpu, box] += owns if box in self.boxes else 0
        return ""

    def _freeze(self, after: State, cpu: int, op: str, box: int, change: tuple[int, int]) -> str:
        """Who swaps without looking takes the count to be what is accounted for."""
        self.found.met.add("frozen")
        after["believed", box] = self.machine.accounted[box] if op == "swap" else change[0]
        after["frozen", box] = after["froze", cpu, box] = 1
        others = sum(after["held", by, box] for by in self.cpus if by != cpu)
        return "freeze-exclusive" if others > 0 else ""

    def _counted(self, after: State, cpu: int, op: str, box: int, change: tuple[int, int]) -> str:
        """A CPU has as many references more as it has in mind when it changes a count."""
        old, new = change
        mine, believed = after["froze", cpu, box], after["believed", box]
        if op == "store":
            after["held", cpu, box] += new - (believed if mine else self.machine.accounted[box])
            self._thaw(after, box, self.cpus)
            return ""
        if op.startswith("add") and mine and old == 0 and new != old:
            # Who froze the count and adds to it gives it back.
            after["held", cpu, box] += new - believed
            self._thaw(after, box, (cpu,))
            return ""
        after["held", cpu, box] += new - old
        if op in ("cas", "swap"):
            return ""
        if new == 0 and old > 0 and not self.machine.freed_by_call:
            after["freed", box] = 1
        got = "get-on-zero" if old == 0 and new > 0 else ""
        return "count-underflow" if new < 0 else got

    def _thaw(self, after: State, box: int, cpus: Any) -> None:
        after["frozen", box] = after["believed", box] = 0
        after.update({("froze", cpu, box): 0 for cpu in cpus})

    # Properties ---------------------------------------------------------------

    def _owed(self, state: State, box: int) -> int:
        words: int = sum(w.owns for w in self.machine.words if state["word", w.name] == box)
        return words + sum(int(state["held", cpu, box]) for cpu in self.cpus)

    def _violated(self, state: State) -> str:
        for box in self.boxes:
            known = not state["frozen", box] and not state["freed", box]
            if known and state["count", box] < self._owed(state, box):
                return "lost-reference"
        if any(state["freed", box] and self._owed(state, box) > 0 for box in self.boxes):
            return "use-after-free"
        cpu = self.machine.subject
        allowed = (0, "entered", "succeeded" if self.machine.returns_frozen else "")
        frozen = any(state["froze", cpu, box] for box in self.boxes)
        return "left-frozen" if frozen and state["stage", cpu] not in allowed else ""


def _branch(state: State, cpu: int, step: Branch) -> Iterator[Way]:
    """Both ways where nobody knows; with a key the choice is made once."""
    value = state.value(step.value, cpu)
    if value is None and step.key:
        value = state.get(("local", cpu, step.key))
    for choice in (1, 0) if value is None else (value,):
        after = State(state)
        after["pc", cpu] = step.then if choice else step.other
        if value is None and step.key:
            after.let(cpu, step.key, choice)
        yield after, ""


def _released(after: State, cpu: int, lock: str) -> bool:
    """Drop a lock in the way it is held; whether it was held."""
    for way in ("alone", "shares"):
        if after[way, lock, cpu]:
            after[way, lock, cpu] -= 1
            return True
    return False


def _reads(state: State, cpu: int) -> bool:
    """Interrupts off are a read side of RCU, too."""
    return bool(state["inside", cpu, RCU] or state["inside", cpu, IRQ])


def _changed(state: State, cpu: int, step: Access, old: int) -> tuple[int | None, int]:
    """What an access leaves, None where nobody knows, and whether it took effect."""
    amount, expect = (
        0 if value is None else state.value(value, cpu) for value in (step.value, step.expect)
    )
    if step.op == "load":
        return old, 1
    if step.op in ("cas", "add-unless"):
        if expect is None or amount is None:
            return None, 1
        if (old == expect) == (step.op == "add-unless"):
            return old, 0
    adds = step.op.startswith("add") and amount is not None
    return (old + (amount or 0) if adds else amount), 1
