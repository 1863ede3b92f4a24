# SPDX-License-Identifier: GPL-2.0-only
"""The declarations inside a function."""

from collections.abc import Iterator

from reviewer.syntax.tree import (
    Block,
    Declare,
    DoWhile,
    For,
    Function,
    If,
    Iterate,
    Stmt,
    Switch,
    While,
)


def declarations(function: Function) -> Iterator[Declare]:
    """Every local declared in a function, inner blocks included."""
    stack: list[Stmt] = [function.body]
    while stack:
        item = stack.pop()
        match item:
            case Declare():
                yield item
            case Block():
                stack.extend(item.items)
            case If():
                stack.extend([item.then] if item.other is None else [item.then, item.other])
            case For():
                stack.extend((*item.init, item.body))
            case While() | DoWhile() | Iterate() | Switch():
                stack.append(item.body)


_last: list[tuple[Function, dict[str, str]]] = []


def types(function: Function) -> dict[str, str]:
    """The types of parameters and locals, with their stars; not to be changed.  Kept for the
    function asked about last, as several ask one after the other."""
    if _last and _last[0][0] is function:
        return _last[0][1]
    kinds = {local.name: local.type for local in declarations(function)}
    kinds.update({param.name: param.type for param in function.params})
    _last[:] = [(function, kinds)]
    return kinds
