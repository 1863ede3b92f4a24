# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with the tables of a scenario, in one line each.

A key that is misspelt, or a name that nothing has, would otherwise be passed
over, and the scenario would seem to hold because it asks for nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reviewer.simulation.properties import HARMS
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Path, Scenario, Variant

KINDS = {str: "text", bool: "true or false", int: "a number", list: "a list", dict: "a table"}
NO_TEXT = {"actors": list, "company": list, "fits": list, "functions": list, "path": list}
"""What keys without which there is no scenario hold, where it is no text."""

TABLES = ("state",)
"""Keys that hold tables of one kind by name; other keys hold tables by role."""

VERDICTS = ("HOLDS", "VIOLATED")
ENDS = ("count", "call")


class Told(Mapping[str, Any]):
    """A table that knows which of its keys were asked for, and refuses a value
    that is of another kind than what is taken where there is none.

    A key that nobody asked for, once the scenario was made, is one that means
    nothing (`refuse_the_rest`).
    """

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self._where = where
        self._asked: set[str] = set()
        self._inner: list[Told] = []
        self._table = {key: self._wrapped(key, value) for key, value in table.items()}

    def _wrapped(self, key: str, value: Any) -> Any:
        """Tables of a known kind are looked after, too."""
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            return [self._within(one, _called(key, n, one)) for n, one in enumerate(value, 1)]
        if key in TABLES and isinstance(value, dict):
            for name, one in value.items():
                if not isinstance(one, dict):
                    raise ActorError(f"[{key}]: {name} must be {KINDS[dict]}")
            return {name: self._within(one, f"[{key}.{name}]") for name, one in value.items()}
        return value

    def _within(self, table: Mapping[str, Any], where: str) -> "Told":
        self._inner.append(Told(table, f"{self._where}: {where}" if self._where else where))
        return self._inner[-1]

    def __getitem__(self, key: str) -> Any:
        self._asked.add(key)
        if key not in self._table:
            raise ActorError(f"{self._start}{key} is missing")
        kind = bool if key.startswith("waits") else NO_TEXT.get(key, str)
        return self._checked(key, kind)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, of the kind of ``default``."""
        self._asked.add(key)
        if key not in self._table:
            return default
        if default is None:
            return self._table[key]
        return self._checked(key, list if isinstance(default, tuple) else type(default))

    def _checked(self, key: str, kind: type) -> Any:
        value = self._table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ActorError(f"{self._start}{key} must be {KINDS[kind]}")
        if isinstance(value, list) and not all(isinstance(one, str | Told) for one in value):
            raise ActorError(f"{self._start}{key} must be a list of texts or of tables")
        return value

    @property
    def _start(self) -> str:
        return f"{self._where}: " if self._where else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, key: object) -> bool:
        self._asked.add(str(key))
        return key in self._table

    def refuse_the_rest(self, *known: str) -> None:
        """Raise `ActorError` for a key nobody asked for, but for those ``known``."""
        for key in self._table:
            if key not in self._asked and key not in known:
                raise ActorError(f"{self._start}unknown key '{key}'{_near(key, self._asked)}")
        for table in self._inner:
            table.refuse_the_rest()


def _called(key: str, number: int, table: Mapping[str, Any]) -> str:
    name = table.get("name")
    return f"[[{key}]] {name if isinstance(name, str) else number}"


def _near(key: str, known: Iterable[str]) -> str:
    """What may have been meant."""
    from difflib import get_close_matches

    near = get_close_matches(key, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


# Names ------------------------------------------------------------------------


def check_names(scenario: Scenario) -> None:
    """Raise `ActorError` where something is named that the scenario does not have."""
    if scenario.freed_by not in ENDS:
        raise ActorError(f"freed_by = '{scenario.freed_by}' is none of {', '.join(ENDS)}")
    for kind, things in (
        ("path", scenario.paths),
        ("company", scenario.companies),
        ("assumption", scenario.assumptions),
    ):
        if not things:
            raise ActorError(f"there is no [[{kind}]]")
    _once("[[path]]", [path.name for path in scenario.paths])
    _once("[[variant]]", [variant.name for variant in scenario.variants])
    locks = [word.guarded_by for word in scenario.words if word.guarded_by]
    _known("guarded_by of [state]", "lock", locks, scenario.locks)
    for path in scenario.paths:
        _check_path(scenario, path)
    for variant in scenario.variants:
        _check_variant(scenario, variant)
    variants = [variant.name for variant in scenario.variants]
    for real in scenario.reals:
        _known(f"[[real]] {real.function}", "variant", real.variants, variants)


def _once(where: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ActorError(f"{where} {name} is there twice")


def _known(where: str, what: str, names: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    for name in names:
        if name not in there:
            raise ActorError(f"{where}: no {what} is called {name}{_near(name, there)}")


def _check_path(scenario: Scenario, path: Path) -> None:
    where = f"[[path]] {path.name}"
    _known(f"{where}: initial", "state", path.initial, [word.name for word in scenario.words])
    objects = [value for value in path.initial.values() if isinstance(value, str) and value]
    for shares in (*path.held.values(), *path.kept.values(), path.accounted, path.spare):
        if not isinstance(shares, Mapping):
            raise ActorError(f"{where}: held and kept are tables of objects by actor")
        objects += shares
    _known(where, "object", objects, scenario.objects)


def _check_variant(scenario: Scenario, variant: Variant) -> None:
    where = f"[[variant]] {variant.name}"
    if variant.expect not in VERDICTS:
        raise ActorError(f"{where}: expect is {' or '.join(VERDICTS)}, not '{variant.expect}'")
    actors = {actor for company in scenario.companies for actor in company}
    stated = [entry.name for entry in scenario.properties]
    for what, names, known in (
        ("path", variant.paths, [path.name for path in scenario.paths]),
        ("assumption", variant.assumptions, [one.name for one in scenario.assumptions]),
        ("actor of a company", variant.companies, actors),
        ("actor of a company", variant.replace, {*actors, scenario.caller}),
        ("property", [variant.property] * bool(variant.property), [*HARMS, *stated]),
        ("[[progress]]", [variant.progress] * bool(variant.progress), _notes(scenario)),
    ):
        _known(where, what, names, known)


def _notes(scenario: Scenario) -> list[str]:
    return [entry.name for entry in scenario.progress]
