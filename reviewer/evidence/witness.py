# SPDX-License-Identifier: GPL-2.0-only
"""Everything that can be asked of a tree, in one place."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from reviewer.evidence.callers import Callers
from reviewer.evidence.calling import Defined, Held
from reviewer.evidence.knowledge import TreeFacts
from reviewer.evidence.places import Spot, Types, split
from reviewer.evidence.protection import Protection, Use, Uses, everywhere
from reviewer.evidence.store import told
from reviewer.record import dataclass

MAX_ROWS = 3_000
CLEARLY = 0.9
"""The share of the variables of a name from which on one is taken for the type of them."""

_TAKEN = "SELECT t.function, f.file, t.line, t.kind, t.shared, t.place, t.root, t.held FROM taken t"


@dataclass(frozen=True, slots=True)
class Taking:
    """A lock that is taken in a function: ``kind`` as in the facts, what is held before."""

    function: Defined
    line: int
    kind: str
    shared: bool
    lock: Spot
    held: Held


@dataclass(frozen=True, slots=True)
class Effect:
    """What a function does (`reviewer.evidence.records.EffectRow`); ``lock`` None where it is
    about no lock."""

    what: str
    name: str
    place: str
    line: int
    lock: Spot | None


class Witness:
    """A tree as a witness; ``whole`` says that all of it was read, ``seen`` which part of
    it was, in words."""

    def __init__(
        self,
        base: sqlite3.Connection,
        known: TreeFacts,
        quiet: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self._base, self._quiet = base, quiet
        self.types = Types(base, known)
        self.callers = Callers(base, self.types, known)
        self._uses = Uses(base, self.types, self.callers)
        folders = told(base, "folders").split()
        self.whole = told(base, "complete") == "yes" and not folders
        self.seen = "the whole tree" if self.whole else _part(base, folders)

    def uses(
        self, place: Spot, kinds: Sequence[str] = (), near: Callable[[str], bool] = everywhere
    ) -> tuple[Use, ...]:
        """The accesses to a place, with what the callers hold in files that are ``near``."""
        return self._uses.of(place, kinds, near)

    def protection(self, place: Spot) -> Protection:
        """The lock under which a place is changed."""
        return self._uses.protection(place)

    def taken(self, lock: Spot) -> tuple[Taking, ...]:
        """Where a lock is taken."""
        member = lock.pairs[-1][1]
        rows = self._base.execute(
            f"{_TAKEN} JOIN function f ON f.id = t.function"
            " JOIN name m ON m.id = t.member WHERE m.text = ?"
            " OR m.text = ?",
            (member, lock.pairs[0][1]),
        ).fetchall()
        if not rows or len(lock.pairs) == 1:
            rows += self._base.execute(
                f"{_TAKEN} JOIN function f ON f.id = t.function WHERE t.place LIKE ?",
                (f"%{member}.%",),
            ).fetchall()
        found = {}
        for function, file, line, kind, shared, place, root, held in rows:
            spot = self.types.spot(place, root, file)
            if spot is not None and spot.within(lock):
                one = self.callers.defined(function)
                found[function, line] = Taking(
                    one, line, kind, bool(shared), spot, self.callers.held(held, file)
                )
        return tuple(sorted(found.values(), key=lambda one: (one.function.path, one.line)))

    def nested(self, inner: Spot, outer: Spot) -> tuple[Taking, ...]:
        """Where a lock is taken while another is held for sure, by the function or on all
        ways to it."""
        found = []
        for one in self.taken(inner):
            entry = self.callers.entry(one.function.number)
            if any(spot.within(outer) for spot in one.held.must | entry.must):
                found.append(one)
        return tuple(found)

    def effects(self, one: Defined) -> tuple[Effect, ...]:
        """What a function does to locks and objects."""
        rows = self._base.execute(
            "SELECT what, m.text, place, root, line FROM effect JOIN name m ON m.id = member"
            " WHERE function = ? ORDER BY n",
            (one.number,),
        )
        return tuple(
            Effect(what, name, place, line, self.types.spot(place, root, one.file))
            for what, name, place, root, line in rows
        )

    def done_to(self, structure: str, kinds: Sequence[str]) -> tuple[tuple[Defined, Effect], ...]:
        """The functions that do something to objects of a structure."""
        marks = ", ".join("?" for _ in kinds)
        rows = self._base.execute(
            "SELECT function, what, place, line FROM effect"
            f" WHERE member = (SELECT id FROM name WHERE text = ?) AND what IN ({marks})",
            (structure, *kinds),
        ).fetchall()
        return tuple(
            (self.callers.defined(function), Effect(what, structure, place, line, None))
            for function, what, place, line in rows
        )

    def calls(self, one: Defined) -> tuple[tuple[str, int], ...]:
        """What a function calls, by name and line; a pointer's member has a dot in front."""
        rows = self._base.execute(
            "SELECT m.text, line FROM call JOIN name m ON m.id = callee"
            " WHERE function = ? ORDER BY n",
            (one.number,),
        )
        return tuple(rows)

    def callee(self, name: str, one: Defined) -> Defined | None:
        """The definition a call in a function reaches: of its file, else the only other one."""
        found = self.callers.named(name, one.path)
        if len(found) == 1 or any(other.path == one.path for other in found):
            return found[0]
        return None

    def below(self, one: Defined, depth: int) -> Iterator[tuple[Defined, tuple[Defined, ...]]]:
        """The functions a function calls, the nearest first and itself as the first of all,
        each with the calls that lead there."""
        waiting: list[tuple[Defined, tuple[Defined, ...]]] = [(one, ())]
        known = {one.number}
        for here, way in waiting:
            yield here, way
            for name, _ in self.calls(here) if len(way) < depth else ():
                inner = self.callee(name, here)
                if inner is not None and inner.number not in known:
                    known.add(inner.number)
                    waiting.append((inner, (*way, inner)))

    def is_quiet(self, name: str, depth: int = 3) -> bool:
        """Whether a function or macro is known not to sleep: by the facts, or as a macro that
        calls only such."""
        if self._quiet(name):
            return True
        rows = self._base.execute(
            "SELECT 1 FROM mentioned WHERE how = '#'"
            " AND name = (SELECT id FROM name WHERE text = ?)",
            (name,),
        ).fetchone()
        if rows is None or not depth:
            return False
        called = self._base.execute(
            "SELECT DISTINCT m.text FROM mentioned JOIN name m ON m.id = mentioned.name"
            " WHERE how = ?",
            (f"#{name}",),
        ).fetchall()
        return all(self.is_quiet(text, depth - 1) for (text,) in called)

    def is_lock(self, spot: Spot) -> bool:
        """Whether somebody takes it, or something in it, as a lock."""
        return bool(self.taken(spot))

    def is_structure(self, name: str) -> bool:
        """Whether a structure of that name is defined."""
        return bool(self.types.members(name))

    # Names in prose -----------------------------------------------------------------

    def named(self, text: str, at: Defined | None, others: Sequence[Defined] = ()) -> Spot | None:
        """A place or a lock as people write it (``inode->i_state``, ``i_lock``, ``struct
        inode.i_lock``), where they speak of one function, or of others too; None where that
        is ambiguous."""
        name, steps = split(text)
        if not name:
            return None
        if not steps:
            return self._bare(name, at)
        file = at.file if at is not None else 0
        given = [_parameter(name, one) for one in (at, *others)]
        # ``kmem_cache.size`` is of a structure, ``pool->size`` of a variable.
        structure = "" if steps[0][0] else name
        for root in (*given, self._root(name, steps[-1][1], at), structure):
            spot = self.types.spot(text, root, file) if root else None
            if spot is not None and spot.pairs[0][0] not in ("?", "") and self._exists(spot):
                return spot
        spot = self.types.spot(text, "", file)
        return spot if spot is not None and self._exists(spot) else None

    def _exists(self, spot: Spot) -> bool:
        """Whether the structures have these members, as far as they were read."""
        return all(
            not owner or owner in (owners := self.types.owners(name)) or not (owners or self.whole)
            for owner, name in spot.pairs
        )

    def _root(self, name: str, member: str, at: Defined | None) -> str:
        """The type of most variables of a name that have such a member, in the file first."""
        for inside in (True, False) if at is not None else (False,):
            found: Counter[str] = Counter()
            for table in ("access", "taken", "effect"):
                for root, place in self._base.execute(
                    f"SELECT t.root, t.place FROM {table} t"
                    " WHERE t.member = (SELECT id FROM name WHERE text = ?)"
                    + (
                        " AND t.function IN (SELECT id FROM function WHERE file = ?)"
                        if inside
                        else ""
                    )
                    + " LIMIT ?",
                    (member, at.file, MAX_ROWS)
                    if inside and at is not None
                    else (member, MAX_ROWS),
                ):
                    if root and place.lstrip("(*").startswith((f"{name}->", f"{name}.")):
                        found[root] += 1
            if found:
                kind, count = found.most_common(1)[0]
                # What most people call so elsewhere need not be meant here.
                sure = inside or kind == name or count >= CLEARLY * found.total()
                return kind if sure else ""
        return ""

    def _bare(self, name: str, at: Defined | None) -> Spot | None:
        row = self._base.execute(
            "SELECT 1 FROM variable WHERE name = (SELECT id FROM name WHERE text = ?)", (name,)
        ).fetchone()
        owners = self.types.owners(name)
        if row is not None and not owners:
            return Spot((("", name),))
        if len(owners) == 1 and row is None:
            return Spot(((next(iter(owners)), name),))
        near: Counter[Spot] = Counter()
        for table in ("taken", "effect", "access") if at is not None else ():
            for place, root, file in self._base.execute(
                f"SELECT t.place, t.root, f.file FROM {table} t"
                " JOIN function f ON f.id = t.function"
                " WHERE t.member = (SELECT id FROM name WHERE text = ?) AND f.file = ?",
                (name, at.file if at is not None else 0),
            ):
                spot = self.types.spot(place, root, file)
                if spot is not None:
                    near[Spot((spot.pairs[-1],))] += 1
            if near:
                return near.most_common(1)[0][0] if len(near) == 1 else None
        return Spot((("", name),)) if row is not None else None


def _parameter(name: str, at: Defined | None) -> str:
    for part in at.parameters.split(",") if at is not None else ():
        known, _, kind = part.partition(":")
        if known == name:
            return kind
    return ""


def _part(base: sqlite3.Connection, folders: Sequence[str]) -> str:
    part = told(base, "part")
    if part:
        return part
    count = base.execute("SELECT count(*) FROM file").fetchone()[0]
    total = told(base, "files")
    where = f"{', '.join(f'{one}/' for one in folders)} of the tree" if folders else "the tree"
    if told(base, "complete") == "yes":
        return where
    return f"{count} of {total or 'the'} files of {where}"
