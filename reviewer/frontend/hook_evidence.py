# SPDX-License-Identifier: GPL-2.0-only
"""What the files near a patch tell, kept from one run of the hook to the next.

A patch is shown to the hook again and again: git send-email --dry-run, a new
changelog, the next version.  Reading the files around it takes longer than all
else; what they tell depends on their bytes, the rules and the program alone.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# A patch without findings must not pay for the database.
if TYPE_CHECKING:
    import sqlite3

    from reviewer.evidence.witness import Witness
    from reviewer.frontend.hook_tree import SentTree
    from reviewer.review import Ask, Ruleset

_KEPT = 24
"""Answers that are kept; the oldest goes first."""


def program_version(extra: Sequence[str]) -> str:
    """What changes whenever the program or a rule does: a hash of all of them."""
    from hashlib import sha256

    from reviewer.ruleset import rules_folder

    digest = sha256()
    for root in (Path(__file__).parent.parent, rules_folder(), *map(Path, extra)):
        for folder, _, names in sorted(os.walk(root)):
            for name in sorted(names):
                if name.endswith((".toml", ".py", ".c", ".h")):
                    path = f"{folder}/{name}"
                    digest.update(os.fsencode(os.path.relpath(path, root)) + b"\0")
                    digest.update(sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()[:16]


def evidence(
    tree: "SentTree | None", rules: "Ruleset", index: str | None, extra: Sequence[str]
) -> "Ask":
    """What gives the witness: an index where there is one, else the files near the patch."""

    def ask(files: Sequence[str], reading: bool) -> "Witness | None":
        from reviewer.frontend.witnesses import witness_of

        found = witness_of(tree, rules, index)(files, False)
        if tree is not None:
            _note_index(tree, index)
        if found is not None or tree is None or not reading:
            return found
        from reviewer import ruleset
        from reviewer.evidence.witness import Witness
        from reviewer.locks.sleeps import quiet_by

        base = _near(tree, files, rules, extra)
        return Witness(base, ruleset.load_tree_facts(), quiet_by(rules.facts))

    return ask


def _note_index(tree: "SentTree", index: str | None) -> None:
    """What was looked at for the index, which may lie in two files."""
    from reviewer.frontend.hook_kept import stamped
    from reviewer.frontend.indexing import index_path

    where = index or str(index_path(tree.directory))
    for path in (where, f"{where}-wal"):
        tree.note("stat", path, stamped(path))


def forget() -> None:
    """Throw all that is kept away, as some of it is damaged."""
    import shutil

    shutil.rmtree(_folder(), ignore_errors=True)


def _near(
    tree: "SentTree", files: Sequence[str], rules: "Ruleset", extra: Sequence[str]
) -> "sqlite3.Connection":
    import sqlite3
    from hashlib import sha256

    from reviewer.evidence.fallback import BUDGET, nearby
    from reviewer.frontend.hook_kept import listed
    from reviewer.frontend.witnesses import _beside

    touched = [one for one in files if one.endswith((".c", ".h"))]
    for folder in sorted({os.path.dirname(one) for one in touched}):  # noqa: PTH120
        where = f"{tree.directory}/{folder}"
        tree.note("list", where, listed(where))
    near, left = [], BUDGET
    for path, size in sorted(_beside(tree, touched), key=lambda one: (one[1], one[0])):
        if path not in touched and size <= left:
            left -= size
            near.append((path, size))
    key = sha256(f"{program_version(extra)} {sqlite3.sqlite_version}".encode())
    for path, size in [*((one, 0) for one in touched), *near]:
        data = tree.readable(path) or b""
        key.update(f"{path}\0{size}\0".encode() + sha256(data).digest())
    kept = f"{_folder()}/{key.hexdigest()[:32]}.sqlite"
    if os.path.isfile(kept):  # noqa: PTH113 (pathlib takes long to import)
        os.utime(kept)
        return sqlite3.connect(f"{Path(kept).as_uri()}?mode=ro&immutable=1", uri=True)
    base = nearby(touched, near, tree.readable, rules.vocabulary, rules.facts)
    _keep(base, kept)
    return base


def _keep(base: "sqlite3.Connection", kept: str) -> None:
    """Write it down; whoever cannot does without."""
    import sqlite3

    folder, fresh = os.path.dirname(kept), f"{kept}.{os.getpid()}"  # noqa: PTH120
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        copy = sqlite3.connect(fresh)
        base.backup(copy)
        copy.close()
        os.replace(fresh, kept)  # noqa: PTH105
        old = sorted(Path(folder).iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        for one in old[_KEPT:]:
            one.unlink(missing_ok=True)
    except (OSError, sqlite3.Error):
        Path(fresh).unlink(missing_ok=True)


def _folder() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return f"{cache}/mmreview/near"
