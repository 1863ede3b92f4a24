# SPDX-License-Identifier: GPL-2.0-only
"""The commands that a configured kernel tree compiles its files with."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_COMPILED = re.compile(r"-c -o (\S+\.o) (\S+\.c)\b")
_WITH_VALUE = ("-I", "-D", "-U", "-include", "-isystem")
# What changes the meaning of the text; the rest is about code or warnings.
_KEPT = ("-I", "-D", "-U", "-nostdinc", "-std=", "-fshort-wchar", "-funsigned-char", "-m64")


def flags(tree: Path, build: Path, wanted: Sequence[Path]) -> dict[Path, list[str]]:
    """The flags of every file under ``wanted`` that this configuration builds,
    by path.  They hold relative paths: the build directory must be current."""
    found: dict[Path, list[str]] = {}
    for command in _commands(tree, build, wanted):
        compiled = _COMPILED.search(command)
        if compiled is None:
            continue
        path = Path(os.path.normpath(build / compiled[2]))
        inside = any(path == one or one in path.parents for one in wanted)
        # A second time the command is a quoted argument of another.
        if inside and path not in found:
            found[path] = list(_kept(shlex.split(command[: compiled.start()])))
    return found


def _commands(tree: Path, build: Path, wanted: Iterable[Path]) -> Iterator[str]:
    """What make would run, and what it did run for the objects that exist."""
    targets = [_target(tree, one) for one in wanted]
    make = ("make", "--dry-run", "--keep-going", "-C", str(build), *targets)
    done = subprocess.run(make, capture_output=True, text=True)
    yield from re.findall(r"gcc (-Wp,[^;]*)", done.stdout)
    for one in wanted:
        folder = build / one.relative_to(tree)
        for record in sorted((folder if one.is_dir() else folder.parent).rglob(".*.o.cmd")):
            yield record.read_text().split("\n")[0].partition(":= gcc ")[2]


def _target(tree: Path, one: Path) -> str:
    name = one.relative_to(tree)
    return f"{name}/" if one.is_dir() else str(name.with_suffix(".o"))


def _kept(words: Sequence[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word in _WITH_VALUE:
            yield from (word, next(rest, ""))
        elif word.startswith(_KEPT):
            yield word
