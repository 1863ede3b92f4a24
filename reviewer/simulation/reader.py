# SPDX-License-Identifier: GPL-2.0-only
"""Read the actors of a scenario: strict C, parsed with pycparser.

The functions come out as the records kernel files are parsed to, so that the
same control-flow graph and the same lifting serve both.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from reviewer.location import Location
from reviewer.syntax import tree


class ActorError(ValueError):
    """An actor that cannot be read; one line that says where and why."""


_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def read_actors(files: Mapping[str, str], prelude: str) -> dict[str, tuple[tree.Function, ...]]:
    """The functions of actor files (text by name), in order, by file.

    ``prelude`` declares the types and functions actors use; the names of the
    files are shown in errors and witnesses.  Raises `ActorError`.
    """
    try:
        items = _parsed(files, prelude)
    except ActorError:
        # What is left open in one file is an error in the next: ask each alone.
        for name, text in files.items():
            _parsed({name: text}, prelude)
        raise
    found: dict[str, list[tree.Function]] = {name: [] for name in files}
    for item in items:
        if type(item).__name__ == "FuncDef" and item.coord.file in found:
            found[item.coord.file].append(_function(item))
    return {name: tuple(functions) for name, functions in found.items()}


def _parsed(files: Mapping[str, str], prelude: str) -> list[Any]:
    """What the files declare: the prelude is the dearest part and read once."""
    from pycparser import CParser
    from pycparser.c_parser import ParseError

    texts = [f'# 1 "{name}"\n{_blank(text)}' for name, text in files.items()]
    last = list(files)[-1]
    try:
        unit = CParser().parse("\n".join([_blank(prelude), *texts]), last)
    except (ParseError, RecursionError, AssertionError) as error:
        told = str(error).splitlines()[0] if str(error) else f"{error!r}"
        raise ActorError(f"{last}: {told}") from None
    return list(unit.ext)


def _blank(text: str) -> str:
    """Comments as blanks, newlines kept."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _at(node: Any) -> Location:
    line = node.coord.line if node is not None and node.coord else 0
    return Location(0, 0, line)


def _function(node: Any) -> tree.Function:
    kind = node.decl.type
    params = kind.args.params if kind.args else []
    return tree.Function(
        loc=_at(node),
        name=node.decl.name,
        type=_type(kind.type),
        params=tuple(
            tree.Parameter(_type(param.type), param.name or "")
            for param in params
            if type(param).__name__ == "Decl"
        ),
        body=_block(node.body),
        complete=True,
        errors=(),
    )


def _type(node: Any) -> str:
    match type(node).__name__:
        case "PtrDecl":
            return f"{_type(node.type)} *"
        case "TypeDecl" | "Typename":
            return _type(node.type)
        case "IdentifierType":
            return " ".join(node.names)
        case "Struct":
            return f"struct {node.name}"
        case _:
            return type(node).__name__


def _block(node: Any) -> tree.Block:
    items: list[tree.Stmt] = []
    for item in node.block_items or []:
        items.extend(_statement(item))
    return tree.Block(_at(node), tuple(items))


def _one(node: Any) -> tree.Stmt:
    items = _statement(node)
    return items[0] if len(items) == 1 else tree.Block(_at(node), tuple(items))


def _statement(node: Any) -> list[tree.Stmt]:
    kind = type(node).__name__
    reader = _STATEMENTS.get(kind)
    return reader(node) if reader else [tree.Evaluate(_at(node), _expression(node))]


def _if(node: Any) -> list[tree.Stmt]:
    other = _one(node.iffalse) if node.iffalse is not None else None
    then = _one(node.iftrue) if node.iftrue is not None else tree.Block(_at(node), ())
    return [tree.If(_at(node), _expression(node.cond), then, other)]


def _declare(node: Any) -> list[tree.Stmt]:
    init = _expression(node.init) if node.init is not None else None
    return [tree.Declare(_at(node), _type(node.type), node.name, init)]


def _return(node: Any) -> list[tree.Stmt]:
    value = _expression(node.expr) if node.expr is not None else None
    return [tree.Return(_at(node), value)]


def _for(node: Any) -> list[tree.Stmt]:
    init = _one(node.init) if node.init is not None else None
    cond = _expression(node.cond) if node.cond is not None else None
    step = _expression(node.next) if node.next is not None else None
    inits = (init,) if init is not None else ()
    return [tree.For(_at(node), inits, cond, step, _one(node.stmt))]


_STATEMENTS: dict[str, Callable[[Any], list[tree.Stmt]]] = {
    "Compound": lambda node: [_block(node)],
    "If": _if,
    "Decl": _declare,
    "Return": _return,
    "For": _for,
    "While": lambda node: [tree.While(_at(node), _expression(node.cond), _one(node.stmt))],
    "DoWhile": lambda node: [tree.DoWhile(_at(node), _one(node.stmt), _expression(node.cond))],
    "Goto": lambda node: [tree.Goto(_at(node), node.name)],
    "Label": lambda node: [tree.Label(_at(node), node.name), *_statement(node.stmt)],
    "Break": lambda node: [tree.Break(_at(node))],
    "Continue": lambda node: [tree.Continue(_at(node))],
    "EmptyStatement": lambda node: [],
}


def _expression(node: Any) -> tree.Expr:
    at = _at(node)
    match type(node).__name__:
        case "ID":
            return tree.Name(at, node.name)
        case "Constant":
            return tree.Literal(at, node.value)
        case "StructRef":
            return tree.Member(at, _expression(node.name), node.field.name, node.type == "->")
        case "ArrayRef":
            return tree.Index(at, _expression(node.name), _expression(node.subscript))
        case "UnaryOp":
            return tree.Unary(at, node.op, _expression(node.expr))
        case "BinaryOp":
            return tree.Binary(at, node.op, _expression(node.left), _expression(node.right))
        case "Assignment":
            return tree.Assign(at, node.op, _expression(node.lvalue), _expression(node.rvalue))
        case "TernaryOp":
            then, other = _expression(node.iftrue), _expression(node.iffalse)
            return tree.Ternary(at, _expression(node.cond), then, other)
        case "FuncCall":
            args = node.args.exprs if node.args is not None else []
            return tree.Call(at, _expression(node.name), tuple(_expression(arg) for arg in args))
        case "Cast":
            return tree.Cast(at, _type(node.to_type), _expression(node.expr))
        case other:
            raise ActorError(f"{node.coord}: {other} is not understood in an actor")
