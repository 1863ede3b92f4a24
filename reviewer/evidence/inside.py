# SPDX-License-Identifier: GPL-2.0-only
"""What one function tells is put together from its graph and what is held in it."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from reviewer.alignment.operations import results
from reviewer.cfg.graph import Compute, Graph, Invoke
from reviewer.evidence.records import (
    CONTEXT,
    MAYBE,
    AccessRow,
    CallRow,
    EffectRow,
    FunctionRow,
    MentionRow,
    TakenRow,
)
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.aliases import Aliases, aliases
from reviewer.locks.held import Held
from reviewer.locks.locksets import locksets
from reviewer.record import dataclass, field
from reviewer.syntax.tree import Assign, Literal, Name

_TYPE = re.compile(
    r"(?:struct|union)\s+(\w+)|\b(?!const\b|volatile\b|unsigned\b|signed\b)([A-Za-z_]\w*)"
)
_ROOT = re.compile(r"\(*\**\s*([A-Za-z_]\w*)")
_IN_CALL = re.compile(r"\b(?:struct|union)\s+(\w+)")
_LAST = re.compile(r"(?:->|\.)(\w+)(?:\[\])?$")

_MAKES = re.compile(r"(?:^|_)(?:alloc|allocate|new|dup)(?:_|$)")
"""Words in the names of functions that return an object nobody else knows yet."""


@dataclass(slots=True)
class Rows:
    """The rows of a file while it is read, and what its functions share."""

    facts: Facts
    effects: Callable[[str], FunctionFact | None]
    asserting: frozenset[str]
    held: dict[str, int] = field(default_factory=lambda: {"": 0})
    accesses: list[AccessRow] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)
    taken: list[TakenRow] = field(default_factory=list)
    done: list[EffectRow] = field(default_factory=list)
    mentioned: list[MentionRow] = field(default_factory=list)
    functions: list[FunctionRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class One:
    """A function while it is read: ``held`` by node are indices, None where it is not
    reached; ``kinds`` the types of its variables, ``fresh`` the variables that hold objects it
    made; ``before`` is what is held in full, for those of which it had to be asked."""

    graph: Graph
    names: Aliases
    held: tuple[int | None, ...]
    kinds: Mapping[str, str]
    fresh: frozenset[str]
    before: tuple[Held | None, ...] | None = None


def opened_one(made: Rows, graph: Graph, kinds: Mapping[str, str], locking: bool) -> One:
    fresh = _fresh(graph, made.facts)
    if not locking:
        return One(graph, aliases(graph, made.facts), (0,) * len(graph.nodes), kinds, fresh)
    found = locksets(graph, made.facts, summaries=made.effects)
    numbers: dict[int, int] = {}

    def number(held: Held | None) -> int | None:
        if held is None:
            return None
        known = numbers.get(id(held))
        if known is None:
            text = _held(held, kinds)
            known = numbers[id(held)] = made.held.setdefault(text, len(made.held))
        return known

    names = aliases(graph, made.facts) if found.trouble else found.names
    held = tuple(map(number, found.before))
    return One(graph, names, held, kinds, fresh, None if found.trouble else found.before)


def _held(held: Held, kinds: Mapping[str, str]) -> str:
    locks = held.locks
    if not (locks.may or held.contexts.must):
        return ""
    lines = [f"{name}\t{root_type(name, kinds)}" for name in locks.must]
    lines += [f"{MAYBE}{name}\t{root_type(name, kinds)}" for name in locks.may - locks.must]
    lines += [f"{CONTEXT}{name}\t" for name in held.contexts.must]
    return "\n".join(sorted(lines))


def root_type(place: str, kinds: Mapping[str, str]) -> str:
    """The type of what a place begins at: of a variable, or with ``()`` the function that
    gives it; empty for what the function does not declare."""
    found = _ROOT.match(place)
    if found is None:
        return ""
    name = found[1]
    if place[found.end() : found.end() + 1] == "(":
        told = _IN_CALL.search(place, found.end())
        return told[1] if told is not None else f"{name}()"
    return kinds.get(name, "")


@cache
def type_of(text: str) -> str:
    found = _TYPE.search(text)
    return "" if found is None else found[1] or found[2]


def _fresh(graph: Graph, facts: Facts) -> frozenset[str]:
    """The variables that hold an object made here and nothing else but NULL."""
    of, taken = facts.operations.of, None
    made: set[str] = set()
    for node in graph.nodes:
        if isinstance(node, Invoke) and (
            of(node.function).kind == "allocate" or _MAKES.search(node.function)
        ):
            taken = taken or results(graph)
            made.add(taken.get(node.result, ""))
    if not made:
        return frozenset()
    for node in graph.nodes:
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            target, value = node.expr.target, node.expr.value
            own = isinstance(value, Name) and value.name.startswith("%")
            null = isinstance(value, Literal) and value.text in ("NULL", "0")
            if isinstance(target, Name) and target.name in made and not (own or null):
                made.discard(target.name)
    return frozenset(made - {""})


def last_member(place: str) -> str:
    found = _LAST.search(place)
    return found[1] if found is not None else place
