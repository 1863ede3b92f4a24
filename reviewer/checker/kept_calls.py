# SPDX-License-Identifier: GPL-2.0-only
"""Calls that a patch kept: which became which, and which of them need a lock."""

import re
from collections import Counter
from collections.abc import Generator, Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.rule import FunctionChange
from reviewer.record import dataclass
from reviewer.syntax.declared import types
from reviewer.syntax.place import place_of
from reviewer.syntax.rebuild import operands
from reviewer.syntax.render import render
from reviewer.syntax.tree import Call, Expr, Index, Member, Name, Unary

QUIET_KINDS = frozenset(
    {"put", "free", "free-deferred", "release", "wake", "allocate", "barrier", "assert-held"}
    | {"marked-read", "marked-write", "pure", "lock-init", "cancel", "grace-period", "consume"}
    | {"arm"}
)
"""Operations that nobody needs a lock for, or that better stand outside one."""

LISTS = frozenset({"list-read", "list-write"})

NOTHING: frozenset[str] = frozenset()
_WORD = re.compile(r"\w+|\*|\[")
_NUMBERS = frozenset(
    {"const", "unsigned", "signed", "int", "long", "short", "char", "bool", "size_t", "ssize_t"}
    | {f"{sign}{bits}" for sign in ("u", "s", "__u", "__s") for bits in (8, 16, 32, 64)}
)
"""What the type of a number is made of."""


@dataclass(frozen=True, slots=True)
class CallPair:
    """A call of the after image and what it was before."""

    before: int
    after: int
    moved: bool


def call_pairs(change: FunctionChange) -> Iterator[CallPair]:
    """Calls that stayed in their line, then those that came up in another."""
    before, after = _calls(change.before), _calls(change.after)
    waiting: dict[tuple[str, int], list[int]] = {}
    for text, line, number in after:
        waiting.setdefault((text, line), []).append(number)
    left: list[tuple[str, int]] = []
    for text, line, number in before:
        now = change.after_line(line)
        queue = waiting.get((text, now)) if now is not None else None
        if queue:
            yield CallPair(number, queue.pop(0), False)
        else:
            left.append((text, number))
    new = [(text, number) for (text, _), numbers in waiting.items() for number in numbers]
    rest = yield from _matched(left, new)
    # What is called with other words for the same thing is told by its name alone,
    # where that leaves one of each.
    yield from _sole(rest[0], rest[1], before=change.before, after=change.after)


Named = list[tuple[str, int]]


def _matched(left: Named, new: Named) -> Generator[CallPair, None, tuple[Named, Named]]:
    """Pairs of one text; then what is left of both."""
    goals: dict[str, list[int]] = {}
    for text, number in new:
        goals.setdefault(text, []).append(number)
    rest = []
    for text, number in left:
        if goals.get(text):
            yield CallPair(number, goals[text].pop(0), True)
        else:
            rest.append((text, number))
    return rest, [(text, number) for text, numbers in goals.items() for number in numbers]


def _sole(left: Named, new: Named, before: Image, after: Image) -> Iterator[CallPair]:
    names = [
        Counter(_callee(image, number) for _, number in some)
        for image, some in ((before, left), (after, new))
    ]
    goals = {_callee(after, number): number for _, number in new}
    for _, number in left:
        name = _callee(before, number)
        if name and names[0][name] == names[1][name] == 1:
            yield CallPair(number, goals[name], True)


def _callee(image: Image, number: int) -> str:
    """The function called, with how many arguments it is given: with more or fewer
    it has become another."""
    node = image.graph.nodes[number]
    if not isinstance(node, Invoke):
        return ""
    name = node.function or (render(node.pointer) if node.pointer is not None else "")
    return f"{name}/{len(node.args)}" if name else ""


def _calls(image: Image) -> list[tuple[str, int, int]]:
    """The calls people wrote: text, line, node."""
    names = image.locks.names
    return [
        (
            names.spell(Call(node.loc, Name(node.loc, node.function), node.args)),
            node.loc.line,
            number,
        )
        for number, node in calls_of(image.graph)
        if node.scope is None
    ]


def needs_care(node: Invoke, change: FunctionChange, mine: frozenset[str] = NOTHING) -> bool:
    """Whether a call may touch what others touch too: it is given a pointer or an
    object, not but ``mine``, and it is none of the operations that need no lock."""
    facts = change.facts
    kind = facts.operations.of(node.function).kind
    if kind in QUIET_KINDS or node.function.isupper():
        return False
    if kind in LISTS and _on_own_list(node, mine):
        return False
    fact = facts.of(node.function)
    if fact is not None and kind not in LISTS:
        locking = fact.acquires or fact.releases or fact.enters or fact.leaves or fact.assumes
        if locking or fact.inert or fact.noreturn or fact.transparent:
            return False
    return any(_reaching(arg, mine) for arg in node.args) or not node.function


def _on_own_list(node: Invoke, mine: frozenset[str]) -> bool:
    """Whether a list a call works on lives in the function, and no other is given."""
    heads = [arg.operand for arg in node.args if isinstance(arg, Unary) and arg.op == "&"]
    return bool(heads) and all(isinstance(one, Name) and one.name in mine for one in heads)


def _reaching(arg: Expr, mine: frozenset[str]) -> bool:
    """Whether an argument leads to memory that others see: an address, a member, a
    variable."""
    if isinstance(arg, Name):
        return not (arg.name.isupper() or arg.name.startswith("%") or arg.name in mine)
    if isinstance(arg, Member | Index):
        place = place_of(arg)
        return place is None or place.root not in mine
    if isinstance(arg, Unary) and arg.op in ("&", "*"):
        place = place_of(arg.operand)
        return place is not None and place.root not in mine
    return any(_reaching(one, mine) for one in operands(arg))


def own_values(graph: Graph) -> frozenset[str]:
    """The variables of a function that hold a number, and those that are objects or
    lists of its own."""
    params, kinds = {one.name for one in graph.function.params}, types(graph.function)
    found = {
        name
        for name, kind in kinds.items()
        if _NUMBERS.issuperset(words := _WORD.findall(kind))
        or (name not in params and not {"*", "[", "static"} & set(words))
    }
    # LIST_HEAD(x) and the like declare what they are given.
    for node in graph.nodes:
        if isinstance(node, Invoke) and node.function.isupper() and node.args:
            first = node.args[0]
            if isinstance(first, Name) and first.name not in kinds:
                found.add(first.name)
    return frozenset(found)
