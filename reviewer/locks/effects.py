# SPDX-License-Identifier: GPL-2.0-only
"""What the functions of one file do to the locks of their callers, by count.

A function counts at a call like a fact of the tables when every way out, or
every way out with a result that is (not) zero, takes or drops a lock the caller
can name as often.  Where that depends on more, nothing is known of the lock
behind the call; what cannot be named makes the function one that is not
understood.
"""

import re
from collections.abc import Iterator

from reviewer.cfg.build import build
from reviewer.cfg.graph import Compute, Leave
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.locksets import MAYBE
from reviewer.locks.signs import ZERO
from reviewer.locks.ways import CONTEXT, Exit, Ways, ways
from reviewer.record import dataclass
from reviewer.syntax.parse import SourceFile, parse_expression
from reviewer.syntax.rebuild import rebuilt, walk
from reviewer.syntax.segments import Segment
from reviewer.syntax.tree import Expr, Function, Name, Unary

MAX_DEPTH = 6
"""Calls inside calls that are followed."""

_NAME = re.compile(rb"\b([A-Za-z_]\w*)\b(\s*\()?")
_LOCKS = re.compile(r"lock")


class Effects:
    """The functions of a file by name; each is read when it is first asked for."""

    def __init__(self, file: SourceFile, facts: Facts) -> None:
        self._file, self._facts = file, facts
        self._inside: dict[str, Segment] = {}
        for one in file.segments:
            self._inside.setdefault(one.name, one)
        self._calm: dict[str, bool] = {}
        self._ways: dict[str, Ways | None] = {}
        self._known: dict[str, tuple[FunctionFact | None, bool]] = {}
        self._depth = 0

    def of(self, name: str) -> FunctionFact | None:
        """What a function of the file does to locks; None for nothing known."""
        return self._told(name)[0]

    def inside(self, name: str) -> bool:
        """Whether the file defines a function."""
        return name in self._inside

    def takes(self, name: str) -> bool:
        """Whether a function takes a lock, and perhaps enters a context with it."""
        fact = self._facts.of(name) or self.of(name)
        return fact is not None and any(one.kind != CONTEXT for one in fact.acquires)

    def understood(self, name: str) -> bool:
        """Whether that is all it does."""
        return self._told(name)[1]

    def ways(self, name: str) -> Ways | None:
        """The ways of a function of the file."""
        if name not in self._ways:
            self._ways[name] = None
            one = self._inside.get(name)
            function = None if one is None else self._file.parsed(one)
            if function is not None and not function.errors:
                self._ways[name] = self.ways_of(function)
        return self._ways[name]

    def ways_of(self, function: Function) -> Ways:
        """The ways of any function, with what it calls in this file."""
        return ways(build(function, self._facts), self._facts, self.of)

    def callers(self, name: str) -> tuple[Ways, ...]:
        """The ways of the functions of the file that call one."""
        pattern = re.compile(rb"\b" + name.encode() + rb"\s*\(")
        found = (
            self.ways(one.name)
            for one in self._inside.values()
            if one.name != name and pattern.search(self._file.data, one.body, one.end)
        )
        return tuple(one for one in found if one is not None)

    def stays(self, name: str) -> bool:
        """Whether nobody outside the file can call a function: it is static,
        and its address is not taken."""
        one = self._inside[name]
        header = self._file.data[one.start : one.body]
        words = re.compile(rb"\b" + name.encode() + rb"\b(?!\s*\()")
        return b"static" in header.split() and not words.search(self._file.outline.masked)

    def _told(self, name: str) -> tuple[FunctionFact | None, bool]:
        if name not in self._inside:
            return None, False
        if self._quiet(name):
            return None, True
        if name not in self._known:
            self._known[name] = None, False
            if self._depth < MAX_DEPTH:
                self._depth += 1
                found = self.ways(name)
                self._depth -= 1
                if found is not None and found.complete:
                    fact, whole = summary(found)
                    self._known[name] = fact, whole and not self._calls_back(name)
        return self._known[name]

    def _calls_back(self, name: str) -> bool:
        """Whether a function hands on one that acts, for others to call."""
        one = self._inside[name]
        found = _NAME.findall(self._file.outline.masked, one.body, one.end)
        return any(
            not opening and self._names(word) and not self._quiet(word.decode())
            for word, opening in found
        )

    def _names(self, word: bytes) -> bool:
        return word.decode() in self._inside

    def _quiet(self, name: str) -> bool:
        """Whether a function makes no call that acts, or may by its name."""
        if name not in self._calm:
            self._calm[name] = True
            one, fact = self._inside.get(name), self._facts.of(name)
            if fact is not None:
                acts = fact.acquires or fact.releases or fact.enters or fact.leaves
                self._calm[name] = not acts
            elif one is None:
                self._calm[name] = _LOCKS.search(name) is None
            else:
                # A function that is only named may be called back.
                found = _NAME.findall(self._file.outline.masked, one.body, one.end)
                used = {word.decode() for word, opening in found if opening or self._names(word)}
                self._calm[name] = all(self._quiet(word) for word in used)
        return self._calm[name]


@dataclass(frozen=True, slots=True)
class _Effect:
    lock: str
    takes: bool
    when: str


def summary(found: Ways) -> tuple[FunctionFact | None, bool]:
    """The effect of a function as a fact, and whether that is all of it."""
    acquires: list[LockFact] = []
    releases: list[LockFact] = []
    whole = True
    effects = list(_effects(found))
    unclear = any(one.when == MAYBE for one in effects)
    for one in effects:
        if unclear and found.kinds[one.lock] == CONTEXT:
            one = _Effect(one.lock, True, MAYBE)
        place = _outside(found, one.lock)
        kind = found.kinds[one.lock]
        if place is None:
            whole = False
        else:
            fact = LockFact(place, kind, one.when, kind == CONTEXT)
            (acquires if one.takes else releases).append(fact)
    if not (acquires or releases):
        return None, whole
    return _fact(found.graph.function, tuple(acquires), tuple(releases)), whole


def _effects(found: Ways) -> Iterator[_Effect]:
    for lock in found.kinds:
        counts = {_count(way, lock) for way in found.exits}
        if counts <= {0}:
            continue
        if len(counts) == 1 and None not in counts:
            yield from _told(lock, counts, "always")
            continue
        zero = {_count(way, lock) for way in found.exits if way.value.signs == ZERO.signs}
        other = {_count(way, lock) for way in found.exits if "0" not in way.value.signs}
        unclear = any(
            "0" in way.value.signs and way.value.signs != ZERO.signs for way in found.exits
        )
        if unclear or len(zero) != 1 or len(other) != 1 or None in zero | other:
            yield _Effect(lock, True, MAYBE)
        else:
            yield from _told(lock, zero, "zero")
            yield from _told(lock, other, "nonzero")


def _told(lock: str, counts: set[int | None], when: str) -> Iterator[_Effect]:
    for count in counts:
        if count in (1, -1):
            yield _Effect(lock, count == 1, when)
        elif count != 0:
            yield _Effect(lock, True, MAYBE)


def _count(way: Exit, lock: str) -> int | None:
    one = way.locks.get(lock)
    return 0 if one is None else one.net


def _outside(found: Ways, lock: str) -> Expr | None:
    """A lock in terms of the arguments and the result; None when it is
    reached through what only the function knows."""
    place = Name(found.graph.function.loc, lock)
    if found.kinds[lock] == CONTEXT:
        return place
    if "%" in lock or "[" in lock:
        return None
    expr = parse_expression(lock)
    params = {one.name: f"${n}" for n, one in enumerate(found.graph.function.params)}
    own = {
        node.declares for node in found.graph.nodes if isinstance(node, Compute) and node.declares
    }
    terms: dict[str, str] = {}
    for part in walk(expr):
        if isinstance(part, Name) and part.name in params:
            terms[part.name] = params[part.name]
        elif isinstance(part, Name) and part.name in own:
            if not _returned(found, part.name):
                return None
            terms[part.name] = "$result"
    renamed = _renamed(expr, terms)
    return Unary(expr.loc, "*", renamed) if isinstance(renamed, Name) and terms else renamed


def _returned(found: Ways, name: str) -> bool:
    leaves = [node.value for node in found.graph.nodes if isinstance(node, Leave)]
    return any(isinstance(one, Name) and one.name == name for one in leaves)


def _renamed(expr: Expr, terms: dict[str, str]) -> Expr:
    if isinstance(expr, Name):
        return Name(expr.loc, terms.get(expr.name, expr.name))
    return rebuilt(expr, lambda operand: _renamed(operand, terms))


def _fact(
    function: Function, acquires: tuple[LockFact, ...], releases: tuple[LockFact, ...]
) -> FunctionFact:
    writes = [
        Unary(function.loc, "*", Name(function.loc, f"${n}"))
        for n, one in enumerate(function.params)
        if "*" in one.type
    ]
    return FunctionFact(
        names=(function.name,),
        acquires=acquires,
        releases=releases,
        enters=(),
        leaves=(),
        binds=(),
        steps=(),
        reads=(),
        writes=tuple(writes),
        returns=None,
        type=function.type,
        role="",
        inert=False,
        same_object=False,
        noreturn=False,
        source="its body",
    )
