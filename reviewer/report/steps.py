# SPDX-License-Identifier: GPL-2.0-only
"""A lifted function, one line a step.

Each line has the number of the step, what kind it is, what it does, the line
of the source it comes of, and the steps that may follow.  ``old@4`` is the value
that step 4 found and ``done@4`` whether it took effect.  Where the scenario
does not know a condition, both ways are tried: the same one for all of a run
(``one way in a run``), or so many rounds of a loop.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.steps import (
    LOOP_ROUNDS,
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
    Mark,
    Program,
    Release,
    Step,
    Stop,
    Value,
    Wait,
)

KIND, WHAT, PLACE = 10, 40, 18
"""Widths of the columns; a longer text pushes what stands behind it."""

# The model keeps apart what is written alike in two places.
_PLACE_IN_MODEL = re.compile(r"@[\w.%@]*\d+$")
_OWN = re.compile(r"^subject\.")
_CALLEE = re.compile(r"@\d+(?=\.)")
_WAITS = {
    "flush": "flush",
    "flush-done": "flush over",
    "grace-period": "grace period",
    "grace-period-done": "grace period over",
}


def lifted_steps(
    program: Program, objects: Sequence[str] = (), counter: str = "count"
) -> list[str]:
    """The steps of a program; ``objects`` are the names of the objects it
    counts references of, ``counter`` the member that counts them."""
    words = _Words(tuple(objects), counter, _registers(program))
    size = len(str(max(len(program.steps) - 1, 0))) + 1
    return [_line(words, step, f"{at:{size}}") for at, step in enumerate(program.steps)]


@dataclass(frozen=True, slots=True)
class _Words:
    """How objects and locals are called."""

    objects: tuple[str, ...]
    counter: str
    registers: Mapping[str, str]


def _registers(program: Program) -> Mapping[str, str]:
    """The locals that steps fill, by the first step that fills them."""
    found: dict[str, str] = {}
    for at, step in enumerate(program.steps):
        if isinstance(step, Access) and step.old:
            found.setdefault(step.old, f"old@{at}")
        if isinstance(step, Access | Acquire) and step.done:
            found.setdefault(step.done, f"done@{at}")
    return found


def _line(words: _Words, step: Step, number: str) -> str:
    kind, what = _told(words, step)
    parts = [f"{number}  {kind:{KIND}} {what:{WHAT}}", *_source(step)]
    if not isinstance(step, Branch | Stop):
        parts.append(f"then {step.next}")
    return "  ".join(parts).rstrip()


def _source(step: Step) -> Iterator[str]:
    """Where a step comes from: file and line, and the text."""
    if not isinstance(step, Let) and step.origin.line:
        yield f"{step.origin.file + ':' + str(step.origin.line):{PLACE}}"
        yield step.origin.text


def _told(words: _Words, step: Step) -> tuple[str, str]:
    """What kind of step it is, and what it does."""
    match step:
        case Access():
            return _access(words, step)
        case Acquire():
            kind = "trylock" if step.done else "lock"
            return kind, f"{step.lock}{', shared' if step.shared else ''}"
        case Release():
            return "unlock", step.lock
        case Context():
            return "enter" if step.on else "leave", step.context
        case Wait():
            return "wait", _WAITS.get(step.what, step.what) + (", always" if step.always else "")
        case Life():
            return step.what, _object(words, step.index)
        case Mark():
            value = _object(words, step.value) if step.what == "keep" else ""
            return step.what, value
        case Let():
            return "let", f"{_local(words, step.dest)} = {_value(words, step.value)}"
        case Branch():
            return "if", _branch(words, step)
        case Stop():
            return ("cut", "is not reached") if step.cut else ("return", _value(words, step.value))


def _branch(words: _Words, step: Branch) -> str:
    if step.then == step.other:
        return f"true: {step.then}"
    how = ""
    if step.key:
        how = " (one way in a run)"
    elif step.bound:
        how = f" ({step.leave} after {LOOP_ROUNDS} rounds)"
    return f"{_value(words, step.value)}: {step.then} else {step.other}{how}"


def _access(words: _Words, step: Access) -> tuple[str, str]:
    place = (
        step.family if step.index is None else f"{words.counter} of {_object(words, step.index)}"
    )
    half = f" ({step.protocol} word)" if step.protocol in ("low", "high") else ""
    order = f", {step.order}" if step.order in ("acquire", "release") else ""
    return step.op, f"{place}{half}{''.join(_operands(words, step))}{order}"


def _operands(words: _Words, step: Access) -> Iterator[str]:
    value = "" if step.value is None else _value(words, step.value)
    match step.op:
        case "store":
            yield f" = {value}"
        case "add":
            yield f": {_signed(value)}"
        case "add-unless":
            yield f": {_signed(value)}"
            yield "" if step.expect is None else f" unless it is {_value(words, step.expect)}"
        case "cas":
            expect = "?" if step.expect is None else _value(words, step.expect)
            yield f": {expect} -> {value}"
    if step.until is not None:
        until = _value(words, step.until).replace(_value(words, ("local", step.old)), "it")
        yield f", waits until {until}"


def _signed(value: str) -> str:
    return value if value[:1] in "-(" else f"+{value}"


def _object(words: _Words, index: Value) -> str:
    """An object by its name, where its number is known."""
    if index[0] == "const" and 1 <= index[1] <= len(words.objects):
        return words.objects[int(index[1]) - 1]
    return f"object {_value(words, index)}"


# Values -----------------------------------------------------------------------


def _value(words: _Words, value: Value, inner: bool = False) -> str:
    match value:
        case ("const", number):
            return str(number)
        case ("local", name):
            return _local(words, str(name))
        case ("unknown", text):
            return _PLACE_IN_MODEL.sub("", str(text)) or "anything"
        case ("un", "-", ("const", number)):
            return str(-number)
        case ("un", operator, operand):
            return f"{operator}{_value(words, operand, inner=True)}"
        case ("op", operator, left, right):
            one, two = (_value(words, part, inner=True) for part in (left, right))
            text = f"{one} {operator} {two}"
            return f"({text})" if inner else text
        case _:
            return str(value)


def _local(words: _Words, name: str) -> str:
    """A local as the source calls it, those of callees behind their names."""
    register = words.registers.get(name)
    return register or _CALLEE.sub("()", _OWN.sub("", name))
