# SPDX-License-Identifier: GPL-2.0-only
"""The formats by name."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reviewer.patch.records import Reply
from reviewer.record import dataclass
from reviewer.verdict.records import Review

if TYPE_CHECKING:
    from reviewer.report.html_images import Look


@dataclass(frozen=True, slots=True)
class RuleText:
    """How a rule explains itself: ``text`` plain, ``markdown`` as it is written."""

    name: str
    summary: str
    severity: str
    since: str
    topic: str
    text: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Options:
    """What some formats need besides the review.

    ``colour`` and ``width`` are for the terminal, ``version`` for mail and
    SARIF, ``now`` for mail, ``rules`` for SARIF, ``look`` for HTML: the
    functions that findings are about.  ``covers`` are the cover letters of the
    input, which mail may answer.
    """

    colour: bool = False
    width: int = 80
    version: str = "0"
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    rules: tuple[RuleText, ...] = ()
    look: "Look | None" = None
    covers: tuple[Reply, ...] = ()


def report(review: Review, name: str, options: Options) -> str:
    """The review in the format of that name; ValueError when there is none."""
    if name not in FORMATS:
        raise ValueError(f"no such format: {name} (there are {', '.join(FORMATS)})")
    return FORMATS[name](review, options)


# Each imports what it needs when it is called: a hook that is run for every mail must not
# load what it does not print.
def _terminal(review: Review, options: Options) -> str:
    from reviewer.report.terminal import terminal

    return terminal(review, options.colour, options.width)


def _gcc(review: Review, options: Options) -> str:
    from reviewer.report.gcc import gcc

    return gcc(review)


def _json(review: Review, options: Options) -> str:
    from reviewer.report.json_report import as_json

    return as_json(review)


def _mail(review: Review, options: Options) -> str:
    """The mail; several as an mboxrd, so that none of them can hold the start of another."""
    from reviewer.report.mail import as_mbox, mail

    mails = mail(review, options.version, options.now, options.covers)
    return mails[0] if len(mails) == 1 else as_mbox(mails)


def _sarif(review: Review, options: Options) -> str:
    from reviewer.report.sarif import sarif

    return sarif(review, options.version, options.rules)


def _rdjsonl(review: Review, options: Options) -> str:
    from reviewer.report.rdjsonl import rdjsonl

    return rdjsonl(review)


def _html(review: Review, options: Options) -> str:
    from reviewer.report.html import html
    from reviewer.report.html_images import nothing

    return html(review, options.version, options.look or nothing)


FORMATS: Mapping[str, Callable[[Review, Options], str]] = {
    "terminal": _terminal,
    "gcc": _gcc,
    "json": _json,
    "sarif": _sarif,
    "rdjsonl": _rdjsonl,
    "mail": _mail,
    "html": _html,
}
