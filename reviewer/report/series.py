# SPDX-License-Identifier: GPL-2.0-only
"""Which patches of a review are one series, and which mail of it to answer."""

import re
from collections.abc import Collection, Sequence

from reviewer.patch.records import Patch, Reply

_NUMBER = re.compile(r"\[([^\[\]]{0,80}?)\b(\d{1,4})/(\d{1,4})\b([^\[\]]{0,80})\]")
# Tag, number of patches, and the mail the thread begins with.
_Key = tuple[str, int, str]


def series(patches: Sequence[Patch]) -> list[list[int]]:
    """The indices of the patches, those of one series together, in their order.

    A series has one tag (``PATCH v2``), one number of patches and one thread;
    a patch without a number in its subject is one by itself.
    """
    groups: list[list[int]] = []
    seen: dict[_Key, tuple[list[int], set[int]]] = {}
    begun = {_bare(one) for patch in patches for one in _parents(patch)}
    for index, patch in enumerate(patches):
        numbered = _numbered(patch.subject)
        if numbered is None:
            groups.append([index])
            continue
        tag, number, total = numbered
        key = tag, total, _root(patch, begun)
        if key not in seen or number in seen[key][1]:
            seen[key] = [], set()
            groups.append(seen[key][0])
        seen[key][0].append(index)
        seen[key][1].add(number)
    return groups


def cover_of(patches: Sequence[Patch], covers: Sequence[Reply]) -> Reply | None:
    """The cover letter of a series: of its tag and number, and in its thread where the
    patches are in one."""
    numbered = _numbered(patches[0].subject) if patches else None
    if numbered is None:
        return None
    tag, _, total = numbered
    above = {_bare(one) for patch in patches for one in _parents(patch)}
    for cover in covers:
        known = _bare(cover.message_id) in above if above else True
        if known and _numbered(cover.subject) == (tag, 0, total):
            return cover
    return None


def _numbered(subject: str) -> tuple[str, int, int] | None:
    """Tag, number and number of patches."""
    found = _NUMBER.search(subject)
    if found is None:
        return None
    tag = " ".join(f"{found[1]} {found[4]}".lower().split())
    return tag, int(found[2]), int(found[3])


def _parents(patch: Patch) -> tuple[str, ...]:
    return (*patch.references, *([patch.in_reply_to] if patch.in_reply_to else []))


def _root(patch: Patch, begun: Collection[str]) -> str:
    """The mail the thread of a patch begins with; empty for a patch without a thread."""
    parents = _parents(patch)
    if parents:
        return _bare(parents[0])
    own = _bare(patch.message_id)
    return own if own in begun else ""


def _bare(ident: str) -> str:
    return ident.strip().removeprefix("<").removesuffix(">")
