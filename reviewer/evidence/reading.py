# SPDX-License-Identifier: GPL-2.0-only
"""One C file in, the rows of the index out."""

from functools import cache

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.evidence.doings import put_calls, put_effects
from reviewer.evidence.inside import Rows, opened_one, type_of
from reviewer.evidence.outside import named_outside
from reviewer.evidence.records import (
    FileRows,
    FunctionRow,
)
from reviewer.evidence.touches import put_accesses
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.conventions import with_conventions
from reviewer.locks.mentions import by_name, mentions
from reviewer.locks.summaries import MAX_DEPTH, summaries
from reviewer.syntax.declared import types
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.structures import declared_in
from reviewer.syntax.vocabulary import Vocabulary

MAX_BYTES = 4_000_000
"""A larger file of the kernel is a table of register numbers."""


def asserting(facts: Facts) -> frozenset[str]:
    """The functions that assert a lock or a context."""
    every = facts.functions
    return frozenset(name for name in every if every[name].assumes or every[name].assumes_contexts)


def read_rows(
    data: bytes, vocabulary: Vocabulary, facts: Facts, asserts: frozenset[str]
) -> FileRows:
    """The rows of one file; ``asserts`` is `asserting`, which is the same for all."""
    if len(data) > MAX_BYTES:
        return FileRows(trouble=f"larger than {MAX_BYTES // 1_000_000} MB")
    if b"{" not in data:
        return FileRows()
    file = read_file(data, vocabulary)
    declared = declared_in(file.outline, vocabulary)
    made = _functions(file, facts, asserts) if file.segments else Rows(facts, _nothing, asserts)
    made.mentioned.extend(named_outside(file))
    return FileRows(
        tuple(made.functions),
        tuple(made.accesses),
        tuple(made.calls),
        tuple(made.taken),
        tuple(made.done),
        tuple(made.mentioned),
        tuple(made.held),
        tuple((one.name, name, kind) for one in declared.structures for name, kind in one.members),
        declared.variables,
        declared.typedefs,
    )


def _nothing(name: str) -> FunctionFact | None:
    return None


def _functions(file: SourceFile, plain: Facts, asserts: frozenset[str]) -> Rows:
    segments = by_name(file)
    masked = file.outline.masked
    bodies = [masked[one.body : one.end] for one in file.segments]
    facts = with_conventions(plain, bodies, [masked], frozenset(segments))
    words = mentions(file, segments, facts, MAX_DEPTH)

    @cache
    def graph_of(name: str) -> Graph | None:
        function = file.parsed(segments[name])
        return None if function.errors else build(function, facts)

    effects = summaries(
        lambda name: graph_of(name) if words.locks(name, MAX_DEPTH) else None,
        facts,
        lambda name: words.height(name, MAX_DEPTH),
    )
    made = Rows(facts, effects, asserts)
    for segment in file.segments:
        first = segments[segment.name] is segment
        function = file.parsed(segment)
        if first:
            graph = graph_of(segment.name) or build(function, facts)
            calls = words.calls(segment.name)
            locking = not (calls.isdisjoint(facts.lockers) and calls.isdisjoint(asserts))
            locking = locking or any(
                words.locks(one, MAX_DEPTH) and effects(one) is not None for one in calls
            )
        else:
            graph, locking = build(function, facts), True
        header = file.data[segment.start : segment.body]
        static = int(b"static" in header.split())
        _function(made, graph, segment.macro, static, segment.last, locking)
    # These refer to each other in a ring: without what they hold it is a small one.
    graph_of.cache_clear()
    file.forget()
    return made


def _function(made: Rows, graph: Graph, macro: str, static: int, last: int, locking: bool) -> None:
    function = graph.function
    number = len(made.functions)
    kinds = {name: type_of(kind) for name, kind in types(function).items()}
    made.functions.append(
        FunctionRow(
            function.name,
            function.loc.line,
            last,
            static,
            macro,
            type_of(function.type),
            ",".join(f"{one.name}:{type_of(one.type)}" for one in function.params),
            " ".join(one for one in function.attributes if "(" not in one),
        )
    )
    one = opened_one(made, graph, kinds, locking or bool(function.attributes))
    put_accesses(made, number, one)
    put_calls(made, number, one)
    put_effects(made, number, one)
