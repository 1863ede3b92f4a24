# SPDX-License-Identifier: GPL-2.0-only
"""A scenario: objects, state, actors, properties, and what it is tried on."""

from collections.abc import Mapping

from reviewer.cfg.graph import Graph
from reviewer.facts import TwoWordPte
from reviewer.record import dataclass, field
from reviewer.simulation.reader import ActorError
from reviewer.simulation.steps import Value
from reviewer.syntax.place import Place
from reviewer.syntax.tree import Expr

RESULT: Value = ("local", "$result")
NOT_NEGATIVE: Value = ("op", ">=", RESULT, ("const", 0))
"""Success as most functions of the kernel tell it."""


@dataclass(frozen=True, slots=True)
class StateWord:
    """A variable of the scenario: its place as actors write it, how many
    references it owns on the object it names, what people call it, and the
    lock that must be held to store it (empty: none); a ``ghost`` is there for
    properties alone, ``also`` are other names for the same word."""

    name: str
    place: Place
    owns: int
    text: str
    guarded_by: str
    ghost: bool = False
    also: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the function that differs in what the scenario holds.

    ``nonnull`` says of role names whether the pointer is there; ``initial``
    maps words to object names (empty: none) or numbers; ``held`` maps actors to the
    references they start with and ``kept`` to those of them they never drop;
    ``accounted`` is the count per object when nobody else has one; ``spare``
    are references of unknown owners that may or may not exist at the start.
    ``values`` are the numbers role names stand for that are no pointers, and
    ``known`` what functions, calls or conditions, as written, evaluate to.
    """

    name: str
    nonnull: Mapping[str, bool]
    initial: Mapping[str, str | int]
    held: Mapping[str, Mapping[str, int]]
    kept: Mapping[str, Mapping[str, int]]
    accounted: Mapping[str, int]
    spare: Mapping[str, int]
    values: Mapping[str, int]
    known: Mapping[str, int]

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
class Mutation:
    """A change of the lifted function: what happens to the calls of ``call``,
    all of them or the one numbered ``nth`` (`reviewer.simulation.mutate`)."""

    call: str
    how: str
    nth: int


@dataclass(frozen=True, slots=True)
class Variant:
    """A version whose verdict is known beforehand.

    ``subject`` is the function tried, ``replace`` maps actors to the version
    that takes their place, ``paths`` and ``assumptions`` restrict it to some of these.
    ``mutations`` change the function; with ``progress`` the verdict is about
    that note and nothing else; ``companies`` restricts it to those with one of
    these actors.
    """

    name: str
    subject: str
    replace: Mapping[str, str]
    paths: tuple[str, ...]
    assumptions: tuple[str, ...]
    expect: str
    property: str
    saves: str
    mutations: tuple[Mutation, ...] = ()
    progress: str = ""
    companies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """How a function names what a scenario has.

    ``names`` maps roles to its names for them, ``others`` to further names of
    the same thing; ``places`` and ``locks`` map words and locks to places that
    are used instead of the renamed ones, ``calls`` functions to the word that
    calling them loads, ``clears`` to the one they empty; ``called`` says which
    function it calls where a variant's mutant names another; ``counter`` is the
    member that counts, if it is another; ``known`` is as in `Path`, ``last`` as
    in `reviewer.simulation.bindings.Bindings`.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    locks: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    clears: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    counter: str = ""
    known: Mapping[str, int] = field(default_factory=dict)
    last: str = ""


@dataclass(frozen=True, slots=True)
class Real:
    """A function of the kernel the scenario stands for: ``roles`` say how it
    names things where the places it touches do not tell, ``variants`` those
    that are tried on it, ``ignore`` calls that do nothing to the scenario,
    ``caller`` who calls it, if not who the scenario says."""

    file: str
    function: str
    roles: Roles
    variants: tuple[str, ...]
    ignore: tuple[str, ...]
    caller: str


@dataclass(frozen=True, slots=True)
class LookupRoles:
    """How a scenario speaks of any function that looks an object up: ``word``
    is where it is found, under ``lock`` or else inside of ``context``.
    ``hands_out`` calls a function that returns the object, ``uses`` one that
    does not; ``last`` is what ends an object whose last reference was dropped."""

    word: str
    context: str
    lock: str
    hands_out: str
    uses: str
    last: str


@dataclass(frozen=True, slots=True)
class StandsFor:
    """Which functions of a tree an actor was made after."""

    actor: str
    file: str
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of it, parsed.

    ``fits`` are the steps a function must make for the scenario to speak of
    it, as ``op members`` (``cas _refcount``); without any it is asked about
    every function that touches its count, and None when a rule names it.
    ``lookup`` says how it speaks of any object that is looked up.
    """

    name: str
    summary: str
    counter: str
    caller: str
    objects: Mapping[str, str]
    words: tuple[StateWord, ...]
    locks: Mapping[str, tuple[Place, ...]]
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
    progress: tuple[Property, ...] = ()
    reals: tuple[Real, ...] = ()
    success: Value = NOT_NEGATIVE
    freed_by: str = "count"
    returns_frozen: bool = False
    members_are_uses: bool = False
    fits: tuple[str, ...] | None = None
    lookup: LookupRoles | None = None

    def number(self, name: str | int) -> int:
        """The number of an object, 0 for the empty name; a number is itself."""
        if isinstance(name, int):
            return name
        if name and name not in self.objects:
            raise ActorError(f"scenario {self.name}: no object is called {name}")
        return list(self.objects).index(name) + 1 if name else 0
