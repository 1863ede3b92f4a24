# SPDX-License-Identifier: GPL-2.0-only
"""Does an actor still do what the function it was made after does?

Both are lifted the same way; what is compared is the set of sequences of
steps on the scenario's state that each can make, as regular languages: two
programs agree when no sequence is possible for one and not for the other.
Rounds of a loop whose end the scenario cannot know (over page-table entries,
say) count once.
"""

from collections import deque
from collections.abc import Mapping

from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.simulation.assemble import bind, lift_actor
from reviewer.simulation.bindings import has_unknown, text_of
from reviewer.simulation.lift import lift
from reviewer.simulation.prune import prune
from reviewer.simulation.roles import touches
from reviewer.simulation.scenario import Path, Scenario
from reviewer.simulation.steps import Access, Branch, Program, Stop

Word = tuple[str, ...]
States = frozenset[int]
END = "end"


def differs(scenario: Scenario, actor: str, graph: Graph, file: str, facts: Facts) -> str:
    """How the tree's function differs from the actor, one phrase; empty when
    it makes the same steps."""
    path = scenario.paths[0]
    model = prune(lift_actor(scenario, path, actor, facts))
    tree = prune(_lift_tree(scenario, path, graph, file, facts))
    word = _distinguishing(model, tree)
    if word is None:
        return ""
    steps, only_tree = word
    who, not_who = ("the tree", "the model") if only_tree else ("the model", "the tree")
    before = f"after {', '.join(steps[:-1])} " if len(steps) > 1 else ""
    return f"{before}{who} goes on with {steps[-1]}, {not_who} does not"


def _lift_tree(scenario: Scenario, path: Path, graph: Graph, file: str, facts: Facts) -> Program:
    names = _names(scenario, graph, facts)
    bindings = bind(scenario, path, names, file)
    given = {param.name for param in graph.function.params}
    objects = {name: number for name, number in bindings.objects.items() if name in given}
    from reviewer.record import replace

    return lift(graph, facts, replace(bindings, objects=objects))


def _names(scenario: Scenario, graph: Graph, facts: Facts) -> Mapping[str, str]:
    """What the tree's function calls the words of the scenario."""
    names: dict[str, str] = {}
    found = [touch for touch in touches(graph, facts) if touch.op != "lock"]
    for word in scenario.words:
        roots = [t.place.root for t in found if t.place.steps == word.place.steps]
        if roots and word.place.root not in roots:
            names[word.place.root] = roots[0]
    return names


def _distinguishing(one: Program, two: Program) -> tuple[Word, bool] | None:
    """The shortest sequence only one of the two can make; True when it is
    the second."""
    start = (_closure(one, {0}), _closure(two, {0}))
    seen = {start}
    queue: deque[tuple[tuple[States, States], Word]] = deque([(start, ())])
    while queue:
        (left, right), word = queue.popleft()
        moves_left, moves_right = _moves(one, left), _moves(two, right)
        for label in sorted(moves_left.keys() ^ moves_right.keys()):
            return (*word, label), label in moves_right
        for label in sorted(moves_left):
            following = (moves_left[label], moves_right[label])
            if following not in seen:
                seen.add(following)
                queue.append((following, (*word, label)))
    return None


def _closure(program: Program, states: set[int]) -> States:
    """The visible steps reached without making one."""
    found: set[int] = set()
    stack = list(states)
    seen: set[int] = set()
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        step = program.steps[at]
        if isinstance(step, Access | Stop):
            found.add(at)
        elif isinstance(step, Branch):
            stack.extend(_ways(step))
        else:
            stack.append(step.next)
    return frozenset(found)


def _ways(step: Branch) -> tuple[int, ...]:
    if step.bound and has_unknown(step.value):
        return (step.leave,)
    return (step.then, step.other)


def _moves(program: Program, states: States) -> dict[str, States]:
    moves: dict[str, set[int]] = {}
    for at in states:
        step = program.steps[at]
        if isinstance(step, Stop):
            moves.setdefault(END, set())
        elif isinstance(step, Access):
            moves.setdefault(_label(step), set()).update(_closure(program, {step.next}))
    return {label: frozenset(after) for label, after in moves.items()}


def _label(step: Access) -> str:
    amount = ""
    if step.op in ("add", "add-unless") and step.value is not None:
        amount = f" by {text_of(step.value)}"
    return f"{step.op} of {step.family}{amount}"
