# SPDX-License-Identifier: GPL-2.0-only
"""The review as replies to series, as people on a mailing list write them."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from importlib.resources import files

from reviewer.patch.records import Patch, Reply
from reviewer.record import dataclass
from reviewer.report.quote import Anchor, anchor, quote, quotes
from reviewer.report.remark import Block, around, asked_by, on_finding, paragraph, same_here, signed
from reviewer.report.series import cover_of, series
from reviewer.report.text import clean, distinct
from reviewer.verdict.records import Review, Verdict

SENDER = "mmreview <mmreview@mmreview.invalid>"

_POLICY = SMTP.clone(linesep="\n")
_REPLY = re.compile(r"(?:\s*re\s*:)+\s*", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_FROM = re.compile(r"^(>*From )", re.MULTILINE)
_ANSWERED = ("error", "warning")

# Quoted lines and the blocks of the remark below them.
Part = tuple[list[str], list[Block]]


@dataclass(frozen=True, slots=True)
class _Letter:
    """One mail: what it answers, the patches it speaks of, and the verdicts on each."""

    answered: Patch | Reply
    patches: tuple[int, ...]
    verdicts: tuple[Verdict, ...]


def mail(review: Review, version: str, now: datetime, covers: Sequence[Reply] = ()) -> list[str]:
    """One RFC 2822 text for each series with a warning or an error, in their order.

    It answers the patch that has them; where several patches have, the cover
    letter if it is one of ``covers``, else the first of them.  The same review,
    version and time give the same texts.  Headers hold no text of the patch
    that could start another header.  ``now`` is taken for UTC when it has no
    zone.

    What is about one place is below the quote of that place, and nothing else
    is: b4 and others take all that follows a quote for a remark on it.
    """
    mails: list[str] = []
    for letter in _letters(review, covers):
        body = _body(review, letter, version)
        mails.append(_headers(review, letter, body, version, now) + "\n" + body)
    return mails


def _letters(review: Review, covers: Sequence[Reply]) -> Iterator[_Letter]:
    for group in series(review.patches):
        verdicts = tuple(
            one for one in review.verdicts if one.patch in group and one.severity in _ANSWERED
        )
        found = tuple(index for index in group if any(one.patch == index for one in verdicts))
        if not found:
            continue
        cover = None
        if len(found) > 1:
            cover = cover_of([review.patches[index] for index in group], covers)
        yield _Letter(cover or review.patches[found[0]], found, verdicts)


def _headers(review: Review, letter: _Letter, body: str, version: str, now: datetime) -> str:
    date = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    answered, first = letter.answered, review.patches[letter.patches[0]]
    subject = _REPLY.sub("", clean(answered.subject), count=1) or _called(first)
    digest = sha256(f"{answered.message_id}\0{body}".encode("utf-8", "replace")).hexdigest()
    authors = (answered.author, *(review.patches[index].author for index in letter.patches))
    to = ", ".join(distinct([_address(author) for author in authors]))
    lines = [
        _folded("From", SENDER),
        *([_folded("To", to)] if to else []),
        _folded("Subject", f"Re: {subject}".strip()),
        _folded("Date", format_datetime(date)),
        f"Message-ID: <{digest[:32]}@mmreview.invalid>\n",
        *_thread(answered),
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


def _thread(patch: Patch | Reply) -> list[str]:
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


def _body(review: Review, letter: _Letter, version: str) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    template = files("reviewer.report").joinpath("templates/reply.txt.j2")
    several = len(letter.patches) > 1
    text = environment.from_string(template.read_text("utf-8")).render(
        around=[block for index in letter.patches for block in _around(review, letter, index)],
        signed=signed(letter.verdicts, version),
        attribution=_attribution(letter.answered),
        parts=[
            part
            for index in letter.patches
            for part in _parts(review, index, _of(letter, index), several)
        ],
    )
    # No quoted line is empty, so that blank lines can only be the template's.
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def _of(letter: _Letter, index: int) -> list[Verdict]:
    return [one for one in letter.verdicts if one.patch == index]


def _around(review: Review, letter: _Letter, index: int) -> list[Block]:
    """What is said of a patch but of no place in it; under its subject where there are several."""
    verdicts = _of(letter, index)
    unplaced = [
        block
        for one in verdicts
        if anchor(review.patches[index], one.finding) is None
        for block in on_finding(review, one)
    ]
    blocks = [*around(review, index, verdicts), *unplaced]
    if len(letter.patches) > 1 and blocks:
        blocks.insert(0, paragraph(f"{_called(review.patches[index])}:"))
    return blocks


def _called(patch: Patch) -> str:
    """A patch by its subject, or by its first file."""
    return clean(patch.subject) or (clean(patch.files[0].path) if patch.files else "a patch")


def _attribution(answered: Patch | Reply) -> Block:
    name, address = parseaddr(clean(answered.author))
    who = name or address
    if not who:
        return []
    date = clean(answered.date)
    return paragraph(f"On {date}, {who} wrote:" if date else f"{who} wrote:")


def _parts(review: Review, index: int, verdicts: Sequence[Verdict], named: bool) -> list[Part]:
    """The remarks in the order of the patch, each below its quote.

    A block that is said already is not said again.  ``named`` puts the subject
    in front, as it stands in the mail of the patch.
    """
    patch = review.patches[index]
    placed: dict[Anchor, list[Verdict]] = {}
    for one in verdicts:
        place = anchor(patch, one.finding)
        if place is not None:
            placed.setdefault(place, []).append(one)
    places = sorted(placed)
    said: list[Block] = []
    asked: set[str] = set()
    parts: list[Part] = []
    for place, quoted in zip(places, quotes(patch, places), strict=True):
        blocks: list[Block] = []
        for one in placed[place]:
            fresh = [block for block in on_finding(review, one, asked) if block not in said]
            asked.update(asked_by(review, one))
            said += fresh + on_finding(review, one, asked)
            blocks += fresh
        parts.append((quoted, blocks or same_here(placed[place][0])))
    if parts and named:
        parts[0][0][:0] = [quote(f"Subject: {_called(patch)}")]
    return parts


def as_mbox(mails: Sequence[str]) -> str:
    """The mails as one mboxrd text: ``From`` at the start of a line is quoted."""
    texts = (_FROM.sub(r">\1", text) for text in mails)
    return "".join(f"From mboxrd@z Thu Jan  1 00:00:00 1970\n{text}\n" for text in texts)
