# SPDX-License-Identifier: GPL-2.0-only
"""The functions Universal Ctags lists, and whether they are found here."""

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oracles.events import Text
from reviewer.syntax.segments import Segment

_COMMAND = (
    "ctags",
    "--quiet",
    "--options=NONE",
    "--languages=C",
    "--kinds-C=f",
    "--fields=n",
    "--excmd=number",
    "--sort=no",
    "-L",
    "-",
    "-f",
    "-",
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One function as ctags lists it; ``line`` is that of its name."""

    name: str
    line: int


def tags(paths: Iterable[Path]) -> dict[str, list[Tag]]:
    """What ctags lists of some files, by path."""
    names = "".join(f"{path}\n" for path in paths)
    done = subprocess.run(_COMMAND, input=names, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"ctags: {done.stderr.strip()}")
    found: dict[str, list[Tag]] = {}
    for line in done.stdout.splitlines():
        if not line.startswith("!_"):
            name, path, place = line.split("\t")[:3]
            found.setdefault(path, []).append(Tag(name, int(place.rstrip(';"'))))
    return found


IN_FRONT = "a macro call in front of a function"
ATTRIBUTE = "an attribute behind the parameters of a function"
NO_BODY = "a macro call or declaration without a body"
INITIALISER = "a macro that opens an initialiser"
DEAD = "inside #if 0, or in a preprocessor line"
_MEMBER = re.compile(rb"\{\s*(?:\.|\[)")
_BODY = re.compile(rb"[;{]")


def found(tag: Tag, segments: Sequence[Segment]) -> bool:
    """Whether a function of that name, or defined by that macro, is there."""
    around = (one for one in segments if one.first <= tag.line <= one.last)
    return any(tag.name in (one.name, one.macro) for one in around)


def no_function(tag: Tag, text: Text, live: bytes, segments: Sequence[Segment]) -> str:
    """Why a tag is no function, by the text around it; empty where it may be one.

    ``live`` is the text of the file without code that is never compiled.
    """
    place = _place(tag, text, live)
    if place is None:
        return DEAD
    end = text.macro_end(place)
    behind = _BODY.search(live, end)
    if behind is None or behind[0] == b";" or live[end:].lstrip()[:1] in (b"", b"=", b",", b")"):
        return NO_BODY
    if _MEMBER.match(live, behind.start()):
        return INITIALISER
    owner = next((one for one in segments if one.body == behind.start()), None)
    if owner is None:
        return ""
    name = _name_in_header(owner, live)
    if name is None or name == place:
        return ""
    if name > place:
        return IN_FRONT
    return ATTRIBUTE if owner.macro == "" and owner.start < name else ""


def _place(tag: Tag, text: Text, live: bytes) -> int | None:
    """Where the name of a tag stands in the text."""
    start = 0
    for _ in range(tag.line - 1):
        start = text.data.index(b"\n", start) + 1
    word = re.compile(rb"(?<![\w$])" + re.escape(tag.name.encode()) + rb"(?![\w$])")
    place = word.search(live, start, live.find(b"\n", start))
    return None if place is None else place.start()


def _name_in_header(segment: Segment, live: bytes) -> int | None:
    """Where the name of a function, or the macro that defines it, stands."""
    word = (segment.macro or segment.name).encode()
    place = re.compile(rb"(?<![\w$])" + re.escape(word) + rb"\s*\(").search(
        live, segment.start, segment.body
    )
    return None if place is None else place.start()
