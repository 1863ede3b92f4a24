# SPDX-License-Identifier: GPL-2.0-only
"""Words that take two words of the machine: loads and stores in halves.

The variable holds both halves, ``low | high << 2``; a load of one half is a
load of the variable of which only that half is used.  The order in which an
architecture writes the halves, and whether it can read them as one value, is
data (`reviewer.facts.TwoWordPte`).
"""

from reviewer.facts import TwoWordPte
from reviewer.record import dataclass, field, replace
from reviewer.simulation.scenario import Split
from reviewer.simulation.steps import (
    Access,
    Branch,
    Let,
    Origin,
    Program,
    Step,
    Value,
    const,
    local,
    unknown,
)
from reviewer.syntax.tree import Binary, Expr, Literal, Name

SHIFT, MASK = 2, 3


def whole(value: int) -> int:
    """A value both halves of which say the same."""
    return value | value << SHIFT


def in_words(program: Program, split: Split | None, words: TwoWordPte | None) -> Program:
    """The program with every access to the split word made in halves; the
    same program where nothing is split."""
    if split is None or words is None:
        return program
    writer = _Writer(list(program.steps), split, words)
    for number, step in enumerate(program.steps):
        if isinstance(step, Access) and step.family == split.word:
            writer.replace(number, step)
    return replace(program, steps=tuple(writer.steps))


@dataclass(slots=True)
class _Writer:
    """Steps put behind those of the program, and the way to them."""

    steps: list[Step]
    split: Split
    words: TwoWordPte
    origin: Origin = field(init=False)

    def replace(self, number: int, step: Access) -> None:
        start = len(self.steps)
        self.origin = step.origin
        if step.op == "store":
            self._store(number, step)
        elif step.protocol == "words" and self.words.low_high:
            self._read_again(number, step)
        else:
            self._read_plainly(number, step)
        self.steps[number] = Branch(const(1), "", "", 0, step.origin, start, start)

    def _load(self, dest: str, half: str, stem: str) -> None:
        raw = f"{stem}.raw"
        at = len(self.steps)
        origin = replace(self.origin, text=f"{self.origin.text}: {half} word")
        self.steps.append(
            Access(
                "load", self.split.word, None, None, None, raw, "", "relaxed", origin, at + 1, half
            )
        )
        shifted: Value = local(raw) if half == "low" else ("op", ">>", local(raw), const(SHIFT))
        self.steps.append(Let(dest, ("op", "&", shifted, const(MASK)), at + 2))

    def _joined(self, step: Access, stem: str) -> None:
        parts = {"low": local(f"{stem}.low"), "high": local(f"{stem}.high")}
        value = _value(self.split.join, parts)
        self.steps.append(Let(step.old or f"{stem}.unused", value, step.next))

    def _read_again(self, number: int, step: Access) -> None:
        """Low, high, low again, until both readings of the low word agree."""
        stem = f"%words{number}"
        start = len(self.steps)
        self._load(f"{stem}.low", "low", stem)
        self._load(f"{stem}.high", "high", stem)
        self._load(f"{stem}.again", "low", stem)
        agree = ("op", "==", local(f"{stem}.low"), local(f"{stem}.again"))
        at = len(self.steps)
        self.steps.append(Branch(agree, "", "", 0, self.origin, at + 1, start))
        self._joined(step, stem)

    def _read_plainly(self, number: int, step: Access) -> None:
        """Both words, in the order the compiler likes."""
        stem = f"%words{number}"
        at = len(self.steps)
        choice = unknown(f"{stem}: order")
        self.steps.append(Branch(choice, "", "", 0, self.origin, at + 1, at + 6))
        for first, second in (("low", "high"), ("high", "low")):
            self._load(f"{stem}.{first}", first, stem)
            self._load(f"{stem}.{second}", second, stem)
            self._joined(step, stem)

    def _store(self, number: int, step: Access) -> None:
        """The halves in the order of the architecture; what the other half
        holds meanwhile is read first, which nobody else writes."""
        value = step.value or const(0)
        order = self._order(step, value)
        both = ("op", "|", value, ("op", "<<", value, const(SHIFT)))
        if order == "atomic":
            self._put(both, step.next, "")
            return
        raw = f"%words{number}.held"
        self._load_held(raw)
        first, _, second = order.partition("-")
        self._put(_with_half(local(raw), first, value), len(self.steps) + 1, first)
        if second in ("low", "high"):
            self._put(both, step.next, second)
        else:
            self.steps.append(Branch(const(1), "", "", 0, self.origin, step.next, step.next))

    def _load_held(self, raw: str) -> None:
        at = len(self.steps)
        origin = replace(self.origin, text="")
        self.steps.append(
            Access(
                "load",
                self.split.word,
                None,
                None,
                None,
                raw,
                "",
                "relaxed",
                origin,
                at + 1,
                "held",
            )
        )

    def _put(self, value: Value, following: int, half: str) -> None:
        text = f"{self.origin.text}: {half} word" if half else self.origin.text
        origin = replace(self.origin, text=text)
        self.steps.append(
            Access(
                "store",
                self.split.word,
                None,
                value,
                None,
                "",
                "",
                "relaxed",
                origin,
                following,
                half,
            )
        )

    def _order(self, step: Access, value: Value) -> str:
        if value != const(0):
            return self.words.sets
        return self.words.clears_and_returns if step.protocol else self.words.clears


def _with_half(raw: Value, half: str, value: Value) -> Value:
    if half == "low":
        return ("op", "|", ("op", "&", raw, const(MASK << SHIFT)), value)
    return ("op", "|", ("op", "&", raw, const(MASK)), ("op", "<<", value, const(SHIFT)))


def _value(expr: Expr, parts: dict[str, Value]) -> Value:
    match expr:
        case Name(name=name) if name in parts:
            return parts[name]
        case Literal(text=text):
            return const(int(text, 0))
        case Binary(op=op, left=left, right=right):
            return ("op", op, _value(left, parts), _value(right, parts))
        case _:
            raise ValueError("a split word is joined by arithmetic on low and high")
