# SPDX-License-Identifier: GPL-2.0-only
"""The syntax of one C function, free of the parser that read it.

Both readers, tree-sitter for kernel files and pycparser for the actors of the
simulation, make these records, so that one control-flow graph and one lifter
serve both.  Every record carries its `Location`.
"""

from reviewer.location import Location
from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier; temporaries of the control-flow graph start with ``%``."""

    loc: Location
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, character or string, as written, ``NULL``, ``true`` or ``false``."""

    loc: Location
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """``base.field`` or, with ``arrow``, ``base->field``."""

    loc: Location
    base: "Expr"
    field: str
    arrow: bool


@dataclass(frozen=True, slots=True)
class Index:
    """``base[index]``."""

    loc: Location
    base: "Expr"
    index: "Expr"


@dataclass(frozen=True, slots=True)
class Unary:
    """Prefix ``- + ! ~ * & ++ --``; postfix increments are ``p++`` and ``p--``;
    ``&&`` is the address of a label."""

    loc: Location
    op: str
    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Binary:
    """Any two-operand operator except assignment and comma."""

    loc: Location
    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Assign:
    """``target op value``; ``op`` is ``=``, ``+=``, ..."""

    loc: Location
    op: str
    target: "Expr"
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Ternary:
    """``cond ? then : other``; ``then`` is None in the GNU form ``a ?: b``."""

    loc: Location
    cond: "Expr"
    then: "Expr | None"
    other: "Expr"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function or of a macro that looks like one."""

    loc: Location
    function: "Expr"
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """``(type)operand``."""

    loc: Location
    type: str
    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Comma:
    """``a, b``."""

    loc: Location
    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class StatementExpr:
    """GNU ``({ ... })``."""

    loc: Location
    body: "Block"


@dataclass(frozen=True, slots=True)
class InitList:
    """``{ ... }`` or a compound literal; ``items`` are (designator, value)."""

    loc: Location
    items: tuple[tuple[str, "Expr"], ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Source that evaluates nothing we follow: sizeof, a type argument,
    or (``error`` set) text that did not parse."""

    loc: Location
    text: str
    error: bool = False


Expr = (
    Name
    | Literal
    | Member
    | Index
    | Unary
    | Binary
    | Assign
    | Ternary
    | Call
    | Cast
    | Comma
    | StatementExpr
    | InitList
    | Opaque
)


@dataclass(frozen=True, slots=True)
class Block:
    """``{ ... }``; ``last`` is the line it ends on, 0 when it was not
    recorded.  Statements that only stand together, as in an ``#if`` arm, are
    no ``scope``: what they declare lives on behind them."""

    loc: Location
    items: tuple["Stmt", ...]
    last: int = 0
    scope: bool = True


@dataclass(frozen=True, slots=True)
class Declare:
    """One declarator: ``type name = init``; ``type`` keeps its stars.

    ``attributes`` are attribute macros as written, ``__free(kfree)``.
    """

    loc: Location
    type: str
    name: str
    init: Expr | None
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression statement."""

    loc: Location
    expr: Expr


@dataclass(frozen=True, slots=True)
class If:
    """``if (cond) then else other``."""

    loc: Location
    cond: Expr
    then: "Stmt"
    other: "Stmt | None"


@dataclass(frozen=True, slots=True)
class While:
    """``while (cond) body``."""

    loc: Location
    cond: Expr
    body: "Stmt"


@dataclass(frozen=True, slots=True)
class DoWhile:
    """``do body while (cond)``."""

    loc: Location
    body: "Stmt"
    cond: Expr


@dataclass(frozen=True, slots=True)
class For:
    """``for (init; cond; step) body``; ``init`` is a tuple of statements."""

    loc: Location
    init: tuple["Stmt", ...]
    cond: Expr | None
    step: Expr | None
    body: "Stmt"


@dataclass(frozen=True, slots=True)
class Iterate:
    """A loop written with an iterator macro: ``macro(args) body``."""

    loc: Location
    macro: str
    args: tuple[Expr, ...]
    body: "Stmt"


@dataclass(frozen=True, slots=True)
class Switch:
    """``switch (subject) body``; the cases stand as `Case` in the body."""

    loc: Location
    subject: Expr
    body: "Stmt"


@dataclass(frozen=True, slots=True)
class Case:
    """``case value:`` (``default:`` when ``value`` is None)."""

    loc: Location
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Label:
    """``name:``."""

    loc: Location
    name: str


@dataclass(frozen=True, slots=True)
class Goto:
    """``goto target``; ``target`` is empty for a computed goto, ``goto *value``."""

    loc: Location
    target: str
    value: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class Return:
    """``return value``."""

    loc: Location
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Break:
    """``break``."""

    loc: Location


@dataclass(frozen=True, slots=True)
class Continue:
    """``continue``."""

    loc: Location


@dataclass(frozen=True, slots=True)
class Gap:
    """Code that stands here but is not known: between hunks of a bare diff,
    or (``error`` set) text that did not parse."""

    loc: Location
    text: str
    error: bool = False


Stmt = (
    Block
    | Declare
    | Evaluate
    | If
    | While
    | DoWhile
    | For
    | Iterate
    | Switch
    | Case
    | Label
    | Goto
    | Return
    | Break
    | Continue
    | Gap
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``type`` keeps its stars."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """One function definition.

    ``complete`` is False when only hunks of a diff were seen.  ``errors`` are
    one-line reasons for what did not parse inside the body, ``notes`` for
    what was guessed or left out.  ``attributes`` are the attribute macros of
    the header as written, ``__must_hold(&x->lock)``.
    """

    loc: Location
    name: str
    type: str
    params: tuple[Parameter, ...]
    body: Block
    complete: bool
    errors: tuple[str, ...]
    notes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
