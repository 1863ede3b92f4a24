# SPDX-License-Identifier: GPL-2.0-only
"""Conditions over the shared state, written in C.

Names are the words, objects and locks of the scenario and the stages of the
function under review (``entered``, ``gave_up``, ``succeeded``, ``returned``);
``count(o)``, ``accounted(o)``, ``kept(o)``, ``owed(o)``, ``frozen(o)``, ``freed(o)``,
``held(actor, o)``, ``kept(actor, o)`` and ``others(actor, o)`` look at one
object (the function under review is called ``subject``),
``owner(lock)`` gives the CPU + 1 that has a lock.  Conditions over a single
step may also say ``by(actor)`` (``by(subject)`` for the function under
review), ``raises(o)`` and ``sees(o)``, the count the step found, else -1.
"""

from collections.abc import Callable, Mapping

from reviewer.simulation import effects
from reviewer.simulation.effects import Event
from reviewer.simulation.explore import Goal
from reviewer.simulation.machine import Machine, owed
from reviewer.simulation.reader import ActorError
from reviewer.simulation.steps import Visible
from reviewer.syntax.render import render
from reviewer.syntax.tree import Binary, Call, Expr, Literal, Name, Unary

Shared = tuple[int, ...]
Term = Callable[[Shared], int]

STAGES = {
    "entered": (effects.ENTERED,),
    "gave_up": (effects.GAVE_UP,),
    "succeeded": (effects.SUCCEEDED,),
    "returned": (effects.GAVE_UP, effects.SUCCEEDED, effects.RETURNED),
}


def predicate(expr: Expr, machine: Machine) -> Callable[[Shared], bool]:
    """Make a condition callable; raises `ActorError` on an unknown name."""
    names = {name: number + 1 for number, name in enumerate(machine.objects)}
    term = _term(expr, machine, names)
    return lambda shared: bool(term(shared))


def _term(expr: Expr, machine: Machine, names: Mapping[str, int]) -> Term:
    match expr:
        case Literal(text=text):
            number = int(text, 0)
            return lambda shared: number
        case Name(name=name):
            return _name(name, machine, names)
        case Unary(op=op, operand=inner):
            term = _term(inner, machine, names)
            return lambda shared: effects.evaluate(("un", op, ("const", term(shared))), {}) or 0
        case Binary(op=op, left=left, right=right):
            one, two = _term(left, machine, names), _term(right, machine, names)
            return _binary(op, one, two)
        case Call(function=Name(name=name), args=args):
            return _call(name, tuple(render(arg) for arg in args), machine, names)
        case _:
            raise ActorError(f"{render(expr)}: not a condition over the state")


def _binary(op: str, one: Term, two: Term) -> Term:
    if op == "&&":
        return lambda shared: int(bool(one(shared)) and bool(two(shared)))
    if op == "||":
        return lambda shared: int(bool(one(shared)) or bool(two(shared)))
    return lambda shared: (
        effects.evaluate(("op", op, ("const", one(shared)), ("const", two(shared))), {}) or 0
    )


def _name(name: str, machine: Machine, names: Mapping[str, int]) -> Term:
    plan = machine.layout
    if name in plan.variables:
        place = plan.variables[name]
        return lambda shared: shared[place]
    if name in names:
        number = names[name]
        return lambda shared: number
    if name in STAGES:
        stages = STAGES[name]
        return lambda shared: int(shared[plan.stage] in stages)
    raise ActorError(f"{name}: neither state, object nor stage of the scenario")


def _call(name: str, args: tuple[str, ...], machine: Machine, names: Mapping[str, int]) -> Term:
    plan = machine.layout
    if name == "by":
        return _by(args[0], machine)
    if name == "owner" and args and args[0] in plan.locks:
        place = plan.locks[args[0]]
        return lambda shared: shared[place]
    if not args or args[-1] not in names:
        raise ActorError(f"{name}({', '.join(args)}): no such object in the scenario")
    number = names[args[-1]]
    cpus = [
        cpu
        for cpu, program in enumerate(machine.programs)
        if args[0] == program.name or (args[0] == "subject" and cpu == machine.subject)
    ]
    if name in ("held", "others", "kept"):
        ghost = plan.kept if name == "kept" else plan.held
        if name == "kept" and len(args) == 1:
            cpus = list(range(len(machine.programs)))
        wanted = [
            place
            for (cpu, held_object), place in ghost.items()
            if held_object == number and (cpu in cpus) != (name == "others")
        ]
        return lambda shared: sum(shared[place] for place in wanted)
    return _object_term(name, number, machine)


def _object_term(name: str, number: int, machine: Machine) -> Term:
    plan = machine.layout
    match name:
        case "count":
            return lambda shared: shared[plan.counts[number]]
        case "owed":
            return lambda shared: owed(shared, plan, number)
        case "frozen":
            return lambda shared: int(bool(shared[plan.frozen[number]]))
        case "accounted":
            accounted = machine.accounted.get(number, 0)
            return lambda shared: accounted
        case "raises":
            base = plan.size
            return lambda shared: int(shared[base + 1] == number and shared[base + 2] == 1)
        case "sees":
            base = plan.size
            return lambda shared: shared[base + 3] if shared[base + 1] == number else -1
        case "freed":
            return lambda shared: shared[plan.freed] >> number & 1
        case _:
            raise ActorError(f"{name}: not a function of the state")


def _by(name: str, machine: Machine) -> Term:
    place = machine.layout.size
    cpus = [
        cpu
        for cpu, program in enumerate(machine.programs)
        if program.name == name or (name == "subject" and cpu == machine.subject)
    ]
    return lambda shared: int(shared[place] in cpus)


def step_predicate(expr: Expr, machine: Machine) -> Goal:
    """The same over single steps: the state is the one the step leaves, with
    the CPU, the object, whether its count rose, and the count found behind it."""
    names = {name: number + 1 for number, name in enumerate(machine.objects)}
    term = _term(expr, machine, names)

    def goal(cpu: int, step: Visible, event: Event, before: Shared, after: Shared) -> bool:
        old = -1 if event.old is None else event.old
        raised = int(event.object > 0 and event.new is not None and event.new > old)
        return bool(term((*after, cpu, event.object, raised, old)))

    return goal
