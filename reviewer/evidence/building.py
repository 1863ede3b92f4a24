# SPDX-License-Identifier: GPL-2.0-only
"""An index is made, or brought up to date: only files whose bytes changed are read."""

import fcntl
import gc
import hashlib
import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import connection
from pathlib import Path
from threading import Thread
from time import time_ns

from reviewer.evidence.reading import asserting, read_rows
from reviewer.evidence.records import FileRows
from reviewer.evidence.store import Writer, known_files, note, with_indexes
from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.syntax.vocabulary import Vocabulary

SUFFIXES = (".c", ".h")
LEFT_OUT = ("tools", "samples", "Documentation", "scripts", ".git")
"""Folders of a kernel tree that are no part of the kernel."""

BATCH = 400_000
"""Bytes of source that one worker is given at a time."""

COLLECT = 12
"""Batches after which a worker collects what is left in rings."""

FILES = 64
RACY = 2_000_000_000
"""Nanoseconds for which a file may change again without its time of change telling."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file of a tree: its path there, size and time of change in nanoseconds."""

    path: str
    size: int
    time: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: ``done`` files of ``total``, ``size`` bytes of ``bytes``."""

    done: int
    total: int
    size: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: files ``read``, taken over unread (``same``) and forgotten (``gone``)."""

    read: int
    same: int
    gone: int


def files_of(top: str, folders: Sequence[str] = ()) -> Iterator[Seen]:
    """The C files of a tree, or of some folders of it, in the order of their names."""
    stack = [(f"{top}/{one}" if one else top) for one in sorted(folders or [""], reverse=True)]
    prefix = len(top) + 1
    while stack:
        folder = stack.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name, reverse=True)
        except OSError:
            continue
        files = []
        for one in entries:
            if one.is_dir(follow_symlinks=False):
                if one.path[prefix:] not in LEFT_OUT and not one.name.startswith("."):
                    stack.append(one.path)
            elif one.name.endswith(SUFFIXES) and one.is_file(follow_symlinks=False):
                about = one.stat(follow_symlinks=False)
                files.append(Seen(one.path[prefix:], about.st_size, about.st_mtime_ns))
        yield from reversed(files)


@contextmanager
def alone(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Only one process writes an index; another waits, and says so."""
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


Read = tuple[str, bytes, int, int, FileRows | None]
"""Path, hash, size, time of change, and the rows; None where the hash is the known one."""

_setting: list[tuple[str, Vocabulary, Facts, frozenset[str], Mapping[str, bytes]]] = []


_batch = [0]


def _begin(top: str, vocabulary: Vocabulary, facts: Facts, known: Mapping[str, bytes]) -> None:
    """In a worker: what it needs for every file.  Nothing is left to collect while it
    works but the rings that closures make, and these are rare."""
    if (parent := multiprocessing.parent_process()) is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _setting[:] = [(top, vocabulary, facts, asserting(facts), known)]
    gc.freeze()
    gc.disable()


def _end_with(parent: int) -> None:
    """Do not outlive the process that asked: with it the lock on the index must go."""
    connection.wait([parent])
    os._exit(1)


def _read(some: Sequence[Seen]) -> list[Read]:
    top, vocabulary, facts, asserts, known = _setting[0]
    found: list[Read] = []
    for one in some:
        try:
            data = Path(top, one.path).read_bytes()
        except OSError as error:
            rows = FileRows(trouble=error.strerror or "cannot be read")
            found.append((one.path, b"", one.size, one.time, rows))
            continue
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        if known.get(one.path) == digest:
            found.append((one.path, digest, one.size, one.time, None))
            continue
        try:
            rows = read_rows(data, vocabulary, facts, asserts)
        except Exception as error:
            # One file that cannot be analysed must not cost the others.
            if "MMREVIEW_DEBUG" in os.environ:
                raise
            rows = FileRows(trouble=f"{type(error).__name__}: {error}".splitlines()[0])
        found.append((one.path, digest, one.size, one.time, rows))
    _batch[0] += 1
    if _batch[0] % COLLECT == 0:
        gc.collect()
    return found


def build(
    base: sqlite3.Connection,
    top: str,
    vocabulary: Vocabulary,
    facts: Facts,
    folders: Sequence[str] = (),
    workers: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Built:
    """Bring the index of the tree at ``top`` up to date; ``folders`` is what to read of it,
    ``workers`` how many processes do so (0: one a processor).  Files of other folders stay."""
    known = known_files(base)
    seen = list(files_of(top, folders))
    now = time_ns()
    todo = [one for one in seen if not _same(one, known, now)]
    there = {one.path for one in seen}
    gone = [one for one in known if one not in there and _inside(one, folders)]
    writer = Writer(base)
    note(base, "files", str(len(seen)))
    note(base, "folders", " ".join(sorted(folders)))
    if gone:
        writer.remove(gone)
    hashes = {path: about[0] for path, about in known.items()}
    read = 0
    total = sum(one.size for one in todo)
    done = size = 0
    for batch in _batches(todo, top, vocabulary, facts, hashes, workers):
        fresh = [(path, d, s, t, rows) for path, d, s, t, rows in batch if rows is not None]
        touched = [(path, s, t) for path, _, s, t, rows in batch if rows is None]
        if fresh:
            writer.put(fresh)
        if touched:
            writer.touch(touched)
        read += len(fresh)
        done += len(batch)
        size += sum(one[2] for one in batch)
        progress(Progress(done, len(todo), size, total))
    with_indexes(base)
    note(base, "complete", "yes")
    return Built(read, len(seen) - read, len(gone))


def _same(one: Seen, known: Mapping[str, tuple[bytes, int, int]], now: int) -> bool:
    """Whether a file is surely what it was: its time is, and that lies back far enough
    for a later change to have another."""
    found = known.get(one.path)
    return found is not None and found[1:] == (one.size, one.time) and now - one.time > RACY


def _inside(path: str, folders: Sequence[str]) -> bool:
    return not folders or any(path.startswith(f"{one}/") for one in folders)


def _batches(
    todo: Sequence[Seen],
    top: str,
    vocabulary: Vocabulary,
    facts: Facts,
    hashes: Mapping[str, bytes],
    workers: int,
) -> Iterator[list[Read]]:
    """The files read, some at a time."""
    wanted = min(workers or os.cpu_count() or 1, max(1, len(todo) // FILES))
    parts = list(_parts(todo))
    if wanted == 1:
        _begin(top, vocabulary, facts, hashes)
        try:
            yield from map(_read, parts)
        finally:
            gc.enable()
            gc.unfreeze()
        return
    context = multiprocessing.get_context("fork")
    arguments = (top, vocabulary, facts, hashes)
    with ProcessPoolExecutor(wanted, context, _begin, arguments) as pool:
        waiting: set[Future[list[Read]]] = set()
        for part in parts:
            waiting.add(pool.submit(_read, part))
            if len(waiting) > 2 * wanted:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in done)


def _parts(todo: Sequence[Seen]) -> Iterator[list[Seen]]:
    part: list[Seen] = []
    size = 0
    for one in todo:
        part.append(one)
        size += one.size
        if size > BATCH or len(part) == FILES:
            yield part
            part, size = [], 0
    if part:
        yield part
