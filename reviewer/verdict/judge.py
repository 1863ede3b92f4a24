# SPDX-License-Identifier: GPL-2.0-only
"""Join a finding with what the simulation says of it."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer.checker.records import Finding
from reviewer.checker.rules import FunctionChange
from reviewer.facts import Facts
from reviewer.simulation.answer import DISTURBED, HARMS, Run, shown, simplest, worst
from reviewer.simulation.examine import Answer, PathAnswer, examine, fits
from reviewer.simulation.raising import Raiser, raisers
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.trace import TraceStep
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, place_of
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.records import ImageResult, Model, PathResult, Verdict, WitnessStep
from reviewer.verdict.words import counter_name, listed, lock_name


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what it was made from, for the sentences that follow."""

    verdict: Verdict
    answer: Answer | None
    raisers: tuple[Raiser, ...]
    change: FunctionChange


def judge(
    finding: Finding,
    change: FunctionChange,
    scenarios: Sequence[Scenario],
    facts: Facts,
    changelog: str | None,
    patch: int,
    ledger: Ledger,
    drift: Mapping[str, tuple[str, ...]],
) -> Judged:
    """The verdict on one finding.

    ``changelog`` None means that it is not known; ``drift`` maps scenarios to
    what comparing their actors with the tree gave.
    """
    place = _place(finding.place)
    scenario = next((s for s in scenarios if place is not None and fits(s, place)), None)
    rule = ledger.add("rule", finding.reason, f"rules/{finding.rule}")
    if scenario is None or place is None:
        reason = f"no scenario of the simulation has {counter_name(finding.place)}"
        return Judged(_verdict(finding, patch, changelog, "UNDECIDED", reason, rule), None, (), change)
    answer = _examined(scenario, finding, change, place, facts)
    standing, reason = _standing(answer)
    verdict = _verdict(finding, patch, changelog, standing, reason, rule)
    if not answer.paths:
        return Judged(verdict, answer, (), change)
    raising = raisers(scenario, answer)
    verdict = _with_model(verdict, answer, standing, raising, ledger, drift.get(scenario.name, ()))
    return Judged(verdict, answer, raising, change)


def _place(text: str) -> Place | None:
    try:
        return place_of(parse_expression(text))
    except ValueError:
        return None


def _examined(
    scenario: Scenario, finding: Finding, change: FunctionChange, place: Place, facts: Facts
) -> Answer:
    before = next(
        (a for a in change.before.accesses if a.line == finding.before_line), None
    )
    before_place = _place(before.place) if before is not None else None
    return examine(
        scenario,
        change.before.graph,
        change.after.graph,
        finding.file,
        before_place or place,
        place,
        finding.lost,
        finding.lost_paths,
        finding.line,
        facts,
    )


def _standing(answer: Answer) -> tuple[str, str]:
    """The standing on the paths where something was lost, and what is missing
    when it is UNDECIDED."""
    if answer.reasons:
        return "UNDECIDED", "; ".join(answer.reasons)
    runs = [run for path in answer.paths if path.lost for run in path.after]
    if any(run.verdict == "VIOLATED" for run in runs):
        return "CONFIRMED", ""
    if any(run.verdict == "BOUND_REACHED" for run in runs):
        return "UNDECIDED", "the model is larger than the bound on states"
    return "REFUTED_IN_MODEL", ""


def _verdict(
    finding: Finding, patch: int, changelog: str | None, standing: str, reason: str, rule: str
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


def _severity(finding: Finding, standing: str, changelog: str | None) -> str:
    if standing == "CONFIRMED":
        return "error"
    if finding.severity == "warning" and changelog_says(finding, changelog) == "explains":
        return "note"
    return finding.severity


_EXPLAINS = re.compile(r"\b(?:un|dead)?lock(?:s|ed|ing|less|lessly)?\b|\brac(?:e|es|y|ing)\b", re.I)


def changelog_says(finding: Finding, changelog: str | None) -> str:
    """``explains`` when the changelog speaks of what the access lost: of a
    lock by its name, or of locking at all; else ``silent``, or ``unknown``."""
    if changelog is None:
        return "unknown"
    names = {part for lock in finding.lost for part in re.findall(r"\w+", lock)[1:]}
    words = set(re.findall(r"\w+", changelog))
    told = bool(words & names) or _EXPLAINS.search(changelog) is not None
    return "explains" if told else "silent"


def fingerprint(finding: Finding) -> str:
    """A name for the finding that does not change with line numbers."""
    parts = (finding.rule, finding.file, finding.function, finding.place, *finding.lost)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


# The model ------------------------------------------------------------------


def _with_model(
    verdict: Verdict,
    answer: Answer,
    standing: str,
    raising: Sequence[Raiser],
    ledger: Ledger,
    drift: tuple[str, ...],
) -> Verdict:
    model = _model(answer, drift)
    steps, caption = _witness(answer, standing)
    evidence = _evidence(verdict.finding, raising)
    source = f"rules/actors/{answer.scenario.name}"
    ids = [*verdict.facts, *(ledger.add("model", text, source) for text in evidence)]
    ids.append(ledger.add("model", _summary(verdict.finding, model, standing), source))
    if model.guard_removed:
        ids.append(ledger.add("model", model.guard_removed, source))
    return replace(
        verdict,
        model=model,
        witness=witness(steps),
        witness_caption=caption,
        evidence=evidence,
        facts=tuple(ids),
    )


def witness(steps: Iterable[TraceStep]) -> tuple[WitnessStep, ...]:
    """A schedule of the simulation as the review keeps it."""
    return tuple(
        WitnessStep(s.cpu, s.actor, s.step, s.effect, s.file, s.line) for s in steps
    )


def _model(answer: Answer, drift: tuple[str, ...]) -> Model:
    lost = [path for path in answer.paths if path.lost]
    guards = [guard for path in lost for guard in path.guards]
    first = guards[0] if guards else None
    return Model(
        scenario=answer.scenario.name,
        bound=_bound(answer),
        before=_image([run for path in lost for run in path.before]),
        after=_image([run for path in lost for run in path.after]) or _NO_RUN,
        paths=tuple(result for path in answer.paths for result in _path_results(path)),
        guard=(first.step.origin.text, first.step.origin.line) if first else None,
        guard_removed=_removed(first.step.origin.text, first.without) if first else "",
        assumptions=answer.assumptions,
        unmodelled=answer.unmodelled,
        drift=drift,
    )


_NO_RUN = ImageResult("BOUND_REACHED", 0, 0, (), "")


def _bound(answer: Answer) -> str:
    companies = {run.company for path in answer.paths for run in path.after}
    listed_companies = sorted(" + ".join(f"1 {name}()" for name in one) for one in companies)
    return (
        f"beside one call of the function: {', or '.join(listed_companies)}; "
        f"folios of one page; loops of unknown length at most twice; sequentially consistent"
    )


def _image(runs: Sequence[Run]) -> ImageResult | None:
    if not runs:
        return None
    broken = worst(runs)
    verdicts = {run.verdict for run in runs}
    verdict = next(v for v in ("VIOLATED", "BOUND_REACHED", "HOLDS") if v in verdicts)
    ends = {", ".join(end) for run in runs for end in run.result.outcomes}
    return ImageResult(
        verdict=verdict,
        states=sum(run.result.states for run in runs),
        transitions=sum(run.result.transitions for run in runs),
        outcomes=tuple(sorted(ends)),
        property=_harm(broken) if broken else "",
    )


def _harm(run: Run) -> str:
    return HARMS.get(run.broken) or run.harm_text


def _path_results(path: PathAnswer) -> list[PathResult]:
    results = []
    assumptions = list(dict.fromkeys(run.assumption for run in path.after))
    for assumption in assumptions:
        after = [run for run in path.after if run.assumption == assumption]
        before = [run for run in path.before if run.assumption == assumption]
        image = _image(after)
        assert image is not None
        guard = path.guards[0].step.origin if path.guards else None
        results.append(
            PathResult(
                path=path.condition,
                assumption=assumption.text,
                before=_image(before),
                after=image,
                guard=(guard.text, guard.line) if guard else None,
                saved_by=_saved(path),
            )
        )
    return results


def _saved(path: PathAnswer) -> str:
    """What else saves a path on which the function has no guard."""
    if not path.saved_by:
        return ""
    told = listed(path.saved_by)
    return told if path.stores_count else f"{told}; and nothing on this path overwrites the count"


def _removed(call: str, without: Run) -> str:
    steps = len(shown_schedule(without))
    return f"without {call} the model breaks in {steps} steps: {_harm(without)}"


def shown_schedule(run: Run) -> tuple[TraceStep, ...]:
    """The schedule that breaks the worst property of a run."""
    return shown(run.scenario, run, run.result.broken[run.broken])


def _witness(answer: Answer, standing: str) -> tuple[tuple[TraceStep, ...], str]:
    runs = [run for path in answer.paths if path.lost for run in path.after]
    if standing == "CONFIRMED":
        broken = worst(runs)
        assert broken is not None
        name = broken.broken
        found = simplest(
            runs, lambda run: name in run.result.broken, lambda run: len(run.result.broken[name])
        )
        assert found is not None
        run, needs = found
        return (
            shown(answer.scenario, run, run.result.broken[name]),
            f"This schedule does harm: {_harm(broken)}{given(run, needs)}",
        )
    return _nearest(answer, runs)


def given(run: Run, needs: bool) -> str:
    """The assumption a schedule needs, when it does."""
    return f", where {run.assumption.text}" if needs else ""


def _nearest(answer: Answer, runs: Sequence[Run]) -> tuple[tuple[TraceStep, ...], str]:
    """The simplest schedule in which the guard fails after the access had
    passed, or else in which another CPU changes what was read."""
    guards = {
        guard.step.origin for path in answer.paths if path.lost for guard in path.guards
    }
    names = sorted({name for run in runs for name in run.result.goals})
    for name in names:
        found = simplest(
            runs, lambda run: name in run.result.goals, lambda run: len(run.result.goals[name])
        )
        assert found is not None
        run, needs = found
        schedule = run.result.goals[name]
        if schedule[-1].step.origin in guards if guards else name == DISTURBED:
            steps = shown(answer.scenario, run, schedule)
            return steps, f"The nearest schedule to harm{given(run, needs)}"
    return (), ""


def _evidence(finding: Finding, raising: Sequence[Raiser]) -> tuple[str, ...]:
    """Who of the scenario raises the count, and whether under the lost lock."""
    texts = []
    for lock in finding.lost:
        without = sorted({r.actor for r in raising if lock not in r.locks})
        holding = sorted({r.actor for r in raising if lock in r.locks})
        if without and not holding:
            names = listed([f"{name}()" for name in without])
            texts.append(
                f"{lock_name(lock)} does not serialise {counter_name(finding.place)}: "
                f"{names} raise it without that lock"
            )
    return tuple(texts)


def _summary(finding: Finding, model: Model, standing: str) -> str:
    if standing == "CONFIRMED":
        return f"a schedule does harm in {finding.function}(): {model.after.property}"
    if standing == "REFUTED_IN_MODEL":
        return (
            f"no schedule within the bound ({model.bound}) does harm in {finding.function}(): "
            f"{model.after.states} states"
        )
    return f"the simulation does not decide about {finding.function}()"
