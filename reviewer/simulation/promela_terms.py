# SPDX-License-Identifier: GPL-2.0-only
"""Terms as expressions of Promela.

A number nobody knows is U, which no sum of a model reaches; what is computed
with it is what `reviewer.simulation.actions.evaluate` makes of None.
"""

import re
from collections.abc import Callable, Mapping

from reviewer.record import dataclass
from reviewer.simulation.actions import Term, walk
from reviewer.simulation.layout import COUNTED, Layout, Slot
from reviewer.simulation.model import Model

WIDE = 1 << 20
LONG, MIDDLING = 14, 5
"""An expression of more words is computed once and gets a name; so does one of
a middling length that is needed more than once."""
ALWAYS, NEVER = "1", "0"

_WORD = re.compile(r"[A-Za-z_]\w*")
_ANY_WORD = re.compile(r"\w+|[^\w\s()]+")
_INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Number:
    """A term as text, the numbers it can be, and whether nobody may know it."""

    text: str
    low: int
    high: int
    maybe: bool = False

    @property
    def known(self) -> str:
        """Whether it is a number."""
        if self.text == "U":
            return NEVER
        return f"({self.text} != U)" if self.maybe else ALWAYS

    @property
    def truth(self) -> str:
        """Whether it is a number other than 0, as 1 or 0."""
        if not self.maybe and self.low >= 0 and self.high <= 1:
            return self.text
        return both(self.known, f"({self.text} != 0)")


def words_of(text: str) -> set[str]:
    """The names in an expression."""
    return set(_WORD.findall(text))


def replaced(text: str, by: Mapping[str, str]) -> str:
    """An expression with others in place of names."""
    return _WORD.sub(lambda word: f"({by[word[0]]})" if word[0] in by else word[0], text)


def both(one: str, two: str) -> str:
    """Whether two conditions hold."""
    if NEVER in (one, two):
        return NEVER
    return two if one == ALWAYS else one if two == ALWAYS else f"({one} && {two})"


def either(one: str, two: str) -> str:
    """Whether one of two conditions holds."""
    if ALWAYS in (one, two):
        return ALWAYS
    return two if one == NEVER else one if two == NEVER else f"({one} || {two})"


def negated(test: str) -> str:
    """Whether a condition does not hold."""
    # An expression that begins with "!" is a "!" before one word or one pair of brackets.
    other = test[1:] if test[0] == "!" else f"!{test}"
    return {ALWAYS: NEVER, NEVER: ALWAYS}.get(test, other)


def digits(number: int) -> Number:
    """A number that is known."""
    return Number(f"({number})" if number < 0 else str(number), number, number)


class Terms:
    """The terms of the steps of a CPU; ``names`` maps fields to what they are
    called.  ``waiting`` are the names given and not yet written down."""

    def __init__(self, model: Model, layout: Layout, names: Mapping[str, str]) -> None:
        self.model, self.layout, self.names = model, layout, names
        self.count = 0
        self.waiting: list[tuple[str, str]] = []

    def name(self) -> str:
        """A new name for something computed."""
        self.count += 1
        return f"v{self.count}"

    def short(self, number: Number, most: int) -> Number:
        """The same by name, when it is long."""
        if len(_ANY_WORD.findall(number.text)) <= most:
            return number
        name = self.name()
        self.waiting.append((name, number.text))
        return Number(name, number.low, number.high, number.maybe)

    # Conditions ---------------------------------------------------------------

    def test(self, term: Term, known: "Known", wanted: bool = True) -> str:
        """Whether a term is a number other than 0, or whether it is not, as 1 or 0."""
        operator = term[1] if term[0] in ("un", "op") else ""
        if operator == "!" and not self.number(term[2], known).maybe:
            return self.test(term[2], known, not wanted)
        if operator == "&&" or (operator == "||" and not self.number(term, known).maybe):
            join = both if (operator == "&&") == wanted else either
            return join(self.test(term[2], known, wanted), self.test(term[3], known, wanted))
        if operator in _INVERSE:
            one, two = self.number(term[2], known), self.number(term[3], known)
            return self._comparison(operator, one, two, wanted)
        number = self.number(term, known)
        if number.low == number.high and not number.maybe:
            return ALWAYS if bool(number.low) == wanted else NEVER
        truth = (self.short(number, MIDDLING) if number.maybe else number).truth
        return truth if wanted else negated(truth)

    def _comparison(self, operator: str, one: Number, two: Number, wanted: bool) -> str:
        if not (one.maybe or two.maybe):
            return f"({one.text} {operator if wanted else _INVERSE[operator]} {two.text})"
        one, two = self.short(one, MIDDLING), self.short(two, MIDDLING)
        test = f"({one.text} {operator} {two.text})"
        if operator != "==" or (one.maybe and two.maybe):
            # What nobody knows is equal to no number that somebody does.
            test = both(both(one.known, two.known), test)
        return test if wanted else negated(test)

    # Numbers ------------------------------------------------------------------

    def number(self, term: Term, known: "Known") -> Number:
        """A term, by what is known of the fields it reads."""
        match term[0]:
            case "const":
                return digits(term[1])
            case "unknown":
                return Number("U", 0, 0, True)
            case "temp":
                return known.temps.get(term[1], digits(1))
            case "field":
                return self._field(term[1], known)
            case "known":
                number = self.number(term[1], known)
                return Number(number.known, 0, 1) if number.maybe else digits(1)
            case "ite":
                return self._chosen(term, known)
            case "un":
                return self._unary(term, known)
            case _:
                return self._binary(term, known)

    def _field(self, name: str, known: "Known") -> Number:
        if name in known.fields:
            return known.fields[name]
        if name in self.layout.slots:
            return self.standing(name)
        if ".local." in name:
            return Number("U", 0, 0, True)
        return digits(self.model.fixed.get(name, 0))

    def standing(self, name: str) -> Number:
        """A field as it stands in the state."""
        slot = self.layout.slots[name]
        counted = set(COUNTED) & set(name.split(".")[:2])
        low, high = (-WIDE, WIDE) if counted else (slot.low, slot.high)
        return Number(self.names[name], low, high, slot.maybe)

    def _chosen(self, term: Term, known: "Known") -> Number:
        test = self.test(term[1], known)
        if test in (ALWAYS, NEVER):
            return self.number(term[2 if test == ALWAYS else 3], known)
        one, two = self.number(term[2], known), self.number(term[3], known)
        low, high = min(one.low, two.low), max(one.high, two.high)
        text = f"({test} -> {one.text} : {two.text})"
        return Number(text, low, high, (one.maybe and test != one.known) or two.maybe)

    def _unary(self, term: Term, known: "Known") -> Number:
        operator, inner = term[1], self.number(term[2], known)
        if operator not in ("!", "-", "~"):
            return inner
        if operator == "!" and not inner.maybe:
            return Number(self.test(term[2], known, False), 0, 1)
        inner = self.short(inner, MIDDLING) if inner.maybe else inner
        text = f"({operator}{inner.text})"
        if inner.maybe:
            text = f"({inner.known} -> {text} : U)"
        return Number(text, *((0, 1) if operator == "!" else (-WIDE, WIDE)), inner.maybe)

    def _binary(self, term: Term, known: "Known") -> Number:
        """As `reviewer.simulation.actions.binary` has it."""
        operator = term[1]
        if operator == "&&" and _asked_first(*term[2:]):
            return Number(self.test(term, known), 0, 1)
        one, two = (self.number(part, known) for part in term[2:])
        special = operator in ("/", "%", "<<", ">>")
        maybe = one.maybe or two.maybe
        if operator in ("&&", "||") and not maybe:
            join = both if operator == "&&" else either
            return Number(join(*(self.test(part, known) for part in term[2:])), 0, 1)
        if maybe or special:
            one, two = self.short(one, MIDDLING), self.short(two, MIDDLING)
        text = f"({one.text} {operator} {two.text})"
        if operator in ("/", "%"):
            text = f"({two.text} == 0 -> U : {text})"
        elif special:
            most = 11 if operator == "<<" else 31
            text = f"({two.text} < 0 || {two.text} > {most} -> U : {text})"
        if maybe:
            sure = both(one.known, two.known)
            text = "U" if sure == NEVER else f"({sure} -> {text} : U)"
            if operator in ("&", "*", "&&"):
                text = f"({one.text} == 0 || {two.text} == 0 -> 0 : {text})"
        return Number(text, *_range(operator, one, two), maybe or special)


def _asked_first(one: Term, two: Term) -> bool:
    """Whether all that the second term looks at is known where the first holds."""
    leaves = ("field", "temp", "unknown")
    asked = list(walk(one[1])) if one[0] == "known" else []
    return bool(asked) and all(part in asked for part in walk(two) if part[0] in leaves)


def _range(operator: str, one: Number, two: Number) -> tuple[int, int]:
    if operator in _INVERSE or operator in ("&&", "||"):
        return 0, 1
    if operator == "+":
        return one.low + two.low, one.high + two.high
    if operator == "-":
        return one.low - two.high, one.high - two.low
    return -WIDE, WIDE


def kept(slot: Slot, number: Number) -> str:
    """What a field keeps: a local has no room for every number."""
    if not slot.maybe or (slot.low <= number.low and number.high <= slot.high):
        return number.text
    inside = f"{number.text} >= {slot.low} && {number.text} <= {slot.high}"
    return f"({inside} -> {number.text} : U)"


class Known:
    """What fields and temporaries are by now, the place since which this is
    so, and, behind the first step, the place before the step at hand with what
    was known there."""

    __slots__ = ("before", "fields", "since", "temps")

    def __init__(
        self,
        fields: dict[str, Number],
        temps: dict[str, Number],
        since: int,
        before: "tuple[int, Known] | None" = None,
    ) -> None:
        self.fields, self.temps, self.since, self.before = fields, temps, since, before

    def copy(self) -> "Known":
        return Known(dict(self.fields), dict(self.temps), self.since, self.before)

    def told(self, temporary: str, choice: int) -> "Known":
        """The same with a temporary chosen."""
        after = self.copy()
        after.temps[temporary] = digits(choice)
        return after

    def standing_at(self, place: int) -> "Known":
        """The same, about to make a step at ``place``."""
        before = Known(dict(self.fields), {}, self.since)
        return Known(self.fields, {}, self.since, (place, before))

    def each(self, change: Callable[[Number], Number]) -> None:
        """Put something else in place of every number."""
        for numbers in (self.fields, self.temps):
            numbers.update({name: change(number) for name, number in numbers.items()})
