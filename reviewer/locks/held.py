# SPDX-License-Identifier: GPL-2.0-only
"""What is held at a point of a function, and what two ways there agree on."""

from collections.abc import Callable

from reviewer.locks.conditions import Condition, words
from reviewer.record import dataclass, replace

Pairs = frozenset[tuple[Condition, str]]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scopes:
    """Locks, or execution contexts: ``must`` on every way here, ``may`` on some.

    ``when`` pairs a condition with what is held where it is true, ``without``
    with what is not held where it is true.  ``lost`` are names of ``may`` that
    meant another lock when it was taken: who drops it by that name drops
    something else.
    """

    must: frozenset[str] = NOTHING
    may: frozenset[str] = NOTHING
    when: Pairs = frozenset()
    without: Pairs = frozenset()
    lost: frozenset[str] = NOTHING

    def size(self) -> int:
        """How much is said."""
        return len(self.must) + len(self.may) + len(self.when) + len(self.without)

    def entered(self, name: str) -> "Scopes":
        """Held from here on."""
        without = frozenset(pair for pair in self.without if pair[1] != name)
        return replace(self, must=self.must | {name}, may=self.may | {name}, without=without)

    def perhaps(self, name: str) -> "Scopes":
        """Held from here on, or not."""
        without = frozenset(pair for pair in self.without if pair[1] != name)
        return replace(self, may=self.may | {name}, without=without)

    def entered_when(self, name: str, found: Condition) -> "Scopes":
        """Held from here on where a condition is true; elsewhere as before."""
        without = frozenset(pair for pair in self.without if pair[1] != name)
        if name not in self.may:
            without |= {(found.negated(), name)}
        when = self.when | {(found, name)}
        return replace(self, may=self.may | {name}, when=when, without=without)

    def left(self, name: str, surely: bool = True) -> "Scopes":
        """Not held any more; ``surely`` False: nothing is known of it any more."""
        return Scopes(
            self.must - {name},
            self.may - {name} if surely and name not in self.lost else self.may,
            frozenset(pair for pair in self.when if pair[1] != name),
            frozenset(pair for pair in self.without if pair[1] != name),
            self.lost,
        )

    def doubted(self, doubtful: Callable[[str], bool]) -> "Scopes":
        """The same, with nothing claimed of some."""
        return Scopes(
            frozenset(name for name in self.must if not doubtful(name)),
            self.may,
            frozenset(pair for pair in self.when if not doubtful(pair[1])),
            frozenset(pair for pair in self.without if not doubtful(pair[1])),
            self.lost,
        )

    def renounced(self, elsewhere: Callable[[str], bool]) -> "Scopes":
        """The same, where some names mean other locks from here on."""
        if not self.may:
            return self
        lost = frozenset(name for name in self.may if elsewhere(name))
        return replace(self.doubted(elsewhere), lost=self.lost | lost)

    def renamed(self, change: Callable[[str], str]) -> "Scopes":
        """The same under other names."""
        return Scopes(
            frozenset(change(name) for name in self.must),
            frozenset(change(name) for name in self.may),
            frozenset((found, change(name)) for found, name in self.when),
            frozenset((found, change(name)) for found, name in self.without),
            frozenset(change(name) for name in self.lost),
        )

    def forgotten(self, gone: frozenset[str]) -> "Scopes":
        """The same, without conditions on variables that are written."""
        if not (self.when or self.without):
            return self
        return replace(
            self,
            when=frozenset(pair for pair in self.when if not words(pair[0].text) & gone),
            without=frozenset(pair for pair in self.without if not words(pair[0].text) & gone),
        )

    def said_by(self, said: Condition, now: Condition) -> "Scopes":
        """The same, where ``now`` has become another way to say ``said``."""
        if not (self.when or self.without):
            return self
        return replace(
            self, when=_also(self.when, said, now), without=_also(self.without, said, now)
        )

    def where(self, found: Condition) -> "Scopes":
        """The same on the ways where a condition turned out to be true."""
        if not (self.when or self.without):
            return self
        taken = frozenset(name for when, name in self.when if when == found)
        absent = frozenset(name for when, name in self.without if when == found)
        return replace(self, must=self.must | taken, may=self.may - (absent - self.must - taken))


@dataclass(frozen=True, slots=True)
class Held:
    """What is held at a point: locks and execution contexts, and the
    conditions that are true on every way there (``known``)."""

    locks: Scopes = Scopes()
    contexts: Scopes = Scopes()
    known: frozenset[Condition] = frozenset()

    def size(self) -> int:
        """How much is said, at least 1: what a step over it costs."""
        return 1 + len(self.known) + self.locks.size() + self.contexts.size()

    def conditional(self) -> bool:
        """Whether anything is said of conditions."""
        locks, contexts = self.locks, self.contexts
        return bool(self.known or locks.when or locks.without or contexts.when or contexts.without)

    @property
    def must(self) -> frozenset[str]:
        """The locks held on every way here."""
        return self.locks.must

    @property
    def may(self) -> frozenset[str]:
        """The locks held on some way here."""
        return self.locks.may

    @property
    def context(self) -> frozenset[str]:
        """The execution contexts entered on every way here.

        A context entered twice counts as left when it is left once: what is
        claimed holds, but not all that holds is claimed.
        """
        return self.contexts.must

    def conditions(self) -> frozenset[Condition]:
        """The conditions known to hold."""
        return self.known

    def where(self, found: Condition) -> "Held | None":
        """The same where a condition is true; None where it cannot be."""
        if found.negated() in self.known:
            return None
        known = self.known | {found}
        return Held(self.locks.where(found), self.contexts.where(found), known)


def merged(one: Held, two: Held) -> Held:
    """What holds whichever of two ways was taken.

    Merging with more ways takes must, known conditions and what is told apart
    by conditions only away, and adds to may only: a dataflow ends.
    """
    known = one.known & two.known
    apart = frozenset(
        found
        for first in one.known
        if first.negated() in two.known
        for found in (first, first.negated())
    )
    return Held(
        _scopes(one.locks, two.locks, one.known, two.known, apart),
        _scopes(one.contexts, two.contexts, one.known, two.known, apart),
        known,
    )


Conditions = frozenset[Condition]


def _scopes(
    one: Scopes, two: Scopes, first: Conditions, second: Conditions, apart: Conditions
) -> Scopes:
    must, may = one.must & two.must, one.may | two.may
    when = one.when | two.when
    without = one.without | two.without
    if apart:
        when |= {(found, name) for found in apart for name in one.must ^ two.must}
        without |= {(found, name) for found in apart for name in one.may ^ two.may}
    known = first & second
    return Scopes(
        must,
        may,
        frozenset(
            pair
            for pair in when
            if pair[1] not in must
            and pair[0].negated() not in known
            and _implies(one, first, *pair)
            and _implies(two, second, *pair)
        ),
        frozenset(
            pair
            for pair in without
            if pair[0].negated() not in known
            and _excludes(one, first, *pair)
            and _excludes(two, second, *pair)
        ),
        one.lost | two.lost,
    )


def _implies(scopes: Scopes, known: Conditions, found: Condition, name: str) -> bool:
    return name in scopes.must or (found, name) in scopes.when or found.negated() in known


def _excludes(scopes: Scopes, known: Conditions, found: Condition, name: str) -> bool:
    return name not in scopes.may or (found, name) in scopes.without or found.negated() in known


def _also(pairs: Pairs, said: Condition, now: Condition) -> Pairs:
    more = {(now, name) for found, name in pairs if found == said}
    more |= {(now.negated(), name) for found, name in pairs if found == said.negated()}
    return pairs | more
