# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview rules``: the catalogue and the explanations, as people and programs get them."""

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest
from frontend_samples import ROOT, Program, console
from jsonschema import Draft202012Validator

RULE = """\
summary = "A thing that is wrong"
severity = "warning"
since = "0.2"
message = "{access}"
when = { access = "read", lost = "lock" }
"""
NAMES = sorted(path.parent.name for path in (ROOT / "rules").glob("*/rule.toml"))
EXPLAINED = [name for name in NAMES if (ROOT / "rules" / name / "README.md").is_file()]


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No terminal says how wide it is, unless the test does."""
    monkeypatch.delenv("COLUMNS", raising=False)
    return monkeypatch


def own(program: Program, name: str = "my-own", text: str = RULE, readme: str = "") -> str:
    """A folder with one rule; its path."""
    program.file(f"rules/{name}/rule.toml", text)
    if readme:
        program.file(f"rules/{name}/README.md", readme)
    return str(program.folder / "rules")


def test_every_rule_is_listed_with_severity_and_summary(program: Program) -> None:
    done = program.run("rules")
    assert (done.status, done.lines) == (0, ())
    rows = [line.split() for line in done.out.splitlines() if re.match(r"  \S", line)]
    listed = {row[0]: row[1] for row in rows}
    assert set(NAMES) <= set(listed)
    assert listed["read-moved-out-of-lock"] == "warning"
    assert listed["changelog-silent"] == "note"


@pytest.mark.parametrize("width", ["40", "60", "80", "132"])
def test_the_catalogue_is_as_wide_as_the_terminal(
    program: Program, columns: pytest.MonkeyPatch, width: str
) -> None:
    columns.setenv("COLUMNS", width)
    lines = program.run("rules").out.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert not any(line.endswith(" ") for line in lines)
    # One column begins in one place.
    if width == "132":
        rows = [line for line in lines if line.startswith("  ")]
        assert len({len(row) - len(row.split(None, 2)[2]) for row in rows}) == 1


def test_rules_of_one_topic_stand_together_the_gravest_first(program: Program) -> None:
    blocks = program.run("rules").out.split("\n\n")
    heads = [block.splitlines()[0] for block in blocks]
    assert heads[0] == "Locks" and "Changelogs" in heads
    for block in blocks:
        grades = [word for word in block.split() if word in ("warning", "note")]
        assert grades == sorted(grades, reverse=True)


def test_an_explanation_is_plain_text_without_the_cases(program: Program) -> None:
    done = program.run("rules", "read-moved-out-of-lock")
    assert (done.status, done.lines) == (0, ())
    assert done.out.startswith("read-moved-out-of-lock (warning, since 0.1)\n")
    assert "What goes wrong. What was read can change" in done.out
    assert not any(mark in done.out for mark in ("**", "```", "## Cases", "expect:"))
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_rule_can_be_explained(program: Program, name: str) -> None:
    done = program.run("rules", name)
    assert done.status == 0 and len(done.out.splitlines()) > 5
    assert "```" not in done.out


def test_lists_and_code_of_an_explanation_keep_their_shape(program: Program) -> None:
    readme = (
        "# my-own\n\nSee [there](x.md):\n\n* one\n  more\n* two\n\n```c\nint  x;\n\ny();\n```\n\n"
    )
    folder = own(program, readme=readme + "End of `it`.\n\n## Cases\n\nnone\n")
    out = program.run("rules", "my-own", "--rules", folder).out
    assert "See there:\n\n* one more\n\n* two\n\n    int  x;\n\n    y();\n\nEnd of it.\n" in out
    assert "none" not in out


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("read-moved", "read-moved-out-of-lock"),
        ("mixed-type", "mixed-types"),
        ("Mixed_Types", "mixed-types"),
        ("nosuchthing", "mmreview rules lists them"),
        ("", "mmreview rules lists them"),
        ("a\nb", "'a?b'"),
    ],
)
def test_an_unknown_name_is_one_line(program: Program, name: str, near: str) -> None:
    done = program.run("rules", name)
    assert (done.status, done.out) == (2, "") and near in done.line


@pytest.mark.parametrize("args", [("--format", "nope"), ("a", "b"), ("--nope",), ("--rules", "no")])
def test_wrong_usage(program: Program, args: tuple[str, ...]) -> None:
    done = program.run("rules", *args)
    assert (done.status, done.out) == (2, "") and done.line


def test_json_is_what_its_schema_says(program: Program) -> None:
    schema = json.loads(files("reviewer.report").joinpath("rules_schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    every = json.loads(program.run("rules", "--format", "json").out)
    one = json.loads(program.run("rules", "mixed-types", "--format", "json").out)
    for data in (every, one):
        Draft202012Validator(schema).validate(data)
    assert [rule["name"] for rule in every["rules"]] == NAMES
    assert [rule["name"] for rule in one["rules"]] == ["mixed-types"]
    assert one["rules"][0] in every["rules"]
    assert "What goes wrong." in one["rules"][0]["explanation"]


def test_rules_of_ones_own_are_listed_and_explained(program: Program) -> None:
    folder = own(program)
    assert "\n  my-own" in program.run("rules", "--rules", folder).out
    out = program.run("rules", "my-own", "--rules", folder).out
    assert "A thing that is wrong." in out and "no README.md" in out
    assert program.run("rules", "my-own").status == 2


def test_a_broken_rule_is_one_line(program: Program) -> None:
    for text in ("summary =", RULE + 'topic = "weather"\n', RULE + "unspoken = 1\n"):
        done = program.run("rules", "--rules", own(program, text=text))
        assert (done.status, done.out) == (2, "") and "my-own/rule.toml" in done.line
    folder = own(program)
    (Path(folder) / "my-own" / "README.md").write_bytes(b"# my-own\n\n\xff\n")
    done = program.run("rules", "my-own", "--rules", folder)
    assert (done.status, done.out) == (2, "") and "my-own/README.md" in done.line


def test_the_console(program: Program) -> None:
    done = console("rules", "mixed-types", folder=program.folder, environment={"COLUMNS": "50"})
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 50
    done = console("rules", "--help", folder=program.folder)
    assert done.returncode == 0 and "NAME" in done.stdout
    read, write = os.pipe()
    os.close(read)
    try:
        done = console("rules", folder=program.folder, stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
