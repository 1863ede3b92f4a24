# SPDX-License-Identifier: GPL-2.0-only
"""Small trees in memory, as witnesses."""

from collections.abc import Mapping
from functools import cache

from reviewer.evidence.building import build
from reviewer.evidence.reading import asserting, read_rows
from reviewer.evidence.records import FileRows
from reviewer.evidence.store import Writer, note, opened, with_indexes
from reviewer.evidence.witness import Witness
from reviewer.facts import Facts
from reviewer.locks.sleeps import quiet_by
from reviewer.ruleset import load_facts, load_tree_facts, load_vocabulary

__all__ = ["build", "facts", "rows", "witness"]


@cache
def facts() -> Facts:
    """The facts that are shipped."""
    return load_facts()


def rows(text: str) -> FileRows:
    """The rows of one file."""
    return read_rows(text.encode(), load_vocabulary(), facts(), asserting(facts()))


def witness(files: Mapping[str, str]) -> Witness:
    """A tree of some files, all of which were read."""
    base = opened(None)
    Writer(base).put([(path, b"", len(text), 0, rows(text)) for path, text in files.items()])
    with_indexes(base)
    note(base, "complete", "yes")
    return Witness(base, load_tree_facts(), quiet_by(facts()))
