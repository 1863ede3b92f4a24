# SPDX-License-Identifier: GPL-2.0-only
"""Find the before image of each patched C file and make the after image of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reviewer.location import Problem
from reviewer.patch.records import FileDiff, Hunk, Patch
from reviewer.record import dataclass
from reviewer.source.apply import (
    ApplyError,
    apply,
    first_line,
    hunk_runs,
    place,
    reverse,
)
from reviewer.source.records import Fragment, SourcePair
from reviewer.source.tree import Refused, Tree, check_path

Overlay = Mapping[str, bytes | None]


class _Unpaired(Exception):
    """Why a file has no images; one line."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the files of one patch are looked up in.

    ``images`` are the results of this very patch, which may hold several diffs
    of one file when it is a concatenation; ``vacated`` the paths it moves or
    removes, ``created`` those it creates.
    """

    tree: Tree | None
    base_commit: str
    overlay: Overlay
    images: dict[str, bytes | None]
    vacated: frozenset[str]
    created: frozenset[str]


def _setting(patch: Patch, tree: Tree | None, overlay: Overlay) -> _Setting:
    return _Setting(
        tree=tree,
        base_commit=patch.base_commit,
        overlay=overlay,
        images={},
        vacated=frozenset(
            diff.old_path
            for diff in patch.files
            if diff.old_path and diff.old_path != diff.new_path and not diff.copied
        ),
        created=frozenset(diff.path for diff in patch.files if diff.old_path is None),
    )


def pair(
    patch: Patch, tree: Tree | None, overlay: Overlay | None = None
) -> tuple[tuple[SourcePair, ...], tuple[Problem, ...]]:
    """The C files of a patch before and after it, and what could not be had.

    ``overlay`` maps paths to the after images of earlier patches of a series,
    None for files these removed; it goes before the tree.  Without a tree (and
    overlay) only the hunks are known.  A file that is not C gives nothing,
    unless its path is hostile or its change binary.
    """
    setting = _setting(patch, tree, overlay or {})
    pairs: list[SourcePair] = []
    problems: list[Problem] = []
    for diff in patch.files:
        try:
            made = _pair(diff, setting)
        except Refused as error:
            problems.append(Problem(diff.path, "", f"refused: {error}"))
        except _Unpaired as error:
            problems.append(Problem(diff.path, "", str(error)))
        else:
            if made is not None:
                pairs.append(made)
                setting.images.update(_images(diff, made, setting))
    return tuple(pairs), tuple(problems)


def overlay_after(overlay: Overlay, patch: Patch, pairs: Sequence[SourcePair]) -> Overlay:
    """The overlay for the next patch of the series, given what ``pair`` made of this one."""
    result = dict(overlay)
    setting = _setting(patch, None, overlay)
    made = {one.path: one for one in pairs}
    for diff in patch.files:
        if diff.path in made:
            result.update(_images(diff, made[diff.path], setting))
    return result


def _images(diff: FileDiff, made: SourcePair, setting: _Setting) -> dict[str, bytes | None]:
    """What a file leaves behind for whoever looks up its paths next.

    A file may be moved away and another one be created under its old name.
    """
    if not made.whole:
        return {}
    images = {made.path: made.after}
    moved = diff.old_path != diff.new_path and not diff.copied
    if moved and diff.old_path and diff.old_path not in setting.created:
        images[diff.old_path] = None
    return images


def _pair(diff: FileDiff, setting: _Setting) -> SourcePair | None:
    """The images of one file, or None when there is nothing to analyse in it."""
    for path in (diff.old_path, diff.new_path):
        if path is not None:
            check_path(path)
    if diff.binary:
        raise _Unpaired("binary patch, not analysed")
    if not diff.path.endswith((".c", ".h")):
        return None
    if diff.old_path is None:
        return _created(diff, setting)
    if not diff.hunks and diff.old_path == diff.new_path:
        return None
    tried: list[tuple[bytes, str]] = []
    for origin, before in _sources(diff, setting):
        if any(before == text for text, _ in tried):
            continue
        try:
            return _whole(diff, origin, before)
        except ApplyError as error:
            tried.append((before, str(error)))
    if tried:
        raise _Unpaired(_does_not_apply(diff, tried, setting.tree))
    if diff.old_path in setting.overlay:
        raise _Unpaired("removed by an earlier patch of the series")
    if setting.tree is not None:
        raise _Unpaired("not in the tree" if diff.new_path else "not in the tree, already removed?")
    return _deleted(diff) if diff.new_path is None else _hunks_alone(diff)


def _sources(diff: FileDiff, setting: _Setting) -> Iterator[tuple[str, bytes]]:
    """What may be the before image, the likeliest first."""
    path, tree, base = diff.old_path or "", setting.tree, setting.base_commit
    # The source of a move is what was there before the patch, whatever is put in its place.
    images = setting.images if path == diff.new_path else {}
    for text in (images.get(path), setting.overlay.get(path)):
        if text is not None:
            yield "series", text
    removed = path in setting.overlay and setting.overlay[path] is None
    if tree is None or removed:
        return
    places: tuple[tuple[str, Callable[[], bytes | None]], ...] = (
        ("blob", lambda: tree.blob(diff.old_blob)),
        ("base-commit", lambda: tree.commit_file(base, path) if base else None),
        ("head", lambda: tree.commit_file("HEAD", path)),
        ("directory", lambda: tree.file(path)),
    )
    for origin, look in places:
        found = look()
        if found is not None:
            yield origin, found


def _whole(diff: FileDiff, origin: str, before: bytes) -> SourcePair:
    """Both images from the before image.  Raises ApplyError."""
    if diff.new_path is None and not diff.hunks:
        # The diff was made without the text of deleted files.
        count = before.count(b"\n") + (not before.endswith(b"\n") and before != b"")
        return _images_only(diff, before, None, origin, ((1, count),), ((1, 0),))
    made = place(before, diff, known=origin == "blob")
    if diff.new_path is None and made.after:
        raise ApplyError("it deletes the file, but lines are left over")
    return SourcePair(
        path=diff.path,
        before=before,
        after=None if diff.new_path is None else made.after,
        origin=origin,
        fragments_before=(),
        fragments_after=(),
        kept=made.kept,
        hunk_lines_before=made.hunk_lines_before,
        hunk_lines=made.hunk_lines,
    )


def _does_not_apply(diff: FileDiff, tried: Sequence[tuple[bytes, str]], tree: Tree | None) -> str:
    where = "the result of the earlier patches" if tree is None else "the tree"
    applied = any(_fits(text, reverse(diff)) for text, _ in tried)
    hint = " (already applied?)" if applied else ""
    return f"does not apply to {where}: {tried[0][1]}{hint}"


def _fits(text: bytes, diff: FileDiff) -> bool:
    try:
        apply(text, diff)
    except ApplyError:
        return False
    return True


def _created(diff: FileDiff, setting: _Setting) -> SourcePair:
    """A new file: its diff is the whole of it, unless the tree has it already."""
    lines = [line for hunk in diff.hunks for line in hunk.lines]
    if len(diff.hunks) > 1 or any(line.kind != "+" for line in lines):
        raise _Unpaired("a new file that has old lines")
    after = b"".join(line.text for line in lines)
    known = any(diff.path in paths for paths in (setting.overlay, setting.images, setting.vacated))
    existing = None
    if setting.tree is not None and not known:
        existing = _existing(diff.path, setting.base_commit, setting.tree)
    if existing == after:
        raise _Unpaired("does not apply to the tree: the file is there (already applied?)")
    if existing is not None:
        raise _Unpaired("does not apply to the tree: another file of that name is there")
    return _images_only(diff, None, after, "patch", ((1, 0),), ((1, len(lines)),))


def _existing(path: str, base: str, tree: Tree) -> bytes | None:
    """The file in the commit the patch is for, or in what comes nearest to it."""
    if base and tree.has_commit(base):
        return tree.commit_file(base, path)
    return tree.commit_file("HEAD", path) if tree.git else tree.file(path)


def _deleted(diff: FileDiff) -> SourcePair | None:
    """A deleted file without a tree: the hunk holds all of it."""
    lines = [line for hunk in diff.hunks for line in hunk.lines]
    if not lines:
        if diff.old_blob.startswith("e69de29"):
            return None
        raise _Unpaired("deleted without its text, and there is no tree to look it up in")
    if len(diff.hunks) > 1 or any(line.kind != "-" for line in lines):
        raise _Unpaired("a deleted file that has new lines")
    before = b"".join(line.text for line in lines)
    return _images_only(diff, before, None, "patch", ((1, len(lines)),), ((1, 0),))


def _images_only(
    diff: FileDiff,
    before: bytes | None,
    after: bytes | None,
    origin: str,
    lines_before: tuple[tuple[int, int], ...],
    lines: tuple[tuple[int, int], ...],
) -> SourcePair:
    """A pair of which one image does not exist: no line is kept."""
    return SourcePair(diff.path, before, after, origin, (), (), (), lines_before, lines)


def _hunks_alone(diff: FileDiff) -> SourcePair | None:
    if not diff.hunks:
        return None
    return SourcePair(
        path=diff.path,
        before=None,
        after=None,
        origin="hunks",
        fragments_before=tuple(_fragment(hunk, "+", hunk.old_start) for hunk in diff.hunks),
        fragments_after=tuple(_fragment(hunk, "-", hunk.new_start) for hunk in diff.hunks),
        kept=hunk_runs(diff.hunks),
        hunk_lines_before=tuple(_range(hunk.old_start, hunk.old_count) for hunk in diff.hunks),
        hunk_lines=tuple(_range(hunk.new_start, hunk.new_count) for hunk in diff.hunks),
    )


def _fragment(hunk: Hunk, other_side: str, start: int) -> Fragment:
    """One side of a hunk: all lines but those marked for the other side."""
    texts = [line.text for line in hunk.lines if line.kind != other_side]
    return Fragment(b"".join(texts), first_line(start, len(texts)), hunk.section)


def _range(start: int, count: int) -> tuple[int, int]:
    first = first_line(start, count)
    return first, first + count - 1
