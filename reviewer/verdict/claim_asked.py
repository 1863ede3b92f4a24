# SPDX-License-Identifier: GPL-2.0-only
"""A claim as it is put to the tree, and the answer."""

from collections.abc import Sequence

from reviewer.evidence.calling import Defined, Site
from reviewer.evidence.places import Spot
from reviewer.evidence.protection import Use
from reviewer.evidence.witness import Effect, Witness
from reviewer.record import dataclass
from reviewer.verdict.claim_objects import Objects
from reviewer.verdict.words import listed

CONFIRMED, REFUTED, UNDECIDED = "CONFIRMED", "REFUTED", "UNDECIDED"
FEW = 3
DEEP = 4
"""Calls below a function that are followed for what it does."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The verdict on a claim and the sentence that says why."""

    verdict: str
    answer: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim to be decided: the sentence, what it names, and the tree."""

    text: str
    objects: Objects
    witness: Witness

    @property
    def function(self) -> Defined:
        """The first function it names."""
        return self.objects.functions[0]

    @property
    def lock(self) -> Spot:
        """The first lock it names."""
        return self.objects.locks[0][1]

    @property
    def place(self) -> Spot:
        """The first member it names that is no lock."""
        return self.objects.places[0][1]


def undecided(reason: str) -> Decided:
    """Nothing is known, and why."""
    return Decided(UNDECIDED, reason)


def confirmed(asked: Asked, answer: str, everything: bool = True) -> Decided:
    """What holds in all of the tree; in a part of it only where nothing else counts."""
    if everything and not asked.witness.whole:
        return undecided(f"{answer}, in {asked.witness.seen}; the rest was not looked at")
    return Decided(CONFIRMED, answer)


def where(one: Defined, line: int) -> str:
    """A line of a function as people refer to it."""
    return f"{one.name}() ({one.path}:{line})"


def told_sites(some: Sequence[Site]) -> str:
    told = listed(where(one.caller, one.line) for one in some[:FEW])
    return told if len(some) <= FEW else f"{told} and {len(some) - FEW} more"


def told_uses(some: Sequence[Use]) -> str:
    told = listed(where(one.function, one.line) for one in some[:FEW])
    return told if len(some) <= FEW else f"{told} and {len(some) - FEW} more"


def calls_of(asked: Asked) -> tuple[tuple[Site, ...], Sequence[str]] | None:
    """The calls of a function and where else it is named; None where there are too many."""
    one = asked.function
    sites = asked.witness.callers.sites(one.number)
    if sites is None:
        return None
    return sites, [how for _, _, how, _ in asked.witness.callers.handed_on(one)]


def about(asked: Asked, one: Defined) -> list[Effect]:
    """What a function does to the lock."""
    return [
        effect
        for effect in asked.witness.effects(one)
        if effect.lock is not None and effect.lock.within(asked.lock)
    ]
