# SPDX-License-Identifier: GPL-2.0-only
"""What ``mmreview simulate`` tries: the variants of a scenario, on its own functions
and on those of a tree, or one function of a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reviewer.frontend.inputs import InputError
from reviewer.frontend.meter import Meter
from reviewer.frontend.subjects import Missing, callees, function_of, names_of, shown, subject
from reviewer.record import dataclass, replace
from reviewer.report.simulated import Tried, beside
from reviewer.simulation.answer import guards
from reviewer.simulation.assemble import NO_ROLES, Subject, lift_subject
from reviewer.simulation.differential import NO_VARIANT, UNNOTICED, held_beside, noticed
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.properties import HARMS
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Path, Real, Scenario, Variant
from reviewer.simulation.single import Choice, choice_in, choices, misfits, nearest, paths_of
from reviewer.simulation.steps import Access
from reviewer.simulation.trial import (
    HOLDS,
    VIOLATED,
    Explored,
    Options,
    Trial,
    trial,
    variants_of,
)

if TYPE_CHECKING:
    from reviewer.cfg.graph import Graph
    from reviewer.facts import Facts
    from reviewer.simulation.steps import Program

MOST_PLACES = 4
UNLIKE = (
    "it is broken, or does not do what it was taken to do (--scenario with that name shows the "
    "schedule)"
)


@dataclass(frozen=True, slots=True)
class How:
    """How to try: ``run`` is off where only the steps are wanted, ``fully`` on
    where the schedule nearest to harm is wanted too; ``path`` is the only path
    (empty: all); ``meter`` is told what is run, and what is left out."""

    facts: "Facts"
    options: Options
    meter: Meter
    run: bool = True
    fully: bool = False
    path: str = ""


# Scenarios --------------------------------------------------------------------


def of_scenario(
    scenario: Scenario,
    variants: Sequence[Variant],
    how: How,
    find: Callable[[Scenario, Real], Subject] | None,
) -> Iterator[Tried]:
    """The variants, on the functions of the scenario, then on those of a tree."""
    wanted = [one for one in (_on_path(scenario, v, how.path) for v in variants) if one]
    for variant in wanted:
        if variant.subject:
            graph = scenario.actors[variant.subject]
            own = Subject(graph, scenario.actor_files[variant.subject], {})
            yield _tried(scenario, variant, own, None, how)
    told: set[str] = set()
    for real in scenario.reals if find is not None else ():
        named = {variant.name for variant in variants_of(scenario, real)}
        some = [variant for variant in wanted if variant.name in named]
        try:
            found = find(scenario, real) if find is not None and some else None
        except Missing as error:
            if str(error) not in told:
                how.meter.say(f"{scenario.name}: {error}: not tried")
            told.add(str(error))
            continue
        if found is not None:
            yield from (_tried(scenario, variant, found, real, how) for variant in some)


def _on_path(scenario: Scenario, variant: Variant, path: str) -> Variant | None:
    """The variant on one path only; None where it is not about that path."""
    if not path:
        return variant
    _known_path(scenario, path)
    if variant.paths and path not in variant.paths:
        return None
    return replace(variant, paths=(path,))


def _known_path(scenario: Scenario, path: str) -> None:
    known = [one.name for one in scenario.paths]
    if path and path not in known:
        raise InputError(f"{scenario.name} has no path {path} (there are {', '.join(known)})")


def _tried(scenario: Scenario, variant: Variant, on: Subject, real: Real | None, how: How) -> Tried:
    paths = [one for one in scenario.paths if not variant.paths or one.name in variant.paths]
    errors = on.graph.function.errors
    reason = f"part of the function could not be parsed ({errors[0]})" if errors else ""
    return _run(scenario, variant, on, real, how, paths, lambda programs: reason, True)


def _run(
    scenario: Scenario,
    variant: Variant,
    on: Subject,
    real: Real | None,
    how: How,
    paths: Sequence[Path],
    misfit: "Callable[[Mapping[str, Program]], str]",
    expected: bool,
) -> Tried:
    """Lift a function on each path and explore it, unless it does not fit."""
    name = real.function if real is not None else ""
    how.meter.now(f"{scenario.name} {variant.name or name}")
    programs: dict[str, Program] = {}
    reason = ""
    called = real.roles.called if real is not None else {}
    changes = [replace(one, call=called.get(one.call, one.call)) for one in variant.mutations]
    try:
        for path in paths:
            programs[path.name] = lift_subject(scenario, path, on, how.facts, changes)
    except ActorError as error:
        reason = str(error)
    reason = reason or misfit(programs)
    done = Trial(scenario, variant, name, (), 0.0, reason)
    if how.run and not reason:
        try:
            done = trial(scenario, variant, how.facts, how.options, real, on)
        except TooLarge as error:
            done = replace(done, reason=_endless(str(error), scenario))
    tried = Tried(
        done,
        programs,
        on.graph.function.name,
        on.file,
        names_of(on),
        real,
        expected,
        how.options.cap,
    )
    return _nearest(tried, how) if how.fully and done.verdict == HOLDS else tried


def _endless(told: str, scenario: Scenario) -> str:
    """That a count grows for ever, in words: the message begins with a field."""
    field, _, rest = told.partition(" ")
    number = field.rsplit(".", 1)[-1]
    objects = list(scenario.objects)
    if not number.isdecimal() or not 0 < int(number) <= len(objects):
        return told
    return f"the number of references to {objects[int(number) - 1]} grows: it {rest}"


def _nearest(one: Tried, how: How) -> Tried:
    """With the schedule that comes nearest to harm."""
    found = nearest(one.trial.scenario, one.trial.runs, one.programs, one.cap, how.options.progress)
    return replace(one, nearest=found)


# One function -----------------------------------------------------------------


def of_file(
    file: str, wanted: str, scenario: Scenario | None, all_of_them: Sequence[Scenario], how: How
) -> Tried | None:
    """One function of a file, in the scenario named or in the one that fits;
    None, and a line that says so, where none does."""
    from reviewer.cfg.build import build

    source, function = function_of(file, wanted)
    graph = build(function, how.facts)
    if scenario is not None:
        choice = choice_in(scenario, graph, file, how.facts, callees(source, how.facts))
    else:
        found = choices(all_of_them, graph, file, how.facts, callees(source, how.facts))
        if not found:
            how.meter.say(f"{file}: {function.name}(): {_unfitting(graph, how.facts)}")
            return None
        choice = found[0]
        others = sorted({one.scenario.name for one in found} - {choice.scenario.name})
        if others:
            how.meter.say(
                f"tried in {choice.scenario.name}; --scenario {' or '.join(others)} fits too"
            )
    given = choice.real.roles if choice.real is not None else None
    place = choice.place
    on = subject(choice.scenario, source, function, shown(file), place, given, how.facts)
    return _alone(choice, on, how, tentative=scenario is None)


def _unfitting(graph: "Graph", facts: "Facts") -> str:
    """Why no scenario is about a function."""
    from reviewer.simulation.roles import touches

    places = list(dict.fromkeys(str(touch.place) for touch in touches(graph, facts)))
    shown_places = ", ".join(places[:MOST_PLACES]) + (", ..." if len(places) > MOST_PLACES else "")
    told = f"what it touches ({shown_places})" if places else "it: it touches nothing known"
    return f"no scenario fits {told}; --scenario NAME chooses one"


def _alone(choice: Choice, on: Subject, how: How, tentative: bool) -> Tried:
    scenario, function = choice.scenario, on.graph.function
    names = names_of(on)
    _known_path(scenario, how.path)
    paths = [path for path in paths_of(scenario, on, names) if how.path in ("", path.name)]
    variant = replace(_as_written(choice), paths=tuple(path.name for path in paths))
    real = choice.real or Real(on.file, function.name, NO_ROLES, (), (), "")

    def misfit(programs: "Mapping[str, Program]") -> str:
        if not paths:
            return f"no path of the scenario {scenario.name} is one of the function"
        return "; ".join(misfits(choice, on.graph, names, programs))

    one = _run(scenario, variant, on, real, how, paths, misfit, False)
    one = replace(one, because=choice.because)
    if one.trial.reason or not how.run:
        return one
    if scenario.lookup is not None:
        one = _beside_some(one, on, how, tentative and bool(choice.found))
    elif tentative and choice.real is None and one.trial.verdict == VIOLATED:
        one = _perhaps(one)
    if how.fully and one.trial.verdict == HOLDS:
        return replace(one, decides=(*one.decides, *_deciding(one, on, paths, how)))
    return one


def _as_written(choice: Choice) -> Variant:
    """Who runs beside a function: for one that a scenario about any object names,
    those beside whom it must hold."""
    if choice.scenario.lookup is not None and choice.real is not None and not choice.found:
        for one in variants_of(choice.scenario, choice.real):
            if one.expect == HOLDS and not one.progress:
                return replace(NO_VARIANT, replace=one.replace, companies=one.companies)
    return NO_VARIANT


def _perhaps(one: Tried) -> Tried:
    """Harm in a scenario nobody named is told of a function that changes the
    words the scenario has; any other may merely count the same objects."""
    stores = (
        isinstance(step, Access) and step.index is None and step.op != "load"
        for program in one.programs.values()
        for step in program.steps
    )
    if one.trial.scenario.fits or any(stores):
        return one
    broken = ", ".join(one.trial.broken)
    reason = f"it breaks {broken} there: {UNLIKE}"
    return replace(one, trial=replace(one.trial, reason=reason))


def _beside_some(one: Tried, on: Subject, how: How, tentative: bool) -> Tried:
    """Who takes an object away, and how, is not written in the function that
    finds it: it is right where some actor is beside which it holds.  Where there
    is none its roles may be others, if it was the program that found them."""
    runs = tuple(run for run in one.trial.runs if run.company)
    done = replace(one.trial, runs=runs)
    if any(not run.result.complete and not run.result.broken for run in runs):
        bound = tuple(run for run in runs if not run.result.broken)
        return replace(one, trial=replace(done, runs=bound))
    held = held_beside(done)
    if one.real is None or not (held or tentative):
        return one
    if not held:
        broken = ", ".join(done.broken)
        reason = f"whoever takes the object away, it breaks {broken}: {UNLIKE}"
        reason = reason if broken else "nobody takes the object away (--actors)"
        return replace(one, trial=replace(done, reason=reason))
    asked = replace(done.variant, companies=held)
    if not noticed(done.scenario, one.real, asked, on, how.facts, how.options):
        return replace(one, trial=replace(done, reason=UNNOTICED))
    others = [run for run in runs if not set(run.company) & set(held)]
    left = tuple(run for run in runs if run not in others)
    return replace(
        one,
        trial=replace(done, runs=left),
        decides=tuple(_apart(run) for run in others),
        only=tuple(dict.fromkeys(name for run in left for name in run.company)) if others else (),
    )


def _apart(run: Explored) -> str:
    """What goes wrong beside an actor, in words."""
    broken = list(run.result.broken)
    if broken == ["deadlock"]:
        return (
            f"{beside(run.company)} nobody goes on: it may return inside a read side or with "
            "interrupts off, and what its caller does then is not known"
        )
    return f"not so {beside(run.company)}, where it breaks {', '.join(broken)}"


def _deciding(one: Tried, on: Subject, paths: Sequence[Path], how: How) -> Iterator[str]:
    """The steps without which the function would do harm."""
    told = set()
    for path in paths:
        for guard in guards(one.trial.scenario, on, path, how.facts, 0):
            at = guard.step.origin
            harm = HARMS.get(guard.without.broken) or guard.without.harm_text
            if (at.line, at.text) not in told:
                told.add((at.line, at.text))
                yield f"decided by line {at.line}, {at.text}: without it {harm}"
