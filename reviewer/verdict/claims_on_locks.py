# SPDX-License-Identifier: GPL-2.0-only
"""Claims about locks: who returns with one, drops it, asserts it, takes it before another."""

from collections.abc import Sequence

from reviewer.evidence.calling import Defined
from reviewer.evidence.places import Spot
from reviewer.evidence.records import ASSERTS, DROPS, MAY_RETURN, RETURNS
from reviewer.verdict.claim_asked import (
    CONFIRMED,
    DEEP,
    REFUTED,
    Asked,
    Decided,
    about,
    confirmed,
    undecided,
    where,
)


def returns_locked(asked: Asked) -> Decided:
    """A function returns with a lock held that it took."""
    one = asked.function
    found = [e for e in about(asked, one) if e.what in (RETURNS, MAY_RETURN)]
    if any(e.what == RETURNS for e in found):
        return Decided(CONFIRMED, f"{one.name}() returns with {asked.lock} held")
    if found:
        on_result = "if" in asked.text.lower().split() or "success" in asked.text.lower()
        told = f"{one.name}() returns with {asked.lock} held on some ways"
        return Decided(CONFIRMED, told) if on_result else undecided(told)
    if any(one.number == t.function.number for t in asked.witness.taken(asked.lock)):
        return Decided(REFUTED, f"{one.name}() drops {asked.lock} before it returns")
    return _unless_below(asked, one, (RETURNS, MAY_RETURN), "returns with it held")


def drops_lock(asked: Asked) -> Decided:
    """A function drops a lock that its caller holds."""
    one = asked.function
    found = [e for e in about(asked, one) if e.what == DROPS]
    if found:
        return Decided(CONFIRMED, f"{where(one, found[0].line)} drops {asked.lock}")
    if any(one.number == taken.function.number for taken in asked.witness.taken(asked.lock)):
        # It may have dropped the lock of its caller first, and take it again.
        return undecided(f"{one.name}() takes {asked.lock} itself")
    return _unless_below(asked, one, (DROPS,), "drops it")


def _unless_below(asked: Asked, one: Defined, what: Sequence[str], does: str) -> Decided:
    """REFUTED where nothing below a function does something to the lock either."""
    for here, way in asked.witness.below(one, DEEP):
        if way and any(effect.what in what for effect in about(asked, here)):
            return undecided(f"{here.name}(), which it calls, {does}")
    return Decided(REFUTED, f"neither {one.name}() nor what it calls {does}")


def asserts_lock(asked: Asked) -> Decided:
    """A function asserts a lock."""
    one = asked.function
    found = [e for e in about(asked, one) if e.what == ASSERTS]
    if found:
        return Decided(CONFIRMED, f"{where(one, found[0].line)} asserts {asked.lock}")
    return Decided(REFUTED, f"there is no assertion of {asked.lock} in {one.name}()")


def same_lock_as(asked: Asked) -> Decided:
    """Two functions hold the same lock."""
    if len(asked.objects.functions) == 1:
        return undecided("with what it cannot race was not understood")
    lock, told = asked.lock, []
    for one in asked.objects.functions[:2]:
        takes = [t for t in asked.witness.taken(lock) if t.function.number == one.number]
        entry = asked.witness.callers.entry(one.number)
        if takes:
            told.append(f"{where(one, takes[0].line)} takes {lock}")
        elif any(spot.within(lock) for spot in entry.must):
            told.append(f"{one.name}() is called with {lock} held")
        else:
            below = [
                inner
                for inner, way in asked.witness.below(one, DEEP)
                if way and _takes(asked, inner)
            ]
            if below:
                return undecided(f"{below[0].name}(), which {one.name}() calls, takes {lock}")
            perhaps = any(spot.within(lock) for spot in entry.perhaps) or entry.open
            if perhaps:
                return undecided(f"whether {one.name}() is called with {lock} held is not known")
            return Decided(REFUTED, f"{one.name}() neither takes {lock} nor is called with it held")
    return confirmed(asked, " and ".join(told), everything=False)


def _takes(asked: Asked, one: Defined) -> bool:
    return any(t.function.number == one.number for t in asked.witness.taken(asked.lock))


def lock_order(asked: Asked) -> Decided:
    """One lock is taken outside of another."""
    if len(asked.objects.locks) == 1:
        return undecided("the other lock was not understood")
    outer, inner = (spot for _, spot in asked.objects.locks[:2])
    if _inside_first(asked.text):
        outer, inner = inner, outer
    back = asked.witness.nested(outer, inner)
    if back:
        return Decided(
            REFUTED, f"{where(back[0].function, back[0].line)} takes {outer} under {inner}"
        )
    forth = asked.witness.nested(inner, outer)
    if not forth:
        return undecided(f"nothing is known that takes {inner} under {outer}")
    unknown = _perhaps_nested(asked, outer, inner)
    if unknown:
        return undecided(f"whether {inner} is held in {unknown} is not known")
    return confirmed(
        asked,
        f"{where(forth[0].function, forth[0].line)} takes {inner} under {outer}, and nobody "
        "the other way round",
    )


def _inside_first(text: str) -> bool:
    """Whether the lock named first is said to be the inner one."""
    low = text.lower()
    return any(word in low for word in ("inside", "inner", "below", " under ", "after "))


def _perhaps_nested(asked: Asked, inner: Spot, outer: Spot) -> str:
    for one in asked.witness.taken(inner):
        entry = asked.witness.callers.entry(one.function.number)
        if any(spot.within(outer) for spot in one.held.perhaps | entry.perhaps):
            return f"{one.function.name}()"
    return ""
