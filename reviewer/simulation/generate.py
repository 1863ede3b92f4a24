# SPDX-License-Identifier: GPL-2.0-only
"""Transitions as Python functions on packed states.

For each place where a CPU can stand there is one function: it takes a state
and gives the states that one transition leads to, with a way for each choice.
Everything it may look at or change is known beforehand (`Transition.mask`), so
what it did for one state holds for all that agree on those bits.

Making and compiling a function takes as long as a dozen calls of the one that
performs the actions one by one: it is made for places that are seen often.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import CodeType

from reviewer.simulation.actions import (
    Action,
    Assign,
    Check,
    Choose,
    If,
    Note,
    Require,
    Term,
    binary,
    unary,
    walk,
)
from reviewer.simulation.follow import ends_of
from reviewer.simulation.layout import WAYS, Layout, Overflow, Slot, many_ways, may_overflow
from reviewer.simulation.machine import BROKE
from reviewer.simulation.model import STOPPED, Model, Ways
from reviewer.simulation.reach import inside, joins, touched

Function = Callable[[int], list[int]]
Noted = Callable[[int, str], None]


COLD = 12
"""How often a transition is performed step by step before it is compiled."""


class Transition:
    """A transition of a CPU from one place: ``function``, which may be another
    one after each call, and ``mask``, the bits of the state that it depends on
    or changes.

    ``broken`` numbers the properties; ``noted`` is told which goals are met,
    and in which state.
    """

    __slots__ = ("_broken", "_left", "_noted", "_place", "_slots", "function", "mask")

    def __init__(
        self,
        model: Model,
        layout: Layout,
        broken: Mapping[str, int],
        cpu: int,
        at: int,
        noted: Noted,
    ) -> None:
        self._place = (model, layout, cpu, at)
        self._broken, self._noted = broken, noted
        names = (f"{cpu}.pc", BROKE, *touched(model, cpu, at, inside(model, cpu, at)))
        self._slots = {name: slot for name in names if (slot := layout.slots.get(name))}
        self.mask = 0
        for slot in self._slots.values():
            self.mask |= slot.mask
        self._left = COLD
        self.function: Function = self._perform

    def _perform(self, state: int) -> list[int]:
        """Step by step; the last time this is done the function is compiled."""
        self._left -= 1
        if self._left < 0:
            self.function = self._generated()
            return self.function(state)
        model, _, cpu, at = self._place
        fields = {name: slot.value(state) for name, slot in self._slots.items()}
        found = []
        for after, broke, met in ends_of(model, cpu, fields, at):
            reached = state & ~self.mask
            for name, slot in self._slots.items():
                reached |= slot.packed(after.get(name))
            if broke:
                reached |= self._slots[BROKE].packed(self._broken[broke])
            found.append(reached)
            for goal in met:
                self._noted(state, goal)
        return found

    def _generated(self) -> Function:
        model, layout, cpu, at = self._place
        source = _Writer(model, layout, self._broken, cpu).function(at)
        scope = {
            "_binary": binary,
            "_unary": unary,
            "_overflow": _overflow,
            "_noted": self._noted,
            "_many": partial(many_ways, model.machine.programs[cpu].name),
        }
        exec(_compiled(source), scope)  # noqa: S102
        return scope["go"]  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def _compiled(source: str) -> CodeType:
    """The code of a function; machines that differ elsewhere share it."""
    return compile(source, "<transition>", "exec")


def _overflow(name: str) -> None:
    raise Overflow(name)


class _Writer:
    """The text of one function, line by line."""

    def __init__(self, model: Model, layout: Layout, broken: Mapping[str, int], cpu: int) -> None:
        self.model, self.layout, self.broken, self.cpu = model, layout, broken, cpu
        self.lines: list[str] = []
        self.count = 0
        self.joins: list[int] = []

    def function(self, at: int) -> str:
        """The function of a place.  Where ways meet again the states are
        collected and gone on with together, so that the text stays as long as
        the steps are many."""
        self.joins = joins(self.model, self.cpu, at)
        self.lines = ["def go(s):", "    begin = s", "    out = []"]
        self.lines += [f"    at{place} = []" for place in self.joins]
        self._part(at, _Known({}, {}, frozenset(), None), 1)
        for place in self.joins:
            self.line(1, f"if len(at{place}) > {WAYS}: _many()")
            self.line(1, f"for s in at{place}:")
            self._part(place, _Known({}, {}, frozenset(), None).standing_at(place), 2)
        self.lines.append("    return out")
        return "\n".join(self.lines) + "\n"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    # Control ------------------------------------------------------------------

    def _part(self, at: int, known: "_Known", depth: int) -> None:
        part = self.model.parts[self.cpu][at]
        self._actions(part.actions, known, depth, lambda k, d: self._ways(part.next, k, d))

    def _ways(self, ways: int | Ways, known: "_Known", depth: int) -> None:
        if not isinstance(ways, Ways):
            if ways == STOPPED or ways in self.model.stands[self.cpu]:
                self._leaf(ways, known, depth)
            elif ways in self.joins:
                self._leaf(ways, known, depth, into=f"at{ways}")
            else:
                self._part(ways, known.standing_at(ways), depth)
            return
        if ways.condition is None:
            # A choice: both ways, one after the other, each in a scope of its own.
            for actions, target in (ways.then, ways.other):
                self._scope(actions, target, known, depth)
            return
        test, _ = self._term(ways.condition, known, depth)
        self.line(depth, f"if {test}:")
        self._scope(*ways.then, known, depth + 1)
        self.line(depth, "else:")
        self._scope(*ways.other, known, depth + 1)

    def _scope(
        self, actions: tuple[Action, ...], target: "int | Ways", known: "_Known", depth: int
    ) -> None:
        self._actions(actions, known.copy(), depth, lambda k, d: self._ways(target, k, d))

    def _actions(
        self,
        actions: tuple[Action, ...],
        known: "_Known",
        depth: int,
        then: "Callable[[_Known, int], None]",
    ) -> None:
        for number, action in enumerate(actions):
            rest = actions[number + 1 :]
            if isinstance(action, Assign):
                self._assign(action, known, depth, rest)
            elif isinstance(action, Choose):
                for choice in ("1", "0"):
                    tried = known.copy()
                    tried.temps[action.target[1]] = (choice, False)
                    self._actions(rest, tried, depth, then)
                return
            elif isinstance(action, Note):
                test, _ = self._term(action.condition, known, depth)
                self.line(depth, f"if {test}: _noted(begin, {action.name!r})")
            else:
                self._on_condition(action, rest, known, depth, then)
                return
        then(known, depth)

    def _on_condition(
        self,
        action: If | Require | Check,
        rest: tuple[Action, ...],
        known: "_Known",
        depth: int,
        then: "Callable[[_Known, int], None]",
    ) -> None:
        """An action after which the text goes on inside of a condition."""
        test, _ = self._term(action.condition, known, depth)
        if isinstance(action, If):
            self.line(depth, f"if {test}:")
            self._actions((*action.then, *rest), known.copy(), depth + 1, then)
            self.line(depth, "else:")
            self._actions((*action.other, *rest), known.copy(), depth + 1, then)
            return
        if isinstance(action, Require):
            self.line(depth, f"if {test}:")
        else:
            self.line(depth, f"if not {test}:")
            self._leaf(STOPPED, known.copy(), depth + 1, self.broken[action.name])
            if known.before is not None:
                # What others do to the state before it is not to be lost.
                self._leaf(*known.before, depth + 1)
            self.line(depth, "else:")
        self._actions(rest, known, depth + 1, then)

    def _assign(
        self, action: Assign, known: "_Known", depth: int, rest: tuple[Action, ...]
    ) -> None:
        target = action.target
        if target[0] == "temp" and not any(_mentions(later, target) for later in rest):
            return
        text, maybe = self._term(action.value, known, depth)
        if not (text.isdigit() or text.isidentifier()):
            name = self._name()
            self.line(depth, f"{name} = {text}")
            text = name
        if target[0] == "temp":
            known.temps[target[1]] = (text, maybe)
        else:
            known.fields[target[1]] = (text, maybe)
            known.changed |= {target[1]}

    def _leaf(
        self, target: int, known: "_Known", depth: int, broke: int = 0, into: str = "out"
    ) -> None:
        """One state that the transition leads to."""
        slots = self.layout.slots
        clear, fixed = 0, 0
        parts: list[str] = []
        live = self.model.live[self.cpu][target] if target != STOPPED else frozenset()
        prefix = f"{self.cpu}.local."
        pc = slots[f"{self.cpu}.pc"]
        clear |= pc.mask
        fixed |= pc.packed(target)
        if broke:
            clear |= slots[BROKE].mask
            fixed |= slots[BROKE].packed(broke)
        for name, slot in slots.items():
            if name.startswith(prefix) and name not in live:
                clear |= slot.mask
            elif name in known.changed:
                clear |= slot.mask
                text, maybe = known.fields[name]
                if text.lstrip("-").isdigit():
                    fixed |= slot.packed(int(text))
                else:
                    parts.append(self._packed(slot, text, maybe, depth))
        kept = ~clear & ((1 << self.layout.width) - 1)
        self.line(depth, f"{into}.append({' | '.join([f's & {kept} | {fixed}', *parts])})")

    def _packed(self, slot: Slot, text: str, maybe: bool, depth: int) -> str:
        inside = f"{slot.low} <= {text} <= {slot.high}"
        shifted = f"({text} - {slot.low - slot.maybe} << {slot.shift})".replace("- -", "+ ")
        if slot.maybe:
            known = f"{text} is not None and {inside}" if maybe else inside
            return f"({shifted} if {known} else 0)"
        if may_overflow(slot.name):
            self.line(depth, f"if not {inside}: _overflow({slot.name!r})")
        return shifted

    # Terms --------------------------------------------------------------------

    def _term(self, term: Term, known: "_Known", depth: int) -> tuple[str, bool]:
        """A term as text, and whether it may be None."""
        match term[0]:
            case "const":
                return (str(term[1]) if term[1] >= 0 else f"({term[1]})"), False
            case "unknown":
                return "None", True
            case "temp":
                return known.temps.get(term[1], ("1", False))
            case "field":
                return self._field(term[1], known, depth)
            case "known":
                text, maybe = self._term(term[1], known, depth)
                return (f"({text} is not None)" if maybe else "1"), False
            case "ite":
                test, _ = self._term(term[1], known, depth)
                (one, left), (two, right) = (self._term(t, known, depth) for t in term[2:])
                return f"({one} if {test} else {two})", left or right
            case "un":
                return self._unary(term, known, depth)
            case _:
                return self._binary(term, known, depth)

    def _unary(self, term: Term, known: "_Known", depth: int) -> tuple[str, bool]:
        text, maybe = self._term(term[2], known, depth)
        if maybe:
            return f"_unary({term[1]!r}, {text})", True
        return (f"(not {text})" if term[1] == "!" else f"({term[1]}{text})"), False

    def _binary(self, term: Term, known: "_Known", depth: int) -> tuple[str, bool]:
        operator = term[1]
        one, left = self._term(term[2], known, depth)
        two, right = self._term(term[3], known, depth)
        if operator in ("&&", "||") and not (left or right):
            return f"({one} {'and' if operator == '&&' else 'or'} {two})", False
        if left or right or operator in ("/", "%", "<<", ">>", "&&", "||"):
            if operator == "&&" and term[2][0] == "known":
                # What is known is asked first, so that the rest is a number.
                return f"({one} and _binary('!=', {two}, 0))", False
            return f"_binary({operator!r}, {one}, {two})", True
        return f"({one} {operator} {two})", False

    def _field(self, name: str, known: "_Known", depth: int) -> tuple[str, bool]:
        if name in known.fields:
            return known.fields[name]
        slot = self.layout.slots.get(name)
        if slot is None:
            return (
                ("None", True) if ".local." in name else (str(self.model.fixed.get(name, 0)), False)
            )
        local = self._name()
        raw = f"s >> {slot.shift} & {(1 << slot.width) - 1}"
        if slot.maybe:
            self.line(depth, f"{local} = ({raw})")
            offset = slot.low - 1
            self.line(depth, f"{local} = {local} + {offset} if {local} else None")
        else:
            self.line(depth, f"{local} = ({raw})" + (f" + {slot.low}" if slot.low else ""))
        known.fields[name] = (local, slot.maybe)
        return known.fields[name]


class _Known:
    """The fields and temporaries with a name in the function so far, the
    fields that were changed, and, behind the first step, the place before the
    step at hand with what was known there."""

    __slots__ = ("before", "changed", "fields", "temps")

    def __init__(
        self,
        fields: dict[str, tuple[str, bool]],
        temps: dict[str, tuple[str, bool]],
        changed: frozenset[str],
        before: "tuple[int, _Known] | None",
    ) -> None:
        self.fields, self.temps, self.changed = fields, temps, changed
        self.before = before

    def copy(self) -> "_Known":
        return _Known(dict(self.fields), dict(self.temps), self.changed, self.before)

    def standing_at(self, place: int) -> "_Known":
        """The same, about to make a step at ``place``."""
        before = _Known(dict(self.fields), {}, self.changed, None)
        return _Known(self.fields, self.temps, self.changed, (place, before))


def _mentions(action: Action, target: Term) -> bool:
    match action:
        case Assign(value=value):
            return target in walk(value)
        case Choose():
            return False
        case If():
            inner = (*action.then, *action.other)
            return target in walk(action.condition) or any(_mentions(a, target) for a in inner)
        case _:
            return target in walk(action.condition)
