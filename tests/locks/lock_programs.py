# SPDX-License-Identifier: GPL-2.0-only
"""Random small functions that take and drop locks, and an interpreter for them.

A statement is a tuple whose first item names it.  The interpreter runs these,
not the graph that the analysis is made on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from hypothesis import strategies as st

Stmt = tuple[object, ...]
Body = tuple[Stmt, ...]
Lock = tuple[str, str]

VARIABLES = ("check", "other", "ok")
FIELDS = ("a", "b")
OBJECTS = (0, 1)
FUEL = 60


def _tests() -> st.SearchStrategy[Stmt]:
    variables = st.sampled_from(VARIABLES)
    plain = st.one_of(
        st.tuples(st.just("is"), variables),
        st.tuples(st.just("is not"), variables),
        st.tuples(st.just("equals"), variables),
        st.just(("anything",)),
    )
    both = st.tuples(st.sampled_from(("and", "or")), plain, plain)
    return st.one_of(plain, plain, both)


def _locks(pointers: tuple[str, ...]) -> st.SearchStrategy[Lock]:
    return st.tuples(st.sampled_from(pointers), st.sampled_from(FIELDS))


def _simple(pointers: tuple[str, ...]) -> st.SearchStrategy[Stmt]:
    variables = st.sampled_from(VARIABLES)
    choices = [
        st.tuples(st.just("lock"), _locks(pointers)),
        st.tuples(st.just("unlock"), _locks(pointers)),
        st.tuples(st.just("try"), variables, _locks(pointers), st.booleans()),
        st.tuples(st.just("set"), variables, st.sampled_from((0, 1))),
        st.tuples(st.just("get"), variables),
        st.tuples(st.just("copy"), variables, variables),
        st.tuples(st.just("or in"), variables, _locks(pointers)),
        st.tuples(st.just("goto"), st.sampled_from(("retry", "out"))),
        st.just(("return",)),
    ]
    if len(pointers) > 1:
        names = st.sampled_from(pointers)
        choices.append(st.tuples(st.just("point"), names, names))
        choices.append(st.tuples(st.just("find"), names))
    return st.one_of(choices[0], choices[1], *choices)


def bodies(pointers: tuple[str, ...]) -> st.SearchStrategy[Body]:
    """Lists of statements, nested."""

    def nested(inner: st.SearchStrategy[Stmt]) -> st.SearchStrategy[Stmt]:
        block = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(
            st.tuples(st.just("if"), _tests(), block, block),
            st.tuples(st.just("if"), _tests(), block, st.just(())),
            st.tuples(st.just("while"), _tests(), block),
            st.tuples(st.just("if try"), _locks(pointers), st.booleans(), block, block),
        )

    return st.lists(st.recursive(_simple(pointers), nested, max_leaves=6), max_size=5).map(tuple)


@dataclass(frozen=True)
class Step:
    """A statement with a number of its own and the blocks inside it."""

    number: int
    stmt: Stmt
    blocks: tuple["Steps", ...]


Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Program:
    """Statements before ``retry:``, before ``out:`` and behind it."""

    parts: tuple[Steps, ...]
    pointers: tuple[str, ...]


def programs(pointers: tuple[str, ...]) -> st.SearchStrategy[Program]:
    """Functions that reach locks through these pointers."""
    parts = st.tuples(bodies(pointers), bodies(pointers), bodies(pointers))
    return parts.map(lambda some: _numbered(some, pointers))


def _numbered(parts: tuple[Body, ...], pointers: tuple[str, ...]) -> Program:
    numbers = count(1)
    return Program(tuple(_steps(part, numbers) for part in parts), pointers)


def _steps(body: Body, numbers: Iterator[int]) -> Steps:
    return tuple(_step(stmt, numbers) for stmt in body)


def _step(stmt: Stmt, numbers: Iterator[int]) -> Step:
    first = {"if": 2, "while": 2, "if try": 3}.get(str(stmt[0]), len(stmt))
    number = next(numbers)
    blocks = tuple(_steps(block, numbers) for block in stmt[first:])  # type: ignore[arg-type]
    return Step(number, stmt[:first], blocks)


def written(program: Program) -> tuple[str, dict[int, int]]:
    """The function as C, and the line of the mark before each statement."""
    lines = ["int f(struct thing *t, struct thing *u, int check, int other)", "{", "int ok = 0;"]
    if "p" in program.pointers:
        lines.append("struct thing *p = t;")
    marks: dict[int, int] = {}
    for label, part in zip(("", "retry:", "out:"), program.parts, strict=True):
        lines += [label] if label else []
        _write(part, lines, marks)
        lines.append(";")
    return "\n".join([*lines, "return 0;", "}", ""]), marks


def _write(steps: Steps, lines: list[str], marks: dict[int, int]) -> None:
    for step in steps:
        lines.append("t->mark = 1;")
        marks[step.number] = len(lines)
        if not step.blocks:
            lines.append(_statement(step.stmt))
            continue
        kind, what = step.stmt[:2]
        test = _try(what, step.stmt[2]) if kind == "if try" else _test(what)
        lines.append(f"{'while' if kind == 'while' else 'if'} ({test}) {{")
        _write(step.blocks[0], lines, marks)
        for block in step.blocks[1:]:
            lines.append("} else {")
            _write(block, lines, marks)
        lines.append("}")


def _name(lock: object) -> str:
    pointer, member = lock  # type: ignore[misc]
    return f"&{pointer}->{member}"


def _try(lock: object, negated: object) -> str:
    return f"{'!' if negated else ''}spin_trylock({_name(lock)})"


def _test(test: object) -> str:
    match test:
        case ("is", name):
            return str(name)
        case ("is not", name):
            return f"!{name}"
        case ("equals", name):
            return f"{name} == 1"
        case ("and", one, two):
            return f"{_test(one)} && {_test(two)}"
        case ("or", one, two):
            return f"{_test(one)} || {_test(two)}"
    return "t->anything"


def _statement(stmt: Stmt) -> str:
    match stmt:
        case ("lock", lock):
            return f"spin_lock({_name(lock)});"
        case ("unlock", lock):
            return f"spin_unlock({_name(lock)});"
        case ("try", name, lock, negated):
            return f"{name} = {_try(lock, negated)};"
        case ("or in", name, lock):
            return f"{name} |= {_try(lock, False)};"
        case ("set", name, number):
            return f"{name} = {number};"
        case ("get" | "find", name):
            return f"{name} = find();"
        case ("copy" | "point", name, source):
            return f"{name} = {source};"
        case ("goto", label):
            return f"goto {label};"
    return "return 1;"


class _Jump(Exception):
    """A goto or return on its way; the label, or empty."""


@dataclass
class Run:
    """One run: what is held, what the variables are, what was seen."""

    random: Random
    pointers: dict[str, int]
    values: dict[str, int]
    held: set[tuple[int, str]] = field(default_factory=set)
    fuel: int = FUEL
    seen: list[tuple[int, frozenset[tuple[int, str]], dict[str, int]]] = field(default_factory=list)

    def body(self, steps: Steps) -> None:
        for step in steps:
            self.burn()
            self.seen.append((step.number, frozenset(self.held), dict(self.pointers)))
            self.one(step)

    def burn(self) -> None:
        self.fuel -= 1
        if self.fuel < 0:
            raise _Jump("")

    def one(self, step: Step) -> None:
        match step.stmt:
            case ("if", test):
                self.body(step.blocks[0 if self.true(test) else 1])
            case ("if try", lock, negated):
                self.body(step.blocks[0 if self.tried(lock) != negated else 1])
            case ("while", test):
                while self.true(test):
                    self.burn()
                    self.body(step.blocks[0])
            case ("goto", label):
                raise _Jump(label)
            case ("return",):
                raise _Jump("")
            case _:
                self.plain(step.stmt)

    def plain(self, stmt: Stmt) -> None:
        match stmt:
            case ("lock", lock):
                if self.place(lock) in self.held:
                    raise _Jump("")  # It would wait for itself.
                self.held.add(self.place(lock))
            case ("unlock", lock):
                self.held.discard(self.place(lock))
            case ("try", str(name), lock, negated):
                self.values[name] = int(self.tried(lock) != negated)
            case ("or in", str(name), lock):
                self.values[name] |= int(self.tried(lock))
            case ("set", str(name), int(number)):
                self.values[name] = number
            case ("get", str(name)):
                self.values[name] = self.random.choice((0, 1, 2))
            case ("copy", str(name), str(source)):
                self.values[name] = self.values[source]
            case ("point", str(name), str(source)):
                self.pointers[name] = self.pointers[source]
            case ("find", str(name)):
                self.pointers[name] = self.random.choice(OBJECTS)

    def place(self, lock: object) -> tuple[int, str]:
        pointer, member = lock  # type: ignore[misc]
        return self.pointers[pointer], member

    def tried(self, lock: object) -> bool:
        place = self.place(lock)
        if place in self.held or self.random.random() < 0.4:
            return False
        self.held.add(place)
        return True

    def true(self, test: object) -> bool:
        match test:
            case ("is", str(name)):
                return self.values[name] != 0
            case ("is not", str(name)):
                return self.values[name] == 0
            case ("equals", str(name)):
                return self.values[name] == 1
            case ("and", one, two):
                return self.true(one) and self.true(two)
            case ("or", one, two):
                return self.true(one) or self.true(two)
        return self.random.random() < 0.5


def run(program: Program, random: Random) -> Run:
    """Run a program once."""
    pointers = {"t": 0, "u": random.choice(OBJECTS), "p": 0}
    values = {"check": random.choice((0, 1, 2)), "other": random.choice((0, 1, 2)), "ok": 0}
    state = Run(random, pointers, values)
    at: int | None = 0
    while at is not None:
        try:
            for part in program.parts[at:]:
                state.body(part)
            at = None
        except _Jump as jump:
            at = {"retry": 1, "out": 2}.get(str(jump.args[0]))
    return state


def runs(program: Program, seed: int, number: int) -> Iterator[Run]:
    """Some runs of a program."""
    return (run(program, Random(seed * number + one)) for one in range(number))
