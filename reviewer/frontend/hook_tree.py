# SPDX-License-Identifier: GPL-2.0-only
"""The tree of whoever sends patches: it usually holds them already."""

import os
from collections.abc import Iterable

from reviewer.patch.records import Patch
from reviewer.source.git import work_tree
from reviewer.source.tree import Refused, Tree


class SentTree(Tree):
    """The work tree in the current directory as it was before some patches.

    A file they touch is what their first diff of it was made from, if git has
    that; a file they create is not there, whatever the branch holds by now.
    """

    def __init__(self, patches: Iterable[Patch]) -> None:
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

    def file(self, path: str) -> bytes | None:
        """The file before the patches; Refused as of `Tree`."""
        if path in self._created:
            return None
        found = self.blob(self._first[path]) if self._first.get(path) else None
        return super().file(path) if found is None else found

    def commit_file(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit; what is created is not in HEAD yet."""
        if commit == "HEAD" and path in self._created:
            return None
        return super().commit_file(commit, path)

    def holds_any(self) -> bool:
        """Whether the patches are for this tree, as far as can be told: it has a file
        that they touch, or they touch none that is there."""
        return not self._first or any(self._has(path) for path in self._first)

    def _has(self, path: str) -> bool:
        try:
            return self.file(path) is not None
        except Refused:
            return False
