# SPDX-License-Identifier: GPL-2.0-only
"""Mails, mboxes, replies and bare diffs become submissions."""

import base64
import quopri
import subprocess
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.patch.read import read_submission
from reviewer.patch.records import Patch, PatchError, Submission

DIFF = b"""\
diff --git a/mm/one.c b/mm/one.c
index 1111111..2222222 100644
--- a/mm/one.c
+++ b/mm/one.c
@@ -1,3 +1,3 @@ int one(void)
 a
-b
+c
 d
"""
LOG = b"""\
Take the lock first, as the comment =3D says.

Signed-off-by: J\xc3\xbcrgen <j@x.org>
"""
BODY = LOG + b"---\n v2: no change\n mm/one.c | 2 +-\n\n" + DIFF + b"-- \n2.39.5\n\n"
HEAD = b"""\
From: =?UTF-8?q?J=C3=BCrgen_Gro=C3=9F?= <j@x.org>
Date: Thu, 5 Aug 2021 23:05:56 +0800
Message-Id: <one@x.org>
In-Reply-To: <cover@x.org>
References: <root@x.org>
 <cover@x.org>
Subject: [PATCH 1/5] mm: take the lock
 first
"""
FROM = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"


def read(data: bytes, name: str = "x.mbox") -> Submission:
    return read_submission([(name, data)])


def one(data: bytes) -> Patch:
    submission = read(data)
    assert len(submission.patches) == 1 and submission.notes == ()
    return submission.patches[0]


def mail(subject: str, body: bytes = BODY, extra: bytes = b"") -> bytes:
    return b"From: A <a@x.org>\nSubject: " + subject.encode() + b"\n" + extra + b"\n" + body


def test_every_field_of_a_mail() -> None:
    patch = one(HEAD + b"\n" + BODY)
    assert patch.subject == "[PATCH 1/5] mm: take the lock first"
    assert patch.author == "Jürgen Groß <j@x.org>"
    assert patch.date == "Thu, 5 Aug 2021 23:05:56 +0800"
    assert (patch.message_id, patch.in_reply_to) == ("one@x.org", "cover@x.org")
    assert patch.references == ("root@x.org", "cover@x.org")
    assert patch.changelog == LOG.decode().strip("\n")
    assert patch.problems == () and [file.path for file in patch.files] == ["mm/one.c"]
    assert patch.lines == tuple(DIFF.decode().splitlines())


def test_positions_index_the_lines_of_the_patch() -> None:
    for data in (DIFF, b"some words\n\n" + DIFF, HEAD + b"\n" + BODY):
        patch = one(data)
        (file,) = patch.files
        assert patch.lines[file.position - 1].startswith("diff --git")
        assert patch.lines[file.hunks[0].position - 1].startswith("@@ -1,3")
        for line in file.hunks[0].lines:
            assert patch.lines[line.position - 1] == line.kind + line.text.decode().strip("\n")


def test_bare_diff_has_an_unknown_changelog() -> None:
    patch = one(b"Index: mm/one.c\n=====\n" + DIFF)
    assert patch.changelog is None and patch.subject == ""


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_transfer_encodings(encoding: str, ends: bytes) -> None:
    body = BODY.replace(b"\n", ends)
    coded = quopri.encodestring(body) if encoding[0] == "q" else base64.encodebytes(body)
    head = HEAD + b"Content-Transfer-Encoding: " + encoding.encode() + b"\n"
    head += b"Content-Type: text/plain; charset=utf-8\n\n"
    patch = one(head + coded)
    assert patch.changelog == LOG.decode().strip("\n")
    assert patch.files == one(HEAD + b"\n" + BODY).files


def test_problem_names_the_line_of_the_input_where_it_can() -> None:
    damaged = BODY.replace(b"+c\n", b"+c\nwrapped\n")
    data = FROM + HEAD + b"\n" + BODY + FROM + HEAD + b"\n" + damaged
    patch = read(data).patches[1]
    number = 1 + data.splitlines().index(b"wrapped")
    assert patch.problems[0].reason.startswith(f"line {number} of x.mbox: neither")
    head = HEAD + b"Content-Transfer-Encoding: base64\n\n"
    (problem,) = read(head + base64.encodebytes(damaged)).patches[0].problems
    assert problem.reason.startswith("line 9 of the diff: neither")


def test_problem_of_a_bare_diff_counts_all_lines() -> None:
    (problem,) = one(b"\n\nwords\n" + DIFF.replace(b"+c\n", b"wrapped\n")).problems
    assert problem.reason.startswith("line 11 of x.mbox: neither")


def test_charset_of_the_changelog() -> None:
    head = HEAD + b"Content-Type: text/plain; charset=iso-8859-1\n\n"
    patch = one(head + BODY.replace(b"J\xc3\xbcrgen", b"J\xfcrgen"))
    assert patch.changelog == LOG.decode().strip("\n")


@pytest.mark.parametrize("charset", [b"nonsense", b"punycode", b"rot13", b"zlib", b"a\0b"])
def test_unknown_charsets_fall_back(charset: bytes) -> None:
    head = HEAD + b"Content-Type: text/plain; charset=" + charset + b"\n\n"
    assert one(head + BODY).changelog == LOG.decode().strip("\n")


@pytest.mark.parametrize("charset", [b"unicode_escape", b"raw-unicode-escape", b"punycode"])
def test_codecs_that_are_no_charsets_are_not_used(charset: bytes) -> None:
    head = HEAD + b"Content-Type: text/plain; charset=" + charset + b"\n\n"
    assert one(head + b"Print \\u0041 - b\n---\n" + DIFF).changelog == "Print \\u0041 - b"


def test_mail_from_the_wire() -> None:
    patch = one((HEAD + b"\n" + BODY).replace(b"\n", b"\r\n"))
    assert patch.files == one(HEAD + b"\n" + BODY).files
    assert patch.changelog == LOG.decode().strip("\n")


def test_diff_of_a_file_with_carriage_returns_keeps_them() -> None:
    text = DIFF.replace(b" a\n-b\n+c\n d\n", b" a\r\n-b\r\n+c\r\n d\r\n")
    for data in (text, HEAD + b"\n" + LOG + b"---\n" + text):
        assert [x.text for x in one(data).files[0].hunks[0].lines][1] == b"b\r\n"
    assert one(DIFF.replace(b"\n", b"\r\n")).files == one(DIFF).files


def test_in_body_from_is_the_author() -> None:
    patch = one(HEAD + b"\nFrom: B <b@x.org>\n\n" + BODY)
    assert patch.author == "B <b@x.org>"
    assert patch.changelog == LOG.decode().strip("\n")
    sentence = one(HEAD + b"\nFrom: here on it is locked.\nSo be it.\n" + BODY)
    assert sentence.author == "Jürgen Groß <j@x.org>"
    assert (sentence.changelog or "").startswith("From: here on it is locked.\nSo")


def test_changelog_without_dashes_ends_at_the_diff() -> None:
    assert one(HEAD + b"\n" + LOG + b"\n" + DIFF).changelog == LOG.decode().strip("\n")


def test_multipart_takes_the_plain_text() -> None:
    message = EmailMessage()
    message["Subject"] = "[PATCH] mm: x"
    message.set_content(BODY.decode(), cte="base64")
    message.add_alternative("<pre>\n" + DIFF.decode().replace("one", "two"), subtype="html")
    patch = one(bytes(message))
    assert [file.path for file in patch.files] == ["mm/one.c"]
    assert patch.changelog == LOG.decode().strip("\n")


REPLY = b"""\
On Thu, Aug 05, 2021 at 11:05:56PM +0800,
J\xc3\xbcrgen Gro\xc3\x9f wrote:
> diff --git a/mm/one.c b/mm/one.c
> [ ... ]

The count cannot
change here.

[ ... ]

B <b@x.org> writes:

> +c
As B wrote:
> d
Second thought.
"""
SIGNATURE = b"-- \nB\nnot this\n"


def test_mbox_with_three_mails_and_a_reply() -> None:
    mails = [
        mail("[PATCH 0/2] cover", b"Words.\n"),
        mail("[PATCH 1/2] one"),
        mail("[PATCH 2/2] two", BODY.replace(b"one", b"two")),
        mail("Re: [PATCH 1/2] one", REPLY + SIGNATURE, b"In-Reply-To: <one@x.org>\n"),
    ]
    submission = read(b"".join(FROM + text + b"\n" for text in mails))
    assert [patch.subject for patch in submission.patches] == ["[PATCH 1/2] one", "[PATCH 2/2] two"]
    assert submission.patches[1].files[0].path == "mm/two.c"
    assert submission.notes == ("cover letter '[PATCH 0/2] cover': nothing to review",)
    (reply,) = submission.replies
    assert (reply.subject, reply.in_reply_to) == ("Re: [PATCH 1/2] one", "one@x.org")
    assert reply.paragraphs == ("The count cannot change here.", "As B wrote:", "Second thought.")


def test_several_inputs_keep_their_order() -> None:
    submission = read_submission([("b", mail("b")), ("a", mail("a")), ("c", DIFF)])
    assert [patch.subject for patch in submission.patches] == ["b", "a", ""]


def test_from_lines_in_a_mail_do_not_split_it() -> None:
    log = b"From here on it is locked.\n>From there too.\n\nFrom a\nplain words\n"
    single = one(mail("x", log + BODY))
    assert (single.changelog or "").startswith(log.decode())
    boxed = one(FROM + mail("x", log + BODY))
    assert (boxed.changelog or "").startswith(log.decode().replace(">From", "From"))


def test_mails_without_signature_and_gap_are_split() -> None:
    commit = b"From " + b"1" * 40 + b" Mon Sep 17 00:00:00 2001\n"
    body = LOG + b"---\n" + DIFF
    submission = read(commit + mail("one", body) + commit + mail("two", body))
    assert [patch.subject for patch in submission.patches] == ["one", "two"]
    assert all(patch.problems == () for patch in submission.patches)


def test_diff_in_a_reply_and_mail_without_diff_are_noted() -> None:
    submission = read(mail("Re: x", b"How about this?\n" + DIFF + b"\nOr not.\n"))
    assert submission.patches == ()
    assert submission.replies[0].paragraphs == ("How about this?", "Or not.")
    assert submission.notes == ("'Re: x': a diff in a reply is not reviewed",)
    plain = read(mail("hello", b"> " + DIFF.replace(b"\n", b"\n> ")))
    assert plain.notes == ("'hello': a mail without a diff, nothing to review",)
    assert plain.patches == () and plain.replies == ()


def test_base_commit_of_a_series() -> None:
    base = b"base-commit: " + b"ab" * 20 + b"\n"
    series = [
        mail("[PATCH 0/2] cover", b"Words.\n" + base),
        mail("[PATCH 1/2] one"),
        mail("[PATCH 2/2] two"),
        mail("[PATCH 1/2] other series"),
        mail("[PATCH 2/2] other series", BODY + base.replace(b"ab", b"cd")),
        mail("[PATCH] single"),
        mail("[PATCH] own", BODY + base),
    ]
    submission = read_submission([(str(n), text) for n, text in enumerate(series)])
    bases = [patch.base_commit[:2] for patch in submission.patches]
    assert bases == ["ab", "ab", "", "cd", "", "ab"]
    assert submission.patches[0].base_commit == "ab" * 20
    assert one(DIFF + b"\n" + base).base_commit == "ab" * 20


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_empty_file(data: bytes) -> None:
    with pytest.raises(PatchError, match=r"^x\.mbox: empty file$"):
        read(data)


@pytest.mark.parametrize(
    "data", [b"int main(void)\n{\n}\n", b"\0" * 99, b"\xff\xfe\n", b"a: b\n\nno mail\n"]
)
def test_neither_diff_nor_mail(data: bytes) -> None:
    with pytest.raises(PatchError, match=r"^x\.mbox: neither a diff nor a mail$"):
        read(data)


def test_nul_bytes_are_ordinary() -> None:
    patch = one(HEAD + b"\n" + LOG + b"---\n" + DIFF.replace(b"+c", b"+c\0\xff"))
    assert patch.files[0].hunks[0].lines[2].text == b"c\0\xff\n"
    assert patch.lines[7] == "+c\0\N{REPLACEMENT CHARACTER}"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*(HEAD + b"\n" + BODY).splitlines(True), FROM, b"\0\xff\r\n"])))
def test_any_order_of_lines_is_read_or_refused(lines: list[bytes]) -> None:
    try:
        submission = read(b"".join(lines))
    except PatchError:
        return
    for text in submission.notes:
        assert "\n" not in text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_header_is_read(junk: bytes) -> None:
    head = junk.replace(b"\n", b" ").replace(b"\r", b" ")
    for name in (b"From", b"Subject", b"Message-Id", b"Content-Type", b"Content-Transfer-Encoding"):
        submission = read(b"Date: x\n" + name + b": " + head + b"\n\n" + BODY)
        for patch in submission.patches:
            assert (patch.subject + patch.author + patch.message_id).isprintable()


def test_encoded_newlines_do_not_reach_a_header() -> None:
    patch = one(mail("=?utf-8?q?x=0ABcc:_y=1B[2J?="))
    assert patch.subject == "x Bcc: y[2J"


def test_long_lines_take_linear_time() -> None:
    start = time.process_time()
    for piece in (b"[", b"[1/", b"=?a?q?x ", b"<a", b"On x wrote: ", b" and ", b'"\\'):
        line = piece * 200_000
        read(b"From: " + line + b"\nSubject: " + line + b"\nReferences: " + line + b"\n\n" + BODY)
        read(mail("Re: x", line + b"\n> x\n"))
        for head in (b"Binary files a", b"diff --git ", b"--- ", b"@@ -"):
            read(DIFF + head + line + b"\n+++ x\n")
    assert time.process_time() - start < 10


def test_deeply_nested_mail_is_a_problem() -> None:
    text = b"Subject: x\n"
    for depth in range(2000):
        text += b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (depth, depth)
    submission = read(text + b"\n" + BODY)
    assert submission.patches == () or submission.patches[0].problems
    assert submission.patches or submission.notes


def test_format_patch_of_git(tmp_path: Path) -> None:
    def git(*words: str) -> bytes:
        identity = ["-c", "user.name=Ä Ö", "-c", "user.email=a@x.org", "-c", "commit.gpgsign=no"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout

    git("init", "-q")
    for text in ("a\nb\nd\n", "a\nc\nd\n", "a\nc\n"):
        (tmp_path / "one.c").write_text(text)
        git("add", "one.c")
        git("commit", "-q", "-m", "mm: ünicode subject that is long enough to be folded " * 3)
    series = git("format-patch", "--stdout", "--base=HEAD~2", "--thread", "-2")
    submission = read(series)
    assert [patch.author for patch in submission.patches] == ["Ä Ö <a@x.org>"] * 2
    base = git("rev-parse", "HEAD~2").decode().strip()
    assert [patch.base_commit for patch in submission.patches] == [base, base]
    first, second = submission.patches
    assert second.in_reply_to == first.message_id != ""
    assert first.subject.startswith("[PATCH 1/2] mm: ünicode subject that is long enough")
    assert "  " not in first.subject and first.problems == ()
