# SPDX-License-Identifier: GPL-2.0-only
"""Calls that may sleep, and locks that are spun or slept on."""

import re
from collections.abc import Callable

from reviewer.cfg.graph import Invoke
from reviewer.facts import Facts
from reviewer.syntax.render import render

SPINNING = frozenset({"spinlock", "rwlock", "bit-spinlock"})
SLEPT_ON = frozenset({"mutex", "rwsem", "semaphore", "folio-lock", "bit-lock"})
_WORD = re.compile(r"\w+|~")


def may_sleep(node: Invoke, facts: Facts) -> bool:
    """Whether a call may sleep whatever becomes of it."""
    number = facts.sleeping.functions.get(node.function)
    if number is not None:
        return number < 0 or flags_sleep(node, number, facts)
    fact = facts.of(node.function)
    return fact is not None and any(
        one.kind in SLEPT_ON and one.when in ("always", "zero") for one in fact.acquires
    )


def flags_sleep(node: Invoke, number: int, facts: Facts) -> bool:
    """Whether an argument of a call is flags that let it sleep."""
    if number >= len(node.args):
        return False
    flags = set(_WORD.findall(render(node.args[number])))
    return bool(flags & facts.sleeping.flags) and flags.isdisjoint(facts.sleeping.waking)


def quiet_by(facts: Facts) -> Callable[[str], bool]:
    """Whether a function is known by the facts not to sleep."""

    def quiet(name: str) -> bool:
        if name in facts.sleeping.functions:
            return False
        fact = facts.of(name)
        known = fact is not None and not any(one.kind in SLEPT_ON for one in fact.acquires)
        return known or facts.operations.of(name).kind == "pure"

    return quiet
