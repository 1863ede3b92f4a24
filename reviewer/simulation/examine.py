# SPDX-License-Identifier: GPL-2.0-only
"""Examine one function, before and after, with one scenario."""

from collections.abc import Mapping, Sequence

from reviewer.cfg.graph import Compute, Decide, Graph, Leave
from reviewer.facts import Facts
from reviewer.locks.aliases import lock_text
from reviewer.locks.conditions import condition
from reviewer.record import dataclass
from reviewer.simulation.actions import value_in
from reviewer.simulation.answer import Guard, Run, Saving, explore_all, failing, guards, saved_by
from reviewer.simulation.assemble import Subject, lift_subject
from reviewer.simulation.explore import NOT_REACHED
from reviewer.simulation.lifter import Definitions
from reviewer.simulation.roles import reassigned, roles, touches
from reviewer.simulation.scenario import Path, Scenario
from reviewer.simulation.steps import Access, Branch, Program, Stop
from reviewer.syntax.place import Place
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Unary


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """What exploring one path gave: runs of both images (before may be empty),
    the guards found in the after image, and what saves the path else."""

    path: Path
    condition: str
    lost: bool
    before: tuple[Run, ...]
    after: tuple[Run, ...]
    guards: tuple[Guard, ...]
    saved_by: tuple[Saving, ...]
    stores_count: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scenario says of a function.

    ``reasons`` are sentences that say why it cannot decide; with one of them
    ``paths`` may still hold runs, which then prove nothing.
    """

    scenario: Scenario
    names: Mapping[str, str]
    paths: tuple[PathAnswer, ...]
    reasons: tuple[str, ...]
    unmodelled: tuple[str, ...]
    assumptions: tuple[str, ...]


def fits(scenario: Scenario, place: Place) -> bool:
    """Whether a scenario is about the kind of place in question."""
    if scenario.fits is None:
        return False
    return bool(place.steps) and place.steps[-1].lstrip("->.") == scenario.counter


def fitting(
    scenarios: Sequence[Scenario], place: Place, graph: Graph, facts: Facts
) -> Scenario | None:
    """The scenario that asks for most of what a function does, of those all of
    whose demands it meets; found from the steps it makes, not from its name."""
    made = {(touch.op, members(touch.place)[-1:]) for touch in touches(graph, facts)}
    made |= {(touch.op, members(touch.place)) for touch in touches(graph, facts)}

    def met(scenario: Scenario) -> bool:
        wanted = [entry.split(" ", 1) for entry in scenario.fits or ()]
        return all((op, tuple(path.split("."))) in made for op, path in wanted)

    possible = [one for one in scenarios if fits(one, place) and met(one)]
    return max(possible, key=lambda one: len(one.fits or ()), default=None)


def members(place: Place) -> tuple[str, ...]:
    """The members of a place, whatever they are reached through."""
    return tuple(step.lstrip("->.") for step in place.steps)


@dataclass(frozen=True, slots=True)
class Side:
    """A function in one image: its graph, what the finding is about as this
    image names it, and the functions it may call."""

    graph: Graph
    place: Place
    definitions: Definitions


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked about a function of ``file``.

    ``lost`` are the locks an access lost, ``lost_paths`` the conditions under
    which it did, ``line`` the line of the access after the patch.
    """

    file: str
    before: Side
    after: Side
    lost: tuple[str, ...]
    lost_paths: tuple[str, ...]
    line: int


PARTIAL = (
    "only the hunks of the function are known: what is held around them, what follows "
    "and what its locals refer to cannot be seen without a tree"
)


def examine(scenario: Scenario, asked: Inquiry, facts: Facts) -> Answer:
    """Explore the function in both images, on every path of the scenario."""
    if not asked.after.graph.function.complete:
        return Answer(scenario, {}, (), (PARTIAL,), (), ())
    subject = _subject(scenario, asked.file, asked.after, facts)
    reasons = _misfits(scenario, asked, subject.names)
    ways = _ways(scenario, asked.after.graph, subject.names)
    programs = {path.name: lift_subject(scenario, path, subject, facts) for path in ways}
    unmodelled = tuple(sorted({call for p in programs.values() for call in p.unmodelled}))
    assumptions = tuple(
        f"where {path.condition(subject.names)}, {text}"
        for path in ways
        for text in programs[path.name].assumptions
    )
    if unmodelled:
        listed = ", ".join(unmodelled[:4]) + (", ..." if len(unmodelled) > 4 else "")
        reasons.append(f"what {listed} does to the count and the page cache is not known")
    if reasons:
        return Answer(scenario, subject.names, (), tuple(reasons), unmodelled, assumptions)
    old = _subject(scenario, asked.file, asked.before, facts)
    relevant = _relevant(scenario, subject.names, asked.lost_paths)
    paths = tuple(
        _examine_path(scenario, path, old, subject, programs[path.name], relevant, asked, facts)
        for path in ways
    )
    return Answer(scenario, subject.names, paths, tuple(_vacuous(paths)), unmodelled, assumptions)


def _returns_errno(graph: Graph) -> bool:
    """Whether a function tells failure by a negative number."""
    kind = graph.function.type
    if "*" in kind or kind.split()[-1:] not in (["int"], ["long"]):
        return False
    values = [node.value for node in graph.nodes if isinstance(node, Leave)]
    values += [
        node.expr.value
        for node in graph.nodes
        if isinstance(node, Compute) and isinstance(node.expr, Assign)
    ]
    return any(isinstance(value, Unary) and value.op == "-" for value in values)


def _ways(scenario: Scenario, graph: Graph, names: Mapping[str, str]) -> tuple[Path, ...]:
    """The paths of the scenario that are paths of the function: one on which a
    pointer is missing only where the function asks whether it is."""
    asked = {
        found[0].text
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Decide)
        for _, label in graph.succ[number]
        if (found := condition(node.cond, label)) is not None
    }
    return tuple(
        path
        for path in scenario.paths
        if all(there or names.get(role, role) in asked for role, there in path.nonnull.items())
    )


def _subject(scenario: Scenario, file: str, side: Side, facts: Facts) -> Subject:
    names = roles(scenario, side.graph, facts, side.place)
    return Subject(side.graph, file, names, side.definitions)


def _misfits(scenario: Scenario, asked: Inquiry, names: Mapping[str, str]) -> list[str]:
    """Why the scenario does not speak of this function."""
    graph, place = asked.after.graph, asked.after.place
    reasons = []
    locks = {
        lock_text(Place(names.get(known.root, known.root), known.steps))
        for places in scenario.locks.values()
        for known in places
    }
    strange = [lock for lock in asked.lost if lock not in locks]
    if strange:
        reasons.append(
            f"the scenario {scenario.name} has no {' or '.join(strange)}: "
            f"what others do to {place} under it is not modelled"
        )
    counted = members(place)[-1:] == (scenario.counter,)
    if counted and len(place.steps) > 1:
        reasons.append(f"{place} is not the count of an object the function has a name for")
    lines = reassigned(graph, place.root) if counted else ()
    if lines:
        reasons.append(
            f"{place.root} stands for several objects one after the other "
            f"(assigned on lines {', '.join(map(str, lines[:4]))})"
        )
    if _asks_for_success(scenario) and not _returns_errno(graph):
        kind = graph.function.type or "nothing"
        reasons.append(
            f"the function returns {kind}, no error code: which result means success is not known"
        )
    if graph.function.errors:
        reasons.append("part of the function could not be parsed")
    return reasons


def _asks_for_success(scenario: Scenario) -> bool:
    """Whether a property turns on how the function ends."""
    texts = [render(entry.expr) for entry in scenario.properties]
    return any(stage in text for text in texts for stage in ("succeeded", "gave_up"))


def _relevant(
    scenario: Scenario, names: Mapping[str, str], lost_paths: Sequence[str]
) -> frozenset[str]:
    """The paths of the scenario on which something was lost; all of them
    where the conditions of the function are not the scenario's."""
    conditions = {path.name: path.condition(names) for path in scenario.paths}
    found = {name for name, text in conditions.items() if text in lost_paths}
    return frozenset(found or conditions)


def _examine_path(
    scenario: Scenario,
    path: Path,
    old: Subject,
    subject: Subject,
    program: Program,
    relevant: frozenset[str],
    asked: Inquiry,
    facts: Facts,
) -> PathAnswer:
    after = explore_all(scenario, subject, path, facts, program=program, goals=failing(program))
    before = explore_all(scenario, old, path, facts)
    held = all(run.verdict == "HOLDS" for run in after)
    found = guards(scenario, subject, path, facts, asked.line) if held else ()
    bypassed = held and _bypassed(program, [guard.step for guard in found])
    saves = saved_by(scenario, subject, path, facts) if bypassed else ()
    condition = path.condition(subject.names)
    stores = any(
        isinstance(step, Access) and step.op == "store" and step.family == "count"
        for step in program.steps
    )
    lost = path.name in relevant
    return PathAnswer(path, condition, lost, before, after, found, saves, stores)


def _bypassed(program: Program, guards: Sequence[Access]) -> bool:
    """Whether the function can succeed for sure without passing a guard."""
    stack, seen = [0], set()
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        step = program.steps[at]
        if isinstance(step, Stop):
            value = value_in(step.value, {})
            if value is not None and value >= 0:
                return True
        elif isinstance(step, Branch):
            stack.extend((step.then, step.other))
        elif step not in guards:
            stack.append(step.next)
    return False


def _vacuous(paths: Sequence[PathAnswer]) -> list[str]:
    """A run in which the function always ends the same way proves nothing."""
    reasons = []
    for answer in paths:
        ends = {
            text
            for run in answer.after
            for end in run.result.outcomes
            for text in end[-1:]
            if not text.endswith(NOT_REACHED)
        }
        if answer.lost and len(ends) < 2 and not any(run.result.broken for run in answer.after):
            end = next(iter(ends), "never")
            reasons.append(
                f"where {answer.condition} the function always ends alike in the model ({end}): "
                f"what it takes the count to be is not what the scenario has"
            )
    return reasons
