# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview index``: the index of a tree, which evidence is taken from."""

import argparse
import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.frontend.arguments import Parser
from reviewer.frontend.inputs import InputError, is_directory

if TYPE_CHECKING:
    from reviewer.evidence.building import Built, Progress

_HELP = """Build the index of a kernel tree, or bring it up to date: who touches which member of
which structure, what is held there, who calls whom.  Reviews with this tree (--tree, or inside
the checkout) then say what the rest of the kernel does.  Only files that changed are read."""
_MORE = """The index lies in the cache of the user and can be deleted at any time.  Interrupted, it
goes on where it was; a review meanwhile uses what is there and says how much that is."""


def index_path(tree: str) -> Path:
    """Where the index of a tree lies: by the tree's resolved path, in the cache of the user."""
    top = os.path.realpath(tree)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.sha256(os.fsencode(top)).hexdigest()[:12]
    return Path(cache) / "mmreview" / "index" / f"{Path(top).name}-{digest}.sqlite"


def run(args: Sequence[str]) -> int:
    """The verb; returns the exit status."""
    options = parser().parse_args(args)
    if not is_directory(options.tree):
        raise InputError(f"{options.tree}: no such directory")
    if options.ask is not None:
        from reviewer.frontend.asking import ask

        path = Path(options.output) if options.output else index_path(options.tree)
        for line in ask(path, options.ask):
            print(line)
        return 0
    top = os.path.realpath(options.tree)
    folders = [one.strip("/") for one in options.only]
    for one in folders:
        if not is_directory(f"{top}/{one}"):
            raise InputError(f"--only {one}: the tree has no such folder")
    path = Path(options.output) if options.output else index_path(top)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        built, counted = _built(path, top, folders, options.jobs)
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"{path}: {error}") from None
    told = f"{built.read} files read, {built.same} as they were, {built.gone} gone"
    print(f"{path}: {told}; {counted['function']:,} functions, {counted['access']:,} accesses")
    return 0


def _built(
    path: Path, top: str, folders: Sequence[str], jobs: int
) -> "tuple[Built, dict[str, int]]":
    from reviewer import ruleset
    from reviewer.evidence.building import alone, build
    from reviewer.evidence.store import Damaged, counts, opened

    with alone(path, lambda: _say("another process is writing this index; waiting for it")):
        try:
            base = opened(path)
        except Damaged as error:
            _say(f"{error}: made anew")
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            base = opened(path)
        facts, vocabulary = ruleset.load_facts(), ruleset.load_vocabulary()
        built = build(base, top, vocabulary, facts, folders, jobs, _progress())
        return built, dict(counts(base))


def _progress() -> "Callable[[Progress], None]":
    """A line on a terminal, nothing elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None

    def show(progress: "Progress") -> None:
        share = 100 * progress.size // max(progress.bytes, 1)
        end = "\n" if progress.done == progress.total else ""
        print(
            f"\rmmreview: {progress.done:,} of {progress.total:,} files, {share} %",
            end=end,
            file=sys.stderr,
            flush=True,
        )

    return show


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(
        prog="mmreview index",
        description=_HELP,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("tree", metavar="TREE", help="kernel checkout or directory")
    made.add_argument(
        "--only", metavar="FOLDER", action="append", default=[], help="read this folder of it only"
    )
    made.add_argument("-j", "--jobs", type=int, default=0, help="processes; one a processor")
    made.add_argument("-o", "--output", metavar="FILE", help="the index is FILE")
    made.add_argument(
        "--ask",
        metavar="WHAT",
        help="ask the index, do not build it: STRUCTURE.MEMBER (who changes it under which lock), "
        "FUNCTION() (what its callers hold), LOCK,LOCK (which is taken first)",
    )
    return made


def _say(text: str) -> None:
    print(f"mmreview: {text}", file=sys.stderr)
