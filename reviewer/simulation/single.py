# SPDX-License-Identifier: GPL-2.0-only
"""One function by itself in a scenario: which scenario, which of its paths, and
why it may have nothing to say."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from reviewer.cfg.graph import Decide, Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.conditions import condition
from reviewer.record import dataclass
from reviewer.simulation.answer import DISTURBED, checks_of, failing
from reviewer.simulation.assemble import Subject
from reviewer.simulation.binding import bindings_of
from reviewer.simulation.examine import fits, fitting
from reviewer.simulation.explore import explore
from reviewer.simulation.follow import Taken
from reviewer.simulation.lift import MAX_INLINE
from reviewer.simulation.lifter import Definitions
from reviewer.simulation.roles import reassigned, touches
from reviewer.simulation.scenario import NOT_NEGATIVE, Path, Real, Scenario
from reviewer.simulation.search import Progress
from reviewer.simulation.steps import Access, Acquire, Life, Program, Release
from reviewer.simulation.trial import Explored
from reviewer.syntax.place import Place
from reviewer.syntax.render import render


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario a function can be tried in: ``real`` where the scenario names
    it, else ``place`` is what of it the scenario is about; ``found`` says how the
    roles of ``real`` were found out where nobody wrote them down."""

    scenario: Scenario
    real: Real | None
    place: Place | None
    found: str = ""

    @property
    def because(self) -> str:
        """Why it is this scenario."""
        if self.found:
            return self.found
        if self.real is not None:
            return "it names this function"
        return f"the function touches {self.place}" if self.place is not None else "you said so"


def choices(
    scenarios: Sequence[Scenario],
    graph: Graph,
    file: str,
    facts: Facts,
    definitions: Definitions = lambda name: None,
) -> list[Choice]:
    """The scenarios that fit a function, the best one first: those that name
    it, else the one that asks for most of what it does, else those that speak
    of any object that is looked up."""
    named = [
        Choice(scenario, real, None)
        for scenario in scenarios
        for real in scenario.reals
        if real.function == graph.function.name and _same_file(real.file, file)
    ]
    if named:
        return sorted(named, key=lambda one: -len(one.real.variants if one.real else ()))
    places = list(dict.fromkeys(touch.place for touch in touches(graph, facts)))
    found = [
        Choice(scenario, None, place)
        for place in places
        if (scenario := fitting(scenarios, place, graph, facts)) is not None
    ]
    if found:
        return sorted(found, key=lambda one: -len(one.scenario.fits or ()))
    bound = bindings_of(scenarios, graph, file, facts, definitions)
    return [Choice(one.scenario, one.real, None, one.because) for one in bound]


def choice_in(
    scenario: Scenario,
    graph: Graph,
    file: str,
    facts: Facts,
    definitions: Definitions = lambda name: None,
) -> Choice:
    """How a function is tried in a scenario that somebody named."""
    named = [
        one for one in choices([scenario], graph, file, facts, definitions) if one.real is not None
    ]
    if named:
        return named[0]
    counted = [
        touch.place
        for touch in touches(graph, facts)
        if touch.place.steps and touch.place.steps[-1].lstrip("->.") == scenario.counter
    ]
    return Choice(scenario, None, counted[0] if counted else None)


def _same_file(one: str, two: str) -> bool:
    """Whether it may be the same file of a kernel; standard input is any."""
    return two == "-" or PurePath(one).name == PurePath(two).name


def paths_of(scenario: Scenario, subject: Subject, names: Mapping[str, str]) -> tuple[Path, ...]:
    """The paths of a scenario that are paths of a function: one on which a
    pointer is missing only where it, or what it calls, asks whether it is."""
    asked = _asked(subject.graph, subject.definitions, MAX_INLINE)
    return tuple(
        path
        for path in scenario.paths
        if all(there or names.get(role, role) in asked for role, there in path.nonnull.items())
    )


def _asked(graph: Graph, definitions: Definitions, depth: int) -> set[str]:
    """The pointers a function compares with NULL."""
    found = {
        known[0].text
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Decide)
        for _, label in graph.succ[number]
        if (known := condition(node.cond, label)) is not None
    }
    for node in graph.nodes if depth else ():
        inner = definitions(node.function) if isinstance(node, Invoke) else None
        if isinstance(node, Invoke) and inner is not None and inner is not graph:
            asked = _asked(inner, definitions, depth - 1)
            given = zip(inner.function.params, node.args, strict=False)
            found |= {render(arg) for param, arg in given if param.name in asked}
    return found


def misfits(
    choice: Choice, graph: Graph, names: Mapping[str, str], programs: Mapping[str, Program]
) -> Iterator[str]:
    """Why a scenario does not speak of a function."""
    if choice.scenario.lookup is not None and choice.real is None:
        yield "it finds no object under RCU or a lock in a way that is understood"
        return
    if graph.function.errors:
        yield f"part of the function could not be parsed ({graph.function.errors[0]})"
    if not any(_touches(program) for program in programs.values()):
        yield f"it touches nothing that the scenario {choice.scenario.name} has"
    if choice.real is None and _turns_on_errors(choice.scenario) and not _counts(graph):
        kind = graph.function.type or "nothing"
        yield f"it returns {kind}, no error code: which result means success is not known"
    if choice.place is not None and fits(choice.scenario, choice.place):
        lines = reassigned(graph, choice.place.root)
        if lines:
            yield (
                f"{choice.place.root} stands for several objects one after the other "
                f"(assigned on lines {', '.join(map(str, lines[:4]))})"
            )


def _turns_on_errors(scenario: Scenario) -> bool:
    """Whether a property is about success, told by an error code."""
    texts = [render(entry.expr) for entry in scenario.properties]
    asked = any(stage in text for text in texts for stage in ("succeeded", "gave_up"))
    return asked and scenario.success == NOT_NEGATIVE


def _counts(graph: Graph) -> bool:
    """Whether a function returns a number that can be negative."""
    kind = graph.function.type
    return "*" not in kind and kind.split()[-1:] in (["int"], ["long"], ["ssize_t"])


def _touches(program: Program) -> bool:
    return any(isinstance(step, Access | Acquire | Release | Life) for step in program.steps)


def nearest(
    scenario: Scenario,
    runs: Sequence[Explored],
    programs: Mapping[str, Program],
    cap: int,
    progress: Progress | None = None,
) -> tuple[Explored, tuple[Taken, ...]] | None:
    """The schedule that comes nearest to harm where none does any: one in which
    a comparison of the function fails, else in which another CPU changes the
    count while it runs."""
    for wanted in ("fails:", DISTURBED):
        for run in runs:
            goals = [
                goal
                for goal in failing(programs[run.path.name], COMPARE)(run.machine)
                if goal.name.startswith(wanted)
            ]
            if not goals or not scenario.objects:
                continue
            checks = checks_of(scenario, run.machine)
            result = explore(run.machine, checks, goals, cap, only_goals=True, progress=progress)
            made = [one for one in result.goals.values() if _acts(one, run.machine.subject)]
            if made:
                return run, min(made, key=len)
    return None


COMPARE = ("cas", "add-unless")


def _acts(schedule: Sequence[Taken], subject: int) -> bool:
    """Whether the function does something in a schedule: else it shows nothing."""
    kinds = Access | Acquire | Release | Life
    return any(taken.cpu == subject and isinstance(taken.step, kinds) for taken in schedule)
