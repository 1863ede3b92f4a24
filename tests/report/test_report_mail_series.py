# SPDX-License-Identifier: GPL-2.0-only
"""Which mails a review of several patches is, and what they answer."""

import email
import re
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from mail_samples import NOW
from report_samples import PATCH, VERDICT, review_of

from reviewer.frontend.cli import main
from reviewer.patch.records import Patch, Reply
from reviewer.report.mail import mail

SECOND = replace(
    PATCH, subject="[PATCH 2/2] lib: box: Close it", message_id="20250106-two@example.org"
)
COVER = Reply(
    message_id="20250106-cover@example.org",
    in_reply_to="",
    references=("20250101-before@example.org",),
    author="C. Over <c.over@example.org>",
    date="Mon, 6 Jan 2025 09:59:00 +0100",
    subject="[PATCH 0/2] lib: box: Tidy up",
    paragraphs=(),
)
BOTH = (VERDICT, replace(VERDICT, patch=1))


def answers(*patches: Patch, covers: Sequence[Reply] = (), on: Sequence[int] = (0, 1)) -> list[str]:
    """Which mails are answered by a review with a finding on each of some patches."""
    verdicts = [replace(VERDICT, patch=index) for index in on]
    texts = mail(replace(review_of(*verdicts), patches=patches), "0", NOW, covers)
    return [email.message_from_string(text, policy=default)["In-Reply-To"] for text in texts]


def test_a_series_is_answered_at_its_cover_letter() -> None:
    (text,) = mail(replace(review_of(*BOTH), patches=(PATCH, SECOND)), "0", NOW, (COVER,))
    parsed = cast(EmailMessage, email.message_from_string(text, policy=default))
    assert parsed["Subject"] == "Re: [PATCH 0/2] lib: box: Tidy up"
    assert parsed["References"] == "<20250101-before@example.org> <20250106-cover@example.org>"
    assert parsed["To"] == '"C. Over" <c.over@example.org>, "A. Uthor" <a.uthor@example.org>'
    told = parsed.get_content()
    assert told.count(" wrote:\n") == 1
    assert "On Mon, 6 Jan 2025 09:59:00 +0100, C. Over wrote:\n> Subject: [PATCH 1/2]" in told
    first, second = (told.index(f"> Subject: [PATCH {number}/2]") for number in (1, 2))
    assert told.index("[PATCH 2/2] lib: box: Close it:\n") < first < second
    assert "shelf->slots.x_lock" in told[first:second] and "> @@ -10,6" in told[second:]


def test_what_is_answered() -> None:
    first, second = "<20250106-one@example.org>", "<20250106-two@example.org>"
    assert answers(PATCH, SECOND) == [first]
    assert answers(PATCH, SECOND, covers=[COVER], on=[1]) == [second]
    other = replace(COVER, message_id="another@example.org")
    assert answers(PATCH, SECOND, covers=[other]) == [first]
    assert answers(PATCH, SECOND, covers=[replace(COVER, subject="[PATCH v2 0/2] x")]) == [first]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "[PATCH v2 2/2] lib: box: Close it"},
        {"subject": "[PATCH 2/3] lib: box: Close it"},
        {"subject": "[PATCH 1/2] lib: box: Close it"},
        {"subject": "[PATCH] lib: box: Close it"},
        {"references": ("another@example.org",)},
    ],
)
def test_patches_of_different_series(changes: dict[str, object]) -> None:
    other = cast(Patch, replace(SECOND, **changes))  # type: ignore[arg-type]
    assert len(answers(PATCH, other)) == 2


def test_a_series_below_its_first_patch() -> None:
    """Without a cover letter the others answer the first; without a thread there is the number."""
    first = replace(PATCH, references=())
    assert len(answers(first, replace(SECOND, references=(first.message_id,)))) == 1
    assert len(answers(first, replace(SECOND, references=()))) == 1


ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "fixtures" / "2021_folio_refcount_migrate"
LETTER = """\
From: A. Uthor <a.uthor@example.org>
Date: Thu, 5 Aug 2021 23:05:55 +0800
Message-Id: <cover@example.org>
Subject: [PATCH 0/2] mm: Move =?utf-8?q?gr=C3=B6=C3=9Fer?=

Both at once.
"""


def test_the_cover_letter_of_the_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From an mbox to the one mail that answers its first."""
    mails = [LETTER]
    text = (SEED / "patch.mbox").read_text().split("\n", 1)[1]
    (tmp_path / "mm").mkdir()
    for number in (1, 2):
        name = f"mm/migrate{number}.c"
        (tmp_path / name).write_text((SEED / "before" / "mm" / "migrate.c").read_text())
        one = text.replace("mm/migrate.c", name).replace("PATCH 1/5", f"PATCH {number}/2")
        one = re.sub(r"^Message-Id: .*$", f"Message-Id: <{number}@example.org>", one, flags=re.M)
        mails.append(f"In-Reply-To: <cover@example.org>\n{one}")
    box = tmp_path / "box"
    box.write_text("".join(f"From x@y Thu Aug  5 23:05:56 2021\n{one}\n" for one in mails))
    assert main([str(box), "--tree", str(tmp_path), "--format", "mail"]) == 1
    reply = email.message_from_string(capsys.readouterr().out, policy=default)
    assert reply["Subject"] == "Re: [PATCH 0/2] mm: Move größer"
    assert reply["In-Reply-To"] == reply["References"] == "<cover@example.org>"
    told = cast(EmailMessage, reply).get_content()
    assert [line for line in told.split("\n") if line.startswith("> diff ")] == [
        f"> diff --git a/mm/migrate{number}.c b/mm/migrate{number}.c" for number in (1, 2)
    ]
