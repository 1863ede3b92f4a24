# SPDX-License-Identifier: GPL-2.0-only
"""Parser nodes to the statement records of `reviewer.syntax.tree`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reviewer.location import Location
from reviewer.record import replace
from reviewer.syntax.conditional import preprocessor_branches
from reviewer.syntax.context import (
    MAX_CHAIN,
    MAX_DEPTH,
    Context,
    between,
    failed,
    location,
    shortened,
    squashed,
    written,
)
from reviewer.syntax.declarations import declarations
from reviewer.syntax.expressions import comma_items, expression, parts
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.reread import call_in_disguise
from reviewer.syntax.tree import (
    Block,
    Break,
    Call,
    Case,
    Continue,
    DoWhile,
    Evaluate,
    Expr,
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

if TYPE_CHECKING:
    from tree_sitter import Node

_WORD = re.compile(r"[\w$]+")
_JUMP = re.compile(r"[(,]\s*(return|goto|break|continue)\b")


def block(ctx: Context, node: Node, depth: int) -> Block:
    """The record of a ``compound_statement``."""
    items = tuple(sequence(ctx, parts(node), depth))
    return Block(location(ctx, node), items, ctx.line + node.end_point[0])


def sequence(ctx: Context, nodes: Sequence[Node], depth: int) -> list[Stmt]:
    """The statements of some sibling nodes, labels and cases laid flat."""
    found: list[Stmt] = []
    for node in nodes:
        found += statements(ctx, node, depth)
    return found


def statements(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    """The statements one node stands for: none for ``;``, two for a label."""
    if depth > MAX_DEPTH:
        return [_gap(ctx, node, "nested too deeply")]
    if node.type in _IGNORED:
        return []
    if node.type in _SIMPLE:
        return _simple(ctx, node, depth + 1)
    reader = _READERS.get(node.type)
    if reader is None:
        return [_gap(ctx, node, "not understood")]
    try:
        return reader(ctx, node, depth + 1)
    except ValueError:
        return [_gap(ctx, node, "not understood")]


def one_statement(ctx: Context, node: Node | None, depth: int) -> Stmt:
    """The statement a node stands for, in a block when it is not exactly one."""
    if node is None or node.is_missing:
        raise ValueError("a statement is missing")
    found = statements(ctx, node, depth)
    return found[0] if len(found) == 1 else Block(location(ctx, node), tuple(found), scope=False)


def _gap(ctx: Context, node: Node, reason: str) -> Gap:
    text = squashed(written(ctx, node))
    ctx.errors.append(f"line {ctx.line + node.start_point[0]}: {reason}: {shortened(text)}")
    return Gap(location(ctx, node), text, error=True)


def _simple(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    """A statement that holds no statement: one error spoils all of it."""
    call = call_in_disguise(ctx, node, depth)
    if call is not None:
        return [Evaluate(location(ctx, node), call)]
    if node.has_error and not _only_semicolon_missing(node):
        return [_gap(ctx, node, "not parsed")]
    return _SIMPLE[node.type](ctx, node, depth)


def _only_semicolon_missing(node: Node) -> bool:
    broken = [child for child in node.children if child.has_error or child.is_missing]
    return all(child.is_missing and child.type == ";" for child in broken) and bool(broken)


def _declaration(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return list(declarations(ctx, node, depth))


def _evaluate(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return [Evaluate(location(ctx, node), expression(ctx, one, depth)) for one in parts(node)]


def _return(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    inner = parts(node)
    return [Return(location(ctx, node), expression(ctx, inner[0], depth) if inner else None)]


def _goto(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    label = node.child_by_field_name("label")
    if label is None:
        raise ValueError("goto without a label")
    here = location(ctx, node)
    computed = ctx.marks.get((label.start_byte, "goto"))
    if computed is None:
        return [Goto(here, written(ctx, label))]
    return [Goto(here, "", _target(computed.text, here))]


def _target(text: str, loc: Location) -> Expr | None:
    """The value of ``goto *value``, which the parser never saw."""
    from reviewer.syntax.parse import parse_expression

    try:
        return _placed(parse_expression(text), loc)
    except ValueError:
        return None


def _placed(expr: Expr, loc: Location) -> Expr:
    return replace(rebuilt(expr, lambda operand: _placed(operand, loc)), loc=loc)


def _break(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return [Break(location(ctx, node))]


def _continue(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return [Continue(location(ctx, node))]


def _block(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return [block(ctx, node, depth)]


def _label(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    label = node.child_by_field_name("label")
    if label is None:
        raise ValueError("no label")
    behind = [child for child in parts(node) if child.start_byte >= label.end_byte]
    here = location(ctx, label)
    return [Label(here, written(ctx, label)), *sequence(ctx, behind, depth)]


def _case(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    value = node.child_by_field_name("value")
    colon = next(child for child in node.children if child.type == ":")
    here = between(ctx, node.start_byte, colon.end_byte, node.start_point[0])
    chosen = None if value is None else expression(ctx, value, depth)
    behind = [child for child in parts(node) if child.start_byte >= colon.end_byte]
    return [Case(here, chosen), *sequence(ctx, behind, depth)]


def _condition(ctx: Context, node: Node, depth: int, field: str = "condition") -> Expr:
    inner = node.child_by_field_name(field)
    if inner is None:
        raise ValueError("a condition is missing")
    if inner.has_error:
        return failed(ctx, inner, "not parsed")
    return expression(ctx, inner, depth)


def _if(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    """``else if`` ladders are walked, not descended into."""
    if (node.start_byte, "scope") in ctx.marks:
        return [_scope(ctx, node, depth)]
    ladder: list[Node] = [node]
    other: Node | None = None
    while True:
        clause = ladder[-1].child_by_field_name("alternative")
        inner = parts(clause) if clause is not None else []
        other = inner[0] if inner else None
        if other is None or other.type != "if_statement":
            break
        if len(ladder) > MAX_CHAIN:
            return [_gap(ctx, node, "too many branches")]
        if (other.start_byte, "scope") in ctx.marks:
            break
        ladder.append(other)
    rungs = [(_condition(ctx, one, depth), _consequence(ctx, one, depth)) for one in ladder]
    result = None if other is None else one_statement(ctx, other, depth)
    for one, (cond, then) in zip(reversed(ladder), reversed(rungs), strict=True):
        result = If(location(ctx, one), cond, then, result)
    assert result is not None
    return [result]


def _consequence(ctx: Context, node: Node, depth: int) -> Stmt:
    return one_statement(ctx, node.child_by_field_name("consequence"), depth)


def _scope(ctx: Context, node: Node, depth: int) -> Stmt:
    """``scoped_guard(class, lock) body``: a loop of one round, because break
    and continue leave it, in which the body runs if the guard is there.
    ``scoped_cond_guard(class, fail, lock) body`` says what happens if not."""
    mark = ctx.marks[node.start_byte, "scope"]
    macro = _first_word(mark.text)
    inner = node.child_by_field_name("condition")
    args = _macro_args(ctx, inner, depth)
    body = _consequence(ctx, node, depth)
    here = location(ctx, node)
    head = Location(here.start, here.start + len(mark.text.encode()), here.line)
    opener = Name(head, ctx.vocabulary.scopes.get(macro, macro))
    otherwise = _otherwise(mark.text, args, head)
    taken = args[1:] if otherwise is None else args[2:]
    guard = If(here, Call(head, Call(head, opener, args[:1]), taken), body, otherwise)
    last = ctx.line + node.end_point[0]
    return DoWhile(here, Block(here, (guard,), last), Literal(head, "0"))


def _otherwise(text: str, args: tuple[Expr, ...], loc: Location) -> Stmt | None:
    """The statement among the arguments: ``return -EINTR``."""
    found = _JUMP.search(text)
    if found is None or len(args) < 2:
        return None
    if found[1] == "return":
        return Return(loc, args[1])
    if found[1] in ("break", "continue"):
        # Both leave the one round of the scope.
        return Break(loc)
    return Goto(loc, args[1].name) if isinstance(args[1], Name) else None


def _macro_args(ctx: Context, node: Node | None, depth: int) -> tuple[Expr, ...]:
    """The arguments of a macro that was rewritten to ``while`` or ``if``."""
    if node is None:
        return ()
    if node.has_error:
        return (failed(ctx, node, "not parsed"),)
    inner = parts(node)
    return comma_items(ctx, inner[0], depth) if len(inner) == 1 else ()


def _while(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    mark = ctx.marks.get((node.start_byte, "iterator"))
    if mark is None:
        cond = _condition(ctx, node, depth)
        return [While(location(ctx, node), cond, _body(ctx, node, depth))]
    inner = node.child_by_field_name("condition")
    rest = mark.text.partition("(")[2]
    args = () if rest.rstrip(") \t\n") == "" else _macro_args(ctx, inner, depth)
    macro = _first_word(mark.text)
    return [Iterate(location(ctx, node), macro, args, _body(ctx, node, depth))]


def _first_word(text: str) -> str:
    """The name of a macro; comments and preprocessor lines may stand behind it."""
    found = _WORD.match(text)
    return found[0] if found else text


def _body(ctx: Context, node: Node, depth: int) -> Stmt:
    return one_statement(ctx, node.child_by_field_name("body"), depth)


def _do(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    body = _body(ctx, node, depth)
    keyword = next((child for child in node.children if child.type == "while"), node)
    mark = ctx.marks.get((keyword.start_byte, "until"))
    if mark is None:
        return [DoWhile(location(ctx, node), body, _condition(ctx, node, depth))]
    # A macro that ends with the head of a loop: another round is its affair.
    here = between(ctx, mark.start, mark.end, keyword.start_point[0])
    return [DoWhile(location(ctx, node), body, Opaque(here, squashed(mark.text)))]


def _for(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    start = node.child_by_field_name("initializer")
    init: list[Stmt] = []
    if start is not None and start.type == "declaration":
        init = _declaration(ctx, start, depth)
    elif start is not None:
        init = [Evaluate(location(ctx, start), expression(ctx, start, depth))]
    cond, step = (node.child_by_field_name(name) for name in ("condition", "update"))
    return [
        For(
            location(ctx, node),
            tuple(init),
            None if cond is None else expression(ctx, cond, depth),
            None if step is None else expression(ctx, step, depth),
            _body(ctx, node, depth),
        )
    ]


def _switch(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    subject = _condition(ctx, node, depth)
    return [Switch(location(ctx, node), subject, _body(ctx, node, depth))]


def _preprocessor(ctx: Context, node: Node, depth: int) -> list[Stmt]:
    return preprocessor_branches(ctx, node, depth, sequence)


_IGNORED = frozenset(
    {
        "comment",
        "type_definition",
        "struct_specifier",
        "union_specifier",
        "enum_specifier",
        "preproc_def",
        "preproc_function_def",
        "preproc_include",
        ";",
    }
)
_SIMPLE: dict[str, Callable[[Context, Node, int], list[Stmt]]] = {
    "declaration": _declaration,
    "expression_statement": _evaluate,
    "return_statement": _return,
    "goto_statement": _goto,
    "break_statement": _break,
    "continue_statement": _continue,
    "macro_type_specifier": _evaluate,
}
_READERS: dict[str, Callable[[Context, Node, int], list[Stmt]]] = {
    "compound_statement": _block,
    "labeled_statement": _label,
    "case_statement": _case,
    "if_statement": _if,
    "while_statement": _while,
    "do_statement": _do,
    "for_statement": _for,
    "switch_statement": _switch,
    "preproc_if": _preprocessor,
    "preproc_ifdef": _preprocessor,
    "preproc_call": lambda ctx, node, depth: [],
}
