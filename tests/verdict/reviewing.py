# SPDX-License-Identifier: GPL-2.0-only
"""Review a text with the rules the program ships, as the command line does."""

import json
from contextlib import nullcontext
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any

from reviewer.frontend.shipped import load_ruleset
from reviewer.patch.read import read_submission
from reviewer.patch.records import Patch, Submission
from reviewer.report.json_report import as_json
from reviewer.review import Ruleset, review
from reviewer.source.pair import pair
from reviewer.source.tree import open_tree
from reviewer.verdict.records import Review, Verdict

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SEED = FIXTURES / "2021_folio_refcount_migrate"
GUP = FIXTURES / "2021_gup_recheck"

HEADER = """\
From: A. Uthor <a.uthor@example.org>
Date: Mon, 2 Aug 2021 10:00:00 +0000
Message-Id: <move@example.org>
Subject: [PATCH] mm: Move a comparison

Write it in fewer lines.

Signed-off-by: A. Uthor <a.uthor@example.org>
---
"""


@cache
def rules() -> Ruleset:
    """The shipped rules, read once."""
    return load_ruleset()


def submission(data: bytes) -> Submission:
    """What one input holds."""
    return read_submission([("input", data)])


def reviewed(data: bytes, tree: Path | None) -> Review:
    """The review of one input; ``tree`` None for a diff alone."""
    with open_tree(str(tree)) if tree is not None else nullcontext() as opened:
        return review(submission(data), opened, rules())


def as_data(result: Review) -> dict[str, Any]:
    """The review as the JSON contract has it."""
    data: dict[str, Any] = json.loads(as_json(result))
    return data


def mail(before: str, after: str, path: str) -> bytes:
    """A mail with the patch between two texts of one file."""
    lines = unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}")
    return (HEADER + "".join(lines)).encode()


def after_image(patch: Path, tree: Path, path: str) -> str:
    """A file of a tree as a patch leaves it."""
    parsed: Patch = submission(patch.read_bytes()).patches[0]
    with open_tree(str(tree)) as opened:
        pairs, problems = pair(parsed, opened, {})
    assert not problems
    (data,) = [one.after for one in pairs if one.path == path]
    assert data is not None
    return data.decode()


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The text with each old part, found once, replaced by the new one."""
    for old, new in edits:
        assert text.count(old) == 1, f"found {text.count(old)} times: {old!r}"
        text = text.replace(old, new)
    return text


def only(result: Review) -> Verdict:
    """The one verdict of a review."""
    assert result.problems == ()
    (verdict,) = result.verdicts
    return verdict
