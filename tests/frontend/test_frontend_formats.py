# SPDX-License-Identifier: GPL-2.0-only
"""SARIF and rdjsonl as the program writes them, and ``--explain``."""

import json
from typing import Any

import pytest
from frontend_samples import NEW, OLD, Program, diff, mail

RULE = "read-moved-out-of-lock"
ABOVE = "int other(int n)\n{\n\treturn n;\n}\n\n" * 20


def run_of(program: Program, *args: str) -> dict[str, Any]:
    """The one run of the log that a review writes."""
    (found,) = json.loads(program.review("--format", "sarif", *args).out)["runs"]
    assert isinstance(found, dict)
    return found


def marks(run: dict[str, Any]) -> list[dict[str, str]]:
    return [one["partialFingerprints"] for one in run["results"]]


def test_sarif_carries_the_explanations_of_its_rules(program: Program) -> None:
    run = run_of(program, program.file("x.diff", diff()))
    (rule,) = (one for one in run["tool"]["driver"]["rules"] if one["id"] == RULE)
    explained = json.loads(program.run("rules", RULE, "--format", "json").out)["rules"][0]
    assert rule["help"]["text"] == explained["explanation"]
    markdown = program.run("rules", RULE, "--format", "markdown").out
    assert rule["help"]["markdown"] == markdown.rstrip("\n")
    assert rule["shortDescription"]["text"] == explained["summary"]
    assert run["tool"]["driver"]["version"]


def test_the_next_version_of_a_patch_has_the_same_finding(program: Program) -> None:
    first = run_of(program, program.file("v1.diff", diff()))
    # The next version applies to a tree in which the function stands further down, and
    # another function of the file is changed too.
    program.file("tree/mm/x.c", ABOVE + OLD)
    above = ABOVE.replace("return n;", "n++;\n\treturn n;", 1)
    second = run_of(program, program.file("v2.diff", diff(ABOVE + OLD, above + NEW)))
    assert marks(first) and marks(first) == marks(second)
    lines = [
        [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in run["results"]]
        for run in (first, second)
    ]
    assert [line + 101 for line in lines[0]] == lines[1]


def test_a_series_says_which_patch(program: Program) -> None:
    program.file("tree/mm/y.c", OLD)
    patches = [
        program.file(f"{number}.patch", mail(f"[PATCH {number}/2] mm: One", body=diff(path=path)))
        for number, path in enumerate(("mm/x.c", "mm/y.c"), 1)
    ]
    run = run_of(program, *patches)
    found = {
        (
            one["properties"]["patch"],
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        )
        for one in run["results"]
    }
    assert found == {(0, "mm/x.c"), (1, "mm/y.c")}
    assert len(run["properties"]["patches"]) == 2


def test_what_is_disabled_leaves_the_results(program: Program) -> None:
    patch = program.file("x.diff", diff())
    run = run_of(program, "--disable", RULE, patch)
    assert any("suppressions" in one for one in run["results"] if one["ruleId"] == RULE)
    assert not [
        one for one in run["results"] if one["ruleId"] == RULE and "suppressions" not in one
    ]


@pytest.mark.parametrize("form", ["sarif", "rdjsonl"])
def test_the_exit_status_is_that_of_every_format(program: Program, form: str) -> None:
    patch = program.file("x.diff", diff())
    assert program.review("--format", form, patch).status == 1
    assert program.review("--format", form, "--fail-on", "error", patch).status == 0
    assert program.review("--format", form, "-o", str(program.folder / "out"), patch).out == ""
    assert (program.folder / "out").read_text().startswith("{")


def test_rdjsonl_says_what_gcc_says(program: Program) -> None:
    patch = program.file("x.diff", diff())
    lines = program.review("--format", "gcc", patch).out.splitlines()
    found = [
        json.loads(one) for one in program.review("--format", "rdjsonl", patch).out.splitlines()
    ]
    grades = {"WARNING": "warning", "ERROR": "error", "INFO": "note"}
    told = [
        f"{one['location']['path']}:{one['location']['range']['start']['line']}:"
        f" {grades[one['severity']]}: "
        for one in found
    ]
    assert told and len(told) == len(lines)
    for line, start, one in zip(lines, told, found, strict=True):
        assert line.startswith(start) and line.endswith(f"[{one['code']['value']}]")


# --explain -------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["--explain", RULE], ["review", f"--explain={RULE}"]])
def test_explain_prints_what_the_catalogue_prints(program: Program, args: list[str]) -> None:
    done, other = program.run(*args), program.run("rules", RULE)
    assert (done.status, done.lines) == (0, ())
    assert done.out == other.out and done.out.startswith(f"{RULE} (")


def test_explain_reviews_nothing(program: Program) -> None:
    done = program.run("nosuch.patch", "--explain", RULE)
    assert (done.status, done.lines) == (0, ()) and "nosuch" not in done.out


def test_explain_of_a_rule_that_is_none(program: Program) -> None:
    done = program.run("--explain", "read-moved-out-of-locks")
    assert (done.status, done.out) == (2, "") and RULE in done.line


def test_explain_knows_additional_rules(program: Program) -> None:
    text = (
        'summary = "Own"\nseverity = "note"\nsince = "9"\nmessage = "x"\nwhen = {access = "read"}\n'
    )
    program.file("rules/my-own/rule.toml", text)
    done = program.run("--explain", "my-own", "--rules", str(program.folder / "rules"))
    assert done.status == 0 and done.out.startswith("my-own (note, since 9)\nOwn.\n")
