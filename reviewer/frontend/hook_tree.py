# SPDX-License-Identifier: GPL-2.0-only
"""The tree of whoever sends patches: it usually holds them already."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reviewer.frontend.hook_kept import REFUSED, digest
from reviewer.source.git import work_tree
from reviewer.source.tree import Refused, Tree

if TYPE_CHECKING:
    from reviewer.frontend.hook_kept import Need
    from reviewer.patch.records import Patch


class SentTree(Tree):
    """The work tree in the current directory as it was before some patches.

    A file they touch is what their first diff of it was made from, if git has
    that; a file they create is not there, whatever the branch holds by now.
    """

    def __init__(self, patches: "Iterable[Patch]", needs: "list[Need] | None" = None) -> None:
        self._needs = needs
        here = os.getcwd()  # noqa: PTH109 (pathlib takes long to import)
        # The hook is called at the top level.
        top = (here, "") if os.path.lexists(".git") else work_tree(".")
        super().__init__(here, top)
        self._first: dict[str, str] = {}
        self._created: set[str] = set()
        for patch in patches:
            for diff in patch.files:
                if diff.old_path is not None:
                    self._first.setdefault(diff.old_path, diff.old_blob)
                elif diff.new_path not in self._first:
                    self._created.add(diff.path)

    def note(self, *need: str) -> None:
        """Say that something was looked at, for whoever wants to know (`hook_kept.Need`)."""
        if self._needs is not None:
            self._needs.append(need)

    def blob(self, prefix: str) -> bytes | None:
        """The git blob with this (abbreviated) id, or None."""
        found = super().blob(prefix)
        self.note("blob", prefix, digest(found))
        return found

    def has_commit(self, commit: str) -> bool:
        """Whether git knows the commit with this id."""
        found = super().has_commit(commit)
        self.note("has", commit, str(found))
        return found

    def file(self, path: str) -> bytes | None:
        """The file before the patches; Refused as of `Tree`."""
        if path in self._created:
            return None
        found = self.blob(self._first[path]) if self._first.get(path) else None
        if found is not None:
            return found
        try:
            found = super().file(path)
        except Refused:
            self.note("file", path, REFUSED)
            raise
        self.note("file", path, digest(found))
        return found

    def commit_file(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit; what is created is not in HEAD yet."""
        if commit == "HEAD" and path in self._created:
            return None
        found = super().commit_file(commit, path)
        self.note("commit", commit, path, digest(found))
        return found

    def holds_any(self) -> bool:
        """Whether the patches are for this tree, as far as can be told: it has a file
        that they touch, or they touch none that is there."""
        return not self._first or any(self._has(path) for path in self._first)

    def _has(self, path: str) -> bool:
        try:
            return self.file(path) is not None
        except Refused:
            return False
