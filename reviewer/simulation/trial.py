# SPDX-License-Identifier: GPL-2.0-only
"""Try a scenario on what it is known to be right about: its variants.

A variant is a function whose verdict was written down beforehand; a scenario
is worth something when it gives these verdicts, above all on its mutants.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import process_time

from reviewer.facts import Facts
from reviewer.record import dataclass, replace
from reviewer.simulation.answer import RANK, cares, checks_of
from reviewer.simulation.assemble import Actors, Subject, assemble, lift_subject
from reviewer.simulation.explore import CAP, Exploration, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Goal
from reviewer.simulation.predicate import predicate
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Assumption, Mutation, Path, Real, Scenario, Variant
from reviewer.simulation.search import Progress
from reviewer.simulation.steps import Access, Program

HOLDS, VIOLATED, BOUND_REACHED, UNDECIDED = "HOLDS", "VIOLATED", "BOUND_REACHED", "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Explored:
    """One machine of a trial and what exploring it gave."""

    path: Path
    assumption: Assumption
    company: tuple[str, ...]
    machine: Machine
    result: Exploration


@dataclass(frozen=True, slots=True)
class Trial:
    """A variant and what came of it: ``function`` is the kernel's own it was
    tried on, empty for one of the scenario; ``reason`` says why it is
    UNDECIDED."""

    scenario: Scenario
    variant: Variant
    function: str
    runs: tuple[Explored, ...]
    seconds: float
    reason: str

    @property
    def name(self) -> str:
        """The variant, with the function it was tried on."""
        return f"{self.variant.name}@{self.function}" if self.function else self.variant.name

    @property
    def broken(self) -> tuple[str, ...]:
        """The properties broken in some run, the worst first."""
        wanted = self.variant.progress
        names: set[str] = set()
        for run in self.runs:
            names |= {wanted} & set(run.result.goals) if wanted else set(run.result.broken)
        order = {name: position for position, name in enumerate(RANK)}
        return tuple(sorted(names, key=lambda name: (order.get(name, 2.5), name)))

    @property
    def verdict(self) -> str:
        """HOLDS, VIOLATED, BOUND_REACHED or UNDECIDED."""
        if self.reason:
            return UNDECIDED
        if self.broken:
            return VIOLATED
        return HOLDS if all(run.result.complete for run in self.runs) else BOUND_REACHED

    @property
    def as_expected(self) -> bool:
        """Whether it is the verdict written down, by the property named."""
        named = self.variant.property
        return self.verdict == self.variant.expect and (not named or named in self.broken)

    @property
    def states(self) -> int:
        """The states of all its machines."""
        return sum(run.result.states for run in self.runs)

    @property
    def transitions(self) -> int:
        """The transitions of all its machines."""
        return sum(run.result.transitions for run in self.runs)


Counts = Mapping[str, int]
"""How many CPUs run an actor, where it is not one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to explore: at most ``cap`` states a machine, actors as often as
    ``counts`` says, without exchanging equal CPUs where ``symmetry`` is off."""

    cap: int = CAP
    counts: Counts = {}  # noqa: RUF012
    symmetry: bool = True
    progress: Progress | None = None


def trial(
    scenario: Scenario,
    variant: Variant,
    facts: Facts,
    options: Options,
    real: Real | None = None,
    subject: Subject | None = None,
) -> Trial:
    """Run one variant; on ``subject``, a function of a tree, where ``real``
    says that the scenario stands for it."""
    began = process_time()
    if real is not None and real.caller:
        takes = {scenario.caller: real.caller, **variant.replace}
        variant = replace(variant, replace=takes)
        if not scenario.caller:
            scenario = replace(scenario, caller=real.caller)
    tried = subject or _own(scenario, variant)
    function = real.function if real is not None else ""
    runs: list[Explored] = []
    reason = ""
    try:
        for path in scenario.paths:
            if not variant.paths or path.name in variant.paths:
                program = lift_subject(scenario, path, tried, facts, _mutations(variant, real))
                reason = reason or _unknown(program, real)
                runs.extend(_runs(scenario, variant, path, program, facts, options))
    except ActorError as error:
        reason = str(error)
    return Trial(scenario, variant, function, tuple(runs), process_time() - began, reason)


def _mutations(variant: Variant, real: Real | None) -> Sequence[Mutation]:
    """The changes of a variant, by the names a function of the kernel calls."""
    if real is None:
        return variant.mutations
    called = real.roles.called
    return [replace(one, call=called.get(one.call, one.call)) for one in variant.mutations]


def _own(scenario: Scenario, variant: Variant) -> Subject:
    graph = scenario.actors[variant.subject]
    return Subject(graph, scenario.actor_files[variant.subject], {})


def _unknown(program: Program, real: Real | None) -> str:
    ignored = {f"{name}()" for name in real.ignore} if real is not None else set()
    left = [call for call in program.unmodelled if call not in ignored]
    if left:
        return f"nothing is known of {', '.join(left)}"
    counts = [step for step in program.steps if isinstance(step, Access) and step.index is not None]
    if counts and all(step.index == ("unknown", *step.index[1:]) for step in counts if step.index):
        return f"the object of {counts[0].origin.text} is not known"
    return ""


def _runs(
    scenario: Scenario,
    variant: Variant,
    path: Path,
    program: Program,
    facts: Facts,
    options: Options,
) -> Iterator[Explored]:
    known: Actors = {}
    for assumption in scenario.assumptions:
        if variant.assumptions and assumption.name not in variant.assumptions:
            continue
        for company in scenario.companies:
            if variant.companies and not set(variant.companies) & set(company):
                continue
            actors = tuple(name for name in company for _ in range(options.counts.get(name, 1)))
            machine = assemble(
                scenario, path, assumption, program, actors, facts, variant.replace, known
            )
            if not variant.assumptions and assumption.waits_for_irq and not cares(machine):
                continue
            result = explore(
                machine,
                checks_of(scenario, machine),
                notes(scenario, machine),
                options.cap,
                symmetry=options.symmetry,
                progress=options.progress,
            )
            yield Explored(path, assumption, actors, machine, result)


def notes(scenario: Scenario, machine: Machine) -> tuple[Goal, ...]:
    """The progress notes of a scenario, as states to look for."""
    return tuple(
        Goal(entry.name, _always(predicate(entry.expr, machine)), of_states=True)
        for entry in scenario.progress
    )


def _always(term: tuple) -> Callable:  # type: ignore[type-arg]
    """A progress note is met where its expression is not."""
    from reviewer.simulation.actions import negated

    wanted = negated(term)
    return lambda cpu, step: wanted


def variants_of(scenario: Scenario, real: Real) -> Sequence[Variant]:
    """The variants that are tried on a function of the kernel."""
    return [variant for variant in scenario.variants if variant.name in real.variants]
