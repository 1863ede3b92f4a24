# SPDX-License-Identifier: GPL-2.0-only
"""A model as Promela, for SPIN.

Every CPU is a process with one endless loop.  An option of the loop is one
transition: it is guarded by where the CPU stands, does what the generated
function of that place does (`reviewer.simulation.generate`), and is one
indivisible step.  As the places are in variables, the states of the processes
say nothing more, and a state of SPIN is a state of the explorer.

SPIN, without reduction of partial orders (-DNOREDUCE), therefore stores one
state more than `Exploration.states` without symmetry: the one in which nothing
has begun.  From there it makes a transition to each initial state, and it
counts the storing of the first state as a transition, so it counts
`len(openings)` + 1 more than `Exploration.transitions`.

With ``verdicts`` every property is an assertion where it is broken, and one
more process notices when nobody can go on who should.  A livelock has no
counterpart: SPIN calls it progress when a CPU tries again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from reviewer.record import dataclass
from reviewer.simulation.actions import evaluate
from reviewer.simulation.follow import ways
from reviewer.simulation.layout import COUNTED, WIDEST, Layout, Slot, layout_of
from reviewer.simulation.machine import BROKE
from reviewer.simulation.model import STOPPED, Model
from reviewer.simulation.promela_terms import ALWAYS, NEVER, both, either, negated, words_of
from reviewer.simulation.promela_tree import (
    WHERE,
    Choice,
    Cut,
    Done,
    Fork,
    Leaf,
    Named,
    Node,
    Trees,
    Wait,
    cut_off,
    passable,
    targets_of,
)
from reviewer.simulation.properties import HARMS
from reviewer.simulation.steps import Life, Program

DEADLOCK, LIVELOCK = "deadlock", "livelock"
UNKNOWN = -31_999
"""Stands for a number nobody knows; no sum of a model reaches it."""
Fields = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Promela:
    """The parts of a program: the type of each variable by name, the locals,
    which nobody knows at first, what is no part of a state, one process a CPU,
    what makes each initial state, when somebody ought to go on, and the number
    of each property."""

    about: tuple[str, ...]
    variables: Mapping[str, str]
    locals: frozenset[str]
    scratch: tuple[str, ...]
    processes: tuple[str, ...]
    openings: tuple[str, ...]
    unfinished: str
    numbers: Mapping[str, int]
    verdicts: bool

    def text(self) -> str:
        """The program."""
        lines = ["/*", *(f" * {line}".rstrip() for line in self.about), " */"]
        lines += [f"#define U ({UNKNOWN})", f"short {BROKE};"]
        lines += [self.declared(kind, name) for name, kind in self.variables.items()]
        lines += [f"hidden int {name};" for name in self.scratch]
        lines += ["", *self.processes, "init {", "atomic {", "if"]
        lines += [f":: {opening}" for opening in self.openings]
        lines += ["fi;"]
        lines += [";\n".join(f"run cpu{cpu}()" for cpu in range(len(self.processes))), "}"]
        if self.verdicts:
            lines += [";", "end:", "do", *self.assertions(), "od"]
        return "\n".join((*lines, "}\n"))

    def declared(self, kind: str, name: str) -> str:
        """The declaration of a variable."""
        return f"{kind} {name}{' = U' if name in self.locals else ''};"

    def assertions(self) -> list[str]:
        """An option for each property that is made when it is broken."""
        options = [
            f":: d_step {{ {BROKE} == {number} -> assert({BROKE} != {number}) }}"
            for name, number in self.numbers.items()
            if name != DEADLOCK
        ]
        stuck = f"timeout && {BROKE} == 0 && {self.unfinished}"
        failed = f"assert({BROKE} == {self.numbers[DEADLOCK]})"
        return [*options, f":: atomic {{ {stuck} -> {failed} }}"]


def promela(model: Model, verdicts: bool = False) -> Promela:
    """A model as a program, to count its states or to tell what is broken."""
    layout = layout_of(model, WIDEST)
    names = _names(layout)
    broken = {name: number for number, name in enumerate(_properties(model), 1)}
    opened = openings(model, layout)
    processes, scratch, cut = [], {}, NEVER
    for cpu in model.machine.cpus:
        writer = _Process(model, layout, cpu, names, broken)
        processes.append(writer.text({fields.get(f"{cpu}.pc") for fields, _ in opened}))
        scratch.update(dict.fromkeys(writer.scratch))
        cut = either(cut, writer.cut)
    return Promela(
        about=tuple(_about(model, broken)),
        variables={names[n]: _kind(n, s) for n, s in layout.slots.items() if n != BROKE},
        locals=frozenset(names[name] for name, slot in layout.slots.items() if slot.maybe),
        scratch=tuple(sorted(scratch, key=lambda name: (name[0], int(name[1:])))),
        processes=tuple(processes),
        openings=tuple(_opening(layout, names, broken, *one) for one in opened),
        unfinished=both(f"!{_ended(model, names)}", negated(cut)),
        numbers=broken,
        verdicts=verdicts,
    )


def _properties(model: Model) -> list[str]:
    """Everything that can be broken, in an order that does not depend on the
    programs: the properties of the scenario first."""
    own = (name for name, _ in model.properties)
    return list(dict.fromkeys((*own, *(name for name in HARMS if name != LIVELOCK))))


def _names(layout: Layout) -> dict[str, str]:
    """What fields are called: ``c0_`` is CPU 0."""
    names: dict[str, str] = {}
    for field in layout.slots:
        name = re.sub(r"\W", "_", f"c{field}" if field[0].isdigit() else field)
        while name in names.values():
            name += "_"
        names[field] = name
    return names


def _kind(name: str, slot: Slot) -> str:
    narrow = not slot.maybe and slot.low >= 0 and slot.high <= 255
    return "short" if set(COUNTED) & set(name.split(".")) or not narrow else "byte"


def _about(model: Model, broken: Mapping[str, int]) -> Iterator[str]:
    machine = model.machine
    yield "CPUs: " + ", ".join(f"{cpu} {p.name}()" for cpu, p in enumerate(machine.programs))
    yield "Objects: " + ", ".join(f"{n} {name}" for n, name in enumerate(machine.objects, 1))
    yield f"{BROKE}: " + ", ".join(f"{number} {name}" for name, number in broken.items())
    yield "What is written cN_NAME belongs to CPU N; U is a number nobody knows."


# Where it begins, and where it may end --------------------------------------------


def openings(model: Model, layout: Layout) -> list[tuple[Fields, str]]:
    """The initial states, with the property each breaks: every CPU has gone to
    the first place where it can stand."""
    found: dict[int, tuple[Fields, str]] = {}
    stopped = {f"{cpu}.pc": STOPPED for cpu in model.machine.cpus}
    for start in model.starts:
        for fields, broke in _opened(model, 0, dict(start)):
            packed = layout.pack({**stopped, **fields})
            found.setdefault(packed, (layout.unpack(packed), broke))
    return list(found.values())


def _opened(model: Model, cpu: int, fields: Fields) -> Iterator[tuple[Fields, str]]:
    if cpu == 0:
        for name, condition in model.properties:
            if not evaluate(condition, lambda t: fields.get(t[1], model.fixed.get(t[1], 0))):
                yield fields, name
                return
    if cpu == len(model.parts):
        yield fields, ""
        return
    standing = {**fields, f"{cpu}.pc": 0}
    if 0 in model.stands[cpu]:
        yield from _opened(model, cpu + 1, standing)
        return
    for way in ways(model, cpu, fields, 0):
        if way.broke:
            # What others do before it is not to be lost.
            yield way.state, way.broke
            yield from _opened(model, cpu + 1, standing)
        else:
            yield from _opened(model, cpu + 1, way.state)


def _opening(
    layout: Layout,
    names: Mapping[str, str],
    broken: Mapping[str, int],
    fields: Fields,
    broke: str,
) -> str:
    first = {name: None if slot.maybe else 0 for name, slot in layout.slots.items()}
    lines = [f"{names[n]} = {value}" for n, value in fields.items() if value != first[n]]
    if broke:
        lines.append(f"{BROKE} = {broken[broke]}")
    return "; ".join(lines) or "skip"


def _ended(model: Model, names: Mapping[str, str]) -> str:
    """Every CPU is done, or waits for memory that need not come free."""
    found = ALWAYS
    for cpu, program in enumerate(model.machine.programs):
        waits = [at for at in range(len(program.steps)) if _may_stay(program, at)]
        pc = names[f"{cpu}.pc"]
        found = both(found, f"({' || '.join(f'{pc} == {at}' for at in (STOPPED, *waits))})")
    return f"({found})"


def _may_stay(program: Program, at: int) -> bool:
    """Whether a CPU may stand before a step for ever."""
    step = program.steps[at]
    return isinstance(step, Life) and step.what == "reuse"


# Processes ------------------------------------------------------------------------


class _Process:
    """The text of one CPU."""

    def __init__(
        self,
        model: Model,
        layout: Layout,
        cpu: int,
        names: Mapping[str, str],
        broken: Mapping[str, int],
    ) -> None:
        self.model, self.cpu = model, cpu
        self.trees = Trees(model, layout, cpu, names, broken)
        self.pc = names[f"{cpu}.pc"]
        self.meetings: Mapping[int, Node] = {}
        self.scratch: dict[str, None] = {}
        self.cut = NEVER

    def text(self, places: set[int | None]) -> str:
        """The process, with an option for each place it can get to."""
        left = sorted(at for at in places if at is not None and at != STOPPED)
        options: dict[int, str] = {}
        while left:
            at = left.pop(0)
            if at not in options:
                trees = self.trees.of(at)
                options[at] = self._option(at, trees)
                left += sorted(targets_of(trees.values()))
        told = [options[at] for at in sorted(options) if options[at]] or [":: false"]
        name = self.model.machine.programs[self.cpu].name
        head = f"/* {name}() */\nproctype cpu{self.cpu}() {{\nend:\ndo"
        return "\n".join((head, *told, "od\n}\n"))

    def _option(self, at: int, trees: Mapping[int, Node]) -> str:
        """One transition.  What is computed on the way is not undone behind a
        d_step, so that has names of its own."""
        self.meetings = trees
        guard = passable(trees[at], trees)
        if not _may_stay(self.model.machine.programs[self.cpu], at):
            cut = both(f"({self.pc} == {at})", cut_off(trees[at], trees))
            self.cut = either(self.cut, cut)
        if guard == NEVER:
            return ""
        lines = [f"{WHERE} = -1"] if len(trees) > 1 else []
        for place, tree in trees.items():
            body = self._lines(tree)
            if place != at:
                body = [_fork(f"{WHERE} == {place}", body, ["skip"])]
            lines += body
        several = any(_chooses(tree) for tree in trees.values())
        test = both(f"{self.pc} == {at} && {BROKE} == 0", guard)
        text = ";\n".join((f"{test} ->\n{lines[0]}", *lines[1:]))
        if not several:
            text = re.sub(r"\bv(\d+)\b", r"d\1", text)
        self.scratch.update(dict.fromkeys(re.findall(r"\b[vd]\d+\b", text)))
        kind = "atomic" if several else "d_step"
        return f"/* {at}: {self._about(at)} */\n:: {kind} {{ {text}\n}}"

    def _about(self, at: int) -> str:
        step = self.model.machine.programs[self.cpu].steps[at]
        origin = getattr(step, "origin", None)
        text = f"{origin.text} {origin.file}:{origin.line}" if origin is not None else ""
        return re.sub(r"\*/|/\*|\s+", " ", text).strip()

    # Trees --------------------------------------------------------------------

    def _lines(self, node: Node) -> list[str]:
        """The statements of a tree that is entered only if an end can be reached."""
        match node:
            case Leaf():
                return self._at_once(node.sets)
            case Cut():
                raise AssertionError("no way ends here")
            case Done():
                return self._at_once(node.sets) + self._lines(node.then)
            case Wait():
                return self._lines(node.then)
            case Named():
                lines = self._lines(node.then)
                used = any(node.name in words_of(line) for line in lines)
                return [f"{node.name} = {node.text}", *lines] if used else lines
            case Choice():
                return self._choice(node)
            case Fork():
                if passable(node.then, self.meetings) == NEVER:
                    return self._lines(node.other)
                if passable(node.other, self.meetings) == NEVER:
                    return self._lines(node.then)
                return [_fork(node.test, self._lines(node.then), self._lines(node.other))]

    def _choice(self, node: Choice) -> list[str]:
        options = []
        for option in node.options:
            guard = passable(option, self.meetings)
            if guard != NEVER:
                lines = self._lines(option)
                # SPIN wants no option that begins with another `if`.
                first = f"{WHERE} = -1" if guard == ALWAYS else guard
                options.append(f":: {first} ->\n" + ";\n".join(lines))
        return ["\n".join(("if", *options, "fi"))]

    def _at_once(self, sets: Mapping[str, str]) -> list[str]:
        left = dict(sets)
        lines = []
        while left:
            free = next((name for name in left if not _read(name, left)), "")
            if not free:
                # Each is read by another: the value of one is put aside.
                free = next(iter(left))
                aside = self.trees.terms.name()
                lines.append(f"{aside} = {free}")
                for name, text in left.items():
                    left[name] = re.sub(rf"\b{free}\b", aside, text)
            lines.append(f"{free} = {left.pop(free)}")
        return lines


def _read(name: str, left: Mapping[str, str]) -> bool:
    return any(name in words_of(text) for other, text in left.items() if other != name)


def _fork(test: str, then: Sequence[str], other: Sequence[str]) -> str:
    one, two = ";\n".join(then), ";\n".join(other)
    return f"if\n:: {test} ->\n{one}\n:: else ->\n{two}\nfi"


def _chooses(node: Node) -> bool:
    match node:
        case Choice():
            return True
        case Fork():
            return _chooses(node.then) or _chooses(node.other)
        case Wait() | Named() | Done():
            return _chooses(node.then)
        case Leaf() | Cut():
            return False
