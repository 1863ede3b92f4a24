# SPDX-License-Identifier: GPL-2.0-only
"""b4, the real one: its checks of a branch, set up and answered."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hook_samples import SUBJECT, TEXT, Repository

PREP = "b4.prep-perpatch-check-cmd"
REVIEW = "b4.review-perpatch-check-cmd"
CHECKPATCH = "./scripts/checkpatch.pl -q --terse --no-summary --mailback --showfile"
CHECKS = """\
import argparse, email, email.policy, json, sys, b4, b4.review.checks as checks
b4.setup_config(argparse.Namespace(config={}, no_interactive=True))
policy = email.policy.EmailPolicy(utf8=True)
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy)
commands, _ = checks.load_check_cmds()
print(json.dumps(checks.run_perpatch_checks([("x", mail)], commands, b4.git_get_toplevel())["x"]))
"""


@pytest.fixture
def branch(repository: Repository) -> Repository:
    """A branch of b4 with three patches; that of 2021 is in the middle."""
    pytest.importorskip("b4")
    done = b4(repository, "prep", "-n", "series", "-f", "master")
    assert done.returncode == 0, done.stderr
    repository.quiet(2)
    repository.seed()
    repository.quiet(3)
    return repository


def b4(repository: Repository, *words: str) -> subprocess.CompletedProcess[str]:
    return repository.run(sys.executable, "-m", "b4.command", "--no-interactive", *words)


def values(repository: Repository, key: str) -> list[str]:
    return repository.run("git", "config", "--get-all", key).stdout.splitlines()


def check(repository: Repository) -> list[str]:
    """What b4 prep --check says of the patches."""
    done = b4(repository, "prep", "--check")
    assert done.returncode == 0, done.stderr
    lines = (done.stdout + done.stderr).split("---\n")
    return [line.strip() for line in lines[1].splitlines()] + [lines[2].strip()]


def test_the_branch_is_checked_until_the_changelog_says_why(branch: Repository) -> None:
    assert branch.hook("b4").returncode == 0
    first, second, remark, third, counted = check(branch)
    assert first.endswith("mm: return 2") and third.endswith("mm: return 3")
    assert second.endswith(SUBJECT)
    assert "mmreview: mm/migrate.c:31: WARNING: read-moved-out-of-lock: folio_ref_count" in remark
    assert counted == "Success: 2, Warning: 1, Error: 0"
    paragraph = remark.split("The changelog could say: ")[1]
    branch.git("reset", "-q", "--hard", "HEAD~2")
    branch.seed(f"{TEXT}\n\n{paragraph}")
    branch.quiet(3)
    assert check(branch)[-1] == "Success: 3, Warning: 0, Error: 0"


def test_the_middle_of_a_series_is_seen_as_it_was(branch: Repository) -> None:
    """A later patch puts the check back; the tip says nothing of the one before it."""
    branch.git("revert", "--no-edit", "HEAD~1")
    branch.hook("b4")
    lines = check(branch)
    assert lines[1].endswith(SUBJECT) and "read-moved-out-of-lock" in lines[2]
    assert lines[-1] == "Success: 3, Warning: 1, Error: 0"


def test_what_cannot_be_analysed_is_a_warning(branch: Repository) -> None:
    branch.write("mm/other.c", "int other(void)\n{\n\treturn (1;\n}}}\n")
    branch.commit("mm: no C any more")
    branch.hook("b4")
    lines = check(branch)
    assert "WARNING: not everything was analysed: mm/other.c" in lines[-2]


def test_setting_up_again_and_removing(repository: Repository) -> None:
    repository.git("config", "--add", PREP, "true --mine")
    assert repository.hook("b4").returncode == 0
    mine, ours = values(repository, PREP)
    assert mine == "true --mine" and " hook run --b4 --rules-version " in ours
    repository.hook("b4", "--fail-on", "error")
    assert values(repository, PREP) == ["true --mine", f"{ours} --fail-on error"]
    repository.hook("b4", "--remove")
    assert values(repository, PREP) == ["true --mine"]
    assert repository.hook("b4", "--remove").returncode == 0


def test_checkpatch_goes_on_being_run(repository: Repository) -> None:
    """b4 runs it as long as nobody names another check."""
    script = repository.top / "scripts" / "checkpatch.pl"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho "-:1: WARNING: from checkpatch"\n', encoding="utf-8")
    script.chmod(0o755)
    repository.hook("b4", "--review")
    assert values(repository, PREP)[0] == CHECKPATCH and len(values(repository, PREP)) == 2
    assert values(repository, REVIEW)[0] == "_builtin_checkpatch"
    pytest.importorskip("b4")
    repository.commit("scripts: check")
    assert b4(repository, "prep", "-n", "series", "-f", "master").returncode == 0
    repository.quiet(2)
    assert any("from checkpatch" in line for line in check(repository))
    repository.hook("b4", "--remove")
    assert values(repository, PREP) == values(repository, REVIEW) == []


def test_checks_the_project_names_are_kept(repository: Repository) -> None:
    script = repository.top / "scripts" / "checkpatch.pl"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    repository.write(".b4-config", "[b4]\n\tprep-perpatch-check-cmd = ./scripts/own\n")
    repository.hook("b4")
    assert len(values(repository, PREP)) == 1


def test_older_rules_are_told(branch: Repository) -> None:
    branch.hook("b4")
    (command,) = values(branch, PREP)
    words = command.split("--rules-version ")
    branch.git("config", PREP, f"{words[0]}--rules-version 000000000000")
    assert "run 'mmreview hook b4' again" in check(branch)[1]


def test_b4_review_is_answered_in_json(branch: Repository) -> None:
    assert branch.hook("b4", "--review").returncode == 0
    files = branch.series("master..", "--start-number=0")
    answers = []
    for file in files[1:]:
        done = branch.run(sys.executable, "-c", CHECKS, given=file.read_text(encoding="utf-8"))
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
    (quiet,), (found,), _ = answers
    assert (quiet["tool"], quiet["status"], quiet["summary"]) == (
        "mmreview",
        "pass",
        "nothing to say",
    )
    assert found["status"] == "warn", found
    assert found["summary"].startswith("mm/migrate.c:31: WARNING: read-moved-out-of-lock")
    assert "The nearest schedule to harm" in found["details"]
    assert "only an early exit" in found["details"]


@pytest.mark.parametrize("what", ["--b4", "--review-json"])
def test_a_mail_without_a_patch_is_passed_over(repository: Repository, what: str) -> None:
    letter = "From: A <a@example.org>\nSubject: [PATCH 0/3] three\n\nwords\n"
    done = repository.run("mmreview", "hook", "run", what, given=letter)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("", "[]\n")


def test_what_is_no_mail(repository: Repository) -> None:
    done = repository.run("mmreview", "hook", "run", "--review-json", given="nothing\n")
    (entry,) = json.loads(done.stdout)
    assert done.returncode == 0 and entry["status"] == "warn"
    assert "neither a diff nor a mail" in entry["summary"]
    assert Path(repository.top, ".git").is_dir()
