# SPDX-License-Identifier: GPL-2.0-only
"""A witness where there is no index: some files near the patch, read for this review."""

import sqlite3
from collections.abc import Callable, Sequence

from reviewer.evidence.reading import asserting, read_rows
from reviewer.evidence.store import Writer, note, opened, with_indexes
from reviewer.facts import Facts
from reviewer.syntax.vocabulary import Vocabulary

BUDGET = 1_000_000
"""Bytes of source that are read: some three seconds.  Not seconds, so that the answer does not
depend on what else the machine does."""


def nearby(
    touched: Sequence[str],
    beside: Sequence[tuple[str, int]],
    read: Callable[[str], bytes | None],
    vocabulary: Vocabulary,
    facts: Facts,
) -> sqlite3.Connection:
    """An index in memory of the ``touched`` files and of those ``beside`` them (path and size)
    as far as the budget goes, small ones first."""
    base = opened(None)
    writer, asserts = Writer(base), asserting(facts)
    left, count = BUDGET, 0
    wanted = [*touched]
    for path, size in sorted(beside, key=lambda one: (one[1], one[0])):
        if path not in wanted and size <= left:
            left -= size
            wanted.append(path)
    for path in wanted:
        data = read(path)
        if data is not None:
            rows = read_rows(data, vocabulary, facts, asserts)
            writer.put([(path, b"", len(data), 0, rows)])
            count += 1
    with_indexes(base)
    note(base, "files", "")
    note(base, "part", f"{count} files: those the patch touches and others beside them")
    return base
