# SPDX-License-Identifier: GPL-2.0-only
"""Mails: mboxes split, transfer encodings undone, headers in plain text.

Headers are taken raw and decoded here: the structured header parser of the
standard library can be made to raise by hostile addresses.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from reviewer.record import dataclass

if TYPE_CHECKING:
    from email.message import Message

_FROM_LINE = re.compile(rb"From \S")
_TIME = re.compile(rb" \d?\d:\d\d\b")
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:")
_KNOWN_HEADER = re.compile(
    rb"(?:Subject|From|Date|Message-ID|Received|Return-Path|X-[A-Za-z0-9-]+):", re.IGNORECASE
)
_ESCAPED_FROM = re.compile(rb">+From ")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_FOLD = re.compile(r"\r?\n[ \t]+")
_TEXT_TYPES = frozenset({"text/plain", "text/x-patch", "text/x-diff"})
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})
# Longer headers are cut: decoding encoded words takes quadratic time.
_MAX_HEADER = 16 << 10
# Codecs that are no charsets of mail; some of them take quadratic time.
_NO_CHARSETS = ("idna", "punycode", "unicode", "raw", "undefined", "mbcs", "oem")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as far as reviewing needs it.

    Header texts are decoded, unfolded and printable; ids carry no brackets.
    ``body`` holds the lines of all text parts as bytes with their newlines,
    ``charset`` what they are said to be in.  ``skipped`` is the number of
    lines of the input in front of the body, None when a transfer encoding or
    several parts make lines of the input and of the body differ.  ``trouble``
    says why the body could not be read, else it is empty.
    """

    subject: str
    author: str
    date: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    body: tuple[bytes, ...]
    charset: str
    skipped: int | None
    trouble: str


def looks_like_mail(lines: Sequence[bytes]) -> bool:
    """Whether a block of headers, one of them well known, begins the lines."""
    known = False
    for number, line in enumerate(lines):
        if number == 0 and _FROM_LINE.match(line):
            continue
        if not line.strip():
            return known
        if line[:1] in b" \t" and known:
            continue
        if not _HEADER_LINE.match(line):
            return False
        known = known or _KNOWN_HEADER.match(line) is not None
    return known


def split_mails(lines: Sequence[bytes]) -> list[tuple[int, list[bytes]]]:
    """Cut an mbox at its ``From `` lines.

    Gives for each mail the number of lines in front of it and its lines,
    without the ``From `` line and with ``>From `` un-escaped.  Input that
    does not begin with a ``From `` line is one mail, nothing un-escaped.
    """
    starts = [at for at in range(len(lines)) if _is_boundary(lines, at)]
    if not starts or starts[0] != 0:
        return [(0, list(lines))]
    mails = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = [line[1:] if _ESCAPED_FROM.match(line) else line for line in lines[start + 1 : end]]
        mails.append((start + 1, text))
    return mails


def _is_boundary(lines: Sequence[bytes], at: int) -> bool:
    """A ``From `` line between mails: a header behind it, a time in it or a gap before it."""
    if not lines[at].startswith(b"From ") or not _FROM_LINE.match(lines[at]):
        return False
    if at + 1 >= len(lines) or not _HEADER_LINE.match(lines[at + 1]):
        return False
    return at == 0 or not lines[at - 1].strip() or _TIME.search(lines[at]) is not None


def without_carriage_returns(lines: Sequence[bytes]) -> list[bytes]:
    """Undo line ends of the wire.

    Only when every line ends so: in a diff of a file with such line ends the
    headers of the diff do not.
    """
    ended = [line for line in lines if line.endswith(b"\n")]
    if not ended or not all(line.endswith(b"\r\n") for line in ended):
        return list(lines)
    return [line[:-2] + b"\n" if line.endswith(b"\r\n") else line for line in lines]


def read_mail(lines: Sequence[bytes], skipped: int) -> Mail:
    """Take one mail apart; ``skipped`` lines of the input stand in front of it."""
    from email.parser import BytesParser

    trouble = ""
    try:
        message = BytesParser().parsebytes(b"".join(lines))
        body, charset, encoded = _text(message)
    except (RecursionError, ValueError, LookupError) as error:
        message = BytesParser().parsebytes(b"".join(lines), headersonly=True)
        body, charset, encoded = [], "", True
        trouble = "nested too deeply" if isinstance(error, RecursionError) else "malformed"
    headers = _headers(message)
    reply = _MESSAGE_ID.search(headers.get("in-reply-to", ""))
    return Mail(
        subject=headers.get("subject", ""),
        author=headers.get("from", ""),
        date=headers.get("date", ""),
        message_id=_bare_id(headers.get("message-id", "")),
        in_reply_to=reply[1] if reply else "",
        references=tuple(_MESSAGE_ID.findall(headers.get("references", ""))),
        body=tuple(without_carriage_returns(body)),
        charset=charset,
        skipped=None if encoded else skipped + len(lines) - len(body),
        trouble=trouble,
    )


def decode_text(data: bytes, charset: str) -> str:
    """Decode as far as possible: the charset named, else UTF-8, else Latin-1."""
    for name in (charset, "utf-8"):
        if not name or name.lower().startswith(_NO_CHARSETS):
            continue
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def one_line(text: str) -> str:
    """Text with every stretch of white space as one blank, and nothing unprintable."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _text(message: "Message") -> tuple[list[bytes], str, bool]:
    """Lines and charset of the text parts, and whether they differ from the input's."""
    lines: list[bytes] = []
    charset = ""
    for part in message.walk():
        if part.is_multipart() or part.get_content_type() not in _TEXT_TYPES:
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        lines.extend(BytesIO(payload).readlines())
        charset = charset or part.get_content_charset("")
    encoding = str(message.get("content-transfer-encoding", "")).strip().lower()
    return lines, charset, message.is_multipart() or encoding not in _PLAIN_ENCODINGS


def _headers(message: "Message") -> dict[str, str]:
    """The first header of each name, in lower case, decoded to one line."""
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), value)
    wanted = ("subject", "from", "date", "message-id", "in-reply-to", "references")
    return {name: _plain_header(headers[name]) for name in wanted if name in headers}


def _plain_header(value: str) -> str:
    """Unfold a raw header and decode its encoded words."""
    from email.errors import HeaderParseError
    from email.header import decode_header

    raw = _FOLD.sub(" ", str(value)[:_MAX_HEADER]).encode("utf-8", "surrogateescape")
    text = decode_text(raw, "")
    try:
        pieces = decode_header(text) if "=?" in text else [(text, None)]
    except (HeaderParseError, ValueError):
        pieces = [(text, None)]
    return one_line("".join(_header_piece(piece, charset) for piece, charset in pieces))


def _header_piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if charset is None:
        # That is how decode_header() gives back what was not encoded.
        return piece.decode("raw-unicode-escape", "replace")
    return decode_text(piece, charset)


def _bare_id(text: str) -> str:
    match = _MESSAGE_ID.search(text)
    return match[1] if match else text.strip("<> ")
