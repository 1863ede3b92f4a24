# SPDX-License-Identifier: GPL-2.0-only
"""The review as mail."""

import email
import mailbox
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_samples import NOW, about, body, sent
from report_samples import (
    CHANGELOG,
    CONFIRMED,
    DIFF,
    EMPTY,
    FINDING,
    MODEL,
    PATCH,
    UNDECIDED,
    UNJUDGED,
    VERDICT,
    WITNESS,
    patch_of,
    review_of,
)

from reviewer.report.formats import Options, report
from reviewer.report.mail import mail
from reviewer.verdict.records import Verdict

REFUTED = """\
box_users(box) leaves the slots lock, which the changelog does not
mention. Could it say why it may? For example:

    The comparison outside the lock is only an early exit. box_freeze()
    compares again under the lock.

"The box is off the shelf, so nobody can take another user ...": this
does not hold here. find_box() takes one without the lock of the shelf.

Does every caller hold the box lock?

[mmreview 0.1.0: read-moved-out-of-lock; "mmreview rules NAME" explains]

On Mon, 6 Jan 2025 10:00:00 +0100, A. Uthor wrote:
> diff --git a/lib/box.c b/lib/box.c
> index 1111111..2222222 100644
> --- a/lib/box.c
> +++ b/lib/box.c
> @@ -10,6 +10,9 @@ int box_move(struct shelf *shelf, struct box *box)
>  {
>  \tint expected = 2;
>\x20\x20
> +\tif (box_users(box) != expected)

When shelf != NULL, box_users(box) stood under shelf->slots.x_lock with
interrupts off; it now stands under no lock visible in this function.
When shelf == NULL, what is held there stays the same. A branch depends
on the value.

4 of 5 functions that raise box->users do not hold slots (find_box(),
lib/find.c). This was possible before, and still is:

  CPU 0: find_box()             CPU 1: box_move()
  --------------------------    -----------------------
                                box_users() == expected
  box_try_get()  [users + 1]
                                slots_lock_irq()
                                box_freeze() fails

What decides is box_freeze(). In no schedule of the model does it do
harm. Without box_freeze() the model loses a user in five steps. When
shelf == NULL: the lookup drops what it took when it reads the slot
again.

Possible only now: retry early. Explored: 1 lookup, 1 move, sequentially
consistent (120 before and 131 states after the patch). This assumes: a
lookup ends before the box is freed. Not modelled: box_trace().
"""


def test_refuted() -> None:
    assert body(VERDICT) == REFUTED


def test_headers() -> None:
    parsed = sent(VERDICT)
    assert parsed["Subject"] == "Re: [PATCH 1/2] lib: box: Compare the users once"
    assert parsed["To"] == '"A. Uthor" <a.uthor@example.org>'
    assert parsed["In-Reply-To"] == "<20250106-one@example.org>"
    assert parsed["References"] == "<20250106-cover@example.org> <20250106-one@example.org>"
    assert parsed["Date"] == "Tue, 07 Jan 2025 09:30:00 +0000"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["User-Agent"] == "mmreview 0.1.0 (offline, deterministic)"
    assert parsed.get_content_type() == "text/plain" and not parsed.is_multipart()


def test_date_is_utc() -> None:
    for now in (NOW.replace(tzinfo=None), NOW.astimezone(timezone(timedelta(hours=5)))):
        assert mail(review_of(VERDICT), "0.1.0", now) == mail(review_of(VERDICT), "0.1.0", NOW)


def test_message_id_follows_content_and_patch() -> None:
    other = replace(PATCH, message_id="20250106-two@example.org")
    ids = {
        sent(VERDICT)["Message-ID"],
        sent(CONFIRMED)["Message-ID"],
        sent(VERDICT, patch=other)["Message-ID"],
    }
    assert len(ids) == 3
    assert sent(VERDICT)["Message-ID"] in ids


@pytest.mark.parametrize("subject", ["Re: one", "re:RE: Re : one", "one"])
def test_one_re(subject: str) -> None:
    assert sent(VERDICT, patch=replace(PATCH, subject=subject))["Subject"] == "Re: one"


def test_thread_without_references() -> None:
    patch = replace(PATCH, references=(), in_reply_to="cover@example.org")
    expected = "<cover@example.org> <20250106-one@example.org>"
    assert sent(VERDICT, patch=patch)["References"] == expected


def test_long_ids_stay_whole() -> None:
    long = f"{'1f7e1d08' * 12}@example.org"
    (text,) = mail(review_of(VERDICT, patch=replace(PATCH, message_id=long)), "0", NOW)
    assert f"\nIn-Reply-To: <{long}>\n" in text


def test_headers_cannot_be_injected() -> None:
    patch = replace(
        PATCH,
        subject="one\r\nBcc: a@example.org\n\nbody",
        author="A\r\nBcc: b@example.org <a@example.org>\r\nX-One: 1",
        date="Mon\nX-Two: 2",
        message_id="x@example.org>\r\nX-Three: <3",
        references=("y@example.org\nX-Four: 4",),
    )
    (text,) = mail(review_of(VERDICT, patch=patch), "1\nX-Five: 5", NOW)
    parsed = email.message_from_string(text, policy=default)
    allowed = {"from", "to", "subject", "date", "message-id", "auto-submitted", "user-agent"}
    allowed |= {"mime-version", "content-type", "content-transfer-encoding"}
    assert {name.lower() for name in parsed} <= allowed
    assert parsed["Subject"] == "Re: one Bcc: a@example.org body"


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_headers_hold_for_any_text(subject: str, author: str, ident: str) -> None:
    patch = replace(PATCH, subject=subject, author=author, message_id=ident, references=(ident,))
    (text,) = mail(review_of(VERDICT, patch=patch), "0", NOW)
    head = text.partition("\n\n")[0]
    assert head.isascii() and "\r" not in head
    names = [line.partition(":")[0] for line in head.split("\n") if not line.startswith(" ")]
    assert len(names) == len(set(names))
    assert {"From", "Subject", "Date", "Message-ID", "Auto-Submitted"} <= set(names)


def test_other_scripts_are_encoded() -> None:
    patch = replace(PATCH, author="Åsa Öst <a@example.org>", subject="[PATCH] größer")
    (text,) = mail(review_of(VERDICT, patch=patch), "0", NOW)
    assert "To: =?utf-8?" in text and "Subject: Re: [PATCH] =?utf-8?" in text
    assert "Åsa Öst wrote:" in text
    assert sent(VERDICT, patch=patch)["Subject"] == "Re: [PATCH] größer"


def test_only_warnings_and_errors_are_answered() -> None:
    assert mail(EMPTY, "0", NOW) == []
    assert mail(review_of(replace(VERDICT, severity="note")), "0", NOW) == []


def test_several_mails_make_an_mbox(tmp_path: Path) -> None:
    second = replace(
        PATCH,
        subject="[PATCH] two",
        message_id="two@example.org",
        changelog="From here on\nall is one.\n",
    )
    review = replace(review_of(VERDICT, replace(VERDICT, patch=1)), patches=(PATCH, second))
    (tmp_path / "box").write_text(report(review, "mail", Options(now=NOW)))
    assert len(mailbox.mbox(tmp_path / "box")) == 2


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (CONFIRMED, "a schedule breaks this property: a box in use is not freed."),
        (UNDECIDED, "This was not simulated: it needs a fact for box_users()."),
        (replace(UNDECIDED, model=MODEL), "is not decided here. It needs a fact for box_users()."),
        (UNJUDGED, "What another CPU can make of this was not simulated."),
        (UNJUDGED, "what is held there now is not known."),
        (UNJUDGED, "Only the hunks were read here"),
    ],
)
def test_standing(verdict: Verdict, text: str) -> None:
    assert text in " ".join(body(verdict).split())


def test_nothing_is_suggested_for_what_is_broken() -> None:
    assert "For example" not in body(CONFIRMED)


def test_changelog_that_names_the_lock() -> None:
    patch = replace(PATCH, changelog="The comparison leaves slots.\n")
    assert "Could the changelog say why box_users(box) may leave the slots lock?" in body(
        VERDICT, patch=patch
    )


def test_unknown_changelog_is_not_called_silent() -> None:
    text = body(VERDICT, patch=patch_of(changelog=None))
    assert "changelog" not in text and "not mentioned" not in text


def test_tags_are_not_quoted_as_the_changelog() -> None:
    patch = replace(PATCH, changelog="Signed-off-by: A. Uthor <a.uthor@example.org>\n")
    assert "Signed-off-by" not in body(VERDICT, patch=patch)


def test_no_tag_in_own_words() -> None:
    tag = "Reviewed-by: A. Uthor <a.uthor@example.org>"
    review = review_of(replace(VERDICT, evidence=(f"x\n{tag}",)))
    claim = replace(review.claims[0], text=tag, answer=tag)
    (text,) = mail(replace(review, claims=(claim,)), "0", NOW)
    assert "-by:" not in text


def test_a_finding_without_locks_is_told_by_its_rule() -> None:
    text = body(
        about(lost=(), message="the check is gone", reason="box_check() was called (line 9)")
    )
    assert "The check is gone. box_check() was called." in text
    asked = "The changelog does not speak of this: the check is gone. Could it say why?"
    assert asked in " ".join(text.split())


def test_an_access_that_is_gone() -> None:
    assert "; it is gone now." in body(about(after=()))


def own_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if not line.startswith(">")]


def quoted_lines(text: str) -> list[str]:
    return [line[2:] for line in text.split("\n") if line.startswith(">")]


ANY = st.text(max_size=200)


@settings(deadline=None)
@given(ANY, ANY, ANY, st.lists(ANY, max_size=3), ANY)
def test_shape_for_any_text(
    message: str, reason: str, access: str, evidence: Sequence[str], step: str
) -> None:
    finding = replace(FINDING, message=message, reason=reason, access=access)
    witness = (*WITNESS, replace(WITNESS[0], step=step, actor=access))
    verdict = replace(VERDICT, finding=finding, evidence=tuple(evidence), witness=witness)
    (text,) = mail(review_of(verdict), "0", NOW)
    text = text.partition("\n\n")[2]
    assert all(len(line) <= 78 for line in own_lines(text))
    known = {*DIFF.split("\n"), *CHANGELOG.split("\n")}
    assert all(line in known for line in quoted_lines(text))
    # What is of no place stands in front of the first quote.
    assert text.index("Does every caller hold the box lock?") < text.index("> diff")


def test_template_syntax_in_a_patch_is_text() -> None:
    assert "{{ 7 * 7 }} {% raw %}" in body(replace(VERDICT, evidence=("{{ 7 * 7 }} {% raw %}",)))


def test_no_line_numbers() -> None:
    text = body(replace(VERDICT, evidence=("see lib/a.c:12:3, line 4, and f() (line 5)",)))
    assert "See lib/a.c, and f()." in text
