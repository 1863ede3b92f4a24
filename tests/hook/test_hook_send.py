# SPDX-License-Identifier: GPL-2.0-only
"""git send-email with the hook: what is stopped, what goes out, and what is said."""

import pytest
from hook_samples import SUBJECT, TEXT, Repository, need_send_email, suggested


@pytest.fixture(autouse=True)
def _needs_send_email() -> None:
    need_send_email()


def test_the_patch_goes_out_when_the_changelog_says_why(sending: Repository) -> None:
    sending.seed()
    assert sending.hook("install").returncode == 0
    first = sending.send("-1")
    assert first.status != 0 and first.mails == ()
    assert first.said.startswith("mmreview: 1 remark, nothing is sent\n")
    assert "folio_ref_count(folio) is now read without" in first.said
    assert "the changelog does not say why" in first.said
    assert "git send-email --no-validate" in first.said
    assert max(map(len, first.ours.splitlines())) <= 76
    text = f"{TEXT}\n\n{suggested(first.said)}"
    sending.git(
        "commit", "-q", "--amend", "-F", "-", given=f"{SUBJECT}\n\n{text}\n\nSigned-off-by: A\n"
    )
    second = sending.send("-1")
    assert second.status == 0, second.said
    assert len(second.mails) == 1 and "only an early exit" in second.mails[0]
    assert sending.spools() == []


def test_it_can_be_overridden(sending: Repository) -> None:
    sending.seed()
    sending.hook("install")
    assert sending.send("-1").mails == ()
    sent = sending.send("--no-validate", "-1")
    assert sent.status == 0 and len(sent.mails) == 1


def test_a_patch_with_nothing_to_say_goes_out_in_silence(sending: Repository) -> None:
    sending.quiet(2)
    sending.hook("install")
    sent = sending.send("-1")
    assert (sent.status, sent.said, len(sent.mails)) == (0, "", 1)


def test_a_series_with_a_cover_letter_is_stopped_at_its_patch(sending: Repository) -> None:
    sending.quiet(2)
    sending.seed()
    sending.quiet(3)
    sending.hook("install")
    files = sending.series("--cover-letter", "-3")
    letter = files[0].read_text(encoding="utf-8")
    letter = letter.replace("*** SUBJECT HERE ***", "three").replace("*** BLURB HERE ***", "words")
    files[0].write_text(letter, encoding="utf-8")
    sent = sending.send(*map(str, files))
    assert sent.status != 0 and sent.mails == ()
    assert f"{SUBJECT}\n" in sent.said.replace("\n    ", " ")
    assert "0002-mm-migrate" in sent.said.split("fatal: ")[1]
    assert sent.said.count("[read-moved-out-of-lock]") == 1
    assert sending.spools() == []
    assert len(sending.send("--no-validate", *map(str, files)).mails) == 4


def test_a_whole_series_goes_out(sending: Repository) -> None:
    for number in (2, 3, 4):
        sending.quiet(number)
    sending.hook("install")
    sent = sending.send(*map(str, sending.series("-3")))
    assert (sent.status, sent.said, len(sent.mails)) == (0, "", 3)
    assert sending.spools() == []


def test_what_counts_is_configured(sending: Repository) -> None:
    sending.seed()
    sending.hook("install")
    sending.git("config", "mmreview.failOn", "error")
    sent = sending.send("-1")
    assert sent.status == 0 and len(sent.mails) == 1
    assert sent.said.startswith("mmreview: mm/migrate.c:31: warning: folio_ref_count(folio)")
    sending.hook("install", "--fail-on", "warning")
    assert sending.send("-1").mails == ()


def test_a_word_git_config_does_not_know_is_told(sending: Repository) -> None:
    sending.quiet(2)
    sending.hook("install")
    sending.git("config", "mmreview.failOn", "everything")
    sent = sending.send("-1")
    assert sent.status != 0 and sent.mails == ()
    assert "mmreview.failOn" in sent.said.splitlines()[0]


def test_what_cannot_be_analysed_is_told_and_goes_out(sending: Repository) -> None:
    sending.quiet(2)
    sending.hook("install")
    (file,) = sending.series("-1")
    text = file.read_text(encoding="utf-8")
    text = text.replace("index ", "index 0123456..1234567 1\nx", 1).replace(
        " int other", " int another"
    )
    file.write_text(text.replace("-\treturn 1;", "-\treturn 7;"), encoding="utf-8")
    sent = sending.send(str(file))
    assert sent.status == 0 and len(sent.mails) == 1
    assert len(sent.said.splitlines()) == 1
    assert sent.said.startswith("mmreview: not everything was analysed: mm/other.c: does not apply")


def test_no_patch_at_all_goes_out(sending: Repository) -> None:
    sending.hook("install")
    file = sending.folder / "letter"
    file.write_text("From: a@example.org\nSubject: hello\n\nNothing but words.\n", encoding="utf-8")
    sent = sending.send(str(file))
    assert (sent.status, sent.said, len(sent.mails)) == (0, "", 1)
