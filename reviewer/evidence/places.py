# SPDX-License-Identifier: GPL-2.0-only
"""Whose member a place is, told by the types of what it is reached through."""

import re
import sqlite3

from reviewer.evidence.knowledge import TreeFacts
from reviewer.record import dataclass

_STEP = re.compile(r"(->|\.)([\w:]+)|\[\]|\)|\s+")
_WORD = re.compile(r"[A-Za-z_%]\w*")

Pair = tuple[str, str]
"""A structure and a member of it; an empty structure and the name of a variable."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as members of structures, from the one behind the last pointer on:
    ``zone->free_area[].nr_free`` is (zone, free_area), (free_area, nr_free).

    A structure is ``?`` where its name could not be told.
    """

    pairs: tuple[Pair, ...]

    def __str__(self) -> str:
        structure, first = self.pairs[0]
        path = ".".join([first, *(name for _, name in self.pairs[1:])])
        return f"{structure}.{path}" if structure else path

    def within(self, wanted: "Spot") -> bool:
        """Whether this is a place or lies in it."""
        count = len(wanted.pairs)
        return any(self.pairs[at : at + count] == wanted.pairs for at in range(len(self.pairs)))


def split(place: str) -> tuple[str, tuple[tuple[bool, str], ...]]:
    """What a place begins at and its members, each with whether a pointer leads to it."""
    text = place.lstrip("(*& ")
    root = _WORD.match(text)
    if root is None:
        return "", ()
    at = root.end()
    if text[at : at + 1] == "(":
        at = _behind(text, at)
    name, starred = text[:at], place.startswith(("(*", "*"))
    steps: list[tuple[bool, str]] = []
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return "", ()
        if found[2]:
            steps.append((found[1] == "->" or (starred and not steps), found[2]))
        at = found.end()
    return name, tuple(steps)


def _behind(text: str, at: int) -> int:
    depth = 0
    for number in range(at, len(text)):
        depth += (text[number] == "(") - (text[number] == ")")
        if not depth:
            return number + 1
    return len(text)


class Types:
    """The structures, variables and results of a tree, asked for as they are needed."""

    def __init__(self, base: sqlite3.Connection, known: TreeFacts) -> None:
        self._base = base
        self._pointed, self._one = known.points_to, known.same_member
        self._variables = known.variables
        self._members: dict[str, dict[int, dict[str, str]]] = {}
        self._roots: dict[tuple[str, int], str] = {}
        self._owners: dict[str, frozenset[str]] = {}
        self._spots: dict[tuple[str, str, int], Spot | None] = {}

    def spot(self, place: str, root: str, file: int) -> Spot | None:
        """A place of a function of a file as members; None where it is none."""
        key = place, root, file
        if key not in self._spots:
            self._spots[key] = self._spot(place, root, file)
        return self._spots[key]

    def _spot(self, place: str, root: str, file: int) -> Spot | None:
        name, steps = split(place)
        if not name:
            return None
        if not steps:
            return Spot((("", name),))
        kind = self._root(name, root, file)
        # A variable outside of functions is a place of its own, and so is what is in it.
        outside = not root and not steps[0][0] and name.isidentifier()
        pairs: list[Pair] = [("", name)] if outside else []
        for pointer, member in steps:
            if pointer or not pairs:
                pairs, kind = self._followed(pairs, kind, file)
            owner, inner = self.member(kind, member, file)
            pairs.append(self._called(owner, member))
            kind = inner.lstrip("*")
        if place.startswith("*") and not place.startswith("*("):
            pairs = self._followed(pairs, kind, file)[0] or pairs
        return Spot(tuple(pairs))

    def _followed(self, pairs: list[Pair], kind: str, file: int) -> tuple[list[Pair], str]:
        """What a pointer leads to: mostly to something of its type that nobody can
        tell more of."""
        told = self._pointed.get(str(Spot(tuple(pairs)))) if pairs else None
        if told is None:
            return [], kind
        outer, _, part = told.partition(".")
        return [(outer, part)], self.member(outer, part, file)[1].lstrip("*")

    def _called(self, owner: str, member: str) -> Pair:
        other = self._one.get(f"{owner}.{member}")
        if other is not None:
            owner, _, member = other.partition(".")
        return owner, member

    def member(self, structure: str, member: str, file: int = 0) -> Pair:
        """The structure that has a member, and the type of that.  ``structure`` may be a
        typedef or unknown; then a member that only one structure has tells it."""
        for name in (structure, self._typedef(structure)):
            tables = self._tables(name) if name else {}
            if file in tables and member in tables[file]:
                return name, tables[file][member]
            found = [table[member] for table in tables.values() if member in table]
            if found:
                return name, found[0]
        owners = self.owners(member)
        if len(owners) == 1 and (not structure or structure not in ("void", "char", "long")):
            owner = next(iter(owners))
            if not (structure and self._tables(structure)):
                return owner, self.member(owner, member, file)[1]
        return structure or "?", ""

    def owners(self, member: str) -> frozenset[str]:
        """The structures that have a member of that name."""
        if member not in self._owners:
            rows = self._base.execute(
                "SELECT DISTINCT s.text FROM member JOIN name s ON s.id = structure"
                " WHERE member = (SELECT id FROM name WHERE text = ?)",
                (member,),
            )
            self._owners[member] = frozenset(text for (text,) in rows)
        return self._owners[member]

    def may_be(self, held: Spot, lock: Spot) -> bool:
        """Whether a lock that is held may be another one, though it is not called so: whose it
        is could not be told, it was reached through a pointer to the lock itself or to what the
        lock is part of, or it stands for a wrapper that takes a lock of that structure."""
        owner, member = held.pairs[-1]
        wanted, last = lock.pairs[-1]
        if held.pairs[0][0] == "?":
            return member == last or lock.pairs[0][1] == member
        kind = self.member(wanted, last)[1].lstrip("*") if wanted else ""
        if kind and held.pairs[0][0] == kind:
            return True
        return bool(owner) and owner == wanted and member not in self.members(owner)

    def members(self, structure: str) -> frozenset[str]:
        """The members of a structure; none where it is not defined."""
        return frozenset(name for table in self._tables(structure).values() for name in table)

    def embedding(self, structure: str) -> tuple[Pair, ...]:
        """The members that are of a structure, not pointers to it, and those of which
        a pointer is kept: where a pointer to one may lead."""
        rows = self._base.execute(
            "SELECT DISTINCT s.text, m.text FROM member JOIN name s ON s.id = structure"
            " JOIN name m ON m.id = member.member WHERE type = ?",
            (structure,),
        )
        return tuple(rows)

    def _tables(self, structure: str) -> dict[int, dict[str, str]]:
        if structure not in self._members:
            rows = self._base.execute(
                "SELECT file, m.text, type FROM member JOIN name m ON m.id = member"
                " WHERE structure = (SELECT id FROM name WHERE text = ?) ORDER BY file, n",
                (structure,),
            )
            tables: dict[int, dict[str, str]] = {}
            for file, member, kind in rows:
                tables.setdefault(file, {})[member] = kind
            self._members[structure] = tables
        return self._members[structure]

    def _typedef(self, name: str) -> str:
        rows = self._base.execute(
            "SELECT structure FROM typedef WHERE name = (SELECT id FROM name WHERE text = ?)"
            " LIMIT 1",
            (name,),
        ).fetchone()
        return "" if rows is None else str(rows[0])

    def _root(self, name: str, root: str, file: int) -> str:
        key = (root or name), file
        if key not in self._roots:
            if root.endswith("()"):
                found = self._one_text(
                    "SELECT returns FROM function WHERE name = (SELECT id FROM name WHERE text = ?)"
                    " ORDER BY file <> ? LIMIT 1",
                    (root[:-2], file),
                )
            elif root:
                found = root
            elif name in self._variables:
                found = self._variables[name]
            else:
                found = self._one_text(
                    "SELECT type FROM variable WHERE name = (SELECT id FROM name WHERE text = ?)"
                    " ORDER BY file <> ? LIMIT 1",
                    (name, file),
                )
            self._roots[key] = found
        return self._roots[key]

    def _one_text(self, query: str, values: tuple[str, int]) -> str:
        found = self._base.execute(query, values).fetchone()
        return "" if found is None else str(found[0])
