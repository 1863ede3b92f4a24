# SPDX-License-Identifier: GPL-2.0-only
"""A table of ``rules/kernel/*.toml`` in, the fact it states out.

Everything here raises ValueError with what is wrong; `reviewer.ruleset` adds where.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from reviewer.facts import (
    OF_OBJECTS,
    FunctionFact,
    LockFact,
    LockNames,
    LockPair,
    OperationFact,
    Sleeping,
    StepFact,
    TwoWordPte,
)
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
    **{name: frozenset({"place"}) for name in OF_OBJECTS},
}
_PROTOCOLS = ("", "words", "get-and-clear")
_LOCK_KEYS = frozenset({"place", "kind", "when", "shared"})
_FLAGS = ("inert", "same_object", "noreturn", "conditions")
_LISTS = ("names", "enters", "leaves", "assumes_contexts", "reads", "writes")
_FUNCTION_KEYS = frozenset(
    {*_FLAGS, *_LISTS, "acquires", "releases", "assumes", "binds", "steps"}
    | {"enters_when", "returns", "type", "role", "source", "list"}
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
        assumes=_locks(table, "assumes"),
        assumes_contexts=lists["assumes_contexts"],
        list=one_of(table, "list", ("", "new", "add", "each", "empty"), ""),
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


def constants_of(table: Table) -> dict[str, int]:
    """The ``[constants]`` of a file."""
    constants: dict[str, int] = table.get("constants", {})
    for name, value in constants.items():
        if type(value) is not int:
            raise ValueError(f"'{name}' is not a number")
    return constants


def opaque_types_of(table: Table) -> dict[str, tuple[str, ...]]:
    """The ``[opaque_types]`` of a file, each with its architectures."""
    types = table.get("opaque_types", {})
    return {name: texts(types, name) for name in types}


def pairs_of(table: Table, key: str) -> dict[str, tuple[str, str]]:
    """A section of pairs: what takes and what drops."""
    section = table.get(key, {})
    pairs = {}
    for name in section:
        pair = texts(section, name)
        if len(pair) != 2:
            raise ValueError(f"'{name}' needs the function that takes and the one that drops")
        pairs[name] = (pair[0], pair[1])
    return pairs


def frees_of(table: Table) -> dict[str, str]:
    """The ``[frees]`` of a file."""
    section = table.get("frees", {})
    return {name: required(section, name) for name in section}


def members_of(table: Table, kind: str) -> tuple[str, ...]:
    """The members of ``[same_object]`` or ``[one_member]``."""
    section = table.get(kind, {})
    only(section, frozenset({"members"}))
    return texts(section, "members")


def lock_names_of(table: Table, known: LockNames) -> LockNames:
    """The ``[[lock_pair]]`` and ``[lock_parts]`` of a file, with those known already."""
    pairs = tuple(_pair(one) for one in _tables(table, "lock_pair"))
    section = table.get("lock_parts", {})
    parts = dict(known.parts)
    for part in section:
        written, when, context = section[part]
        one_of({"when": when}, "when", _WHEN)
        parts[part] = (str(written), str(when), str(context))
    return LockNames((*known.pairs, *pairs), parts) if pairs or section else known


def sleeping_of(table: Table, known: Sleeping) -> Sleeping:
    """The ``[[sleep]]``, ``[sleeping_on_rt]`` and ``[gfp]`` of a file, with those known already."""
    some, gfp = _tables(table, "sleep"), table.get("gfp", {})
    on_rt: Mapping[str, str] = table.get("sleeping_on_rt", {})
    if not (some or gfp or on_rt):
        return known
    functions = dict(known.functions)
    for one in some:
        only(one, frozenset({"names", "when", "flags", "source"}))
        flags = one_of(one, "when", ("always", "flags")) == "flags"
        required(one, "source")
        number = int(required(one, "flags").removeprefix("$")) if flags else -1
        functions |= dict.fromkeys(texts(one, "names"), number)
    return Sleeping(
        functions,
        {**known.on_rt, **on_rt},
        known.flags | frozenset(texts(gfp, "sleeping")),
        (*known.waking, *texts(gfp, "waking")),
        known.types | frozenset(texts(gfp, "type")),
    )


def _pair(table: Table) -> LockPair:
    only(table, frozenset({"take", "drop", "name", "shared", "statement"}))
    take, drop, name = (required(table, key) for key in ("take", "drop", "name"))
    if not 1 <= take.count("*") == drop.count("*") >= name.count("*") >= 1:
        raise ValueError(f"'{take}', '{drop}' and '{name}' need as many stars")
    return LockPair(take, drop, name, flag(table, "shared"), flag(table, "statement"))


OPERATION_KINDS = frozenset(
    {"none", "get", "try-get", "put", "lookup", "release", "free", "free-deferred", "grace-period"}
    | {"cancel", "arm", "barrier", "marked-read", "marked-write", "acquire", "store-release"}
    | {"sleep", "publish", "unpublish", "rcu-read", "assert-held", "lock-init", "atomic-test"}
    | {"freeze", "unfreeze", "recheck", "wait", "wake", "allocate", "initialise", "consume"}
    | {"atomic", "pure", "list-write", "list-read", "unregister", "set"}
)
LOCK = "lock"
"""In ``touches`` of a rule: a lock or a context, which are no operations of these tables."""

_OBJECT = re.compile(r"\$(?:(\d)|result)")


def operation_from(table: Table) -> OperationFact:
    """The record of one ``[[operation]]``; ValueError as above."""
    only(table, frozenset({"names", "kind", "family", "object", "when", "source"}))
    names = texts(table, "names")
    for name in names:
        if not _NAME.fullmatch(name) or name.count("*") > 2:
            raise ValueError(f"'{name}' is no name")
    kind = required(table, "kind")
    if kind not in OPERATION_KINDS:
        raise ValueError(f"kind '{kind}' is none of {', '.join(sorted(OPERATION_KINDS))}")
    about = text(table, "object")
    match = _OBJECT.fullmatch(about) if about else None
    if about and match is None:
        raise ValueError(f"object '{about}' is neither an argument nor $result")
    number = -2 if match is None else int(match[1]) if match[1] else -1
    when = one_of(table, "when", _WHEN, "always")
    return OperationFact(kind, text(table, "family"), number, when, required(table, "source"))


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
    only(step, needs | {"op", "order", "when", "protocol", "until", "under", "waits"})
    return StepFact(
        op=op,
        place=_optional(step, "place"),
        value=_optional(step, "value"),
        expect=_optional(step, "expect"),
        unless=_optional(step, "unless"),
        order=one_of(step, "order", _ORDERS, "relaxed"),
        when=one_of(step, "when", _WHEN, "always"),
        protocol=one_of(step, "protocol", _PROTOCOLS, ""),
        until=_optional(step, "until", "$old"),
        under=_optional(step, "under"),
        waits=flag(step, "waits"),
    )


def _touched(listed: Sequence[str], steps: Sequence[StepFact], other: str) -> tuple[Expr, ...]:
    """The places listed and those of the steps, except of steps that only do the ``other``."""
    places = [_expression(place) for place in listed]
    places += [
        step.place
        for step in steps
        if step.place is not None and step.op not in (other, *OF_OBJECTS)
    ]
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
