# SPDX-License-Identifier: GPL-2.0-only
"""The second look at a page-table entry that may take two words."""

from functools import cache
from pathlib import Path

import pytest
from reviewing import GUP, edited, mail, reviewed

from reviewer.verdict.records import Review, Verdict

FILE = "mm/gup.c"
TREE = GUP / "before"
BEFORE = (TREE / FILE).read_text(encoding="utf-8")
SECOND = "pte_val(*ptep)"
READ = "lockless-read-changed"
MIXED = "mixed-types"
WRONG = "a reference is kept on a page that the page-table entry never named"
HOLDS, VIOLATED = "HOLDS", "VIOLATED"


@cache
def posted() -> Review:
    return reviewed((GUP / "patch.diff").read_bytes(), TREE)


def by_rule(found: Review) -> dict[str, Verdict]:
    assert found.problems == ()
    assert len({one.finding.rule for one in found.verdicts}) == len(found.verdicts)
    return {one.finding.rule: one for one in found.verdicts}


def machines(verdict: Verdict) -> dict[str, set[tuple[str, str]]]:
    """The verdicts before and after for each architecture, however it flushes."""
    assert verdict.model is not None
    found: dict[str, set[tuple[str, str]]] = {}
    for result in verdict.model.paths:
        assert result.before is not None
        pair = (result.before.verdict, result.after.verdict)
        found.setdefault(result.assumption.split(" ")[0], set()).add(pair)
    return found


def second_look(new: str) -> Review:
    """The review of another second look than the plain one."""
    return reviewed(mail(BEFORE, edited(BEFORE, (SECOND, new)), FILE), TREE)


def tree_of(folder: Path, text: str) -> Path:
    """A tree that has the file with this text."""
    (folder / "mm").mkdir()
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


BOTH_HOLD = {
    "x86": {(HOLDS, HOLDS)},
    "powerpc": {(HOLDS, HOLDS)},
    "mips": {(VIOLATED, VIOLATED)},
    "sh": {(VIOLATED, VIOLATED)},
}


def test_two_findings() -> None:
    found = by_rule(posted())
    assert set(found) == {READ, MIXED}
    assert {one.finding.function for one in found.values()} == {"gup_pte_range"}
    assert {one.finding.line for one in found.values()} == {37}


def test_the_other_reading_is_a_note() -> None:
    verdict = by_rule(posted())[READ]
    assert (verdict.severity, verdict.standing) == ("note", "REFUTED_IN_MODEL")
    assert verdict.finding.place == "*ptep"
    assert verdict.finding.access == "ptep_get_lockless(ptep)"


def test_it_helps_nowhere_and_harms_nowhere() -> None:
    verdict = by_rule(posted())[READ]
    assert machines(verdict) == BOTH_HOLD
    both, neither = verdict.evidence
    assert both.startswith("on powerpc (") and "x86 (" in both and "both readings hold" in both
    assert neither.startswith("on mips (") and "sh (" in neither and WRONG in neither


@pytest.mark.parametrize("architecture", BOTH_HOLD)
def test_the_configuration_is_named(architecture: str) -> None:
    model = by_rule(posted())[READ].model
    assert model is not None
    told = {r.assumption for r in model.paths if r.assumption.startswith(architecture)}
    assert len(told) == 2 and all("CONFIG_" in text for text in told)


def test_the_schedule_tears_the_entry() -> None:
    """The high word is cleared first: the old low word stands beside an empty high one."""
    verdict = by_rule(posted())[READ]
    effects = [step.effect for step in verdict.witness]
    cleared = effects.index("high = 0")
    assert effects.index("low is folio") > cleared and "high is 0" in effects
    assert "count of other 1 -> 2" in effects
    assert WRONG in verdict.witness_caption


def test_types_that_do_not_compare() -> None:
    verdict = by_rule(posted())[MIXED]
    assert (verdict.severity, verdict.standing, verdict.model) == ("warning", None, None)
    for word in ("pte_val(pte)", "pteval_t", "ptep_get_lockless(ptep)", "pte_t"):
        assert word in verdict.finding.message
    assert all(name in verdict.finding.reason for name in ("mips", "sh", "x86"))


def test_with_pte_val_the_types_are_right() -> None:
    found = by_rule(second_look("pte_val(ptep_get_lockless(ptep))"))
    assert set(found) == {READ}
    assert found[READ].severity == "note"
    assert machines(found[READ]) == BOTH_HOLD


def test_the_reverse_patch_is_a_note_too(tmp_path: Path) -> None:
    """Back to the plain reading; the comparison that is taken out is nobody's fault any more."""
    after = edited(BEFORE, (SECOND, "ptep_get_lockless(ptep)"))
    found = by_rule(reviewed(mail(after, BEFORE, FILE), tree_of(tmp_path, after)))
    assert set(found) == {READ}
    assert found[READ].severity == "note"
    assert machines(found[READ]) == BOTH_HOLD


def test_a_second_look_read_in_one_piece_changes_nothing() -> None:
    """ptep_get() is what *ptep is written as now: a plain reading as well."""
    assert second_look("pte_val(ptep_get(ptep))").verdicts == ()


FIRST = "pte_t pte = ptep_get_lockless(ptep);"


def test_a_first_look_that_tears_is_confirmed_where_the_second_is_gone(tmp_path: Path) -> None:
    """Nothing is left that could tell a mixture from an entry."""
    before = edited(BEFORE, (f"pte_val(pte) != {SECOND}", "pte_val(pte) == 0"))
    after = edited(before, (FIRST, "pte_t pte = *ptep;"))
    verdict = by_rule(reviewed(mail(before, after, FILE), tree_of(tmp_path, before)))[READ]
    assert (verdict.standing, verdict.severity) == ("CONFIRMED", "error")
    assert (HOLDS, VIOLATED) in machines(verdict)["x86"]
