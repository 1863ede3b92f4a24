# SPDX-License-Identifier: GPL-2.0-only
"""Judge a finding about an object that the function looks up: in a scenario about
any object, both images compared."""

import re
from collections.abc import Callable, Iterator, Sequence

from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.record import replace
from reviewer.simulation.answer import Run, shown, worst
from reviewer.simulation.binding import Binding, bindings_of, side_of
from reviewer.simulation.differential import Difference, compare, held_beside
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.trial import HOLDS, VIOLATED, Options, Trial
from reviewer.verdict.comparable import LIFETIME, comparable, told
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.model import harm, new_outcomes, witness
from reviewer.verdict.records import ImageResult, Model, Verdict
from reviewer.verdict.stable import unsettled
from reviewer.verdict.words import listed

LOOKUP = "lookup"
"""The word by which a rule asks for whichever scenario speaks of a lookup."""
CAP = 3_000
"""Machines of these scenarios have some hundred states; one with more is of a
function that does much beside."""
_WORD = re.compile(r"\w+")

Drift = Callable[[str], tuple[str, ...]]
Known = dict[tuple[str, str, int, str], Difference | None]
"""What was compared already, of one patch: file, function, where it stands, object."""


def with_lookup(
    verdict: Verdict,
    change: FunctionChange,
    scenarios: Sequence[Scenario],
    facts: Facts,
    ledger: Ledger,
    drift: Drift,
    known: Known,
) -> Verdict:
    """The verdict with a schedule of harm, where the patch makes one possible;
    else as it was, for who else uses the object is not known.

    It is UNDECIDED all the same: whether anybody takes the object away like this,
    while the function runs, is not looked up in the tree.
    """
    if change.partial:
        return verdict
    for one in bindings_of(
        scenarios, change.before.graph, verdict.finding.file, facts, change.callees_before
    ):
        if not (_about(one, verdict.finding) and comparable(one, change, facts)):
            continue
        found = _found(one, change, facts, known)
        broken = _broken(one, found, change) if found is not None else None
        if found is not None and broken is not None:
            return _told(verdict, one, found, broken, ledger, drift(one.scenario.name))
    return verdict


def _found(one: Binding, change: FunctionChange, facts: Facts, known: Known) -> Difference | None:
    """Both versions compared, once for all findings; None where that is too much."""
    which = (change.file, change.name, change.before.graph.function.loc.start, one.object)
    if which not in known:
        try:
            known[which] = _compared(one, change, facts)
        except TooLarge:
            known[which] = None
    return known[which]


def _about(one: Binding, finding: Finding) -> bool:
    """Whether a finding speaks of the object, or of where it comes from."""
    told = " ".join((finding.message, finding.reason, finding.place, *finding.causes))
    return one.object in _WORD.findall(told) or one.source.removesuffix(")") in told


def _compared(one: Binding, change: FunctionChange, facts: Facts) -> Difference:
    file = change.file
    before = side_of(one, change.before.graph, file, facts, change.callees_before)
    after = side_of(one, change.after.graph, file, facts, change.callees_after)
    return compare(one.scenario, one.real, before, after, facts, Options(cap=CAP))


def _broken(one: Binding, found: Difference, change: FunctionChange) -> Run | None:
    """The run that does harm, unless what it turns on may have changed meanwhile."""
    if found.verdict != VIOLATED or found.after is None:
        return None
    broken = worst(list(_runs(one, found.after)))
    if broken is None or found.before is None or broken.broken not in (*LIFETIME, *_stated(one)):
        return None
    if broken.asked_again or unsettled(broken, change.after.graph):
        return None
    old = next(run for run in found.before.runs if run.company == broken.company)
    return broken if told(broken, old.machine.programs[old.machine.subject]) else None


def _stated(one: Binding) -> tuple[str, ...]:
    """The properties of the scenario itself."""
    return tuple(entry.name for entry in one.scenario.properties)


def _runs(one: Binding, done: Trial) -> Iterator[Run]:
    for run in done.runs:
        yield Run(one.scenario, run.path, run.assumption, run.company, run.machine, run.result, {})


def _told(
    verdict: Verdict,
    one: Binding,
    found: Difference,
    broken: Run,
    ledger: Ledger,
    drift: tuple[str, ...],
) -> Verdict:
    assert found.after is not None
    function = verdict.finding.function
    source = f"rules/actors/{one.scenario.name}"
    beside = f" beside {listed([f'{name}()' for name in broken.company])}"
    text = f"a schedule does harm in {function}(){beside}: {harm(broken)}"
    apart = held_beside(found.after)
    undecided = _where(found, apart)
    taken = f"before the patch {function}() {one.because.removeprefix('it ')}"
    model = _model(one, found, drift)
    return replace(
        verdict,
        standing="UNDECIDED",
        undecided=undecided,
        model=model,
        witness=witness(shown(one.scenario, broken, broken.result.broken[broken.broken])),
        witness_caption=f"If the object is taken away like this, {harm(broken)}",
        evidence=(f"{taken}, and no schedule does harm",),
        facts=(*verdict.facts, ledger.add("model", text, source)),
    )


def _model(one: Binding, found: Difference, drift: tuple[str, ...]) -> Model:
    assert found.before is not None and found.after is not None
    before, after = (_asked(one, done, found) for done in (found.before, found.after))
    return Model(
        scenario=one.scenario.name,
        bound=_bound(found),
        before=_image(before),
        after=_image(after),
        paths=(),
        guard=None,
        guard_removed="",
        assumptions=_assumed(found.after),
        unmodelled=(),
        drift=drift,
        new_outcomes=new_outcomes(before, after),
    )


def _where(found: Difference, apart: Sequence[str]) -> str:
    """Beside whom the new version does harm, and what is not known of that."""
    harmed = listed([f"{name}()" for name in found.companies if name not in apart])
    none = f", and none beside {listed([f'{name}()' for name in apart])}" if apart else ""
    return (
        f"the code after the patch does harm beside {harmed}{none}; whether the object is taken "
        "away so while the function runs is not looked up in the tree"
    )


def _bound(found: Difference) -> str:
    actors = listed([f"{name}()" for name in found.companies], "or")
    return (
        f"beside one call of the function: {actors}, which takes the object away and beside which "
        "the code before the patch does no harm; loops of unknown length at most twice; "
        "sequentially consistent"
    )


def _asked(one: Binding, done: Trial, found: Difference) -> list[Run]:
    """The runs beside those beside whom the code before the patch does no harm."""
    return [run for run in _runs(one, done) if set(run.company) <= set(found.companies)]


def _image(runs: Sequence[Run]) -> ImageResult:
    broken = worst(runs)
    ends = {", ".join(end) for run in runs for end in run.result.outcomes}
    return ImageResult(
        verdict=VIOLATED if broken else HOLDS,
        states=sum(run.result.states for run in runs),
        transitions=sum(run.result.transitions for run in runs),
        outcomes=tuple(sorted(ends)),
        property=harm(broken) if broken else "",
    )


def _assumed(done: Trial) -> tuple[str, ...]:
    """What lifting the function took for granted."""
    programs = (run.machine.programs[run.machine.subject] for run in done.runs)
    return tuple(dict.fromkeys(text for program in programs for text in program.assumptions))
