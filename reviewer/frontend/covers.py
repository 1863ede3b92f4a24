# SPDX-License-Identifier: GPL-2.0-only
"""The cover letters among the inputs, which a mail about several patches answers."""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO

from reviewer.patch.mail import looks_like_mail, read_mail, split_mails, without_carriage_returns
from reviewer.patch.read import MAX_MAILS
from reviewer.patch.records import Reply
from reviewer.patch.reply import is_reply

_ZERO = re.compile(r"\b0+/\d")
_BLANK = b"\xef\xbb\xbf\r\n\t "


def covers_of(inputs: Sequence[tuple[str, bytes]]) -> tuple[Reply, ...]:
    """The mails numbered 0 of their series, in their order; of what they say nothing is kept."""
    return tuple(cover for _, data in inputs for cover in _covers(data))


def _covers(data: bytes) -> Iterator[Reply]:
    lines = without_carriage_returns(BytesIO(data.lstrip(_BLANK)).readlines())
    if not looks_like_mail(lines):
        return
    for _, text in split_mails(lines)[:MAX_MAILS]:
        mail = read_mail(without_carriage_returns(text), 0)
        if is_reply(mail.subject) or not _ZERO.search(mail.subject) or not mail.message_id:
            continue
        yield Reply(
            message_id=mail.message_id,
            in_reply_to=mail.in_reply_to,
            references=mail.references,
            author=mail.author,
            date=mail.date,
            subject=mail.subject,
            paragraphs=(),
        )
