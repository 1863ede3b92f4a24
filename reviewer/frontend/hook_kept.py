# SPDX-License-Identifier: GPL-2.0-only
"""Answers of the hook that are kept: the same mails are shown again and again.

git send-email --dry-run comes before the real one, and most mails of a second version
are those of the first.  An answer is kept with everything that was looked at for it in
the tree; it is given again as long as all of that is the same.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.frontend.hook_policy import Policy
    from reviewer.frontend.hook_tree import SentTree

Mail = tuple[str, bytes]
Answer = tuple[int, list[str]]
Need = tuple[str, ...]
"""What was looked at: the kind (``file``, ``commit``, ``blob``, ``list``, ``stat``), what
names it, and as the last a digest of what was there, empty for nothing."""

REFUSED = "refused"
_KEPT = 200
"""Answers that are kept; the oldest go first."""
_SUFFIXES = (".toml", ".py", ".c", ".h")


def answered(
    mails: Sequence[Mail],
    policy: "Policy",
    how: str,
    review: Callable[[list[Need]], list[Answer]],
) -> list[Answer]:
    """The answers to some mails: those kept, or those of ``review``, which notes what it
    looks at and is asked anew whenever something of that is different.  ``how`` they are
    answered tells them apart from other answers to the same mails."""
    import json

    path = f"{_folder()}/{_key(mails, policy, how)}.json"
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib takes long to import)
            kept = json.load(file)
        if all(_same(tuple(need)) for need in kept["needs"]):
            return [(int(status), [str(line) for line in lines]) for status, lines in kept["said"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    needs: list[Need] = []
    said = review(needs)
    # An empty one stands for what will be different the next time, and so will names be.
    named = any(name in line for _, lines in said for line in lines for name, _ in mails)
    if all(need[0] for need in needs) and not named:
        _keep(path, json.dumps({"needs": sorted(set(needs)), "said": said}))
    return said


def digest(data: bytes | None) -> str:
    """What tells whether contents are the same; empty for none."""
    return "" if data is None else sha256(data).hexdigest()


def listed(folder: str) -> str:
    """What tells whether a folder of the tree has the same files, of the same sizes."""
    try:
        found = sorted((one.name, one.stat().st_size) for one in os.scandir(folder))
    except OSError:
        return ""
    return digest(repr(found).encode("utf-8", "surrogateescape"))


def stamped(path: str) -> str:
    """What tells whether a file outside of the tree is the same; empty for none."""
    try:
        found = os.stat(path)  # noqa: PTH116 (pathlib takes long to import)
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _same(need: Need) -> bool:
    kind, *names, then = need
    if kind == "list":
        return listed(names[0]) == then
    if kind == "stat":
        return stamped(names[0]) == then
    tree = _tree()
    if kind == "blob":
        return digest(tree.blob(names[0])) == then
    if kind == "has":
        return str(tree.has_commit(names[0])) == then
    from reviewer.source.tree import Refused

    try:
        if kind == "commit":
            return digest(tree.commit_file(names[0], names[1])) == then
        return kind == "file" and digest(tree.file(names[0])) == then
    except Refused:
        return then == REFUSED


_TREES: list["SentTree"] = []


def _tree() -> "SentTree":
    if not _TREES:
        from reviewer.frontend.hook_tree import SentTree

        _TREES.append(SentTree(()))
    return _TREES[0]


def _key(mails: Sequence[Mail], policy: "Policy", how: str) -> str:
    """By what is the same for a review of the same: mails, rules, program, folder."""
    made = sha256(repr((how, os.getcwd(), policy)).encode("utf-8", "surrogateescape"))  # noqa: PTH109
    for path in (policy.baseline, policy.index):
        made.update(f"{path and stamped(path)}\0".encode())
    program = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    # The rules lie beside the program or in it.
    for root in (program, f"{program}/../rules", *policy.rules):
        for line in _stamps(root):
            made.update(line.encode("utf-8", "surrogateescape"))
    for _, data in mails:
        made.update(f"{len(data)}\0".encode() + data)
    return made.hexdigest()[:32]


def _stamps(root: str) -> Iterator[str]:
    """The files of the program or of rules, with their sizes and times."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if name.endswith(_SUFFIXES):
                yield f"{folder}/{name} {stamped(f'{folder}/{name}')}\n"


def _keep(path: str, text: str) -> None:
    """Write an answer down; whoever cannot does without."""
    folder, fresh = os.path.dirname(path), f"{path}.{os.getpid()}"  # noqa: PTH120
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        with open(fresh, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
        os.replace(fresh, path)  # noqa: PTH105
        kept = sorted(os.scandir(folder), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for one in kept[_KEPT:]:
            os.unlink(one.path)  # noqa: PTH108
    except OSError:
        pass


def _folder() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return f"{cache}/mmreview/answers"
