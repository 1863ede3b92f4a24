# SPDX-License-Identifier: GPL-2.0-only
"""The way of one submission through the stages, in order."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from reviewer.checker.changes import Allowance, changes, whole
from reviewer.checker.rule import Rule
from reviewer.checker.rules import Found
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.patch.records import Submission
from reviewer.record import dataclass, field, replace
from reviewer.source.pair import Overlay, overlay_after, pair
from reviewer.source.records import SourcePair
from reviewer.source.tree import Tree
from reviewer.syntax.vocabulary import Vocabulary
from reviewer.verdict.changelog import without_directives
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.records import PatchProblem, Review
from reviewer.verdict.suppress import EVERYTHING, Sieve, Stage, Wishes

# What is imported here only is not loaded by a review without findings.
if TYPE_CHECKING:
    from reviewer.evidence.witness import Witness
    from reviewer.simulation.scenario import Scenario
    from reviewer.verdict.claim_phrases import Claim
    from reviewer.verdict.judge import Judged
    from reviewer.verdict.records import Suppressed


Ask = Callable[[Sequence[str], bool], "Witness | None"]
"""What the tree says, for some files; None where there is no tree or, unless files may be read
for it (the second argument), no index."""


def nobody(files: Sequence[str], reading: bool) -> "Witness | None":
    """No witness."""
    return None


Keep = Callable[[int, Sequence[SourcePair]], None]
"""Is given the images of each patch, with its number, for a report that shows them."""


def forget(patch: int, pairs: Sequence[SourcePair]) -> None:
    """Nobody wants to see the images."""


Tell = Callable[[str], None]
"""Is told what is being done, for whoever waits for it."""


def silent(doing: str) -> None:
    """Nobody waits."""


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
    submission: Submission,
    tree: Tree | None,
    rules: Ruleset,
    wishes: Wishes = EVERYTHING,
    witness: "Ask" = nobody,
    keep: Keep = forget,
    tell: Tell = silent,
) -> Review:
    """Review everything one input held, in order; later patches of a series
    apply on top of earlier ones.  ``witness`` gives what the tree says, for the files
    touched where something was found; it is asked when the first finding or claim needs
    it.  ``keep`` is given the images of each patch."""
    course = _Course(submission, tree, rules, Sieve(rules.rules, wishes))
    ask = cache(lambda reading: witness(_touched(course), reading))
    overlay = _below(submission, tree)
    allowance = Allowance()
    for number, patch in enumerate(submission.patches):
        tell(_of(number, submission))
        if allowance.exhausted:
            reason = "not compared: the submission is too large"
            course.problems.append(PatchProblem(number, Problem("", "", reason)))
            course.stages.append(Stage(number, patch, (), ()))
            continue
        pairs, unpaired = pair(patch, tree, overlay)
        overlay = overlay_after(overlay, patch, pairs)
        keep(number, pairs)
        course.hunks_only |= any(not one.whole for one in pairs)
        parts = changes(pairs, rules.vocabulary, rules.facts, allowance)
        found = [*patch.problems, *unpaired]
        found.extend(problem for part in parts for problem in part.problems)
        reported = course.sieve.findings(number, patch, whole(parts, rules.facts))
        course.stages.append(Stage(number, patch, pairs, reported))
        course.changed[number] = tuple((f.file, f.name) for part in parts for f in part.functions)
        found += allowance.uncounted()
        course.problems.extend(PatchProblem(number, problem) for problem in found)
    _judge_all(course, ask, tell)
    return _told(course, ask)


def _below(submission: Submission, tree: Tree | None) -> Overlay:
    """What the patches that are not reviewed leave behind for those that are."""
    overlay: Overlay = {}
    for patch in submission.given:
        overlay = overlay_after(overlay, patch, pair(patch, tree, overlay)[0])
    return overlay


def _touched(course: "_Course") -> tuple[str, ...]:
    """The files of the patches in which something was found; of all where nothing was."""
    some = [stage.patch for stage in course.stages if stage.found]
    return tuple(diff.path for one in some or course.submission.patches for diff in one.files)


def _of(number: int, submission: Submission) -> str:
    return f"patch {number + 1} of {len(submission.patches)}"


@dataclass(slots=True)
class _Course:
    """What has come of a submission so far."""

    submission: Submission
    tree: Tree | None
    rules: Ruleset
    sieve: Sieve
    ledger: Ledger = field(default_factory=Ledger)
    stages: list[Stage] = field(default_factory=list)
    judged: "list[Judged]" = field(default_factory=list)
    problems: list[PatchProblem] = field(default_factory=list)
    changed: dict[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    hunks_only: bool = False


def _standing(course: _Course) -> Sequence[Stage]:
    """The patches without what later ones repair."""
    if not any(stage.found for stage in course.stages[:-1]):
        return course.stages
    from reviewer.verdict.repaired import repairs

    rules = course.rules
    made = repairs(course.stages, rules.rules, rules.vocabulary, rules.facts)
    course.sieve.suppressed.extend(made.suppressed)
    course.sieve.notes.extend(made.notes)
    return made.stages


def _judge_all(course: _Course, ask: "Callable[[bool], Witness | None]", tell: Tell) -> None:
    """Judge what is left of what was found."""
    for stage in _standing(course):
        if stage.found:
            names = dict.fromkeys(finding.function for finding, _ in stage.found)
            tell(f"{_of(stage.number, course.submission)}: simulating {', '.join(names)}")
        _judge_patch(course, stage, ask)


def _judge_patch(course: _Course, stage: Stage, ask: "Callable[[bool], Witness | None]") -> None:
    """Judge what one patch makes true."""
    changelog, number = without_directives(stage.patch.changelog), stage.number
    judged = _judged(stage.found, changelog, number, course.tree, course.rules, course.ledger)
    some, left = _weighed(judged, ask, course.ledger)
    course.judged.extend(some)
    course.sieve.suppressed.extend(left)


def _told(course: _Course, ask: "Callable[[bool], Witness | None]") -> Review:
    """The review of all patches."""
    submission, sieve = course.submission, course.sieve
    hunks_only = [HUNKS_ONLY] if course.hunks_only else []
    plain = Review(
        patches=submission.patches,
        verdicts=(),
        claims=(),
        justification=(),
        questions=(),
        facts=course.ledger.facts(),
        problems=tuple(course.problems),
        notes=(*submission.notes, *sieve.notes, *hunks_only),
        suppressed=tuple(sorted(sieve.suppressed, key=lambda one: one.patch)),
    )
    from reviewer.verdict.spoken import may_claim

    if not (course.judged or (course.tree is not None and may_claim(submission))):
        return plain
    return _with_findings(
        plain, submission, course.judged, course.rules, course.ledger, ask, course.changed
    )


def _weighed(
    judged: "Sequence[Judged]", ask: "Callable[[bool], Witness | None]", ledger: Ledger
) -> "tuple[list[Judged], list[Suppressed]]":
    """The verdicts with what the tree says, the gravest first; and those it refutes."""
    lost = any(one.verdict.finding.lost for one in judged)
    found = ask(True) if lost else None
    if found is None:
        return list(judged), []
    from reviewer.verdict.suppress import left_out
    from reviewer.verdict.tree_evidence import needless, refuted_by_callers, with_evidence

    kept, left = [], []
    for one in judged:
        told = with_evidence(one, found, ledger)
        reason = refuted_by_callers(one, found) or needless(told, found)
        if reason:
            left.append(left_out(one.verdict.patch, one.verdict.finding, "tree", reason))
        else:
            kept.append(told)
    return sorted(kept, key=lambda one: -one.weight), left


def _with_findings(
    plain: Review,
    submission: Submission,
    judged: "Sequence[Judged]",
    rules: Ruleset,
    ledger: Ledger,
    ask: "Callable[[bool], Witness | None]",
    changed: "Mapping[int, Sequence[tuple[str, str]]]",
) -> Review:
    """The review with its findings and what follows from them."""
    from reviewer.verdict.claims import said_by
    from reviewer.verdict.justify import justification, questions

    # Files are not read for the claims of a patch in which nothing was found.
    claims = said_by(
        submission, judged, rules.claims, rules.facts, ledger, lambda: ask(bool(judged)), changed
    )
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
