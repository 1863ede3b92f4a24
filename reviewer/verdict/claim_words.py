# SPDX-License-Identifier: GPL-2.0-only
"""The shorthand in which ``rules/claims`` writes its patterns, and what it stands for.

``rules/claims/words.toml`` holds the fragments, the gaps and what belongs to a clause;
``rules/claims/README.md`` says what can be written.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from reviewer.record import dataclass

_SECTIONS = frozenset({"words", "gaps", "clause"})
_CLAUSE = frozenset({"starts", "pause", "joins", "unsays", "not", "short_not", "question", "reach"})
_SHORTHAND = re.compile(r"\{([A-Z][A-Z_]*)\}|\{([a-z]+):(\d+)\}")
_GROUP = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\((?!\?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """What ``words.toml`` says: ``fragments`` and ``gaps`` by name, and the parts of a clause."""

    fragments: Mapping[str, str]
    gaps: Mapping[str, str]
    clause: Mapping[str, str]

    def expanded(self, text: str) -> str:
        """A pattern with its shorthand written out."""
        return _SHORTHAND.sub(self._stands_for, text)

    def _stands_for(self, found: re.Match[str]) -> str:
        fragment, gap, number = found.groups()
        known, name = (self.gaps, gap) if gap else (self.fragments, fragment)
        if name not in known:
            raise ValueError(f"{found[0]} is not in words.toml, or not before it is used")
        return known[name].replace("N", number) if gap else known[name]

    def said(self, ways: Sequence[str], bad: str = "", allow: str = "", order: str = "") -> str:
        """The pattern of a clause that says one of ``ways``.

        Between the start of the clause and what it says stands nothing that unsays it:
        neither the words that always do, but those of ``allow``, nor those of ``bad``.
        A sentence that starts with one of the words of ``order`` demands something.
        """
        clause, allowed = self.clause, {*allow.split("|")} - {""}
        unsays = [one for one in f"{clause['unsays']}|{bad}".split("|") if one]
        if not allowed <= {*unsays}:
            raise ValueError(f"'{min(allowed - {*unsays})}' is allowed, but unsays nothing")
        stops = "|".join([*(one for one in unsays if one not in allowed), clause["joins"]])
        short = "" if clause["not"] in allowed else rf"|{clause['short_not']}\b"
        demands = rf"(?!({order})\b)" if order else ""
        start = rf"(({clause['starts']}){demands}|{clause['pause']}|\b({clause['joins']}) )"
        before = rf"((?!\b({stops})\b{short})[^.?!,:;]|[.,:]\b){{0,{clause['reach']}}}"
        known = "|".join(self.expanded(one) for one in ways)
        return rf"{start}{clause['question']}{before}\b({known})"


def words_from(table: Mapping[str, Any]) -> Words:
    """Read ``words.toml``; a fragment may use those above it."""
    _only(table, _SECTIONS)
    _only(table["clause"], _CLAUSE)
    fragments: dict[str, str] = {}
    read = Words(fragments, table["gaps"], {})
    for name, value in table["words"].items():
        text = value if isinstance(value, str) else "|".join(value)
        fragments[name] = f"({read.expanded(text)})"
    clause = {
        name: "|".join(value) if isinstance(value, list) else str(value)
        for name, value in table["clause"].items()
    }
    return Words(fragments, table["gaps"], clause)


def _only(table: Mapping[str, Any], known: frozenset[str]) -> None:
    """Complain of a key that means nothing or is not there."""
    for name in sorted({*table} ^ known):
        raise ValueError(f"unknown key '{name}'" if name in table else f"missing '{name}'")


NO_WORDS = Words({}, {}, {})


def plain(text: str) -> str:
    """The same pattern with groups that keep nothing."""
    return _GROUP.sub(lambda found: found[1] or "(?:", text)


@cache
def compiled(text: str) -> re.Pattern[str]:
    """The pattern of an expanded text, whatever the case."""
    try:
        return re.compile(plain(text), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{error}: {text}") from None
