# SPDX-License-Identifier: GPL-2.0-only
"""What is known while one function is lifted."""

from collections.abc import Callable

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke
from reviewer.facts import Facts, FunctionFact
from reviewer.location import Location
from reviewer.locks.aliases import Aliases
from reviewer.record import dataclass, field, replace
from reviewer.simulation.bindings import Bindings
from reviewer.simulation.loops import components, loop_tests
from reviewer.simulation.steps import Branch, Origin, Step, Stop, Value, const
from reviewer.syntax.place import place_of, substitute
from reviewer.syntax.rebuild import rebuilt, walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Name, Opaque, Unary

Definitions = Callable[[str], Graph | None]
Bodies = Callable[[str], tuple[Graph, Bindings] | None]
"""Functions the scenario itself has, with the names they use."""


def no_bodies(name: str) -> None:
    """The bodies of a scenario that has none."""


INCREMENTS = ("++", "--", "p++", "p--")


@dataclass(slots=True)
class Notes:
    """What lifting has to tell beside the steps.

    ``unmodelled`` and ``ignored`` are calls without a fact, with and without
    an object of the scenario among their arguments; ``unbound`` locks the
    scenario does not have; ``counts`` maps locals that took a count to the
    object it was of.
    """

    unmodelled: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)
    assumptions: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, text: str) -> None:
        """Note something that is taken for granted, once."""
        if text not in self.assumptions:
            self.assumptions.append(text)


@dataclass(slots=True)
class Lifter:
    """The steps of one function so far, and the values of its names.

    A target that is a node, not yet a step, is written ``-node - 2``
    (`to_node`).  ``fixed`` are names with one value throughout, ``writes``
    says how often each local is written, ``spelled`` gives temporaries as
    written, ``arguments`` the values of arguments already evaluated.
    ``cycles`` and ``tests`` describe the loops (`reviewer.simulation.loops`).
    ``iterators`` are the nodes that go through a list, with the value that
    says whether there is another round, where it is known.
    ``caller`` is the function this one is put into, ``inside`` the functions
    that are being put in place.
    """

    graph: Graph
    facts: Facts
    bindings: Bindings
    names: Aliases
    notes: Notes
    definitions: Definitions
    prefix: str
    depth: int
    bodies: Bodies = no_bodies
    caller: "Lifter | None" = None
    inside: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    fixed: dict[str, Value] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    arguments: dict[tuple[str, int], Value] = field(default_factory=dict)
    iterators: dict[int, Value | None] = field(init=False)
    cycles: dict[int, int] = field(init=False)
    tests: dict[int, int] = field(init=False)
    writes: dict[str, int] = field(init=False)
    _reach: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.cycles = components(self.graph.succ)
        self.tests = loop_tests(self.graph.succ, self.cycles)
        self.writes = _assignments(self.graph)
        self.iterators = _iterators(self.graph)

    def reaching(self) -> frozenset[str]:
        """The names through which the objects and variables of the scenario
        can be reached."""
        if not self._reach:
            self._reach = _reaching(self)
        return self._reach

    def owner(self, name: str, through: str = "") -> "Lifter":
        """The function whose local a name is: this one, or one that calls it;
        of what a parameter ``through`` points to, one that calls it."""
        here: Lifter = self
        given = any(param.name == through for param in self.graph.function.params)
        if given and self.caller is not None:
            here = self.caller
        while name not in here.writes and here.caller is not None:
            here = here.caller
        return here

    def emit(self, step: Step) -> None:
        """Put a step behind the others."""
        self.steps.append(step)

    def next(self) -> int:
        """The number of the step behind the one to be emitted."""
        return len(self.steps) + 1

    def origin(self, text: str, loc: Location) -> Origin:
        """Where a step comes from."""
        return Origin(text, self.bindings.file, loc.line, self.graph.function.name, loc)

    def jump(self, target: int, origin: Origin) -> None:
        """Go on elsewhere."""
        self.emit(Branch(const(1), "", "", 0, origin, target, target))

    def spell(self, expr: Expr) -> str:
        """An expression as written, calls where the graph has temporaries."""
        return render(self._written(expr))

    def _written(self, expr: Expr) -> Expr:
        if isinstance(expr, Name):
            text = self.spelled.get(expr.name)
            return expr if text is None else Opaque(expr.loc, text)
        return rebuilt(expr, self._written)

    def spell_call(self, node: Invoke) -> str:
        """A call as written."""
        name = node.function or (render(node.pointer) if node.pointer is not None else "?")
        return f"{name}({', '.join(self.spell(arg) for arg in node.args)})"


def _reaching(lifter: Lifter) -> frozenset[str]:
    """Names of objects and words, then whatever is made from such a name by an
    assignment, by a macro that binds it, or by a call that hands it on."""
    found = set(lifter.bindings.objects) | {place.root for place in lifter.bindings.variables}
    sources = [(place.root, address) for place, address in lifter.names.bound.items()]
    for number, node in enumerate(lifter.graph.nodes):
        if number in lifter.iterators and isinstance(node, Invoke):
            # The cursor of a list that the scenario has.
            known = node.function in lifter.bindings.calls
            found.update(arg.name for arg in node.args[:1] if known and isinstance(arg, Name))
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            target = node.expr.target
            if isinstance(target, Name):
                sources.append((target.name, node.expr.value))
                if any(_is_word(lifter, part) for part in walk(node.expr.value)):
                    found.add(target.name)
        elif isinstance(node, Invoke):
            fact = lifter.facts.of(node.function)
            if node.function in lifter.bindings.calls or _loads(lifter, node, fact):
                found.add(node.result)
            if fact is not None and (fact.same_object or fact.returns is not None):
                sources.extend((node.result, arg) for arg in node.args[:1])
    grown = True
    while grown:
        before = len(found)
        for name, value in sources:
            if any(isinstance(part, Name) and part.name in found for part in walk(value)):
                found.add(name)
        grown = len(found) > before
    return frozenset(found)


def _loads(lifter: Lifter, node: Invoke, fact: FunctionFact | None) -> bool:
    """Whether a call gives what a variable of the scenario holds."""
    return fact is not None and any(
        step.place is not None and _is_word(lifter, substitute(step.place, node.args))
        for step in fact.steps
    )


def _is_word(lifter: Lifter, expr: Expr) -> bool:
    place = place_of(expr) if not isinstance(expr, Name) else None
    return place is not None and lifter.names.canonical(place) in lifter.bindings.variables


def to_node(number: int) -> int:
    """A target that is a node."""
    return -number - 2


def retarget(step: Step, resolve: Callable[[int], int]) -> Step:
    """The step with other targets."""
    if isinstance(step, Stop):
        return step
    if isinstance(step, Branch):
        leave = resolve(step.leave) if step.bound else 0
        return replace(step, then=resolve(step.then), other=resolve(step.other), leave=leave)
    return replace(step, next=resolve(step.next))


def given_away(node: Invoke) -> list[str]:
    """The locals whose address a call is given."""
    return [
        arg.operand.name
        for arg in node.args
        if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name)
    ]


def _iterators(graph: Graph) -> dict[int, Value | None]:
    """The calls that are followed by a branch on nothing but themselves."""
    return {
        number: None
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Invoke)
        and len(graph.succ[number]) == 1
        and isinstance(after := graph.nodes[graph.succ[number][0][0]], Decide)
        and after.unknown
    }


def _assignments(graph: Graph) -> dict[str, int]:
    """How often each local is written; an address given away counts twice,
    and so does a parameter that is written at all."""
    writes: dict[str, int] = {}
    for node in graph.nodes:
        if isinstance(node, Compute):
            target: Expr | None = None
            if isinstance(node.expr, Assign):
                target = node.expr.target
            elif isinstance(node.expr, Unary) and node.expr.op in INCREMENTS:
                target = node.expr.operand
            if isinstance(target, Name):
                writes[target.name] = writes.get(target.name, 0) + 1
        elif isinstance(node, Invoke):
            for name in given_away(node):
                writes[name] = writes.get(name, 0) + 2
    for param in graph.function.params:
        if param.name in writes:
            writes[param.name] += 1
    return writes
