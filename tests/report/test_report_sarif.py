# SPDX-License-Identifier: GPL-2.0-only
"""SARIF: valid by its schema, and read by sarif-tools."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator
from report_samples import (
    BROKEN,
    CONFIRMED,
    EMPTY,
    FINDING,
    MODEL,
    PATCH,
    UNDECIDED,
    UNJUDGED,
    VERDICT,
    WITNESS,
    review_of,
)

from reviewer.checker.records import Finding
from reviewer.location import Problem
from reviewer.report.formats import Options, RuleText, report
from reviewer.verdict.fingerprint import fingerprint
from reviewer.verdict.records import NewOutcome, PatchProblem, Review, Suppressed, Verdict

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0-rtm.5.json").read_text("utf-8"))
RULE = RuleText(
    name="read-moved-out-of-lock",
    summary="A read of shared data left the scope of a lock",
    severity="warning",
    since="0.1",
    topic="locks",
    text="What goes wrong. What was read can change.\n\n    if (x) { y(); }",
    markdown="# read-moved-out-of-lock\n\n**What goes wrong.** What was read can change.",
)
LEFT_OUT = Suppressed(
    patch=0,
    rule="other-rule",
    file="lib/box.c",
    function="box_move",
    line=17,
    message="box_carry(box) is called without a lock",
    fingerprint="fedcba9876543210",
    by="changelog",
    reason="the box is not on a shelf yet",
)
OUTCOME = NewOutcome("the box is gone", WITNESS[1:3])
SEVERAL = replace(
    review_of(VERDICT, CONFIRMED, UNDECIDED, UNJUDGED),
    patches=(PATCH, replace(PATCH, subject="[PATCH 2/2] lib: box: Go on")),
    verdicts=(VERDICT, CONFIRMED, replace(UNDECIDED, patch=1), UNJUDGED),
    suppressed=(LEFT_OUT, replace(LEFT_OUT, by="baseline", reason="", function="", line=0)),
)
HOSTILE = replace(
    review_of(replace(VERDICT, finding=replace(FINDING, line=0, file="a b/c:d%\x1b[1m{0}.c"))),
    problems=(PatchProblem(0, Problem("/tmp/in\udcff.mbox", "", "no [end](http://x.org) {0}\n")),),
)
REVIEWS = {
    "refuted": review_of(VERDICT),
    "more possible": review_of(replace(VERDICT, model=replace(MODEL, new_outcomes=(OUTCOME,)))),
    "several": SEVERAL,
    "empty": EMPTY,
    "broken": BROKEN,
    "hostile": HOSTILE,
}


def run_of(review: Review, *rules: RuleText) -> dict[str, Any]:
    """The one run of a log that is valid."""
    log = json.loads(report(review, "sarif", Options(version="1.2", rules=rules)))
    Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["version"]) == ("2.1.0", "1.2")
    found: dict[str, Any] = run
    return found


def objects(data: Any) -> list[dict[str, Any]]:
    """Every object of a JSON text."""
    if isinstance(data, list):
        return [one for item in data for one in objects(item)]
    if not isinstance(data, dict):
        return []
    return [data, *(one for item in data.values() for one in objects(item))]


@pytest.mark.parametrize("name", REVIEWS)
def test_the_log_is_valid_and_ascii(name: str) -> None:
    run_of(REVIEWS[name], RULE)
    assert report(REVIEWS[name], "sarif", Options()).isascii()


def test_the_schema_refuses_what_it_does_not_know() -> None:
    log = json.loads(report(SEVERAL, "sarif", Options()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not Draft4Validator(SCHEMA).is_valid(log)


def test_a_rule_explains_itself_and_a_result_refers_to_it() -> None:
    run = run_of(SEVERAL, RULE)
    rules = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == ["context-lost", "other-rule", RULE.name]
    assert rules[2]["shortDescription"] == {"text": RULE.summary}
    assert rules[2]["help"] == {"text": RULE.text, "markdown": RULE.markdown}
    assert rules[2]["defaultConfiguration"] == {"level": "warning"}
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]


def test_a_result_says_what_where_and_how_bad() -> None:
    results = run_of(SEVERAL)["results"]
    assert [one.get("level") for one in results] == [
        "warning",
        "error",
        *["warning"] * 2,
        *[None] * 2,
    ]
    first = results[0]
    assert first["message"]["text"].startswith(
        "box_users(box) is read outside of shelf->slots.x_lock. box->users was read with"
    )
    assert "Standing: REFUTED_IN_MODEL: no schedule within the bound" in first["message"]["text"]
    (place,) = first["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "lib/box.c", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 13},
    }
    assert place["logicalLocations"] == [{"name": "box_move", "kind": "function"}]
    assert [one["properties"]["patch"] for one in results] == [0, 0, 1, 0, 0, 0]
    assert first["properties"]["also"] == ["context-lost"]
    (guard,) = first["relatedLocations"]
    assert guard["message"]["text"] == "box_freeze() decides"
    assert guard["physicalLocation"]["region"] == {"startLine": 27}


def test_a_schedule_has_a_thread_flow_for_each_cpu() -> None:
    (flow,) = run_of(review_of(VERDICT))["results"][0]["codeFlows"]
    assert flow["message"]["text"] == "this was possible before, and still is:"
    threads = {one["id"]: one for one in flow["threadFlows"]}
    assert list(threads) == ["CPU 0", "CPU 1"]
    assert threads["CPU 0"]["message"]["text"] == "CPU 0: find_box()"
    order = {
        name: [(one["executionOrder"], one["location"]["message"]["text"]) for one in steps]
        for name, steps in ((name, one["locations"]) for name, one in threads.items())
    }
    assert order == {
        "CPU 0": [(2, "box_try_get() [users + 1]")],
        "CPU 1": [
            (1, "box_users() == expected"),
            (3, "slots_lock_irq()"),
            (4, "box_freeze() fails"),
        ],
    }
    lines = [
        one["location"]["physicalLocation"]["region"]["startLine"]
        for one in threads["CPU 1"]["locations"]
    ]
    assert lines == [13, 25, 27]


def test_what_became_possible_is_a_flow_too() -> None:
    flows = run_of(REVIEWS["more possible"])["results"][0]["codeFlows"]
    assert [one["message"]["text"] for one in flows][1:] == ["Possible only after: the box is gone"]


def test_an_actor_is_no_file_of_the_tree() -> None:
    step = replace(WITNESS[1], file=f"{MODEL.scenario}/find.c")
    (flow,) = run_of(review_of(replace(VERDICT, witness=(WITNESS[0], step))))["results"][0][
        "codeFlows"
    ]
    bases = {
        one["artifactLocation"]["uri"]: one["artifactLocation"]["uriBaseId"]
        for one in objects(flow)
        if "artifactLocation" in one
    }
    assert bases == {"box-against-lookup/find.c": "ACTORS", "lib/box.c": "%SRCROOT%"}


def test_what_is_suppressed_is_a_result_that_is_suppressed() -> None:
    kept = run_of(SEVERAL)["results"][-2:]
    (said,), (silent,) = (one["suppressions"] for one in kept)
    assert said == {
        "kind": "external",
        "status": "accepted",
        "justification": "the box is not on a shelf yet",
    }
    assert "justification" not in silent
    assert [one["baselineState"] for one in kept] == ["new", "unchanged"]
    assert [one["properties"]["suppressedBy"] for one in kept] == ["changelog", "baseline"]


def test_problems_are_notifications_and_the_run_is_not_complete() -> None:
    (run,) = run_of(BROKEN)["invocations"]
    assert run["executionSuccessful"] is False
    (trouble,) = run["toolExecutionNotifications"]
    assert (trouble["level"], trouble["message"]["text"]) == (
        "error",
        "box_open(): no end of the function",
    )
    assert run_of(EMPTY)["invocations"] == [
        {"executionSuccessful": True, "toolExecutionNotifications": []}
    ]
    assert run_of(EMPTY)["results"] == []


def test_claims_and_suggestions_are_properties_of_the_run() -> None:
    said = run_of(SEVERAL)["properties"]
    assert [one["subject"] for one in said["patches"]] == [
        "[PATCH 1/2] lib: box: Compare the users once",
        "[PATCH 2/2] lib: box: Go on",
    ]
    (claim,) = said["claims"]
    assert (claim["verdict"], claim["messageId"]) == ("REFUTED", "20250106-reply@example.org")
    assert [one["text"] for one in said["questions"]] == ["Does every caller hold the box lock?"]
    assert len(said["justification"]) == 2


def test_nothing_of_a_patch_becomes_a_link_a_placeholder_or_another_file() -> None:
    run = run_of(HOSTILE)
    uris = [one["artifactLocation"] for one in objects(run) if "artifactLocation" in one]
    assert uris[0] == {"uri": "file:///tmp/in%FF.mbox"}
    assert uris[1]["uri"] == "a%20b/c%3Ad%25%1B%5B1m%7B0%7D.c"
    assert unquote(uris[1]["uri"]) == HOSTILE.verdicts[0].finding.file
    assert all(urlsplit(one["uri"]).scheme in ("", "file") for one in uris)
    (trouble,) = run["invocations"][0]["toolExecutionNotifications"]
    assert trouble["message"]["text"] == "no [end] (http://x.org) {{0}}"
    assert "region" not in run["results"][0]["locations"][0]["physicalLocation"]


# The same finding in the next version of a series ----------------------------------


def moved(finding: Finding, lines: int) -> Verdict:
    """The finding where other lines were added above it."""
    states = [
        tuple(replace(one, line=one.line + lines) for one in some)
        for some in (finding.before, finding.after)
    ]
    other = replace(
        finding,
        line=finding.line + lines,
        before_line=finding.before_line + lines,
        before=states[0],
        after=states[1],
    )
    return replace(VERDICT, finding=other, fingerprint=fingerprint(other))


def test_two_findings_of_one_name_are_two() -> None:
    twice = review_of(moved(FINDING, 0), moved(FINDING, 4))
    marks = [one["partialFingerprints"] for one in run_of(twice)["results"]]
    name = fingerprint(FINDING)
    assert [one["primaryLocationLineHash"] for one in marks] == [f"{name}:1", f"{name}:2"]
    assert {one["mmreviewFingerprint/v1"] for one in marks} == {name}
    (later,) = run_of(review_of(moved(FINDING, 40)))["results"]
    assert later["partialFingerprints"] == marks[0]


# A real reader ---------------------------------------------------------------------


def sarif_tools(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run sarif-tools on what is in the folder."""
    return subprocess.run(
        [sys.executable, "-m", "sarif", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("sarif", reason="sarif-tools is not installed")
    (tmp_path / "one.sarif").write_text(report(SEVERAL, "sarif", Options(rules=(RULE,))))
    return tmp_path


def test_sarif_tools_count_the_findings(folder: Path) -> None:
    done = sarif_tools(folder, "summary", "one.sarif")
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    # A suppressed result has the level of its rule, which is unknown here: warning.
    assert {"error: 1", "warning: 5", "note: 0"} <= set(lines)


def test_sarif_tools_fail_on_an_error(folder: Path) -> None:
    assert sarif_tools(folder, "--check", "error", "summary", "one.sarif").returncode != 0


def test_sarif_tools_find_the_place(folder: Path) -> None:
    assert "one.sarif" in sarif_tools(folder, "ls", ".").stdout
    assert sarif_tools(folder, "csv", "-o", "out.csv", "one.sarif").returncode == 0
    rows = (folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any(row.startswith("mmreview,error,read-moved-out-of-lock,") for row in rows)
    assert any(row.endswith(",lib/box.c,13") for row in rows)


def test_sarif_tools_see_no_news_in_the_same_review(folder: Path) -> None:
    (folder / "two.sarif").write_text(report(SEVERAL, "sarif", Options(rules=(RULE,))))
    done = sarif_tools(folder, "--check", "note", "diff", "one.sarif", "two.sarif")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "old.sarif").write_text(report(EMPTY, "sarif", Options()))
    done = sarif_tools(folder, "--check", "note", "diff", "old.sarif", "two.sarif")
    assert done.returncode == 1, done.stdout + done.stderr
