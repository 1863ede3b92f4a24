# SPDX-License-Identifier: GPL-2.0-only
"""Statements as one line of text, so that a test can state what it expects."""

from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.render import render
from reviewer.syntax.tree import (
    Block,
    Case,
    Declare,
    DoWhile,
    Evaluate,
    For,
    Function,
    Gap,
    Goto,
    If,
    Iterate,
    Label,
    Return,
    Stmt,
    Switch,
    While,
)


def parsed(body: str, head: str = "int f(struct s *p, int a)") -> Function:
    """A function with this body, each line of it indented."""
    lines = "".join(line if line[:1] == "#" else f"\t{line}" for line in body.splitlines(True))
    found = read_file(f"{head}\n{{\n{lines}\n}}\n".encode(), load_vocabulary()).function("f")
    assert found is not None
    return found


def shape(body: str) -> str:
    """The statements of a body that holds no error."""
    found = parsed(body)
    assert found.errors == ()
    return shown(found.body)


def shown(stmt: Stmt | None) -> str:
    match stmt:
        case None:
            return ""
        case Block(items=items):
            return "{" + " ".join(shown(item) for item in items) + "}"
        case Declare(type=kind, name=name, init=init):
            return f"{kind}:{name}" + ("" if init is None else f"={render(init)}") + ";"
        case Evaluate(expr=expr):
            return f"{render(expr)};"
        case If(cond=cond, then=then, other=other):
            return f"if({render(cond)}){shown(then)}" + (f"else{shown(other)}" if other else "")
        case For(init=init_items, cond=cond, step=step, body=body):
            head = " ".join(shown(one) for one in init_items)
            parts = [render(one) if one else "" for one in (cond, step)]
            return f"for({head}|{'|'.join(parts)}){shown(body)}"
        case Iterate(macro=macro, args=args, body=body):
            return f"each {macro}({', '.join(map(render, args))}){shown(body)}"
    return _leaf(stmt)


def _leaf(stmt: Stmt) -> str:
    match stmt:
        case While(cond=cond, body=body):
            return f"while({render(cond)}){shown(body)}"
        case DoWhile(body=body, cond=cond):
            return f"do{shown(body)}while({render(cond)})"
        case Switch(subject=subject, body=body):
            return f"switch({render(subject)}){shown(body)}"
        case Case(value=value):
            return "default:" if value is None else f"case {render(value)}:"
        case Label(name=name):
            return f"{name}:"
        case Goto(target=target):
            return f"goto {target or '*'};"
        case Return(value=value):
            return f"return{'' if value is None else f' {render(value)}'};"
        case Gap(text=text, error=error):
            return f"<{'error' if error else 'gap'} {text}>"
    return f"{type(stmt).__name__.lower()};"
