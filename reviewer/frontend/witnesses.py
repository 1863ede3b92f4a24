# SPDX-License-Identifier: GPL-2.0-only
"""The tree as a witness of a review: its index, or some files read for the occasion."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.evidence.witness import Witness
    from reviewer.review import Ask, Ruleset
    from reviewer.source.tree import Tree


def witness_of(tree: "Tree | None", rules: "Ruleset", index: str | None) -> "Ask":
    """What gives the witness when the first finding or claim needs it; ``index`` is a
    file to take, None for the one of the tree."""

    def ask(files: Sequence[str], reading: bool) -> "Witness | None":
        if tree is None:
            return None
        from reviewer import ruleset
        from reviewer.evidence.witness import Witness
        from reviewer.locks.sleeps import quiet_by

        base = _index(tree, index) or (_read(tree, files, rules) if reading else None)
        if base is None:
            return None

        return Witness(base, ruleset.load_tree_facts(), quiet_by(rules.facts))

    return ask


def _index(tree: "Tree", given: str | None) -> sqlite3.Connection | None:
    from reviewer.evidence.store import Damaged, opened
    from reviewer.frontend.indexing import index_path
    from reviewer.frontend.inputs import InputError

    where = given or str(index_path(tree.directory))
    if not os.path.isfile(where):  # noqa: PTH113 (pathlib takes long to import)
        if given is None:
            return None
        raise InputError(f"--index {given}: no such file")
    try:
        from pathlib import Path

        return opened(Path(where))
    except (Damaged, sqlite3.Error) as error:
        raise InputError(f"the index cannot be read: {error}") from None


def _read(tree: "Tree", files: Sequence[str], rules: "Ruleset") -> sqlite3.Connection:
    from reviewer.evidence.fallback import nearby

    touched = [one for one in files if one.endswith((".c", ".h"))]
    beside = list(_beside(tree, touched))
    return nearby(touched, beside, tree.readable, rules.vocabulary, rules.facts)


def _beside(tree: "Tree", files: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The C files of the folders of some files, with their sizes."""
    from reviewer.source.tree import Refused, check_path

    for folder in sorted({os.path.dirname(one) for one in files}):  # noqa: PTH120
        try:
            check_path(folder or "x")
            entries = sorted(os.scandir(f"{tree.directory}/{folder}"), key=lambda one: one.name)
        except (Refused, OSError):
            continue
        for one in entries:
            if one.name.endswith((".c", ".h")) and one.is_file(follow_symlinks=False):
                path = f"{folder}/{one.name}" if folder else one.name
                yield path, one.stat(follow_symlinks=False).st_size
