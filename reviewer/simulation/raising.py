# SPDX-License-Identifier: GPL-2.0-only
"""Who raises a count, and which locks they hold when they do."""

from reviewer.locks.aliases import lock_text
from reviewer.record import dataclass
from reviewer.simulation.examine import Answer
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.steps import Access, Acquire, Program, Release, successors
from reviewer.syntax.place import Place


@dataclass(frozen=True, slots=True)
class Raiser:
    """An actor that raises the count of some object: ``call`` is the step,
    ``locks`` what it holds there, as the function under review names them."""

    actor: str
    call: str
    locks: frozenset[str]


def raisers(scenario: Scenario, answer: Answer) -> tuple[Raiser, ...]:
    """Every step of the actors that raises a count, with the locks held."""
    names = {
        lock: lock_text(Place(answer.names.get(places[0].root, places[0].root), places[0].steps))
        for lock, places in scenario.locks.items()
    }
    found: dict[Raiser, None] = {}
    for path in answer.paths:
        for run in path.after:
            for cpu, program in enumerate(run.machine.programs):
                if cpu != run.machine.subject:
                    for call, locks in _raises(program):
                        held = frozenset(names[lock] for lock in locks)
                        found[Raiser(program.name, call, held)] = None
    return tuple(sorted(found, key=lambda raiser: (raiser.actor, raiser.call)))


def _raises(program: Program) -> list[tuple[str, frozenset[str]]]:
    """The steps that add to a count, with the locks held on every way there."""
    held: dict[int, frozenset[str]] = {0: frozenset()}
    queue = [0]
    while queue:
        at = queue.pop()
        step = program.steps[at]
        now = held[at]
        if isinstance(step, Acquire):
            now = now | {step.lock}
        elif isinstance(step, Release):
            now = now - {step.lock}
        for target in successors(step):
            new = held[target] & now if target in held else now
            if held.get(target) != new:
                held[target] = new
                queue.append(target)
    return [
        (step.origin.text, held[at])
        for at, step in enumerate(program.steps)
        if isinstance(step, Access)
        and step.family == "count"
        and at in held
        and step.op in ("add", "add-unless")
        and step.value is not None
        and step.value[0] == "const"
        and step.value[1] > 0
    ]
