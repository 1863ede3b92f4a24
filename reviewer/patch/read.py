# SPDX-License-Identifier: GPL-2.0-only
"""Files of any kind a patch comes in, taken apart into patches and replies."""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

from reviewer.location import Problem
from reviewer.patch.diff import find_diff, parse_diff
from reviewer.patch.mail import (
    Mail,
    decode_text,
    looks_like_mail,
    one_line,
    read_mail,
    split_mails,
    without_carriage_returns,
)
from reviewer.patch.records import Patch, PatchError, Reply, Submission
from reviewer.patch.reply import is_reply, paragraphs
from reviewer.patch.series import Place, change_ids, in_order, numbered, prerequisites
from reviewer.record import dataclass, replace

_BASE_COMMIT = re.compile(rb"base-commit:[ \t]*([0-9a-f]{12,64})\s*\Z")
_CHANGELOG_END = re.compile(rb"---\s*\Z")
_IN_BODY = re.compile(r"(From|Date|Subject): *(\S.*)")
MAX_MAILS = 1000
"""Mails of one mbox: a long thread has some hundred, and each takes a millisecond."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Item:
    """What one mail or bare diff turned out to be.

    ``base_commit`` may come from a cover letter; patches get theirs at the end.
    """

    subject: str
    base_commit: str = ""
    patch: Patch | None = None
    reply: Reply | None = None
    note: str = ""
    place: Place | None = None
    wanted: tuple[tuple[str, str], ...] = ()
    change_ids: tuple[str, ...] = ()


def read_submission(inputs: Sequence[tuple[str, bytes]], sort: bool = False) -> Submission:
    """Read inputs, each a name for messages and the bytes of a file, in order; with
    ``sort`` the mails of a series in the order of their numbers.

    A file is an mbox, a mail, or a bare diff.  Mails without a diff become
    notes, replies become Reply.  Raises PatchError for an empty file and for
    one that is neither a diff nor a mail.
    """
    items = [item for name, data in inputs for item in _read(name, data)]
    if sort:
        items = [items[at] for at in in_order([item.place for item in items])]
    return Submission(
        patches=tuple(_with_inherited_bases(items)),
        replies=tuple(item.reply for item in items if item.reply is not None),
        notes=tuple(item.note for item in items if item.note),
        prerequisites=tuple(dict.fromkeys(one for item in items for one in item.wanted)),
        change_ids=tuple(one for item in items for one in item.change_ids),
    )


def _read(name: str, data: bytes) -> Iterator[_Item]:
    if not data.strip():
        raise PatchError(f"{name}: empty file")
    lines = BytesIO(data.removeprefix(_BYTE_ORDER_MARK)).readlines()
    blank = next(at for at, line in enumerate(lines) if line.strip())
    lines = without_carriage_returns(lines[blank:])
    if looks_like_mail(lines):
        mails = split_mails(lines)
        if len(mails) > MAX_MAILS:
            yield _too_many(name, len(mails))
        for skipped, text in mails[:MAX_MAILS]:
            mail = read_mail(without_carriage_returns(text), blank + skipped)
            yield _placed(_from_mail(mail, name), mail)
        return
    start = find_diff(lines)
    if start is None:
        raise PatchError(f"{name}: neither a diff nor a mail")
    yield _Item("", _base_commit(lines), _bare_patch(lines[start:], name, blank + start))


def _too_many(name: str, count: int) -> _Item:
    """What stands for the mails that are not read."""
    reason = f"{count} mails: those behind the first {MAX_MAILS} are not read"
    return _Item("", patch=replace(_bare_patch((), name, 0), problems=(Problem(name, "", reason),)))


def _bare_patch(lines: Sequence[bytes], name: str, skipped: int) -> Patch:
    diff = parse_diff(lines, name, skipped)
    return Patch(
        subject="",
        author="",
        date="",
        message_id="",
        in_reply_to="",
        references=(),
        changelog=None,
        base_commit="",
        files=diff.files,
        problems=diff.problems,
        lines=_texts(lines[: diff.length]),
    )


def _placed(item: _Item, mail: Mail) -> _Item:
    """The item with its place in a series, and with what that stands on."""
    if item.reply is not None:
        return item
    return replace(
        item,
        place=numbered(mail),
        wanted=prerequisites(mail.body),
        change_ids=change_ids(mail.body),
    )


def _from_mail(mail: Mail, name: str) -> _Item:
    """Tell patches, replies, cover letters and other mails apart."""
    if mail.trouble:
        reason = f"the mail '{mail.subject}' is not read: {mail.trouble}"
        return _Item(mail.subject, patch=_patch(mail, (Problem(name, "", reason),)))
    base = _base_commit(mail.body)
    start = find_diff(mail.body)
    if is_reply(mail.subject):
        note = "" if start is None else f"'{mail.subject}': a diff in a reply is not reviewed"
        return _Item(mail.subject, base, reply=_reply(mail, start), note=note)
    if start is not None:
        return _Item(mail.subject, base, patch=_mailed_patch(mail, name, start))
    number = numbered(mail)
    if number is not None and number.number == 0:
        return _Item(mail.subject, base, note=f"cover letter '{mail.subject}': nothing to review")
    answers = _reply(mail, start) if mail.in_reply_to else None
    note = f"'{mail.subject}': a mail without a diff, nothing to review"
    return _Item(mail.subject, base, reply=answers, note=note)


def _mailed_patch(mail: Mail, name: str, start: int) -> Patch:
    lines = mail.body[start:]
    if mail.skipped is None:
        diff = parse_diff(lines)
    else:
        diff = parse_diff(lines, name, mail.skipped + start)
    author, changelog = _changelog(mail, start)
    return replace(
        _patch(mail, diff.problems),
        author=author or mail.author,
        changelog=changelog,
        files=diff.files,
        lines=_texts(lines[: diff.length]),
    )


def _patch(mail: Mail, problems: tuple[Problem, ...]) -> Patch:
    """What the headers alone say of a patch."""
    return Patch(
        subject=mail.subject,
        author=mail.author,
        date=mail.date,
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        changelog=None,
        base_commit="",
        files=(),
        problems=problems,
        lines=(),
    )


def _reply(mail: Mail, start: int | None) -> Reply:
    """A reply; a diff from line ``start`` of its body on is not quoted speech."""
    body = list(mail.body)
    if start is not None:
        length = parse_diff(body[start:]).length
        body[start : start + length] = [b"\n"]
    text = [decode_text(line, mail.charset) for line in body]
    return Reply(
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        author=mail.author,
        date=mail.date,
        subject=mail.subject,
        paragraphs=paragraphs(text),
    )


def _changelog(mail: Mail, start: int) -> tuple[str, str]:
    """Author named in the body, or nothing, and the text above ``---`` or the diff."""
    end = next((at for at in range(start) if _CHANGELOG_END.match(mail.body[at])), start)
    text = decode_text(b"".join(mail.body[:end]), mail.charset).replace("\r\n", "\n")
    lines = text.strip("\n").split("\n")
    author, at = "", 0
    while at < len(lines) and (field := _IN_BODY.match(lines[at])):
        author = one_line(field[2]) if field[1] == "From" else author
        at += 1
    if at == len(lines) or not lines[at].strip():
        return author, "\n".join(lines[at:]).strip("\n")
    # Without a gap behind it this is a sentence that begins like a header.
    return "", "\n".join(lines)


def _base_commit(lines: Iterable[bytes]) -> str:
    matches = (_BASE_COMMIT.match(line) for line in lines if line.startswith(b"base-commit:"))
    return next((match[1].decode() for match in matches if match), "")


def _with_inherited_bases(items: Sequence[_Item]) -> Iterator[Patch]:
    """Give the ``base-commit`` of a cover letter or first patch to the rest of the series."""
    base, last, total = "", 0, 0
    for item in items:
        number = item.place
        if number is not None:
            same = number.total == total and number.number > last
            last, total = number.number, number.total
            base = item.base_commit or (base if same else "")
        if item.patch is not None:
            inherited = base if number is not None else ""
            yield replace(item.patch, base_commit=item.base_commit or inherited)


def _texts(lines: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(line.rstrip(b"\r\n").decode("utf-8", "replace") for line in lines)
