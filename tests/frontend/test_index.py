# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview index``, and reviews that ask the tree."""

import json
from pathlib import Path

import pytest

from reviewer.frontend.cli import main

HEADER = "struct item { spinlock_t lock; int state; int other; };\n"
BEFORE = """#include "item.h"

void change(struct item *it)
{
	spin_lock(&it->lock);
	it->state = 1;
	spin_unlock(&it->lock);
}
"""
OTHERS = "".join(
    f"void f{number}(struct item *it)\n{{\n\tspin_lock(&it->lock);\n\tit->state = {number};\n"
    "\tspin_unlock(&it->lock);\n}\n"
    for number in range(4)
)
PATCH = """From: A <a@example.org>
Subject: [PATCH] mm: change an item in a simpler way

{changelog}
---
diff --git a/mm/a.c b/mm/a.c
--- a/mm/a.c
+++ b/mm/a.c
@@ -2,7 +2,5 @@

 void change(struct item *it)
 {{
-~spin_lock(&it->lock);
 ~it->state = 1;
-~spin_unlock(&it->lock);
 }}
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    top = tmp_path / "tree"
    (top / "mm").mkdir(parents=True)
    (top / "mm" / "item.h").write_text(HEADER)
    (top / "mm" / "a.c").write_text(BEFORE)
    (top / "mm" / "b.c").write_text(OTHERS)
    return top


def patch(tree: Path, changelog: str = "Simpler.") -> str:
    """A patch that no longer takes the lock."""
    path = tree.parent / "a.patch"
    text = PATCH.format(changelog=changelog).replace("~", "\t")
    path.write_text(text.replace("\n\n void", "\n \n void"))
    return str(path)


def reviewed(
    tree: Path, capsys: pytest.CaptureFixture[str], changelog: str = "Simpler."
) -> dict[str, object]:
    """The JSON of a review."""
    capsys.readouterr()
    main([patch(tree, changelog), "--tree", str(tree), "--format", "json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def evidence(found: dict[str, object]) -> str:
    """What is said of the first finding."""
    findings = found["findings"]
    assert isinstance(findings, list)
    return " ".join(findings[0]["evidence"])


def test_an_index_is_made_and_asked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(tree)]) == 0
    assert "3 files read" in capsys.readouterr().out
    assert main(["index", str(tree), "--ask", "item.state"]) == 0
    told = capsys.readouterr().out
    assert "under item.lock: 5, not known of 0" in told
    assert "mm/a.c:6: change()" in told
    assert main(["index", str(tree), "--ask", "change()"]) == 0
    assert "ways begin in: change() (nobody)" in capsys.readouterr().out
    assert main(["index", str(tree), "--ask", "item.lock,item.other"]) == 0
    assert "0 times" in capsys.readouterr().out


def test_a_review_says_what_the_tree_does(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    found = reviewed(tree, capsys)
    assert "protects state: 4 of 4 other functions that change it hold it" in evidence(found)
    facts = found["facts"]
    assert isinstance(facts, dict)
    sources = [one["source"] for one in facts.values() if one["kind"] == "evidence"]
    assert sources == ["index of the tree: the whole tree"]


def test_without_an_index_files_beside_the_patch_are_read(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = evidence(reviewed(tree, capsys))
    assert "4 of 4 other functions" in text
    assert "in 3 files: those the patch touches and others beside them" in text


def test_a_claim_is_answered_by_the_tree(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    found = reviewed(tree, capsys, "All callers of change() hold it->other_lock.")
    text = "it->state is protected by it->lock, but nobody cares."
    found = reviewed(tree, capsys, text)
    claims = found["claims"]
    assert isinstance(claims, list)
    assert [(one["claim"], one["verdict"]) for one in claims] == [("protected-by", "CONFIRMED")]
    assert "all 5 changes of item.state are made under item.lock" in claims[0]["answer"]


def test_a_finding_that_all_callers_refute_does_not_count(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "mm" / "c.c").write_text(
        "void outer(struct item *it)\n{\n\tspin_lock(&it->lock);\n\tchange(it);\n"
        "\tspin_unlock(&it->lock);\n}\n"
    )
    main(["index", str(tree)])
    capsys.readouterr()
    assert main([patch(tree), "--tree", str(tree)]) == 0
    told = capsys.readouterr().out
    assert "refuted by the tree" in told
    assert "every known way to change() holds item.lock" in " ".join(told.split())


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], "nowhere: no such directory"),
        (["{tree}", "--only", "fs"], "--only fs: the tree has no such folder"),
        (["{tree}", "--ask", "item.state"], "no index"),
        (["{tree}", "-o", "/dev/null/x"], "File exists"),
        (["{tree}", "--jobs", "many"], "invalid int value"),
    ],
)
def test_wrong_usage_is_one_line(
    tree: Path, capsys: pytest.CaptureFixture[str], args: list[str], told: str
) -> None:
    assert main(["index", *(one.replace("{tree}", str(tree)) for one in args)]) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert shown.count("\n") == 1


def test_a_damaged_index_is_made_anew(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tree.parent / "index.sqlite"
    path.write_bytes(b"not an index at all" * 100)
    assert main(["index", str(tree), "-o", str(path)]) == 0
    assert "made anew" in capsys.readouterr().err
    assert main(["index", str(tree), "-o", str(path), "--ask", "item.state"]) == 0


OUTER = (
    "void outer(struct item *it)\n{\n\tspin_lock(&it->lock);\n\tchange(it);\n"
    "\tspin_unlock(&it->lock);\n}\n"
)
MOVED = """From: A <a@example.org>
Subject: [PATCH] mm: change an item later

Later.
---
diff --git a/mm/a.c b/mm/a.c
--- a/mm/a.c
+++ b/mm/a.c
@@ -4,8 +4,8 @@
 {
 ~while (more(it)) {
 ~spin_unlock(&it->lock);
 ~work(it);
-~it->state = 1;
 ~spin_lock(&it->lock);
+~it->other = 1;
 ~}
 }
"""


def test_a_lock_the_function_drops_itself_is_not_held_by_its_callers(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "mm" / "c.c").write_text(OUTER)
    (tree / "mm" / "a.c").write_text(
        BEFORE.replace("\tit->state = 1;\n\tspin_unlock(&it->lock);\n", "")
        .replace("\tspin_lock(&it->lock);\n", "")
        .replace(
            "{\n",
            "{\n\twhile (more(it)) {\n\tspin_unlock(&it->lock);\n\twork(it);\n"
            "\tspin_lock(&it->lock);\n\tit->state = 1;\n\t}\n",
        )
    )
    text = MOVED.replace("~", "\t").replace("-\tit->state = 1;\n", "")
    text = text.replace("+\tit->other = 1;\n", "-\tit->state = 1;\n")
    text = text.replace(" \twork(it);\n", " \twork(it);\n+\tit->state = 1;\n")
    path = tree.parent / "moved.patch"
    path.write_text(text)
    main(["index", str(tree)])
    capsys.readouterr()
    assert main([str(path), "--tree", str(tree)]) == 1
    told = capsys.readouterr().out
    assert "refuted by the tree" not in told
    assert "write-moved-out-of-lock" in told


def test_a_note_stays_where_the_lock_was_held_around_something_else(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = OTHERS.replace("\tspin_lock(&it->lock);\n", "").replace(
        "\tspin_unlock(&it->lock);\n", ""
    )
    (tree / "mm" / "b.c").write_text(others)
    main(["index", str(tree)])
    capsys.readouterr()
    changelog = "The lock was never needed for this."
    main([patch(tree, changelog), "--tree", str(tree)])
    assert "refuted by the tree" in capsys.readouterr().out
    calling = BEFORE.replace("\tit->state = 1;\n", "\tit->state = 1;\n\tremember(it);\n")
    (tree / "mm" / "a.c").write_text(calling)
    main(["index", str(tree)])
    capsys.readouterr()
    text = Path(patch(tree, changelog)).read_text()
    text = text.replace("@@ -2,7 +2,5 @@", "@@ -2,8 +2,6 @@")
    text = text.replace(" \tit->state = 1;\n", " \tit->state = 1;\n \tremember(it);\n")
    (tree.parent / "a.patch").write_text(text)
    main([str(tree.parent / "a.patch"), "--tree", str(tree), "--fail-on", "error"])
    told = capsys.readouterr().out
    assert "note: " in told
    assert "refuted by the tree" not in told
