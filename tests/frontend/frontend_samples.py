# SPDX-License-Identifier: GPL-2.0-only
"""A small tree, patches for it, and ways to run the program on them."""

import difflib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from reviewer.frontend.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURE = ROOT / "fixtures" / "2021_folio_refcount_migrate"

OLD = """\
int take(struct thing *t)
{
	spin_lock(&t->lock);
	if (t->users != 1) {
		spin_unlock(&t->lock);
		return -EBUSY;
	}
	t->state = GONE;
	spin_unlock(&t->lock);
	return 0;
}
"""
NEW = """\
int take(struct thing *t)
{
	if (t->users != 1)
		return -EBUSY;
	spin_lock(&t->lock);
	t->state = GONE;
	spin_unlock(&t->lock);
	return 0;
}
"""
HARMLESS = OLD.replace("-EBUSY", "-EAGAIN")
MAIL = """\
From: A B <a@example.org>
Date: Thu, 5 Aug 2021 23:05:56 +0800
Message-Id: <1@example.org>
Subject: {subject}

{text}
---
{diff}"""
SIGNATURE = "-- \n2.40.0\n"


def diff(old: str = OLD, new: str = NEW, path: str = "mm/x.c") -> str:
    """The diff between two versions of a file."""
    one, two = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return "".join(difflib.unified_diff(one, two, f"a/{path}", f"b/{path}"))


def mail(subject: str, text: str = "Tidy up.", body: str = "") -> str:
    """A mail that brings a diff."""
    return MAIL.format(subject=subject, text=text, diff=body) + SIGNATURE


@dataclass(frozen=True)
class Done:
    """How a run of the program ended."""

    status: int
    out: str
    lines: tuple[str, ...]

    @property
    def line(self) -> str:
        """The one line on standard error."""
        assert len(self.lines) == 1, self.lines
        return self.lines[0]


class Program:
    """The program, run in this process in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self._capsys = capsys
        self.file("tree/mm/x.c", OLD)

    def file(self, name: str, text: str | bytes) -> str:
        """Write a file; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def run(self, *args: str) -> Done:
        """Run with these arguments."""
        self._capsys.readouterr()
        status = main(args)
        out, err = self._capsys.readouterr()
        assert all(line.startswith("mmreview: ") for line in err.splitlines()), err
        return Done(status, out, tuple(line[len("mmreview: ") :] for line in err.splitlines()))

    def review(self, *args: str) -> Done:
        """Run against the tree."""
        return self.run("--tree", str(self.tree), "--format", "gcc", *args)


def console(
    *args: str, folder: Path, environment: dict[str, str] | None = None, **more: object
) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "reviewer.frontend.cli", *args],
        **{
            "cwd": folder,
            "env": env,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "stdin": subprocess.DEVNULL,
            "text": True,
            "timeout": 60,
            "check": False,
            **more,
        },
    )
