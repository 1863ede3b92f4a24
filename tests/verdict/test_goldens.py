# SPDX-License-Identifier: GPL-2.0-only
"""The reports of the fixtures, letter by letter.

With UPDATE_GOLDENS=1 in the environment they are written anew; read the
difference before you commit it.
"""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from reviewing import GUP, SEED, reviewed

from reviewer.report.formats import Options, report
from reviewer.verdict.records import Review

NOW = datetime(2021, 8, 6, 12, 0, tzinfo=UTC)
OPTIONS = Options(colour=False, width=80, version="0", now=NOW)
GOLDENS = [
    (SEED / "patch.mbox", "json", "expected.json"),
    (SEED / "patch.mbox", "terminal", "expected.txt"),
    (SEED / "patch.mbox", "mail", "expected-reply.txt"),
    (SEED / "patch.mbox", "sarif", "expected.sarif"),
    (SEED / "patch.mbox", "rdjsonl", "expected.rdjsonl"),
    (GUP / "patch.diff", "json", "expected.json"),
    (GUP / "patch.diff", "sarif", "expected.sarif"),
    (GUP / "patch.diff", "rdjsonl", "expected.rdjsonl"),
]


@cache
def review_of(patch: Path) -> Review:
    return reviewed(patch.read_bytes(), patch.parent / "before")


@pytest.mark.parametrize(
    ("patch", "form", "name"), GOLDENS, ids=lambda one: getattr(one, "name", one)
)
def test_the_report_is_what_it_was(patch: Path, form: str, name: str) -> None:
    golden = patch.parent / name
    text = report(review_of(patch), form, OPTIONS)
    if os.environ.get("UPDATE_GOLDENS") == "1":
        golden.write_text(text, encoding="utf-8")
    assert text.splitlines() == golden.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "patch", [SEED / "patch.mbox", GUP / "patch.diff"], ids=lambda one: one.name
)
def test_no_line_of_the_terminal_is_wider_than_it(patch: Path) -> None:
    text = report(review_of(patch), "terminal", OPTIONS)
    wide = [line for line in text.splitlines() if len(line) > OPTIONS.width]
    assert [line for line in wide if not line.startswith("mm/")] == []
