# SPDX-License-Identifier: GPL-2.0-only
"""The patch the program was written for, from the mail to the report."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from reviewing import SEED, after_image, as_data, reviewed

from reviewer.report.json_report import as_json
from reviewer.verdict.records import Review

PATCH = (SEED / "patch.mbox").read_bytes()
TREE = SEED / "before"
LOCK = "mapping->i_pages.xa_lock"
MAPPED, UNMAPPED = "mapping != NULL", "mapping == NULL"
FREEZE = "folio_ref_freeze(folio, expected_count)"
SCHEMA = json.loads(files("reviewer.report").joinpath("schema.json").read_text("utf-8"))

GUP, LOOKUP = "gup_fast()", "filemap_get_entry()"
WAITER, TRUNCATE = "migration_entry_wait()", "truncate_inode_folio()"
KEEPS, NONE = "keeps a reference", "ends without a reference"
AGAIN, DONE = "returns -EAGAIN", "returns MIGRATEPAGE_SUCCESS"
IPI, BROADCAST = "is an IPI that waits", "does not wait"


@cache
def seed() -> Review:
    return reviewed(PATCH, TREE)


@cache
def data() -> dict[str, Any]:
    return as_data(seed())


def finding() -> dict[str, Any]:
    (only,) = data()["findings"]
    return dict(only)


def line_of(text: str) -> int:
    """The line of the after image on which a text stands, once."""
    lines = after_image(SEED / "patch.mbox", TREE, "mm/migrate.c").splitlines()
    (number,) = [at for at, line in enumerate(lines, 1) if text in line]
    return number


def states(image: str) -> dict[str, dict[str, Any]]:
    return {state["path"]: state for state in finding()[image]}


def results(path: str) -> dict[str, dict[str, Any]]:
    """What the model gave on a path, by how the TLB is flushed."""
    found = {
        kind: [
            e for e in finding()["model"]["paths"] if e["path"] == path and kind in e["assumption"]
        ]
        for kind in (IPI, BROADCAST)
    }
    assert all(len(entries) == 1 for entries in found.values())
    return {kind: entries[0] for kind, entries in found.items()}


def ends(*triples: tuple[str, str, str, str, str]) -> list[str]:
    """Outcomes: who is beside the function and how it ends, and the function."""
    return sorted(
        f"{one} {how}, {two} {other}, folio_migrate_mapping() {end}"
        for one, how, two, other, end in triples
    )


def test_there_is_one_finding() -> None:
    one = finding()
    assert (one["rule"], one["also"]) == ("read-moved-out-of-lock", [])
    assert (one["file"], one["function"]) == ("mm/migrate.c", "folio_migrate_mapping")
    assert (one["severity"], one["standing"]) == ("warning", "REFUTED_IN_MODEL")
    assert (one["access"], one["place"]) == ("folio_ref_count(folio)", "folio->_refcount")
    assert (one["lost"], one["lost_paths"]) == ([LOCK], [MAPPED])
    assert one["line"] == line_of("if (folio_ref_count(folio) != expected_count)")
    assert one["decides"] and not one["partial"] and not one["undecided"]
    assert data()["problems"] == data()["questions"] == []


def test_the_locks_held_before() -> None:
    before = states("before")
    assert set(before) == {MAPPED, UNMAPPED}
    assert before[MAPPED]["must"] == before[MAPPED]["may"] == [LOCK]
    assert before[MAPPED]["context"] == ["irqs-off"]
    assert before[UNMAPPED]["must"] == before[UNMAPPED]["may"] == []
    assert before[UNMAPPED]["context"] == []


def test_no_lock_is_held_after() -> None:
    after = states("after")
    assert set(after) == {MAPPED, UNMAPPED}
    for state in after.values():
        assert (state["must"], state["may"], state["context"]) == ([], [], [])


def test_the_changelog_is_silent() -> None:
    assert finding()["changelog"] == "silent"


def test_the_freeze_is_the_guard() -> None:
    guard = {"call": FREEZE, "line": line_of("folio_ref_freeze(")}
    assert finding()["model"]["guard"] == guard
    assert [entry["guard"] for entry in results(MAPPED).values()] == [guard, guard]
    removed = finding()["model"]["guard_removed"]
    assert removed.startswith(f"without {FREEZE} the model breaks")
    assert removed.endswith("a reference that somebody still holds is overwritten")


def test_the_path_without_mapping_has_no_guard() -> None:
    for entry in results(UNMAPPED).values():
        assert entry["guard"] is None
        assert "nothing on this path overwrites the count" in entry["saved_by"]
    assert all(entry["saved_by"] == "" for entry in results(MAPPED).values())
    waiting = results(UNMAPPED)[IPI]["saved_by"]
    others = [entry["saved_by"] for how, entry in results(UNMAPPED).items() if how != IPI]
    assert all("looks at the page-table entry again" in text for text in others)
    assert "IPI that waits" in waiting


def test_a_flush_that_waits_saves_the_path_by_itself() -> None:
    """No walk is under way while the function counts, so its second look decides nothing."""
    assert "again" not in results(UNMAPPED)[IPI]["saved_by"]


@pytest.mark.parametrize("path", [MAPPED, UNMAPPED])
@pytest.mark.parametrize("flush", [IPI, BROADCAST])
@pytest.mark.parametrize("image", ["before", "after"])
def test_both_images_hold(path: str, flush: str, image: str) -> None:
    result = results(path)[flush][image]
    assert (result["verdict"], result["property"]) == ("HOLDS", "")
    assert 100 < result["states"] < result["transitions"] < 10_000


@pytest.mark.parametrize("flush", [IPI, BROADCAST])
@pytest.mark.parametrize("image", ["before", "after"])
def test_outcomes_with_a_mapping(flush: str, image: str) -> None:
    """A lookup always ends with the old folio or the new one.  A walk that kept the old one makes
    the migration give up; it may also have come first, or have found the new one."""
    looked = [(GUP, how, LOOKUP, KEEPS, end) for how in (KEEPS, NONE) for end in (AGAIN, DONE)]
    waited = [(WAITER, NONE, TRUNCATE, NONE, end) for end in (AGAIN, DONE, "is not reached")]
    assert results(MAPPED)[flush][image]["outcomes"] == ends(*looked, *waited)


@pytest.mark.parametrize("image", ["before", "after"])
def test_outcomes_without_a_mapping(image: str) -> None:
    """Where the flush waits, no walk is under way while the function runs: it does not see one
    that ends without a reference."""
    looked = [(GUP, how, LOOKUP, NONE, end) for how in (KEEPS, NONE) for end in (AGAIN, DONE)]
    waited = [(WAITER, NONE, TRUNCATE, NONE, end) for end in (AGAIN, DONE)]
    found = results(UNMAPPED)
    assert found[BROADCAST][image]["outcomes"] == ends(*looked, *waited)
    looked.remove((GUP, NONE, LOOKUP, NONE, AGAIN))
    assert found[IPI][image]["outcomes"] == ends(*looked, *waited)


def test_the_two_images_end_alike() -> None:
    model = finding()["model"]
    assert model["before"]["outcomes"] == model["after"]["outcomes"]
    assert model["unmodelled"] == []


def test_the_nearest_schedule_ends_with_the_failing_freeze() -> None:
    steps = finding()["witness"]
    assert {step["cpu"] for step in steps} == {0, 1}
    last = steps[-1]
    assert last["actor"] == "folio_migrate_mapping"
    assert last["step"].startswith("folio_ref_freeze(") and last["effect"] == "fails: count is 3"
    assert (last["file"], last["line"]) == ("mm/migrate.c", line_of("folio_ref_freeze("))
    shown = [(step["step"], step["effect"]) for step in steps]
    early = shown.index(("folio_ref_count(folio)", "count is 2"))
    raised = shown.index(("folio_try_get(folio)", "count 2 -> 3"))
    assert early < raised < len(shown) - 1


def test_the_nearest_schedule_needs_no_assumption() -> None:
    """A lookup needs no particular kind of flush, so none is named."""
    assert finding()["witness_caption"] == "The nearest schedule to harm"


def test_the_lock_never_serialised_the_count() -> None:
    (text,) = finding()["evidence"]
    assert text.startswith("the i_pages lock does not serialise _refcount: ")
    assert all(name in text for name in (GUP, LOOKUP, WAITER, TRUNCATE))


def test_what_is_taken_for_granted_is_said() -> None:
    told = finding()["model"]["assumptions"]
    assert len(told) == 2
    assert f"where {MAPPED}, " in told[0] and "is taken to be 2" in told[0]
    assert f"where {UNMAPPED}, " in told[1] and "is taken to be 1" in told[1]


def test_every_sentence_stands_on_facts() -> None:
    facts = data()["facts"]
    for sentence in data()["justification"]:
        assert sentence["facts"] and set(sentence["facts"]) <= set(facts)
    assert set(finding()["facts"]) <= set(facts)
    assert all(fact["text"] and fact["source"] for fact in facts.values())


def test_the_changelog_that_is_suggested() -> None:
    texts = [sentence["text"] for sentence in data()["justification"]]
    told = " ".join(texts)
    for part in (
        "folio_ref_count() outside the i_pages lock is only an early exit.",
        "The lock never serialised _refcount",
        "folio_ref_freeze() compares again, atomically and under the i_pages lock",
        "a retry (-EAGAIN) at most",
        "No reference can be taken until folio_ref_unfreeze(), which is still under the lock.",
        f"Where {UNMAPPED}, nothing changes",
    ):
        assert part in told
    assert len(texts) == len(set(texts))


def test_the_schema() -> None:
    Draft202012Validator(SCHEMA).validate(data())


@pytest.mark.parametrize("word", ["safe", "signed-off-by", "acked-by", "reviewed-by"])
def test_no_word_that_is_not_ours_to_say(word: str) -> None:
    assert word not in as_json(seed()).lower()


def test_the_same_run_twice() -> None:
    assert as_json(reviewed(PATCH, TREE)) == as_json(seed())


def test_without_a_mail_the_changelog_is_unknown() -> None:
    diff = PATCH[PATCH.index(b"diff --git ") :]
    (verdict,) = reviewed(diff, TREE).verdicts
    assert (verdict.changelog, verdict.severity) == ("unknown", "warning")
    assert verdict.fingerprint == finding()["fingerprint"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The i_pages lock does not protect the count.",
        "The first check can be lockless, folio_ref_freeze() decides.",
    ],
)
def test_an_explained_move_is_a_note(sentence: str) -> None:
    text = PATCH.replace(b"reduce duplicated code.\n", f"reduce code.\n\n{sentence}\n".encode())
    assert text != PATCH
    (verdict,) = reviewed(text, TREE).verdicts
    assert (verdict.changelog, verdict.severity) == ("explains", "note")
    assert verdict.standing == "REFUTED_IN_MODEL"
