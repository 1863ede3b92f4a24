# SPDX-License-Identifier: GPL-2.0-only
"""The database: files come and go whole."""

import sqlite3
from pathlib import Path

import pytest
from trees import rows

from reviewer.evidence.store import Damaged, Writer, contents, counts, opened, with_indexes

ONE = (
    "struct a { int x; };\nvoid f(struct a *p)\n{\n\tspin_lock(&p->l);\n\tp->x = 1;\n"
    "\tspin_unlock(&p->l);\n}\n"
)
TWO = "void g(struct a *p)\n{\n\tf(p);\n\tp->x++;\n}\n"


def put(base: sqlite3.Connection, *files: tuple[str, str]) -> None:
    """Write some files."""
    Writer(base).put([(path, text.encode(), len(text), 0, rows(text)) for path, text in files])


def test_the_order_of_writing_does_not_show() -> None:
    one, two = opened(None), opened(None)
    put(one, ("a.c", ONE), ("b.c", TWO))
    put(two, ("b.c", TWO))
    put(two, ("a.c", ONE))
    with_indexes(two)
    assert list(contents(one)) == list(contents(two))
    assert len(list(contents(one))) > 10


def test_a_changed_file_takes_the_place_of_the_old_one() -> None:
    one, two = opened(None), opened(None)
    put(one, ("a.c", TWO), ("b.c", TWO))
    put(one, ("a.c", ONE))
    put(two, ("a.c", ONE), ("b.c", TWO))
    assert list(contents(one)) == list(contents(two))


def test_a_file_that_is_gone_leaves_nothing() -> None:
    base = opened(None)
    put(base, ("a.c", ONE), ("b.c", TWO))
    Writer(base).remove(["a.c", "b.c"])
    assert set(counts(base).values()) == {0}


def test_a_database_of_another_format_or_none_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE x (y)")
    with pytest.raises(Damaged, match="of format 0"):
        opened(other)
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all, " * 100)
    with pytest.raises(Damaged, match="not a database"):
        opened(broken)
