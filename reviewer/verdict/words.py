# SPDX-License-Identifier: GPL-2.0-only
"""Names of locks and lists in prose; what every sentence is made with."""

import re
from collections.abc import Iterable

# A spinlock that is a member of a structure which is itself embedded: people
# name the structure, not the member.
_EMBEDDED = re.compile(r"([A-Za-z_]\w*)\.\w*lock")


def lock_name(lock: str) -> str:
    """A lock as people call it: ``m->pages.x_lock`` is the pages lock."""
    last = lock.rsplit("->", 1)[-1]
    embedded = _EMBEDDED.fullmatch(last)
    if embedded:
        return f"the {embedded.group(1)} lock"
    return lock if " " in lock else f"the {lock if last == 'lock' else last.lstrip('*')}"


def listed(items: Iterable[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def counter_name(place: str) -> str:
    """What a place is called: the member at its end."""
    return place.rsplit("->", 1)[-1].rsplit(".", 1)[-1].lstrip("*")


def capital(text: str) -> str:
    """The text with a capital in front, unless it starts with a name."""
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text
