# SPDX-License-Identifier: GPL-2.0-only
"""The graph while it is being drawn."""

from dataclasses import dataclass, field

from reviewer.cfg.graph import Join, Node
from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.syntax.tree import Name

ENTRY, EXIT = 0, 1

Ends = list[tuple[int, str]]
"""Edges that still lead nowhere: ``(node, label)``."""


@dataclass(slots=True)
class Target:
    """Where ``break`` or ``continue`` of one loop or switch come together."""

    ends: Ends = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """Nodes and edges so far, and the edges that wait for the next node.

    ``ends`` is empty where the code cannot be reached.  ``breaks`` and
    ``continues`` are the enclosing loops, innermost last; ``switches`` are the
    enclosing switches with the labels seen so far.
    """

    facts: Facts
    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int, str]] = field(default_factory=list)
    ends: Ends = field(default_factory=list)
    breaks: list[Target] = field(default_factory=list)
    continues: list[Target] = field(default_factory=list)
    switches: list[tuple[int, list[str]]] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    gotos: list[tuple[str, Ends]] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    temporaries: int = 0

    def add(self, node: Node) -> int:
        """A new node that every waiting edge leads to; its end waits next."""
        number = len(self.nodes)
        self.nodes.append(node)
        self.lead(number)
        self.ends = [(number, "")]
        return number

    def lead(self, number: int) -> None:
        """Lead every waiting edge to a node that exists; none waits then."""
        self.edges += [(source, number, label) for source, label in self.ends]
        self.ends = []

    def join(self, loc: Location, text: str) -> int:
        """A new point without effect."""
        return self.add(Join(loc, text))

    def temporary(self, loc: Location) -> Name:
        """A name for a value that has none."""
        self.temporaries += 1
        return Name(loc, f"%{self.temporaries}")
