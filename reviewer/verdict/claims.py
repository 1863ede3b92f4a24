# SPDX-License-Identifier: GPL-2.0-only
"""What authors say, answered by the simulation."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reviewer.facts import Facts
from reviewer.patch.records import Submission
from reviewer.record import dataclass, replace
from reviewer.simulation.answer import Run, explore_all, shown, simplest
from reviewer.simulation.assemble import Subject
from reviewer.simulation.examine import Answer, PathAnswer
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Goal
from reviewer.simulation.predicate import step_predicate
from reviewer.verdict.claim_phrases import Claim, Counterexample, claims_in
from reviewer.verdict.judge import Judged
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.model import given, witness
from reviewer.verdict.records import ClaimVerdict
from reviewer.verdict.spoken import gives_a_reason
from reviewer.verdict.words import capital, listed

if TYPE_CHECKING:
    from reviewer.evidence.witness import Witness


NO_FUNCTIONS: Mapping[int, Sequence[tuple[str, str]]] = {}


@dataclass(frozen=True, slots=True)
class Said:
    """One paragraph of an author: where it was said and what."""

    patch: int
    message_id: str
    text: str


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
    ask: "Callable[[], Witness | None]" = lambda: None,
    changed: Mapping[int, Sequence[tuple[str, str]]] = NO_FUNCTIONS,
) -> tuple[ClaimVerdict, ...]:
    """Answer what the authors claim, in changelogs and in replies.

    A reply speaks of the patch it answers, directly or through the thread.  What the
    simulation decides is answered where there is a finding, the rest by the tree that ``ask``
    gives; ``changed`` are the functions each patch touches, with their files.
    What is said of synchronisation and is no claim that is known is listed where
    something was found.
    """
    answers: list[ClaimVerdict] = []
    for said in _paragraphs(submission):
        answered = False
        for claim in claims_in(said.text, known()):
            if claim.decided_by == "evidence":
                one = replace(said, text=_sentence(said.text, claim))
                found = _by_tree(one, claim, judged, facts, ledger, ask, changed)
            elif judged:
                found = answer_claim(said, claim, judged, facts, ledger)
            else:
                continue
            answered = True
            answers.append(found)
        if judged and not answered and gives_a_reason(said.text):
            answers.append(_unchecked(said))
    return tuple(answers)


def _unchecked(said: Said) -> ClaimVerdict:
    text = "no claim that is known: it was not checked"
    return ClaimVerdict(said.patch, said.message_id, said.text, "", "NOT_CHECKED", text, (), ())


def _by_tree(
    said: Said,
    claim: Claim,
    judged: Sequence[Judged],
    facts: Facts,
    ledger: Ledger,
    ask: "Callable[[], Witness | None]",
    changed: Mapping[int, Sequence[tuple[str, str]]],
) -> ClaimVerdict:
    """What the tree says of a claim."""
    from reviewer.verdict.claim_objects import objects_in
    from reviewer.verdict.tree_claims import Asked, decide

    if claim.name == UNCHANGED:
        return _unchanged(said, claim, judged)
    witness = ask()
    if witness is None:
        return _verdict(said, claim, "UNDECIDED", "there is no index of the tree to ask", (), ())
    at = None
    for file, function in changed.get(said.patch, ()):
        found = witness.callers.named(function, file)
        at = at or next((one for one in found if one.path == file), None)
    objects = objects_in(said.text, at, witness, facts)
    told = decide(claim.name, claim.needs, Asked(said.text, objects, witness))
    ids: tuple[str, ...] = ()
    if told.verdict != "UNDECIDED":
        source = f"rules/claims/{claim.name}.toml on the index of the tree: {witness.seen}"
        ids = (ledger.add("evidence", told.answer, source),)
    return _verdict(said, claim, told.verdict, told.answer, (), ids)


def _sentence(text: str, claim: Claim) -> str:
    """The sentence of a paragraph that makes a claim; the paragraph where only all of it does."""
    for one in re.split(r"(?<=[.;!?]) +", text):
        if claim.made_in(one):
            return one
    return text


UNCHANGED = "no-functional-change"


def _unchanged(said: Said, claim: Claim, judged: Sequence[Judged]) -> ClaimVerdict:
    """A patch that changes nothing has no finding; that it has none proves nothing."""
    mine = [one for one in judged if one.verdict.patch == said.patch]
    worst = next((one for one in mine if one.verdict.severity != "note"), None)
    if worst is None:
        return _verdict(
            said, claim, "UNDECIDED", "that nothing was found does not prove it", (), ()
        )
    finding = worst.verdict.finding
    text = f"{finding.message} ({finding.file}:{finding.line})"
    return _verdict(said, claim, "REFUTED", text, (), worst.verdict.facts[:1])


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
