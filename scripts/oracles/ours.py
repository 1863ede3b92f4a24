# SPDX-License-Identifier: GPL-2.0-only
"""The calls, jumps and control statements in a parsed function."""

from oracles.events import LOOP, Chain, Enclosing, Event, Reading, Text
from reviewer.syntax.rebuild import operands
from reviewer.syntax.tree import (
    Block,
    Break,
    Call,
    Case,
    Cast,
    Continue,
    Declare,
    DoWhile,
    Evaluate,
    Expr,
    For,
    Function,
    Goto,
    If,
    Index,
    Iterate,
    Label,
    Member,
    Name,
    Return,
    StatementExpr,
    Stmt,
    Switch,
    Unary,
    While,
)

_JUMPS = {Goto: "goto", Break: "break", Continue: "continue", Return: "return"}
_ASM = "asm"


def reading(function: Function, text: Text) -> Reading:
    """What the statement tree of a function shows."""
    walker = _Walker(text)
    walker.statement(function.body, ())
    return walker.found


def anchor(function: Expr) -> int:
    """Where the name stands that is called: of a member, its own name."""
    match function:
        case Member(loc=loc, field=field):
            return loc.end - len(field.encode())
        case Index(base=base):
            return anchor(base)
        case Unary(operand=operand) | Cast(operand=operand):
            return anchor(operand)
        case Call(function=inner):
            return anchor(inner)
    return function.loc.start


def _callee(function: Expr) -> str:
    match function:
        case Name(name=name) | Member(field=name):
            return name
        case Index(base=inner) | Unary(operand=inner) | Cast(operand=inner) | Call(function=inner):
            return _callee(inner)
    return ""


class _Walker:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.found = Reading()

    def statement(self, stmt: Stmt | None, chain: Chain) -> None:
        match stmt:
            case Block(items=items):
                for item in items:
                    self.statement(item, chain)
            case Declare(init=expr):
                self.expression(expr, chain)
            case Evaluate(expr=expr):
                self.expression(expr, chain)
            case If():
                self._if(stmt, chain)
            case While() | DoWhile() | For() | Iterate() | Switch():
                self._loop(stmt, chain)
            case Case(loc=loc, value=value):
                self._statement("default" if value is None else "case", loc.start, chain)
                self.expression(value, chain)
            case Label(loc=loc):
                self._statement("label", loc.start, chain)
            case Goto() | Break() | Continue() | Return():
                self._jump(stmt, chain)

    def _statement(self, kind: str, offset: int, chain: Chain) -> None:
        here = self.text.placed(chain, offset)
        self.found.statements[offset] = Event(kind, offset, "", here)

    def _jump(self, stmt: Goto | Break | Continue | Return, chain: Chain) -> None:
        kind, offset = _JUMPS[type(stmt)], stmt.loc.start
        target = stmt.target if isinstance(stmt, Goto) else ""
        here = self.text.placed(chain, offset)
        self.found.jumps[offset] = Event(kind, offset, target, here)
        if isinstance(stmt, Return):
            self.expression(stmt.value, chain)

    def _if(self, stmt: If, chain: Chain) -> None:
        offset = stmt.loc.start
        if self.text.word(offset) != "if":
            # An #if, or the inside of a macro.
            parts: tuple[Chain, ...] = (chain, chain, chain)
            self.expression(stmt.cond, chain)
        else:
            self._statement("if", offset, chain)
            names = ("cond", "then", "else")
            parts = tuple((*chain, Enclosing("if", offset, name)) for name in names)
            self.expression(stmt.cond, parts[0])
        self.statement(stmt.then, parts[1])
        self.statement(stmt.other, parts[2])

    def _loop(self, stmt: While | DoWhile | For | Iterate | Switch, chain: Chain) -> None:
        word, offset = self.text.word(stmt.loc.start), stmt.loc.start
        kind = word if word in ("while", "do", "for", "switch") else LOOP
        self._statement(kind, offset, chain)
        head = (*chain, Enclosing(kind, offset, "head"))
        if isinstance(stmt, For):
            for item in stmt.init:
                self.statement(item, head)
            self.expression(stmt.cond, head)
            self.expression(stmt.step, head)
        elif isinstance(stmt, Iterate):
            for arg in stmt.args:
                self.expression(arg, head)
        else:
            self.expression(stmt.subject if isinstance(stmt, Switch) else stmt.cond, head)
        self.statement(stmt.body, (*chain, Enclosing(kind, offset, "body")))

    def expression(self, expr: Expr | None, chain: Chain) -> None:
        stack = [] if expr is None else [expr]
        while stack:
            here = stack.pop()
            if isinstance(here, StatementExpr):
                self.statement(here.body, chain)
            elif isinstance(here, Call):
                self._call(here, chain)
            stack.extend(operands(here))

    def _call(self, call: Call, chain: Chain) -> None:
        name, offset = _callee(call.function), anchor(call.function)
        known = self.found.calls.get(offset)
        if name != _ASM and (known is None or known.end < call.loc.end):
            here = self.text.placed(chain, offset)
            self.found.calls[offset] = Event("call", offset, name, here, call.loc.end)
