# SPDX-License-Identifier: GPL-2.0-only
"""What the callers of a function hold when they call it, and in which context."""

import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from reviewer.evidence.calling import Defined, Entry, Held, Root, Site, Ways
from reviewer.evidence.knowledge import TreeFacts
from reviewer.evidence.places import Spot, Types
from reviewer.evidence.records import CONTEXT, MAYBE

MAX_SITES = 300
"""Calls of one function that are looked at; of one that is called from more nothing is said."""

MAX_FUNCTIONS = 600
"""Functions that are looked at for the ways to one."""

MAX_ABOVE = 4
"""Calls above one that is made through a pointer."""

MAX_THROUGH = 40
"""Calls through one pointer that are looked at for a single lock."""

_FUNCTION = "f.id, n.text, f.file, f.first, f.static, f.macro, f.parameters, f.attributes"
_Row = tuple[Any, ...]
"""The columns of `_FUNCTION`."""

EVERYTHING = -1
"""All bits of a number."""


class Callers:
    """The calls of the functions of a tree."""

    def __init__(self, base: sqlite3.Connection, types: Types, known: TreeFacts) -> None:
        self._base, self._types, self._contexts = base, types, known.contexts
        self._entries: dict[int, Entry] = {}
        self._known: dict[int, Ways] = {}
        self._held: dict[tuple[int, int], Held] = {}
        self._bits: dict[Spot | str, int] = {}
        self._masks: dict[int, tuple[int, int]] = {}
        self._functions: dict[int, Defined] = {}
        self._paths: dict[int, str] = {}
        self.sites = lru_cache(maxsize=50_000)(self._sites)
        self.mentions = lru_cache(maxsize=50_000)(self._mentions)

    def held(self, number: int, file: int) -> Held:
        """What a set of held locks says in a function of a file."""
        key = number, file
        if key not in self._held:
            found = self._base.execute("SELECT text FROM held WHERE id = ?", (number,)).fetchone()
            if found is None:
                raise sqlite3.DatabaseError("a set of locks is missing")
            self._held[key] = self._parsed(str(found[0]), file)
        return self._held[key]

    def _parsed(self, text: str, file: int) -> Held:
        must: set[Spot] = set()
        perhaps: set[Spot] = set()
        contexts: set[str] = set()
        for line in text.split("\n") if text else ():
            name, _, kind = line.partition("\t")
            if name.startswith(CONTEXT):
                contexts.add(name[1:])
                continue
            spot = self._types.spot(name.lstrip(MAYBE), kind, file)
            if spot is not None:
                (perhaps if name.startswith(MAYBE) else must).add(spot)
        return Held(frozenset(must), frozenset(perhaps), frozenset(contexts))

    def defined(self, number: int) -> Defined:
        """A function by its number."""
        found = self._functions.get(number)
        if found is None:
            row = self._base.execute(
                f"SELECT {_FUNCTION} FROM function f JOIN name n ON n.id = f.name WHERE f.id = ?",
                (number,),
            ).fetchone()
            found = self._made(row)
        return found

    def _made(self, row: "_Row") -> Defined:
        found = self._functions.get(row[0])
        if found is None:
            number, name, file, first, static, macro, parameters, attributes = row
            path = self.path(file)
            found = self._functions[number] = Defined(
                number, name, file, path, first, bool(static), macro, parameters, attributes
            )
        return found

    def named(self, name: str, path: str = "") -> tuple[Defined, ...]:
        """The definitions of a name, those of the file at ``path`` where it has any."""
        rows = self._base.execute(
            "SELECT f.id FROM function f JOIN name n ON n.id = f.name WHERE n.text = ?"
            " ORDER BY f.id",
            (name,),
        ).fetchall()
        found = tuple(self.defined(number) for (number,) in rows)
        own = tuple(one for one in found if one.path == path)
        return own or found

    def _mentions(self, name: str) -> tuple[tuple[int, int, str, int], ...]:
        rows = self._base.execute(
            "SELECT file, function, how, line FROM mentioned"
            " WHERE name = (SELECT id FROM name WHERE text = ?)",
            (name,),
        )
        return tuple(rows)

    def handed_on(self, one: Defined) -> tuple[tuple[int, int, str, int], ...]:
        """Where a function is named without being called, as file, function, how and line."""
        return tuple(
            row
            for row in self.mentions(one.name)
            if not row[2].startswith(("#", "EXPORT_"))
            and (row[0] == one.file or not (one.static and one.path.endswith(".c")))
        )

    def _names(self, one: Defined) -> Iterator[str]:
        """What the function is called by: its name, and macros that call it."""
        yield one.name
        for file, _, how, _ in self.mentions(one.name):
            if how.startswith("#") and (
                file == one.file or not one.static or one.path.endswith(".h")
            ):
                yield how[1:]

    def _sites(self, number: int) -> tuple[Site, ...] | None:
        one = self.defined(number)
        found: list[Site] = []
        for name in self._names(one):
            others: frozenset[int] | None = None
            for line, held, fresh, *row in self._calls(name, MAX_SITES * 20):
                function, _, file, *_ = row
                if function == number:
                    continue
                if file != one.file:
                    if others is None:
                        others = self._defining(name)
                    if file in others or not self._reaches(one, file):
                        continue
                found.append(Site(self._made(tuple(row)), line, self.held(held, file), fresh))
            if len(found) > MAX_SITES:
                return None
        return tuple(found)

    def _calls(self, name: str, most: int) -> "list[tuple[Any, ...]]":
        """The calls by a name: line, what is held, which arguments are new, and the caller."""
        return self._base.execute(
            f"SELECT c.line, c.held, c.fresh, {_FUNCTION} FROM call c"
            " JOIN function f ON f.id = c.function JOIN name n ON n.id = f.name"
            " WHERE callee = (SELECT id FROM name WHERE text = ?) LIMIT ?",
            (name, most),
        ).fetchall()

    def _defining(self, name: str) -> frozenset[int]:
        """The files that define a function of that name."""
        rows = self._base.execute(
            "SELECT file FROM function WHERE name = (SELECT id FROM name WHERE text = ?)", (name,)
        )
        return frozenset([file for (file,) in rows])

    def _reaches(self, one: Defined, file: int) -> bool:
        """Whether a call in another file, which has none of that name, is of this definition."""
        if one.static and one.path.endswith(".c"):
            return False
        return _apart(one.path) in ("", _apart(self.path(file)))

    def path(self, file: int) -> str:
        """The path of a file by its number."""
        found = self._paths.get(file)
        if found is None:
            row = self._base.execute("SELECT path FROM file WHERE id = ?", (file,)).fetchone()
            found = self._paths[file] = str(row[0])
        return found

    def entry(self, number: int) -> Entry:
        """What holds at every call of a function."""
        if number not in self._entries:
            self._entries[number] = self._entered(number, self._around(number))
        return self._entries[number]

    def way_without(self, number: int, lock: Spot) -> tuple[Site | Root, ...]:
        """A shortest way to a function on which nobody takes a lock: the calls, the last one
        first, and what begins it; empty where every known way takes it."""
        behind: dict[int, tuple[Site, int] | None] = {number: None}
        waiting = [number]
        for one in waiting:
            ways = self._ways(one)
            if ways.roots:
                return (*_back(one, behind), ways.roots[0])
            if ways.through and behind[one] is not None and not self._held_through(ways, lock):
                return (*_back(one, behind), Root(self.defined(one), "a pointer", ""))
            for site in ways.sites:
                caller = site.caller.number
                held = site.held.must | site.held.perhaps
                if caller not in behind and not any(
                    spot.within(lock) or self._types.may_be(spot, lock) for spot in held
                ):
                    behind[caller] = site, one
                    if len(behind) < MAX_FUNCTIONS:
                        waiting.append(caller)
        return ()

    def _held_through(self, ways: "Ways", lock: Spot) -> bool:
        """Whether a lock may be held where a function is called through a pointer."""
        held = [site.held.must | site.held.perhaps for site in ways.through]
        above = [self.entry(site.caller.number) for site in ways.through[:MAX_THROUGH]]
        held += [one.must | one.perhaps for one in above]
        return len(ways.through) > MAX_THROUGH or any(
            spot.within(lock) or self._types.may_be(spot, lock) for some in held for spot in some
        )

    def _around(self, number: int) -> "dict[int, Ways]":
        """The functions from which there are ways to one, the nearest first, each with its own
        callers.  Who calls through a pointer is looked at with its own callers and theirs,
        not further: what else may lead there has little to do with the function."""
        found: dict[int, Ways] = {}
        waiting, outer = [number], {number: 0}
        for one in waiting:
            level = outer[one]
            if len(found) >= MAX_FUNCTIONS:
                found[one] = Ways((), (), "the ways to it are too many to follow", ())
                continue
            ways = found[one] = self._ways(one) if not level else self._above(one, level)
            for some, deeper in ((ways.sites, level and level + 1), (ways.through, 1)):
                for site in some:
                    if site.caller.number not in outer:
                        outer[site.caller.number] = deeper
                        waiting.append(site.caller.number)
        return found

    def _above(self, number: int, level: int) -> "Ways":
        """The callers, by name, of a function that calls through a pointer."""
        sites = self.sites(number)
        if sites is None or (sites and level > MAX_ABOVE):
            return Ways((), (), f"what leads to {self.defined(number).name}() was not followed", ())
        return Ways(sites, (), "", ())

    def _ways(self, number: int) -> "Ways":
        if number not in self._known:
            self._known[number] = self._ways_to(number)
        return self._known[number]

    def _ways_to(self, number: int) -> "Ways":
        one, sites = self.defined(number), self.sites(number)
        if sites is None:
            return Ways((), (), f"{one.name}() is called from everywhere", ())
        roots: list[Root] = []
        more: list[Site] = []
        opened = ""
        for _, _, how, _ in self.handed_on(one):
            context = self._contexts.get(how)
            if context is not None:
                roots.append(Root(one, how, context))
                continue
            through = self.through(how) if how.startswith(".") else ()
            if not through:
                opened = opened or f"{one.name}() is called through {how}"
            more += through or ()
        if one.macro and not sites:
            roots.append(Root(one, one.macro, self._contexts.get(one.macro, "")))
        elif not (sites or more or roots or opened):
            roots.append(Root(one, "nobody", ""))
        return Ways(sites, tuple(more), opened, tuple(roots))

    def through(self, member: str) -> tuple[Site, ...]:
        """The calls through a pointer that is a member of that name (``.iterate``); none
        where there are too many to tell anything."""
        rows = self._calls(member, MAX_SITES + 1)
        if len(rows) > MAX_SITES:
            return ()
        return tuple(
            Site(self._made(tuple(row)), line, self.held(held, row[2]), fresh)
            for line, held, fresh, *row in rows
        )

    def _entered(self, number: int, around: "dict[int, Ways]") -> Entry:
        """The locks and contexts of all ways by iteration: what must be held shrinks, what
        may be grows, until neither changes.  Sets are the bits of numbers."""
        below: dict[int, list[int]] = {}
        for one, ways in around.items():
            for site in (*ways.sites, *ways.through):
                below.setdefault(site.caller.number, []).append(one)
        must: dict[int, int] = dict.fromkeys(around, EVERYTHING)
        some: dict[int, int] = dict.fromkeys(around, 0)
        waiting = deque(reversed(around))
        queued = set(around)
        while waiting:
            one = waiting.popleft()
            queued.discard(one)
            new = self._joined(around[one], must, some)
            if new != (must[one], some[one]):
                must[one], some[one] = new
                again = [other for other in below.get(one, ()) if other not in queued]
                waiting.extend(dict.fromkeys(again))
                queued.update(again)
        sure = self._set(must[number]) if must[number] >= 0 else frozenset()
        perhaps = self._set(some[number])
        roots = tuple(root for ways in around.values() for root in ways.roots)
        opened = next((ways.open for ways in around.values() if ways.open), "")
        return Entry(
            frozenset(one for one in sure if isinstance(one, Spot)),
            frozenset(one for one in perhaps if isinstance(one, Spot)),
            frozenset(one for one in sure if isinstance(one, str)),
            frozenset(one for one in perhaps if isinstance(one, str)),
            opened,
            roots,
        )

    def _joined(
        self, ways: "Ways", must: Mapping[int, int], some: Mapping[int, int]
    ) -> tuple[int, int]:
        """What is held on all the ways to a function, and on some; everything, as long as no
        way is known that begins anywhere."""
        calls = (*ways.sites, *ways.through)
        sure = 0 if ways.open or ways.roots or not calls else EVERYTHING
        perhaps = 0
        for site in calls:
            caller = site.caller.number
            here, maybe = self._bits_of(site.held)
            perhaps |= here | maybe | some[caller]
            sure &= here | must[caller]
        return sure, perhaps

    def _bits_of(self, held: Held) -> tuple[int, int]:
        found = self._masks.get(id(held))
        if found is None:
            must = self._mask((*held.must, *held.contexts))
            # The record is kept by `held`, so that its identity stays its own.
            found = self._masks[id(held)] = must, self._mask(tuple(held.perhaps))
        return found

    def _mask(self, some: "tuple[Spot | str, ...]") -> int:
        found = 0
        for one in some:
            if one not in self._bits:
                self._bits[one] = len(self._bits)
            found |= 1 << self._bits[one]
        return found

    def _set(self, mask: int) -> "frozenset[Spot | str]":
        return frozenset(one for one, bit in self._bits.items() if mask >> bit & 1)


def _back(number: int, behind: Mapping[int, tuple[Site, int] | None]) -> tuple[Site, ...]:
    """The calls that lead from a function to where the search began."""
    found = []
    step = behind[number]
    while step is not None:
        found.append(step[0])
        step = behind[step[1]]
    return tuple(reversed(found))


def _apart(path: str) -> str:
    """The architecture a file belongs to: functions of one do not call those of another."""
    parts = path.split("/", 2)
    return parts[1] if parts[0] == "arch" and len(parts) > 1 else ""
