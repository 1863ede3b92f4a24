# SPDX-License-Identifier: GPL-2.0-only
"""Calls, what is held at them, and where the ways to a function begin."""

from reviewer.evidence.places import Spot
from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """Locks by the spot of the lock, and contexts by name: ``must`` are held for sure,
    ``perhaps`` may be on some way."""

    must: frozenset[Spot] = frozenset()
    perhaps: frozenset[Spot] = frozenset()
    contexts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Root:
    """A function that nothing in the tree is known to call by name: ``how`` says what
    does (``INIT_WORK()``, a macro that defines it, ``nobody``), ``context`` in which context
    that is, empty where it is not known."""

    function: "Defined"
    how: str
    context: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is held whenever a function is called: ``must`` on all ways to it, ``perhaps`` on some;
    the same for contexts.  ``open`` says why not all ways are known, empty where they are.
    ``roots`` are where the ways begin, the nearest first."""

    must: frozenset[Spot]
    perhaps: frozenset[Spot]
    contexts: frozenset[str]
    some_contexts: frozenset[str]
    open: str
    roots: tuple[Root, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """One definition of a function: ``number`` in the index, where it stands, and
    how: ``static``, by which ``macro``."""

    number: int
    name: str
    file: int
    path: str
    first: int
    static: bool
    macro: str
    parameters: str
    attributes: str


@dataclass(frozen=True, slots=True)
class Site:
    """One call: who makes it, in which line, what is held there; ``fresh`` has a bit for
    each argument that is an object the caller made."""

    caller: Defined
    line: int
    held: Held
    fresh: int


@dataclass(frozen=True, slots=True)
class Ways:
    """The calls of a function by name and ``through`` pointers, why others may not be known,
    and what calls it without either."""

    sites: tuple[Site, ...]
    through: tuple[Site, ...]
    open: str
    roots: tuple[Root, ...]
