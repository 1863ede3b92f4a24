# SPDX-License-Identifier: GPL-2.0-only
"""The files of a patch as later patches of its series leave them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from reviewer.patch.records import FileDiff, Patch
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.source.squash import squash
from reviewer.syntax.parse import read_file
from reviewer.syntax.vocabulary import Vocabulary

Made = tuple[Patch, Sequence[SourcePair]]


class _Unknown(Exception):
    """What became of a file is not known."""


class _Elsewhere(Exception):
    """A patch that does not stand on the ones before it."""


@dataclass(frozen=True, slots=True)
class State:
    """Some patches taken as one, up to the one at the index ``last``.

    ``pairs`` are their files by their last names, ``paths`` what the files of
    the first patch are called in the end.
    """

    last: int
    pairs: Mapping[str, SourcePair]
    paths: Mapping[str, str]

    def texts(
        self, path: str, names: Collection[str], vocabulary: Vocabulary
    ) -> tuple[list[bytes], list[bytes]]:
        """The definitions of some functions in a file, before and after."""
        pair = self.pairs[path]
        return _texts(pair.before, names, vocabulary), _texts(pair.after, names, vocabulary)


def _texts(data: bytes | None, names: Collection[str], vocabulary: Vocabulary) -> list[bytes]:
    if data is None:
        return []
    found = read_file(data, vocabulary).segments
    return [data[one.start : one.end] for one in found if one.name in names]


def states(series: Sequence[Made], names: Collection[str]) -> list[State]:
    """The first patch, and that with those behind it that change its files or files that
    speak of functions of these ``names``.

    A patch that does not stand on the earlier ones begins another series.
    Empty where a file is known by its hunks alone, or could not be read.
    """
    words = [name.encode() for name in names if name]
    pairs: dict[str, SourcePair] = {}
    paths: dict[str, str] = {}
    found: list[State] = []
    for at, (patch, made) in enumerate(series):
        try:
            changed = _add(patch, made, pairs, paths, words if at else None)
        except _Unknown:
            return []
        except _Elsewhere:
            break
        if changed or not at:
            found.append(State(at, dict(pairs), dict(paths)))
    return found


def _add(
    patch: Patch,
    made: Sequence[SourcePair],
    pairs: dict[str, SourcePair],
    paths: dict[str, str],
    words: Sequence[bytes] | None,
) -> bool:
    """Put one more patch on top; whether it changes any of the files.  ``words`` is None
    for the first patch, of which every file counts."""
    changed = False
    if patch.problems:
        # What a damaged diff was to change is not known.
        raise _Unknown
    for diff, pair in _files(patch, made):
        old = diff.old_path or diff.path
        if pair is None:
            if words is None or old in pairs:
                raise _Unknown
            continue
        before = pairs.get(old)
        if before is None and words is not None and not any(_speaks(pair, one) for one in words):
            continue
        if before is not None and before.after != pair.before:
            raise _Elsewhere
        if before is not None and not diff.copied:
            del pairs[old]
        pairs[pair.path] = pair if before is None else squash(before, pair)
        changed = True
        if words is None:
            paths[pair.path] = pair.path
        elif not diff.copied:
            paths |= {first: pair.path for first, now in paths.items() if now == old}
    return changed


def _speaks(pair: SourcePair, word: bytes) -> bool:
    return any(word in image for image in (pair.before, pair.after) if image is not None)


def _files(
    patch: Patch, made: Sequence[SourcePair]
) -> Iterator[tuple[FileDiff, SourcePair | None]]:
    """The C files of a patch that it changes, each with its images where they are whole."""
    left = list(made)
    for diff in patch.files:
        if not diff.path.endswith((".c", ".h")):
            continue
        pair = next((one for one in left if one.path == diff.path), None)
        if pair is not None:
            left.remove(pair)
        elif not diff.hunks and diff.old_path == diff.new_path and not diff.binary:
            continue
        yield diff, pair if pair is not None and pair.whole else None
