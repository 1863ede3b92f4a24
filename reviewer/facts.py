# SPDX-License-Identifier: GPL-2.0-only
"""What the functions and macros of the kernel do, as data.

The tables of ``rules/kernel/*.toml``, which `reviewer.ruleset` reads, become
records here; every stage asks them and none of them knows a kernel function by
name.  Places and values are C expressions in which ``$0``, ``$1``, ... stand
for the arguments of the call and ``$result`` for what it returns.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from reviewer.syntax.tree import Expr

Table = Mapping[str, Any]

_NAME = re.compile(r"[A-Za-z_*?\[][\w*?\[\]!-]*")
_PLACEHOLDER = re.compile(r"\$\w*")
_ARGUMENT = re.compile(r"\$\d")
_WHEN = ("always", "nonzero", "zero")
_ORDERS = ("relaxed", "acquire", "release", "full")
_WORD_ORDERS = ("high-low", "low-high", "low-only", "atomic", "unknown")
_PRESENT_WORDS = ("low", "high", "unknown")
_EXCLUSION = ("yes", "no", "when-flush-waits", "unknown")

# What each operation needs besides its order; nothing else is allowed.
_STEP_NEEDS: Mapping[str, frozenset[str]] = {
    "load": frozenset({"place"}),
    "store": frozenset({"place", "value"}),
    "add": frozenset({"place", "value"}),
    "add-unless": frozenset({"place", "value", "unless"}),
    "cas": frozenset({"place", "value", "expect"}),
    "flush": frozenset(),
    "grace-period": frozenset(),
}
_PROTOCOLS = ("", "words", "get-and-clear")
_LOCK_KEYS = frozenset({"place", "kind", "when", "shared"})
_FLAGS = ("inert", "same_object", "noreturn", "conditions")
_LISTS = ("names", "enters", "leaves", "reads", "writes")
_FUNCTION_KEYS = frozenset(
    {*_FLAGS, *_LISTS, "acquires", "releases", "binds", "steps"}
    | {"enters_when", "returns", "type", "role", "source"}
)
_TWO_WORD_TEXTS = (
    "config",
    "sets",
    "clears",
    "clears_and_returns",
    "present_word",
    "irqs_off_excludes_replacement",
    "flush",
    "source",
)


@dataclass(frozen=True, slots=True)
class StepFact:
    """One atomic step a function makes.

    ``op`` is ``load``, ``store``, ``add``, ``add-unless``, ``cas``, ``flush``
    or ``grace-period``.  ``place`` is what it touches.  ``value`` is what is
    stored or added, ``expect`` what a cas compares with, ``unless`` the value
    that stops an add-unless.  ``order`` is ``relaxed``, ``acquire``,
    ``release`` or ``full``.  ``when`` is ``nonzero`` or ``zero`` for a step
    that is made only when the call returns so, for a reason outside the step
    itself; such a result is a choice.  ``protocol`` says how a value of
    several words is touched: ``words`` reads it as one value the writer wrote,
    where the architecture has such a way, ``get-and-clear`` empties it.
    """

    op: str
    place: Expr | None
    value: Expr | None
    expect: Expr | None
    unless: Expr | None
    order: str
    when: str = "always"
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class LockFact:
    """A lock a function takes or drops: ``place`` names it, ``kind`` is
    ``spinlock``, ``mutex``, ``rwsem``, ...; ``when`` says for which result it
    is taken: ``always``, ``nonzero`` or ``zero``.  ``shared`` holders exclude
    exclusive ones only."""

    place: Expr
    kind: str
    when: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFact:
    """Everything known of one function or macro.

    ``names`` may hold shell-style patterns.  ``enters`` and ``leaves`` are
    execution contexts (``irqs-off``, ``rcu-read-side``, ...); ``enters_when``
    says for which result they are entered: ``always``, ``nonzero`` or
    ``zero``.  ``binds`` pairs a place the macro declares with what it refers to
    (``XA_STATE(x, &m->i_pages, i)``: ``$0.xa`` is ``$1``).  ``returns`` is the
    value in terms of the arguments and of ``$old``, the value the last step
    found, and ``$done``, 1 when it took effect; None when nothing is known.
    ``reads`` and ``writes`` are places touched, the steps' included.
    ``inert`` says that no count, slot, page-table entry or lock is touched.
    ``same_object`` says that the result, unless NULL, names the object of
    argument 0.  ``type`` is the C type returned, empty when not recorded.
    ``noreturn`` says that the call does not come back.
    ``transparent`` says that the macro evaluates to its first argument, so
    that a branch on it is a branch on the argument.
    ``source`` names file and kernel version, or the commit.
    """

    names: tuple[str, ...]
    acquires: tuple[LockFact, ...]
    releases: tuple[LockFact, ...]
    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    binds: tuple[tuple[Expr, Expr], ...]
    steps: tuple[StepFact, ...]
    reads: tuple[Expr, ...]
    writes: tuple[Expr, ...]
    returns: Expr | None
    type: str
    role: str
    inert: bool
    same_object: bool
    noreturn: bool
    source: str
    transparent: bool = False
    enters_when: str = "always"


@dataclass(frozen=True, slots=True)
class TwoWordPte:
    """How one architecture writes a page-table entry that takes two words.

    ``config`` is the configuration under which the entry has two words.
    ``low_high`` says that it selects GUP_GET_PXX_LOW_HIGH, that is, that
    ptep_get_lockless() reads low, high, low.  ``sets`` and ``clears`` are the
    order in which the words are written when an entry becomes present and when
    it is cleared: ``high-low``, ``low-high``, ``low-only``, ``atomic`` or
    ``unknown``; ``clears_and_returns`` the same for ptep_get_and_clear().  ``present_word``
    is the word with the present bit: ``low``, ``high`` or ``unknown``.
    ``irqs_off_excludes_replacement`` says whether interrupts off keep a present
    entry from becoming another present one: ``yes``, ``no``, ``unknown``, or
    ``when-flush-waits``; ``flush`` says in words when the TLB flush does wait.
    """

    architecture: str
    config: str
    low_high: bool
    sets: str
    clears: str
    clears_and_returns: str
    present_word: str
    irqs_off_excludes_replacement: str
    flush: str
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The functions by exact name, by pattern in order, and named constants.

    ``constants`` are macro or enumerator names with their value in a model,
    ``opaque_types`` the C types that are structures on some architectures,
    with the list of those architectures, ``two_word_ptes`` the architectures
    whose page-table entries take two words, ``same_object_members`` the members
    that name the object they are part of (``folio->page``).  ``guards`` gives, by
    the class that guard() names, the function that takes and the one that drops.
    """

    functions: Mapping[str, FunctionFact]
    patterns: Mapping[str, FunctionFact]
    constants: Mapping[str, int]
    opaque_types: Mapping[str, tuple[str, ...]]
    two_word_ptes: Mapping[str, TwoWordPte] = field(default_factory=dict)
    same_object_members: frozenset[str] = frozenset()
    guards: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def noreturn(self, name: str) -> bool:
        """Whether a call of this function does not come back."""
        fact = self.of(name)
        return fact is not None and fact.noreturn

    def transparent(self, name: str) -> bool:
        """Whether a macro evaluates to its first argument."""
        fact = self.of(name)
        return fact is not None and fact.transparent

    def of(self, name: str) -> FunctionFact | None:
        """The fact for a function name, exact names first."""
        found = self.functions.get(name)
        if found is not None:
            return found
        for pattern in self.patterns:
            if fnmatchcase(name, pattern):
                return self.patterns[pattern]
        return None


def function_from(table: Table) -> FunctionFact:
    """The record of one ``[[function]]``; ValueError says what is wrong with it."""
    only(table, _FUNCTION_KEYS)
    lists = {key: texts(table, key) for key in _LISTS}
    flags = {key: flag(table, key) for key in _FLAGS}
    for name in lists["names"]:
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{name}' is no name")
    _refuse_contradictions(table, flags["inert"])
    acquires = _locks(table, "acquires")
    steps = tuple(_step(step) for step in _tables(table, "steps"))
    return FunctionFact(
        names=lists["names"],
        acquires=acquires,
        releases=_locks(table, "releases"),
        enters=lists["enters"],
        leaves=lists["leaves"],
        binds=_binds(table),
        steps=steps,
        reads=_touched(lists["reads"], steps, "store"),
        writes=_touched(lists["writes"], steps, "load"),
        returns=_optional(table, "returns", "$old", "$done"),
        type=text(table, "type"),
        role=text(table, "role"),
        inert=flags["inert"],
        same_object=flags["same_object"],
        noreturn=flags["noreturn"],
        source=required(table, "source"),
        transparent=flags["conditions"],
        # A trylock enters its context when it takes its lock, unless told otherwise.
        enters_when=one_of(table, "enters_when", _WHEN, acquires[0].when if acquires else "always"),
    )


def two_word_from(architecture: str, table: Table) -> TwoWordPte:
    """The record of one ``[two_word_pte.ARCHITECTURE]``; ValueError as above."""
    only(table, frozenset({*_TWO_WORD_TEXTS, "low_high"}))
    values = {key: required(table, key) for key in _TWO_WORD_TEXTS}
    for key in ("sets", "clears", "clears_and_returns"):
        one_of(table, key, _WORD_ORDERS)
    one_of(table, "present_word", _PRESENT_WORDS)
    one_of(table, "irqs_off_excludes_replacement", _EXCLUSION)
    return TwoWordPte(architecture=architecture, low_high=flag(table, "low_high"), **values)


def _refuse_contradictions(table: Table, inert: bool) -> None:
    touching = [key for key in ("acquires", "releases", "steps", "writes") if table.get(key)]
    if inert and touching:
        raise ValueError(f"inert, yet it has '{touching[0]}'")
    if not table.get("steps") and re.search(r"\$(old|done)", str(table.get("returns", ""))):
        raise ValueError("'returns' speaks of a step, and there is none")


def _locks(table: Table, key: str) -> tuple[LockFact, ...]:
    return tuple(_lock(lock) for lock in _tables(table, key))


def _lock(lock: Table) -> LockFact:
    only(lock, _LOCK_KEYS)
    required(lock, "place")
    place = _expression(lock["place"], "$result")
    when = one_of(lock, "when", _WHEN, "always")
    return LockFact(place, required(lock, "kind"), when, flag(lock, "shared"))


def _step(step: Table) -> StepFact:
    op = one_of(step, "op", tuple(_STEP_NEEDS))
    needs = _STEP_NEEDS[op]
    for key in sorted(needs):
        required(step, key)
    only(step, needs | {"op", "order", "when", "protocol"})
    return StepFact(
        op=op,
        place=_optional(step, "place"),
        value=_optional(step, "value"),
        expect=_optional(step, "expect"),
        unless=_optional(step, "unless"),
        order=one_of(step, "order", _ORDERS, "relaxed"),
        when=one_of(step, "when", _WHEN, "always"),
        protocol=one_of(step, "protocol", _PROTOCOLS, ""),
    )


def _touched(listed: Sequence[str], steps: Sequence[StepFact], other: str) -> tuple[Expr, ...]:
    """The places listed and those of the steps, except of steps that only do the ``other``."""
    places = [_expression(place) for place in listed]
    places += [step.place for step in steps if step.place is not None and step.op != other]
    return tuple(dict.fromkeys(places))


def _binds(table: Table) -> tuple[tuple[Expr, Expr], ...]:
    binds = table.get("binds", {})
    if not isinstance(binds, dict):
        raise ValueError("'binds' must be a table")
    return tuple((_expression(place), _expression(required(binds, place))) for place in binds)


def _optional(table: Table, key: str, *extra: str) -> Expr | None:
    found = text(table, key)
    return _expression(found, *extra) if found else None


def _expression(expr: str, *extra: str) -> Expr:
    """The expression, in which ``$0`` to ``$9`` and ``extra`` may stand."""
    for found in _PLACEHOLDER.findall(expr):
        if found not in extra and not _ARGUMENT.fullmatch(found):
            raise ValueError(f"'{found}' means nothing in '{expr}'")
    return _parsed(expr)


@cache
def _parsed(expr: str) -> Expr:
    # Imported late: who only looks up constants needs no parser.
    from reviewer.syntax.parse import parse_expression

    return parse_expression(expr)


def only(table: Table, known: frozenset[str]) -> None:
    """Refuse any other key."""
    for key in table:
        if key not in known:
            raise ValueError(f"unknown key '{key}'")


def one_of(table: Table, key: str, choices: tuple[str, ...], default: str = "") -> str:
    """The value of a key that must be one of ``choices``."""
    value = table.get(key, default)
    if value not in choices:
        raise ValueError(f"'{key}' is '{value}', not one of {', '.join(choices)}")
    return str(value)


def text(table: Table, key: str) -> str:
    """The text of a key, empty when it is not there."""
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"'{key}' must be text")
    return value


def required(table: Table, key: str) -> str:
    """The text of a key that must be there."""
    value = text(table, key)
    if not value:
        raise ValueError(f"missing '{key}'")
    return value


def texts(table: Table, key: str) -> tuple[str, ...]:
    """The texts of a key, none when it is not there."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"'{key}' must be a list of texts")
    return tuple(value)


def flag(table: Table, key: str) -> bool:
    """The truth value of a key, False when it is not there."""
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"'{key}' must be true or false")
    return value


def _tables(table: Table, key: str) -> tuple[Table, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"'{key}' must be a list of tables")
    return tuple(value)
