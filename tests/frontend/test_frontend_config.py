# SPDX-License-Identifier: GPL-2.0-only
"""What is set for good: by git config, and by a file that is named."""

import json
import subprocess
from pathlib import Path

import pytest
from frontend_samples import Program, diff

from reviewer.frontend.config import KEYS, settings

RULE = "read-moved-out-of-lock"
RULES = """\
summary = "A read left a lock"
severity = "warning"
since = "0.1"
message = "{access} left {lost}"
when = { access = "read", lost = "lock" }
"""


@pytest.fixture
def home(program: Program, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A repository, a home of its own and a patch with a warning; we stand in the tree."""
    (program.folder / "home").mkdir()
    monkeypatch.setenv("HOME", str(program.folder / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "-q", str(program.tree)], check=True)
    program.file("x.diff", diff())
    monkeypatch.chdir(program.tree)
    return program


def set_in(program: Program, key: str, value: str, *where: str) -> None:
    command = ["git", "config", *where, "--add", f"mmreview.{key}", value]
    subprocess.run(command, cwd=program.tree, check=True)


def local(program: Program) -> str:
    return str(program.tree / ".git" / "config")


# Of git -----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["--local", "--global"])
def test_what_is_set_holds(home: Program, where: str) -> None:
    set_in(home, "failOn", "error", where)
    set_in(home, "format", "gcc", where)
    done = home.run("../x.diff")
    assert (done.status, done.lines) == (0, ()) and done.out.startswith("mm/x.c:3: warning: ")


def test_the_command_line_wins(home: Program) -> None:
    set_in(home, "fail-on", "error")
    set_in(home, "format", "gcc")
    done = home.run("--fail-on", "warning", "--format", "json", "../x.diff")
    assert done.status == 1 and json.loads(done.out)["findings"]


def test_the_nearer_configuration_wins(home: Program) -> None:
    set_in(home, "format", "json", "--global")
    set_in(home, "format", "gcc", "--local")
    assert home.run("../x.diff").out.startswith("mm/x.c:3: ")


def test_lists_add_up(home: Program) -> None:
    set_in(home, "disable", RULE)
    set_in(home, "format", "gcc")
    done = home.run("--disable", "barrier-removed", "../x.diff")
    assert done.status == 0 and "suppressed by option" in done.out


def test_paths_are_those_of_the_top(home: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    home.file("known.json", '{"schema_version": 1, "findings": []}')
    home.file("home/mine/x.c", "")
    set_in(home, "baseline", "../known.json")
    set_in(home, "tree", "~/mine")
    monkeypatch.chdir(home.tree / "mm")
    found = {one.key.file: one.value for one in settings(None)}
    assert Path(found["baseline"]).samefile(home.folder / "known.json")
    assert Path(found["tree"]).samefile(home.folder / "home" / "mine")


def test_rules_of_the_user(home: Program) -> None:
    home.file("home/my-rules/read-left-lock/rule.toml", RULES)
    set_in(home, "rules", "~/my-rules", "--global")
    set_in(home, "format", "gcc")
    set_in(home, "disable", RULE)
    done = home.run("../x.diff")
    assert done.status == 1 and "[read-left-lock" in done.out


@pytest.mark.parametrize("path", ["../my-rules", "rules", "{tree}/rules"])
def test_rules_of_a_repository_are_refused(home: Program, path: str) -> None:
    home.file("tree/rules/read-left-lock/rule.toml", RULES)
    home.file("tree/rules/read-left-lock/check.py", "raise SystemExit(7)\n")
    set_in(home, "rules", path.format(tree=home.tree))
    done = home.run("../x.diff")
    assert (done.status, done.out) == (2, "")
    assert done.line == (
        f"mmreview.rules in {local(home)}: rules are code, and only your own configuration may"
        " name them"
    )


def test_rules_have_a_place_of_their_own(home: Program) -> None:
    home.file("tree/rules/read-left-lock/rule.toml", RULES)
    set_in(home, "rules", "rules", "--global")
    done = home.run("../x.diff")
    assert done.status == 2 and "must be a whole path" in done.line


def test_rules_of_a_work_tree_of_its_own_are_refused(home: Program) -> None:
    subprocess.run(["git", "config", "extensions.worktreeConfig", "true"], check=True)
    set_in(home, "rules", "/", "--worktree")
    done = home.run("../x.diff")
    assert done.status == 2 and "rules are code" in done.line


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_a_file_of_the_work_tree_is_not_included(home: Program, scope: str) -> None:
    name = home.file("tree/.mmreview", "[mmreview]\n\tfailOn = error\n")
    subprocess.run(["git", "config", scope, "include.path", name], check=True)
    done = home.run("../x.diff")
    assert (done.status, done.out) == (2, "")
    assert done.line.endswith("/.mmreview: no setting is taken from a file of the work tree")
    assert "mmreview.failon" in done.line


def test_a_file_of_the_tree_is_not_looked_for(home: Program) -> None:
    for name in (".mmreview.toml", "mmreview.toml", ".mmreview"):
        home.file(f"tree/{name}", 'fail-on = "error"\n')
    assert home.run("../x.diff").status == 1


def test_a_home_that_is_a_repository(home: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own file lies in the work tree then, and is the user's own."""
    monkeypatch.setenv("HOME", str(home.tree))
    set_in(home, "failOn", "error", "--global")
    assert (home.tree / ".gitconfig").is_file()
    assert home.run("../x.diff").status == 0


def test_outside_of_a_repository_git_is_not_asked(
    home: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_in(home, "failOn", "error", "--global")
    monkeypatch.chdir(home.folder)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: 1 / 0)
    assert settings(None) == ()


def test_what_redirects_git_is_not_followed(home: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    home.file("evil/config", "[mmreview]\n\tfailOn = error\n")
    for number, name in enumerate(("GIT_DIR", "GIT_COMMON_DIR")):
        monkeypatch.setenv(name, str(home.folder / "evil") + str(number) * number)
    monkeypatch.setenv("GIT_CONFIG", str(home.folder / "evil" / "config"))
    assert settings(None) == ()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("failOm", "error", "'failom' is not known; did you mean failOn?"),
        ("baselin", "x", "'baselin' is not known; did you mean baseline?"),
        ("sub.failOn", "x", "'sub.failon' is not known; did you mean failOn?"),
        ("zzz", "x", "'zzz' is not known; there are failOn, format, rules, disable, baseline,"),
    ],
)
def test_an_unknown_key(home: Program, key: str, value: str, said: str) -> None:
    set_in(home, key, value)
    done = home.run("../x.diff")
    assert (done.status, done.out) == (2, "") and said in done.line
    assert done.line.startswith(f"mmreview.{said.split(chr(39))[1]} in {local(home)}: ")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("failOn", "warnings", "'warnings' is not known; did you mean warning?"),
        ("format", "pdf", "'pdf' is not known; there are terminal, gcc, json,"),
        ("format", "", "has no value"),
        ("baseline", "nosuch", "nosuch: no such file"),
        ("index", "nosuch", "nosuch: no such file"),
        ("tree", "nosuch", "nosuch: no such directory"),
    ],
)
def test_a_wrong_value(home: Program, key: str, value: str, said: str) -> None:
    set_in(home, key, value)
    done = home.run("../x.diff")
    assert (done.status, done.out) == (2, "") and said in done.line
    assert done.line.startswith(f"mmreview.{key} in {local(home)}: ")


def test_a_rule_that_is_none(home: Program) -> None:
    set_in(home, "disable", "nosuch")
    done = home.run("../x.diff")
    assert done.status == 2 and "nosuch" in done.line


def test_a_key_without_a_value(home: Program) -> None:
    with Path(local(home)).open("a") as file:
        file.write("[mmreview]\n\tformat\n")
    done = home.run("../x.diff")
    assert done.status == 2 and done.line == f"mmreview.format in {local(home)}: has no value"


def test_a_configuration_that_git_cannot_read(home: Program) -> None:
    home.file("home/.gitconfig", "[mmreview\n")
    done = home.run("../x.diff")
    assert done.status == 2 and done.line.startswith("git config: ") and "line 1" in done.line


# Of a file --------------------------------------------------------------------


def test_a_file_wins_over_git(home: Program) -> None:
    set_in(home, "format", "json")
    name = home.file("my.toml", f'format = "gcc"\nfail-on = "error"\ndisable = ["{RULE}"]\n')
    done = home.run("--config", name, "../x.diff")
    assert done.status == 0 and done.out.startswith("mm/x.c:3: note: suppressed by option")
    done = home.run("--config", name, "--format", "json", "../x.diff")
    assert json.loads(done.out)["suppressed"]


def test_a_file_outside_of_a_repository(program: Program) -> None:
    name = program.file("my.toml", 'fail-on = "error"\nformat = "gcc"\ntree = "tree"\n')
    done = program.run("--config", name, program.file("x.diff", diff()))
    assert (done.status, done.lines) == (0, ()) and "mm/x.c:3: warning" in done.out


def test_paths_are_those_of_the_file(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.file("etc/mine/read-left-lock/rule.toml", RULES)
    program.file("etc/known.json", '{"schema_version": 1, "findings": []}')
    text = 'rules = "mine"\nbaseline = "known.json"\nformat = "gcc"\n'
    name = program.file("etc/my.toml", text)
    patch = program.file("x.diff", diff())
    (program.folder / "else").mkdir()
    monkeypatch.chdir(program.folder / "else")
    done = program.run("--config", name, "--tree", "../tree", "--disable", RULE, patch)
    assert done.status == 1 and "[read-left-lock" in done.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "error"', "'fail_on' is not known; did you mean fail-on?"),
        ('fail-on = "loud"', "fail-on in {}: 'loud' is not known; there are note, warning, error"),
        ("fail-on = 3", "fail-on in {}: must be text"),
        ('fail-on = ["error"]', "fail-on in {}: must be text"),
        ("disable = [3]", "disable in {}: must be text, or a list of it"),
        ('[review]\nfail-on = "error"', "{}: 'review' is not known"),
        ('rules = "nosuch"', "rules in {}: "),
        ("no toml", "--config {}: Expected '='"),
        (b"\xff", "--config {}: not in UTF-8"),
        ("x = " + "[" * 5000, "--config {}: "),
    ],
)
def test_a_wrong_file(program: Program, text: str | bytes, said: str) -> None:
    name = program.file("my.toml", text)
    done = program.run("--config", name, program.file("x.diff", diff()))
    assert (done.status, done.out) == (2, "") and said.format(name) in done.line


def test_a_file_that_is_not_there(program: Program) -> None:
    done = program.run("--config", "nosuch", program.file("x.diff", diff()))
    assert done.status == 2 and done.line == "--config nosuch: No such file or directory"


def test_a_file_that_is_too_large(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.frontend.config.MAX_CONFIG", 10)
    done = program.run("--config", program.file("my.toml", "# " + "x" * 10), "x.diff")
    assert done.status == 2 and "larger than" in done.line


# Both -------------------------------------------------------------------------


def test_every_key_is_an_option_of_the_review() -> None:
    from reviewer.frontend.reviewing import parser

    flags = {flag for action in parser()._actions for flag in action.option_strings}
    assert all(f"--{key.file}" in flags for key in KEYS)
