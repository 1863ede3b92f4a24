# SPDX-License-Identifier: GPL-2.0-only
"""A corpus of labelled patches: its index, the images of a patch, and both without comments."""

import csv
import difflib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.patch.read import read_submission
from reviewer.patch.records import FileDiff, PatchError
from reviewer.source.apply import ApplyError, apply

SETS = ("fixes", "quiet", "hardquiet")
Images = Mapping[str, bytes]

# Literals come first, so that what looks like a comment inside one is left alone.
_TOKEN = re.compile(
    rb"""(?P<kept>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    rb"""|(?P<comment>/\*.*?(?:\*/|\Z)|//(?:\\\r?\n|[^\n])*)""",
    re.DOTALL,
)
_DIFF = re.compile(rb"^diff --git ", re.MULTILINE)
# A backslash that ends a line joins it to the next one before comments are looked for.
_INK = re.compile(rb"(?!\\\r?\n)[^\s]")


class CorpusError(Exception):
    """The corpus is missing or not of the wanted form; one line."""


@dataclass(frozen=True)
class Entry:
    """One row of an index; ``group`` is what figures are told apart by."""

    set: str
    id: str
    subject: str
    patch: Path
    reversal: Path
    tree: Path
    kind: str = ""
    category: str = ""
    tier: str = ""
    reason: str = ""

    @property
    def group(self) -> str:
        return f"{self.set} {self.kind}" if self.set == "quiet" else self.set

    @property
    def directions(self) -> tuple[str, ...]:
        return ("forward",) if self.set == "hardquiet" else ("reverse", "forward")


def read_corpus(folder: Path, sets: Sequence[str] = SETS) -> list[Entry]:
    """The entries of all sets, in the order of their indexes.  Raises CorpusError."""
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such directory")
    entries = [entry for name in sets for entry in _read_set(folder, name)]
    for entry in entries:
        for path in (entry.patch, entry.reversal, entry.tree):
            if not path.exists():
                raise CorpusError(f"{path}: missing, though {entry.set}/INDEX.tsv names it")
    return entries


def _read_set(folder: Path, name: str) -> Iterator[Entry]:
    index = folder / name / "INDEX.tsv"
    for row in table(index, ("id", "subject", "file", "tree")):
        patch = index.parent / row["file"]
        yield Entry(
            set=name,
            id=row["id"],
            subject=row["subject"],
            patch=patch,
            reversal=index.parent / "rev" / row["file"],
            tree=folder / "touched" / f"linux-source-{row['tree']}",
            kind=row.get("kind") or "",
            category=row.get("category") or "",
            tier=row.get("tier") or "",
            reason=row.get("reason") or "",
        )


def table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a file of tab-separated columns.  Raises CorpusError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(f"{path}: no column {missing[0]}")
            return list(reader)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}") from None


def file_diffs(data: bytes, name: str) -> tuple[FileDiff, ...]:
    """The diffs of a patch that holds nothing else.  Raises CorpusError."""
    try:
        patches = read_submission([(name, data)]).patches
    except PatchError as error:
        raise CorpusError(str(error)) from None
    return tuple(diff for patch in patches for diff in patch.files)


def images(entry: Entry, scratch: Path) -> tuple[Images, Images]:
    """The touched files with the patch, as the tree has them, and without it.

    git takes the patch back, not the reader that is measured.  Raises CorpusError.
    """
    diffs = file_diffs(entry.reversal.read_bytes(), entry.reversal.name)
    paths = sorted({diff.path for diff in diffs})
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        with_patch = {path: (entry.tree / path).read_bytes() for path in paths}
        for path, text in with_patch.items():
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            (scratch / path).write_bytes(text)
        _git_apply(entry.reversal, scratch)
        return with_patch, {path: (scratch / path).read_bytes() for path in paths}
    except OSError as error:
        raise CorpusError(f"{entry.id}: {error.filename}: {error.strerror}") from None


def _git_apply(patch: Path, folder: Path) -> None:
    """Apply in a folder that is taken for no part of a repository."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(patch.resolve())],
        cwd=folder,
        env={**os.environ, "GIT_DIR": str(folder / "none")},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise CorpusError(f"{patch.name}: {done.stderr.decode(errors='replace').strip()}")


def without_comments(source: bytes) -> bytes:
    """C with each comment made blank: every byte and line keeps its place."""
    return _TOKEN.sub(lambda found: found["kept"] or _INK.sub(b" ", found[0]), source)


def stripped(files: Images) -> Images:
    """The same files without comments."""
    return {path: without_comments(text) for path, text in files.items()}


def diff(before: Images, after: Images) -> bytes:
    """A patch between two sets of images of the same files."""
    return b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for path in sorted(before)
        for line in difflib.diff_bytes(
            difflib.unified_diff,
            before[path].splitlines(keepends=True),
            after[path].splitlines(keepends=True),
            f"a/{path}".encode(),
            f"b/{path}".encode(),
        )
    )


def fitting(patch: bytes, before: Images, after: Images) -> bytes:
    """The patch, with its diff made anew where its line numbers are too far off to
    tell which of several places a hunk is for."""
    try:
        made = {one.path: apply(before[one.path], one) for one in file_diffs(patch, "the patch")}
    except ApplyError:
        made = {}
    begin = _DIFF.search(patch)
    if made == after or begin is None:
        return patch
    return patch[: begin.start()] + diff(before, after)


@dataclass
class Copies:
    """Copies of the trees a process may write to, made when they are first asked for."""

    folder: Path
    _made: dict[tuple[Path, bool], Path] = field(default_factory=dict)

    @contextmanager
    def holding(self, tree: Path, files: Images, bare: bool) -> Iterator[Path]:
        """A copy of ``tree`` with these files in it; ``bare`` copies have no comments."""
        copy = self._made.get((tree, bare)) or self._make(tree, bare)
        kept = {path: (copy / path).read_bytes() for path in files}
        try:
            for path, text in files.items():
                (copy / path).write_bytes(text)
            yield copy
        finally:
            for path, text in kept.items():
                (copy / path).write_bytes(text)

    def _make(self, tree: Path, bare: bool) -> Path:
        copy = self.folder / f"{len(self._made)}"
        shutil.copytree(tree, copy)
        for path in (one for one in copy.rglob("*") if bare and one.suffix in (".c", ".h")):
            path.write_bytes(without_comments(path.read_bytes()))
        self._made[tree, bare] = copy
        return copy
