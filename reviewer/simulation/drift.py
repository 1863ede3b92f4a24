# SPDX-License-Identifier: GPL-2.0-only
"""Does an actor still do what the function it was made after does?

Both are lifted the same way; what is compared is the set of sequences of
steps on the scenario's state that each can make, locks and contexts among
them, as regular languages: two programs agree when no sequence is possible
for one and not for the other.
Rounds of a loop whose end the scenario cannot know (over page-table entries,
say) count once.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.record import replace
from reviewer.simulation.actions import LIMIT, value_in
from reviewer.simulation.assemble import Subject, lift_actor, lift_subject
from reviewer.simulation.bindings import has_unknown, text_of
from reviewer.simulation.prune import prune
from reviewer.simulation.roles import roles, touches
from reviewer.simulation.scenario import Path, Real, Scenario
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
    Program,
    Release,
    Step,
    Stop,
    Wait,
)

Word = tuple[str, ...]
Known = frozenset[tuple[str, int]]
"""Locals that have one value, whichever way the program came here."""
State = tuple[int, Known]
States = frozenset[State]
END = "end"
NAMELESS = ("*",)
"""How a word is reached that is all a pointer leads to: many are."""


def differs(scenario: Scenario, actor: str, subject: Subject, facts: Facts) -> str:
    """How the tree's function differs from the actor, one phrase; empty when
    it makes the same steps on every path."""
    told = (_differs_on(scenario, path, actor, subject, facts) for path in scenario.paths)
    return next((text for text in told if text), "")


def _differs_on(scenario: Scenario, path: Path, actor: str, subject: Subject, facts: Facts) -> str:
    model = prune(lift_actor(scenario, path, actor, facts))
    tree = lift_subject(scenario, path, _named(scenario, subject, facts), facts)
    ghosts = frozenset(word.name for word in scenario.words if word.ghost)
    found = _distinguishing(_Language(model, ghosts), _Language(tree, ghosts))
    if found is None:
        return ""
    steps, only_model, only_tree = found
    before = f"after {', '.join(steps)} " if steps else ""
    if only_model and only_tree:
        return f"{before}the model goes on with {only_model}, the tree with {only_tree}"
    if only_model:
        return f"{before}the model goes on with {only_model}, the tree does not"
    return f"{before}the tree goes on with {only_tree}, the model does not"


def _named(scenario: Scenario, subject: Subject, facts: Facts) -> Subject:
    """The function with its names for the roles: those the scenario gives
    where it is tried on the function, and what the places tell."""
    real = _real(scenario, subject)
    given = real.roles if real is not None else subject.roles
    names = {**roles(scenario, subject.graph, facts, None)}
    names.update(_pointers(scenario, subject.graph, facts))
    return replace(subject, names={**names, **subject.names}, roles=given)


def _real(scenario: Scenario, subject: Subject) -> Real | None:
    name = subject.graph.function.name
    known = (one for one in scenario.reals if (one.file, one.function) == (subject.file, name))
    return next(known, None)


def _pointers(scenario: Scenario, graph: Graph, facts: Facts) -> Mapping[str, str]:
    """What the function calls the pointer to a word, where it has just one that
    the scenario has no name for."""
    found = [touch.place for touch in touches(graph, facts) if touch.op != "lock"]
    used = dict.fromkeys(place.root for place in found if place.steps == NAMELESS)
    wanted = [word.place.root for word in scenario.words if word.place.steps == NAMELESS]
    missing = [root for root in wanted if root not in used]
    others = [root for root in used if root not in wanted]
    return {missing[0]: others[0]} if len(missing) == len(others) == 1 else {}


# Languages --------------------------------------------------------------------


class _Language:
    """The sequences of steps a program can make; those on ``ghosts`` are none."""

    def __init__(self, program: Program, ghosts: frozenset[str]) -> None:
        self.steps, self.ghosts = program.steps, ghosts

    def label(self, step: Step) -> str:
        """What a step is called; empty for one that does not count."""
        match step:
            case Access():
                return "" if step.family in self.ghosts else _access(step)
            case Acquire():
                return f"{'trylock' if step.done else 'lock'} of {_lock(step)}"
            case Release():
                return f"unlock of {step.lock}"
            case Context():
                return f"{step.context}{'' if step.on else ' over'}"
            case Wait():
                return "" if step.what.endswith("-done") else step.what
            case Life():
                return "" if step.what == "reuse" else f"{step.what} of an object"
            case Stop():
                return "" if step.cut else END
            case _:
                return ""

    def begins(self) -> States:
        """Where the program stands before its first step."""
        return self.closure([(0, frozenset())])

    def closure(self, states: Iterable[State]) -> States:
        """The steps that count, reached without making one."""
        found: set[State] = set()
        stack = list(states)
        seen: set[State] = set()
        while stack:
            at, known = state = stack.pop()
            if state in seen:
                continue
            seen.add(state)
            step = self.steps[at]
            if self.label(step):
                found.add(state)
            elif isinstance(step, Branch):
                stack.extend((target, known) for target in _ways(step, dict(known)))
            elif not isinstance(step, Stop):
                stack.append((step.next, _after(step, known)))
        return frozenset(found)

    def moves(self, states: States) -> dict[str, States]:
        """The steps that can be made, with what can follow each."""
        moves: dict[str, set[State]] = {}
        for at, known in states:
            step = self.steps[at]
            following = moves.setdefault(self.label(step), set())
            if not isinstance(step, Stop | Branch):
                following |= self.closure([(step.next, _after(step, known))])
        return {label: frozenset(following) for label, following in moves.items()}


def _after(step: Step, known: Known) -> Known:
    """The locals with one value behind a step."""
    values = dict(known)
    if isinstance(step, Let):
        number = value_in(step.value, values)
        values.pop(step.dest, None)
        if number is not None and abs(number) < LIMIT:
            values[step.dest] = number
    for name in (getattr(step, "old", ""), getattr(step, "done", "")):
        values.pop(name, None)
    return frozenset(values.items())


def _distinguishing(one: _Language, two: _Language) -> tuple[Word, str, str] | None:
    """The shortest sequence both can make behind which they differ, and a step
    that only the one can make then, and one that only the other can."""
    start = (one.begins(), two.begins())
    seen = {start}
    queue: deque[tuple[tuple[States, States], Word]] = deque([(start, ())])
    while queue:
        (left, right), word = queue.popleft()
        moves_left, moves_right = one.moves(left), two.moves(right)
        if moves_left.keys() != moves_right.keys():
            only_left = min(moves_left.keys() - moves_right.keys(), default="")
            return word, only_left, min(moves_right.keys() - moves_left.keys(), default="")
        for label in sorted(moves_left):
            following = (moves_left[label], moves_right[label])
            if following not in seen:
                seen.add(following)
                queue.append((following, (*word, label)))
    return None


def _ways(step: Branch, known: Mapping[str, int]) -> tuple[int, ...]:
    if step.bound and has_unknown(step.value):
        return (step.leave,)
    number = value_in(step.value, known)
    if number is not None:
        return (step.then,) if number else (step.other,)
    return (step.then, step.other)


def _access(step: Access) -> str:
    amount = ""
    if step.op in ("add", "add-unless") and step.value is not None:
        amount = f" by {text_of(step.value)}" if step.value[0] == "const" else " by a number"
    return f"{step.op} of {step.family}{amount}{' that waits' if step.until is not None else ''}"


def _lock(step: Acquire) -> str:
    return f"{step.lock}{', shared' if step.shared else ''}"
