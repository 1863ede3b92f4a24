# SPDX-License-Identifier: GPL-2.0-only
"""What one run of git send-email has shown to the hook so far.

git calls the hook once for each mail, and nothing but the process that calls it
holds these calls together.  The spool is a folder in the cache of the user,
named after that process and its start; two sends at once have two, and one
whose process is gone is removed by the next send.
"""

import os
from collections.abc import Iterator

_NAME = "sendemail-validate"
_ANCESTORS = 8
_MAIL = ".mail"


class Spool:
    """The folder of one send; every method raises OSError where it cannot be used."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def put(self, number: int, data: bytes) -> None:
        """Keep a mail under its number."""
        self.write(f"{number:06d}{_MAIL}", data)

    def mails(self) -> list[tuple[int, bytes]]:
        """The mails kept, by number."""
        try:
            found = os.listdir(self.folder)  # noqa: PTH208
        except FileNotFoundError:
            return []
        names = sorted(name for name in found if name.endswith(_MAIL))
        return [(int(name.removesuffix(_MAIL)), self.read(name)) for name in names]

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the folder, whole or not at all."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        path = f"{self.folder}/{name}"
        descriptor = os.open(
            f"{path}~", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(f"{path}~", path)  # noqa: PTH105

    def read(self, name: str) -> bytes:
        """A file of the folder."""
        with open(f"{self.folder}/{name}", "rb") as file:  # noqa: PTH123
            return file.read()

    def remove(self) -> None:
        """Take the folder away; nothing happens where that fails."""
        _remove(self.folder)


def spool() -> Spool | None:
    """The spool of the send this process works for; None where that cannot be told.

    Spools of processes that are gone are removed.
    """
    sender = _sender()
    if sender is None:
        return None
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    folder = f"{cache}/mmreview/hook"
    mine = "-".join(sender)
    if not os.path.isdir(f"{folder}/{mine}"):  # noqa: PTH112
        try:
            os.makedirs(f"{folder}/{mine}", mode=0o700, exist_ok=True)  # noqa: PTH103
            for name in os.listdir(folder):  # noqa: PTH208
                if name != mine and _started(name.split("-")[0]) != name.split("-")[1:]:
                    _remove(f"{folder}/{name}")
        except OSError:
            return None
    return Spool(f"{folder}/{mine}")


def _sender() -> tuple[str, str, str] | None:
    """Process id, start and boot of the process that calls the hook for each mail.

    That is git send-email; else, with another caller, the first process that is
    neither the hook nor what git runs it with.
    """
    first = None
    for pid in _ancestors():
        words = _words(pid)
        names = {word.rsplit("/", 1)[-1] for word in words}
        if "git-send-email" in names:
            first = pid
            break
        if first is None and _NAME not in names:
            first = pid
    if first is None:
        return None
    start = _started(first)
    return (first, start[0], start[1]) if len(start) == 2 else None


def _ancestors() -> Iterator[str]:
    pid = str(os.getppid())
    for _ in range(_ANCESTORS):
        if pid in ("0", "1", ""):
            return
        yield pid
        fields = _fields(pid)
        pid = fields[1] if len(fields) > 1 else ""


def _started(pid: str) -> list[str]:
    """When a process was started, and the boot it runs in; empty when there is no such process."""
    fields = _fields(pid)
    return [fields[19], _boot()] if pid.isdecimal() and len(fields) > 19 else []


def _boot() -> str:
    return _text("/proc/sys/kernel/random/boot_id").replace("-", "")[:16]


def _fields(pid: str) -> list[str]:
    """The fields of a process behind its name, which may hold anything."""
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _words(pid: str) -> list[str]:
    return _text(f"/proc/{pid}/cmdline").split("\0")


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return os.fsdecode(file.read(1 << 16))
    except OSError:
        return ""


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
