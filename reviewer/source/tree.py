# SPDX-License-Identifier: GPL-2.0-only
"""The tree a patch is for: a git work tree or a plain directory, only read.

Paths come from a patch and are hostile: none is opened before it is known to
stay inside.
"""

import errno
import os
import stat
from types import TracebackType

from reviewer.source.git import MAX_BYTES, ObjectReader, work_tree


class Refused(Exception):
    """A path that will not be opened; the text is one line and says why."""


def open_tree(directory: str) -> "Tree":
    """The tree at ``directory``, the paths of patches starting there.

    Raises NotADirectoryError when it is none.  To be used as a context manager.
    """
    if not os.path.isdir(directory):  # noqa: PTH112 (pathlib takes long to import)
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), directory)
    return Tree(directory, work_tree(directory))


def check_path(path: str) -> None:
    """Raise Refused for a path that is absolute, empty, unprintable or leads upwards."""
    if not path:
        raise Refused("an empty path")
    if not path.isprintable():
        raise Refused("a path with control characters")
    if path.startswith("/"):
        raise Refused("an absolute path")
    if ".." in path.split("/"):
        raise Refused("a path with '..'")


class Tree:
    """A directory and, when it is inside a git work tree, the objects of that.

    ``directory`` is its resolved path, ``git`` whether git objects can be read.
    """

    def __init__(self, directory: str, top: tuple[str, str] | None) -> None:
        self.directory = os.path.realpath(directory)
        self.git = top is not None
        self._objects = None if top is None else ObjectReader(top[0])
        self._prefix = "" if top is None else top[1]

    def __enter__(self) -> "Tree":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the git child."""
        if self._objects is not None:
            self._objects.close()

    def blob(self, prefix: str) -> bytes | None:
        """The git blob with this (abbreviated) id, or None."""
        return None if self._objects is None else self._objects.blob(prefix)

    def has_commit(self, commit: str) -> bool:
        """Whether git knows the commit with this id."""
        return self._objects is not None and self._objects.has_commit(commit)

    def commit_file(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit (an id or ``HEAD``), or None.  Raises Refused."""
        check_path(path)
        if self._objects is None:
            return None
        return self._objects.commit_file(commit, self._prefix + path)

    def readable(self, path: str) -> bytes | None:
        """The same as `file`, None also where that would refuse."""
        try:
            return self.file(path)
        except Refused:
            return None

    def file(self, path: str) -> bytes | None:
        """A file of the directory, or None if there is none.

        Raises Refused for a path that leads outside, through a symbolic link
        too, for what is no regular file, and for one over 8 MB.
        """
        check_path(path)
        try:
            real = os.path.realpath(f"{self.directory}/{path}")
            if os.path.commonpath((real, self.directory)) != self.directory:
                raise Refused("a symbolic link out of the tree")
            # Neither follow a link that came up meanwhile nor wait for a pipe.
            descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise Refused(f"cannot be opened ({_reason(error)})") from None
        try:
            return _bounded(descriptor)
        finally:
            os.close(descriptor)


def _bounded(descriptor: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise Refused("not a regular file")
    if status.st_size > MAX_BYTES:
        raise Refused(f"larger than {MAX_BYTES >> 20} MB")
    chunks, left = [], MAX_BYTES
    while left and (chunk := os.read(descriptor, left)):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or "error" if isinstance(error, OSError) else "no file name"
