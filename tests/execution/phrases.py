# SPDX-License-Identifier: GPL-2.0-only
"""Locks, conditions and values of generated functions, as C text.

Every call that is written down in the log begins a line of its own: a record
names its line only.
"""

import re
from dataclasses import dataclass, field
from random import Random

MARK = "t->mark = 1;"
NUMBERS = ("c", "d", "ok", "n")
SPIN, MUTEX, RWSEM = "spin", "mutex", "rwsem"


@dataclass(frozen=True)
class Style:
    """What one function is made of; what it is not made of stays simple.

    ``pointers`` name things, ``moving`` ones may be given another value;
    ``holder`` says that ``l`` points to a lock.
    """

    pointers: tuple[str, ...]
    moving: tuple[str, ...]
    holder: bool
    moving_holder: bool
    elements: bool
    peers: bool
    contexts: bool


def style_of(random: Random) -> Style:
    """A style: half of the functions know one thing only."""
    count = random.choice((1, 1, 1, 2, 3, 4))
    pointers = ("t", *random.sample(("u", "p", "q"), count - 1))
    moving = tuple(one for one in pointers if one != "t" and random.random() < 0.4)
    holder = random.random() < 0.15
    return Style(
        pointers,
        moving,
        holder,
        holder and random.random() < 0.3,
        random.random() < 0.1,
        random.random() < 0.12,
        random.random() < 0.3,
    )


def _member(lock: str) -> str:
    return re.sub(r"\[.*", "", lock.rpartition("->")[2])


@dataclass
class Phrases:
    """Makes text; ``random`` decides, within a style."""

    random: Random
    style: Style
    open: list[str] = field(default_factory=list)
    """The locks that are held as far as one can tell from the text."""
    loose: list[tuple[str, str]] = field(default_factory=list)
    """Locks taken without a statement that drops them, with the call that would."""

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pointer(self) -> str:
        return self.random.choice(self.style.pointers)

    def lock(self, kind: str = SPIN) -> str:
        """The address of a lock of a kind, one that is not held in most cases:
        who waits for himself is not worth running on."""
        for _ in range(8):
            lock = self.any_lock(kind)
            if _member(lock) not in map(_member, [*self.open, *(one for one, _ in self.loose)]):
                break
        return lock

    def any_lock(self, kind: str) -> str:
        if kind == MUTEX:
            return f"&{self.pointer()}->m"
        if kind == RWSEM:
            return f"&{self.pointer()}->w"
        others = ["&glock"] if self.chance(0.3) else []
        others += ["l"] * 2 * self.style.holder
        if self.style.elements:
            others += [f"&{self.pointer()}->locks[{self.random.choice(('0', '1', 'n & 1'))}]"]
        if self.style.peers:
            others += [f"&{self.pointer()}->peer->a" for _ in range(3)]
        plain = [f"&{self.pointer()}->{self.random.choice('aab')}" for _ in range(3)]
        return self.random.choice(plain + others)

    def pair(self) -> tuple[str, str, str]:
        """A lock, a call that takes it and one that drops it."""
        kind = self.random.choice((SPIN, SPIN, SPIN, MUTEX, RWSEM))
        lock = self.lock(kind)
        return lock, *self.calls(kind, lock)

    def calls(self, kind: str, lock: str) -> tuple[str, str]:
        if kind == MUTEX:
            return f"mutex_lock({lock})", f"mutex_unlock({lock})"
        if kind == RWSEM:
            way = self.random.choice(("read", "write"))
            return f"down_{way}({lock})", f"up_{way}({lock})"
        if not self.style.contexts or self.chance(0.5):
            return f"spin_lock({lock})", f"spin_unlock({lock})"
        if self.chance(0.3):
            return f"spin_lock_bh({lock})", f"spin_unlock_bh({lock})"
        if self.chance(0.5):
            return f"spin_lock_irq({lock})", f"spin_unlock_irq({lock})"
        return f"spin_lock_irqsave({lock}, flags)", f"spin_unlock_irqrestore({lock}, flags)"

    def context(self) -> tuple[str, str]:
        """Two calls that enter and leave a context."""
        return self.random.choice((
            ("local_irq_disable()", "local_irq_enable()"),
            ("local_irq_save(flags)", "local_irq_restore(flags)"),
            ("preempt_disable()", "preempt_enable()"),
            ("rcu_read_lock()", "rcu_read_unlock()"),
            ("local_bh_disable()", "local_bh_enable()"),
        ))  # fmt: skip

    def attempt(self) -> tuple[str, str, bool]:
        """A call that takes a lock or not, the one that drops it, and whether
        it took the lock when it is true."""
        kind = self.random.choice((SPIN, SPIN, MUTEX, MUTEX, RWSEM))
        lock = self.any_lock(kind) if self.chance(0.3) else self.lock(kind)
        if kind == MUTEX and self.chance(0.5):
            return f"\nmutex_lock_interruptible({lock})", f"mutex_unlock({lock})", False
        if kind == MUTEX:
            return f"\nmutex_trylock({lock})", f"mutex_unlock({lock})", True
        if kind == RWSEM:
            return f"\ndown_write_trylock({lock})", f"up_write({lock})", True
        return f"\nspin_trylock({lock})", f"spin_unlock({lock})", True

    def guard(self) -> tuple[str, str]:
        """The class of a guard and its argument."""
        kind = self.random.choice((SPIN, SPIN, MUTEX, RWSEM, "context"))
        if kind == SPIN:
            return self.random.choice(
                ("spinlock", "spinlock", "spinlock_irq", "spinlock_irqsave")
            ), (self.lock(SPIN))
        if kind == MUTEX:
            return "mutex", self.lock(MUTEX)
        if kind == RWSEM:
            return self.random.choice(("rwsem_read", "rwsem_write")), self.lock(RWSEM)
        return self.random.choice(("rcu", "preempt")), ""

    def attempted_guard(self) -> tuple[str, str]:
        """The class of a guard that may fail, and its argument."""
        name = self.random.choice(("spinlock_try", "mutex_try", "mutex_intr"))
        return name, self.lock(SPIN if name == "spinlock_try" else MUTEX)

    def number(self) -> str:
        """A value without a call."""
        return self.random.choice((*NUMBERS, "0", "1", "2", "c + 1", "d - 1", "c == d"))

    def called(self) -> str:
        """A value that a call gives."""
        return "\ninput()"

    def value(self, depth: int = 1) -> str:
        """Any value."""
        if depth and self.chance(0.15):
            return f"{self.test(0)} ? {self.value(0)} : {self.value(0)}"
        if depth and self.chance(0.07):
            return f"{self.atom()} ?: {self.value(0)}"
        if depth and self.chance(0.1):
            return f"{self.test(0)} {self.random.choice(('&&', '||'))} {self.test(0)}"
        return self.called() if self.chance(0.3) else self.number()

    def atom(self) -> str:
        """A test without operators that need brackets."""
        return self.called() if self.chance(0.5) else self.random.choice(NUMBERS)

    def test(self, depth: int = 2) -> str:
        """A condition."""
        if depth and self.chance(0.45):
            return self.compound_test(depth - 1)
        if self.chance(0.12):
            return self.attempt()[0]
        if self.chance(0.1) and len(self.style.pointers) > 1:
            one, other = self.random.sample(self.style.pointers, 2)
            return f"{one} {self.random.choice(('==', '!='))} {other}"
        plain = self.random.choice(NUMBERS[:3])
        return self.random.choice((
            self.called(), self.called(), f"!{self.called()}", plain, plain, f"!{plain}",
            f"{plain} == 1", f"{plain} != 0", f"{plain} > 1", f"({self.called()} & 1)",
        ))  # fmt: skip

    def compound_test(self, depth: int) -> str:
        one, other = self.test(depth), self.test(depth)
        plain = self.random.choice(NUMBERS[:3])
        # ``(call()) && x`` looks like a cast of the address of a label.
        negated = f"!{one}" if one.startswith("\n") else f"!({one})"
        return self.random.choice((
            f"({one} && {other})", f"({one} || {other})", f"({one} && {other})", negated,
            f"likely({one})", f"unlikely({one})", f"WARN_ON({one})", f"({one} ? {other} : {plain})",
            f"({plain} = {self.called()}, {other})", f"({self.atom()} ?: {plain})",
            f"(({plain} = {self.value(0)}) != 0)",
        ))  # fmt: skip
