# SPDX-License-Identifier: GPL-2.0-only
"""What somebody says in a reply, without what they quote."""

import re
from collections.abc import Sequence

_REPLY_SUBJECT = re.compile(r"\s*(?:re|aw|sv|antw)(?:\[\d{1,3}\])?\s*:", re.IGNORECASE)
_ATTRIBUTION_START = re.compile(r"(?:On|Am|Le|El) \S")
_ATTRIBUTION_END = re.compile(r"\b(?:wrote|writes|said|schrieb|a écrit)\s*:\s*\Z")
_BARE_NAME = re.compile(r"(?!As )[A-Z][\w.-]*(?: [A-Z][\w.-]*){1,3} (?:wrote|writes):\s*\Z")
_ORIGINAL = re.compile(r"-{3,} ?Original Message ?-{3,}", re.IGNORECASE)
# An attribution is one sentence that mailers wrap, at most, twice.
_ATTRIBUTION_LINES = 3


def is_reply(subject: str) -> bool:
    """Whether a subject begins with ``Re:`` or what mailers write instead."""
    return _REPLY_SUBJECT.match(subject) is not None


def paragraphs(lines: Sequence[str]) -> tuple[str, ...]:
    """The unquoted paragraphs, each joined to one line.

    Attributions in front of quotes, the signature and everything behind it,
    and paragraphs without a letter or digit (``[ ... ]``) are left out.
    """
    found: list[str] = []
    current: list[str] = []
    for line in [*_before_signature(lines), ""]:
        quoted = line.lstrip().startswith(">")
        if line.strip() and not quoted:
            current.append(line.strip())
            continue
        if quoted and not current and found and _is_attribution(found[-1]):
            # A blank line may stand between the attribution and the quote.
            found.pop()
        _finish(found, _without_attribution(current) if quoted else current)
        current = []
    return tuple(found)


def _finish(found: list[str], lines: Sequence[str]) -> None:
    text = " ".join(lines)
    if any(char.isalnum() for char in text):
        found.append(text)


def _before_signature(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        text = line.rstrip("\r\n")
        if text in ("-- ", "--") or _ORIGINAL.match(text):
            break
        kept.append(text)
    return kept


def _is_attribution(paragraph: str) -> bool:
    """Whether a whole paragraph says only who wrote the quote that follows."""
    return not _without_attribution([paragraph])


def _without_attribution(lines: Sequence[str]) -> Sequence[str]:
    """Drop the ``On ... wrote:`` that ends the lines in front of a quote."""
    if not lines or not _ATTRIBUTION_END.search(lines[-1]):
        return lines
    for back in range(1, min(_ATTRIBUTION_LINES, len(lines)) + 1):
        if _ATTRIBUTION_START.match(lines[-back]):
            return lines[:-back]
    last = lines[-1]
    return lines[:-1] if "@" in last or _BARE_NAME.match(last) else lines
