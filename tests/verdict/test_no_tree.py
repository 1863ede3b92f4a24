# SPDX-License-Identifier: GPL-2.0-only
"""The seed when nothing but its diff is known."""

import json
from importlib.resources import files

from jsonschema import Draft202012Validator
from reviewing import GUP, SEED, as_data, only, reviewed

PATCH = (SEED / "patch.mbox").read_bytes()
LOCK = "mapping->i_pages.xa_lock"


def test_the_move_is_found_and_not_decided() -> None:
    verdict = only(reviewed(PATCH, None))
    finding = verdict.finding
    assert (finding.rule, finding.function) == ("read-moved-out-of-lock", "folio_migrate_mapping")
    assert (verdict.severity, verdict.standing) == ("warning", "UNDECIDED")
    assert finding.partial and verdict.model is None and verdict.witness == ()
    assert finding.access == "folio_ref_count(folio)"
    assert any("xa_lock" in lock for lock in finding.lost)


def test_what_is_held_after_is_not_known() -> None:
    finding = only(reviewed(PATCH, None)).finding
    assert finding.after and all(state.must is None for state in finding.after)
    data = as_data(reviewed(PATCH, None))["findings"][0]
    assert all(state["must"] is None for state in data["after"])


def test_it_says_what_could_not_be_seen() -> None:
    verdict = only(reviewed(PATCH, None))
    assert "only the hunks of the function are known" in verdict.undecided
    assert "without a tree" in verdict.undecided


def test_it_is_asked_about_and_nothing_is_suggested() -> None:
    found = reviewed(PATCH, None)
    assert found.justification == ()
    (question,) = found.questions
    assert "folio_ref_count(folio)" in question.text and question.text.endswith("?")


def test_the_line_is_that_of_the_diff() -> None:
    """The patch says where its hunk stands in the file it was made for."""
    assert only(reviewed(PATCH, None)).finding.line == 389


def test_the_schema() -> None:
    schema = json.loads(files("reviewer.report").joinpath("schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(as_data(reviewed(PATCH, None)))


def test_the_two_words_without_a_tree() -> None:
    found = reviewed((GUP / "patch.diff").read_bytes(), None)
    rules = {one.finding.rule: one for one in found.verdicts}
    assert "mixed-types" in rules or found.problems
    assert all(one.standing in (None, "UNDECIDED") for one in found.verdicts)
