# SPDX-License-Identifier: GPL-2.0-only
"""A repository with the patch of 2021, the program on PATH, and what sends mail."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURE = ROOT / "fixtures" / "2021_folio_refcount_migrate"
SUBJECT = "mm: migrate: Move the page count validation to the proper place"
TEXT = """We've got the expected count for anonymous page or file page by
expected_page_refs() at the beginning of migrate_page_move_mapping(),
thus we should move the page count validation a little forward to
reduce duplicated code."""
FILE = "mm/migrate.c"
_OLD_COUNT = "\tif (folio_ref_count(folio) != expected_count ||\n\t    xas_load(&xas) != folio) {\n"


@dataclass
class Box:
    """What arrived."""

    port: int
    mails: list[str] = field(default_factory=list)


class Repository:
    """A work tree in which git, b4 and mmreview are run as real programs."""

    def __init__(self, folder: Path, box: Box | None = None, name: str = "linux tree") -> None:
        self.folder, self.top, self._box = folder, folder / name, box
        self.cache = folder / "cache"
        self.program = _program(folder / "bin dir")
        self.environment = _environment(folder, self.program)
        self.top.mkdir(parents=True)
        self.git("init", "-q", "-b", "master", ".")
        self.git("config", "user.name", "A B")
        self.git("config", "user.email", "a@example.org")

    def run(self, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the work tree, with ``more`` in its environment."""
        return subprocess.run(
            words,
            cwd=self.top,
            env=self.environment | more,
            input=given,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def git(self, *words: str, given: str = "") -> str:
        """The output of git, which has to succeed."""
        done = self.run("git", *words, given=given)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def hook(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``mmreview hook``."""
        return self.run("mmreview", "hook", *words)

    def write(self, name: str, text: str) -> None:
        """Write a file of the work tree."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, subject: str, text: str = "Tidy up.") -> None:
        """Commit all there is."""
        self.git("add", "-A")
        self.git("commit", "-q", "-F", "-", given=f"{subject}\n\n{text}\n\nSigned-off-by: A B\n")

    def base(self) -> None:
        """The tree as it was before the patch."""
        self.write(FILE, (FIXTURE / "before" / FILE).read_text(encoding="utf-8"))
        self.write("mm/other.c", "int other(void)\n{\n\treturn 1;\n}\n")
        self.commit("base")

    def seed(self, text: str = TEXT) -> None:
        """The patch of 2021, whose changelog does not say why."""
        before = (self.top / FILE).read_text(encoding="utf-8")
        anonymous = "\tif (!mapping) {\n\t\t/* Anonymous page without mapping */\n"
        check = "\t\tif (folio_ref_count(folio) != expected_count)\n\t\t\treturn -EAGAIN;\n\n"
        moved = "\tif (folio_ref_count(folio) != expected_count)\n\t\treturn -EAGAIN;\n\n"
        assert anonymous + check in before and _OLD_COUNT in before
        after = before.replace(anonymous + check, f"{moved}\tif (!mapping) {{\n")
        after = after.replace(_OLD_COUNT, "\tif (xas_load(&xas) != folio) {\n")
        self.write(FILE, after)
        self.commit(SUBJECT, text)

    def quiet(self, number: int) -> None:
        """A patch nobody has anything to say about."""
        self.write("mm/other.c", f"int other(void)\n{{\n\treturn {number};\n}}\n")
        self.commit(f"mm: return {number}")

    def series(self, *words: str) -> list[Path]:
        """The patches of the branch as files."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        said = self.git("format-patch", "-q", "-o", str(out), *words)
        assert said == ""
        return sorted(out.iterdir())

    def send(self, *words: str, program: Sequence[str] = ("git", "send-email")) -> "Sent":
        """git send-email to the box."""
        assert self._box is not None
        before = len(self._box.mails)
        done = self.run(
            *program,
            "--smtp-server=127.0.0.1",
            f"--smtp-server-port={self._box.port}",
            "--smtp-auth=none",
            "--to=list@example.org",
            "--confirm=never",
            "--suppress-cc=all",
            "--quiet",
            *words,
        )
        return Sent(done.returncode, done.stderr, tuple(self._box.mails[before:]))

    def spools(self) -> list[Path]:
        """What sends have left behind."""
        folder = self.cache / "mmreview" / "hook"
        return sorted(folder.iterdir()) if folder.is_dir() else []


@dataclass(frozen=True)
class Sent:
    """How a send ended, what it said, and what arrived."""

    status: int
    said: str
    mails: tuple[str, ...]

    @property
    def ours(self) -> str:
        """What was said before git spoke."""
        return self.said.split("fatal: ")[0]


def suggested(said: str) -> str:
    """The paragraph a report suggests, as one pastes it into the changelog."""
    text = said.split("the changelog could say:\n\n")[1]
    lines = re.match(r"(?:    \S.*\n)+", text)
    assert lines is not None, said
    return "".join(line[4:] for line in lines[0].splitlines(keepends=True)).rstrip("\n")


def _program(folder: Path) -> Path:
    """The program as it is installed: a file called mmreview."""
    folder.mkdir(parents=True)
    program = folder / "mmreview"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m reviewer.frontend.cli "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def _environment(folder: Path, program: Path) -> dict[str, str]:
    """Nothing of the user's configuration, and a cache of our own."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    scripts = Path(sys.executable).parent
    kept = {name: one for name, one in os.environ.items() if not name.startswith(("GIT_", "XDG_"))}
    return kept | {
        "PATH": f"{program.parent}:{scripts}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(folder),
        "LC_ALL": "C.UTF-8",
        "EDITOR": "true",
    }


def need_send_email() -> None:
    """Skip where git send-email is not installed."""
    where = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    if not Path(where.stdout.strip(), "git-send-email").is_file():
        pytest.skip("git send-email is not installed (Debian: git-email)")
