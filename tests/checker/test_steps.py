# SPDX-License-Identifier: GPL-2.0-only
"""What one submission may spend on following the ways of functions."""

import difflib
from functools import cache
from pathlib import Path

from reviewer.checker.changes import Allowance, changes, whole
from reviewer.checker.rule import Steps
from reviewer.checker.rules import findings
from reviewer.facts import Facts
from reviewer.patch.read import read_submission
from reviewer.ruleset import load_facts, load_rules, load_vocabulary
from reviewer.source.pair import pair
from reviewer.source.tree import open_tree

BEFORE = """\
int take(struct thing *t)
{
	mutex_lock(&t->lock);
	if (!t->ready) {
		mutex_unlock(&t->lock);
		return -EAGAIN;
	}
	t->users++;
	mutex_unlock(&t->lock);
	return 0;
}
"""
AFTER = BEFORE.replace("\t\tmutex_unlock(&t->lock);\n", "")


@cache
def facts() -> Facts:
    return load_facts()


def reviewed(folder: Path, allowance: Allowance) -> list[str]:
    (folder / "a.c").write_text(BEFORE, encoding="utf-8")
    lines = (BEFORE.splitlines(keepends=True), AFTER.splitlines(keepends=True))
    diff = "".join(difflib.unified_diff(*lines, "a/a.c", "b/a.c"))
    submission = read_submission([("a.diff", diff.encode())])
    with open_tree(str(folder)) as tree:
        pairs, _ = pair(submission.patches[0], tree, {})
        patch = whole(changes(pairs, load_vocabulary(), facts(), allowance), facts())
        return [one.rule for one, _ in findings(load_rules(), patch)]


def test_what_is_used_is_taken_off(tmp_path: Path) -> None:
    allowance = Allowance(steps=Steps(1000))
    assert reviewed(tmp_path, allowance) == ["unlock-missing-on-path"]
    assert 0 < allowance.steps.left < 1000
    assert allowance.uncounted() == []


def test_where_nothing_is_left_nothing_is_claimed_and_it_is_said(tmp_path: Path) -> None:
    allowance = Allowance(steps=Steps(0))
    assert reviewed(tmp_path, allowance) == []
    (problem,) = allowance.uncounted()
    assert problem.function == "take"
    assert problem.reason == "locks and references are not counted: the submission is too large"
    assert allowance.uncounted() == []


def test_few_steps_are_too_few(tmp_path: Path) -> None:
    allowance = Allowance(steps=Steps(3))
    assert reviewed(tmp_path, allowance) == []
    assert allowance.steps.left <= 0 or allowance.uncounted() == []
