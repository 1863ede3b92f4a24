# SPDX-License-Identifier: GPL-2.0-only
"""A finding is the same one in the next version of a patch, whatever rule made it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from frontend_samples import ROOT, Program, diff

_CASE = re.compile(r"^```c before\n(.*?)^```$\n+[^`]*?^```c after\n(.*?)^```$", re.M | re.S)
_EXPECT = re.compile(r"[ \t]*// expect:.*")
ABOVE = "".join(f"int other_{number}(int n)\n{{\n\treturn n;\n}}\n\n" for number in range(20))
RULES = [
    pytest.param(path.parent, id=path.parent.name)
    for path in sorted((ROOT / "rules").glob("*/rule.toml"))
]


def cases(rule: Path) -> Iterator[tuple[str, str]]:
    """The sources before and after of the cases in which the rule speaks."""
    for before, after in _CASE.findall((rule / "README.md").read_text(encoding="utf-8")):
        if _EXPECT.search(after):
            yield before, _EXPECT.sub("", after)


def marks(program: Program, before: str, after: str) -> list[tuple[str, str]]:
    """The results of a review by rule and fingerprint."""
    program.file("tree/mm/x.c", before)
    patch = program.file("x.diff", diff(before, after))
    done = program.run("--tree", str(program.tree), "--format", "sarif", patch)
    (run,) = json.loads(done.out)["runs"]
    return sorted(
        (one["ruleId"], one["partialFingerprints"]["primaryLocationLineHash"])
        for one in run["results"]
    )


@pytest.mark.parametrize("rule", RULES)
def test_lines_that_move_make_no_other_finding(program: Program, rule: Path) -> None:
    spoke = 0
    for before, after in cases(rule):
        first = marks(program, before, after)
        assert marks(program, ABOVE + before, ABOVE + after) == first
        spoke += bool(first)
    # Rules about changelogs are silent here: the cases come without one.
    assert spoke or rule.name == "changelog-silent"
