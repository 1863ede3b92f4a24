# SPDX-License-Identifier: GPL-2.0-only
"""Locks of which nothing is known but how the functions are called that take and drop them.

Where code calls both halves of a pair (``x_lock(a)``, ``x_unlock(a)``), and neither
has a fact or a body at hand, they are taken for what they are called: the facts
made here hold for the files of one patch only.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.cfg.graph import Graph, Invoke
from reviewer.facts import Facts, FunctionFact, LockFact, LockNames, LockPair, no_effect
from reviewer.location import NOWHERE
from reviewer.locks.locksets import MAYBE
from reviewer.record import dataclass, replace
from reviewer.syntax.render import render
from reviewer.syntax.tree import Expr, Member, Name

_CALL = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
_INSTANCE = re.compile(r"(?!true\b|false\b|NULL\b|[A-Z0-9_]+\b)[&*\s]*[A-Za-z_].*", re.DOTALL)
_ASSIGNED = re.compile(rb"(\w+)\s*=\s*$")
_STATEMENT = (b";", b"{", b"}", b":", b")", b"else", b"do")
KIND = "any"

FAR = 4000
"""Bytes in front of a call that are looked at; most may be a comment."""


@dataclass(frozen=True, slots=True)
class _Half:
    """What a name says: the half of a pair it is, and the pair's lock."""

    pair: LockPair
    takes: bool
    lock: str
    partner: str
    when: str
    context: str


@dataclass(frozen=True, slots=True)
class _Use:
    """One call: its arguments, whether its value is looked at, and the variable that takes it."""

    args: tuple[str, ...]
    used: bool
    variable: str


class Named(Mapping[str, FunctionFact]):
    """Functions by name; those derived from names come first."""

    __slots__ = ("known", "own")

    def __init__(self, own: Mapping[str, FunctionFact], known: Mapping[str, FunctionFact]) -> None:
        self.own, self.known = own, known

    def __getitem__(self, name: str) -> FunctionFact:
        return self.own[name] if name in self.own else self.known[name]

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary, which most names are not in."""
        found = self.own.get(name)
        return self.known.get(name, default) if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from self.known

    def __len__(self) -> int:
        return len(self.own) + len(self.known)

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.known


def with_conventions(
    facts: Facts, changed: Sequence[bytes], files: Sequence[bytes], defined: frozenset[str]
) -> Facts:
    """The facts, with those that names tell of the locks ``changed`` functions use.

    ``files`` are the whole files, without comments, where the other half of a
    pair may stand; ``defined`` are the functions that have a body there.
    """
    halves = {}
    words = {word for text in changed for word in _CALL.findall(text)}
    for word in sorted(words):
        name = word.decode()
        if name in defined or facts.functions.get(name) is not None:
            continue
        half = _half_of(name, facts)
        if half is not None and _is_pair(half, facts, defined, files):
            halves[name] = half
    if not halves:
        return facts
    own = {name: fact for name, fact in _facts(halves, changed) if facts.of(name) is None}
    return replace(
        facts,
        functions=Named(own, facts.functions),
        lockers=facts.lockers | own.keys(),
    )


def by_convention(facts: Facts) -> frozenset[str]:
    """The functions whose facts were made from their names."""
    known = facts.functions
    return frozenset(known.own) if isinstance(known, Named) else frozenset()


def replaced(before: Graph, after: Graph, facts: Facts) -> tuple[str, ...]:
    """The calls of one image only whose lock is known by its name alone, and in
    place of which the other image takes another: it may be the same lock."""
    named = by_convention(facts)
    if not named:
        return ()
    both = [_takes(graph, facts) for graph in (before, after)]
    strange = []
    for mine, other in (both, both[::-1]):
        known = {render(one.place) for name in other for one in _locks(facts, name)}
        for name in sorted((mine - other).keys() & named):
            if not {render(one.place) for one in _locks(facts, name)} <= known and other - mine:
                strange.append(name)
    return tuple(sorted(strange))


def _takes(graph: Graph, facts: Facts) -> Counter[str]:
    return Counter(
        node.function
        for node in graph.nodes
        if isinstance(node, Invoke) and _locks(facts, node.function)
    )


def _locks(facts: Facts, name: str) -> tuple[LockFact, ...]:
    fact = facts.of(name)
    return () if fact is None else (*fact.acquires, *fact.releases)


_known: list[tuple[LockNames, dict[str, _Half | None]]] = []


def _half_of(name: str, facts: Facts) -> _Half | None:
    """The same as `_half`, kept by name: a tree has the same few names again and again."""
    if not (_known and _known[0][0] is facts.lock_names):
        _known[:] = [(facts.lock_names, {})]
    halves = _known[0][1]
    if name not in halves:
        halves[name] = _half(name, facts)
    return halves[name]


def _half(name: str, facts: Facts) -> _Half | None:
    bare, when, context = name, "always", ""
    for part, (written, result, entered) in facts.lock_names.parts.items():
        at = bare.find(part)
        end = at + len(part)
        if at >= 0 and (end == len(bare) or written):
            bare = bare[:at] + written + bare[end:]
            when = result if when == "always" else when
            context = context or entered
    for pair in facts.lock_names.pairs:
        for mine, other, takes in ((pair.drop, pair.take, False), (pair.take, pair.drop, True)):
            middle = _stars(mine, bare)
            if middle is not None and not (takes and _stars(pair.drop, bare) is not None):
                lock = _filled(pair.name, middle)
                return _Half(pair, takes, lock, _filled(other, middle), when, context)
    return None


def _stars(pattern: str, name: str) -> tuple[str, ...] | None:
    """What the stars of a pattern stand for in a name."""
    parts = pattern.split("*")
    if len(parts) == 2:  # noqa: PLR2004 - one star
        found = _one_star(parts[0], parts[1], name)
        return None if found is None else (found,)
    at = name.find(parts[1])
    if at < 0:
        return None
    return name[:at], name[at + len(parts[1]) :]


def _one_star(start: str, end: str, name: str) -> str | None:
    if len(name) <= len(start) + len(end) or not (name.startswith(start) and name.endswith(end)):
        return None
    return name[len(start) : len(name) - len(end)]


def _filled(pattern: str, middle: Sequence[str]) -> str:
    for text in middle:
        pattern = pattern.replace("*", text, 1)
    return pattern.replace("*", "")


def _is_pair(half: _Half, facts: Facts, defined: frozenset[str], files: Sequence[bytes]) -> bool:
    """Whether the other half is called somewhere, under any of its names."""
    pattern = re.compile(rb"\b" + re.escape(half.partner.encode()) + rb"\w*\s*\(")
    tried = half.partner.replace("lock", "trylock").encode()
    some = [pattern, re.compile(rb"\b" + re.escape(tried) + rb"\w*\s*\(")]
    if half.partner in defined or facts.functions.get(half.partner) is not None:
        return False
    return any(one.search(text) for one in some for text in files)


def _facts(
    halves: Mapping[str, _Half], changed: Sequence[bytes]
) -> Iterator[tuple[str, FunctionFact]]:
    uses = {name: list(_uses(name, changed)) for name in halves}
    for name, half in halves.items():
        same = [other for other, one in halves.items() if one.lock == half.lock]
        every = [use for other in same for use in uses[other]]
        drops = [use for other in same if not halves[other].takes for use in uses[other]]
        when = _when(half, uses[name], drops)
        takers = [one for other in same if halves[other].takes for one in uses[other]]
        if half.pair.statement and any(one.used for one in takers):
            continue
        yield name, _fact(name, half, _place(half.lock, every), when)


def _when(half: _Half, uses: Sequence[_Use], drops: Sequence[_Use]) -> str:
    if not half.takes:
        return "always"
    if half.when != "always":
        return half.when
    handed = {arg for one in drops for arg in one.args}
    told = [one for one in uses if one.used and one.variable not in handed]
    return MAYBE if told else "always"


def _place(lock: str, uses: Sequence[_Use]) -> Expr:
    """The lock: of the object of argument 0, and of the sort that a constant
    says; a global where no argument names an object."""
    if not all(one.args and _INSTANCE.fullmatch(one.args[0]) for one in uses):
        return Name(NOWHERE, lock)
    sorts = [one.args[1] for one in uses if len(one.args) > 1]
    if any(_CONSTANT.fullmatch(one) for one in sorts):
        lock += ":$1"
    return Member(NOWHERE, Name(NOWHERE, "$0"), lock, True)


def _uses(name: str, changed: Sequence[bytes]) -> Iterator[_Use]:
    pattern = re.compile(rb"\b" + name.encode() + rb"\s*\(")
    for text in changed:
        for found in pattern.finditer(text):
            before = text[max(found.start() - FAR, 0) : found.start()].rstrip()
            assigned = _ASSIGNED.search(before)
            variable = "" if assigned is None else assigned[1].decode()
            args = tuple(_arguments(text, found.end()))
            alone = not before or before.endswith(_STATEMENT)
            yield _Use(args, not alone, variable)


def _arguments(text: bytes, start: int) -> Iterator[str]:
    depth, last = 0, start
    for at in range(start, min(start + 400, len(text))):
        char = text[at : at + 1]
        if (char == b"," and depth == 0) or (char == b")" and depth == 0):
            one = text[last:at].decode(errors="replace").strip()
            if one:
                yield one
            last = at + 1
            if char == b")":
                return
        depth += (char in b"([{") - (char in b")]}")


def _fact(name: str, half: _Half, place: Expr, when: str) -> FunctionFact:
    lock = (LockFact(place, KIND, when, half.pair.shared),)
    context = (half.context,) if half.context else ()
    return replace(
        no_effect(name, "its name"),
        acquires=lock if half.takes else (),
        releases=() if half.takes else lock,
        enters=context if half.takes else (),
        leaves=() if half.takes else context,
        enters_when=when if half.takes and when != MAYBE else "always",
    )
