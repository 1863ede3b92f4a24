# SPDX-License-Identifier: GPL-2.0-only
"""The seed with one thing changed: is the standing the one it deserves?"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from mutants import (
    AFTER,
    BEFORE,
    CALL,
    CHECK,
    CONFIRMED,
    FILE,
    LOCK,
    PLACE,
    REFUTED,
    TREE,
    Mutant,
    declared,
    expecting,
    frozen,
)
from mutants_harmful import HARMFUL
from mutants_harmless import HARMLESS, OPEN
from reviewing import as_data, edited, mail, reviewed

from reviewer.report.json_report import as_json
from reviewer.verdict.records import Review, Verdict


@cache
def review_of(after: str, before: str = BEFORE) -> Review:
    return reviewed(mail(before, after, FILE), TREE)


def verdict_on(mutant: Mutant) -> Verdict:
    """The verdict on the count; other reads may have left the lock as well."""
    found = review_of(mutant.text)
    assert found.problems == ()
    (verdict,) = [one for one in found.verdicts if one.finding.place == PLACE]
    return verdict


def cases(mutants: Iterable[Mutant]) -> list[object]:
    found = []
    for one in mutants:
        reason = one.missed
        marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
        found.append(pytest.param(one, id=one.name, marks=marks))
    return found


@pytest.mark.parametrize("mutant", cases(HARMFUL))
def test_harm_is_confirmed(mutant: Mutant) -> None:
    verdict = verdict_on(mutant)
    assert (verdict.standing, verdict.severity) == (CONFIRMED, "error")
    assert verdict.model is not None and verdict.model.after.verdict == "VIOLATED"
    assert verdict.model.after.property == mutant.harm or not mutant.harm
    assert verdict.model.before is not None and verdict.model.before.verdict == "HOLDS"
    assert mutant.harm in verdict.witness_caption
    assert len({step.cpu for step in verdict.witness}) == mutant.cpus
    assert len({step.actor for step in verdict.witness}) == mutant.cpus


@pytest.mark.parametrize("mutant", cases(m for m in HARMFUL if m.ends))
def test_the_last_step_shows_the_harm(mutant: Mutant) -> None:
    last = verdict_on(mutant).witness[-1]
    assert mutant.ends in f"{last.step}: {last.effect}"


@pytest.mark.parametrize("mutant", cases(m for m in HARMFUL if not m.missed))
def test_harm_suggests_no_changelog(mutant: Mutant) -> None:
    assert review_of(mutant.text).justification == ()
    assert review_of(mutant.text).questions


@pytest.mark.parametrize("mutant", cases(HARMLESS))
def test_the_same_in_other_words_is_refuted(mutant: Mutant) -> None:
    verdict = verdict_on(mutant)
    assert (verdict.standing, verdict.severity, verdict.undecided) == (REFUTED, "warning", "")
    assert verdict.model is not None and verdict.model.guard is not None
    call, line = verdict.model.guard
    assert call.startswith(("folio_ref_freeze(", "page_ref_freeze("))
    assert call.split("(")[0] in mutant.text.splitlines()[line - 1]
    last = verdict.witness[-1]
    assert (last.line, last.effect) == (line, "fails: count is 3")


@pytest.mark.parametrize("mutant", cases(OPEN))
def test_what_is_not_known_is_not_decided(mutant: Mutant) -> None:
    verdict = verdict_on(mutant)
    assert (verdict.standing, verdict.severity) == (mutant.standing, "warning")
    assert verdict.undecided and mutant.harm in verdict.undecided
    assert review_of(mutant.text).justification == ()


BOTH = "	if (folio_ref_count(folio) != expected_count ||\n	    xas_load(&xas) != folio) {"
SPLIT = """\
	if (xas_load(&xas) != folio) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	if (folio_ref_count(folio) != expected_count) {"""
QUIET = {
    "comments": (LOCK, "	/* Nobody adds to the page cache now. */\n\n" + LOCK),
    "blanks": (BOTH, BOTH.replace(" != ", "  !=  ").replace(" ||\n	   ", "\n	    ||")),
    "order": (
        BOTH,
        "	if (xas_load(&xas) != folio ||\n	    folio_ref_count(folio) != expected_count) {",
    ),
    "two conditions": (BOTH, SPLIT),
    "one more check": ("	if (!mapping) {\n", CHECK + "	if (!mapping) {\n"),
    "likely": (BOTH, BOTH.replace("if (", "if (unlikely(").replace("folio) {", "folio)) {")),
}


@pytest.mark.parametrize("edit", QUIET.values(), ids=QUIET)
def test_a_read_that_keeps_its_lock_is_not_found(edit: tuple[str, str]) -> None:
    found = review_of(edited(BEFORE, edit))
    assert (found.verdicts, found.problems) == ((), ())


def test_a_comparison_that_is_gone_is_not_one_that_moved() -> None:
    """As in later kernels: the freeze alone is left on the path with a mapping."""
    gone = BOTH.replace("folio_ref_count(folio) != expected_count ||\n	    ", "")
    assert review_of(edited(BEFORE, (BOTH, gone))).verdicts == ()


NAMES = ["folio_migrate_mapping", "mapping", "newfolio", "folio", "extra_count", "xas", "dirty"]
NAMES += ["oldzone", "newzone", "expected_count", "nr", "old_lruvec", "new_lruvec"]
_OURS = re.compile(rf"(?<!struct )(?<!->)(?<!\.)\b(?:{'|'.join(NAMES)})\b")
_THEIRS = re.compile(rf"\b(?:{'|'.join(name[::-1] for name in NAMES)})\b")


def renamed(text: str) -> str:
    """Every name the function chose itself, backwards."""
    return _OURS.sub(lambda found: found[0][::-1], text)


def test_names_do_not_matter(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The finding changes its names and nothing else."""
    tree = tmp_path_factory.mktemp("renamed")
    (tree / "mm").mkdir()
    before = renamed(BEFORE)
    assert "folio_migrate_mapping" not in before and "oilofwen->index" in before
    (tree / FILE).write_text(before, encoding="utf-8")
    found = as_json(reviewed(mail(before, renamed(AFTER), FILE), tree))
    back = _THEIRS.sub(lambda name: name[0][::-1], found)
    assert _fingerprint(back) == _fingerprint(as_json(review_of(AFTER)))


def _fingerprint(text: str) -> str:
    """Without what is made of names."""
    return re.sub(r'"(?:fingerprint|finding)": "\w+"', "", text)


@pytest.mark.xfail(strict=True, reason="an argument that is a conditional is shown as a temporary")
def test_no_temporary_is_shown() -> None:
    text = edited(AFTER, expecting("mapping ? expected_count : 0"))
    assert re.findall(r"%\d+", as_json(review_of(text))) == []


RETURNED = (
    declared("int rc = -EAGAIN;"),
    frozen(f"	if (!{CALL}) {{\n		xas_unlock_irq(&xas);\n		goto out;\n	}}\n\n"),
    (
        "	local_irq_enable();\n\n	return MIGRATEPAGE_SUCCESS;\n",
        "	local_irq_enable();\n	rc = MIGRATEPAGE_SUCCESS;\nout:\n	return rc;\n",
    ),
)


def test_a_result_in_a_variable_is_refuted() -> None:
    (verdict,) = review_of(edited(AFTER, *RETURNED)).verdicts
    assert verdict.standing == REFUTED


@pytest.mark.xfail(strict=True, reason="a result in a variable is told by the variable's name")
def test_a_result_in_a_variable_is_told_by_its_value() -> None:
    found = review_of(edited(AFTER, *RETURNED))
    texts = " ".join(sentence.text for sentence in found.justification)
    assert "a retry (-EAGAIN) at most" in texts
    model = as_data(found)["findings"][0]["model"]
    assert not any("returns rc" in end for end in model["after"]["outcomes"])


def test_how_the_diff_puts_it_does_not_matter(tmp_path: Path) -> None:
    """The condition around the first comparison moves in the diff, not the comparison."""
    indented = (
        "		if (folio_ref_count(folio) != expected_count)\n			return -EAGAIN;\n"
    )
    before = edited(BEFORE, (indented, indented.replace("\t\t", "\t", 1).replace("\t\t\t", "\t\t")))
    (tmp_path / "mm").mkdir()
    (tmp_path / FILE).write_text(before, encoding="utf-8")
    patch = mail(before, AFTER, FILE)
    assert b"\n \tif (folio_ref_count(folio) != expected_count)\n" in patch
    assert [one.standing for one in reviewed(patch, tmp_path).verdicts] == [REFUTED]


def test_the_reverse_patch_is_no_finding(tmp_path_factory: pytest.TempPathFactory) -> None:
    tree = tmp_path_factory.mktemp("reverse")
    (tree / "mm").mkdir()
    (tree / FILE).write_text(AFTER, encoding="utf-8")
    assert reviewed(mail(AFTER, BEFORE, FILE), tree).verdicts == ()
