# SPDX-License-Identifier: GPL-2.0-only
"""Options, exit status, the default tree, and the console."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from frontend_samples import FIXTURE, HARMLESS, OLD, Program, console, diff

RULE = """\
summary = "A read left a lock"
severity = "{severity}"
since = "0.1"
message = "{{access}} left {{lost}}"
when = {{ access = "read", lost = "lock" }}
"""


@pytest.mark.parametrize(
    ("args", "part"),
    [
        ([], "PATCH"),
        (["review"], "PATCH"),
        (["--nope", "x"], "--nope"),
        (["--format", "nope", "x"], "'nope'"),
        (["--fail-on", "nope", "x"], "'nope'"),
        (["x", "--tree"], "--tree"),
        (["x", "-o"], "-o"),
    ],
)
def test_wrong_usage_is_told_in_one_line(program: Program, args: list[str], part: str) -> None:
    done = program.run(*args)
    assert (done.status, done.out) == (2, "") and part in done.line


@pytest.mark.parametrize("option", ["--tree", "--rules"])
def test_a_directory_that_is_none(program: Program, option: str) -> None:
    patch = program.file("x.diff", diff())
    for name in ("nosuch", patch, "a" * 5000):
        done = program.run(option, name, patch)
        assert done.status == 2 and done.line == f"{option} {name}: no such directory"


def test_help_and_version(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "--version", "-h"):
        with pytest.raises(SystemExit) as ended:
            program.run(option)
        assert ended.value.code == 0 and "mmreview" in capsys.readouterr().out


@pytest.mark.parametrize(("least", "status"), [("note", 1), ("warning", 1), ("error", 0)])
def test_fail_on(program: Program, least: str, status: int) -> None:
    done = program.review("--fail-on", least, program.file("x.diff", diff()))
    assert done.status == status and "warning" in done.out


def test_fail_on_does_not_hide_what_could_not_be_analysed(program: Program) -> None:
    patch = program.file("x.diff", diff() + diff(path="mm/y.c"))
    assert program.review("--fail-on", "error", patch).status == 3
    assert program.review(patch).status == 1


def test_output_to_a_file(program: Program) -> None:
    target = program.folder / "report.json"
    patch = program.file("x.diff", diff())
    done = program.run("--tree", str(program.tree), "--format", "json", "-o", str(target), patch)
    assert (done.status, done.out, done.lines) == (1, "", ())
    assert len(json.loads(target.read_text())["findings"]) == 1


def test_output_that_cannot_be_written(program: Program) -> None:
    patch = program.file("x.diff", diff())
    for name, why in (("nosuch/report", "No such file or directory"), (".", "Is a directory")):
        done = program.review("-o", name, patch)
        assert (done.status, done.out) == (2, "") and done.line == f"-o {name}: {why}"


def test_what_could_not_be_analysed_is_in_the_report_too(program: Program) -> None:
    patch = program.file("x.diff", diff() + diff(path="mm/y.c"))
    done = program.run("--tree", str(program.tree), "--format", "json", patch)
    found = json.loads(done.out)
    assert [one["file"] for one in found["problems"]] == ["mm/y.c"]
    assert len(found["findings"]) == len(done.lines) == 1


def test_rules_of_ones_own(program: Program) -> None:
    program.file("rules/mine/rule.toml", RULE.format(severity="warning"))
    rules = str(program.folder / "rules")
    done = program.review("--rules", rules, program.file("x.diff", diff()))
    assert done.status == 1 and "t->users left t->lock" in done.out + repr(done.lines)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad/rule.toml", "severity = "),
        ("bad/rule.toml", RULE.format(severity="terrible")),
        ("bad/rule.toml", "nonsense = 1\n"),
        ("bad/rule.toml", b"\xff\xfe"),
        ("kernel/bad.toml", "[[function]]\nnames = 3\n"),
        ("kernel/bad.toml", '[[function]]\nnames = ["f"]\nsteps = [{ op = "jump" }]\n'),
    ],
)
def test_a_broken_rule(program: Program, name: str, text: str | bytes) -> None:
    program.file(f"rules/{name}", text)
    done = program.run(
        "--rules", str(program.folder / "rules"), program.file("x.diff", diff(new=HARMLESS))
    )
    assert (done.status, done.out) == (2, "") and name.rpartition("/")[2] in done.line


def test_without_a_tree_the_hunks_are_reviewed(program: Program) -> None:
    done = program.run("--format", "gcc", program.file("x.diff", diff()))
    assert done.status == 1 and done.out.startswith("mm/x.c:3: ")


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=no"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(program: Program) -> Program:
    """The tree is a repository, and in it stands more than the hunks show."""
    program.file("tree/mm/x.c", LONG)
    program.file("tree/mm/sub/y.c", OLD)
    git(program.tree, "init", "-q")
    git(program.tree, "add", ".")
    git(program.tree, "commit", "-q", "-m", "x")
    return program


# The lock is taken far above the hunk: only who has the file knows of it.
GAP = "".join(f"\tg({number});\n" for number in range(9))
LONG = f"int take(struct thing *t)\n{{\n\tspin_lock(&t->lock);\n{GAP}\tif (t->users)\n\t\tg(9);\n"
LONG += f"{GAP}\tspin_unlock(&t->lock);\n\treturn 0;\n}}\n"
LATE = LONG.replace("\tif (t->users)\n\t\tg(9);\n", "\tspin_unlock(&t->lock);\n\tif (t->users)\n")
LATE = LATE.replace("\tif (t->users)\n", "\tif (t->users)\n\t\tg(9);\n\tspin_lock(&t->lock);\n")


@pytest.mark.parametrize("where", [".", "mm", "mm/sub"])
def test_the_default_tree_is_the_repository_one_is_in(
    repository: Program, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    patch = repository.file("x.diff", diff(LONG, LATE))
    monkeypatch.chdir(repository.tree / where)
    done = repository.run("--format", "gcc", patch)
    assert (done.status, done.lines) == (1, ())
    assert done.out.startswith("mm/x.c:14: warning: t->users is now read without t->lock")


def test_a_repository_without_the_file_is_not_the_tree(
    repository: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = repository.file("x.diff", diff(path="mm/other.c"))
    monkeypatch.chdir(repository.tree)
    done = repository.run("--format", "gcc", patch)
    assert done.status == 1 and done.out.startswith("mm/other.c:3: ")
    assert "only the lines of the diff were read" in done.line


def test_the_tree_that_is_named_goes_before_the_repository(
    repository: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = repository.file("x.diff", diff(LONG, LATE))
    repository.file("other/mm/x.c", OLD)
    monkeypatch.chdir(repository.tree)
    done = repository.run("--tree", str(repository.folder / "other"), patch)
    assert done.status == 3 and "does not apply" in done.line


def test_rules_are_never_read_from_the_tree(
    repository: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.file("tree/rules/bad/rule.toml", "not toml")
    monkeypatch.chdir(repository.tree)
    done = repository.run("--format", "gcc", repository.file("x.diff", diff(LONG, LATE)))
    assert (done.status, done.lines) == (1, ())


def test_the_console(program: Program) -> None:
    patch = program.file("x.diff", diff())
    done = console("--tree", "tree", "--format", "gcc", patch, folder=program.folder)
    assert (done.returncode, done.stderr) == (1, "") and done.stdout.startswith("mm/x.c:3: ")
    done = console("nosuch", folder=program.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mmreview: nosuch: No such file or directory\n"


def test_a_reader_that_has_enough(program: Program) -> None:
    """Standard output is closed while the report is being written."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = console(
            str(FIXTURE / "patch.mbox"),
            "--tree",
            str(FIXTURE / "before"),
            folder=program.folder,
            stdout=write,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_terminal_that_cannot_show_everything(program: Program) -> None:
    """What stands in its place can be shown, and the review goes on."""
    path = "mm/größe.c"
    program.file(f"tree/{path}", OLD)
    done = console(
        "--tree",
        "tree",
        program.file("x.diff", diff(path=path)),
        folder=program.folder,
        environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 1 and r"mm/gr\xf6\xdfe.c:3: warning" in done.stdout
    assert done.stderr == ""


def test_no_standard_output_at_all(program: Program) -> None:
    patch = program.file("x.diff", diff())
    done = console(
        "--tree",
        "tree",
        "--format",
        "gcc",
        patch,
        folder=program.folder,
        stdout=None,
        preexec_fn=lambda: os.close(1),
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_a_fault_of_the_program_is_no_finding(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from reviewer.frontend import cli

    def broken(*_: object) -> int:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(cli, "main", broken)
    monkeypatch.delenv("MMREVIEW_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == 3
    error = capsys.readouterr().err
    assert error == "mmreview: internal error, nothing was reviewed: RuntimeError: first line\n"
