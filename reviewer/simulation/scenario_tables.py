# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios read from their tables and actor files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.simulation.reader import ActorError, read_actors
from reviewer.simulation.scenario import (
    RESULT,
    Assumption,
    LookupRoles,
    Mutation,
    Path,
    Property,
    Real,
    Roles,
    Scenario,
    Split,
    StandsFor,
    StateWord,
    Variant,
)
from reviewer.simulation.scenario_checks import Told, check_names
from reviewer.simulation.steps import Value
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, place_of
from reviewer.syntax.tree import Binary, Expr, Literal, Name, Unary


def scenario_from(
    name: str, table: Mapping[str, Any], files: Mapping[str, str], prelude: str, facts: Facts
) -> Scenario:
    """Build a scenario from its TOML table and its actor files (by name).

    Raises `ActorError` where the table says what means nothing.  The actors are
    read when one is asked for; that raises it when one cannot be read or is
    missing.
    """
    told = Told(table, "")
    try:
        scenario = _scenario(name, told, _Actors(name, files, prelude, facts), facts)
        told.refuse_the_rest("since", "source")
        check_names(scenario)
    except (ValueError, TypeError, AttributeError) as error:
        raise ActorError(f"{name}/scenario.toml: {error}") from None
    return scenario


def _scenario(name: str, table: Mapping[str, Any], actors: "_Actors", facts: Facts) -> Scenario:
    """The table as a scenario."""
    scenario = Scenario(
        name=name,
        summary=table["summary"],
        counter=table.get("counter", ""),
        caller=table.get("caller", ""),
        objects=dict(table.get("objects", {})),
        words=tuple(_word(word, entry) for word, entry in table.get("state", {}).items()),
        locks={
            lock: tuple(_place(text) for text in _several(told))
            for lock, told in table.get("locks", {}).items()
        },
        paths=tuple(_path(entry) for entry in table["path"]),
        companies=tuple(tuple(entry["actors"]) for entry in table["company"]),
        assumptions=tuple(_assumptions(table, facts)),
        properties=_properties(table.get("property", ())),
        variants=tuple(_variant(entry) for entry in table.get("variant", ())),
        stands_for=tuple(
            StandsFor(entry["actor"], entry["file"], tuple(entry["functions"]))
            for entry in table.get("stands_for", ())
        ),
        actors=actors,
        actor_files=_Files(actors),
        split=_split(table.get("split")),
        subject_keeps=table.get("subject_keeps", False),
        progress=_properties(table.get("progress", ())),
        reals=tuple(_real(entry) for entry in table.get("real", ())),
        success=_success(table.get("success", "not-negative")),
        freed_by=table.get("freed_by", "count"),
        fits=tuple(table["fits"]) if "fits" in table else None,
        lookup=_lookup(table.get("lookup")),
        returns_frozen=table.get("returns_frozen", False),
        members_are_uses=table.get("members_are_uses", False),
    )
    actors.wanted = _wanted(scenario)
    return scenario


class _Actors(Mapping[str, Graph]):
    """The actors by name; they are read when the first one is asked for, as
    most reviews need one scenario of many.

    Raises `ActorError` when one cannot be read, or when nobody wrote one that
    the scenario names (``wanted``).
    """

    def __init__(self, name: str, files: Mapping[str, str], prelude: str, facts: Facts) -> None:
        self._source = (name, files, prelude, facts)
        self._graphs: dict[str, Graph] = {}
        self.files: dict[str, str] = {}
        self.wanted: frozenset[str] = frozenset()

    def _read(self) -> dict[str, Graph]:
        name, files, prelude, facts = self._source
        if not self._graphs:
            texts = {f"{name}/{file}": text for file, text in sorted(files.items())}
            for file, functions in read_actors(texts, prelude).items():
                for function in functions:
                    self._graphs[function.name] = build(function, facts)
                    self.files[function.name] = file
            for missing in sorted(self.wanted - set(self._graphs)):
                raise ActorError(f"{name}/scenario.toml: no actor is called {missing}")
        return self._graphs

    def __getitem__(self, name: str) -> Graph:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


class _Files(Mapping[str, str]):
    """The files the actors come from, by actor."""

    def __init__(self, actors: _Actors) -> None:
        self._actors = actors

    def __getitem__(self, name: str) -> str:
        len(self._actors)
        return self._actors.files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actors)

    def __len__(self) -> int:
        return len(self._actors)


def _place(text: str) -> Place:
    try:
        place = place_of(parse_expression(text))
    except ValueError:
        place = None
    if place is None:
        raise ActorError(f"{text!r} is not a place")
    return place


def _path(entry: Mapping[str, Any]) -> Path:
    return Path(
        name=entry["name"],
        nonnull=entry.get("nonnull", {}),
        initial=entry.get("initial", {}),
        held=entry.get("held", {}),
        kept=entry.get("kept", {}),
        accounted=entry.get("accounted", {}),
        spare=entry.get("spare", {}),
        values=entry.get("values", {}),
        known=entry.get("known", {}),
    )


def _word(name: str, entry: Mapping[str, Any]) -> StateWord:
    return StateWord(
        name=name,
        place=_place(entry["place"]),
        owns=entry.get("owns", 0),
        text=entry.get("text", name),
        guarded_by=entry.get("guarded_by", ""),
        ghost=entry.get("ghost", False),
        also=tuple(_place(text) for text in entry.get("also", ())),
    )


def _split(entry: Mapping[str, Any] | None) -> Split | None:
    return Split(entry["word"], parse_expression(entry["join"])) if entry else None


def _assumptions(table: Mapping[str, Any], facts: Facts) -> Iterator[Assumption]:
    """The assumptions as written or, with a split word, each of them for
    every architecture whose entries take two words."""
    for entry in table.get("assumption", ({"name": "any", "waits_for_irq": False, "text": ""},)):
        if "split" not in table:
            yield Assumption(entry["name"], entry["waits_for_irq"], entry["text"])
            continue
        for name, words in sorted(facts.two_word_ptes.items()):
            text = f"{name} ({words.config}), where {entry['text']}"
            yield Assumption(f"{name}-{entry['name']}", entry["waits_for_irq"], text, words)


def _variant(entry: Mapping[str, Any]) -> Variant:
    return Variant(
        name=entry["name"],
        subject=entry["subject"],
        replace=entry.get("replace", {}),
        paths=tuple(entry.get("paths", ())),
        assumptions=tuple(entry.get("assumptions", ())),
        expect=entry["expect"],
        property=entry.get("property", ""),
        saves=entry.get("saves", ""),
        mutations=tuple(
            Mutation(change["call"], change["how"], change.get("nth", -1))
            for change in entry.get("mutate", ())
        ),
        progress=entry.get("progress", ""),
        companies=tuple(entry.get("companies", ())),
    )


_SUCCESSES = {"not-negative": "$result >= 0", "nonzero": "$result != 0", "zero": "$result == 0"}


def _success(told: str) -> Value:
    """Which results mean success: a word, or a condition on ``$result``."""

    def value(expr: Expr) -> Value:
        match expr:
            case Name(name="$result"):
                return RESULT
            case Literal(text=text):
                return ("const", int(text, 0))
            case Unary(op=op, operand=inner):
                return ("un", op, value(inner))
            case Binary(op=op, left=left, right=right):
                return ("op", op, value(left), value(right))
            case _:
                raise ActorError(f"success = {told!r}: not a condition on $result")

    return value(parse_expression(_SUCCESSES.get(told, told)))


def _properties(entries: Sequence[Mapping[str, Any]]) -> tuple[Property, ...]:
    return tuple(
        Property(entry["name"], parse_expression(entry["expr"]), entry["text"], entry["harm"])
        for entry in entries
    )


def _real(entry: Mapping[str, Any]) -> Real:
    return Real(
        file=entry["file"],
        function=entry["function"],
        roles=roles_from(entry),
        variants=tuple(entry.get("variants", ())),
        ignore=tuple(entry.get("ignore", ())),
        caller=entry.get("caller", ""),
    )


def roles_from(entry: Mapping[str, Any]) -> Roles:
    """How a function names what a scenario has, from the keys of a table."""
    names = {role: _several(told) for role, told in entry.get("names", {}).items()}
    places = {word: _several(told) for word, told in entry.get("places", {}).items()}
    return Roles(
        names={role: told[0] for role, told in names.items()},
        others={role: told[1:] for role, told in names.items() if len(told) > 1},
        places={
            word: tuple(_place(text) for text in told if not text.endswith("()"))
            for word, told in places.items()
        },
        locks={
            lock: tuple(_place(text) for text in _several(told))
            for lock, told in entry.get("locks", {}).items()
        },
        calls={
            text.removesuffix("()"): word
            for word, told in places.items()
            for text in told
            if text.endswith("()")
        },
        clears={
            text.removesuffix("()"): word
            for word, told in entry.get("clears", {}).items()
            for text in _several(told)
        },
        called=entry.get("called", {}),
        counter=entry.get("counter", ""),
        known=entry.get("known", {}),
    )


def _lookup(table: Mapping[str, Any] | None) -> LookupRoles | None:
    if table is None:
        return None
    return LookupRoles(
        word=table["word"],
        context=table.get("context", ""),
        lock=table.get("lock", ""),
        hands_out=table["hands_out"],
        uses=table["uses"],
        last=table["last"],
    )


def _several(told: str | Sequence[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


def _wanted(scenario: Scenario) -> frozenset[str]:
    """The actors a scenario names."""
    wanted = {actor for company in scenario.companies for actor in company}
    wanted |= {variant.subject for variant in scenario.variants if variant.subject}
    wanted |= {new for variant in scenario.variants for new in variant.replace.values()}
    wanted |= {entry.actor for entry in scenario.stands_for}
    wanted |= {real.caller for real in scenario.reals} | {scenario.caller}
    if scenario.lookup is not None:
        wanted |= {scenario.lookup.hands_out, scenario.lookup.uses}
    return frozenset(wanted - {""})
