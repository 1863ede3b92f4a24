# SPDX-License-Identifier: GPL-2.0-only
"""Put a scenario, a function and an assumption together into a machine."""

from collections.abc import Mapping
from itertools import product

from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.record import dataclass, replace
from reviewer.simulation.bindings import Bindings
from reviewer.simulation.lift import lift
from reviewer.simulation.lifter import Definitions
from reviewer.simulation.machine import Layout, Machine, Variable, layout
from reviewer.simulation.prune import prune
from reviewer.simulation.scenario import Assumption, Path, Scenario
from reviewer.simulation.steps import Access, Branch, Let, Mark, Program, Step, Stop, const
from reviewer.simulation.words import in_words, whole
from reviewer.syntax.place import Place

OWN_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Subject:
    """The function under review: its graph, its file, and the names it has
    for the roles of the scenario (``names`` maps role to name);
    ``definitions`` gives functions it calls, to be inlined."""

    graph: Graph
    file: str
    names: Mapping[str, str]
    definitions: Definitions = lambda name: None


def bind(scenario: Scenario, path: Path, names: Mapping[str, str], file: str) -> Bindings:
    """The scenario as a function with these names for its roles sees it."""
    return Bindings(
        objects={names.get(role, role): scenario.number(role) for role in scenario.objects},
        variables={_renamed(word.place, names): word.name for word in scenario.words},
        locks={_renamed(place, names): lock for lock, place in scenario.locks.items()},
        constants={names.get(role, role): int(there) for role, there in path.nonnull.items()},
        counter=scenario.counter,
        accounted={scenario.number(name): count for name, count in path.accounted.items()},
        file=file,
    )


def _renamed(place: Place, names: Mapping[str, str]) -> Place:
    return Place(names.get(place.root, place.root), place.steps)


def lift_subject(scenario: Scenario, path: Path, subject: Subject, facts: Facts) -> Program:
    """The function under review as steps, on one path."""
    bindings = bind(scenario, path, subject.names, subject.file)
    bindings = _without_locals(bindings, subject.graph, frozenset(subject.names.values()))
    return prune(lift(subject.graph, facts, bindings, subject.definitions, "subject."))


def lift_actor(scenario: Scenario, path: Path, name: str, facts: Facts) -> Program:
    """An actor as steps; actors name things as the scenario does."""
    graph = scenario.actors[name]
    bindings = bind(scenario, path, OWN_NAMES, scenario.actor_files[name])
    bindings = _without_locals(bindings, graph, frozenset())
    return lift(graph, facts, bindings, scenario.actors.get)


def _without_locals(bindings: Bindings, graph: Graph, known: frozenset[str]) -> Bindings:
    """A local that merely has the name of a role is no object: only parameters
    and the names found to play a role are."""
    given = {param.name for param in graph.function.params} | known
    objects = {name: number for name, number in bindings.objects.items() if name in given}
    return replace(bindings, objects=objects)


def assemble(
    scenario: Scenario,
    path: Path,
    assumption: Assumption,
    subject: Program | None,
    company: tuple[str, ...],
    facts: Facts,
) -> Machine:
    """The machine in which ``subject`` runs beside ``company``."""
    programs = [lift_actor(scenario, path, name, facts) for name in company]
    cpu = -1
    if subject is not None:
        cpu = len(programs)
        caller = lift_actor(scenario, path, scenario.caller, facts)
        programs.append(link(caller, subject))
    programs = [prune(in_words(program, scenario.split, assumption.words)) for program in programs]
    plan = layout(
        tuple(Variable(word.name, word.owns) for word in scenario.words),
        len(scenario.objects),
        tuple(scenario.locks),
        len(programs),
    )
    accounted = {scenario.number(name): count for name, count in path.accounted.items()}
    return Machine(
        programs=tuple(programs),
        objects=tuple(scenario.objects),
        layout=plan,
        initial=_initial(scenario, path, plan, cpu, tuple(programs), company),
        subject=cpu,
        waits_for_irq=assumption.waits_for_irq,
        accounted=accounted,
        guarded={word.name: word.guarded_by for word in scenario.words if word.guarded_by},
        subject_keeps=scenario.subject_keeps,
    )


def _initial(
    scenario: Scenario,
    path: Path,
    plan: Layout,
    subject: int,
    programs: tuple[Program, ...],
    company: tuple[str, ...],
) -> tuple[tuple[int, ...], ...]:
    """The starts: with and without each reference of unknown owner, where
    anybody compares the count it would change."""
    starts = []
    spare = [
        (name, count)
        for name, count in path.spare.items()
        if any(_compares(program, scenario.number(name)) for program in programs)
    ]
    for choice in product(*[range(count + 1) for _, count in spare]):
        state = [0] * plan.size
        for word in scenario.words:
            state[plan.variables[word.name]] = _first(scenario, word.name, path)
        for cpu, actor in enumerate((*company, scenario.caller)):
            for ghost, given in ((plan.held, path.held), (plan.kept, path.kept)):
                for name, count in given.get(actor, {}).items():
                    if (cpu, scenario.number(name)) in ghost:
                        state[ghost[cpu, scenario.number(name)]] = count
        for (name, _), extra in zip(spare, choice, strict=True):
            number = scenario.number(name)
            state[plan.held[subject, number]] += extra
            state[plan.kept[subject, number]] += extra
        for number, place in plan.counts.items():
            words = sum(owns for at, owns in plan.owners if state[at] == number)
            held = sum(state[at] for (_, owner), at in plan.held.items() if owner == number)
            state[place] = words + held
        starts.append(tuple(state))
    return tuple(starts)


def _first(scenario: Scenario, word: str, path: Path) -> int:
    number = scenario.number(path.initial.get(word, ""))
    split = scenario.split is not None and scenario.split.word == word
    return whole(number) if split else number


def _compares(program: Program, number: int) -> bool:
    return any(
        isinstance(step, Access)
        and step.op in ("cas", "load")
        and step.index is not None
        and step.index == const(number)
        for step in program.steps
    )


def link(caller: Program, subject: Program) -> Program:
    """The caller with the function under review where it calls it."""
    at = next(
        number
        for number, step in enumerate(caller.steps)
        if isinstance(step, Mark) and step.what == "enter"
    )
    leave = caller.steps[at + 1]
    assert isinstance(leave, Mark)
    result = str(leave.value[1])
    base = len(caller.steps)
    steps: list[Step] = list(caller.steps)
    enter = caller.steps[at]
    assert isinstance(enter, Mark)
    steps[at] = replace(enter, next=base)
    extra: list[Step] = []
    end = base + len(subject.steps)
    for step in subject.steps:
        if isinstance(step, Stop):
            target = end + len(extra)
            extra.append(Let(result, step.value, target + 1))
            mark = Mark("leave", step.value, step.text, step.origin, leave.next)
            extra.append(mark)
            steps.append(Branch(const(1), "", "", 0, step.origin, target, target))
        else:
            steps.append(_moved(step, base))
    # The value the mark looks at may be a local of the function, still alive.
    return replace(caller, name=subject.name, steps=tuple(steps + extra))


def _moved(step: Step, base: int) -> Step:
    if isinstance(step, Branch):
        leave = step.leave + base if step.bound else 0
        return replace(step, then=step.then + base, other=step.other + base, leave=leave)
    assert not isinstance(step, Stop)
    return replace(step, next=step.next + base)
