# SPDX-License-Identifier: GPL-2.0-only
"""scripts/new_rule.py: what it makes works, and what is left to do is said by the tests."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from reviewer.ruleset import load_rules

ROOT = Path(__file__).resolve().parent.parent
TOPIC = ("--topic", "values")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("new_rule", ROOT / "scripts" / "new_rule.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a rule needs of the project, with one other rule."""
    rules = [f"rules/{name}" for name in ("kernel", "actors", "claims", "mixed-types")]
    for name in ("reviewer", "scripts", "tests", "fixtures", ".ci", *rules):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_new_rule_is_whole_but_for_its_cases(project: Path) -> None:
    """Made with data and with code, its cases are what it finds; the tests ask for more."""
    for name, options in (("data-alone", ()), ("with-code", ("--code", *TOPIC))):
        made = run(project, "scripts/new_rule.py", name, "A thing that is  wrong.", *options)
        assert made.returncode == 0, made.stderr
        assert f"rules/{name}/README.md" in made.stdout and "CHANGELOG.md" in made.stdout
        chosen = ("-m", "pytest", "-p", "no:cacheprovider", "-k", name)
        readme = run(project, *chosen, "tests/checker/test_rule_readmes.py")
        assert readme.returncode == 0, readme.stdout
        assert "5 passed" in readme.stdout
        rest = run(project, *chosen, "tests/test_architecture.py")
        failed = re.findall(r"^FAILED \S+::(\w+)", rest.stdout, re.MULTILINE)
        assert failed == ["test_a_rule_is_explained_and_has_cases"], rest.stdout
    table = (project / "README.md").read_text()
    row = "| [`with-code`](rules/with-code/README.md) | warning | A thing that is wrong |\n"
    assert row in table[table.index("Types and values") :]


def run(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args],
        cwd=project,
        env={"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["Upper-case", "x"], "is no name of a rule"),
        (["one", "x"], "is no name of a rule"),
        (["two--hyphens", "x"], "is no name of a rule"),
        (["under_score", "x"], "is no name of a rule"),
        (["../out-of-it", "x"], "is no name of a rule"),
        ([], "is no name of a rule"),
        (["mixed-types", "x"], "is there already"),
        (["new-rule"], "needs a summary"),
        (["new-rule", " . "], "needs a summary"),
        (["new-rule", 'a "thing"'], "may not have quotes"),
    ],
)
def test_what_cannot_be_made_is_refused(
    capsys: pytest.CaptureFixture[str], args: list[str], why: str
) -> None:
    before = sorted((ROOT / "rules").iterdir())
    assert script().main(args) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and why in printed.err
    assert sorted((ROOT / "rules").iterdir()) == before


def test_a_readme_without_a_place_for_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("# nothing\n")
    assert script().main(["--table"], tmp_path) == 2
    assert "README.md has no lines" in capsys.readouterr().err


def test_the_rules_that_are_there_have_such_names() -> None:
    made = script()
    assert [one.name for one in load_rules() if not made._NAME.fullmatch(one.name)] == []
