# SPDX-License-Identifier: GPL-2.0-only
"""The manual page: up to date, complete, and read by the programs that show such pages."""

import re
import shutil
import subprocess
import sys

import pytest
from frontend_samples import ROOT

from reviewer.frontend.commands import every, program
from reviewer.frontend.manual import _text, page

PAGE = ROOT / "docs" / "mmreview.1"


def shown(*command: str, text: str | None = None) -> str:
    """What a program makes of a page, which is the committed one unless there is a text;
    it must not complain."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command,
        input=PAGE.read_text(encoding="ascii") if text is None else text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
    return done.stdout


def plain(text: str) -> str:
    """The text of a page: without what makes letters bold, and with its lines joined."""
    return " ".join(re.sub(r".\x08|\x1b\[[0-9;]*m", "", text).split())


def test_the_committed_page_is_what_the_program_says() -> None:
    script = ROOT / "scripts" / "make_manual.py"
    done = subprocess.run([sys.executable, str(script), "--check"], timeout=60, check=False)
    assert done.returncode == 0, "run scripts/make_manual.py"
    assert PAGE.read_text(encoding="ascii") == page()


def test_groff_has_nothing_to_warn_of() -> None:
    assert shown("groff", "-man", "-ww", "-z", "-Tutf8") == ""


def test_mandoc_has_nothing_to_warn_of() -> None:
    assert shown("mandoc", "-Tlint", "-Wstyle") == ""


def test_the_page_shows_every_command_and_every_option() -> None:
    text = plain(shown("mandoc", "-Tascii"))
    for command in every(program()):
        if command.words:
            assert f"mmreview {' '.join(command.words)}" in text
        for one in command.options:
            assert all(flag in text for flag in one.flags if flag not in ("-h", "--help"))
            assert ", ".join(one.choices) in text
    for head in ("NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"):
        assert f" {head} " in text


def test_an_option_stands_in_its_own_command() -> None:
    text = plain(shown("mandoc", "-Tascii"))
    review, rest = text.split(" mmreview graph Draws ", 1)
    assert "--write-baseline FILE" in review and "--write-baseline" not in rest.split("FILES")[0]
    assert "--explain RULE Explain a rule, and review nothing." in review
    assert "--ask WHAT" in rest and "--ask" not in review


def test_every_status_and_every_variable_is_told() -> None:
    text = plain(shown("mandoc", "-Tascii"))
    statuses = text.split(" EXIT STATUS ")[1].split(" ENVIRONMENT ")[0]
    assert all(f" {status} " in f" {statuses}" for status in range(4))
    told = text.split(" ENVIRONMENT ")[1].split(" FILES ")[0]
    for name in ("NO_COLOR", "MMREVIEW_DEBUG", "COLUMNS", "XDG_CACHE_HOME"):
        assert name in told


def test_the_examples_are_commands_the_program_takes() -> None:
    text = page().split(".SH EXAMPLES")[1]
    lines = [line.replace("\\-", "-") for line in text.splitlines() if line.startswith("mmreview ")]
    assert len(lines) > 4
    flags = {flag for command in every(program()) for one in command.options for flag in one.flags}
    words = [word for line in lines for word in line.split()]
    assert {word for word in words if word.startswith("-")} <= flags


@pytest.mark.parametrize(
    "text",
    [
        ".SH not a section",
        "'br is no request",
        "a \\fBbackslash\\fR and \\",
        "quotes ' ` \" ~ ^ and a dash -x, --long-one, co-operate",
        "x " * 36 + ". " + "y " * 30,
    ],
)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    source = "\n".join((".TH X 1 2026-01-01", ".SH NAME", "x \\- y", ".SH TEXT", *_text(text), ""))
    assert shown("groff", "-man", "-ww", "-z", "-Tascii", text=source) == ""
    found = plain(shown("mandoc", "-Tascii", text=source))
    assert f" TEXT {' '.join(text.split())} " in found


def test_what_is_not_ascii_is_written_out() -> None:
    assert list(_text("é")) == ["\\[u00E9]"]


def test_man_finds_the_sections() -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--local-file", "--warnings", str(PAGE)],
        env={"MANWIDTH": "80", "PATH": "/usr/bin:/bin", "LC_ALL": "C", "PAGER": "cat"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert plain(done.stdout).startswith("MMREVIEW(1) User Commands MMREVIEW(1) NAME mmreview - ")
