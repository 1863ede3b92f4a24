# SPDX-License-Identifier: GPL-2.0-only
"""The hook as git before 2.41 calls it: mail by mail, and nobody says how many there are."""

import os
from pathlib import Path

import pytest
from hook_samples import Repository

from reviewer.frontend import hook_kept, hook_review
from reviewer.frontend.cli import main
from reviewer.frontend.hook_series import series_of

MAIL = "From: A <a@example.org>\nSubject: [PATCH {}] x\n\nwords\n"


@pytest.fixture
def rounds(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many mails each review was about, with the hook run in this process."""
    counted: list[int] = []
    real = hook_review.reviewed

    def reviewed(mails, policy, needs):  # type: ignore[no-untyped-def]
        counted.append(len(mails))
        return real(mails, policy, needs)

    monkeypatch.setattr(hook_review, "reviewed", reviewed)
    monkeypatch.setattr(hook_kept, "_keep", lambda path, text: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository.cache))
    monkeypatch.chdir(repository.top)
    return counted


@pytest.fixture
def series(repository: Repository) -> list[Path]:
    repository.quiet(2)
    repository.quiet(3)
    repository.seed()
    repository.quiet(4)
    return repository.series("-4")


def shown(*files: Path) -> list[int]:
    """The exit statuses for these mails, one call each."""
    return [main(["hook", "run", str(file)]) for file in files]


def test_a_series_is_reviewed_once(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    assert shown(*series[:3]) == [0, 0, 1]
    assert rounds == [4]
    assert repository.spools() == []


def test_the_answer_is_that_of_the_mail_that_came(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    """The file changed meanwhile: what was foreseen of it is not used."""
    assert shown(series[0], series[1]) == [0, 0]
    series[2].write_bytes(series[1].read_bytes().replace(b" 2/4", b" 3/4"))
    assert shown(series[2]) == [0]
    assert rounds == [4, 4]


def test_a_mail_that_is_left_out(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    assert shown(series[0], series[2]) == [0, 1]
    assert rounds == [4, 3]
    assert repository.spools() == []


def test_what_a_later_mail_repairs_is_told(
    repository: Repository, rounds: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is stopped for it, but whether that mail comes nobody knows yet."""
    repository.seed()
    repository.git("revert", "--no-edit", "HEAD")
    files = repository.series("-2")
    capsys.readouterr()
    assert shown(files[0]) == [0]
    said = capsys.readouterr().err
    assert said.startswith("mmreview: mm/migrate.c:") and "patch 2" in said
    files[1].unlink()
    assert shown(files[0]) == [1]


def test_another_series_begins(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    assert shown(series[0], series[1], series[0], series[1], series[2]) == [0, 0, 0, 0, 1]
    assert rounds == [4, 4]


def test_what_was_left_behind_may_be_anything(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    assert shown(series[0]) == [0]
    (spool,) = repository.spools()
    for damage in (b"", b"{}", b"[1]", b'{"of": 1, "seen": [2], "expected": [[1, [2, 3]]]}'):
        (spool / "course").write_bytes(damage)
        assert shown(series[2]) == [1]
        assert shown(series[0]) == [0]
        (spool,) = repository.spools()


def test_the_spool_is_for_its_owner_only(
    repository: Repository, series: list[Path], rounds: list[int]
) -> None:
    assert shown(series[0]) == [0]
    (spool,) = repository.spools()
    assert spool.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in spool.iterdir()} == {0o600}
    assert spool.name.startswith(f"{os.getppid()}-")


@pytest.mark.parametrize(
    ("names", "subjects", "expected"),
    [
        (["0001-a.patch", "0002-b.patch", "0003-c.patch"], ["1/3", "2/3", "3/3"], 3),
        (["v2-0001-a.patch", "v2-0002-b.patch", "0003-c.patch"], ["1/3", "2/3", "3/3"], 2),
        (["0001-a.patch", "0002-b.patch", "0002-c.patch"], ["1/3", "2/3", "2/3"], 1),
        (["0001-a.patch", "0002-b.patch", "0003-c.patch"], ["1/3", "2/4", "3/3"], 1),
        (["0001-a.patch", "0002-b.patch", "0003-c.patch"], ["1/2", "2/2", "3/2"], 2),
        (["0000-cover-letter.patch", "0001-b.patch", "0003-c.patch"], ["0/3", "1/3", "3/3"], 2),
    ],
)
def test_what_seems_to_follow(
    tmp_path: Path, names: list[str], subjects: list[str], expected: int
) -> None:
    for name, subject in zip(names, subjects, strict=True):
        (tmp_path / name).write_text(MAIL.format(subject), encoding="utf-8")
    first = tmp_path / names[0]
    series = series_of(str(first), first.read_bytes())
    assert series is not None
    assert len(series.mails()) == expected


@pytest.mark.parametrize(
    ("name", "subject"),
    [("0001-a.patch", "2/3"), ("a.patch", "1/3"), ("0001-a.patch", ""), ("0001-a.patch", "x/y")],
)
def test_what_is_no_series(name: str, subject: str) -> None:
    assert series_of(f"/nowhere/{name}", MAIL.format(subject).encode()) is None


def test_a_pipe_that_seems_to_follow_is_not_waited_for(tmp_path: Path) -> None:
    first = tmp_path / "0001-a.patch"
    first.write_text(MAIL.format("1/2"), encoding="utf-8")
    os.mkfifo(tmp_path / "0002-b.patch")
    series = series_of(str(first), first.read_bytes())
    assert series is not None and len(series.mails()) == 1
