# SPDX-License-Identifier: GPL-2.0-only
"""Lift a put that takes a lock for the last reference."""

from reviewer.cfg.graph import Invoke
from reviewer.facts import FunctionFact
from reviewer.simulation.lifter import Lifter
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Let,
    Origin,
    Release,
    Value,
    const,
    local,
)
from reviewer.simulation.targets import filled, lock_named, operand, target


def last_under_lock(lifter: Lifter, fact: FunctionFact, node: Invoke, origin: Origin) -> bool:
    """A put that takes a lock before the count drops to 0 (kref_put_lock()):
    lowered without the lock while it is not the last one, else with it, and the
    lock stays taken where it was."""
    steps = [step for step in fact.steps if step.op == "add"]
    locks = [lock for lock in fact.acquires if lock.when == "nonzero"]
    if len(steps) != 1 or len(locks) != 1 or len(fact.steps) != 1:
        return False
    touched = target(lifter, steps[0], node)
    lock = lock_named(lifter, filled(locks[0].place, node))
    if touched is None or lock is None:
        return False
    stem = f"{lifter.prefix}{node.result}"
    amount = operand(lifter, steps[0].value, node, {})
    other, last = local(f"{stem}.other"), local(f"{stem}.last")
    at = len(lifter.steps)

    def lowered(op: str, expect: Value | None, old: str, done: str) -> Access:
        return Access(op, *touched, amount, expect, old, done, "full", origin, lifter.next())

    lifter.emit(lowered("add-unless", const(1), "", f"{stem}.other"))
    lifter.emit(Branch(other, "", "", 0, origin, at + 7, at + 2))
    lifter.emit(Acquire(lock, "", origin, lifter.next()))
    lifter.emit(lowered("add", None, f"{stem}.old", ""))
    none_left = ("op", "==", local(f"{stem}.old"), const(1))
    lifter.emit(Branch(none_left, "", "", 0, origin, at + 6, at + 5))
    lifter.emit(Release(lock, origin, at + 7))
    lifter.emit(Let(f"{stem}.last", const(1), at + 8))
    lifter.emit(Let(f"{stem}.last", const(0), at + 8))
    lifter.fixed[node.result] = last
    return True
