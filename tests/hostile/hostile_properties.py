# SPDX-License-Identifier: GPL-2.0-only
"""What must be true of anything that was read, whatever was read."""

import difflib
from functools import cache

from hostile_reader import followed, followed_piece

from reviewer.cfg.graph import Graph
from reviewer.locks.locksets import locksets
from reviewer.patch.read import read_submission
from reviewer.patch.records import PatchError
from reviewer.review import Ruleset, review
from reviewer.ruleset import (
    load_claims,
    load_facts,
    load_rules,
    load_scenarios,
    load_vocabulary,
)
from reviewer.syntax.normalise import normalise
from reviewer.syntax.parse import read_file

ENTRY, EXIT = 0, 1
PATH = "mm/x.c"


@cache
def rules() -> Ruleset:
    """The rules, read once."""
    facts = load_facts()
    return Ruleset(
        facts=facts,
        vocabulary=load_vocabulary(),
        rules=load_rules(()),
        scenarios=cache(lambda: load_scenarios(facts, ())),
        claims=cache(lambda: load_claims(())),
    )


def check_reader(data: bytes) -> None:
    """Read a text as a file and as a hunk, twice."""
    known = rules()
    for reader in (followed, followed_piece):
        graphs = reader(data, known.facts, known.vocabulary)
        for graph in graphs:
            _check_graph(graph, len(data))
            _check_locks(graph)
        again = reader(data, known.facts, known.vocabulary)
        assert repr(graphs) == repr(again), "the same text was read in two ways"
    _check_lengths(data)


def _check_graph(graph: Graph, length: int) -> None:
    """Edges agree, everything is reached, and stands inside of the text."""
    pairs = {(n, to, label) for n, edges in enumerate(graph.succ) for to, label in edges}
    assert pairs == {(of, n, label) for n, edges in enumerate(graph.pred) for of, label in edges}
    assert all(to < len(graph.nodes) for _, to, _ in pairs)
    reached, stack = {ENTRY}, [ENTRY]
    while stack:
        new = {to for to, _ in graph.succ[stack.pop()]} - reached
        reached |= new
        stack += new
    assert reached | {EXIT} == set(range(len(graph.nodes)))
    assert not graph.succ[EXIT]
    for node in graph.nodes:
        assert 0 <= node.loc.start <= node.loc.end <= length, node
        assert node.loc.line >= 1, node


def _check_locks(graph: Graph) -> None:
    """What is held on every way is held on some."""
    found = locksets(graph, rules().facts)
    for held in found.before:
        if held is not None:
            assert held.must <= held.may, held
            assert held.contexts.must <= held.contexts.may, held


def _check_lengths(data: bytes) -> None:
    """Rewriting keeps every offset and every line."""
    source = read_file(data, rules().vocabulary)
    for one in source.segments:
        original = data[one.start : one.end]
        masked = source.outline.masked[one.start : one.end]
        made = normalise(original, masked, one.body - one.start, rules().vocabulary)
        assert len(made.text) == len(original)
        assert made.text.count(b"\n") == original.count(b"\n")


def check_review(before: bytes, after: bytes) -> None:
    """Review the change from one text to another, twice, from its hunks and
    as a series that creates the file first."""
    change = _diff(before, after)
    created = _diff(b"", before)
    inputs = [[("x", change)], [("x", created), ("y", change)]]
    for one in inputs:
        try:
            submission = read_submission(one)
        except PatchError:
            continue
        first, second = (review(submission, None, rules()) for _ in range(2))
        assert repr(first) == repr(second), "two reviews of one patch differ"
        assert all("\n" not in entry.problem.reason for entry in first.problems)


def _diff(before: bytes, after: bytes) -> bytes:
    old, new = _lines(before), _lines(after)
    head = "/dev/null" if not before else f"a/{PATH}"
    made = difflib.diff_bytes(
        difflib.unified_diff, old, new, head.encode(), f"b/{PATH}".encode(), lineterm=b"\n"
    )
    return b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for line in made
    )


def _lines(data: bytes) -> list[bytes]:
    found = data.split(b"\n")
    return [line + b"\n" for line in found[:-1]] + ([found[-1]] if found[-1] else [])
