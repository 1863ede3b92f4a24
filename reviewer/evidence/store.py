# SPDX-License-Identifier: GPL-2.0-only
"""The index on disk: what every file of a tree tells, by the hash of its bytes.

One SQLite database a tree.  The rows of one file come and go in one transaction,
so whoever is killed leaves whole files only, and readers see whole files while others write.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reviewer.evidence.records import FileRows

FORMAT = 1
"""Another number, another database: an old one is thrown away."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE held (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, hash BLOB NOT NULL,
  size INTEGER, time INTEGER, trouble TEXT, first INTEGER, last INTEGER);
CREATE TABLE function (id INTEGER PRIMARY KEY, file INTEGER, name INTEGER, first INTEGER,
  last INTEGER, static INTEGER, macro TEXT, returns TEXT, parameters TEXT, attributes TEXT);
CREATE TABLE access (function INTEGER, n INTEGER, kind TEXT, member INTEGER, outer INTEGER,
  place TEXT, root TEXT, line INTEGER, held INTEGER, fresh INTEGER,
  PRIMARY KEY (function, n)) WITHOUT ROWID;
CREATE TABLE call (function INTEGER, n INTEGER, callee INTEGER, line INTEGER, held INTEGER,
  fresh INTEGER, PRIMARY KEY (function, n)) WITHOUT ROWID;
CREATE TABLE taken (function INTEGER, n INTEGER, member INTEGER, place TEXT, root TEXT,
  kind TEXT, shared INTEGER, line INTEGER, held INTEGER,
  PRIMARY KEY (function, n)) WITHOUT ROWID;
CREATE TABLE effect (function INTEGER, n INTEGER, what TEXT, member INTEGER, place TEXT,
  root TEXT, line INTEGER, PRIMARY KEY (function, n)) WITHOUT ROWID;
CREATE TABLE mentioned (file INTEGER, n INTEGER, function INTEGER, name INTEGER, how TEXT,
  line INTEGER, PRIMARY KEY (file, n)) WITHOUT ROWID;
CREATE TABLE member (file INTEGER, n INTEGER, structure INTEGER, member INTEGER, type TEXT,
  PRIMARY KEY (file, n)) WITHOUT ROWID;
CREATE TABLE variable (file INTEGER, name INTEGER, type TEXT,
  PRIMARY KEY (file, name)) WITHOUT ROWID;
CREATE TABLE typedef (file INTEGER, name INTEGER, structure TEXT,
  PRIMARY KEY (file, name)) WITHOUT ROWID;
"""

_INDEXES = {
    "function_name": "function (name)",
    "access_member": "access (member)",
    "access_outer": "access (outer) WHERE outer <> member",
    "call_callee": "call (callee)",
    "taken_member": "taken (member)",
    "effect_member": "effect (member)",
    "mentioned_name": "mentioned (name)",
    "mentioned_macro": "mentioned (how) WHERE how LIKE '#%'",
    "member_structure": "member (structure)",
    "member_member": "member (member)",
    "variable_name": "variable (name)",
    "typedef_name": "typedef (name)",
}
_COLUMNS = {
    "function": 10,
    "access": 10,
    "call": 6,
    "taken": 9,
    "effect": 7,
    "mentioned": 6,
    "member": 5,
    "variable": 3,
    "typedef": 3,
}
_BY_FUNCTION = ("access", "call", "taken", "effect")
_BY_FILE = ("mentioned", "member", "variable", "typedef")


class Damaged(Exception):
    """A database that cannot be used; one line."""


def opened(path: Path | None) -> sqlite3.Connection:
    """The database at ``path``, made where there is none or one of another format; in
    memory for None."""
    try:
        base = sqlite3.connect(
            ":memory:" if path is None else path, timeout=60, isolation_level=None
        )
        if path is not None:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
        base.execute("PRAGMA cache_size = -65536")
        found = base.execute("PRAGMA user_version").fetchone()[0]
        tables = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path}: {error}") from None
    if tables and found != FORMAT:
        raise Damaged(f"{path}: of format {found}, not {FORMAT}")
    if not tables:
        base.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {FORMAT};COMMIT;")
    return base


def with_indexes(base: sqlite3.Connection) -> None:
    """Make what queries go by, where it is missing: last, as it slows down writing."""
    for name, what in _INDEXES.items():
        base.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {what}")


class Numbers:
    """Texts of one table by number; new ones are written with the rows that need them."""

    def __init__(self, base: sqlite3.Connection, table: str) -> None:
        self._known: dict[str, int] = {
            text: number for number, text in base.execute(f"SELECT id, text FROM {table}")
        }
        self._table = table
        self._next = max(self._known.values(), default=-1 if table == "held" else 0) + 1
        self._new: list[tuple[int, str]] = []

    def of(self, text: str) -> int:
        """The number of a text."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._next
            self._next += 1
            self._new.append((found, text))
        return found

    def write(self, base: sqlite3.Connection) -> None:
        """Write the new ones."""
        base.executemany(f"INSERT INTO {self._table} VALUES (?, ?)", self._new)
        self._new.clear()


class Writer:
    """Puts files into a database; one a database at a time (the caller sees to it)."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._names, self._held = Numbers(base, "name"), Numbers(base, "held")
        self._function = self._after("function")
        self._file = self._after("file")

    def _after(self, table: str) -> int:
        return int(
            self._base.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0]
        )

    def put(self, files: Iterable[tuple[str, bytes, int, int, FileRows]]) -> None:
        """Put files, each as path, hash, size, time of change and rows, in one transaction."""
        self._base.execute("BEGIN IMMEDIATE")
        for path, digest, size, time, rows in files:
            self._drop(path)
            self._put(path, digest, size, time, rows)
        self._names.write(self._base)
        self._held.write(self._base)
        self._base.execute("COMMIT")

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files that are gone."""
        self._base.execute("BEGIN IMMEDIATE")
        for path in paths:
            self._drop(path)
        self._base.execute("COMMIT")

    def touch(self, files: Iterable[tuple[str, int, int]]) -> None:
        """Note down the new time of files whose bytes are what they were."""
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("UPDATE file SET size = ?2, time = ?3 WHERE path = ?1", list(files))
        self._base.execute("COMMIT")

    def _drop(self, path: str) -> None:
        base = self._base
        found = base.execute("SELECT id, first, last FROM file WHERE path = ?", (path,)).fetchone()
        if found is None:
            return
        number, first, last = found
        for table in _BY_FUNCTION:
            base.execute(f"DELETE FROM {table} WHERE function BETWEEN ? AND ?", (first, last))
        base.execute("DELETE FROM function WHERE id BETWEEN ? AND ?", (first, last))
        for table in _BY_FILE:
            base.execute(f"DELETE FROM {table} WHERE file = ?", (number,))
        base.execute("DELETE FROM file WHERE id = ?", (number,))

    def _put(self, path: str, digest: bytes, size: int, time: int, rows: FileRows) -> None:
        held = [self._held.of(one) for one in rows.held]
        start, number = self._function, self._file
        self._function += len(rows.functions)
        self._file += 1
        self._base.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, path, digest, size, time, rows.trouble, start, self._function - 1),
        )
        for table, some in self._numbered(rows, start, number, held):
            marks = ", ".join("?" * _COLUMNS[table])
            self._base.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", some)

    def _numbered(
        self, rows: FileRows, start: int, number: int, held: Sequence[int]
    ) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
        """The rows of each table with numbers in the place of names and indices."""
        of = self._names.of
        functions = enumerate(rows.functions)
        yield "function", [(start + n, number, of(one[0]), *one[1:]) for n, one in functions]
        yield (
            "access",
            [
                (start + f, n, kind, of(member), of(outer), place, root, line, held[h], fresh)
                for n, (f, kind, member, outer, place, root, line, h, fresh) in enumerate(
                    rows.accesses
                )
            ],
        )
        calls = enumerate(rows.calls)
        yield "call", [(start + c[0], n, of(c[1]), c[2], held[c[3]], c[4]) for n, c in calls]
        taken = enumerate(rows.taken)
        yield "taken", [(start + t[0], n, of(t[1]), *t[2:7], held[t[7]]) for n, t in taken]
        effects = enumerate(rows.effects)
        yield "effect", [(start + e[0], n, e[1], of(e[2]), *e[3:]) for n, e in effects]
        mentioned = enumerate(rows.mentioned)
        yield (
            "mentioned",
            [
                (number, n, start + m[0] if m[0] >= 0 else -1, of(m[1]), *m[2:])
                for n, m in mentioned
            ],
        )
        members = enumerate(rows.members)
        yield "member", [(number, n, of(s), of(m), kind) for n, (s, m, kind) in members]
        yield "variable", [(number, of(name), kind) for name, kind in rows.variables]
        yield "typedef", [(number, of(name), kind) for name, kind in rows.typedefs]


def known_files(base: sqlite3.Connection) -> Mapping[str, tuple[bytes, int, int]]:
    """Hash, size and time of change of every file that was read, by its path."""
    rows = base.execute("SELECT path, hash, size, time FROM file")
    return {path: (digest, size, time) for path, digest, size, time in rows}


def told(base: sqlite3.Connection, key: str) -> str:
    """What is noted down under a key; empty for nothing."""
    found = base.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return "" if found is None else str(found[0])


def note(base: sqlite3.Connection, key: str, value: str) -> None:
    """Note something down."""
    base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def counts(base: sqlite3.Connection) -> Mapping[str, int]:
    """The number of rows of each table."""
    tables: Sequence[str] = ("file", "function", *_BY_FUNCTION, *_BY_FILE)
    return {one: int(base.execute(f"SELECT count(*) FROM {one}").fetchone()[0]) for one in tables}


def contents(base: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """Everything the index says, free of numbers, file by file in the order of paths:
    equal for two indexes that were made in different ways."""
    for path, number, digest, trouble, first, last in base.execute(
        "SELECT path, id, hash, trouble, first, last FROM file ORDER BY path"
    ).fetchall():
        yield path, digest, trouble
        span = {"first": first, "last": last, "file": number}
        for query in _CONTENTS:
            yield from base.execute(query, span)


_OF_FUNCTION = "WHERE function BETWEEN :first AND :last ORDER BY function, n"
_CONTENTS = tuple(
    " ".join(one.split())
    for one in (
        """SELECT 'f', id - :first, (SELECT text FROM name WHERE id = f.name), f.first, f.last,
        static, macro, returns, parameters, attributes FROM function f
        WHERE id BETWEEN :first AND :last ORDER BY id""",
        f"""SELECT 'a', function - :first, n, kind, m.text, o.text, place, root, line, h.text, fresh
        FROM access JOIN name m ON m.id = member JOIN name o ON o.id = outer
        JOIN held h ON h.id = held {_OF_FUNCTION}""",
        f"""SELECT 'c', function - :first, n, c.text, line, h.text, fresh FROM call
        JOIN name c ON c.id = callee JOIN held h ON h.id = held {_OF_FUNCTION}""",
        f"""SELECT 't', function - :first, n, m.text, place, root, kind, shared, line, h.text
        FROM taken JOIN name m ON m.id = member JOIN held h ON h.id = held {_OF_FUNCTION}""",
        f"""SELECT 'e', function - :first, n, what, m.text, place, root, line FROM effect
        JOIN name m ON m.id = member {_OF_FUNCTION}""",
        """SELECT 'n', n, CASE WHEN function < 0 THEN -1 ELSE function - :first END, m.text, how,
        line FROM mentioned JOIN name m ON m.id = name WHERE file = :file ORDER BY n""",
        """SELECT 's', n, s.text, m.text, type FROM member JOIN name s ON s.id = structure
        JOIN name m ON m.id = member WHERE file = :file ORDER BY n""",
        """SELECT 'v', m.text, type FROM variable JOIN name m ON m.id = name
        WHERE file = :file ORDER BY 2""",
        """SELECT 'y', m.text, structure FROM typedef JOIN name m ON m.id = name
        WHERE file = :file ORDER BY 2""",
    )
)
