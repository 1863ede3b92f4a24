# SPDX-License-Identifier: GPL-2.0-only
"""What authors say, answered by the simulation."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reviewer.facts import Facts
from reviewer.patch.records import Submission
from reviewer.record import dataclass
from reviewer.simulation.answer import Run, explore_all, shown, simplest
from reviewer.simulation.assemble import Subject
from reviewer.simulation.examine import Answer, PathAnswer
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Goal
from reviewer.simulation.predicate import step_predicate
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.tree import Expr
from reviewer.verdict.judge import Judged
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.model import given, witness
from reviewer.verdict.records import ClaimVerdict
from reviewer.verdict.words import capital, listed

MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A step whose being reachable refutes a claim; ``path`` and
    ``assumption`` restrict where it is looked for."""

    goal: Expr
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Something people say in changelogs, and what decides it.

    ``phrases`` are patterns that must all occur in a paragraph, ``unless``
    patterns of which none may.  ``decided_by`` is ``never`` (the
    counterexamples decide) or ``guard`` (the standing of the finding and the
    guard the simulation found decide).
    """

    name: str
    phrases: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    scenario: str
    decided_by: str
    counterexamples: tuple[Counterexample, ...]
    confirmed: str
    refuted: str


def claim_from(name: str, table: Mapping[str, Any]) -> Claim:
    """Build a claim from its TOML table."""
    return Claim(
        name=name,
        phrases=tuple(re.compile(text, re.IGNORECASE) for text in table["phrases"]),
        unless=tuple(re.compile(text, re.IGNORECASE) for text in table.get("unless", ())),
        scenario=table["scenario"],
        decided_by=table["decided_by"],
        counterexamples=tuple(
            Counterexample(parse_expression(entry["goal"]), entry.get("path", ""), entry["text"])
            for entry in table.get("counterexample", ())
        ),
        confirmed=table.get("confirmed", ""),
        refuted=table.get("refuted", ""),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One paragraph of an author: where it was said and what."""

    patch: int
    message_id: str
    text: str


def claims_in(paragraph: str, known: Sequence[Claim]) -> Iterator[Claim]:
    """The claims a paragraph makes."""
    text = paragraph[:MAX_TEXT]
    for claim in known:
        made = all(phrase.search(text) for phrase in claim.phrases)
        if made and not any(phrase.search(text) for phrase in claim.unless):
            yield claim


def answer_claim(
    said: Said, claim: Claim, judged: Sequence[Judged], facts: Facts, ledger: Ledger
) -> ClaimVerdict:
    """Answer one claim with the first finding its scenario was run on."""
    fitting = next(
        (
            one
            for one in judged
            if one.answer is not None
            and one.answer.scenario.name == claim.scenario
            and one.answer.paths
            and one.verdict.patch == said.patch
        ),
        None,
    )
    if fitting is None or fitting.answer is None:
        text = f"nothing of this patch could be run in the scenario {claim.scenario}"
        return _verdict(said, claim, "UNDECIDED", text, (), ())
    if claim.decided_by == "guard":
        return _by_guard(said, claim, fitting, ledger)
    return _by_search(said, claim, fitting.answer, fitting, facts, ledger)


def _verdict(
    said: Said,
    claim: Claim,
    verdict: str,
    answer: str,
    steps: tuple[Any, ...],
    ids: tuple[str, ...],
) -> ClaimVerdict:
    return ClaimVerdict(
        patch=said.patch,
        message_id=said.message_id,
        text=said.text,
        claim=claim.name,
        verdict=verdict,
        answer=answer,
        witness=steps,
        facts=ids,
    )


def _by_search(
    said: Said, claim: Claim, answer: Answer, judged: Judged, facts: Facts, ledger: Ledger
) -> ClaimVerdict:
    found = []
    for example in claim.counterexamples:
        shortest = _shortest(answer, example, judged, facts)
        if shortest is not None:
            found.append((example, *shortest))
    source = f"rules/claims/{claim.name}.toml on rules/actors/{answer.scenario.name}"
    if not found:
        fact = ledger.add(
            "model", f"no schedule within the bound contradicts it: {claim.name}", source
        )
        return _verdict(said, claim, "CONFIRMED", claim.confirmed, (), (fact,))
    texts = [f"{example.text}{given(run, needs)}" for example, run, needs in found]
    ids = tuple(ledger.add("model", text, source) for text in texts)
    first = found[0][1]
    steps = witness(shown(answer.scenario, first, first.result.goals[GOAL]))
    told = ". ".join(capital(text) for text in texts)
    answered = f"{claim.refuted}: {told}" if claim.refuted else told
    return _verdict(said, claim, "REFUTED", answered, steps, ids)


GOAL = "counterexample"


def _shortest(
    answer: Answer, example: Counterexample, judged: Judged, facts: Facts
) -> tuple[Run, bool] | None:
    """The run with the simplest schedule to a counterexample, and whether it
    needs its assumption about the machine."""
    change = judged.change
    assert change is not None  # there is an answer
    subject = Subject(change.after.graph, change.file, answer.names, change.callees_after)

    def goals(machine: Machine) -> tuple[Goal, ...]:
        return (step_predicate(GOAL, example.goal, machine),)

    runs: list[Run] = []
    for path in answer.scenario.paths:
        if example.path in ("", path.name):
            runs.extend(
                explore_all(answer.scenario, subject, path, facts, goals=goals, only_goals=True)
            )
    return simplest(
        runs, lambda run: GOAL in run.result.goals, lambda run: len(run.result.goals[GOAL])
    )


def _by_guard(said: Said, claim: Claim, judged: Judged, ledger: Ledger) -> ClaimVerdict:
    answer, model = judged.answer, judged.verdict.model
    assert answer is not None
    source = f"rules/actors/{answer.scenario.name}"
    lost = [path for path in answer.paths if path.lost]
    guarded = [path for path in answer.paths if path.guards]
    if judged.verdict.standing == "CONFIRMED":
        harm = model.after.property if model else ""
        fact = ledger.add("model", f"a schedule does harm: {harm}", source)
        text = f"{claim.refuted}: {harm}" if claim.refuted else harm
        return _verdict(said, claim, "REFUTED", text, judged.verdict.witness, (fact,))
    if judged.verdict.standing != "REFUTED_IN_MODEL" or not all(path.guards for path in lost):
        reason = judged.verdict.undecided or "the simulation found no step that decides"
        return _verdict(said, claim, "UNDECIDED", reason, (), ())
    calls = listed(dict.fromkeys(g.step.origin.text for path in guarded for g in path.guards))
    paths = listed([path.condition for path in guarded], "or")
    texts = [f"where {paths}, {claim.confirmed.replace('{guard}', calls)}"]
    texts.extend(_unguarded(path) for path in answer.paths if not path.guards)
    ids = tuple(ledger.add("model", text, source) for text in texts)
    told = ". ".join(capital(text) for text in texts)
    return _verdict(said, claim, "CONFIRMED", told, judged.verdict.witness, ids)


def _unguarded(path: PathAnswer) -> str:
    """What to say of a path on which nothing compares again."""
    told = f"where {path.condition}, there is no such step"
    if not path.saved_by:
        return told
    still = "" if path.stores_count else ", and nothing overwrites the count"
    return f"{told}: what saves it is that {listed(one.text for one in path.saved_by)}{still}"


def said_by(
    submission: Submission,
    judged: Sequence[Judged],
    known: Callable[[], Sequence[Claim]],
    facts: Facts,
    ledger: Ledger,
) -> tuple[ClaimVerdict, ...]:
    """Answer what the authors claim, in changelogs and in replies.

    A reply speaks of the patch it answers, directly or through the thread.
    Without a finding there is nothing to answer.
    """
    if not judged:
        return ()
    answers = []
    for said in _paragraphs(submission):
        for claim in claims_in(said.text, known()):
            answers.append(answer_claim(said, claim, judged, facts, ledger))
    return tuple(answers)


def _paragraphs(submission: Submission) -> Iterator[Said]:
    for number, patch in enumerate(submission.patches):
        for block in re.split(r"\n\s*\n", patch.changelog or ""):
            yield Said(number, patch.message_id, " ".join(block.split()))
    by_id = {patch.message_id: number for number, patch in enumerate(submission.patches)}
    authors = {patch.author for patch in submission.patches}
    for reply in submission.replies:
        above = (*reversed(reply.references), reply.in_reply_to)
        answered = next((by_id[name] for name in above if name in by_id), None)
        if answered is None:
            continue
        by_id.setdefault(reply.message_id, answered)
        if reply.author in authors:
            for text in reply.paragraphs:
                yield Said(answered, reply.message_id, text)
