# SPDX-License-Identifier: GPL-2.0-only
"""Function bodies before their jumps are settled, and their text.

A jump may leave scopes, it may not enter one: labels are chosen for each jump
once it is known where all of them stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

Scopes = tuple[int, ...]
Item = "str | Label | Jump | Opens | Compound"


@dataclass(frozen=True)
class Label:
    """``name:``; something stands behind it always."""

    name: str


@dataclass(frozen=True)
class Jump:
    """A jump to a label that is chosen later; ``before`` and ``behind`` are
    what the statement says around the name.  ``flat`` jumps stay in the scope
    they are in.  Where no label can be reached, ``instead`` stands."""

    before: str
    behind: str
    instead: str
    flat: bool = False


@dataclass(frozen=True)
class Opens:
    """A statement behind which a scope goes on to the end of the block."""

    text: str


@dataclass(frozen=True)
class Body:
    """What stands between two brackets; ``closed`` ones cannot be jumped into."""

    items: list[Item]
    closed: bool = False


@dataclass(frozen=True)
class Compound:
    """Text with bodies in between: ``if (x) {``, a body, ``}``."""

    parts: tuple[str | Body, ...]


@dataclass
class Text:
    """The lines of a body, made in two walks: labels first, then the text."""

    random: Random
    labels: dict[str, Scopes] = field(default_factory=dict)
    number: int = 0

    def of(self, body: Body) -> list[str]:
        """The lines of the body of a function."""
        for _ in self.walk(body, ()):
            pass
        self.number = 0
        return list(self.walk(body, ()))

    def walk(self, body: Body, scopes: Scopes) -> Iterator[str]:
        if body.closed:
            scopes = self.inside(scopes)
        for item in body.items:
            match item:
                case str():
                    yield from item.split("\n")
                case Label(name=name):
                    self.labels[name] = scopes
                    yield f"{name}:"
                case Jump():
                    yield from self.jump(item, scopes).split("\n")
                case Opens(text=text):
                    yield from text.split("\n")
                    scopes = self.inside(scopes)
                case Compound(parts=parts):
                    for part in parts:
                        yield from (
                            part.split("\n") if isinstance(part, str) else self.walk(part, scopes)
                        )

    def inside(self, scopes: Scopes) -> Scopes:
        self.number += 1
        return (*scopes, self.number)

    def jump(self, jump: Jump, scopes: Scopes) -> str:
        reachable = [
            name
            for name, outer in self.labels.items()
            if (outer == scopes if jump.flat else outer == scopes[: len(outer)])
        ]
        if not reachable:
            return jump.instead
        return f"{jump.before}{self.random.choice(reachable)}{jump.behind}"
