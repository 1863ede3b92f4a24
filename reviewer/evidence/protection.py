# SPDX-License-Identifier: GPL-2.0-only
"""Who changes a place, and under which lock."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from reviewer.evidence.callers import Callers
from reviewer.evidence.calling import Defined, Entry
from reviewer.evidence.places import Spot, Types
from reviewer.evidence.records import CHANGES, PASSED
from reviewer.record import dataclass

HELD, NOT_HELD, UNKNOWN = "held", "not held", "unknown"
OWN = 1.2
"""How much more a lock of the same structure counts than another."""

FEW = 2
"""Structures a structure may be part of so that a pointer to it is taken for one into either."""

MAX_ROWS = 6_000
"""Accesses of one name that are looked at."""


@dataclass(frozen=True, slots=True)
class Use:
    """One access: ``kind`` as in `reviewer.evidence.records`, where, and what is held: locks for
    sure, perhaps; ``open`` says why some callers are not known; ``starting`` that the object
    is not known to others yet."""

    kind: str
    function: Defined
    line: int
    place: str
    must: frozenset[Spot]
    perhaps: frozenset[Spot]
    local: frozenset[Spot]
    contexts: frozenset[str]
    open: str
    starting: bool
    types: Types

    def under(self, lock: Spot) -> str:
        """Whether a lock is held: `HELD`, `NOT_HELD`, or `UNKNOWN`."""
        if any(one.within(lock) for one in self.must):
            return HELD
        if any(one.within(lock) for one in self.perhaps) or self.open:
            return UNKNOWN
        if any(self.types.may_be(one, lock) for one in self.must | self.perhaps):
            return UNKNOWN
        return NOT_HELD


@dataclass(frozen=True, slots=True)
class Protection:
    """``uses`` of a place; ``lock`` that most changes are made under, None for none, with
    how many of those that are not made on new objects: ``held`` of ``changes``, and
    ``unknown`` ones among the others."""

    place: Spot
    uses: tuple[Use, ...]
    lock: Spot | None
    held: int
    changes: int
    unknown: int


def everywhere(path: str) -> bool:
    """Every file is near."""
    return True


UNSEEN = Entry(frozenset(), frozenset(), frozenset(), frozenset(), "its callers were not read", ())


class Uses:
    """The accesses of a tree."""

    def __init__(self, base: sqlite3.Connection, types: Types, callers: Callers) -> None:
        self._base, self._types, self._callers = base, types, callers

    def of(
        self, place: Spot, kinds: Sequence[str] = (), near: Callable[[str], bool] = everywhere
    ) -> tuple[Use, ...]:
        """The accesses to a place or to what lies in it, in the order of files and lines; of those
        in files that are not ``near`` it is only said what they hold themselves."""
        found = [*self._rows(place, kinds, near)]
        for inner in self._pointed(place):
            found += self._rows(inner, kinds, near)
        return tuple(sorted(found, key=lambda one: (one.function.path, one.line)))

    def _pointed(self, place: Spot) -> Iterator[Spot]:
        """What a pointer to a place of a structure's own leads to, where that structure
        is part of nothing else."""
        owner, member = place.pairs[-1]
        kind = self._types.member(owner, member)[1] if owner else ""
        if not kind or kind.startswith("*"):
            return
        if len(self._types.embedding(kind)) <= FEW:
            yield Spot(((kind, ""),))

    def _rows(
        self, place: Spot, kinds: Sequence[str], near: Callable[[str], bool]
    ) -> Iterator[Use]:
        structure, member = place.pairs[0]
        for function, file, kind, text, root, line, held, fresh in self._found(
            structure, member, kinds
        ):
            spot = self._types.spot(text, root, file)
            fits = spot is not None and (
                spot.within(place) if member else spot.pairs[0][0] == structure
            )
            if fits:
                yield self._use(function, file, kind, text, line, held, fresh, near)

    def _found(
        self, structure: str, member: str, kinds: Sequence[str]
    ) -> Iterator[tuple[int, int, str, str, str, int, int, int]]:
        """The accesses that may be of a member of a structure: all that begin at one of its
        type, others as many as are allowed; without a member all that begin there."""
        within = f" AND kind IN ({', '.join('?' for _ in kinds)})" if kinds else ""
        select = (
            "SELECT a.function, f.file, kind, place, root, line, held, fresh FROM access a"
            f" JOIN function f ON f.id = a.function WHERE {{}}{within} LIMIT {MAX_ROWS}"
        )
        name = "(SELECT id FROM name WHERE text = ?)"
        if not member:
            yield from self._base.execute(select.format("root = ?"), (structure, *kinds))
            return
        for which in (f"member = {name}", f"outer = {name} AND outer <> member"):
            for begins in ("root = ?", "root <> ?"):
                asked = select.format(f"{which} AND {begins}")
                yield from self._base.execute(asked, (member, structure, *kinds)).fetchall()

    def _use(
        self,
        function: int,
        file: int,
        kind: str,
        text: str,
        line: int,
        held: int,
        fresh: int,
        near: Callable[[str], bool],
    ) -> Use:
        here, one = self._callers.held(held, file), self._callers.defined(function)
        above = self._callers.entry(function) if near(one.path) else UNSEEN
        starting = bool(fresh) or "__init" in one.attributes or self._made_above(one, text)
        return Use(
            kind,
            one,
            line,
            text,
            here.must | above.must,
            here.perhaps | above.perhaps,
            here.must,
            here.contexts | above.contexts,
            above.open,
            starting,
            self._types,
        )

    def _made_above(self, one: Defined, place: str) -> bool:
        """Whether all callers of a function hand it an object they have just made."""
        root = place.lstrip("(*").split("->")[0].split(".")[0]
        names = [part.split(":")[0] for part in one.parameters.split(",")]
        if root not in names:
            return False
        sites = self._callers.sites(one.number)
        bit = 1 << names.index(root)
        return bool(sites) and all(site.fresh & bit for site in sites or ())

    def protection(self, place: Spot) -> Protection:
        """The lock under which a place is changed.  Where nothing is known to change it,
        what its address is handed to is taken to."""
        uses = self.of(place)
        changes = [one for one in uses if one.kind in CHANGES and not one.starting]
        changes = changes or [one for one in uses if one.kind == PASSED and not one.starting]
        lock = _most(changes, place)
        told = [one.under(lock) for one in changes] if lock is not None else []
        return Protection(place, uses, lock, told.count(HELD), len(changes), told.count(UNKNOWN))


def _most(changes: Sequence[Use], place: Spot) -> Spot | None:
    """The lock most changes are made under, those half that are so on some ways only; one of
    the same structure before others, and one that is taken where the change is made."""
    sure: Counter[Spot] = Counter()
    local: Counter[Spot] = Counter()
    score: Counter[Spot] = Counter()
    own = place.pairs[0][0]
    for one in changes:
        sure.update(one.must)
        local.update(one.local)
    for one in changes:
        for lock in one.must | (one.perhaps & sure.keys()):
            score[lock] += 2 if lock in one.must else 1
    if not sure:
        return None
    return max(
        sorted(sure, key=str),
        key=lambda lock: (
            score[lock] * (OWN if lock.pairs[0][0] == own else 1),
            lock.pairs[0][0] == own,
            local[lock],
        ),
    )
