# SPDX-License-Identifier: GPL-2.0-only
"""How the other functions of a file touch a place, and under which locks."""

import re
from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.alignment.operations import calls_of
from reviewer.checker.elsewhere import last_name
from reviewer.checker.kept_calls import needs_care
from reviewer.checker.rule import FunctionChange
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Expr, Member, Name, Unary

_MEMBER = re.compile(r"(?:->|\.)(\w+)(?:\[\])?$")


@dataclass(frozen=True, slots=True)
class Witness:
    """One access or call in another function of the file: ``kind`` as in
    `reviewer.checker.coverage.Loss`, ``locks`` the names of what is held."""

    kind: str
    text: str
    function: str
    line: int
    locks: frozenset[str]


def word_of(place: str) -> str:
    """The name a place has in every function: its last member, or a variable
    outside functions."""
    found = _MEMBER.search(place)
    if found:
        return found[1]
    return place if place.isidentifier() else ""


def witnesses(change: FunctionChange, place: str) -> Iterator[Witness]:
    """Everything other functions of the after image do to places of that name."""
    word = word_of(place)
    if not word:
        return
    for image in change.mentioning((word,)):
        if image.graph.function.name != change.name and not image.locks.trouble:
            yield from _in(change, image, word)


def _in(change: FunctionChange, image: Image, word: str) -> Iterator[Witness]:
    name = image.graph.function.name
    for one in image.accesses:
        held = image.locks.before[one.node]
        if held is not None and word_of(one.place) == word:
            yield Witness(one.kind, one.text, name, one.line, frozenset(map(last_name, held.must)))
    for number, node in calls_of(image.graph):
        held = image.locks.before[number]
        given = word in {found for arg in node.args for found in handed(arg)}
        if held is not None and given and needs_care(node, change):
            locks = frozenset(map(last_name, held.must))
            text = f"{node.function}({', '.join(map(render, node.args))})"
            yield Witness("call", text, name, node.loc.line, locks)


def handed(arg: Expr) -> Iterator[str]:
    """The names of the members and variables whose address an argument is."""
    for one in walk(arg):
        if isinstance(one, Unary) and one.op == "&":
            inner = one.operand
            if isinstance(inner, Member):
                yield inner.field
            elif isinstance(inner, Name):
                yield inner.name
