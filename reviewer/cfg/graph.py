# SPDX-License-Identifier: GPL-2.0-only
"""The control-flow graph of one function.

Expressions are lowered: short circuits, ternaries and statement expressions
become branches; every call is a node of its own whose result is a temporary
(a `Name` that starts with ``%``), in the order C evaluates them left to right.
"""

from reviewer.location import Location
from reviewer.record import dataclass
from reviewer.syntax.tree import Expr, Function


@dataclass(frozen=True, slots=True)
class Compute:
    """Evaluate ``expr``: no call, no ``&&``, ``||`` or ``?:`` inside.

    It may be an `Assign` or an increment.  A declaration with an initialiser
    is an `Assign` to the declared name, with ``declares`` set; one without
    is a bare `Name` with ``declares`` set.
    """

    loc: Location
    expr: Expr
    declares: str = ""


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call ``function`` (its name, or empty for a call through a pointer,
    which ``pointer`` then holds) with call-free ``args``; ``result`` is the
    temporary that takes the value.  ``loc`` covers the whole call.

    A call that nobody wrote, because it runs where a scope ends, stands at
    the way out; ``scope`` is then where the scope was opened.
    """

    loc: Location
    function: str
    pointer: Expr | None
    args: tuple[Expr, ...]
    result: str
    scope: Location | None = None


@dataclass(frozen=True, slots=True)
class Decide:
    """Branch on call-free ``cond``; edges are labelled ``T`` and ``F``, those
    of a switch ``case TEXT`` and ``default``, of an iterator macro ``T``
    (another round) and ``F``.  ``unknown`` marks a condition that is not
    written in the source (iterator macros, gaps)."""

    loc: Location
    cond: Expr
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Return from the function with call-free ``value``."""

    loc: Location
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Code that is not known: see `reviewer.syntax.tree.Gap`."""

    loc: Location
    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """A point without effect: entry, exit, labels, ends of statements."""

    loc: Location
    text: str


Node = Compute | Invoke | Decide | Leave | Unknown | Join


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes are numbered by their place in ``nodes``; node 0 is the entry and
    node 1 the exit.  ``succ[n]`` holds ``(node, label)`` pairs; unlabelled
    edges have an empty label.  Unreachable nodes are kept out."""

    function: Function
    nodes: tuple[Node, ...]
    succ: tuple[tuple[tuple[int, str], ...], ...]
    pred: tuple[tuple[tuple[int, str], ...], ...]
