# SPDX-License-Identifier: GPL-2.0-only
"""How a function is written, where its graph does not say: where jumps stand,
what is negated, and how far a statement reaches."""

from collections.abc import Iterator
from typing import get_args

from reviewer.facts import Facts
from reviewer.location import Location
from reviewer.record import replace
from reviewer.syntax.tree import (
    Binary,
    Block,
    Break,
    Call,
    Case,
    Comma,
    Continue,
    Declare,
    DoWhile,
    Evaluate,
    Expr,
    For,
    Function,
    Gap,
    Goto,
    If,
    Iterate,
    Label,
    Name,
    Return,
    Stmt,
    Switch,
    Unary,
    While,
)

JUMPS = ("goto ", "break ", "continue ")
"""How the names of the points begin that stand for jumps."""

_WHOLE = (Declare, Evaluate, Goto, Return, Break, Continue, Gap, Case, Label)


def with_jumps(function: Function) -> Function:
    """The function with a point of its own for every goto, break and continue,
    so that its graph has a node where one is written."""
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    return replace(block, items=tuple(_marked(item) for item in block.items))


def _marked(stmt: Stmt) -> Stmt:
    match stmt:
        case Goto(target=target):
            return _point(stmt, f"goto {target or '*'}")
        case Break():
            return _point(stmt, "break ")
        case Continue():
            return _point(stmt, "continue ")
        case Block():
            return _block(stmt)
        case If():
            return _ladder(stmt)
        case While() | DoWhile() | For() | Iterate() | Switch():
            return replace(stmt, body=_marked(stmt.body))
    return stmt


def _point(stmt: Goto | Break | Continue, text: str) -> Stmt:
    """A variable that nobody can have: its name has a blank in it."""
    return Block(stmt.loc, (Evaluate(stmt.loc, Name(stmt.loc, text)), stmt))


def _ladder(stmt: If) -> Stmt:
    """``else if`` ladders may be long: no recursion there."""
    rungs = [stmt]
    while isinstance(rungs[-1].other, If):
        rungs.append(rungs[-1].other)
    last = rungs[-1].other
    other = None if last is None else _marked(last)
    for rung in reversed(rungs):
        other = replace(rung, then=_marked(rung.then), other=other)
    assert other is not None
    return other


def negated(function: Function, facts: Facts) -> frozenset[Location]:
    """The conditions that decide the other way round from what is written
    around them: ``x`` in ``!x``, ``a`` and ``b`` in ``!(a && b)``."""
    found: dict[Location, bool] = {}
    for record in _records(function.body):
        if isinstance(record, Unary) and record.op == "!":
            for loc, flip in _leaves(record, facts):
                found.setdefault(loc, flip)
    return frozenset(loc for loc, flip in found.items() if flip)


def _leaves(expr: Expr, facts: Facts) -> Iterator[tuple[Location, bool]]:
    """The conditions an expression consists of, and whether each is negated."""
    stack = [(expr, False)]
    while stack:
        here, flip = stack.pop()
        match here:
            case Unary(op="!", operand=operand):
                stack.append((operand, not flip))
            case Binary(op="&&" | "||", left=left, right=right):
                stack += [(right, flip), (left, flip)]
            case Comma(items=items):
                stack.append((items[-1], flip))
            case Call(function=Name(name=name), args=(first, *_)) if facts.transparent(name):
                stack.append((first, flip))
            case _:
                yield here.loc, flip


def stretches(function: Function, masked: bytes) -> Iterator[tuple[int, int]]:
    """From where to where each statement without others inside reaches, and the
    head of each that has some, as offsets into the file.

    ``masked`` is the text of the function with its comments blanked.
    """
    base = function.loc.start
    yield base, _behind(masked, base, function.body.loc.start)
    for record in _records(function.body):
        match record:
            case If(loc=loc, cond=cond) | While(loc=loc, cond=cond):
                yield loc.start, cond.loc.end
            case DoWhile(cond=cond):
                yield cond.loc.start, cond.loc.end
            case For(loc=loc, body=body) | Iterate(loc=loc, body=body) | Switch(loc=loc, body=body):
                yield loc.start, _behind(masked, base, body.loc.start)
            case _ if isinstance(record, _WHOLE):
                yield record.loc.start, record.loc.end


def _behind(masked: bytes, base: int, end: int) -> int:
    """Behind the last character before ``end`` that is no blank."""
    return base + len(masked[: end - base].rstrip())


def _records(root: Stmt) -> Iterator[Stmt | Expr]:
    """Everything inside a statement, expressions too, outermost first."""
    stack: list[object] = [root]
    while stack:
        here = stack.pop()
        if isinstance(here, tuple):
            stack.extend(reversed(here))
        elif isinstance(here, _RECORDS):
            yield here
            stack.extend(getattr(here, name) for name in reversed(here.__match_args__))


_RECORDS = (*get_args(Stmt), *get_args(Expr))
