# SPDX-License-Identifier: GPL-2.0-only
"""What one file tells of locks, accesses and calls.

Rows are plain tuples: a tree has millions of them, and they go from the process that
read the file to the one that keeps the index.
"""

from typing import NamedTuple

from reviewer.record import dataclass

READ, WRITE, RAISE, LOWER, UPDATE, PASSED = "r", "w", "+", "-", "u", "p"
PLAIN_RAISE, PLAIN_LOWER = "i", "d"
"""Kinds of accesses: a count is raised or lowered atomically or, plainly, as ``n++`` does; ``u``
is another atomic change, ``p`` the address handed to a function nobody knows, which may write."""

ATOMIC = (RAISE, LOWER, UPDATE)
CHANGES = (WRITE, *ATOMIC, PLAIN_RAISE, PLAIN_LOWER)
RETURNS, MAY_RETURN, DROPS, ASSERTS = "returns", "may return", "drops", "asserts"
FREES, FREES_TO_CACHE, FREES_LATER = "frees", "frees to a cache", "frees later"
SLEEPS = "sleeps"
"""What a function does: it returns with a lock held, on all ways or on some; drops one of its
caller; asserts one; frees an object, at once, to a cache that may wait, or after a grace
period; makes a call that sleeps."""

MAYBE, CONTEXT = "?", "@"
"""In front of a name in what is held: on some ways only; an execution context."""


class FunctionRow(NamedTuple):
    """``returns`` is the structure the result is or points to, ``parameters`` the same of each
    parameter as ``name:type``, with commas; ``macro`` the macro that defines it;
    ``static`` says that only its file can call it by name, ``entry`` is what
    its header or its first assertion says is held (an index of `FileRows.held`)."""

    name: str
    first: int
    last: int
    static: int
    macro: str
    returns: str
    parameters: str
    attributes: str


class AccessRow(NamedTuple):
    """One place a function touches, and what is held there.

    ``function`` and ``held`` are indices; ``member`` is the last member of the
    place, ``outer`` the first behind the last ``->``; ``root`` the type of the variable the
    place begins at; ``fresh`` says that the function made the object itself.
    """

    function: int
    kind: str
    member: str
    outer: str
    place: str
    root: str
    line: int
    held: int
    fresh: int


class CallRow(NamedTuple):
    """``fresh`` has a bit for each argument that is an object the caller made,
    ``arguments`` are the places handed on, as written and with commas."""

    function: int
    callee: str
    line: int
    held: int
    fresh: int


class TakenRow(NamedTuple):
    """A lock that is taken; what is ``held`` is held before."""

    function: int
    member: str
    place: str
    root: str
    kind: str
    shared: int
    line: int
    held: int


class EffectRow(NamedTuple):
    """What a function does (`RETURNS` ... `SLEEPS`) to a lock or an object: ``member`` is the last
    member of a lock, the structure of an object, the function that sleeps."""

    function: int
    what: str
    member: str
    place: str
    root: str
    line: int


class MentionRow(NamedTuple):
    """A function that is named without being called: ``how`` is the call it is handed to
    (``timer_setup()``), the member it is stored in (``.read_iter``) or the macro that calls it
    (``#get_it``); ``#`` alone marks the name of such a macro.  ``function`` is -1 outside of
    functions."""

    function: int
    name: str
    how: str
    line: int


@dataclass(frozen=True, slots=True)
class FileRows:
    """All of one file.

    ``held`` are sets of locks, each a text of lines ``NAME\tTYPE``, where TYPE is
    that of the variable the name begins at, with `MAYBE` or `CONTEXT` in front.
    ``members`` are (structure, member, type), ``variables`` (name, type),
    ``typedefs`` (name, structure).
    """

    functions: tuple[FunctionRow, ...] = ()
    accesses: tuple[AccessRow, ...] = ()
    calls: tuple[CallRow, ...] = ()
    taken: tuple[TakenRow, ...] = ()
    effects: tuple[EffectRow, ...] = ()
    mentioned: tuple[MentionRow, ...] = ()
    held: tuple[str, ...] = ("",)
    members: tuple[tuple[str, str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    typedefs: tuple[tuple[str, str], ...] = ()
    trouble: str = ""
