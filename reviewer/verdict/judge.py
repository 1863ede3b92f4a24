# SPDX-License-Identifier: GPL-2.0-only
"""Join a finding with what the simulation says of it."""

from collections.abc import Callable, Sequence

from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.simulation.accesses import UNKNOWN_NUMBER
from reviewer.simulation.answer import worst
from reviewer.simulation.examine import Answer, Inquiry, Side, examine, fitting
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.raising import Raiser, raisers
from reviewer.simulation.scenario import Scenario
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, place_of
from reviewer.verdict.changelog import changelog_says
from reviewer.verdict.comparison import difference, with_comparison
from reviewer.verdict.fingerprint import fingerprint
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.looked_up import LOOKUP, Known, with_lookup
from reviewer.verdict.model import with_model
from reviewer.verdict.records import Verdict
from reviewer.verdict.stable import unsettled


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what it was made from, for the sentences that follow; ``weight`` is what
    the tree says of it, as in `reviewer.verdict.tree_evidence.Told`, ``tree`` what it says
    for the changelog, with the fact each sentence stands on."""

    verdict: Verdict
    answer: Answer | None
    raisers: tuple[Raiser, ...]
    change: FunctionChange | None
    weight: int = 1
    tree: tuple[tuple[str, str], ...] = ()


def judge(
    finding: Finding,
    change: FunctionChange | None,
    scenarios: Sequence[Scenario],
    facts: Facts,
    changelog: str | None,
    patch: int,
    ledger: Ledger,
    drift: Callable[[str], tuple[str, ...]],
    known: Known,
) -> Judged:
    """The verdict on one finding.

    ``changelog`` None means that it is not known; ``drift`` gives by scenario what
    comparing its actors with the tree gave; ``known`` is what was compared already.
    """
    place = _place(finding.place) if finding.place else None
    rule = ledger.add("rule", finding.reason, f"rules/{finding.rule}")
    asked = change is not None and finding.place
    scenario = _scenario(finding, place, scenarios, change, facts) if asked and change else None
    if scenario is None or place is None or change is None:
        verdict = _unasked(finding, patch, changelog, rule, known_function=change is not None)
        if change is not None and finding.scenario == LOOKUP:
            verdict = with_lookup(verdict, change, scenarios, facts, ledger, drift, known)
        return Judged(verdict, None, (), change)
    answer, reason = _answer(scenario, finding, change, place, facts)
    if answer is None:
        verdict = _verdict(finding, patch, changelog, "UNDECIDED", reason, rule)
        return Judged(verdict, None, (), change)
    compared = not finding.lost
    standing, reason = difference(answer) if compared else _standing(answer, change)
    verdict = _verdict(finding, patch, changelog, standing, reason, rule)
    if not answer.paths:
        return Judged(verdict, answer, (), change)
    if compared:
        verdict = with_comparison(verdict, answer, ledger, drift(scenario.name))
        return Judged(verdict, answer, (), change)
    raised = raisers(scenario, answer)
    verdict = with_model(verdict, answer, standing, raised, ledger, drift(scenario.name))
    return Judged(verdict, answer, raised, change)


def _unasked(
    finding: Finding, patch: int, changelog: str | None, rule: str, known_function: bool
) -> Verdict:
    """The verdict where no scenario is about the place, or there is none."""
    if not (finding.place and known_function):
        return _verdict(finding, patch, changelog, None, "", rule)
    reason = f"no scenario of the simulation is about {finding.place}"
    return _verdict(finding, patch, changelog, "UNDECIDED", reason, rule)


def _scenario(
    finding: Finding,
    place: Place | None,
    scenarios: Sequence[Scenario],
    change: FunctionChange,
    facts: Facts,
) -> Scenario | None:
    """The scenario the rule names, else the one that fits what the function
    did before the patch."""
    if finding.scenario and finding.scenario != LOOKUP:
        return next((one for one in scenarios if one.name == finding.scenario), None)
    if place is None:
        return None
    return fitting(scenarios, place, change.before.graph, facts)


def _place(text: str) -> Place | None:
    try:
        return place_of(parse_expression(text))
    except ValueError:
        return None


def _answer(
    scenario: Scenario, finding: Finding, change: FunctionChange, place: Place, facts: Facts
) -> tuple[Answer | None, str]:
    """What the scenario says, or why it is too much to ask."""
    try:
        return _examined(scenario, finding, change, place, facts), ""
    except TooLarge as error:
        return None, str(error)


def _examined(
    scenario: Scenario, finding: Finding, change: FunctionChange, place: Place, facts: Facts
) -> Answer:
    before = next((a for a in change.before.accesses if a.line == finding.before_line), None)
    old = _place(before.place) if before is not None else None
    asked = Inquiry(
        file=finding.file,
        before=Side(change.before.graph, old or place, change.callees_before),
        after=Side(change.after.graph, place, change.callees_after),
        lost=finding.lost,
        lost_paths=finding.lost_paths,
        line=finding.line,
    )
    return examine(scenario, asked, facts)


def _standing(answer: Answer, change: FunctionChange) -> tuple[str, str]:
    """The standing on the paths where something was lost, and what is missing
    when it is UNDECIDED."""
    if answer.reasons:
        return "UNDECIDED", "; ".join(answer.reasons)
    lost = [path for path in answer.paths if path.lost]
    runs = [run for path in lost for run in path.after]
    if any(UNKNOWN_NUMBER in run.result.broken for run in runs):
        return "UNDECIDED", (
            "the count is changed by, or compared with, a number the scenario does not know"
        )
    broken = worst(runs)
    if broken is not None:
        before = worst([run for path in lost for run in path.before])
        if before is not None and broken.alone and before.alone:
            return "UNDECIDED", (
                "in the scenario the function breaks a property without any other CPU, before the "
                "patch and after it: what the scenario takes for granted does not hold here"
            )
        asked = broken.asked_again or unsettled(broken, change.after.graph)
        if asked:
            return "UNDECIDED", (
                f"the function turns on {asked} more than once or after it may have changed it, "
                "and what it is then is not known"
            )
        return "CONFIRMED", ""
    if any(run.verdict == "BOUND_REACHED" for run in runs):
        return "UNDECIDED", "the model is larger than the bound on states"
    return "REFUTED_IN_MODEL", ""


def _verdict(
    finding: Finding,
    patch: int,
    changelog: str | None,
    standing: str | None,
    reason: str,
    rule: str,
) -> Verdict:
    return Verdict(
        patch=patch,
        finding=finding,
        severity=_severity(finding, standing, changelog),
        standing=standing,
        undecided=reason,
        model=None,
        witness=(),
        witness_caption="",
        evidence=(),
        facts=(rule,),
        fingerprint=fingerprint(finding),
        changelog=changelog_says(finding, changelog),
    )


def _severity(finding: Finding, standing: str | None, changelog: str | None) -> str:
    if standing == "CONFIRMED":
        return "error"
    if finding.severity == "warning" and changelog_says(finding, changelog) == "explains":
        return "note"
    return finding.severity
