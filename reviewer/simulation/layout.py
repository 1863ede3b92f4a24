# SPDX-License-Identifier: GPL-2.0-only
"""How the fields of a model are packed into one integer.

The fields of a CPU stand together, so that CPUs with the same program have
chunks of the same shape.  How wide a field is follows from the values that
the actions can give it; counts begin narrow, and the model is laid out anew
when one of them does not fit (`Overflow`).
"""

from collections.abc import Iterable, Mapping

from reviewer.record import dataclass
from reviewer.simulation.actions import (
    LIMIT,
    Assign,
    Term,
    apply,
    every_action,
    unary,
    walk,
)
from reviewer.simulation.machine import BROKE
from reviewer.simulation.model import Model, Part, Ways

Values = frozenset[int | None]
MANY = 24
"""A field with more values than these may have any."""
ANY: Values = frozenset((-LIMIT, LIMIT - 1, None))
COUNTED = ("count", "owed", "held", "kept", "believed")
HELD = ("lock", "has")
FLAGS = ("froze", "frozen", "freed", "reused", "dying", "waits", "flush", "grace")
DEPTHS = ("irq", "rcu", "stage")
TRUTH: Values = frozenset((0, 1))
NARROW, WIDEST = 4, 12


WAYS = 4096
"""How many ways one transition may go: the branches in it multiply."""


class TooLarge(ValueError):
    """A model that is too large to be explored; one line that says why."""


def many_ways(name: str) -> None:
    """Raise `TooLarge` for a transition of a program with more than `WAYS`."""
    raise TooLarge(f"{name}() has too many ways between two steps that others can tell")


class Overflow(Exception):
    """A field that took a value it has no room for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a field stands: ``shift`` bits from the right, ``width`` bits, as
    its value less ``low``; with ``maybe`` 0 stands for a value nobody knows
    and numbers begin at 1."""

    name: str
    shift: int
    width: int
    low: int
    maybe: bool

    @property
    def mask(self) -> int:
        """The bits of the field, at its place."""
        return ((1 << self.width) - 1) << self.shift

    @property
    def high(self) -> int:
        """The largest number it has room for."""
        return self.low + (1 << self.width) - 1 - self.maybe

    def packed(self, value: int | None) -> int:
        """A value as bits at their place; raises `Overflow`."""
        if value is None or (self.maybe and not self.low <= value <= self.high):
            return 0
        if not self.low <= value <= self.high:
            raise Overflow(self.name)
        return (value - self.low + self.maybe) << self.shift

    def value(self, state: int) -> int | None:
        """The value in a state."""
        bits = (state & self.mask) >> self.shift
        if self.maybe:
            return bits - 1 + self.low if bits else None
        return bits + self.low


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots by name; ``chunks`` has the shift and width of what belongs
    to each CPU, ``width`` is that of the state."""

    slots: Mapping[str, Slot]
    chunks: tuple[tuple[int, int], ...]
    width: int

    def pack(self, fields: Mapping[str, int | None]) -> int:
        """A state as one integer; fields left out are 0, locals unknown."""
        state = 0
        for name, slot in self.slots.items():
            state |= slot.packed(fields.get(name, None if slot.maybe else 0))
        return state

    def unpack(self, state: int) -> dict[str, int | None]:
        """The fields of a state."""
        return {name: slot.value(state) for name, slot in self.slots.items()}


def may_overflow(name: str) -> bool:
    """Whether a field may take a value it has no room for: a number that steps
    add to, or a word.  The others take no value that was not provided for."""
    return name.split(".")[1 if name[0].isdigit() else 0] in (*COUNTED, *HELD, "word")


def layout_of(model: Model, room: int = NARROW) -> Layout:
    """Lay out a model; ``room`` is the number of bits counts have."""
    values = _values(model)
    slots: dict[str, Slot] = {}
    chunks = []
    shift = 0
    for cpu in model.machine.cpus:
        begin = shift
        prefix = f"{cpu}."
        names = [f"{cpu}.pc", *sorted(name for name in values if name.startswith(prefix))]
        for name in names:
            slot = _slot(model, name, values.get(name, frozenset()), shift, room)
            slots[name] = slot
            shift += slot.width
        chunks.append((begin, shift - begin))
    for name in [BROKE, *sorted(name for name in values if not name[0].isdigit())]:
        slot = _slot(model, name, values.get(name, frozenset()), shift, room)
        slots[name] = slot
        shift += slot.width
    return Layout(slots, tuple(chunks), shift)


def _slot(model: Model, name: str, values: Values, shift: int, room: int) -> Slot:
    kind = name.split(".")[1] if name[0].isdigit() else name.split(".")[0]
    if kind == "pc":
        steps = len(model.parts[int(name.split(".")[0])])
        return Slot(name, shift, (steps + 1).bit_length(), -1, False)
    if kind == BROKE:
        return Slot(name, shift, 6, 0, False)
    if kind in COUNTED:
        low = -(1 << room - 2) if kind != "count" else -1
        return Slot(name, shift, room, low, False)
    if kind in FLAGS or kind in DEPTHS:
        return Slot(name, shift, 1 if kind in FLAGS else 3, 0, False)
    if kind == "result":
        texts = model.texts[int(name.split(".")[0])]
        return Slot(name, shift, len(texts).bit_length(), 0, False)
    if kind in HELD:
        holders = len(model.machine.programs) + 1
        return Slot(name, shift, holders.bit_length() + room - NARROW, 0, False)
    numbers = [value for value in values if value is not None]
    low, high = min(numbers, default=0), max(numbers, default=0)
    maybe = kind == "local"
    return Slot(name, shift, (high - low + maybe).bit_length() or 1, low, maybe)


# Which values a field can have ----------------------------------------------------


def _values(model: Model) -> dict[str, Values]:
    """The values of every field that changes."""
    values: dict[str, Values] = {}
    for name in {name for start in model.starts for name in start}:
        if name not in model.fixed:
            values[name] = frozenset(start.get(name, 0) for start in model.starts)
    lists = [tuple(_assigns(part)) for program in model.parts for part in program]
    for name in {a.target[1] for actions in lists for a in actions if a.target[0] == "field"}:
        first: Values = frozenset() if ".local." in name else frozenset((0,))
        values[name] = values.get(name, frozenset()) | first
    asked = [found for actions in lists if (found := _of_words(actions))]
    changed = True
    while changed:
        changed = False
        for actions in asked:
            changed |= _assigned(actions, values)
    return values


def _of_words(actions: Iterable[Assign]) -> tuple[Assign, ...]:
    """The assignments to locals and words, and the temporaries these need:
    how wide other fields are does not depend on what is assigned."""
    kept: list[Assign] = []
    needed: set[str] = set()
    for action in reversed(list(actions)):
        name = action.target[1]
        wanted = name in needed if action.target[0] == "temp" else _is_word(name)
        if wanted:
            kept.append(action)
            needed |= {part[1] for part in walk(action.value) if part[0] == "temp"}
    return tuple(reversed(kept))


def _is_word(name: str) -> bool:
    return ".local." in name or name.startswith("word.")


def _assigned(actions: Iterable[Assign], values: dict[str, Values]) -> bool:
    """Add what a list of assignments may give to the values known."""
    temps: dict[str, Values] = {}
    changed = False
    for action in actions:
        found = possible(action.value, values, temps)
        name = action.target[1]
        if action.target[0] == "temp":
            temps[name] = temps.get(name, frozenset()) | found
        elif not found <= values[name]:
            values[name] = _joined(values[name], found)
            changed = True
    return changed


def _assigns(part: Part) -> Iterable[Assign]:
    """The assignments of a part, in order."""
    yield from (a for a in every_action(part.actions) if isinstance(a, Assign))
    stack = [part.next]
    while stack:
        ways = stack.pop()
        if isinstance(ways, Ways):
            for actions, target in (ways.then, ways.other):
                yield from (a for a in every_action(actions) if isinstance(a, Assign))
                stack.append(target)


def _joined(one: Values, two: Values) -> Values:
    both = one | two
    return both if len(both) <= MANY else ANY | both


def possible(term: Term, fields: Mapping[str, Values], temps: Mapping[str, Values]) -> Values:
    """The values a term may have; a field nobody wrote yet is 0."""
    match term[0]:
        case "const":
            return frozenset((term[1],))
        case "unknown":
            return frozenset((None,))
        case "known":
            return TRUTH
        case "field":
            known = fields.get(term[1], frozenset((0,)))
            return known if _is_word(term[1]) else ANY - {None}
        case "temp":
            return temps.get(term[1], TRUTH if term[1] == "done" else frozenset())
        case "ite":
            then, other = (possible(part, fields, temps) for part in term[2:])
            return _joined(then, other)
        case "un":
            inner = possible(term[2], fields, temps)
            if _any(inner):
                return TRUTH | {None} if term[1] == "!" else ANY
            return frozenset(unary(term[1], value) for value in inner)
        case _:
            return _pairs(term[1], *(possible(part, fields, temps) for part in term[2:]))


def _any(values: Values) -> bool:
    """Whether a set stands for every number: its ends are in it."""
    return {-LIMIT, LIMIT - 1} <= values


def _pairs(operator: str, left: Values, right: Values) -> Values:
    if len(left) * len(right) > MANY * MANY or _any(left) or _any(right):
        truth = operator in ("==", "!=", "<", ">", "<=", ">=", "&&", "||")
        return TRUTH | {None} if truth else ANY
    found: set[int | None] = set()
    for one in left:
        for two in right:
            if one is None or two is None:
                found.update((None, 0))
            else:
                value = apply(operator, one, two)
                found.add(value if value is None or -LIMIT < value < LIMIT else None)
    return frozenset(found) if len(found) <= MANY else ANY
