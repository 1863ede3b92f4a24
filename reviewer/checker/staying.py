# SPDX-License-Identifier: GPL-2.0-only
"""Which nodes of a function a patch left in it: the same statement, in its line
or in another; and what lies next to a node on the ways through it."""

import re
from collections.abc import Callable, Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Node
from reviewer.checker.rule import FunctionChange
from reviewer.locks.aliases import Aliases
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Assign, Call, Expr, Index, Member, Name, Unary

_TEMPORARY = re.compile(r"%\d+")


@dataclass(frozen=True, slots=True)
class Staying:
    """``after`` gives the node after the patch of a node before it, ``before``
    the other way round; a node in neither is gone or new."""

    after: Mapping[int, int]
    before: Mapping[int, int]


_last: list[tuple[FunctionChange, Staying]] = []


def staying(change: FunctionChange) -> Staying:
    """Match the nodes of both images: those whose line stayed, then the others
    by what they say; kept for the function asked about last."""
    if not (_last and _last[0][0] is change):
        _last[:] = [(change, _staying(change))]
    return _last[0][1]


def _staying(change: FunctionChange) -> Staying:
    waiting: dict[tuple[str, int], list[int]] = {}
    loose: dict[str, list[int]] = {}
    for number, text, line in _texts(change.after):
        waiting.setdefault((text, line), []).append(number)
    pairs: dict[int, int] = {}
    rest = []
    for number, text, line in _texts(change.before):
        now = change.after_line(line)
        queue = waiting.get((text, now)) if now is not None else None
        if queue:
            pairs[number] = queue.pop(0)
        else:
            rest.append((number, text))
    for (text, _), queue in waiting.items():
        loose.setdefault(text, []).extend(queue)
    for queue in loose.values():
        queue.sort()
    for number, text in rest:
        if loose.get(text):
            pairs[number] = loose[text].pop(0)
    return Staying(pairs, {now: old for old, now in pairs.items()})


def _texts(image: Image) -> Iterator[tuple[int, str, int]]:
    for number, node in enumerate(image.graph.nodes):
        text = spelled(node, image.locks.names)
        if text:
            # The numbers of temporaries differ where anything before them does.
            yield number, _TEMPORARY.sub("%", text), node.loc.line


def moved_texts(change: FunctionChange) -> frozenset[str]:
    """What stood in lines that are gone and stands in lines that came."""
    sides = ((change.before, change.after_line), (change.after, change.before_line))
    gone, came = (
        frozenset(
            _TEMPORARY.sub("%", spelled(node, image.locks.names))
            for node in image.graph.nodes
            if other(node.loc.line) is None
        )
        for image, other in sides
    )
    return (gone & came) - {""}


def spelled(node: Node, names: Aliases) -> str:
    """What a node says, with calls in place of the temporaries; empty for
    nodes without effect."""
    match node:
        case Invoke(function=function, args=args, pointer=pointer):
            called = Name(node.loc, function) if pointer is None else pointer
            return names.spell(Call(node.loc, called, args))
        case Compute(expr=Assign() as expr):
            return f"= {names.spell(expr)}"
        case Compute(expr=expr, declares=declares):
            return "" if declares else names.spell(expr)
        case Decide(cond=cond):
            return f"if {names.spell(cond)}"
        case Leave(value=value):
            return "return" if value is None else f"return {names.spell(value)}"
    return ""


Wanted = Callable[[int], bool]


def nearest(graph: Graph, start: int, wanted: Wanted, backwards: bool = False) -> frozenset[int]:
    """The first nodes of a sort on every way from a node, itself not counted;
    the entry or the exit stand for ways that have none."""
    edges = graph.pred if backwards else graph.succ
    found = set()
    seen = {start}
    stack = [start]
    while stack:
        for target, _ in edges[stack.pop()]:
            if wanted(target) or not edges[target]:
                found.add(target)
            elif target not in seen:
                seen.add(target)
                stack.append(target)
    return frozenset(found)


def reached(
    graph: Graph, start: int, stop: Wanted = lambda node: False, backwards: bool = False
) -> frozenset[int]:
    """The nodes behind a node (before it: ``backwards``) on ways that do not
    go on through a node to ``stop`` at, which itself is reached."""
    edges = graph.pred if backwards else graph.succ
    seen: set[int] = set()
    stack = [start]
    while stack:
        for target, _ in edges[stack.pop()]:
            if target not in seen:
                seen.add(target)
                if not stop(target):
                    stack.append(target)
    return frozenset(seen)


def expressions(node: Node) -> tuple[Expr, ...]:
    """What a node evaluates."""
    match node:
        case Compute(expr=expr) | Decide(cond=expr):
            return (expr,)
        case Invoke(args=args, pointer=pointer):
            return args if pointer is None else (pointer, *args)
        case Leave(value=value):
            return () if value is None else (value,)
    return ()


def mentioned(node: Node) -> frozenset[str]:
    """The names in a node, temporaries included."""
    return frozenset(
        part.name for expr in expressions(node) for part in walk(expr) if isinstance(part, Name)
    )


def reaching_through(node: Node) -> frozenset[str]:
    """The variables a node follows as pointers: what stands before ``->``,
    before ``[`` and behind ``*``."""
    found = set()
    for expr in expressions(node):
        for part in walk(expr):
            base: Expr | None = None
            match part:
                case Member(base=inner, arrow=True) | Index(base=inner):
                    base = inner
                case Unary(op="*", operand=inner):
                    base = inner
            if isinstance(base, Name):
                found.add(base.name)
    return frozenset(found)
