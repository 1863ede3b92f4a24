# SPDX-License-Identifier: GPL-2.0-only
"""What a series stands on: looked for among the inputs and in the tree."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from reviewer.frontend.inputs import InputError
from reviewer.frontend.ranges import SHOW, listed_commits, mails_of, run_git, split_mails
from reviewer.patch.read import read_submission
from reviewer.patch.records import Patch, Submission
from reviewer.record import dataclass, replace

if TYPE_CHECKING:
    from reviewer.source.tree import Tree

Wanted = tuple[str, str]

SEARCHED = 500
"""Commits looked through, below the base of a series and again on other branches."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Stand:
    """The submission with the patches below it, and what there is to say of them."""

    submission: Submission
    notes: tuple[str, ...] = ()


def standing(submission: Submission, tree: "Tree | None") -> Stand:
    """Find what the patches of a submission say they stand on.

    What the history of their base has is there already; what another branch has is
    put below the patches.
    """
    top = tree.directory if tree is not None and tree.git else None
    notes = list(_unknown_bases(submission, tree))
    wanted = [one for one in submission.prerequisites if not _among(one, submission)]
    if top is not None and any(kind == "patch-id" for kind, _ in wanted):
        own = {name for name, _ in _patch_ids(_diffs(submission.patches), top)}
        wanted = [one for one in wanted if one[1] not in own]
    if not wanted:
        return Stand(submission, tuple(notes))
    given: tuple[Patch, ...] = ()
    if top is not None:
        wanted, commits = _looked_for(wanted, _base(submission, tree), top)
        given = _taken(commits, top)
        notes += [f"stands on '{patch.subject}', taken from another branch" for patch in given]
    if wanted:
        notes.append(_missing(wanted, top is not None))
    return Stand(replace(submission, given=given), tuple(notes))


def _unknown_bases(submission: Submission, tree: "Tree | None") -> Iterable[str]:
    if tree is None or not tree.git:
        return
    for base in dict.fromkeys(one.base_commit for one in submission.patches):
        if base and not tree.has_commit(base):
            yield f"base-commit {base[:12]} is not in the tree: HEAD is taken in its place"


def _base(submission: Submission, tree: "Tree | None") -> str:
    bases = [one.base_commit for one in submission.patches if one.base_commit]
    known = [one for one in bases if tree is not None and tree.has_commit(one)]
    return known[0] if known else "HEAD"


def _among(one: Wanted, submission: Submission) -> bool:
    """Whether the patch is one of the inputs, by what these are called."""
    kind, value = one
    if kind == "change-id":
        return value.partition(":")[0] in submission.change_ids
    if kind != "message-id":
        return False
    return any(
        value in (patch.message_id, patch.in_reply_to, *patch.references)
        for patch in submission.patches
    )


def _missing(wanted: Sequence[Wanted], looked: bool) -> str:
    shown = ", ".join(f"prerequisite-{kind} {value[:60]}" for kind, value in wanted[:_SHOWN])
    more = f" and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
    where = f", nor in the last {SEARCHED} commits of the tree" if looked else ""
    return f"what the patches stand on is not among the inputs{where}: {shown}{more}"


def _found(wanted: Sequence[Wanted], revisions: Sequence[str], top: str) -> dict[Wanted, list[str]]:
    """The commits, each with its parent, that are what is wanted, of the last of some."""
    listed = listed_commits(("--no-merges", f"--max-count={SEARCHED}", *revisions), top)
    if not listed:
        return {}
    plain = [one for one in SHOW if one != "-M"]
    shown = run_git(top, plain, "".join(f"{ids[0]}\n" for ids in listed).encode(), "prerequisites")
    by_commit = {ids[0]: ids for ids in listed}
    found: dict[Wanted, list[str]] = {}
    if any(kind == "patch-id" for kind, _ in wanted):
        for name, commit in _patch_ids(shown, top):
            found[("patch-id", name)] = by_commit.get(commit, [commit])
    for commit, text in split_mails(shown):
        message = text.partition(b"\ndiff --")[0]
        for kind, value in wanted:
            word = value.partition(":")[0] if kind == "change-id" else value
            if kind != "patch-id" and word.encode() in message:
                found[(kind, value)] = by_commit.get(commit, [commit])
    return {one: ids for one, ids in found.items() if one in wanted}


def _looked_for(
    wanted: Sequence[Wanted], base: str, top: str
) -> tuple[list[Wanted], list[list[str]]]:
    """What is in no commit, and those commits of other branches that are what is wanted,
    the oldest first."""
    try:
        there = _found(wanted, [base], top)
        left = [one for one in wanted if one not in there]
        other = _found(left, ["--branches", "--remotes", "--not", base], top) if left else {}
    except InputError:
        return list(wanted), []
    commits = {ids[0]: ids for ids in other.values()}
    return [one for one in left if one not in other], list(reversed(commits.values()))


def _taken(commits: Sequence[list[str]], top: str) -> tuple[Patch, ...]:
    if not commits:
        return ()
    return read_submission(mails_of(commits, top, "prerequisites")).patches


def _patch_ids(diffs: bytes, top: str) -> Iterator[tuple[str, str]]:
    """The id of each diff, as git says it, and what stands in front of it."""
    said = run_git(top, ["patch-id", "--stable"], diffs, "prerequisites")
    for line in said.decode("ascii", "replace").splitlines():
        name, _, commit = line.partition(" ")
        yield name, commit


def _diffs(patches: Sequence[Patch]) -> bytes:
    """The diffs of patches as git patch-id tells them apart, each under its number."""
    parts = (
        f"{number:040x}\n" + "".join(f"{line}\n" for line in patch.lines)
        for number, patch in enumerate(patches, 1)
    )
    return "".join(parts).encode("utf-8", "replace")
