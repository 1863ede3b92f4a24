# SPDX-License-Identifier: GPL-2.0-only
"""Commits as inputs: ranges, one commit, and what is neither."""

import json
import subprocess
from pathlib import Path

import pytest
from frontend_samples import HARMLESS, NEW, OLD, Program, diff, mail

RULE = "read-moved-out-of-lock"
MORE = OLD + "\nint more(void)\n{\n\treturn 1;\n}\n"


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ä B", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=no"]
    command = ["git", *identity, *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(program: Program, subject: str, text: str | None, path: str = "mm/x.c") -> str:
    """A commit that gives a file this text, or takes it away."""
    if text is None:
        git(program.tree, "rm", "-q", path)
    else:
        program.file(f"tree/{path}", text)
        git(program.tree, "add", "-f", path)
    git(program.tree, "commit", "-q", "--allow-empty", "-m", subject)
    return git(program.tree, "rev-parse", "HEAD")


@pytest.fixture
def history(program: Program, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Four commits: the first has the lock, the third loses it."""
    git(program.folder, "init", "-q", "-b", "master", "tree")
    commit(program, "mm: start", OLD)
    commit(program, "mm: number", HARMLESS)
    commit(program, "mm: shorter\n\nFrom here on it is shorter.\n\ndiff is a word", NEW)
    commit(program, "mm: other", "int other;\n", "mm/y.c")
    monkeypatch.chdir(program.tree)
    return program


def found(program: Program, *args: str) -> dict[str, object]:
    done = program.run("--format", "json", *args)
    data: dict[str, object] = json.loads(done.out)
    return data


def subjects(data: dict[str, object]) -> list[str]:
    return [one["subject"] for one in data["patches"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("HEAD~2..", ["[PATCH 1/2] mm: shorter", "[PATCH 2/2] mm: other"]),
        ("HEAD~2..HEAD~1", ["[PATCH] mm: shorter"]),
        ("HEAD~1", ["[PATCH] mm: shorter"]),
        ("HEAD~1^!", ["[PATCH] mm: shorter"]),
        ("master~3..master~2", ["[PATCH] mm: number"]),
    ],
)
def test_commits(history: Program, name: str, shown: list[str]) -> None:
    data = found(history, name)
    assert subjects(data) == shown and data["problems"] == data["notes"] == []
    findings = [] if "number" in shown[0] else [RULE]
    assert [one["rule"] for one in data["findings"]] == findings  # type: ignore[attr-defined]


def test_the_first_commit_and_all_behind_it(history: Program) -> None:
    first = git(history.tree, "rev-list", "--max-parents=0", "HEAD")
    alone = history.run(first)
    assert alone.status == 2
    assert alone.line == f"{first}: {first[:12]} has no parent here, nothing to compare it with"
    done = history.run("--format", "gcc", f"{first[:10]}..")
    # The second commit is before the one that loses the lock; its line is from there.
    assert (done.status, done.lines) == (1, ())
    assert done.out.startswith("mm/x.c:3: warning: t->users is now read without t->lock")


def test_the_state_before_is_that_of_the_commit(history: Program) -> None:
    """Neither what is checked out nor what HEAD has is looked at."""
    commit(history, "mm: rewritten", "int nothing;\n")
    history.file("tree/mm/x.c", "half of a file\n")
    done = history.run("--format", "gcc", "HEAD~2")
    assert (done.status, done.lines) == (1, ()) and "t->lock" in done.out


def test_a_file_that_is_there_by_now_was_not_there_before(history: Program) -> None:
    assert found(history, "HEAD")["problems"] == []


def test_a_file_of_that_name_is_no_commit(history: Program) -> None:
    history.file("tree/HEAD", diff(HARMLESS, NEW))
    history.file("tree/HEAD~2..", diff(OLD, HARMLESS))
    assert subjects(found(history, "HEAD")) == [""]
    assert subjects(found(history, "HEAD~2..")) == [""]
    assert subjects(found(history, "master")) == ["[PATCH] mm: other"]


def test_behind_two_dashes_everything_is_a_file(history: Program) -> None:
    patch = history.file("x.patch", mail("[PATCH] from a file", body=diff(OLD, HARMLESS)))
    assert len(subjects(found(history, "HEAD~1..", "--", patch))) == 2
    done = history.run("HEAD~1..", "--", "HEAD")
    assert done.status == 2 and done.line == "HEAD: No such file or directory"


@pytest.mark.parametrize("name", ["nosuch", "nosuch..", "..nosuch", "HEAD~99", "mm/nosuch.patch"])
def test_neither_a_file_nor_a_commit(history: Program, name: str) -> None:
    done = history.run(name)
    assert (done.status, done.out) == (2, "")
    assert done.line == f"{name}: neither a file nor a revision of {history.tree.resolve()}"


@pytest.mark.parametrize("name", ["HEAD:mm/x.c", "HEAD^{tree}"])
def test_what_is_no_commit(history: Program, name: str) -> None:
    done = history.run(name)
    assert done.status == 2 and "neither a file nor a revision" in done.line


def test_what_looks_like_an_option_is_none_of_git(history: Program) -> None:
    done = history.run("--format", "gcc", "--", "--output=stolen")
    assert done.status == 2 and not (history.tree / "stolen").exists()


def test_an_empty_range(history: Program) -> None:
    done = history.run("HEAD..HEAD")
    assert done.status == 2
    assert done.line == "HEAD..HEAD: no commit in this range, nothing to review"


def test_two_sides(history: Program) -> None:
    done = history.run("HEAD~1...HEAD")
    assert done.status == 2 and "say A..B" in done.line


def test_outside_of_git(program: Program) -> None:
    done = program.run("HEAD~3..")
    assert done.status == 2
    assert done.line == "HEAD~3..: no such file, and no git work tree here to look commits up in"
    done = program.run("--tree", str(program.tree), "HEAD~3..")
    assert done.status == 2 and "is no git work tree" in done.line


def test_merges_are_passed_over(history: Program) -> None:
    git(history.tree, "checkout", "-q", "-b", "side", "HEAD~3")
    commit(history, "lib: side", "int side;\n", "lib/z.c")
    git(history.tree, "checkout", "-q", "master")
    git(history.tree, "merge", "-q", "--no-ff", "-m", "a merge", "side")
    done = history.run("--format", "json", "HEAD~2..")
    data = json.loads(done.out)
    assert sorted(one["subject"][-5:] for one in data["patches"]) == [" side", "other"]
    assert done.lines == ("HEAD~2..: a merge is passed over",)
    done = history.run("HEAD")
    assert done.status == 2 and "nothing but merges" in done.line


def test_a_commit_that_changes_nothing(history: Program) -> None:
    git(history.tree, "commit", "-q", "--allow-empty", "-m", "Re: nothing")
    done = history.run("HEAD")
    assert (done.status, done.line) == (
        0,
        "'[PATCH] Re: nothing': a mail without a diff, nothing to review",
    )


def test_the_tree_that_is_named_is_where_commits_are_looked_up(
    history: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.folder)
    done = history.run("--tree", "tree/mm", "--format", "gcc", "HEAD~1")
    assert (done.status, done.lines) == (1, ()) and done.out.startswith("mm/x.c:3: ")


def test_from_a_folder_below(history: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(history.tree / "mm")
    done = history.run("--format", "gcc", "HEAD~1")
    assert (done.status, done.lines) == (1, ()) and done.out.startswith("mm/x.c:3: ")


def test_a_later_commit_repairs_it(history: Program) -> None:
    commit(history, "mm: longer", HARMLESS)
    done = history.run("--format", "gcc", "HEAD~3..")
    said = f"repaired by patch 3, '[PATCH 3/3] mm: longer' [{RULE}]\n"
    assert (done.status, done.out) == (0, f"mm/x.c:3: note: {said}")


def test_a_message_that_looks_like_a_mail(history: Program) -> None:
    text = "mm: tricky\n\nFrom " + "0" * 40 + " Mon Sep 17 00:00:00 2001\nSubject: no\n\n"
    commit(history, f"{text}base-commit: {'0' * 40}\n", MORE)
    commit(history, "mm: äöü", MORE + "\n")
    data = found(history, "HEAD~2..")
    assert subjects(data) == ["[PATCH 1/2] mm: tricky", "[PATCH 2/2] mm: äöü"]
    assert data["problems"] == []


def test_a_moved_file(history: Program) -> None:
    git(history.tree, "mv", "mm/x.c", "mm/z.c")
    commit(history, "mm: move and lock", OLD, "mm/z.c")
    commit(history, "mm: unlock", NEW, "mm/z.c")
    data = found(history, "HEAD~2..")
    assert data["problems"] == []
    assert [(one["patch"], one["file"]) for one in data["findings"]] == [  # type: ignore[attr-defined]
        (1, "mm/z.c")
    ]


HOSTILE = {
    "diff.external": "touch {mark}; false",
    "diff.hostile.command": "touch {mark}; false",
    "diff.hostile.textconv": "touch {mark}; cat",
    "core.fsmonitor": "touch {mark}",
    "core.pager": "touch {mark}; cat",
    "core.sshCommand": "touch {mark}",
    "gpg.program": "touch {mark}",
    "log.showSignature": "true",
    "pager.rev-list": "touch {mark}; cat",
    "pager.diff-tree": "touch {mark}; cat",
    "diff.noprefix": "true",
    "diff.context": "0",
    "color.ui": "always",
    "format.pretty": "oneline",
    "format.attach": "x",
    "alias.rev-list": "!touch {mark}",
}


def test_nothing_a_repository_names_is_run(history: Program) -> None:
    mark = history.folder / "mark"
    history.file("tree/.git/info/attributes", "*.c diff=hostile\n")
    for name, value in HOSTILE.items():
        git(history.tree, "config", name, value.format(mark=mark))
    done = history.run("--format", "gcc", "HEAD~2..")
    assert (done.status, done.lines) == (1, ()) and done.out.startswith("mm/x.c:3: ")
    assert not mark.exists()
    # The trap is one: a careless command springs it.
    subprocess.run(["git", "diff", "HEAD~2"], cwd=history.tree, capture_output=True, check=False)
    assert mark.exists()


def test_too_many_commits(history: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.frontend.ranges.MAX_MAILS", 2)
    done = history.run("HEAD~3..")
    assert done.status == 2 and "more than 2 commits" in done.line
    assert len(subjects(found(history, "HEAD~2.."))) == 2


def test_too_many_bytes(history: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.frontend.ranges.MAX_INPUT", 200)
    done = history.run("HEAD~2..")
    assert done.status == 2 and "larger than" in done.line


def test_as_format_patch_has_it(history: Program) -> None:
    """The same findings and questions as of what git format-patch writes."""
    text = git(history.tree, "format-patch", "--stdout", "--full-index", "HEAD~3..")
    mails = history.file("series.mbox", f"{text}\n")
    mine, theirs = found(history, "HEAD~3.."), found(history, mails)
    # Of the commits it is known what they were made on; of the mails only what HEAD has.
    assert theirs["problems"] and not mine["problems"]
    for name in ("patches", "findings", "questions", "claims"):
        assert mine[name] == theirs[name]
