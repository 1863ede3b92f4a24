# SPDX-License-Identifier: GPL-2.0-only
"""Two versions of a function, aligned as a patch would have it."""

import difflib
from functools import cache

from reviewer.alignment.accesses import Access, accesses
from reviewer.alignment.align import Aligned, align, image, unknown_lockers
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.locks.aliases import aliases
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.vocabulary import Vocabulary

PARAMS = "struct thing *t, struct owner *o, int n"


@cache
def facts() -> Facts:
    return load_facts()


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def graph_of(text: str, params: str = PARAMS) -> Graph:
    """The graph of a function around statements, which begin on line 3."""
    file = read_file(f"int f({params})\n{{\n{text.strip()}\n}}\n".encode(), vocabulary())
    function = file.parsed(file.segments[0])
    assert function.errors == ()
    return build(function, facts())


def found(text: str, params: str = PARAMS) -> tuple[Access, ...]:
    """The accesses of a body."""
    graph = graph_of(text, params)
    return accesses(graph, facts(), aliases(graph, facts()))


def aligned(before: str, after: str, params: str = PARAMS) -> tuple[Aligned, ...]:
    """Both bodies aligned; lines that difflib finds in both are kept."""
    one, two = before.strip().splitlines(), after.strip().splitlines()
    kept = {
        block.a + step + 3: block.b + step + 3
        for block in difflib.SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
        for step in range(block.size)
    }
    old, new = (image(graph_of(text, params), facts()) for text in (before, after))
    return align(old, new, facts(), kept.get)


def of(place: str, before: str, after: str, params: str = PARAMS) -> Aligned:
    """The one read of a place that has a counterpart."""
    some = [
        one
        for one in aligned(before, after, params)
        if (one.access.kind, one.access.place) == ("read", place)
    ]
    assert len(some) == 1, [(one.access.line, one.access.text) for one in some]
    return some[0]


def held(one: Aligned) -> list[tuple[str, set[str] | None, set[str] | None]]:
    """Per path: its condition, the locks held before and after."""
    assert [state.path for state in one.before] == [state.path for state in one.after]
    return [
        (
            old.path,
            None if old.must is None else set(old.must),
            None if new.must is None else set(new.must),
        )
        for old, new in zip(one.before, one.after, strict=True)
    ]


def lockers(before: str, after: str) -> tuple[str, ...]:
    """Calls that look like locks and that only one of two bodies makes."""
    return unknown_lockers(graph_of(before), graph_of(after), facts())
