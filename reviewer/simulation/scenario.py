# SPDX-License-Identifier: GPL-2.0-only
"""A scenario: objects, state, actors, properties, and what it is tried on."""

from collections.abc import Iterator, Mapping
from typing import Any

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts, TwoWordPte
from reviewer.record import dataclass
from reviewer.simulation.reader import ActorError, read_actors
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, place_of
from reviewer.syntax.tree import Expr


@dataclass(frozen=True, slots=True)
class StateWord:
    """A variable of the scenario: its place as actors write it, how many
    references it owns on the object it names, what people call it, and the
    lock that must be held to store it (empty: none)."""

    name: str
    place: Place
    owns: int
    text: str
    guarded_by: str


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the function that differs in what the scenario holds.

    ``nonnull`` says of role names whether the pointer is there; ``initial``
    maps words to object names (empty: none); ``held`` maps actors to the
    references they start with and ``kept`` to those of them they never drop;
    ``accounted`` is the count per object when nobody else has one; ``spare``
    are references of unknown owners that may or may not exist at the start.
    """

    name: str
    nonnull: Mapping[str, bool]
    initial: Mapping[str, str]
    held: Mapping[str, Mapping[str, int]]
    kept: Mapping[str, Mapping[str, int]]
    accounted: Mapping[str, int]
    spare: Mapping[str, int]

    def condition(self, names: Mapping[str, str]) -> str:
        """The path as a condition, with roles as the function names them."""
        parts = [
            f"{names.get(role, role)} {'!=' if there else '=='} NULL"
            for role, there in sorted(self.nonnull.items())
        ]
        return " && ".join(parts)


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something about the machine the model has to take one way or another.

    ``words`` is how the architecture touches an entry of two words, None
    where entries are single words.
    """

    name: str
    waits_for_irq: bool
    text: str
    words: TwoWordPte | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A word of the scenario that takes two words of the machine.

    ``join`` is the value the two stand for together, in terms of ``low`` and
    ``high``; both words of a value that was stored whole are that value.
    """

    word: str
    join: Expr


@dataclass(frozen=True, slots=True)
class Property:
    """What must hold in every state; ``harm`` says what it is when it fails."""

    name: str
    expr: Expr
    text: str
    harm: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A version whose verdict is known beforehand.

    ``subject`` is the function tried, ``replace`` maps actors to the version
    that takes their place, ``paths`` and ``assumptions`` restrict it to some of these.
    """

    name: str
    subject: str
    replace: Mapping[str, str]
    paths: tuple[str, ...]
    assumptions: tuple[str, ...]
    expect: str
    property: str
    saves: str


@dataclass(frozen=True, slots=True)
class StandsFor:
    """Which functions of a tree an actor was made after."""

    actor: str
    file: str
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of it, parsed."""

    name: str
    summary: str
    counter: str
    caller: str
    objects: Mapping[str, str]
    words: tuple[StateWord, ...]
    locks: Mapping[str, Place]
    paths: tuple[Path, ...]
    companies: tuple[tuple[str, ...], ...]
    assumptions: tuple[Assumption, ...]
    properties: tuple[Property, ...]
    variants: tuple[Variant, ...]
    stands_for: tuple[StandsFor, ...]
    actors: Mapping[str, Graph]
    actor_files: Mapping[str, str]
    split: Split | None
    subject_keeps: bool

    def number(self, name: str) -> int:
        """The number of an object, 0 for the empty name."""
        return list(self.objects).index(name) + 1 if name else 0


def scenario_from(
    name: str, table: Mapping[str, Any], files: Mapping[str, str], prelude: str, facts: Facts
) -> Scenario:
    """Build a scenario from its TOML table and its actor files (by name).

    Raises `ActorError` when an actor cannot be read or is missing.
    """
    actors, origin = _actors(name, files, prelude, facts)
    scenario = Scenario(
        name=name,
        summary=table["summary"],
        counter=table.get("counter", ""),
        caller=table.get("caller", ""),
        objects=dict(table.get("objects", {})),
        words=tuple(_word(word, entry) for word, entry in table.get("state", {}).items()),
        locks={lock: _place(text) for lock, text in table.get("locks", {}).items()},
        paths=tuple(_path(entry) for entry in table["path"]),
        companies=tuple(tuple(entry["actors"]) for entry in table["company"]),
        assumptions=tuple(_assumptions(table, facts)),
        properties=tuple(
            Property(entry["name"], parse_expression(entry["expr"]), entry["text"], entry["harm"])
            for entry in table.get("property", ())
        ),
        variants=tuple(_variant(entry) for entry in table.get("variant", ())),
        stands_for=tuple(
            StandsFor(entry["actor"], entry["file"], tuple(entry["functions"]))
            for entry in table.get("stands_for", ())
        ),
        actors=actors,
        actor_files=origin,
        split=_split(table.get("split")),
        subject_keeps=table.get("subject_keeps", False),
    )
    _complete(scenario)
    return scenario


def _actors(
    name: str, files: Mapping[str, str], prelude: str, facts: Facts
) -> tuple[dict[str, Graph], dict[str, str]]:
    """The actors by name, and the files they come from."""
    actors: dict[str, Graph] = {}
    origin: dict[str, str] = {}
    for file, text in sorted(files.items()):
        for function in read_actors(text, f"{name}/{file}", prelude):
            actors[function.name] = build(function, facts)
            origin[function.name] = f"{name}/{file}"
    return actors, origin


def _place(text: str) -> Place:
    place = place_of(parse_expression(text))
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
    )


def _word(name: str, entry: Mapping[str, Any]) -> StateWord:
    return StateWord(
        name=name,
        place=_place(entry["place"]),
        owns=entry.get("owns", 0),
        text=entry.get("text", name),
        guarded_by=entry.get("guarded_by", ""),
    )


def _split(entry: Mapping[str, Any] | None) -> Split | None:
    return Split(entry["word"], parse_expression(entry["join"])) if entry else None


def _assumptions(table: Mapping[str, Any], facts: Facts) -> Iterator[Assumption]:
    """The assumptions as written or, with a split word, each of them for
    every architecture whose entries take two words."""
    for entry in table["assumption"]:
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
    )


def _complete(scenario: Scenario) -> None:
    """Refuse a scenario that names an actor nobody wrote."""
    wanted = {actor for company in scenario.companies for actor in company}
    wanted |= {variant.subject for variant in scenario.variants if variant.subject}
    wanted |= {new for variant in scenario.variants for new in variant.replace.values()}
    wanted |= {entry.actor for entry in scenario.stands_for}
    if scenario.caller:
        wanted.add(scenario.caller)
    for name in sorted(wanted - set(scenario.actors)):
        raise ActorError(f"scenario {scenario.name}: no actor is called {name}")
