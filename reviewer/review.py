# SPDX-License-Identifier: GPL-2.0-only
"""The way of one submission through the stages, in order."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from reviewer.checker.changes import Allowance, changes, whole
from reviewer.checker.rule import Rule
from reviewer.checker.rules import Found
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.patch.records import Submission
from reviewer.record import dataclass, replace
from reviewer.source.pair import Overlay, overlay_after, pair
from reviewer.source.tree import Tree
from reviewer.syntax.vocabulary import Vocabulary
from reviewer.verdict.changelog import without_directives
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.records import PatchProblem, Review
from reviewer.verdict.suppress import EVERYTHING, Sieve, Wishes

# What is imported here only is not loaded by a review without findings.
if TYPE_CHECKING:
    from reviewer.simulation.scenario import Scenario
    from reviewer.verdict.claims import Claim
    from reviewer.verdict.judge import Judged


HUNKS_ONLY = "without the tree: only the lines of the diff were read, and much cannot be seen"


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What was read from the rules; ``scenarios`` and ``claims`` are asked for
    when the first finding needs them."""

    facts: Facts
    vocabulary: Vocabulary
    rules: tuple[Rule, ...]
    scenarios: "Callable[[], Sequence[Scenario]]"
    claims: "Callable[[], Sequence[Claim]]"


def review(
    submission: Submission, tree: Tree | None, rules: Ruleset, wishes: Wishes = EVERYTHING
) -> Review:
    """Review everything one input held, in order; later patches of a series
    apply on top of earlier ones."""
    ledger = Ledger()
    sieve = Sieve(rules.rules, wishes)
    judged: list[Judged] = []
    problems: list[PatchProblem] = []
    overlay: Overlay = {}
    allowance, hunks_only = Allowance(), False
    for number, patch in enumerate(submission.patches):
        if allowance.exhausted:
            reason = "not compared: the submission is too large"
            problems.append(PatchProblem(number, Problem("", "", reason)))
            continue
        pairs, unpaired = pair(patch, tree, overlay)
        overlay = overlay_after(overlay, patch, pairs)
        found = [*patch.problems, *unpaired]
        hunks_only |= any(not one.whole for one in pairs)
        parts = changes(pairs, rules.vocabulary, rules.facts, allowance)
        found.extend(problem for part in parts for problem in part.problems)
        reported = sieve.findings(number, patch, whole(parts, rules.facts))
        found += allowance.uncounted()
        changelog = without_directives(patch.changelog)
        judged.extend(_judged(reported, changelog, number, tree, rules, ledger))
        problems.extend(PatchProblem(number, problem) for problem in found)
    plain = Review(
        patches=submission.patches,
        verdicts=(),
        claims=(),
        justification=(),
        questions=(),
        facts=ledger.facts(),
        problems=tuple(problems),
        notes=(*submission.notes, *sieve.notes, *([HUNKS_ONLY] if hunks_only else [])),
        suppressed=tuple(sieve.suppressed),
    )
    return _with_findings(plain, submission, judged, rules, ledger) if judged else plain


def _with_findings(
    plain: Review,
    submission: Submission,
    judged: "Sequence[Judged]",
    rules: Ruleset,
    ledger: Ledger,
) -> Review:
    """The review with its findings and what follows from them."""
    from reviewer.verdict.claims import said_by
    from reviewer.verdict.justify import justification, questions

    claims = said_by(submission, judged, rules.claims, rules.facts, ledger)
    sentences = tuple(s for one in judged for s in justification(one, ledger))
    return replace(
        plain,
        verdicts=tuple(one.verdict for one in judged),
        claims=claims,
        justification=sentences,
        questions=tuple(q for one in judged for q in questions(one)),
        facts=ledger.facts(),
    )


def _judged(
    found: Sequence[Found],
    changelog: str | None,
    number: int,
    tree: Tree | None,
    rules: Ruleset,
    ledger: Ledger,
) -> "list[Judged]":
    if not found:
        return []
    from reviewer.verdict.drift import drift
    from reviewer.verdict.judge import judge
    from reviewer.verdict.looked_up import Known

    scenarios = rules.scenarios()

    @cache
    def told(name: str) -> tuple[str, ...]:
        """How far the actors of a scenario differ from the tree."""
        one = next(one for one in scenarios if one.name == name)
        return drift(one, tree.readable, rules.vocabulary, rules.facts) if tree else ()

    known: Known = {}
    return [
        judge(finding, function, scenarios, rules.facts, changelog, number, ledger, told, known)
        for finding, function in found
    ]
