# SPDX-License-Identifier: GPL-2.0-only
"""The function a finding is about, in both images, read again for who wants to see it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from reviewer.checker.opened import Opened, opened
from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.report.flowgraph import Flow, flowgraph
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import SourceFile
from reviewer.syntax.vocabulary import Vocabulary

if TYPE_CHECKING:
    from reviewer.checker.records import Finding

MAX_SHOWN = 60_000
"""Bytes of a function that is still shown; the longest of the kernel's that anybody
reads has half of it."""


@dataclass(frozen=True, slots=True)
class Images:
    """A function before and after the patch; None where it is not there, or too
    long to be shown.  ``pair`` tells which lines stayed."""

    before: Flow | None
    after: Flow | None
    pair: SourcePair


Look = Callable[[int, "Finding"], Images | None]
"""The images for a finding of a patch, by its number; None where only hunks are known."""


def nothing(patch: int, finding: "Finding") -> Images | None:
    """No images."""
    return None


def look(pairs: Mapping[int, Sequence[SourcePair]], vocabulary: Vocabulary, facts: Facts) -> Look:
    """What shows the functions of a review, read from the files of each patch.

    A file is opened and a function drawn when it is first asked for.
    """
    files = {(number, one.path): one for number, some in pairs.items() for one in some if one.whole}

    @cache
    def file(patch: int, path: str) -> Opened:
        # The functions of one image only are not looked into: nothing is compared here.
        return opened(files[patch, path], vocabulary, facts, lambda size: False)

    @cache
    def flow(patch: int, path: str, side: int, name: str, line: int) -> Flow | None:
        return _flow(file(patch, path), side, name, line)

    def images(patch: int, finding: "Finding") -> Images | None:
        key = patch, finding.file
        if key not in files:
            return None
        name = finding.function
        was = next((one.old_name for one in file(*key).renamed if one.name == name), name)
        before = flow(*key, 0, was, _start(file(*key), 0, was, finding.before_line))
        after = flow(*key, 1, name, _start(file(*key), 1, name, finding.line))
        return Images(before, after, files[key]) if before or after else None

    return images


def _start(file: Opened, side: int, name: str, line: int) -> int:
    """The first line of the function of that name: the one around a line where
    there are several; 0 without any."""
    source = file.files[side]
    found = [one for one in source.segments if one.name == name] if source else []
    around = [one for one in found if one.first <= line <= one.last]
    return next((one.first for one in (*around, *found)), 0)


def _flow(file: Opened, side: int, name: str, line: int) -> Flow | None:
    source: SourceFile | None = file.files[side]
    segments = source.segments if source else ()
    segment = next((one for one in segments if (one.name, one.first) == (name, line)), None)
    if source is None or segment is None or segment.end - segment.start > MAX_SHOWN:
        return None
    function = source.parsed(segment)
    return flowgraph(file.pair.path, source.data, function, file.facts, file.known[side])
