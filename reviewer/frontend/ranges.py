# SPDX-License-Identifier: GPL-2.0-only
"""Ranges of commits as inputs: ``HEAD~3..``, ``A..B``, or one commit.

Each commit becomes the mail that format-patch would make of it, with whole
blob ids and the commit before it as its base, so that the state before comes
from the objects of git and never from what is checked out.  Only plumbing is
run: no program that a repository or its attributes name.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress

from reviewer.frontend.inputs import MAX_INPUT, InputError, read_inputs
from reviewer.patch.read import MAX_MAILS
from reviewer.record import dataclass
from reviewer.source.git import environment, work_tree

_SECONDS = 60.0
_START = re.compile(rb"^From ([0-9a-f]{40,64}) Mon Sep 17 00:00:00 2001\n", re.MULTILINE)
_ID = re.compile(r"[0-9a-f]{40,64}\Z")
_DIFF = re.compile(rb"^diff --", re.MULTILINE)
_BASE = re.compile(rb"^base-commit:", re.MULTILINE)
# diff-tree reads the index, and to read it is to ask the monitor a repository names.
_UNARMED = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
SHOW = (
    *("diff-tree", "--stdin", "--root", "--always", "-p", "-M", "-l1000", "--full-index"),
    *("--no-ext-diff", "--no-textconv", "--no-color", "--no-notes", "--encoding=UTF-8"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--pretty=mboxrd"),
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is to be reviewed: each input with its name.  ``top`` is the work tree of the
    commits among them, ``notes`` what there is to say of these."""

    entries: tuple[tuple[str, bytes], ...]
    top: str | None = None
    notes: tuple[str, ...] = ()


def inputs_of(names: Sequence[str], tree: str | None, files: int = 0) -> Inputs:
    """Read files, directories, ``-`` and, where no file has the name, commits.

    ``tree`` is the folder to look commits up in, the current one without; the
    last ``files`` names are those of files.  InputError in a line.
    """
    plain = len(names) - files
    if all(name == "-" or os.path.lexists(name) for name in names[:plain]):
        return Inputs(tuple(read_inputs(names)))
    top = _top(tree)
    entries: list[tuple[str, bytes]] = []
    notes: list[str] = []
    used = False
    for number, name in enumerate(names):
        if number >= plain or name == "-" or os.path.lexists(name):
            entries += read_inputs([name])
            continue
        if top is None:
            raise InputError(_no_place(name, tree))
        used = True
        found, merges, first = _commits(name, top)
        entries += found
        if merges:
            some = "a merge is" if merges == 1 else f"{merges} merges are"
            notes.append(f"{name}: {some} passed over")
        if first:
            notes.append(f"{name}: {first} has no parent here and is passed over")
    return Inputs(tuple(entries), top if used else None, tuple(notes))


def _top(tree: str | None) -> str | None:
    found = work_tree("." if tree is None else tree)
    return None if found is None else found[0]


def _no_place(name: str, tree: str | None) -> str:
    """Why a name that is no file is nothing else either."""
    if tree is not None:
        return f"{name}: no such file, and --tree {tree} is no git work tree to have such commits"
    if ".." in name and "/" not in name:
        return f"{name}: no such file, and no git work tree here to look commits up in"
    try:
        os.lstat(name)
    except (OSError, ValueError) as error:
        return f"{name}: {getattr(error, 'strerror', None) or error}"
    return f"{name}: cannot be read"


def _commits(name: str, top: str) -> tuple[list[tuple[str, bytes]], int, str]:
    """The commits a name stands for, each as a mail, how many merges are left out, and the
    one that is because nothing is before it: the first, or where a clone was cut off."""
    listed = _listed(name, top)
    single = [ids for ids in listed if len(ids) == 2]
    first = next((ids[0][:12] for ids in listed if len(ids) == 1), "")
    if first and not single:
        raise InputError(f"{name}: {first} has no parent here, nothing to compare it with")
    if not single:
        what = "nothing but merges" if listed else "no commit"
        raise InputError(f"{name}: {what} in this range, nothing to review")
    if len(listed) > MAX_MAILS:
        raise InputError(f"{name}: more than {MAX_MAILS} commits; name a shorter range")
    merges = sum(len(ids) > 2 for ids in listed)
    return mails_of(single, top, name), merges, first


def mails_of(listed: Sequence[Sequence[str]], top: str, name: str) -> list[tuple[str, bytes]]:
    """Commits, each an id and that of its parent, as mails with short names; at most
    `MAX_MAILS` of them."""
    shown = run_git(top, SHOW, "".join(f"{ids[0]}\n" for ids in listed).encode(), name)
    texts = dict(split_mails(shown))
    if missing := [ids[0] for ids in listed if ids[0] not in texts]:
        raise InputError(f"{name}: git does not show {missing[0]}")
    return [
        (ids[0][:12], _mail(texts[ids[0]], number, len(listed), ids[1:]))
        for number, ids in enumerate(listed, 1)
    ]


def _listed(name: str, top: str) -> list[list[str]]:
    """Each commit, the oldest first, with its parents."""
    if "..." in name:
        raise InputError(f"{name}: no such file, and a range has two ends: say A..B")
    ranged = ".." in name or name.endswith("^!")
    walk = ["--topo-order", "--reverse"] if ranged else ["--no-walk"]
    wanted = name if ranged else f"{name}^{{commit}}"
    most = f"--max-count={MAX_MAILS + 1}"
    try:
        return listed_commits((most, *walk, "--end-of-options", wanted), top)
    except InputError:
        raise InputError(f"{name}: neither a file nor a revision of {top}") from None


def listed_commits(arguments: Sequence[str], top: str) -> list[list[str]]:
    """The ids of commits, each with those of its parents, as git rev-list has them."""
    text = run_git(top, ["rev-list", "--parents", *arguments, "--"], b"", "rev-list")
    lines = [line.split() for line in text.decode("ascii", "replace").splitlines()]
    return [ids for ids in lines if ids and all(_ID.match(one) for one in ids)]


def split_mails(shown: bytes) -> list[tuple[str, bytes]]:
    """The mail of each commit, without its first line."""
    pieces = _START.split(shown)
    return [(one.decode(), text) for one, text in zip(pieces[1::2], pieces[2::2], strict=True)]


def _mail(text: bytes, number: int, total: int, parents: Sequence[str]) -> bytes:
    """One commit as the mail it would be sent as."""
    mark = "[PATCH]" if total == 1 else f"[PATCH {number}/{total}]"
    text = text.replace(b"\nSubject: ", b"\nSubject: %s " % mark.encode(), 1)
    diff = _DIFF.search(text)
    at = diff.start() if diff else len(text)
    # What the message says of a base is not about this tree.
    said = _BASE.sub(rb" \g<0>", text[:at])
    base = f"\nbase-commit: {parents[0]}\n" if parents else ""
    return said + text[at:] + base.encode()


def run_git(top: str, command: Sequence[str], said: bytes, name: str) -> bytes:
    """What a git command that reads objects has to say; InputError where it fails.

    What it is told, or what it says to that, fits into a pipe: nobody waits for the other.
    """
    import subprocess
    from threading import Timer

    try:
        child = subprocess.Popen(
            ["git", "-C", top, *_UNARMED, *command],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: git cannot be run: {error}") from None
    data = b""
    clock = Timer(_SECONDS, child.kill)
    clock.start()
    with child, suppress(BrokenPipeError):
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(said)
        child.stdin.close()
        data = child.stdout.read(MAX_INPUT + 1)
        if len(data) > MAX_INPUT:
            child.kill()
    clock.cancel()
    if len(data) > MAX_INPUT:
        raise InputError(f"{name}: larger than {MAX_INPUT >> 20} MB; name a shorter range")
    if child.returncode:
        raise InputError(f"{name}: git cannot show these commits")
    return data
