# SPDX-License-Identifier: GPL-2.0-only
"""Claims about who changes and reads a member, and how objects are freed."""

import re
from collections.abc import Iterator

from reviewer.evidence.calling import Defined, Site
from reviewer.evidence.protection import HELD, NOT_HELD, Use
from reviewer.evidence.records import (
    ASSERTS,
    ATOMIC,
    CHANGES,
    FREES,
    FREES_LATER,
    FREES_TO_CACHE,
    READ,
)
from reviewer.evidence.witness import Effect
from reviewer.verdict.claim_asked import (
    CONFIRMED,
    REFUTED,
    Asked,
    Decided,
    about,
    confirmed,
    told_uses,
    undecided,
    where,
)

_MAKES = re.compile(
    r"(?:^|_)(?:alloc|init|create|set_?up|new|make|probe|open|fill|mount|add|register|read|calculate"
    r"|prepare|construct|ctor|test|start|attach|insert|bind)",
)
"""The names of functions that may put an object together before others know it."""


def _changes(asked: Asked) -> list[Use]:
    return [one for one in asked.witness.uses(asked.place, CHANGES) if not one.starting]


def protected_by(asked: Asked) -> Decided:
    """Every change of a place is made under a lock."""
    lock, place = asked.lock, asked.place
    changes = _changes(asked)
    if not changes:
        return undecided(f"no change of {place} is known")
    without = [one for one in changes if one.under(lock) == NOT_HELD or _only_said(asked, one)]
    held = sum(one.under(lock) == HELD for one in changes)
    if without:
        return Decided(
            REFUTED,
            f"{len(without)} of {len(changes)} changes of {place} are made without {lock}: "
            f"{told_uses(without)}",
        )
    if held == len(changes):
        return confirmed(asked, f"all {held} changes of {place} are made under {lock}")
    rest = [one for one in changes if one.under(lock) != HELD]
    return undecided(
        f"{held} of {len(changes)} changes of {place} are made under {lock}; "
        f"of {told_uses(rest)} it is not known"
    )


def _only_said(asked: Asked, use: Use) -> bool:
    """Whether a lock is held at a change because the function asserts it, and somebody calls
    that without it."""
    lock, one = asked.lock, use.function
    if not any(spot.within(lock) for spot in use.local):
        return False
    if not any(effect.what == ASSERTS for effect in about(asked, one)):
        return False
    entry = asked.witness.callers.entry(one.number)
    if any(spot.within(lock) for spot in entry.must):
        return False
    way = asked.witness.callers.way_without(one.number, lock)
    return any(isinstance(step, Site) for step in way)


def lock_not_needed(asked: Asked) -> Decided:
    """A lock does not keep a place from changing."""
    lock, place = asked.lock, asked.place
    changes = _changes(asked)
    held = [one for one in changes if one.under(lock) == HELD]
    without = [one for one in changes if one.under(lock) == NOT_HELD]
    if not changes:
        # What is filled in by a call only, an array say, has no change that is seen.
        if asked.witness.uses(place, CHANGES):
            return confirmed(asked, f"nothing changes {place} but what makes the object")
        return undecided(f"no change of {place} is known")
    if len(held) == len(changes):
        return Decided(
            REFUTED, f"all {len(held)} changes of {place} are made under {lock}: {told_uses(held)}"
        )
    if len(without) == len(changes):
        return confirmed(
            asked,
            f"none of the {len(changes)} changes of {place} is made under {lock}: "
            f"{told_uses(without)}",
        )
    return undecided(f"{len(held)} of {len(changes)} changes of {place} are made under {lock}")


def only_writer(asked: Asked) -> Decided:
    """One function changes a place, and nobody else does."""
    changes = _changes(asked)
    others = [one for one in changes if one.function.number not in _numbers(asked)]
    if others:
        return Decided(REFUTED, f"{asked.place} is changed by {told_uses(others)} too")
    if not changes:
        return undecided(f"no change of {asked.place} is known")
    return confirmed(asked, f"the only changes of {asked.place} are in {told_uses(changes)}")


def _numbers(asked: Asked) -> set[int]:
    return {one.number for one in asked.objects.functions}


def never_changes(asked: Asked) -> Decided:
    """A place is written while its object is made, and never again."""
    changes = _changes(asked)
    later = [one for one in changes if not _MAKES.search(one.function.name)]
    if later:
        return Decided(REFUTED, f"{asked.place} is changed by {told_uses(later)}")
    if changes:
        return undecided(f"{told_uses(changes)} may be what makes the object")
    return confirmed(asked, f"nothing changes {asked.place} but what makes the object")


def atomic_member(asked: Asked) -> Decided:
    """A place is changed by atomic operations only."""
    changes = _changes(asked)
    plain = [one for one in changes if one.kind not in ATOMIC]
    if plain:
        return Decided(REFUTED, f"{told_uses(plain)} changes {asked.place} plainly")
    if not changes:
        return undecided(f"no change of {asked.place} is known")
    return confirmed(
        asked, f"all {len(changes)} changes of {asked.place} are atomic: {told_uses(changes)}"
    )


def read_locklessly(asked: Asked) -> Decided:
    """A place is read somewhere without a lock: the one that is named, else the one that
    protects it."""
    place = asked.place
    protecting = asked.witness.protection(place).lock
    lock = asked.lock if asked.objects.locks else protecting
    if lock is None:
        return undecided(f"no lock is known that protects {place}")
    reads = [one for one in asked.witness.uses(place, (READ,)) if not one.starting]
    without = [one for one in reads if one.under(lock) == NOT_HELD]
    if without:
        return Decided(CONFIRMED, f"{told_uses(without)} reads {place} without {lock}")
    if not reads:
        return undecided(f"no read of {place} is known")
    if all(one.under(lock) == HELD for one in reads) and asked.witness.whole:
        return Decided(REFUTED, f"all {len(reads)} reads of {place} are made under {lock}")
    return undecided(f"whether every read of {place} is made under {lock} is not known")


# Objects ------------------------------------------------------------------------


def freed_after_grace_period(asked: Asked) -> Decided:
    """Objects of a structure are given back after a grace period only."""
    structure = next(iter(_structures(asked)), "")
    if not structure:
        return undecided("of which structure it speaks was not understood")
    later = asked.witness.done_to(structure, (FREES_LATER,))
    cached = asked.witness.done_to(structure, (FREES_TO_CACHE,))
    if cached:
        one, effect = cached[0]
        return undecided(f"whether the cache waits to which {where(one, effect.line)} frees it")
    callbacks: list[tuple[Defined, Effect]] = []
    plain: list[tuple[Defined, Effect]] = []
    for one, effect in asked.witness.done_to(structure, (FREES,)):
        handed = [how for _, _, how, _ in asked.witness.callers.handed_on(one)]
        (callbacks if any("rcu" in how for how in handed) else plain).append((one, effect))
    if plain and not (later or callbacks):
        one, effect = plain[0]
        if any("rcu" in name for name, _ in asked.witness.calls(one)):
            return undecided(f"{where(one, effect.line)} frees one, and waits for readers perhaps")
        if _MAKES.search(one.name):
            return undecided(f"{where(one, effect.line)} frees one that it may have made itself")
        return Decided(REFUTED, f"{where(one, effect.line)} frees one at once")
    if later or callbacks:
        one, effect = (later or tuple(callbacks))[0]
        if plain:
            return undecided(
                f"{where(one, effect.line)} frees them by RCU, "
                f"{where(plain[0][0], plain[0][1].line)} at once"
            )
        return confirmed(
            asked, f"{where(one, effect.line)} frees them by RCU, and nothing else does"
        )
    return undecided(f"nothing is known that frees a struct {structure}")


def _structures(asked: Asked) -> Iterator[str]:
    yield from asked.objects.structures
    for word in asked.text.replace("`", " ").split():
        bare = word.strip(".,;:()").removesuffix("s")
        for name in (word.strip(".,;:()"), bare):
            if "_" in name and asked.witness.is_structure(name):
                yield name
