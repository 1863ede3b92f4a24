# SPDX-License-Identifier: GPL-2.0-only
"""The graph while it is being drawn."""

from collections.abc import Iterator

from reviewer.cfg.graph import Compute, Join, Node
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.record import dataclass, field
from reviewer.syntax.tree import (
    Assign,
    Block,
    DoWhile,
    Expr,
    For,
    Function,
    If,
    Iterate,
    Label,
    Name,
    Stmt,
    Switch,
    While,
)

ENTRY, EXIT = 0, 1

Ends = list[tuple[int, str]]
"""Edges that still lead nowhere: ``(node, label)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleanup:
    """A call that runs where a scope ends, and those of the scopes around it.

    ``loc`` is where the scope was opened, ``when`` (None: always) what must
    be true for the call, ``depth`` the number of cleanups with this one.
    Without ``function``, the variable in ``args`` means another one from there
    on, which it hid.
    """

    outer: "Cleanup | None"
    depth: int
    loc: Location
    function: str
    args: tuple[Expr, ...]
    when: Expr | None

    @staticmethod
    def inside(
        outer: "Cleanup | None",
        loc: Location,
        function: str,
        args: tuple[Expr, ...],
        when: Expr | None,
    ) -> "Cleanup":
        """One more, innermost."""
        depth = 1 if outer is None else outer.depth + 1
        return Cleanup(outer, depth, loc, function, args, when)


@dataclass(slots=True)
class Target:
    """Where ``break`` or ``continue`` of one loop or switch come together, and
    the scopes that are open there."""

    cleanups: Cleanup | None
    ends: Ends = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Jump:
    """A ``goto`` to ``label`` (empty: computed) from ``ends``, out of
    ``cleanups``; ``place`` is how many nodes were drawn before it."""

    label: str
    ends: Ends
    cleanups: Cleanup | None
    loc: Location
    place: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """The node of a label and the scopes that are open there."""

    node: int
    cleanups: Cleanup | None


@dataclass(slots=True)
class Draft:
    """Nodes and edges so far, and the edges that wait for the next node.

    ``ends`` is empty where the code cannot be reached.  ``breaks`` and
    ``continues`` are the enclosing loops, innermost last; ``switches`` are the
    enclosing switches with the labels seen so far; ``addressed`` the labels
    whose address is taken; ``visible`` the variables that can be named here,
    in the order of their declarations.  ``places`` orders the nodes: a node
    drawn late for a ``place`` stands right before the node of that number.
    """

    function: Function
    facts: Facts
    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int, str]] = field(default_factory=list)
    ends: Ends = field(default_factory=list)
    breaks: list[Target] = field(default_factory=list)
    continues: list[Target] = field(default_factory=list)
    switches: list[tuple[int, list[str]]] = field(default_factory=list)
    labels: dict[str, Labelled] = field(default_factory=dict)
    gotos: list[Jump] = field(default_factory=list)
    addressed: set[str] = field(default_factory=set)
    cleanups: Cleanup | None = None
    visible: dict[str, None] = field(default_factory=dict)
    releases: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)
    place: int | None = None
    declared_labels: frozenset[str] | None = None
    gaps: list[int] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    temporaries: int = 0

    def label_names(self) -> frozenset[str]:
        """The labels of the function, those further down included."""
        if self.declared_labels is None:
            self.declared_labels = frozenset(_labels(self.function.body))
        return self.declared_labels

    def add(self, node: Node) -> int:
        """A new node that every waiting edge leads to; its end waits next."""
        number = len(self.nodes)
        self.nodes.append(node)
        self.places.append((number, 0) if self.place is None else (self.place - 1, number))
        self.lead(number)
        self.ends = [(number, "")]
        return number

    def lead(self, number: int) -> None:
        """Lead every waiting edge to a node that exists; none waits then."""
        self.edges += [(source, number, label) for source, label in self.ends]
        self.ends = []

    def forget(self, count: int) -> None:
        """A scope ends: only the first ``count`` variables can be named still."""
        while len(self.visible) > count:
            self.visible.popitem()

    def jump(self, label: str, loc: Location) -> None:
        """Every waiting edge is a goto; none waits then."""
        self.gotos.append(Jump(label, self.ends, self.cleanups, loc, len(self.nodes)))
        self.ends = []

    def declare(self, loc: Location, name: str, given: Expr | None) -> None:
        """A variable begins to live, with a value or without."""
        self.variables.add(name)
        variable = Name(loc, name)
        made = variable if given is None else Assign(loc, "=", variable, given)
        self.add(Compute(loc, made, name))

    def join(self, loc: Location, text: str) -> int:
        """A new point without effect."""
        return self.add(Join(loc, text))

    def temporary(self, loc: Location) -> Name:
        """A name for a value that has none."""
        self.temporaries += 1
        return Name(loc, f"%{self.temporaries}")


def _labels(body: Stmt) -> Iterator[str]:
    stack: list[Stmt] = [body]
    while stack:
        match stack.pop():
            case Label(name=name):
                yield name
            case Block(items=items):
                stack.extend(items)
            case If(then=then, other=other):
                stack += [then] if other is None else [then, other]
            case While(body=inner) | DoWhile(body=inner) | For(body=inner):
                stack.append(inner)
            case Iterate(body=inner) | Switch(body=inner):
                stack.append(inner)
