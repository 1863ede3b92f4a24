# SPDX-License-Identifier: GPL-2.0-only
"""Lowering of statements."""

import re

from reviewer.cfg.draft import EXIT, Draft, Ends, Target
from reviewer.cfg.graph import Compute, Decide, Invoke, Leave, Unknown
from reviewer.cfg.values import condition, effect, value
from reviewer.syntax.render import render
from reviewer.syntax.tree import (
    Assign,
    Block,
    Break,
    Call,
    Case,
    Continue,
    Declare,
    DoWhile,
    Evaluate,
    For,
    Gap,
    Goto,
    If,
    Iterate,
    Label,
    Name,
    Opaque,
    Return,
    Stmt,
    Switch,
    While,
)

_GOTO = re.compile(r"\bgoto\s+(\w+)")
_RETURN = re.compile(r"\breturn\b")


def statement(draft: Draft, stmt: Stmt) -> None:
    """Draw one statement behind the ends that wait."""
    match stmt:
        case Block(items=items):
            for item in items:
                statement(draft, item)
        case Declare():
            _declare(draft, stmt)
        case Evaluate(expr=expr):
            effect(draft, expr, statement)
        case If():
            _if(draft, stmt)
        case While() | DoWhile() | For() | Iterate():
            _loop(draft, stmt)
        case Switch():
            _switch(draft, stmt)
        case Case() | Label():
            _point(draft, stmt)
        case Gap():
            _gap(draft, stmt)
        case _:
            _jump(draft, stmt)


def _declare(draft: Draft, stmt: Declare) -> None:
    draft.variables.add(stmt.name)
    name = Name(stmt.loc, stmt.name)
    # A static variable gets its value before the program runs, not here.
    if stmt.init is None or stmt.type.startswith("static "):
        draft.add(Compute(stmt.loc, name, stmt.name))
        return
    given = value(draft, stmt.init, statement)
    draft.add(Compute(stmt.loc, Assign(stmt.loc, "=", name, given), stmt.name))


def _if(draft: Draft, stmt: If) -> None:
    """``else if`` ladders are walked, not descended into."""
    behind: Ends = []
    other: Stmt | None = stmt
    while isinstance(other, If):
        yes, no = condition(draft, other.cond, statement)
        draft.ends = yes
        statement(draft, other.then)
        behind += draft.ends
        draft.ends = no
        other = other.other
    if other is not None:
        statement(draft, other)
    draft.ends = behind + draft.ends


def _loop(draft: Draft, stmt: While | DoWhile | For | Iterate) -> None:
    if isinstance(stmt, For):
        for item in stmt.init:
            statement(draft, item)
    head = draft.join(stmt.loc, _HEADS[type(stmt)])
    yes: Ends = draft.ends
    no: Ends = []
    if not isinstance(stmt, DoWhile):
        yes, no = _another_round(draft, stmt)
    leaving = _body(draft, stmt.body, yes)
    if isinstance(stmt, For) and stmt.step is not None:
        effect(draft, stmt.step, statement)
    if isinstance(stmt, DoWhile):
        draft.ends, no = condition(draft, stmt.cond, statement)
    draft.lead(head)
    draft.ends = no + leaving


def _body(draft: Draft, body: Stmt, ends: Ends) -> Ends:
    """Draw the body of a loop up to where it goes on; the ends of ``break``."""
    leaving, going_on = Target(), Target()
    draft.breaks.append(leaving)
    draft.continues.append(going_on)
    draft.ends = ends
    statement(draft, body)
    draft.breaks.pop()
    draft.continues.pop()
    draft.ends += going_on.ends
    return leaving.ends


def _another_round(draft: Draft, stmt: While | For | Iterate) -> tuple[Ends, Ends]:
    if isinstance(stmt, Iterate):
        return _iterator(draft, stmt)
    if stmt.cond is None:
        ends, draft.ends = draft.ends, []
        return ends, []
    return condition(draft, stmt.cond, statement)


def _iterator(draft: Draft, stmt: Iterate) -> tuple[Ends, Ends]:
    """The macro is invoked once a round; whether there is another is unknown."""
    args = tuple(value(draft, arg, statement) for arg in stmt.args)
    draft.add(Invoke(stmt.loc, stmt.macro, None, args, draft.temporary(stmt.loc).name))
    text = render(Call(stmt.loc, Name(stmt.loc, stmt.macro), stmt.args))
    number = draft.add(Decide(stmt.loc, Opaque(stmt.loc, text), unknown=True))
    draft.ends = []
    return [(number, "T")], [(number, "F")]


def _switch(draft: Draft, stmt: Switch) -> None:
    subject = value(draft, stmt.subject, statement)
    number = draft.add(Decide(stmt.loc, subject))
    leaving = Target()
    draft.breaks.append(leaving)
    draft.switches.append((number, []))
    draft.ends = []
    statement(draft, stmt.body)
    _, labels = draft.switches.pop()
    draft.breaks.pop()
    draft.ends += leaving.ends
    if "default" not in labels:
        draft.ends.append((number, "default"))


def _point(draft: Draft, stmt: Case | Label) -> None:
    if isinstance(stmt, Label):
        draft.labels[stmt.name] = draft.join(stmt.loc, f"{stmt.name}:")
        return
    text = "default" if stmt.value is None else f"case {render(stmt.value)}"
    if draft.switches:
        number, labels = draft.switches[-1]
        draft.ends = [*draft.ends, (number, text)]
        labels.append(text)
    draft.join(stmt.loc, f"{text}:")


def _jump(draft: Draft, stmt: Stmt) -> None:
    match stmt:
        case Return(value=None):
            draft.add(Leave(stmt.loc, None))
            draft.lead(EXIT)
        case Return(value=given) if given is not None:
            draft.add(Leave(stmt.loc, value(draft, given, statement)))
            draft.lead(EXIT)
        case Goto(target=target):
            draft.gotos.append((target, draft.ends))
        case Break():
            _leave_for(draft, draft.breaks)
        case Continue():
            _leave_for(draft, draft.continues)
    draft.ends = []


def _leave_for(draft: Draft, targets: list[Target]) -> None:
    """Outside every loop, as in a hunk alone, the target is not known."""
    if targets:
        targets[-1].ends += draft.ends
    else:
        draft.gotos.append(("break or continue", draft.ends))


def _gap(draft: Draft, stmt: Gap) -> None:
    """Unknown code goes on behind it; it may also do any jump it can hold."""
    number = draft.add(Unknown(stmt.loc, stmt.text))
    if not stmt.error:
        draft.gaps.append(number)
        return
    if _RETURN.search(stmt.text):
        draft.edges.append((number, EXIT, ""))
    for label in _GOTO.findall(stmt.text):
        draft.gotos.append((label, [(number, "")]))


_HEADS = {While: "while", DoWhile: "do", For: "for", Iterate: "for each"}
