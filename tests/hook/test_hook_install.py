# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview hook install`` and ``uninstall``: what lies where, and whose it is."""

import os
import subprocess
from pathlib import Path

import pytest
from hook_samples import Repository

NAME = "sendemail-validate"
KEPT = "sendemail-validate.before-mmreview"


def asked(repository: Repository, hook: Path, patch: Path) -> subprocess.CompletedProcess[str]:
    """The hook as git before 2.41 runs it."""
    assert os.access(hook, os.X_OK)
    git_dir = repository.git("rev-parse", "--absolute-git-dir").strip()
    return repository.run("git", "hook", "run", NAME, "--", str(patch), GIT_DIR=git_dir)


@pytest.fixture
def patch(repository: Repository) -> Path:
    repository.seed()
    return repository.series("-1")[0]


def test_install_again_and_uninstall(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    done = repository.hook("install")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{hook}: installed\n"
    assert repository.hook("install").stdout == f"{hook}: is up to date\n"
    assert asked(repository, hook, patch).returncode == 1
    assert repository.hook("install", "--fail-on", "error").stdout == f"{hook}: updated\n"
    assert asked(repository, hook, patch).returncode == 0
    assert repository.hook("uninstall").returncode == 0
    assert not hook.exists()
    again = repository.hook("uninstall")
    assert again.returncode == 2
    assert again.stderr == f"mmreview: {hook}: not installed by mmreview\n"


def test_the_hook_that_was_there_is_run_first(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    hook.write_text('#!/bin/sh\necho "first $1" >&2\n[ ! -e refuse ] || exit 7\n', encoding="utf-8")
    hook.chmod(0o755)
    before = hook.read_bytes()
    assert "is run first" in repository.hook("install").stdout
    assert "updated" in repository.hook("install", "--fail-on", "note").stdout
    assert (hook.parent / KEPT).read_bytes() == before
    done = asked(repository, hook, patch)
    assert done.returncode == 1
    assert done.stderr.startswith(f"first {patch}\nmmreview: 1 remark")
    (repository.top / "refuse").touch()
    done = asked(repository, hook, patch)
    assert (done.returncode, done.stderr) == (7, f"first {patch}\n")
    assert "is back" in repository.hook("uninstall").stdout
    assert hook.read_bytes() == before and not (hook.parent / KEPT).exists()


def test_a_hook_that_is_switched_off_stays_so(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    hook.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    hook.chmod(0o644)
    assert "not executable" in repository.hook("install").stdout
    assert asked(repository, hook, patch).returncode == 1


def test_nothing_is_overwritten(repository: Repository) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    hook.write_text("mine", encoding="utf-8")
    (hook.parent / KEPT).write_text("also mine", encoding="utf-8")
    done = repository.hook("install")
    assert done.returncode == 2 and "is in the way" in done.stderr
    assert hook.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("path", ["own hooks", "../beside/hooks"])
def test_the_configured_folder_is_used(repository: Repository, patch: Path, path: str) -> None:
    repository.git("config", "core.hooksPath", path)
    assert repository.hook("install").returncode == 0
    hook = repository.top / path / NAME
    assert asked(repository, hook, patch).returncode == 1
    assert not (repository.top / ".git" / "hooks" / NAME).exists()


def test_a_work_tree_beside(repository: Repository, patch: Path) -> None:
    beside = repository.folder / "another tree"
    repository.git("worktree", "add", "-q", "-b", "other", str(beside))
    main, repository.top = repository.top, beside
    assert repository.hook("install").returncode == 0
    assert asked(repository, main / ".git" / "hooks" / NAME, patch).returncode == 1


def test_a_folder_that_cannot_be_written(repository: Repository) -> None:
    repository.git("config", "core.hooksPath", "/proc/sys/kernel")
    done = repository.hook("install")
    assert done.returncode == 2
    assert done.stderr.startswith("mmreview: /proc/sys/kernel/")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("what", [("install",), ("uninstall",), ("b4",)])
def test_outside_of_a_repository(tmp_path: Path, what: tuple[str, ...]) -> None:
    repository = Repository(tmp_path)
    repository.top = tmp_path / "elsewhere"
    repository.top.mkdir()
    done = repository.hook(*what)
    assert done.returncode == 2
    assert done.stderr.startswith("mmreview: not in a git ") and done.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on", "all"), "invalid choice"),
        (("--rules", "nowhere"), "--rules nowhere: no such directory"),
        (("--disable", "no-such-rule"), "--disable no-such-rule"),
        (("--index", "nowhere"), "--index nowhere: no such file"),
    ],
)
def test_what_cannot_work_is_not_installed(
    repository: Repository, words: tuple[str, ...], said: str
) -> None:
    done = repository.hook("install", *words)
    assert done.returncode == 2 and said in done.stderr
    assert not (repository.top / ".git" / "hooks" / NAME).exists()


def test_options_are_kept(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    assert repository.hook("install", "--disable", "read-moved-out-of-lock").returncode == 0
    assert "[read-moved-out-of-lock]" not in asked(repository, hook, patch).stderr


def test_a_program_that_moved_is_looked_for(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    repository.hook("install")
    other = repository.folder / "new place"
    repository.program.parent.rename(other)
    folders = repository.environment["PATH"].split(":")
    kept = [one for one in folders if not Path(one, "mmreview").exists()]
    repository.environment["PATH"] = ":".join(kept)
    done = asked(repository, hook, patch)
    assert done.returncode == 0
    assert done.stderr == "mmreview: not installed any more, nothing was reviewed\n"
    repository.environment["PATH"] = f"{other}:{repository.environment['PATH']}"
    assert asked(repository, hook, patch).returncode == 1


def test_a_program_that_fails_stops_nothing(repository: Repository, patch: Path) -> None:
    hook = repository.top / ".git" / "hooks" / NAME
    repository.hook("install")
    repository.program.write_text("#!/bin/sh\nexit 139\n", encoding="utf-8")
    done = asked(repository, hook, patch)
    assert (done.returncode, done.stderr) == (
        0,
        "mmreview: ended with status 139, nothing was reviewed\n",
    )
    repository.program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    assert asked(repository, hook, patch).returncode == 0
