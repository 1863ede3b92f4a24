# SPDX-License-Identifier: GPL-2.0-only
"""Answer for one function: what can other CPUs do to it, before and after?"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from reviewer.facts import Facts
from reviewer.record import dataclass, replace
from reviewer.simulation.actions import (
    DONE,
    NEW,
    OBJECT,
    OLD,
    Term,
    every,
    fld,
    negated,
    op,
    value_in,
)
from reviewer.simulation.assemble import Actors, Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.follow import Taken
from reviewer.simulation.machine import ENTERED, Machine, own
from reviewer.simulation.model import Goal, Property
from reviewer.simulation.predicate import predicate
from reviewer.simulation.properties import HARMS, count_checks, thawed
from reviewer.simulation.prune import prune
from reviewer.simulation.scenario import Assumption, Path, Scenario
from reviewer.simulation.steps import (
    Access,
    Branch,
    Context,
    Let,
    Program,
    Step,
    Stop,
    Wait,
    const,
)
from reviewer.simulation.trace import TraceStep, trace

RANK = list(HARMS)
DISTURBED = "disturbed"
Goals = Callable[[Machine], Sequence[Goal]]

_MAY_CHANGE = re.compile(r"\w\(|->|\*")
"""What is called, or reached through a pointer."""


@dataclass(frozen=True, slots=True)
class Run:
    """One exploration of one image on one path beside one company; ``names``
    are the function's names for the roles of the scenario."""

    scenario: Scenario
    path: Path
    assumption: Assumption
    company: tuple[str, ...]
    machine: Machine
    result: Exploration
    names: Mapping[str, str]

    @property
    def alone(self) -> bool:
        """Whether the worst property breaks without a step of another CPU that
        changes anything."""
        return not any(
            taken.cpu != self.machine.subject
            and isinstance(taken.step, Access)
            and taken.step.op != "load"
            for taken in self.result.broken.get(self.broken, ())
        )

    @property
    def asked_again(self) -> str:
        """Something outside the scenario, not a plain local, that more than one
        branch of the function turns on: the model takes it to stay what it is,
        which the function itself may change.  Empty when there is none."""
        program = self.machine.programs[self.machine.subject]
        keys = Counter(step.key for step in program.steps if isinstance(step, Branch) if step.key)
        again = sorted(key for key, count in keys.items() if count > 1)
        texts = [key.partition("?")[2] for key in again if _MAY_CHANGE.search(key)]
        return texts[0] if texts else ""

    @property
    def strict(self) -> bool:
        """Whether no other assumption allows fewer schedules."""
        return self.assumption.waits_for_irq or not cares(self.machine)

    @property
    def harm_text(self) -> str:
        """The harm when a property of the scenario itself is broken."""
        texts = {entry.name: entry.harm for entry in self.scenario.properties}
        return texts.get(self.broken, self.broken)

    @property
    def verdict(self) -> str:
        """HOLDS, VIOLATED or BOUND_REACHED."""
        if self.result.broken:
            return "VIOLATED"
        return "HOLDS" if self.result.complete else "BOUND_REACHED"

    @property
    def broken(self) -> str:
        """The worst property broken, by `RANK`; those of the scenario stand
        behind lost references and before the others."""
        order = {name: position for position, name in enumerate(RANK)}
        return min(self.result.broken, key=lambda name: order.get(name, 2.5), default="")


def explore_all(
    scenario: Scenario,
    subject: Subject,
    path: Path,
    facts: Facts,
    substitute: Mapping[str, str] | None = None,
    program: Program | None = None,
    goals: Goals = lambda machine: (),
    cap: int = 200_000,
    only_goals: bool = False,
) -> tuple[Run, ...]:
    """Explore the function on a path beside each company, under each
    assumption that makes a difference to it.

    ``substitute`` puts other versions of actors in their place, ``program``
    another version of the function.
    """
    lifted = program or lift_subject(scenario, path, subject, facts)
    runs = []
    known: Actors = {}
    for company in scenario.companies:
        actors = tuple((substitute or {}).get(name, name) for name in company)
        for assumption in scenario.assumptions:
            machine = assemble(
                scenario, path, assumption, lifted, company, facts, substitute or {}, known
            )
            if assumption.waits_for_irq and not cares(machine):
                continue
            checks = checks_of(scenario, machine)
            result = explore(machine, checks, goals(machine), cap, only_goals)
            runs.append(Run(scenario, path, assumption, actors, machine, result, subject.names))
    return tuple(runs)


def cares(machine: Machine) -> bool:
    """Whether a CPU flushes that another one can make wait."""
    flushing = [_has(program, Wait, "what", "flush") for program in machine.programs]
    masking = [_has(program, Context, "context", "irqs-off") for program in machine.programs]
    return any(
        flushes and masks
        for one, flushes in enumerate(flushing)
        for two, masks in enumerate(masking)
        if one != two
    )


def _has(program: Program, kind: type[Context] | type[Wait], attribute: str, value: str) -> bool:
    return any(
        isinstance(step, kind) and getattr(step, attribute) == value for step in program.steps
    )


def checks_of(scenario: Scenario, machine: Machine) -> tuple[Property, ...]:
    """The properties every scenario has, and its own."""
    stated = tuple((entry.name, predicate(entry.expr, machine)) for entry in scenario.properties)
    return (*count_checks(machine), *stated, thawed(machine))


# Guards -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guard:
    """A step without which the function breaks a property: ``without`` is the
    run that shows it, ``failure`` what the function returns when the
    comparison fails (empty when that depends on more), ``closed`` the step
    that ends what it protects (empty when there is none)."""

    step: Access
    without: Run
    failure: str
    closed: Access | None


def guards(
    scenario: Scenario, subject: Subject, path: Path, facts: Facts, moved_line: int
) -> tuple[Guard, ...]:
    """The comparisons that save a path: those whose removal breaks it.

    A comparison is removed by letting it succeed without touching anything;
    what stays is explored again.
    """
    program = lift_subject(scenario, path, subject, facts)
    found = []
    for number, step in enumerate(program.steps):
        if isinstance(step, Access) and step.op == "cas" and step.origin.line != moved_line:
            changed = prune(replace(program, steps=_without(program.steps, number, step)))
            runs = explore_all(scenario, subject, path, facts, program=changed)
            broken = [run for run in runs if run.verdict == "VIOLATED"]
            if broken:
                failure = _failure(program, number)
                closed = _closing(program, number)
                found.append(Guard(step, _shortest(broken), failure, closed))
    return tuple(found)


def _ahead(program: Program, number: int, done: int) -> list[Step]:
    """The steps reachable once a comparison has failed or succeeded, as far
    as its own result decides."""
    step = program.steps[number]
    assert isinstance(step, Access)
    found, stack, seen = [], [step.next], set()
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        here = program.steps[at]
        found.append(here)
        if isinstance(here, Branch):
            value = value_in(here.value, {step.done: done})
            ways = (
                (here.then, here.other) if value is None else (here.then if value else here.other,)
            )
            stack.extend(ways)
        elif not isinstance(here, Stop):
            stack.append(here.next)
    return found


def _failure(program: Program, number: int) -> str:
    ends = {step.text for step in _ahead(program, number, 0) if isinstance(step, Stop)}
    return ends.pop() if len(ends) == 1 else ""


def _closing(program: Program, number: int) -> Access | None:
    """The plain store to the same count that follows a success."""
    guard = program.steps[number]
    assert isinstance(guard, Access)
    for step in _ahead(program, number, 1):
        if isinstance(step, Access) and step.op == "store" and step.index == guard.index:
            return step
    return None


def needs_assumption(run: Run, runs: Sequence[Run], shows: Callable[[Run], bool]) -> bool:
    """Whether what a run shows is possible under its assumption only: some run
    of the same path and company under another one does not show it."""
    return any(
        other.path == run.path and other.company == run.company and not shows(other)
        for other in runs
    )


def simplest(
    runs: Sequence[Run], shows: Callable[[Run], bool], steps: Callable[[Run], int]
) -> tuple[Run, bool] | None:
    """The run to show: one that needs no assumption if there is one, under
    the assumption that allows least, then the shortest; with whether it needs
    its assumption."""
    ranked = [
        (needs_assumption(run, runs, shows), not run.strict, steps(run), number)
        for number, run in enumerate(runs)
        if shows(run)
    ]
    if not ranked:
        return None
    needs, _, _, number = min(ranked)
    return runs[number], needs


def _without(steps: tuple[Step, ...], number: int, step: Access) -> tuple[Step, ...]:
    changed = list(steps)
    changed[number] = Let(step.done or "%unused", const(1), step.next)
    return tuple(changed)


def _shortest(runs: Sequence[Run]) -> Run:
    return min(runs, key=lambda run: (_rank(run.broken), len(run.result.broken[run.broken])))


def _rank(name: str) -> float:
    return {entry: float(at) for at, entry in enumerate(RANK)}.get(name, 2.5)


def worst(runs: Sequence[Run]) -> Run | None:
    """The run with the worst harm, the shortest schedule first."""
    broken = [run for run in runs if run.verdict == "VIOLATED"]
    return _shortest(broken) if broken else None


# Goals ------------------------------------------------------------------------


def failing(program: Program, ops: Sequence[str] = ("cas",)) -> Goals:
    """The first time each atomic comparison of a function fails, and the
    first time another CPU changes a count while it runs."""
    steps = [step for step in program.steps if isinstance(step, Access) and step.op in ops]
    return lambda machine: (
        *(Goal(f"fails:{number}", _fails(step)) for number, step in enumerate(steps)),
        Goal(DISTURBED, _disturbed(machine)),
    )


When = Callable[[int, Step], Term | None]


def _fails(step: Access) -> When:
    def when(cpu: int, taken: Step) -> Term | None:
        same = isinstance(taken, Access) and taken.origin == step.origin
        return negated(DONE) if same else None

    return when


def _disturbed(machine: Machine) -> When:
    stage = fld(own(machine.subject, "stage"))
    running = op("==", stage, const(ENTERED))

    def when(cpu: int, taken: Step) -> Term | None:
        if cpu == machine.subject or not isinstance(taken, Access) or taken.index is None:
            return None
        if taken.op == "load":
            return None
        return every((running, op("==", OBJECT, const(1)), op("!=", OLD, NEW)))

    return when


def shown(scenario: Scenario, run: Run, schedule: Sequence[Taken]) -> tuple[TraceStep, ...]:
    """A schedule of a run as lines."""
    return trace(scenario, run.machine, run.names, schedule)


@dataclass(frozen=True, slots=True)
class Saving:
    """What the other CPUs do that saves a path: ``text`` says what, and
    ``assumptions`` names those under which the path breaks without it."""

    text: str
    assumptions: frozenset[str]


def saved_by(scenario: Scenario, subject: Subject, path: Path, facts: Facts) -> tuple[Saving, ...]:
    """What of the other CPUs' behaviour saves a path: for each version of an
    actor that leaves something out, whether the path then breaks."""
    found = []
    for variant in scenario.variants:
        if not variant.saves or (variant.paths and path.name not in variant.paths):
            continue
        runs = explore_all(scenario, subject, path, facts, substitute=variant.replace)
        broken = frozenset(run.assumption.name for run in runs if run.verdict == "VIOLATED")
        if broken:
            found.append(Saving(variant.saves, broken))
    return tuple(found)
