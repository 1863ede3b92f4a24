# SPDX-License-Identifier: GPL-2.0-only
"""Put a scenario, a function and an assumption together into a machine."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.record import dataclass, replace
from reviewer.simulation.bindings import Bindings
from reviewer.simulation.lift import lift
from reviewer.simulation.lifter import Bodies, Definitions
from reviewer.simulation.machine import Machine, Start, Variable
from reviewer.simulation.mutate import mutated
from reviewer.simulation.prune import NO_ORIGIN, prune
from reviewer.simulation.scenario import Assumption, Mutation, Path, Roles, Scenario
from reviewer.simulation.steps import (
    Access,
    Branch,
    Let,
    Mark,
    Program,
    Step,
    Stop,
    const,
    local,
)
from reviewer.simulation.words import in_words, whole
from reviewer.syntax.place import Place

OWN_NAMES: Mapping[str, str] = {}
NO_ROLES = Roles()


@dataclass(frozen=True, slots=True)
class Subject:
    """The function under review: its graph, its file, and the names it has
    for the roles of the scenario (``names`` maps role to name);
    ``definitions`` gives functions it calls, to be inlined; ``roles`` what
    else is known of how it names things."""

    graph: Graph
    file: str
    names: Mapping[str, str]
    definitions: Definitions = lambda name: None
    roles: Roles = NO_ROLES


def bind(
    scenario: Scenario, path: Path, names: Mapping[str, str], file: str, roles: Roles = NO_ROLES
) -> Bindings:
    """The scenario as a function with these names for its roles sees it."""
    names = {**names, **roles.names}
    objects = {names.get(role, role): scenario.number(role) for role in scenario.objects}
    values = {role: int(there) for role, there in path.nonnull.items()} | dict(path.values)
    constants = {names.get(role, role): value for role, value in values.items()}
    for role, others in roles.others.items():
        for other in others:
            (objects if role in scenario.objects else constants)[other] = (
                scenario.number(role) if role in scenario.objects else values.get(role, 1)
            )
    variables: dict[Place, str] = {}
    for word in scenario.words:
        variables.update((place, word.name) for place in roles.places.get(word.name, ()))
        if not roles.places.get(word.name):
            for place in (word.place, *word.also):
                variables.update((one, word.name) for one in _called(place, names, roles))
    locks: dict[Place, str] = {}
    for lock, places in scenario.locks.items():
        locks.update((place, lock) for place in roles.locks.get(lock, ()))
        if not roles.locks.get(lock):
            for place in places:
                locks.update((one, lock) for one in _called(place, names, roles))
    return Bindings(
        objects=objects,
        variables=variables,
        locks=locks,
        constants=constants,
        counter=roles.counter or scenario.counter,
        accounted={scenario.number(name): count for name, count in path.accounted.items()},
        file=file,
        calls=roles.calls,
        clears=roles.clears,
        known={**path.known, **roles.known},
        uses=scenario.members_are_uses,
        last=roles.last,
    )


def _called(place: Place, names: Mapping[str, str], roles: Roles) -> Iterator[Place]:
    """A place by the names a function has for its role."""
    yield Place(names.get(place.root, place.root), place.steps)
    for other in roles.others.get(place.root, ()):
        yield Place(other, place.steps)


def lift_subject(
    scenario: Scenario,
    path: Path,
    subject: Subject,
    facts: Facts,
    mutations: Sequence[Mutation] = (),
) -> Program:
    """The function under review as steps, on one path, changed on purpose where
    ``mutations`` say so."""
    roles = subject.roles
    bindings = bind(scenario, path, subject.names, subject.file, roles)
    known = frozenset(
        (
            *subject.names.values(),
            *roles.names.values(),
            *(n for o in roles.others.values() for n in o),
        )
    )
    bindings = _without_locals(bindings, subject.graph, known)
    bodies = _bodies(scenario, path, exclude=subject.graph.function.name)
    program = lift(subject.graph, facts, bindings, subject.definitions, "subject.", bodies)
    return prune(mutated(program, mutations) if mutations else program)


def lift_actor(scenario: Scenario, path: Path, name: str, facts: Facts) -> Program:
    """An actor as steps; actors name things as the scenario does."""
    graph = scenario.actors[name]
    bindings = bind(scenario, path, OWN_NAMES, scenario.actor_files[name])
    bindings = _without_locals(bindings, graph, frozenset())
    bodies = _bodies(scenario, path, exclude=name)
    return lift(graph, facts, bindings, lambda name: None, "", bodies)


def _bodies(scenario: Scenario, path: Path, exclude: str) -> Bodies:
    """The functions a scenario has bodies for: they go before facts and before
    what is in the file, and name things as the scenario does."""

    def body(name: str) -> tuple[Graph, Bindings] | None:
        graph = scenario.actors.get(name)
        if graph is None or name == exclude:
            return None
        return graph, bind(scenario, path, OWN_NAMES, scenario.actor_files[name])

    return body


def _without_locals(bindings: Bindings, graph: Graph, known: frozenset[str]) -> Bindings:
    """A local that merely has the name of a role is no object: only parameters
    and the names found to play a role are."""
    given = {param.name for param in graph.function.params} | known
    objects = {name: number for name, number in bindings.objects.items() if name in given}
    return replace(bindings, objects=objects)


Actors = dict[tuple[str, str], Program]
"""Actors as steps, by path and name."""


def assemble(
    scenario: Scenario,
    path: Path,
    assumption: Assumption,
    subject: Program | None,
    company: tuple[str, ...],
    facts: Facts,
    replaced: Mapping[str, str] = OWN_NAMES,
    known: Actors | None = None,
) -> Machine:
    """The machine in which ``subject`` runs beside ``company``; ``replaced``
    maps actors, the caller too, to those that take their parts.  ``known``
    keeps the actors of a scenario from one machine to the next."""
    lifted = {} if known is None else known
    programs = [_actor(scenario, path, name, facts, replaced, lifted) for name in company]
    cpu = -1
    if subject is not None:
        cpu = len(programs)
        caller = scenario.caller and _actor(
            scenario, path, scenario.caller, facts, replaced, lifted
        )
        programs.append(link(caller or _nobody(), subject))
    programs = [prune(in_words(program, scenario.split, assumption.words)) for program in programs]
    accounted = {scenario.number(name): count for name, count in path.accounted.items()}
    return Machine(
        programs=tuple(programs),
        objects=tuple(scenario.objects),
        words=tuple(Variable(word.name, word.owns, word.ghost) for word in scenario.words),
        locks=tuple(scenario.locks),
        starts=_starts(scenario, path, cpu, tuple(programs), company, replaced),
        parts=company if subject is None else (*company, "subject"),
        subject=cpu,
        waits_for_irq=assumption.waits_for_irq,
        accounted=accounted,
        guarded={word.name: word.guarded_by for word in scenario.words if word.guarded_by},
        subject_keeps=scenario.subject_keeps,
        success=scenario.success,
        freed_by_call=scenario.freed_by == "call",
        returns_frozen=scenario.returns_frozen,
    )


def _actor(
    scenario: Scenario,
    path: Path,
    name: str,
    facts: Facts,
    replaced: Mapping[str, str],
    known: Actors,
) -> Program:
    """An actor, or who takes its part, lifted once."""
    which = (path.name, replaced.get(name, name))
    if which not in known:
        known[which] = lift_actor(scenario, path, which[1], facts)
    return known[which]


def _starts(
    scenario: Scenario,
    path: Path,
    subject: int,
    programs: tuple[Program, ...],
    company: tuple[str, ...],
    replaced: Mapping[str, str],
) -> tuple[Start, ...]:
    """The starts: with and without each reference of unknown owner, where
    anybody compares the count it would change."""
    starts = []
    spare = [
        (name, count)
        for name, count in path.spare.items()
        if any(_compares(program, scenario.number(name)) for program in programs)
    ]
    words = {word.name: _first(scenario, word.name, path) for word in scenario.words}
    actors = company if subject < 0 else (*company, scenario.caller or "subject")
    held = _given(scenario, path.held, actors, replaced)
    kept = _given(scenario, path.kept, actors, replaced)
    for choice in product(*[range(count + 1) for _, count in spare]):
        more = {
            (subject, scenario.number(name)): extra
            for (name, _), extra in zip(spare, choice, strict=True)
        }
        starts.append(Start(words, _sum(held, more), _sum(kept, more)))
    return tuple(starts)


Shares = Mapping[tuple[int, int], int]


def _given(
    scenario: Scenario,
    references: Mapping[str, Mapping[str, int]],
    actors: tuple[str, ...],
    replaced: Mapping[str, str],
) -> Shares:
    """References by CPU and object; who takes an actor's part has its own, or
    else that actor's."""
    given = [
        references.get(replaced.get(actor, actor), references.get(actor, {})) for actor in actors
    ]
    return {
        (cpu, scenario.number(name)): count
        for cpu, own in enumerate(given)
        for name, count in own.items()
    }


def _sum(one: Shares, two: Shares) -> Shares:
    return {key: one.get(key, 0) + two.get(key, 0) for key in {**one, **two}}


def _first(scenario: Scenario, word: str, path: Path) -> int:
    number = scenario.number(path.initial.get(word, ""))
    split = scenario.split is not None and scenario.split.word == word
    return whole(number) if split else number


def _nobody() -> Program:
    """Where the scenario has no caller the function is called and that is all."""
    result = const(0)
    steps = (
        Mark("enter", result, "", NO_ORIGIN, 1),
        Mark("leave", local(RESULT), "", NO_ORIGIN, 2),
        Stop(result, "", NO_ORIGIN),
    )
    return Program("subject", steps, (), (), (), ())


RESULT = "%result"


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
        if isinstance(step, Stop) and not step.cut:
            target = end + len(extra)
            extra.append(Let(result, step.value, target + 1))
            what = "leave" if step.text else "finish"
            mark = Mark(what, step.value, step.text, step.origin, leave.next)
            extra.append(mark)
            steps.append(Branch(const(1), "", "", 0, step.origin, target, target))
        else:
            steps.append(_moved(step, base))
    # The value the mark looks at may be a local of the function, still alive.
    return replace(
        caller,
        name=subject.name,
        steps=tuple(steps + extra),
        unmodelled=(*caller.unmodelled, *subject.unmodelled),
        ignored=(*caller.ignored, *subject.ignored),
        assumptions=(*caller.assumptions, *subject.assumptions),
    )


def _moved(step: Step, base: int) -> Step:
    if isinstance(step, Branch):
        leave = step.leave + base if step.bound else 0
        return replace(step, then=step.then + base, other=step.other + base, leave=leave)
    return step if isinstance(step, Stop) else replace(step, next=step.next + base)
