# SPDX-License-Identifier: GPL-2.0-only
"""Read what is to be reviewed: files, directories, maildirs, standard input."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

MAX_INPUT = 64 << 20
"""Bytes of one input; a longer one is no patch."""


class InputError(Exception):
    """An input that cannot be read; one line that says which and why."""


def read_inputs(names: Sequence[str]) -> list[tuple[str, bytes]]:
    """The contents of all inputs, in order, each with its name."""
    return [entry for name in names for entry in _read(name)]


def is_directory(name: str) -> bool:
    """Whether there is such a directory; a name too long for one is none."""
    try:
        return Path(name).is_dir()
    except OSError:
        return False


def _read(name: str) -> Iterator[tuple[str, bytes]]:
    if name == "-":
        yield "standard input", _standard_input()
        return
    path = Path(name)
    if not is_directory(name):
        yield name, _bytes(path)
        return
    try:
        files = sorted(_files(path))
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from None
    if not files:
        raise InputError(f"{name}: no patch or mail in this directory")
    for file in files:
        yield str(file), _bytes(file)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input: closed")
    try:
        data = sys.stdin.buffer.read(MAX_INPUT + 1)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror or error}") from None
    return _bounded("standard input", data)


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_INPUT:
        raise InputError(f"{name}: larger than {MAX_INPUT >> 20} MB")
    return data


def _files(directory: Path) -> Iterator[Path]:
    """The mails of a maildir, else the files that look like patches or mails."""
    boxes = [directory / "new", directory / "cur"]
    if all(box.is_dir() for box in boxes):
        for box in boxes:
            yield from (file for file in box.iterdir() if file.is_file())
        return
    endings = (".patch", ".diff", ".eml", ".mbox", ".mbx")
    yield from (file for file in directory.iterdir() if file.suffix in endings and file.is_file())


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_INPUT + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    return _bounded(str(path), data)
