# SPDX-License-Identifier: GPL-2.0-only
"""The mails that git send-email will probably show next.

git before 2.41 calls the hook for one mail at a time and does not say how many
there are.  Reviewing each alone would start everything anew for each; so the
first one is reviewed together with the files behind it that look like the rest
of its series.  An answer got that way is used only when the same mails do
come, in the same order; a wrong guess costs time and nothing else.
"""

import os
import re
from collections.abc import Iterator

from reviewer.record import dataclass

_FILE = re.compile(r"(v\d+-)?(\d{4})-.*\.(?:patch|eml|txt|mbox|mail)\Z")
_SUBJECT = re.compile(rb"^Subject:[^\n]*?\[[^\]\n]*?\b(\d+)/(\d+)\]", re.MULTILINE)
_HEAD = 16 << 10
_MAX_MAILS = 200
_MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Series:
    """A mail as a part of its series: ``number`` of ``total``, as name and subject say.

    ``folder`` and ``version`` (``v2-``, or empty) tell one series from another.
    """

    path: str
    data: bytes
    folder: str
    version: str
    number: int
    total: int

    def mails(self) -> list[tuple[str, bytes]]:
        """This mail and those that seem to follow it, with their contents."""
        mails, size = [(self.path, self.data)], len(self.data)
        for name, text in self._following():
            size += len(text)
            if size > _MAX_BYTES or len(mails) == _MAX_MAILS:
                break
            mails.append((name, text))
        return mails

    def _following(self) -> Iterator[tuple[str, bytes]]:
        """Files of the same folder with the next numbers, in name and subject."""
        beside = _beside(self.folder, self.version)
        for number in range(self.number + 1, self.total + 1):
            names = beside.get(number, [])
            text = _read(f"{self.folder}/{names[0]}") if len(names) == 1 else None
            if text is None or _place(text) != (number, self.total):
                return
            yield names[0], text


def series_of(path: str, data: bytes) -> Series | None:
    """The series a mail is of; None where name and subject do not agree on one."""
    folder, name = os.path.split(path)
    match, place = _FILE.match(name), _place(data)
    if match is None or place is None or place[0] != int(match[2]):
        return None
    return Series(path, data, folder or ".", match[1] or "", *place)


def _place(data: bytes) -> tuple[int, int] | None:
    """Number and total of a subject like ``[PATCH 2/5]``."""
    match = _SUBJECT.search(data[:_HEAD])
    if match is None or len(match[1]) > 4 or len(match[2]) > 4:
        return None
    return int(match[1]), int(match[2])


def _beside(folder: str, version: str) -> dict[int, list[str]]:
    """The numbered files of a folder, of one version of a series."""
    found: dict[int, list[str]] = {}
    try:
        names = os.listdir(folder)  # noqa: PTH208 (pathlib takes long to import)
    except OSError:
        return {}
    for name in sorted(names):
        match = _FILE.match(name)
        if match and (match[1] or "") == version:
            found.setdefault(int(match[2]), []).append(name)
    return found


def _read(path: str) -> bytes | None:
    """A file, None for one that cannot be read, is no file, or is too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            data = file.read(_MAX_BYTES + 1)
        except OSError:
            return None
    return data if data is not None and len(data) <= _MAX_BYTES else None
