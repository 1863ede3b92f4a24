# SPDX-License-Identifier: GPL-2.0-only
"""A machine as transitions: for each CPU and each place where it can stand,
the code that takes it to the next such place.

A CPU stands before a step that others can tell, or at the head of a loop that
has none.  Steps that only it can tell follow the one before them at once:
they commute with whatever the others do, so no end is lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.actions import (
    Action,
    Assign,
    Check,
    Note,
    Term,
    every_action,
    fields_of,
    fld,
    ite,
    op,
    reads,
    settle,
    settled,
    walk,
    with_locals,
    writes,
)
from reviewer.simulation.effects import effects
from reviewer.simulation.machine import Machine, beginning, own
from reviewer.simulation.quiet import boundaries
from reviewer.simulation.steps import (
    LOOP_ROUNDS,
    Branch,
    Let,
    Mark,
    Program,
    Step,
    Stop,
    const,
)

STOPPED = -1
"""Where a CPU stands that is done."""

Property = tuple[str, Term]
"""A name, and what must hold in every state."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is looked for: the first step behind which a condition holds.
    ``when`` gives it for a step of a CPU, in terms of the fields and of what
    steps tell of themselves; None where the step cannot be the one.
    ``of_states``: only steps that change what the condition is about count."""

    name: str
    when: Callable[[int, Step], Term | None]
    of_states: bool = False


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a branch goes: a condition, or a choice between two; what is done
    before going on is in front of each target."""

    condition: Term | None
    then: "tuple[tuple[Action, ...], int | Ways]"
    other: "tuple[tuple[Action, ...], int | Ways]"


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a program in the model: its actions, and where it goes on."""

    actions: tuple[Action, ...]
    next: int | Ways


@dataclass(frozen=True, slots=True)
class Model:
    """A machine ready to be explored.

    ``parts`` are the steps of each CPU; ``stands`` the places where a CPU can
    stand; ``starts`` the initial states as far as they are not 0, ``fixed``
    the fields that never change; ``properties`` what must hold; ``texts`` what
    each CPU can return; ``live`` the locals that are still read, by place.
    """

    machine: Machine
    parts: tuple[tuple[Part, ...], ...]
    stands: tuple[frozenset[int], ...]
    starts: tuple[Mapping[str, int], ...]
    fixed: Mapping[str, int]
    properties: tuple[Property, ...]
    texts: tuple[tuple[str, ...], ...]
    live: tuple[tuple[frozenset[str], ...], ...]


def model_of(
    machine: Machine, properties: Sequence[Property] = (), goals: Sequence[Goal] = ()
) -> Model:
    """Build the transitions of a machine."""
    texts = tuple(result_texts(program) for program in machine.programs)
    raw = [
        [_part(machine, cpu, step, texts[cpu], goals) for step in program.steps]
        for cpu, program in enumerate(machine.programs)
    ]
    starts = tuple(beginning(machine, start) for start in machine.starts)
    fixed = _fixed(raw, starts)
    held = tuple((name, settled(term, fixed)) for name, term in properties)
    asked = [(name, term, fields_of(term)) for name, term in held if term[0] != "const"]
    parts = tuple(tuple(_checked(part, asked, fixed) for part in program) for program in raw)
    return Model(
        machine=machine,
        parts=parts,
        stands=tuple(boundaries(machine, cpu) for cpu in machine.cpus),
        starts=starts,
        fixed=fixed,
        properties=held,
        texts=texts,
        live=tuple(_live(cpu, program) for cpu, program in enumerate(parts)),
    )


def _part(
    machine: Machine, cpu: int, step: Step, texts: tuple[str, ...], goals: Sequence[Goal]
) -> Part:
    match step:
        case Let():
            target = fld(own(cpu, "local", step.dest))
            return Part((Assign(target, with_locals(step.value, cpu)),), step.next)
        case Branch():
            return Part((), _ways(cpu, step))
        case _:
            actions = effects(machine, cpu, step)
            if isinstance(step, Stop | Mark) and is_result(step):
                actions = (*actions, _noted(cpu, texts.index(step.text) + 1))
            following = STOPPED if isinstance(step, Stop) else step.next
            return Part((*actions, *_notes(goals, cpu, step, actions)), following)


def _notes(
    goals: Sequence[Goal], cpu: int, step: Step, actions: Sequence[Action]
) -> Iterator[Action]:
    for goal in goals:
        condition = goal.when(cpu, step)
        if condition is None:
            continue
        if not goal.of_states or fields_of(condition) & writes(actions):
            yield Note(condition, goal.name)


def _noted(cpu: int, number: int) -> Action:
    """Keep what the function under review, or else the CPU, returned."""
    result = fld(own(cpu, "result"))
    return Assign(result, ite(op("==", result, const(0)), const(number), result))


def is_result(step: Stop | Mark) -> bool:
    """Whether a step says what a function returned."""
    return isinstance(step, Stop) or step.what in ("leave", "finish")


def result_texts(program: Program) -> tuple[str, ...]:
    """Everything a program can return, as written, sorted."""
    results = (s for s in program.steps if isinstance(s, Stop | Mark) and is_result(s))
    return tuple(sorted({step.text for step in results}))


# Branches ---------------------------------------------------------------------


def _ways(cpu: int, step: Branch) -> int | Ways:
    """Where a branch goes; both ways when its value is not known."""
    if step.then == step.other:
        return step.then
    value = with_locals(step.value, cpu)
    decided = Ways(value, ((), step.then), ((), step.other))
    if value[0] == "const":
        return step.then if value[1] else step.other
    undecided = _undecided(cpu, step)
    if value[0] == "unknown":
        return undecided
    if not any(part[0] in ("field", "unknown") for part in walk(value)):
        return decided
    return Ways(("known", value), ((), decided), ((), undecided))


def _undecided(cpu: int, step: Branch) -> Ways:
    if step.key:
        key = fld(own(cpu, "local", step.key))
        chosen = Ways(
            None,
            ((Assign(key, const(1)),), step.then),
            ((Assign(key, const(0)),), step.other),
        )
        kept = Ways(key, ((), step.then), ((), step.other))
        return Ways(("known", key), ((), kept), ((), chosen))
    if not step.bound:
        return Ways(None, ((), step.then), ((), step.other))
    rounds = fld(own(cpu, "local", step.bound))
    passed = ite(("known", rounds), rounds, const(0))
    count = (Assign(rounds, op("+", passed, const(1))),)
    free = Ways(None, (count, step.then), (count, step.other))
    return Ways(op(">=", passed, const(LOOP_ROUNDS)), ((), step.leave), ((), free))


# What does not change, and what is not read any more ----------------------------


def _fixed(
    programs: Iterable[Iterable[Part]], starts: Sequence[Mapping[str, int]]
) -> dict[str, int]:
    """The fields nobody writes, with their value; what is not named is 0."""
    written: set[str] = set()
    seen: set[str] = set()
    for program in programs:
        for part in program:
            for actions in assigned_lists(part):
                written |= {
                    action.target[1]
                    for action in every_action(actions)
                    if isinstance(action, Assign)
                    and action.target[0] == "field"
                    and action.value != action.target
                }
                seen |= reads(actions)
            seen |= tested(part.next)
    for name in {name for start in starts for name in start}:
        if len({start.get(name, 0) for start in starts}) > 1:
            written.add(name)
    return _Fixed(
        {name: starts[0].get(name, 0) for name in (seen | set(starts[0])) - written}, written
    )


class _Fixed(dict[str, int]):
    """Fields that never change; any field nobody writes is one, but for
    locals, which nobody knows then."""

    def __init__(self, known: Mapping[str, int], written: set[str]) -> None:
        super().__init__(known)
        self.written = written

    def __contains__(self, name: object) -> bool:
        return name not in self.written and ".local." not in str(name)

    def __missing__(self, name: str) -> int:
        return 0


def assigned_lists(part: Part) -> list[Iterable[Action]]:
    """The actions of a part, those of its branches included."""
    found: list[Iterable[Action]] = [part.actions]
    stack = [part.next]
    while stack:
        ways = stack.pop()
        if isinstance(ways, Ways):
            for actions, target in (ways.then, ways.other):
                found.append(actions)
                stack.append(target)
    return found


def tested(ways: int | Ways) -> frozenset[str]:
    """The fields a branch looks at."""
    if not isinstance(ways, Ways):
        return frozenset()
    found = frozenset() if ways.condition is None else fields_of(ways.condition)
    return found | tested(ways.then[1]) | tested(ways.other[1])


def _checked(
    part: Part, properties: Sequence[tuple[str, Term, frozenset[str]]], fixed: Mapping[str, int]
) -> Part:
    """A part without what never changes, and with the properties that its
    actions can break looked at behind them."""
    actions = tuple(settle(part.actions, fixed))
    changed = writes(actions)
    checks = [Check(condition, name) for name, condition, fields in properties if fields & changed]
    notes = [action for action in actions if isinstance(action, Note)]
    others = [action for action in actions if not isinstance(action, Note)]
    return Part((*others, *notes, *checks), _settled_ways(part.next, fixed))


def _settled_ways(ways: int | Ways, fixed: Mapping[str, int]) -> int | Ways:
    if not isinstance(ways, Ways):
        return ways
    condition = None if ways.condition is None else settled(ways.condition, fixed)
    then = (tuple(settle(ways.then[0], fixed)), _settled_ways(ways.then[1], fixed))
    other = (tuple(settle(ways.other[0], fixed)), _settled_ways(ways.other[1], fixed))
    if condition is not None and condition[0] == "const":
        chosen = then if condition[1] else other
        if not chosen[0]:
            return chosen[1]
    return Ways(condition, then, other)


def targets(ways: int | Ways) -> set[int]:
    """The steps that may follow."""
    return set(ends(ways))


def ends(ways: int | Ways) -> list[int]:
    """The steps that may follow, each as often as there are ways to it."""
    if not isinstance(ways, Ways):
        return [ways]
    return [*ends(ways.then[1]), *ends(ways.other[1])]


def _live(cpu: int, parts: tuple[Part, ...]) -> tuple[frozenset[str], ...]:
    """The locals of a CPU that some step from here on may read before it
    writes them."""
    prefix = own(cpu, "local.")
    used, killed = [], []
    for part in parts:
        seen = set(tested(part.next))
        for actions in assigned_lists(part):
            seen |= reads(actions)
        used.append({name for name in seen if name.startswith(prefix)})
        sure = {
            action.target[1]
            for action in part.actions
            if isinstance(action, Assign) and action.target[0] == "field"
        }
        killed.append({name for name in sure if name.startswith(prefix)} - used[-1])
    live = [set(names) for names in used]
    sources: list[list[int]] = [[] for _ in parts]
    for at, part in enumerate(parts):
        for target in targets(part.next):
            if target != STOPPED:
                sources[target].append(at)
    queue = list(range(len(parts)))
    while queue:
        at = queue.pop()
        for source in sources[at]:
            new = live[at] - killed[source] - live[source]
            if new:
                live[source] |= new
                queue.append(source)
    return tuple(frozenset(names) for names in live)
