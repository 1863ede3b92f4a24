# SPDX-License-Identifier: GPL-2.0-only
"""All there is to say of one trial of a scenario, as text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reviewer.report.columns import interleaving
from reviewer.report.simulated import Tried, beside, bound, counted_states, usual, where
from reviewer.report.steps import lifted_steps
from reviewer.report.text import called, clean, listed, wrapped
from reviewer.simulation.explore import NOT_REACHED
from reviewer.simulation.follow import Taken
from reviewer.simulation.machine import own
from reviewer.simulation.properties import HARMS
from reviewer.simulation.steps import Branch, Let, Stop
from reviewer.simulation.trace import trace
from reviewer.simulation.trial import HOLDS, Explored
from reviewer.verdict.model import witness
from reviewer.verdict.records import WitnessStep

MOST_ENDS = 12
"""Ends of one run that are listed; JSON has them all."""

HOWS = {
    "skip": "is left out, as if it had taken effect",
    "gone": "is left out with its locks and contexts",
    "again": "gives what was read before",
    "ignore": "is made, and taken to succeed",
    "plain": "is made whatever the count is",
}
_NOTHING_HELD = " ends without a reference"
_STUCK = ("deadlock", "livelock")


def details(one: Tried, width: int) -> list[str]:
    """All there is to say of a trial: the schedule that decides, how the runs
    end, and what the answer rests on."""
    lines: list[str] = []
    for part in (
        _wrapped(_about(one), width),
        _wrapped(_harm(one), width),
        schedule(one, width),
        _wrapped(_ends(one), width),
        _wrapped(_resting(one), width),
    ):
        lines += [*([""] if part else []), *part]
    return lines


def _wrapped(texts: Iterable[str], width: int) -> list[str]:
    """Indented lines in the width there is."""
    found = []
    for text in texts:
        indent = " " * (len(text) - len(text.lstrip(" ")))
        found += wrapped(text, width, indent, indent + "    ")
    return found


def _about(one: Tried) -> Iterator[str]:
    variant = one.trial.variant
    because = f", tried in this scenario because {one.because}" if one.because else ""
    yield f"  {called(one.function)} of {one.file}{because}"
    for change in variant.mutations:
        which = f", call {change.nth + 1}," if change.nth >= 0 else ""
        how = f"{HOWS.get(change.how, '')} ({change.how})".lstrip()
        yield f"  changed: {called(change.call)}{which} {how}"
    for old, new in variant.replace.items():
        if old == new:
            continue
        yield f"  {called(new)} runs in the place of {called(old)}"
    if variant.saves:
        yield f"  leaves out what saves the others: {clean(variant.saves)}"


def _harm(one: Tried) -> Iterator[str]:
    """What is broken, or what holds, in words."""
    scenario, trial = one.trial.scenario, one.trial
    if trial.reason:
        yield f"  not decided: {clean(trial.reason)}"
    stated = {entry.name: entry for entry in (*scenario.properties, *scenario.progress)}
    for name in one.broken:
        text = HARMS.get(name) or stated[name].harm
        yield f"  {name}: {text}"
    if trial.verdict == HOLDS:
        yield f"  holds in every schedule ({counted_states(trial.states)}):"
        yield from (f"    {entry.name}: {entry.text}" for entry in scenario.properties)
        yield f"    {usual()}"
        yield from _alike(one)
    for text in one.decides:
        yield f"  {text}"


def _alike(one: Tried) -> Iterator[str]:
    """Paths on which a function that can end in several ways ends in one only:
    what holds there was hardly put to the test."""
    for path, program in one.programs.items():
        runs = [run for run in one.trial.runs if run.path.name == path]
        ends = {end[run.machine.subject] for run in runs for end in run.result.outcomes}
        ends = {end for end in ends if not end.endswith(NOT_REACHED)}
        ways = {step.text for step in program.steps if isinstance(step, Stop) and not step.cut}
        if len(ends) == 1 and len(ways) > 1:
            yield f"  on path {path} it always ends alike in the model: {ends.pop()}"


# Schedules --------------------------------------------------------------------


def schedule(one: Tried, width: int) -> list[str]:
    """The schedule that breaks the property in question or, where none does, the
    one nearest to it."""
    found = shown_schedule(one)
    if found is None:
        return []
    about, run, steps = found
    rows = interleaving(shown_steps(one, run, steps), width - 4)
    head = _wrapped([f"  {about} ({where(run)}):"], width)
    stuck = _wrapped(_waiting(run, steps), width) if set(_STUCK) & set(one.broken) else []
    return [*head, "", *(f"    {row}" for row in rows), *([""] if stuck else []), *stuck]


def _waiting(run: Explored, steps: Sequence[Taken]) -> Iterator[str]:
    """Where the CPUs stand that are not done when a schedule has ended."""
    if not steps:
        return
    last = steps[-1]
    for cpu, program in enumerate(run.machine.programs):
        # A step tells where the others stand; its own CPU has gone on.
        gone_on = -1 if isinstance(last.step, Stop) else last.step.next
        at = gone_on if cpu == last.cpu else last.state.get(own(cpu, "pc"))
        step = program.steps[at] if at is not None and at >= 0 else None
        if step is not None and not isinstance(step, Let | Branch | Stop):
            origin = step.origin
            yield f"  {called(program.name)} is at {origin.file}:{origin.line}: {origin.text}"


def shown_schedule(one: Tried) -> tuple[str, Explored, Sequence[Taken]] | None:
    """The schedule to show, with what it shows."""
    trial = one.trial
    if one.broken:
        wanted = trial.variant.progress or trial.variant.property
        name = wanted if wanted in one.broken else one.broken[0]
        runs = [run for run in trial.runs if _found(run, name)]
        run = min(runs, key=lambda run: len(_found(run, name)))
        verb = "leads to" if trial.variant.progress else "breaks"
        return f"A schedule that {verb} {name}", run, _found(run, name)
    if one.nearest is not None:
        return "The schedule nearest to harm", *one.nearest
    return None


def _found(run: Explored, name: str) -> Sequence[Taken]:
    return run.result.broken.get(name) or run.result.goals.get(name, ())


def shown_steps(one: Tried, run: Explored, steps: Sequence[Taken]) -> list[WitnessStep]:
    """A schedule as the columns show it: each step with its line, each CPU with
    the file its lines are of."""
    told = witness(trace(one.trial.scenario, run.machine, one.names, steps))
    files: dict[int, str] = {}
    for cpu in {step.cpu for step in told}:
        named = Counter(step.file for step in told if step.cpu == cpu and step.file)
        usual = max(named, key=lambda name: named[name], default="")
        mine = any(step.actor == one.function for step in told if step.cpu == cpu)
        files[cpu] = one.file if mine and one.file in named else usual
    return [
        WitnessStep(
            step.cpu,
            f"{called(step.actor)} {files[step.cpu]}".rstrip(),
            f"{_line(step, files[step.cpu])}{step.step}",
            step.effect,
            step.file,
            step.line,
        )
        for step in told
    ]


def _line(step: WitnessStep, usual: str) -> str:
    """The line of a step, with its file where that is another than usual."""
    if not step.line:
        return ""
    folder, _, name = step.file.rpartition("/")
    if step.file == usual:
        return f"{step.line}: "
    return f"{name if usual.startswith(f'{folder}/') else step.file}:{step.line}: "


# Ends -------------------------------------------------------------------------


def _ends(one: Tried) -> Iterator[str]:
    """How the CPUs can end, run by run; runs that end alike are told together."""
    alike: dict[tuple[object, ...], list[Explored]] = {}
    for run in () if one.trial.reason else one.trial.runs:
        key = (run.path.name, run.company, run.result.outcomes)
        alike.setdefault(key, []).append(run)
    for runs in alike.values():
        first = runs[0]
        yield f"  path {first.path.name}, {beside(first.company)} ({listed(map(_size, runs))}):"
        yield from _ends_of(first, bool(one.trial.scenario.counter))


def _size(run: Explored) -> str:
    assumed = f"{run.assumption.name}, " if run.assumption.text else ""
    how = "" if run.result.complete else ", then the cap was reached"
    return f"{assumed}{counted_states(run.result.states)}{how}"


def _ends_of(run: Explored, counts: bool) -> Iterator[str]:
    """The ends of a run by what the function under review returns; without
    counts there are no references to speak of."""
    at = run.machine.subject
    ends = run.result.outcomes
    for mine in dict.fromkeys(end[at] for end in ends if at >= 0):
        yield f"    {mine if counts else mine.replace(_NOTHING_HELD, ' ends')}"
        others = [[*end[:at], *end[at + 1 :]] for end in ends if end[at] == mine]
        told = [_others(other) for other in others if counts and other]
        yield from (f"      {text}" for text in told[:MOST_ENDS])
        if len(told) > MOST_ENDS:
            yield f"      and {len(told) - MOST_ENDS} more ends"
    if not ends:
        yield "    no end is reached"


def _others(ends: Sequence[str]) -> str:
    """How the others end, CPUs that end alike together."""
    return "; ".join(
        text if number == 1 else f"{number} CPUs: {text}" for text, number in Counter(ends).items()
    )


# What it rests on -------------------------------------------------------------


def _resting(one: Tried) -> Iterator[str]:
    """Assumptions, what is not modelled, and the bound."""
    passed = set(one.real.ignore) if one.real is not None else set()
    unmodelled = [call for call in one.told("unmodelled") if call.rstrip("()") not in passed]
    for assumption in dict.fromkeys(run.assumption for run in one.trial.runs):
        if assumption.text:
            yield f"  {assumption.name}: {assumption.text}"
    for head, texts in (
        ("taken for granted: ", one.told("assumptions")),
        ("not modelled: ", unmodelled),
        ("passed over, as the scenario says: ", sorted(map(called, passed))),
        ("passed over, as nothing of the scenario is given to it: ", one.told("ignored")),
        ("locks the scenario does not have: ", one.told("unbound")),
    ):
        if texts:
            yield f"  {head}{('; ' if ' ' in texts[0] else ', ').join(texts)}"
    yield f"  bound: {bound(one)}"


def listed_steps(one: Tried) -> Iterator[str]:
    """The steps of the function, path by path."""
    scenario = one.trial.scenario
    objects = [one.names.get(role, role) for role in scenario.objects]
    known: dict[tuple[str, ...], str] = {}
    for path, program in one.programs.items():
        steps = tuple(lifted_steps(program, objects, scenario.counter or "count"))
        yield f"{scenario.name} {one.label}, path {path}: {called(one.function)} of {one.file}"
        if steps in known:
            yield f"  the same steps as on path {known[steps]}"
        else:
            known[steps] = path
            yield from steps
        yield ""
    yield from (text for text in _resting(one) if not text.startswith("  bound"))
