# SPDX-License-Identifier: GPL-2.0-only
"""One file of a patch in both images, before its functions are compared."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.cfg.inline import Bodies, Body
from reviewer.checker.callees import STRANGERS, Neighbours, neighbours, sharing
from reviewer.checker.counterparts import Counterparts, Files, lone, renamed, touched
from reviewer.checker.rule import Around
from reviewer.facts import Facts
from reviewer.locks.conventions import with_conventions
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.vocabulary import Vocabulary

if TYPE_CHECKING:
    from reviewer.locks.effects import Effects

Take = Callable[[int], bool]
"""Whether so much work may still be done."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The file, what is known of it, ``renamed``: functions that have another
    name after the patch, and ``alone``: those that one image has only."""

    pair: SourcePair
    files: Files
    vocabulary: Vocabulary
    facts: Facts
    around: Around
    known: tuple[Neighbours, Neighbours]
    renamed: tuple[Counterparts, ...]
    alone: tuple[tuple[Graph, ...], tuple[Graph, ...]]


def opened(pair: SourcePair, vocabulary: Vocabulary, facts: Facts, take: Take) -> Opened:
    """Read the file as far as it is needed to compare anything of it."""
    files = _file(pair.before, vocabulary), _file(pair.after, vocabulary)
    facts = _named(pair, files, facts)
    sides = [list(lone(pair, files, side, vocabulary)) for side in (0, 1)]
    pairs = renamed(pair, sides[0], sides[1])
    names = {name for one in pairs for name in (one.name, one.old_name)}
    gone, new = (
        tuple(build(one.read(), facts) for one in side if one.name not in names and take(one.size))
        for side in sides
    )
    around, known = _around(pair, files, facts), _known(*files, facts)
    return Opened(pair, files, vocabulary, facts, around, known, pairs, (gone, new))


Alone = Mapping[str, tuple[Opened, Graph]]
"""The functions only one image has, by name, each with its file."""


def lone_functions(files: Sequence[Opened], side: int) -> Alone:
    """Those of all files of a patch; 0 before the patch, 1 after it."""
    found: dict[str, tuple[Opened, Graph]] = {}
    for file in files:
        for graph in file.alone[side]:
            found.setdefault(graph.function.name, (file, graph))
    return found


def bodies(file: Opened, alone: Alone, side: int) -> Bodies:
    """What stands in the place of calls in one file: its own functions first."""
    own = {graph.function.name: Body(graph, True) for graph in file.alone[side]}

    def find(name: str) -> Body | None:
        if name in own or name not in alone:
            return own.get(name)
        return Body(alone[name][1], alone[name][0] is file)

    return find


def _file(data: bytes | None, vocabulary: Vocabulary) -> SourceFile | None:
    return None if data is None else read_file(data, vocabulary)


def _named(pair: SourcePair, files: Files, facts: Facts) -> Facts:
    """The facts, with what names tell of the locks of the functions in touched lines."""
    changed: list[bytes] = []
    for file, lines in zip(files, (pair.hunk_lines_before, pair.hunk_lines), strict=True):
        if file is not None and pair.whole:
            names = set(touched(file, lines))
            some = (one for one in file.segments if one.name in names)
            changed += [file.outline.masked[one.body : one.end] for one in some]
    whole = [one for one in files if one is not None]
    defined = frozenset(one.name for file in whole for one in file.segments)
    return with_conventions(facts, changed, [one.outline.masked for one in whole], defined)


def _around(pair: SourcePair, files: Files, facts: Facts) -> Around:
    """The functions of both images for those who count locks, made when first asked for."""

    @cache
    def around() -> "tuple[Effects, Effects] | None":
        from reviewer.locks.effects import Effects

        one, two = files
        if one is None or two is None or not pair.whole:
            return None
        return Effects(one, facts), Effects(two, facts)

    return around


def _known(
    before: SourceFile | None, after: SourceFile | None, facts: Facts
) -> tuple[Neighbours, Neighbours]:
    """The other functions of both images."""
    old, new = (STRANGERS if one is None else neighbours(one, facts) for one in (before, after))
    if before is not None and after is not None:
        new = sharing(new, after, old, before)
    return old, new
