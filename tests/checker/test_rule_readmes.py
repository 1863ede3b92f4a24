# SPDX-License-Identifier: GPL-2.0-only
"""What a rule's README.md shows is what the rule does."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from reviewer.frontend.shipped import load_ruleset
from reviewer.patch.read import read_submission
from reviewer.review import Ruleset, review
from reviewer.source.tree import open_tree
from reviewer.verdict.records import Review

RULES = Path(__file__).resolve().parent.parent.parent / "rules"
READMES = sorted(path.parent / "README.md" for path in RULES.glob("*/rule.toml"))
PATH = "mm/case.c"

_PAIR = re.compile(
    r"(?P<title>[^\n]*)\n\n(?:```text changelog\n(?P<changelog>.*?)^```\n\n)?"
    r"```c before\n(?P<before>.*?)^```\n\n```c after\n(?P<after>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_EXPECT = re.compile(r"// expect: ([\w-]+)")
_FENCE = re.compile(r"^```c ", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One pair of blocks, perhaps with a message; ``expected`` are the rules and
    lines of its findings."""

    rule: str
    title: str
    before: str
    after: str
    expected: tuple[tuple[str, int], ...]
    changelog: str | None


def cases(path: Path) -> Iterator[Case]:
    # A rule that is being written has no README yet: its own test says so, not all of them.
    if not path.is_file():
        return
    for match in _PAIR.finditer(path.read_text(encoding="utf-8")):
        expected = tuple(
            (found[1], number)
            for number, line in enumerate(match["after"].splitlines(), start=1)
            for found in _EXPECT.finditer(line)
        )
        after = _EXPECT.sub(lambda found: " " * len(found[0]), match["after"])
        title = match["title"].strip().rstrip(":")
        about = (title, match["before"], after, expected, match["changelog"])
        yield Case(path.parent.name, *about)


CASES = [case for path in READMES for case in cases(path)]


@cache
def ruleset() -> Ruleset:
    return load_ruleset()


def reviewed(before: str, after: str, folder: Path, changelog: str | None = None) -> Review:
    """The review of the diff between two versions of a file in a tree; with a
    message whose first line is its subject, as the mail that brings it."""
    (folder / "mm").mkdir()
    (folder / PATH).write_text(before, encoding="utf-8")
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(old, new, f"a/{PATH}", f"b/{PATH}"))
    if changelog is not None:
        diff = f"From: A B <a@example.org>\nSubject: [PATCH] {changelog}\n---\n{diff}-- \n2.40\n"
    with open_tree(str(folder)) as tree:
        return review(read_submission([("case.diff", diff.encode())]), tree, ruleset())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.title}")
def test_a_case_is_what_the_rule_finds(case: Case, tmp_path: Path) -> None:
    found = reviewed(case.before, case.after, tmp_path, case.changelog)
    assert found.problems == ()
    findings = [one.finding for one in found.verdicts]
    told = [(one.rule, one.line, *one.also) for one in findings]
    assert len(findings) == len(case.expected), told
    for one, (rule, line) in zip(findings, case.expected, strict=True):
        assert one.line == line and rule in (one.rule, *one.also), told
    assert {one.finding.file for one in found.verdicts} <= {PATH}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.title}")
def test_the_other_direction_is_not_worse(case: Case, tmp_path: Path) -> None:
    """A rule does not find its own thing in the patch that takes it back."""
    found = reviewed(case.after, case.before, tmp_path)
    assert found.problems == ()
    if case.rule != "lockless-read-changed":
        rules = [(one.finding.rule, *one.finding.also) for one in found.verdicts]
        assert [some for some in rules if case.rule in some] == []


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.parent.name))
def test_every_block_is_part_of_a_case_of_its_rule(path: Path) -> None:
    mine = [case for case in CASES if case.rule == path.parent.name]
    assert len(_FENCE.findall(path.read_text(encoding="utf-8"))) == 2 * len(mine)
    assert len({case.title for case in mine}) == len(mine) and all(case.title for case in mine)
    assert {rule for case in mine for rule, _ in case.expected} == {path.parent.name}
