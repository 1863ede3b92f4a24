# SPDX-License-Identifier: GPL-2.0-only
"""What the simulation found, as the review tells it."""

from collections.abc import Iterable, Sequence

from reviewer.checker.records import Finding
from reviewer.record import replace
from reviewer.simulation.answer import DISTURBED, Run, checks_of, shown, simplest, worst
from reviewer.simulation.examine import Answer, PathAnswer
from reviewer.simulation.explore import way_to_end
from reviewer.simulation.properties import HARMS
from reviewer.simulation.raising import Raiser
from reviewer.simulation.scenario import Assumption
from reviewer.simulation.trace import TraceStep
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.records import (
    ImageResult,
    Model,
    NewOutcome,
    PathResult,
    Verdict,
    WitnessStep,
)
from reviewer.verdict.words import counter_name, listed, lock_name


def with_model(
    verdict: Verdict,
    answer: Answer,
    standing: str,
    raising: Sequence[Raiser],
    ledger: Ledger,
    drift: tuple[str, ...],
) -> Verdict:
    model = model_of(answer, drift)
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
    return tuple(WitnessStep(s.cpu, s.actor, s.step, s.effect, s.file, s.line) for s in steps)


def model_of(answer: Answer, drift: tuple[str, ...]) -> Model:
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
        new_outcomes=new_outcomes(
            [run for path in lost for run in path.before],
            [run for path in lost for run in path.after],
        ),
    )


MOST_OUTCOMES = 4


def new_outcomes(before: Sequence[Run], after: Sequence[Run]) -> tuple[NewOutcome, ...]:
    """The first ends that only the after image has, each with a schedule."""
    old = {", ".join(end) for run in before for end in run.result.outcomes}
    found: dict[str, NewOutcome] = {}
    for run in after if before else ():
        for end in run.result.outcomes:
            text = ", ".join(end)
            if text in old or text in found or len(found) == MOST_OUTCOMES:
                continue
            checks = checks_of(run.scenario, run.machine)
            steps = shown(run.scenario, run, way_to_end(run.machine, checks, end))
            found[text] = NewOutcome(text, witness(steps))
    return tuple(sorted(found.values(), key=lambda one: one.outcome))


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
        property=harm(broken) if broken else "",
    )


def harm(run: Run) -> str:
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
                saved_by=_saved(path, assumption),
            )
        )
    return results


def _saved(path: PathAnswer, assumption: Assumption) -> str:
    """What else saves a path on which the function has no guard, where the
    machine is like this: another CPU's behaviour, or the machine itself."""
    if not path.saved_by:
        return ""
    told = [one.text for one in path.saved_by if assumption.name in one.assumptions]
    words = listed(told or [assumption.text])
    return words if path.stores_count else f"{words}; and nothing on this path overwrites the count"


def _removed(call: str, without: Run) -> str:
    steps = len(shown_schedule(without))
    return f"without {call} the model breaks in {steps} steps: {harm(without)}"


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
            f"This schedule does harm: {harm(broken)}{given(run, needs)}",
        )
    return _nearest(answer, runs)


def given(run: Run, needs: bool) -> str:
    """The assumption a schedule needs, when it does."""
    return f", where {run.assumption.text}" if needs else ""


def _nearest(answer: Answer, runs: Sequence[Run]) -> tuple[tuple[TraceStep, ...], str]:
    """The simplest schedule in which the guard fails after the access had
    passed, or else in which another CPU changes what was read."""
    guards = {guard.step.origin for path in answer.paths if path.lost for guard in path.guards}
    for name in sorted({name for run in runs for name in run.result.goals}):
        run, needs = _simplest_goal(runs, name)
        schedule = run.result.goals[name]
        if schedule[-1].step.origin in guards if guards else name == DISTURBED:
            steps = shown(answer.scenario, run, schedule)
            return steps, f"The nearest schedule to harm{given(run, needs)}"
    return (), ""


def _simplest_goal(runs: Sequence[Run], name: str) -> tuple[Run, bool]:
    found = simplest(
        runs, lambda run: name in run.result.goals, lambda run: len(run.result.goals[name])
    )
    assert found is not None
    return found


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
