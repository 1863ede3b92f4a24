# SPDX-License-Identifier: GPL-2.0-only
"""Series of mails: their order, their base, and what they stand on."""

import json
import subprocess
from pathlib import Path

import pytest
from frontend_samples import HARMLESS, NEW, OLD, Program, diff, mail

RULE = "read-moved-out-of-lock"
WARNING = f"warning: t->users is now read without t->lock [{RULE}]\n"
ID = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=no"]
    command = ["git", *identity, *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit(program: Program, text: str, message: str = "x", path: str = "mm/x.c") -> str:
    program.file(f"tree/{path}", text)
    git(program.tree, "add", ".")
    git(program.tree, "commit", "-q", "-m", message)
    return git(program.tree, "rev-parse", "HEAD").strip()


@pytest.fixture
def repository(program: Program, monkeypatch: pytest.MonkeyPatch) -> Program:
    git(program.folder, "init", "-q", "-b", "master", "tree")
    commit(program, OLD, "start")
    monkeypatch.chdir(program.tree)
    return program


def subjects(program: Program, *args: str) -> list[str]:
    done = program.run("--format", "json", *args)
    return [one["subject"] for one in json.loads(done.out)["patches"]]


# The order --------------------------------------------------------------------


def two(program: Program, *, thread: bool, total: int = 2) -> list[str]:
    """The second patch of a series in front of the first."""
    lost = mail(f"[PATCH v2 1/{total}] lock", body=diff(OLD, NEW))
    back = mail(f"[PATCH v2 2/{total}] number", body=diff(NEW, NEW.replace("BUSY", "AGAIN")))
    if thread:
        lost = lost.replace("<1@", "<a@")
        back = back.replace("Subject:", "In-Reply-To: <a@example.org>\nSubject:")
    return [program.file("1.patch", back), program.file("2.patch", lost)]


@pytest.mark.parametrize("thread", [True, False])
def test_a_series_is_put_in_order(program: Program, thread: bool) -> None:
    done = program.review(*two(program, thread=thread))
    assert (done.status, done.out, done.lines) == (1, f"mm/x.c:3: {WARNING}", ())
    names = ["[PATCH v2 1/2] lock", "[PATCH v2 2/2] number"]
    assert subjects(program, *two(program, thread=thread)) == names


def test_two_series_stay_apart(program: Program) -> None:
    def one(number: int, name: str, above: str) -> str:
        text = mail(f"[PATCH {number}/2] {name}", body=diff(OLD, HARMLESS, f"mm/{name}{number}.c"))
        return text.replace("<1@", f"<{name}{number}@").replace(
            "Subject:", f"References: <{above}@example.org>\nSubject:"
        )

    texts = [one(2, "a", "a0"), one(2, "b", "b0"), one(1, "b", "b0"), one(1, "a", "a0")]
    names = [program.file(f"{number}.patch", text) for number, text in enumerate(texts)]
    assert [name[-1] for name in subjects(program, *names)] == ["a", "b", "b", "a"]
    assert [name[7] for name in subjects(program, *names)] == ["1", "1", "2", "2"]


def test_what_has_one_number_twice_stays(program: Program) -> None:
    texts = [mail(f"[PATCH {number}/2] x", body=diff()) for number in (2, 1, 2)]
    names = [program.file(f"{number}.patch", text) for number, text in enumerate(texts)]
    assert [name[7] for name in subjects(program, *names)] == ["2", "1", "2"]


def test_the_cover_letter_goes_first(repository: Program) -> None:
    """It says what the base is, in whatever order a maildir has it."""
    base = git(repository.tree, "rev-parse", "HEAD").strip()
    commit(repository, "int nothing;\n")
    cover = mail("[PATCH 0/1] cover", text="Hello.").replace("-- \n", f"base-commit: {base}\n-- \n")
    repository.file("md/cur/1", mail("[PATCH 1/1] lock", body=diff()))
    repository.file("md/cur/2", cover)
    (repository.folder / "md" / "new").mkdir()
    done = repository.run("--format", "gcc", "../md")
    assert (done.status, done.out) == (1, f"mm/x.c:3: {WARNING}")


# The base ---------------------------------------------------------------------


def with_trailer(subject: str, line: str, body: str) -> str:
    return mail(subject, body=f"{body}\n{line}\n")


def test_a_base_that_the_tree_has_not(repository: Program) -> None:
    text = with_trailer("[PATCH] x", f"base-commit: {ID}", diff())
    done = repository.run("--format", "gcc", repository.file("x.patch", text))
    assert done.status == 1
    assert done.line == "base-commit 0123456789ab is not in the tree: HEAD is taken in its place"


def test_a_base_that_the_tree_has(repository: Program) -> None:
    base = git(repository.tree, "rev-parse", "HEAD").strip()
    commit(repository, "int nothing;\n")
    text = with_trailer("[PATCH] x", f"base-commit: {base}", diff())
    done = repository.run("--format", "gcc", repository.file("x.patch", text))
    assert (done.status, done.out, done.lines) == (1, f"mm/x.c:3: {WARNING}", ())


# What it stands on ------------------------------------------------------------


def series(program: Program, *, branch: str = "topic") -> str:
    """A series of one patch that stands on a commit of a branch, as git writes it."""
    base = git(program.tree, "rev-parse", "HEAD").strip()
    git(program.tree, "checkout", "-q", "-b", branch)
    commit(program, HARMLESS, "mm: prerequisite\n\nLink: https://lore.kernel.org/r/p1@example.org")
    commit(program, NEW, "mm: shorter")
    text = git(program.tree, "format-patch", "--stdout", f"--base={base}", "-1")
    assert "prerequisite-patch-id: " in text
    git(program.tree, "checkout", "-q", "master")
    # Whoever gets the mail has not the blobs of who wrote it.
    return program.file(
        "x.patch", "\n".join(one for one in text.split("\n") if one[:6] != "index ")
    )


def test_what_it_stands_on_is_on_another_branch(repository: Program) -> None:
    name = series(repository)
    done = repository.run("--format", "gcc", name)
    assert (done.status, done.out) == (1, f"mm/x.c:3: {WARNING}")
    assert done.line == "stands on '[PATCH] mm: prerequisite', taken from another branch"
    assert subjects(repository, name) == ["[PATCH] mm: shorter"]


def test_what_it_stands_on_is_in_the_tree(repository: Program) -> None:
    name = series(repository)
    git(repository.tree, "cherry-pick", "topic~1")
    git(repository.tree, "branch", "-q", "-D", "topic")
    text = Path(name).read_text().replace("base-commit", "no-base")
    Path(name).write_text(text)
    done = repository.run("--format", "gcc", name)
    assert (done.status, done.out, done.lines) == (1, f"mm/x.c:3: {WARNING}", ())


def test_what_it_stands_on_is_an_input(repository: Program) -> None:
    name = series(repository)
    first = git(repository.tree, "format-patch", "--stdout", "-1", "topic~1")
    git(repository.tree, "branch", "-q", "-D", "topic")
    done = repository.run("--format", "gcc", repository.file("p.patch", first), name)
    assert (done.status, done.out, done.lines) == (1, f"mm/x.c:3: {WARNING}", ())


def test_what_it_stands_on_is_nowhere(repository: Program) -> None:
    name = series(repository)
    git(repository.tree, "branch", "-q", "-D", "topic")
    done = repository.run("--format", "gcc", name)
    assert done.status == 3 and len(done.lines) == 2
    assert done.lines[0].startswith(
        "what the patches stand on is not among the inputs, nor in the last 500 commits of the"
        " tree: prerequisite-patch-id "
    )
    assert "does not apply" in done.lines[1]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("prerequisite-message-id: <p1@example.org>", True),
        ("prerequisite-message-id: p1@example.org", True),
        ("prerequisite-message-id: <p2@example.org>", False),
        ("prerequisite-change-id: 20261123-lock-123456789abc:v3", False),
    ],
)
def test_what_b4_says(repository: Program, line: str, found: bool) -> None:
    text = Path(series(repository)).read_text().split("\nbase-commit")[0]
    done = repository.run("--format", "gcc", repository.file("y.patch", f"{text}\n{line}\n"))
    assert (done.status == 1) is found
    assert done.lines[0].startswith("stands on" if found else "what the patches stand on")


def test_a_series_of_b4_among_the_inputs(program: Program) -> None:
    one = with_trailer("[PATCH] one", "change-id: 20261123-lock-123456789abc", diff(OLD, HARMLESS))
    two = with_trailer(
        "[PATCH] two",
        "prerequisite-change-id: 20261123-lock-123456789abc:v3\n"
        "prerequisite-message-id: <1@example.org>",
        diff(HARMLESS, NEW),
    ).replace("<1@example.org>\nSubject", "<2@example.org>\nSubject")
    done = program.review(program.file("1.patch", one), program.file("2.patch", two))
    assert (done.status, done.lines) == (1, ())


def test_the_cover_letter_that_b4_keeps_is_no_patch(repository: Program) -> None:
    text = with_trailer("[PATCH] x", f"prerequisite-patch-id: {'0' * 40}", diff())
    done = repository.run("--format", "gcc", repository.file("x.patch", text))
    assert (done.status, done.lines) == (1, ())


def test_many_lines_of_a_hostile_mail(repository: Program) -> None:
    lines = "\n".join(f"prerequisite-message-id: <{number}@\x1b[31m>" for number in range(9999))
    more = "\n".join(f"prerequisite-message-id: <{number}@example.org>" for number in range(9999))
    text = with_trailer("[PATCH] x", f"{lines}\n{more}", diff())
    done = repository.run("--format", "gcc", repository.file("x.patch", text))
    assert done.status == 1 and "and 196 more" in done.line and "\x1b" not in done.line


def test_without_a_tree(program: Program) -> None:
    text = with_trailer("[PATCH] x", f"prerequisite-patch-id: {ID}", diff())
    done = program.review(program.file("x.patch", text))
    assert (
        done.line
        == f"what the patches stand on is not among the inputs: prerequisite-patch-id {ID}"
    )
