# SPDX-License-Identifier: GPL-2.0-only
"""Whether a function drops what it takes, and what a patch changed about it.

A claim is made where ways out of a function disagree on a lock and the caller
cannot tell them apart, or where a lock is taken or dropped twice.  A function
that leaves a lock to its caller, or drops one its caller took, on every way or
told by what it returns, hands it over: that is no imbalance.
"""

from collections.abc import Iterable, Iterator, Mapping

from reviewer.cfg.graph import Compute, Invoke
from reviewer.facts import Facts
from reviewer.locks.effects import Effects
from reviewer.locks.signs import ANY, GUESSED, Value
from reviewer.locks.standing import LEFT
from reviewer.locks.suspicion import asked, flagged, given_away, innocent, suspects
from reviewer.locks.ways import CONTEXT, Exit, Ways
from reviewer.record import dataclass
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Function

READER = "seqcount-read"
"""What excludes nobody need not be ended: a reader may give up."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """``kind`` says what is wrong with ``lock``, which was taken or dropped in
    ``line``; ``exits`` are the lines where it shows."""

    kind: str
    lock: str
    line: int
    exits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """A lock left to the caller (``count`` 1) or taken over from it (-1):
    ``always`` or ``on some ways``, which the caller can tell."""

    lock: str
    count: int
    told: str


@dataclass(frozen=True, slots=True)
class End:
    """How a lock stands at some ways out, as the function alone says it:
    ``count`` is None where that is not known, and ``left`` when it was held
    while the pointer to it moved on.  ``calls`` are those that may have
    changed it; ``sure`` says that a run may take such a way, as far as seen,
    and ``failing`` that an error is returned."""

    count: int | None
    left: bool
    calls: frozenset[str]
    sure: bool
    failing: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """What is known of one function: claims, locks that are handed over, the
    lines of the ways out by lock and `End`, and all that is taken or dropped
    ``twice`` on some way, as far as can be seen.  ``calls`` are the functions
    it calls."""

    imbalances: tuple[Imbalance, ...]
    handovers: tuple[Handover, ...]
    ends: Mapping[str, Mapping[End, tuple[int, ...]]]
    twice: Mapping[tuple[str, str], int]
    calls: frozenset[str]
    complete: bool


def balance(function: Function, facts: Facts, around: Effects) -> Balance:
    """Judge one function; ``around`` are the functions of its file."""
    return judged(function, around.ways_of(function), facts, around)


def judged(function: Function, found: Ways, facts: Facts, around: Effects) -> Balance:
    """Judge the ways of one function."""
    if not found.complete:
        return Balance((), (), {}, {}, frozenset(), False)
    told_of = asked(found, facts)
    wrong = [
        Imbalance(one.what, one.lock, one.first, (one.line,))
        for one in found.twice
        if not (one.blurred or one.lock in told_of or _ever_unknown(found, one.lock))
    ]
    handed: list[Handover] = []
    ends: dict[str, Mapping[End, tuple[int, ...]]] = {}
    for lock, sort in found.kinds.items():
        if sort == READER:
            continue
        ends[lock] = _ends(found, lock, facts, around)
        if lock in told_of or any(one.lock == lock for one in wrong):
            continue
        told = _Told(function, lock, found, around, _groups(found, lock, facts, around))
        wrong += told.imbalances()
        handed += told.handovers()
    twice = {(one.what, one.lock): one.line for one in found.twice}
    called = frozenset(n.function for n in found.graph.nodes if isinstance(n, Invoke))
    return Balance(tuple(wrong), tuple(handed), ends, twice, called, True)


def _ends(found: Ways, lock: str, facts: Facts, around: Effects) -> Mapping[End, tuple[int, ...]]:
    ends: dict[End, set[int]] = {}
    for way in found.exits:
        held = way.locks.get(lock)
        calls = frozenset(suspects(found, way, lock, facts, around)) if held else frozenset()
        end = End(
            _count(way, lock),
            held is not None and held.first == LEFT,
            calls,
            _clear(way),
            _failing(way),
        )
        ends.setdefault(end, set()).add(way.line)
    return {end: tuple(sorted(lines)) for end, lines in ends.items()}


def _ever_unknown(found: Ways, lock: str) -> bool:
    return any((one := way.locks.get(lock)) is not None and one.net is None for way in found.exits)


Groups = dict[int | None, list[Exit]]


def _groups(found: Ways, lock: str, facts: Facts, around: Effects) -> Groups:
    """The ways out by how the lock stands there, None where another may have
    changed it."""
    groups: Groups = {}
    cleared = innocent(found, lock, around)
    for way in found.exits:
        count = _count(way, lock)
        if count and (
            not cleared.issuperset(suspects(found, way, lock, facts, around))
            or flagged(found, way, facts)
        ):
            count = None
        groups.setdefault(count, []).append(way)
    return groups


def _count(way: Exit, lock: str) -> int | None:
    held = way.locks.get(lock)
    return 0 if held is None else held.net


@dataclass(frozen=True, slots=True)
class _Told:
    """One lock of one function: who can tell what of it."""

    function: Function
    lock: str
    found: Ways
    around: Effects
    groups: Groups

    def counts(self) -> list[int]:
        return sorted(count for count in self.groups if count is not None)

    def handovers(self) -> Iterator[Handover]:
        if self.imbalances():
            return
        counts = [n for n in self.counts() if any(_clear(way) for way in self.groups[n])]
        if None in self.groups or "%" in self.lock or {1, -1} <= set(counts):
            return
        for count in counts:
            if count:
                told = "always" if len(counts) == 1 else "on some ways"
                yield Handover(self.lock, count, told)

    def imbalances(self) -> list[Imbalance]:
        counts = self.counts()
        if len(counts) == 1 and counts[0] and None not in self.groups:
            return self._everywhere(counts[0])
        if _ever_unknown(self.found, self.lock) or self._follows():
            return []
        pairs = [(low, low + 1) for low in (-1, 0) if {low, low + 1} <= set(counts)]
        return [one for low, high in pairs for one in self._between(low, high)]

    def _follows(self) -> bool:
        """Whether a context is entered with a lock, which says all there is to say."""
        if self.found.kinds[self.lock] != CONTEXT:
            return False
        lines = {way.locks[self.lock].line for way in self.found.exits if self.lock in way.locks}
        return any(
            isinstance(node, Invoke) and node.loc.line in lines and self.around.takes(node.function)
            for node in self.found.graph.nodes
        )

    def _everywhere(self, count: int) -> list[Imbalance]:
        """The same on every way out: handed over, unless the function stays in
        its file and no caller there drops what is left to it."""
        around, function = self.around, self.function
        if count < 0 or function.attributes or not around.stays(function.name):
            return []
        if _goes_on(self) or not around.understood(function.name):
            return []
        if any(given_away(self.found, way, self.lock) for way in self.groups[count]):
            return []
        return [self._imbalance("held", self.groups[count])]

    def _between(self, low: int, high: int) -> list[Imbalance]:
        """Ways that disagree: what other ways undo, these do not."""
        odd, other = self.groups[high], self.groups[low]
        kind, first = "held", "take"
        if low < 0:
            odd, other, kind, first = other, odd, "dropped", "drop"
        undone = [way for way in other if self.lock in way.locks and _clear(way)]
        if any(way.locks[self.lock].first != first for way in (*odd, *undone)):
            return []
        if kind == "dropped" and len(undone) != len(other):
            return []
        found = [
            way
            for way in odd
            if _clear(way)
            and self._wrong(way, undone)
            and not given_away(self.found, way, self.lock)
        ]
        return [self._imbalance(f"{kind} on some ways", found)] if found else []

    def _wrong(self, odd: Exit, others: list[Exit]) -> bool:
        """Whether nothing tells the caller how the lock stands, or it stays
        held where an error is returned."""
        if _failing(odd) and odd.locks[self.lock].first == "take":
            return bool(others)
        return any(_same(odd.value, one.value) and not self._noted(odd, one) for one in others)

    def _noted(self, odd: Exit, other: Exit) -> bool:
        """Whether the function writes down, where others see it, which it was."""
        own = {one.name for one in self.function.params}
        own |= {n.declares for n in self.found.graph.nodes if isinstance(n, Compute)}
        return any(
            not value.signs & other.known.get(text, ANY).signs
            for text, value in odd.known.items()
            if text in self._written() and text not in own
        )

    def _written(self) -> set[str]:
        return {
            render(node.expr.target)
            for node in self.found.graph.nodes
            if isinstance(node, Compute) and isinstance(node.expr, Assign)
        }

    def _imbalance(self, kind: str, odd: Iterable[Exit]) -> Imbalance:
        some = list(odd)
        line = min(way.locks[self.lock].line if self.lock in way.locks else 0 for way in some)
        return Imbalance(kind, self.lock, line, tuple(sorted({way.line for way in some})))


def _failing(way: Exit) -> bool:
    return way.value.signs == frozenset("-")


def _clear(way: Exit) -> bool:
    return not way.blurred and GUESSED not in way.known


def _same(one: Value, two: Value) -> bool:
    """Whether nothing tells two returned values apart."""
    if one.exact and two.exact and one.exact != two.exact:
        return False
    if (one == ANY) != (two == ANY) and (one.exact or two.exact):
        # What a call returned may tell of its own.
        return False
    return bool(one.signs & two.signs)


def _goes_on(told: _Told) -> bool:
    """Whether some caller drops a lock of the kind that is left to it, or
    nothing is known of it there."""
    kind = told.found.kinds[told.lock]
    callers = told.around.callers(told.function.name)
    return not callers or any(
        caller.kinds[name] in (kind, "") and one.net in (0, -1, None)
        for caller in callers
        for way in caller.exits
        for name, one in way.locks.items()
    )


def changed_balance(before: Balance, after: Balance) -> tuple[Imbalance, ...]:
    """What a patch made imbalanced: claims true of the after image only, and
    locks that stand otherwise on some way out than on any before.

    What another function may have done to a lock is held against a claim only
    where the before image does not call it.
    """
    if not (before.complete and after.complete):
        return ()
    old = {(one.kind, one.lock) for one in before.imbalances}
    found = [one for one in after.imbalances if (one.kind, one.lock) not in old]
    for (what, lock), line in after.twice.items():
        if (what, lock) not in before.twice and not any(one.lock == lock for one in found):
            found.append(Imbalance(what, lock, line, (line,)))
    for lock, ends in after.ends.items():
        if not any(one.lock == lock for one in found):
            found += _changed(
                lock, before.ends.get(_first_name(lock, before, after), {}), ends, before
            )
    return tuple(found)


def _first_name(lock: str, before: Balance, after: Balance) -> str:
    """What a lock was called before the patch, which may reach it another way."""
    if lock in before.ends:
        return lock
    gone = [one for one in before.ends if one not in after.ends and _member(one) == _member(lock)]
    return gone[0] if len(gone) == 1 else lock


def _member(lock: str) -> str:
    return lock.rpartition("->")[2].rpartition(".")[2]


Ends = Mapping[End, tuple[int, ...]]


def _changed(lock: str, old: Ends, after: Ends, before: Balance) -> Iterator[Imbalance]:
    lines: dict[str, set[int]] = {}
    for one, exits in after.items():
        kind = _kind(one, old, before.calls)
        if kind:
            lines.setdefault(kind, set()).update(exits)
    for kind, some in lines.items():
        yield Imbalance(kind, lock, 0, tuple(sorted(some)))


def _kind(now: End, old: Ends, calls: frozenset[str]) -> str:
    """What is new about a way out; empty for nothing."""
    if now.left:
        return "" if any(one.left for one in old) else "held while its pointer moves on"
    if now.count is None or not now.calls <= calls:
        return ""
    earlier = {one.count for one in old if one.sure or not now.sure} | (set() if old else {0})
    if not now.sure and (not old or any(one.sure for one in old)):
        # Only a condition on memory that was asked twice, and answered otherwise, leads here.
        return ""
    if now.count == 0 and None in earlier:
        # It may have been untouched on such a way before.
        return ""
    failed = any(one.failing and one.count == now.count for one in old)
    if now.count in earlier and (now.count <= 0 or not now.failing or not now.sure or failed):
        return ""
    return "held now" if now.count > 0 else "dropped now" if now.count else "undone now"
