# SPDX-License-Identifier: GPL-2.0-only
"""What a changelog says of a finding, and what it asks not to be told."""

import re
from collections.abc import Iterator, Sequence

from reviewer.checker.records import Finding
from reviewer.patch.records import Patch
from reviewer.record import dataclass

MAX_REASON = 300

_LOCK_WORD = re.compile(
    r"(?:^|_|un|dead)(?:lock(?:s|ed|ing|less|lessly)?|mutex|rwsem|spinlock|rac(?:e|es|y|ing))(?:_|$)",
    re.I,
)
_WORD = re.compile(r"\w+")
_SPOKEN = re.compile(r"[\w'-]+")
# The first form is how one asks in a comment, the second how one does in a trailer.
_DIRECTIVE = re.compile(r"^[ \t]*(?:#mmreview:[ \t]*(.*)|mmreview-off:(.*))$", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Directive:
    """One line of a changelog that speaks to mmreview.

    ``rule`` is to be left out because of ``reason``; ``complaint`` says what is
    wrong with the line, empty when nothing is; ``text`` is the line.
    """

    text: str
    rule: str
    reason: str
    complaint: str


def directives(changelog: str | None) -> Iterator[Directive]:
    """The lines of a changelog that speak to mmreview."""
    for match in _DIRECTIVE.finditer(changelog or ""):
        asked = match[1] if match[1] is not None else f"off {match[2]}"
        verb, rule, reason = (*asked.split(None, 2), "", "", "")[:3]
        complaint = ""
        if verb != "off":
            complaint = "only 'off RULE REASON' is understood"
        elif not rule:
            complaint = "it names no rule"
        elif not reason.strip():
            complaint = "it gives no reason"
        yield Directive(match[0].strip(), rule, reason.strip()[:MAX_REASON], complaint)


def without_directives(changelog: str | None) -> str | None:
    """What a changelog says to people: the reason for leaving one rule out must
    not explain what another finds."""
    return None if changelog is None else _DIRECTIVE.sub("", changelog)


def changelog_says(finding: Finding, changelog: str | None) -> str:
    """``explains`` when the changelog speaks of what the access lost: of a
    lock by its name, of locking at all where a lock is what was lost, or by a
    word of the rule; else ``silent``, or ``unknown``."""
    if changelog is None:
        return "unknown"
    names = {part for lock in finding.lost for part in _WORD.findall(lock)[1:]}
    words = set(_WORD.findall(changelog))
    told = bool(words & names)
    if finding.explained_by:
        told = told or _speaks(finding.explained_by, changelog, False)
    else:
        told = told or any(_LOCK_WORD.search(word) for word in words)
    return "explains" if told else "silent"


def speaks_of(wanted: Sequence[str], patch: Patch) -> bool:
    """Whether subject or changelog of a patch have one of these words, be it as
    a part of a name (``page_refs``)."""
    text = f"{patch.subject}\n{without_directives(patch.changelog) or ''}"
    return _speaks(wanted, text, True)


def _speaks(wanted: Sequence[str], text: str, parts: bool) -> bool:
    """Whether a text has one of some words or phrases; with ``parts`` also as a
    part of a name.  A phrase may go over the end of a line."""
    text = " ".join(_SPOKEN.findall(text.lower()))
    words = set(_WORD.findall(text))
    if parts:
        words |= {part for word in words for part in word.split("_")}
    plain = [one.lower() for one in wanted if _WORD.fullmatch(one.rstrip("*"))]
    starts = tuple(one[:-1] for one in plain if one.endswith("*"))
    phrases = [one.lower().rstrip("*") for one in wanted if not _WORD.fullmatch(one.rstrip("*"))]
    return (
        not words.isdisjoint(plain)
        or any(word.startswith(starts) for word in words if starts)
        or any(f" {phrase}" in f" {text}" for phrase in phrases)
    )
