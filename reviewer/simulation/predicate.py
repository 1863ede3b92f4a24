# SPDX-License-Identifier: GPL-2.0-only
"""Conditions over the shared state, written in C.

Names are the words, objects and locks of the scenario and the stages of the
function under review (``entered``, ``gave_up``, ``succeeded``, ``returned``);
``count(o)``, ``accounted(o)``, ``kept(o)``, ``owed(o)``, ``frozen(o)``, ``freed(o)``,
``reused(o)``, ``held(actor, o)``, ``kept(actor, o)`` and ``others(actor, o)`` look at one
object (the function under review is called ``subject``),
``owner(lock)`` gives the CPU + 1 that has a lock.  Conditions over a single
step may also say ``by(actor)`` (``by(subject)`` for the function under
review), ``raises(o)`` and ``sees(o)``, the count the step found, else -1.
"""

from reviewer.record import dataclass
from reviewer.simulation.actions import (
    NEW,
    OBJECT,
    OLD,
    ONE,
    ZERO,
    Term,
    every,
    fld,
    ite,
    negated,
    op,
    some,
    total,
)
from reviewer.simulation.machine import (
    ENTERED,
    GAVE_UP,
    RETURNED,
    SUCCEEDED,
    Machine,
    of,
    own,
)
from reviewer.simulation.model import Goal
from reviewer.simulation.reader import ActorError
from reviewer.simulation.steps import Access, Branch, Let, Step, const
from reviewer.syntax.render import render
from reviewer.syntax.tree import Binary, Call, Expr, Literal, Name, Unary

STAGES = {
    "entered": (ENTERED,),
    "gave_up": (GAVE_UP,),
    "succeeded": (SUCCEEDED,),
    "returned": (GAVE_UP, SUCCEEDED, RETURNED),
}


def predicate(expr: Expr, machine: Machine) -> Term:
    """A condition as a term; raises `ActorError` on an unknown name."""
    return _Reader(machine, None, None).term(expr)


def step_predicate(name: str, expr: Expr, machine: Machine) -> Goal:
    """The same over single steps: the state is the one a step leaves."""

    def when(cpu: int, step: Step) -> Term | None:
        if isinstance(step, Let | Branch):
            return None
        condition = _Reader(machine, cpu, step).term(expr)
        return None if condition == ZERO else condition

    return Goal(name, when)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns C into terms, for a state or for one step of a CPU."""

    machine: Machine
    cpu: int | None
    step: Step | None

    def term(self, expr: Expr) -> Term:
        match expr:
            case Literal(text=text):
                return const(int(text, 0))
            case Name(name=name):
                return self._name(name)
            case Unary(op="!", operand=inner):
                return negated(self.term(inner))
            case Unary(op=operator, operand=inner):
                return ("un", operator, self.term(inner))
            case Binary(op=operator, left=left, right=right):
                return op(operator, self.term(left), self.term(right))
            case Call(function=Name(name=name), args=args):
                return self._call(name, tuple(render(arg) for arg in args))
            case _:
                raise ActorError(f"{render(expr)}: not a condition over the state")

    def _name(self, name: str) -> Term:
        machine = self.machine
        if any(word.name == name for word in machine.words):
            return fld(of("word", name))
        if name in machine.objects:
            return const(machine.objects.index(name) + 1)
        if name in STAGES and machine.subject >= 0:
            stage = fld(own(machine.subject, "stage"))
            return some(op("==", stage, const(number)) for number in STAGES[name])
        if name in STAGES:
            return ZERO
        raise ActorError(f"{name}: neither state, object nor stage of the scenario")

    def _call(self, name: str, args: tuple[str, ...]) -> Term:
        machine = self.machine
        if name == "by" and self.cpu is not None and args:
            return ONE if self.cpu in machine.named(args[0]) else ZERO
        if name == "owner" and args and args[0] in machine.locks:
            return total(
                op("*", op("!=", fld(own(cpu, "has", args[0])), ZERO), const(cpu + 1))
                for cpu in machine.cpus
            )
        if not args or args[-1] not in machine.objects:
            raise ActorError(f"{name}({', '.join(args)}): no such object in the scenario")
        number = machine.objects.index(args[-1]) + 1
        if name in ("held", "others", "kept"):
            return self._of_cpus(name, args, number)
        return self._of_object(name, number)

    def _of_cpus(self, name: str, args: tuple[str, ...], number: int) -> Term:
        machine = self.machine
        cpus = machine.named(args[0])
        if name == "kept" and len(args) == 1:
            cpus = tuple(machine.cpus)
        ghost = "kept" if name == "kept" else "held"
        return total(
            fld(own(cpu, ghost, number))
            for cpu in machine.cpus
            if (cpu in cpus) != (name == "others")
        )

    def _of_object(self, name: str, number: int) -> Term:
        if name in ("count", "owed", "frozen", "freed", "reused"):
            return fld(of(name, number))
        if name == "accounted":
            return const(self.machine.accounted.get(number, 0))
        counted = isinstance(self.step, Access) and self.step.index is not None
        if name in ("raises", "sees") and self.cpu is not None:
            if not counted:
                return ZERO if name == "raises" else const(-1)
            this = op("==", OBJECT, const(number))
            if name == "raises":
                return every((this, op(">", NEW, OLD))) if self._changes() else ZERO
            return ite(this, OLD, const(-1))
        raise ActorError(f"{name}: not a function of the state")

    def _changes(self) -> bool:
        return isinstance(self.step, Access) and self.step.op != "load"
