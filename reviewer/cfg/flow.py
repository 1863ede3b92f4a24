# SPDX-License-Identifier: GPL-2.0-only
"""Lowering of statements."""

import re

from reviewer.cfg.draft import EXIT, Cleanup, Draft, Ends, Labelled, Target
from reviewer.cfg.graph import Compute, Decide, Invoke, Leave, Unknown
from reviewer.cfg.scopes import declared, hide, leave, only_if
from reviewer.cfg.values import condition, effect, labels_in, value
from reviewer.location import Location
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
    Literal,
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
        case Block():
            _block(draft, stmt)
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


def _block(draft: Draft, stmt: Block) -> None:
    outer, visible = draft.cleanups, len(draft.visible)
    for item in stmt.items:
        statement(draft, item)
    if stmt.scope:
        _close(draft, outer, stmt)
        draft.forget(visible)


def _close(draft: Draft, outer: Cleanup | None, stmt: Block | For) -> None:
    """The scopes a statement opened end behind it."""
    if draft.cleanups is not outer:
        line = stmt.last if isinstance(stmt, Block) and stmt.last else stmt.loc.line
        leave(draft, outer, Location(stmt.loc.end - 1, stmt.loc.end, line))
        draft.cleanups = outer


def _declare(draft: Draft, stmt: Declare) -> None:
    draft.variables.add(stmt.name)
    if stmt.name in draft.visible:
        hide(draft, stmt)
    draft.visible[stmt.name] = None
    # A static variable gets its value before the program runs, not here.
    if stmt.init is None or stmt.type.startswith("static "):
        draft.declare(stmt.loc, stmt.name, None)
        draft.addressed |= labels_in(stmt.init)
    else:
        draft.declare(stmt.loc, stmt.name, value(draft, stmt.init, statement))
    declared(draft, stmt)


def _if(draft: Draft, stmt: If) -> None:
    """``else if`` ladders are walked, not descended into."""
    behind: Ends = []
    other: Stmt | None = stmt
    while isinstance(other, If):
        yes, no = condition(draft, other.cond, statement)
        draft.ends, outer = yes, draft.cleanups
        statement(draft, other.then)
        only_if(draft, outer, other.cond)
        behind += draft.ends
        draft.ends = no
        other = other.other
    if other is not None:
        statement(draft, other)
    draft.ends = behind + draft.ends


def _loop(draft: Draft, stmt: While | DoWhile | For | Iterate) -> None:
    outer, visible = draft.cleanups, len(draft.visible)
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
    if isinstance(stmt, For):
        _close(draft, outer, stmt)
        draft.forget(visible)


def _body(draft: Draft, body: Stmt, ends: Ends) -> Ends:
    """Draw the body of a loop up to where it goes on; the ends of ``break``."""
    leaving, going_on = Target(draft.cleanups), Target(draft.cleanups)
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
    leaving = Target(draft.cleanups)
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
        node = draft.join(stmt.loc, f"{stmt.name}:")
        draft.labels[stmt.name] = Labelled(node, draft.cleanups)
        return
    text = "default" if stmt.value is None else f"case {render(stmt.value)}"
    if draft.switches:
        number, labels = draft.switches[-1]
        draft.ends = [*draft.ends, (number, text)]
        labels.append(text)
    draft.join(stmt.loc, f"{text}:")


def _jump(draft: Draft, stmt: Stmt) -> None:
    match stmt:
        case Return():
            _return(draft, stmt)
        case Goto(target=target, value=pointer):
            if pointer is not None:
                effect(draft, pointer, statement)
            draft.jump(target, stmt.loc)
        case Break():
            _leave_for(draft, draft.breaks, stmt.loc)
        case Continue():
            _leave_for(draft, draft.continues, stmt.loc)
    draft.ends = []


def _return(draft: Draft, stmt: Return) -> None:
    given = None if stmt.value is None else value(draft, stmt.value, statement)
    if draft.cleanups is not None:
        if given is not None and not isinstance(given, Name | Literal):
            # The value is taken before the scopes end.
            result = draft.temporary(stmt.loc)
            draft.add(Compute(stmt.loc, Assign(stmt.loc, "=", result, given)))
            given = result
        leave(draft, None, stmt.loc)
    draft.add(Leave(stmt.loc, given))
    draft.lead(EXIT)


def _leave_for(draft: Draft, targets: list[Target], loc: Location) -> None:
    """Outside every loop, as in a hunk alone, the target is not known."""
    if targets:
        leave(draft, targets[-1].cleanups, loc)
        targets[-1].ends += draft.ends
    else:
        draft.jump("break or continue", loc)


def _gap(draft: Draft, stmt: Gap) -> None:
    """Unknown code goes on behind it; it may also do any jump it can hold."""
    number = draft.add(Unknown(stmt.loc, stmt.text))
    if not stmt.error:
        draft.gaps.append(number)
        return
    if _RETURN.search(stmt.text):
        draft.edges.append((number, EXIT, ""))
    for label in _GOTO.findall(stmt.text):
        draft.ends = [(number, "")]
        draft.jump(label, stmt.loc)
    draft.ends = [(number, "")]


_HEADS = {While: "while", DoWhile: "do", For: "for", Iterate: "for each"}
