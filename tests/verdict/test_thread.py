# SPDX-License-Identifier: GPL-2.0-only
"""What the author claims in the seed's thread, and what is no claim."""

from functools import cache

import pytest
from reviewing import SEED, reviewed, rules

from reviewer.verdict.claim_phrases import claims_in
from reviewer.verdict.records import ClaimVerdict, Review

THREAD = (SEED / "thread.mbox").read_bytes()
CLAIMS = [
    "isolated-and-locked",
    "migration-entry-blocks-gup",
    "recheck-hides-reference",
    "freeze-decides",
]
MAPPED, UNMAPPED = "mapping != NULL", "mapping == NULL"


@cache
def thread() -> Review:
    return reviewed(THREAD, SEED / "before")


def answer(number: int) -> ClaimVerdict:
    return thread().claims[number - 1]


def shown(claim: ClaimVerdict) -> list[tuple[str, str]]:
    return [(step.actor, step.effect) for step in claim.witness]


def test_four_claims_are_answered() -> None:
    found = thread().claims
    assert [one.claim for one in found] == CLAIMS
    assert [one.verdict for one in found] == ["REFUTED"] * 3 + ["CONFIRMED"]
    assert [one.message_id for one in found] == [f"answer-{n}@example.org" for n in range(1, 5)]
    assert {one.patch for one in found} == {0}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_each_answer_stands_on_something(number: int) -> None:
    claim = answer(number)
    assert claim.answer and claim.witness
    assert claim.facts and set(claim.facts) <= set(thread().facts)
    assert len({step.cpu for step in claim.witness}) == 2


def test_the_reviewers_words_are_nobodys_claims() -> None:
    assert not any("question" in one.message_id for one in thread().claims)


def test_the_thread_changes_nothing_about_the_finding() -> None:
    (alone,) = reviewed((SEED / "patch.mbox").read_bytes(), SEED / "before").verdicts
    (here,) = thread().verdicts
    assert (here.standing, here.severity, here.fingerprint) == (
        alone.standing,
        alone.severity,
        alone.fingerprint,
    )


def test_isolated_and_locked() -> None:
    """A lookup, which needs no assumption about the flush, is shown; both are named."""
    claim = answer(1)
    assert "A page-cache lookup under RCU takes a reference" in claim.answer
    assert "get_user_pages_fast() takes a reference" in claim.answer
    assert shown(claim)[-1] == ("filemap_get_entry", "count 2 -> 3")


def test_the_migration_entry() -> None:
    claim = answer(2)
    first, second = claim.answer.split(". ")
    assert "read the page-table entry before it was replaced" in first
    assert "the waiter" in second.lower() and "before commit ffa65753c431" in second
    steps = shown(claim)
    read = steps.index(("gup_fast", "pte is folio"))
    replaced = steps.index(("folio_migrate_mapping", "pte = migration entry of folio"))
    assert read < replaced < len(steps) - 1
    assert steps[-1] == ("gup_fast", "count 3 -> 4")


def test_the_second_look() -> None:
    """The other CPU reads the raised count before the reference is dropped."""
    claim = answer(3)
    steps = shown(claim)
    assert ("gup_fast", "count 3 -> 4") in steps
    assert steps[-1] == ("folio_migrate_mapping", "count is 3")
    last = claim.witness[-1]
    assert last.step == "folio_ref_count(folio)" and last.file == "mm/migrate.c"
    assert not any("gup_put_folio" in step.step for step in claim.witness)
    assert "flush does not wait for CPUs with interrupts off" in claim.answer


def test_the_freeze_decides_on_one_path_only() -> None:
    claim = answer(4)
    one, two = claim.answer.split(". ")
    assert one.startswith(f"Where {MAPPED}, folio_ref_freeze(folio, expected_count) compares again")
    assert two.startswith(f"Where {UNMAPPED}, there is no such step")
    assert "looks at the page-table entry again" in two
    assert "nothing overwrites the count" in two
    assert shown(claim)[-1] == ("folio_migrate_mapping", "fails: count is 3")


def test_a_claim_of_the_changelog_is_answered_too() -> None:
    text = b"The page is isolated and locked here, so its reference count cannot change.\n"
    patch = (SEED / "patch.mbox").read_bytes()
    changed = patch.replace(b"reduce duplicated code.\n", b"reduce duplicated code.\n\n" + text)
    (claim,) = reviewed(changed, SEED / "before").claims
    assert (claim.claim, claim.verdict) == ("isolated-and-locked", "REFUTED")


def test_without_a_tree_a_claim_is_not_decided() -> None:
    found = reviewed(THREAD, None).claims
    assert [one.verdict for one in found] == ["UNDECIDED"] * 4
    assert all(one.answer and not one.witness for one in found)


def made(paragraph: str) -> list[str]:
    return [claim.name for claim in claims_in(paragraph, rules().claims())]


SAID = [
    (
        CLAIMS[0],
        "Since the page was isolated and we hold the page lock, no one can take a reference.",
    ),
    (CLAIMS[0], "The folio is isolated and locked: nothing can raise its refcount."),
    (CLAIMS[0], "The count is stable as the folio is isolated and the folio lock is held."),
    (CLAIMS[1], "The PTE is a migration entry by now, which blocks get_user_pages_fast()."),
    (CLAIMS[1], "The page table has a migration PTE, so GUP can't pin the page."),
    (
        CLAIMS[2],
        "GUP validates the PTE again and puts the page, so others can't see it.",
    ),
    (CLAIMS[3], "folio_ref_freeze() under the i_pages lock will fail if the count was raised."),
    (CLAIMS[3], "If the count changes after the check, page_ref_freeze() catches it."),
]


@pytest.mark.parametrize("end", ["nobody can see the extra one", "it is never seen by others"])
def test_who_does_not_see_it_may_be_said_in_other_ways(end: str) -> None:
    text = f"GUP checks the PTE again and drops its reference, so {end}."
    assert made(text) == [CLAIMS[2]]


@pytest.mark.parametrize(("claim", "text"), SAID)
def test_other_words_make_the_same_claim(claim: str, text: str) -> None:
    assert made(text) == [claim]


NEGATED = [
    "Other CPUs can still take a reference while the page is isolated and locked.",
    "The page is isolated and locked, and yet another CPU can take a reference for a moment.",
    "That CPU validates the PTE again and drops its reference, but the other still sees it.",
    "GUP drops its reference when the PTE changed; it is not true that nobody sees the count.",
    "folio_ref_freeze() does not decide anything here, the count may change again.",
    "The freeze under the lock does not save the path without a mapping.",
    "The recheck drops the reference, which does not hide it: the higher count can be seen.",
    "Being isolated from the LRU and locked does not keep others from taking a reference.",
    "It is not true that nobody takes a reference once the page is isolated and locked.",
    "The page is isolated and locked, but that cannot stop a lookup from raising its count.",
    "A locked and isolated page can get new references: its count is not stable.",
    "A migration entry does not make get_user_pages_fast() wait, it may come too late.",
    "The migration entry does not stop get_user_pages_fast() from taking a reference.",
    "A migration entry cannot prevent a walk that has read the PTE from taking a reference.",
    "Without the early check folio_ref_freeze() is not enough, as it can fail.",
    "The freeze is not what decides; the comparison under the lock is.",
]
UNRELATED = [
    "Use folio_ref_freeze() instead of page_ref_freeze().",
    "Pages are isolated from the LRU with the lru_lock held; no page is missed.",
    "Drop the extra reference, nobody can see the page yet.",
    "Look at the PTE again and give up if it changed; user space does not notice.",
    "Freeze the task before suspend; kernel threads cannot be frozen again.",
    "Migration entries are not copied at fork, so the reference count is not changed.",
    "The isolated list is protected by the lock, so the count of isolated pages cannot change.",
]


@pytest.mark.parametrize("text", NEGATED)
def test_the_opposite_is_no_claim(text: str) -> None:
    assert made(text) == []


@pytest.mark.parametrize("text", UNRELATED)
def test_something_else_is_no_claim(text: str) -> None:
    assert made(text) == []
