# SPDX-License-Identifier: GPL-2.0-only
"""The hook as git 2.41 and later call it: once a mail, with a count, reviewed at the last."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hook_samples import SUBJECT, Repository

CALLER = str(Path(__file__).with_name("sender_of_2_41.py"))
NEWER = os.environ.get("MMREVIEW_GIT_SEND_EMAIL")
"""The git-send-email of a newer git, if somebody has one to try."""


def validated(repository: Repository, *files: Path) -> subprocess.CompletedProcess[str]:
    return repository.run(sys.executable, CALLER, *map(str, files))


@pytest.fixture
def series(repository: Repository) -> list[Path]:
    """Five mails; the patch of 2021 is the third, behind the cover letter and another."""
    repository.quiet(2)
    repository.seed()
    repository.quiet(3)
    repository.quiet(4)
    repository.hook("install")
    return repository.series("--cover-letter", "-4")


def test_the_series_is_reviewed_at_its_last_mail(
    repository: Repository, series: list[Path]
) -> None:
    done = validated(repository, *series)
    assert done.returncode == 1
    assert done.stderr.startswith("mmreview: 1 remark, nothing is sent\n")
    assert f"[PATCH 2/4] {SUBJECT}" in done.stderr.replace("\n", " ")
    assert done.stderr.splitlines()[-1].startswith(f"fatal: {series[-1]}")
    assert repository.spools() == []


def test_a_series_without_remarks_is_silent(repository: Repository, series: list[Path]) -> None:
    done = validated(repository, series[0], series[1], series[3])
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert repository.spools() == []


def test_one_mail(repository: Repository, series: list[Path]) -> None:
    assert validated(repository, series[2]).returncode == 1
    assert validated(repository, series[1]).returncode == 0


def test_patches_apply_on_top_of_each_other(repository: Repository) -> None:
    """Also where git does not have what they were made from."""
    repository.write("mm/other.c", "int first(void)\n{\n\treturn 1;\n}\n")
    repository.commit("mm: another name")
    repository.write("mm/other.c", "int second(void)\n{\n\treturn 1;\n}\n")
    repository.commit("mm: one more name")
    repository.hook("install")
    files = repository.series("-2")
    repository.git("reset", "-q", "--hard", "HEAD~2")
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(x for x in lines if not x.startswith("index ")), encoding="utf-8")
    done = validated(repository, *files)
    assert (done.returncode, done.stderr) == (0, "")
    done = validated(repository, files[1])
    assert done.returncode == 0 and "does not apply" in done.stderr


def test_two_sends_at_once(repository: Repository, series: list[Path]) -> None:
    """Each reviews its own mails, though their calls alternate."""
    sends = [
        subprocess.Popen(
            [sys.executable, CALLER, *map(str, files)],
            cwd=repository.top,
            env=repository.environment | {"WAIT_BEHIND_FIRST": "1"},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for files in ((series[1], series[3]), (series[2], series[3]))
    ]
    ends = [send.communicate("go on\n", timeout=100)[1] for send in sends]
    assert [send.returncode for send in sends] == [0, 1]
    assert ends[0] == "" and ends[1].count("[read-moved-out-of-lock]") == 1
    assert repository.spools() == []


def test_what_a_crash_left_behind_is_removed(repository: Repository, series: list[Path]) -> None:
    done = subprocess.Popen(
        [sys.executable, CALLER, *map(str, series)],
        cwd=repository.top,
        env=repository.environment | {"WAIT_BEHIND_FIRST": "1"},
        stdin=subprocess.PIPE,
        text=True,
    )
    while not any(list(one.glob("*.mail")) for one in repository.spools()):
        assert done.poll() is None
    done.kill()
    done.communicate()
    assert len(repository.spools()) == 1
    assert validated(repository, series[0], series[1], series[3]).returncode == 0
    assert repository.spools() == []


def test_mails_that_were_not_seen_are_told(repository: Repository, series: list[Path]) -> None:
    git_dir = str(repository.top / ".git")
    count = {"GIT_SENDEMAIL_FILE_COUNTER": "3", "GIT_SENDEMAIL_FILE_TOTAL": "3"}
    done = repository.run("mmreview", "hook", "run", str(series[1]), GIT_DIR=git_dir, **count)
    assert done.returncode == 0
    assert done.stderr == "mmreview: 2 of 3 mails were not seen and are not reviewed\n"


def test_without_a_cache_each_mail_is_reviewed_alone(
    repository: Repository, series: list[Path]
) -> None:
    repository.environment["XDG_CACHE_HOME"] = "/proc/none"
    done = validated(repository, *series)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith(f"fatal: {series[2]}")
    assert validated(repository, series[0], series[1], series[3]).stderr == ""


def with_a_newer_git_send_email(sending: Repository) -> None:
    """Its folder above has the perl modules: ROOT/usr/lib/git-core/git-send-email."""
    script = str(NEWER)
    sending.quiet(2)
    sending.seed()
    sending.quiet(3)
    sending.hook("install")
    modules = str(Path(script).parents[3] / "usr/share/perl5")
    sending.environment["PATH"] += f":{sending.git('--exec-path').strip()}"
    files = [str(one) for one in sending.series("-3")]
    sent = sending.send(*files, program=("perl", "-I", modules, script))
    assert sent.status != 0 and sent.mails == ()
    assert sent.said.startswith("mmreview: 1 remark, nothing is sent\n")
    assert "0003-" in sent.said.split("fatal: ")[1]
    sent = sending.send(files[0], files[2], program=("perl", "-I", modules, script))
    assert (sent.status, sent.said, len(sent.mails)) == (0, "", 2)


# Nothing is left out where nobody has one.
if NEWER:
    test_with_a_newer_git_send_email = with_a_newer_git_send_email
