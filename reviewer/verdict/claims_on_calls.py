# SPDX-License-Identifier: GPL-2.0-only
"""Claims about who calls a function, in which context, and whether it sleeps."""

from collections.abc import Callable, Sequence

from reviewer.evidence.calling import Defined, Root, Site
from reviewer.evidence.places import Spot
from reviewer.evidence.records import SLEEPS
from reviewer.evidence.witness import Effect, Witness
from reviewer.locks.sleeps import SPINNING
from reviewer.verdict.claim_asked import (
    CONFIRMED,
    DEEP,
    REFUTED,
    Asked,
    Decided,
    calls_of,
    confirmed,
    told_sites,
    undecided,
    where,
)
from reviewer.verdict.words import listed

ATOMIC_CONTEXTS = frozenset({"irqs-off", "bh-off", "preempt-off"})


# Callers ------------------------------------------------------------------------


def callers_hold(asked: Asked) -> Decided:
    """A lock is held at every call."""
    one, lock = asked.function, asked.lock
    entry = asked.witness.callers.entry(one.number)
    if any(spot.within(lock) for spot in entry.must):
        return confirmed(asked, f"every known way to {one.name}() holds {lock}")
    return way_without(asked, lock)


def way_without(asked: Asked, lock: Spot) -> Decided:
    one = asked.function
    way = asked.witness.callers.way_without(one.number, lock)
    calls = [step for step in way if isinstance(step, Site)]
    if calls:
        begin = way[-1]
        told = f"{where(calls[0].caller, calls[0].line)} calls it without {lock}"
        if len(calls) > 1 and isinstance(begin, Root):
            told += f", on the way from {begin.function.name}()"
        return Decided(REFUTED, told)
    if way:
        return undecided(f"no call of {one.name}() is known")
    opened = asked.witness.callers.entry(one.number).open
    return undecided(opened or f"{lock} is held on some ways to {one.name}() for sure only")


def only_called_from(asked: Asked) -> Decided:
    """One function calls another, and nobody else does."""
    one = asked.function
    if len(asked.objects.functions) == 1:
        return undecided("by whom it is called was not understood")
    other = asked.objects.functions[1]
    found = calls_of(asked)
    if found is None:
        return Decided(REFUTED, f"{one.name}() is called from everywhere")
    sites, handed = found
    if any(
        site.caller.number == one.number for site in asked.witness.callers.sites(other.number) or ()
    ):
        mine = any(site.caller.number == other.number for site in sites)
        if not mine:
            one, other = other, one
            sites = asked.witness.callers.sites(one.number) or ()
            handed = [how for _, _, how, _ in asked.witness.callers.handed_on(one)]
    others = [site for site in sites if site.caller.name != other.name]
    if others:
        return Decided(REFUTED, f"{one.name}() is called by {told_sites(others)} too")
    if handed:
        # Who is behind that may well be the one function.
        return undecided(f"{one.name}() is called through {listed(sorted(set(handed)))}")
    if not sites:
        return undecided(f"no call of {one.name}() is known")
    return confirmed(asked, f"the only calls are in {told_sites(sites)}")


def one_caller(asked: Asked) -> Decided:
    """There is one call of a function."""
    found = calls_of(asked)
    if found is None:
        return Decided(REFUTED, f"{asked.function.name}() is called from everywhere")
    sites, handed = found
    if len(sites) + len(set(handed)) == 1:
        told = (
            f"the only call is in {told_sites(sites)}"
            if sites
            else f"it is called through {handed[0]} only"
        )
        return confirmed(asked, told)
    callers = {site.caller.number for site in sites}
    if len(callers) == 1 and not handed:
        return undecided(f"there is one caller, with {len(sites)} calls: {told_sites(sites)}")
    if not sites and not handed:
        return Decided(REFUTED, "no call is left")
    told = told_sites(sites) if sites else listed(sorted(set(handed)))
    return Decided(REFUTED, f"{len(sites) + len(set(handed))} calls: {told}")


def no_callers(asked: Asked) -> Decided:
    """Nobody calls a function."""
    found = calls_of(asked)
    if found is None:
        return Decided(REFUTED, "it is called from everywhere")
    sites, handed = found
    if sites:
        return Decided(REFUTED, f"it is called by {told_sites(sites)}")
    if handed:
        return Decided(REFUTED, f"it is named in {listed(sorted(set(handed)))}")
    return confirmed(asked, f"no call of {asked.function.name}() is left")


# Contexts -----------------------------------------------------------------------


def runs_in(wanted: frozenset[str]) -> Callable[[Asked], Decided]:
    """A context is entered by every caller."""

    def decide(asked: Asked) -> Decided:
        one, callers = asked.function, asked.witness.callers
        entry = callers.entry(one.number)
        if entry.contexts & wanted:
            return confirmed(asked, f"every known way to {one.name}() is in one")
        spinning = wanted == ATOMIC_CONTEXTS and _spinning(asked.witness, entry.must)
        if spinning:
            return confirmed(
                asked, f"every known way to {one.name}() holds {spinning}, which is spun on"
            )
        for site in callers.sites(one.number) or ():
            above = callers.entry(site.caller.number)
            held = site.held.contexts | above.some_contexts
            locks = site.held.must | site.held.perhaps | above.must | above.perhaps
            atomic = wanted == ATOMIC_CONTEXTS and _spinning(asked.witness, locks)
            if not (held & wanted or atomic or above.open):
                return Decided(REFUTED, f"{where(site.caller, site.line)} calls it outside of one")
        return undecided(entry.open or "it is so on some ways only for sure")

    return decide


def _spinning(witness: Witness, locks: frozenset[Spot]) -> str:
    """One of some locks that is spun on, as words; empty for none."""
    for lock in sorted(locks, key=str):
        kinds = {one.kind for one in witness.taken(lock)}
        if kinds and kinds <= SPINNING:
            return str(lock)
    return ""


def not_from_interrupt(asked: Asked) -> Decided:
    """A function runs in process context only."""
    return _no_interrupt(asked, (asked.function,), asked.function.name)


def lock_not_in_interrupt(asked: Asked) -> Decided:
    """A lock is taken in process context only."""
    takers = {one.function.number: one.function for one in asked.witness.taken(asked.lock)}
    if not takers:
        return undecided(f"nothing is known that takes {asked.lock}")
    return _no_interrupt(asked, tuple(takers.values()), str(asked.lock))


def _no_interrupt(asked: Asked, some: Sequence[Defined], what: str) -> Decided:
    callers = asked.witness.callers
    missing = ""
    for one in some:
        entry = callers.entry(one.number)
        bad = next((root for root in entry.roots if root.context in ("softirq", "hardirq")), None)
        if bad is not None:
            told = f"{bad.function.name}() runs in a {bad.context} ({bad.how})"
            way = "" if bad.function.number == one.number else f", which leads to {one.name}()"
            return Decided(REFUTED, told + way)
        if sleeping(asked, one) is not None:
            continue
        unknown = next((root for root in entry.roots if not root.context), None)
        if entry.open or unknown is not None:
            missing = (
                missing or entry.open or f"nothing is known that calls {unknown.function.name}()"
                if unknown
                else entry.open
            )
    if missing:
        return undecided(missing)
    return confirmed(asked, f"no way to {what} begins in an interrupt")


# Sleeping -----------------------------------------------------------------------


def sleeping(
    asked: Asked, one: Defined, deep: int = 2
) -> tuple[Effect, tuple[Defined, ...]] | None:
    """A call that may sleep in a function or not far below it."""
    for here, way in asked.witness.below(one, deep):
        for effect in asked.witness.effects(here):
            if effect.what == SLEEPS:
                return effect, (*way,)
    return None


def may_sleep(asked: Asked) -> Decided:
    """A function calls what may sleep."""
    one = asked.function
    found = sleeping(asked, one)
    if found is not None:
        effect, way = found
        through = f" through {listed(f'{inner.name}()' for inner in way)}" if way else ""
        last = way[-1] if way else one
        return Decided(CONFIRMED, f"it calls {effect.name}(){through} ({last.path}:{effect.line})")
    deeper = sleeping(asked, one, DEEP)
    if deeper is not None:
        effect, way = deeper
        return undecided(f"{way[-1].name}(), far below it, calls {effect.name}()")
    unknown = _unknown_below(asked, one)
    if unknown:
        return undecided(f"what {unknown} does is not known")
    return Decided(REFUTED, f"nothing that {one.name}() calls sleeps")


def does_not_sleep(asked: Asked) -> Decided:
    """A function calls nothing that may sleep."""
    found = may_sleep(asked)
    if found.verdict == CONFIRMED:
        return Decided(REFUTED, found.answer)
    return Decided(CONFIRMED, found.answer) if found.verdict == REFUTED else found


def _unknown_below(asked: Asked, one: Defined) -> str:
    """A call, in a function or below it, of which nothing is known; empty for none."""
    known = asked.witness.is_quiet
    for here, way in asked.witness.below(one, DEEP):
        for name, _ in asked.witness.calls(here):
            if name.startswith("."):
                return f"the call through {name}"
            if known(name):
                continue
            if asked.witness.callee(name, here) is None or len(way) >= DEEP:
                return f"{name}()"
    return ""
