# SPDX-License-Identifier: GPL-2.0-only
"""The review as replies to the patches, as people on a mailing list write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from importlib.resources import files

from reviewer.patch.records import Patch
from reviewer.report.quote import SNIP, Anchor, anchor, quote, quoted
from reviewer.report.remark import (
    Block,
    on_changelog,
    on_claims,
    on_finding,
    on_open_points,
    on_suppressed,
    paragraph,
)
from reviewer.report.text import clean
from reviewer.verdict.records import Review, Verdict

SENDER = "mmreview <mmreview@mmreview.invalid>"

_POLICY = SMTP.clone(linesep="\n")
_REPLY = re.compile(r"(?:\s*re\s*:)+\s*", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_FROM = re.compile(r"^(>*From )", re.MULTILINE)
_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S.*")
_ANSWERED = ("error", "warning")
_QUOTED_CHANGELOG = 6

# Quoted lines and the blocks of the remark below them.
Part = tuple[list[str], list[Block]]


def mail(review: Review, version: str, now: datetime) -> list[str]:
    """One RFC 2822 text for each patch with a warning or an error, in their order.

    The same review, version and time give the same texts.  Headers hold no
    text of the patch that could start another header.  ``now`` is taken for
    UTC when it has no zone.
    """
    mails: list[str] = []
    for index, patch in enumerate(review.patches):
        verdicts = [
            one for one in review.verdicts if one.patch == index and one.severity in _ANSWERED
        ]
        if verdicts:
            body = _body(review, index, verdicts)
            mails.append(_headers(patch, body, version, now) + "\n" + body)
    return mails


def _headers(patch: Patch, body: str, version: str, now: datetime) -> str:
    date = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    digest = sha256(f"{patch.message_id}\0{body}".encode("utf-8", "replace")).hexdigest()
    lines = [
        _folded("From", SENDER),
        *([_folded("To", to)] if (to := _address(patch.author)) else []),
        _folded("Subject", f"Re: {_REPLY.sub('', clean(patch.subject), count=1)}".strip()),
        _folded("Date", format_datetime(date)),
        f"Message-ID: <{digest[:32]}@mmreview.invalid>\n",
        *_thread(patch),
        "Auto-Submitted: auto-generated\n",
        _folded("User-Agent", f"mmreview {clean(version)} (offline, deterministic)"),
        "MIME-Version: 1.0\n",
        "Content-Type: text/plain; charset=utf-8\n",
        "Content-Transfer-Encoding: 8bit\n",
    ]
    return "".join(lines)


def _folded(name: str, value: str) -> str:
    folded: str = _POLICY.fold(name, _POLICY.header_factory(name, value))
    return folded


def _address(author: str) -> str:
    """The author as a header may hold it, empty when there is no plain address in it."""
    name, address = parseaddr(clean(author))
    local, at, domain = address.rpartition("@")
    if not (at and local and domain and _MESSAGE_ID.fullmatch(address)):
        return ""
    try:
        return str(Address(display_name=name, addr_spec=address))
    except ValueError:
        return ""


def _thread(patch: Patch) -> list[str]:
    """In-Reply-To and References; written by hand because the e-mail library encodes ids
    that are longer than a line, which tears threads."""
    parent = _id(patch.message_id)
    if not parent:
        return []
    chain = patch.references or ((patch.in_reply_to,) if patch.in_reply_to else ())
    ids = [*dict.fromkeys(one for text in chain if (one := _id(text)) not in ("", parent)), parent]
    return [f"In-Reply-To: {parent}\n", "References: " + "\n ".join(ids) + "\n"]


def _id(text: str) -> str:
    bare = text.strip().removeprefix("<").removesuffix(">")
    return f"<{bare}>" if _MESSAGE_ID.fullmatch(bare) else ""


def _body(review: Review, index: int, verdicts: Sequence[Verdict]) -> str:
    from jinja2 import Environment, StrictUndefined

    patch = review.patches[index]
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    template = files("reviewer.report").joinpath("templates/reply.txt.j2")
    text = environment.from_string(template.read_text("utf-8")).render(
        attribution=_attribution(patch),
        changelog=_quoted_changelog(patch),
        snip=SNIP,
        silence=on_changelog(review, index, verdicts),
        parts=_parts(patch, verdicts),
        claims=on_claims(review, index),
        questions=on_open_points(review, index),
        suppressed=on_suppressed(review, index),
    )
    # No quoted line is empty, so that blank lines can only be the template's.
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def _attribution(patch: Patch) -> list[str]:
    name, address = parseaddr(clean(patch.author))
    who = name or address
    if not who:
        return []
    return paragraph(f"On {clean(patch.date)}, {who} wrote:" if patch.date else f"{who} wrote:")


def _quoted_changelog(patch: Patch) -> list[str]:
    """The first paragraph that is not made of tags, cut when it is long."""
    for text in re.split(r"\n[ \t]*\n", (patch.changelog or "").strip("\n")):
        lines = [line for line in text.split("\n") if line.strip()]
        if lines and not all(_TRAILER.fullmatch(line.strip()) for line in lines):
            return [quote(line) for line in lines[:_QUOTED_CHANGELOG]]
    return []


def _parts(patch: Patch, verdicts: Sequence[Verdict]) -> list[Part]:
    """The remarks in the order of the patch, each below its quote.

    What has no place in the patch comes first; a block already said is not
    said again.
    """
    placed = [(anchor(patch, one.finding), one) for one in verdicts]
    placed.sort(key=lambda pair: (pair[0] is not None, pair[0] or Anchor(0, 0, 0)))
    parts: list[Part] = []
    said: list[Block] = []
    last: Anchor | None = None
    for place, verdict in placed:
        blocks = [block for block in on_finding(verdict) if block not in said]
        if not blocks:
            continue
        said += blocks
        fresh = place is not None and place != last
        parts.append((quoted(patch, last, place) if fresh and place else [], blocks))
        last = place or last
    return parts


def as_mbox(mails: Sequence[str]) -> str:
    """The mails as one mboxrd text: ``From`` at the start of a line is quoted."""
    texts = (_FROM.sub(r">\1", text) for text in mails)
    return "".join(f"From mboxrd@z Thu Jan  1 00:00:00 1970\n{text}\n" for text in texts)
