# SPDX-License-Identifier: GPL-2.0-only
"""Where a mail stands in its series, and what the series stands on."""

import re
from collections.abc import Callable, Iterable, Sequence

from reviewer.patch.mail import Mail
from reviewer.record import dataclass

MAX_PREREQUISITES = 200
"""Of one mail; more of them are nobody's series."""

_NUMBER = re.compile(r"\[[^\[\]]{0,80}?\b(\d{1,4})/(\d{1,4})\b[^\[\]]{0,80}\]")
_VERSION = re.compile(r"\bv(\d{1,4})\b", re.IGNORECASE)
_PREREQUISITE = re.compile(rb"prerequisite-(patch-id|message-id|change-id):[ \t]*(\S{1,250})\s*\Z")
_CHANGE_ID = re.compile(rb"change-id:[ \t]*(\S{1,250})\s*\Z")
_PATCH_ID = re.compile(r"[0-9a-f]{40,64}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """``[PATCH v2 3/5]``: the number of a mail, 0 for the cover letter, of how many, in
    which version, and in which thread."""

    number: int
    total: int
    version: int
    thread: str


def numbered(mail: Mail) -> Place | None:
    """The place of a mail in a series; None for a mail without number."""
    number = _NUMBER.search(mail.subject)
    if number is None:
        return None
    version = _VERSION.search(number[0])
    thread = next(iter(mail.references), mail.in_reply_to or mail.message_id)
    return Place(int(number[1]), int(number[2]), int(version[1]) if version else 1, thread)


def in_order(places: Sequence[Place | None]) -> list[int]:
    """The indices of mails such that those of a series stand in the order of their
    numbers, in the places the series had.

    Threads tell apart only what numbers do not: not everybody sends threads.
    Where a number occurs twice nothing is moved.
    """
    order = list(range(len(places)))
    for some in _groups(order, lambda at: _key(places[at], False)):
        if _unique(some, places):
            _sort(order, some, places)
            continue
        for thread in _groups(some, lambda at: _key(places[at], True)):
            if _unique(thread, places):
                _sort(order, thread, places)
    return order


def prerequisites(lines: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    """What a mail says its series stands on, each with its kind."""
    matches = (_PREREQUISITE.match(line) for line in lines if line.startswith(b"prerequisite-"))
    found = dict.fromkeys(
        (match[1].decode(), match[2].decode("utf-8", "replace").strip("<>"))
        for match in matches
        if match
    )
    return tuple(one for one in found if _possible(*one))[:MAX_PREREQUISITES]


def change_ids(lines: Iterable[bytes]) -> tuple[str, ...]:
    """The names b4 gives a series through all its versions."""
    matches = (_CHANGE_ID.match(line) for line in lines if line.startswith(b"change-id:"))
    return tuple(match[1].decode("utf-8", "replace") for match in matches if match)


def _possible(kind: str, value: str) -> bool:
    """Whether there can be such a patch: the cover letter of b4 is one of nothing but zeros."""
    if not value.isprintable():
        return False
    return kind != "patch-id" or (bool(_PATCH_ID.match(value)) and bool(value.strip("0")))


def _key(place: Place | None, thread: bool) -> object:
    if place is None:
        return None
    return place.version, place.total, place.thread if thread else ""


def _groups(some: Sequence[int], key: Callable[[int], object]) -> list[list[int]]:
    found: dict[object, list[int]] = {}
    for at in some:
        if (name := key(at)) is not None:
            found.setdefault(name, []).append(at)
    return list(found.values())


def _unique(some: Sequence[int], places: Sequence[Place | None]) -> bool:
    return len({_number(places[at]) for at in some}) == len(some)


def _number(place: Place | None) -> int:
    return -1 if place is None else place.number


def _sort(order: list[int], some: Sequence[int], places: Sequence[Place | None]) -> None:
    by_number = sorted(some, key=lambda at: _number(places[at]))
    for slot, at in zip(some, by_number, strict=True):
        order[slot] = at
