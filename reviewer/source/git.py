# SPDX-License-Identifier: GPL-2.0-only
"""Objects of a git repository, through one child that lives as long as the reader.

Nothing is fetched and no command of the repository's configuration is run:
`cat-file --batch` only looks up what is there.
"""

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

MAX_BYTES = 8 << 20
_SECONDS = 20.0
_HEADER_BYTES = 4096
_CHUNK = 1 << 16
_ID = re.compile(r"[0-9a-f]{4,64}\Z")


def work_tree(directory: str) -> tuple[str, str] | None:
    """The top level of the git work tree a directory is in, and the way down to it.

    The way is ``""`` or ends with ``/``.  None without git, outside of a work
    tree, and where git refuses to look (another owner).
    """
    if not _may_be_in_one(os.path.realpath(directory)):
        return None
    import subprocess

    command = ["git", "-C", directory, "rev-parse", "--show-toplevel", "--show-prefix"]
    try:
        done = subprocess.run(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = os.fsdecode(done.stdout).split("\n")
    return (lines[0], lines[1]) if done.returncode == 0 and len(lines) >= 2 else None


def _may_be_in_one(path: str) -> bool:
    """Whether there is any reason to start git, which takes longer than to look."""
    parts = path.split("/")
    return any(os.path.lexists("/".join([*parts[:n], ".git"])) for n in range(1, len(parts) + 1))


class ObjectReader:
    """Reads blobs of the repository of a work tree; close it when done.

    The child is started by the first look-up.  A child that dies, hangs or has
    something too large to say is killed, and the next look-up starts another.
    """

    def __init__(self, top: str) -> None:
        self._top = top
        self._child: subprocess.Popen[bytes] | None = None
        self._pending = b""

    def blob(self, prefix: str) -> bytes | None:
        """The blob with this id, which may be abbreviated; None if missing or ambiguous."""
        if not _ID.match(prefix) or not prefix.strip("0"):
            return None
        found = self._ask(f"{prefix}^{{blob}}")
        # A branch may be called like an id.
        return found[1] if found and found[0].startswith(prefix) else None

    def commit_file(self, commit: str, path: str) -> bytes | None:
        """A file of a commit (an id or ``HEAD``); None if either is missing.

        ``path`` starts at the top level and has been checked by the caller.
        """
        if commit != "HEAD" and not _ID.match(commit):
            return None
        found = self._ask(f"{commit}:{path}")
        return found[1] if found else None

    def has_commit(self, commit: str) -> bool:
        """Whether the repository holds the commit with this id."""
        if not _ID.match(commit):
            return False
        return self._ask(f"{commit}^{{commit}}", b"commit") is not None

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child, self._pending = self._child, None, b""
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        child.wait()

    def _ask(self, name: str, kind: bytes = b"blob") -> tuple[str, bytes] | None:
        """Id and content of the object of that name, None unless it is of this kind."""
        try:
            return self._exchange(name.encode(), kind)
        except (OSError, ValueError, EOFError):
            self.close()
            return None

    def _exchange(self, name: bytes, kind: bytes) -> tuple[str, bytes] | None:
        from time import monotonic

        if b"\n" in name or len(name) > _HEADER_BYTES // 2:
            return None
        child = self._started()
        assert child.stdin is not None
        child.stdin.write(name + b"\n")
        deadline = monotonic() + _SECONDS
        answer = self._header(deadline).rsplit(b" ", 2)
        if len(answer) != 3 or not answer[2].isdigit():
            return None
        size = int(answer[2])
        if size > MAX_BYTES:
            raise ValueError("too large")
        content = self._take(size + 1, deadline)[:-1]
        return (answer[0].decode(), content) if answer[1] == kind else None

    def _started(self) -> "subprocess.Popen[bytes]":
        import subprocess

        if self._child is None:
            self._child = subprocess.Popen(
                ["git", "-C", self._top, "cat-file", "--batch"],
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        return self._child

    def _header(self, deadline: float) -> bytes:
        while b"\n" not in self._pending:
            if len(self._pending) > _HEADER_BYTES:
                raise ValueError("no header")
            self._pending += self._more(deadline)
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _take(self, size: int, deadline: float) -> bytes:
        chunks, have = [self._pending], len(self._pending)
        while have < size:
            chunks.append(self._more(deadline))
            have += len(chunks[-1])
        data = b"".join(chunks)
        self._pending = data[size:]
        return data[:size]

    def _more(self, deadline: float) -> bytes:
        """Whatever the child has said; raises when it says nothing in time."""
        import select
        from time import monotonic

        assert self._child is not None and self._child.stdout is not None
        descriptor = self._child.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, deadline - monotonic()) * 1000):
            raise EOFError("timeout")
        data = os.read(descriptor, _CHUNK)
        if not data:
            raise EOFError("git ended")
        return data


def environment() -> dict[str, str]:
    """The environment without what redirects git, and with what keeps it offline."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
