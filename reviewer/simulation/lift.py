# SPDX-License-Identifier: GPL-2.0-only
"""Lift a control-flow graph onto the steps that touch a scenario.

What the function does to the objects, variables and locks of the scenario
becomes steps; what it does to anything else becomes a choice where a branch
depends on it, and nothing otherwise.  A call without a fact is listed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Node, Unknown
from reviewer.facts import Facts, FunctionFact, StepFact
from reviewer.location import Location
from reviewer.locks.aliases import Aliases, aliases
from reviewer.simulation.bindings import Bindings, has_unknown, linear, text_of, uses_local
from reviewer.simulation.loops import components, loop_tests
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Mark,
    Origin,
    Program,
    Release,
    Step,
    Stop,
    Value,
    Wait,
    const,
    local,
    unknown,
)
from reviewer.syntax.place import Place, place_of, substitute
from reviewer.syntax.rebuild import rebuilt
from reviewer.syntax.render import render
from reviewer.syntax.tree import (
    Assign,
    Binary,
    Cast,
    Comma,
    Expr,
    Index,
    Literal,
    Member,
    Name,
    Opaque,
    Unary,
)

MODELLED_CONTEXTS = ("irqs-off", "rcu-read-side")
MAX_INLINE = 3
KEEP, SUBJECT = "keep", "subject"
"""Calls only actors make: an object is kept; the function under review runs."""

Definitions = Callable[[str], Graph | None]


def lift(
    graph: Graph,
    facts: Facts,
    bindings: Bindings,
    definitions: Definitions = lambda name: None,
    prefix: str = "",
) -> Program:
    """The program of a function; ``definitions`` gives callees to inline,
    ``prefix`` keeps its locals apart from those of a caller."""
    notes = _Notes()
    lifter = _Lifter(graph, facts, bindings, aliases(graph, facts), notes, definitions, prefix, 0)
    steps = lifter.run()
    return Program(
        name=graph.function.name,
        steps=_assume(tuple(steps), bindings, notes),
        unmodelled=tuple(sorted(notes.unmodelled)),
        ignored=tuple(sorted(notes.ignored - notes.unmodelled)),
        assumptions=tuple(notes.assumptions),
        unbound=tuple(sorted(notes.unbound)),
    )


@dataclass(slots=True)
class _Notes:
    """What lifting has to tell beside the steps."""

    unmodelled: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)
    assumptions: list[str] = field(default_factory=list)
    counts: dict[str, int | None] = field(default_factory=dict)


class _Lifter:
    """The state of lifting one function: steps so far, values of names.

    Targets that are nodes, not yet steps, are written as ``-node - 2``.
    """

    def __init__(
        self,
        graph: Graph,
        facts: Facts,
        bindings: Bindings,
        names: Aliases,
        notes: _Notes,
        definitions: Definitions,
        prefix: str,
        depth: int,
    ) -> None:
        self.graph, self.facts, self.bindings, self.names = graph, facts, bindings, names
        self.notes, self.definitions = notes, definitions
        self.prefix, self.depth = prefix, depth
        self.steps: list[Step] = []
        self.starts: dict[int, int] = {}
        self.fixed: dict[str, Value] = {}
        self.cycles = components(graph.succ)
        self.tests = loop_tests(graph.succ, self.cycles)
        self.writes = _assignments(graph)
        self.spelled: dict[str, str] = {}
        self.arguments: dict[tuple[str, int], Value] = {}

    def run(self) -> list[Step]:
        for number, node in enumerate(self.graph.nodes):
            self.starts[number] = len(self.steps)
            self._node(number, node)
        return [_retarget(step, self._resolve) for step in self.steps]

    def _resolve(self, target: int) -> int:
        return self.starts[-target - 2] if target < -1 else target

    # Emitting -----------------------------------------------------------

    def _emit(self, step: Step) -> None:
        self.steps.append(step)

    def _next(self) -> int:
        return len(self.steps) + 1

    def _origin(self, text: str, loc: Location) -> Origin:
        return Origin(text, self.bindings.file, loc.line, self.graph.function.name, loc)

    def _goto(self, number: int) -> None:
        """End a node: on to its only successor."""
        succ = self.graph.succ[number]
        target = -succ[0][0] - 2 if succ else -1
        self._emit(Branch(const(1), "", "", 0, self._origin("", _nowhere()), target, target))

    def _node(self, number: int, node: Node) -> None:
        match node:
            case Compute():
                self._compute(node)
                self._goto(number)
            case Invoke():
                self._invoke(node, number)
                self._goto(number)
            case Decide():
                self._decide(node, number)
            case Leave():
                value = self.value(node.value, node.loc) if node.value is not None else const(0)
                text = self._spell(node.value) if node.value is not None else ""
                self._emit(Stop(value, text, self._origin(f"return {text}".strip(), node.loc)))
            case Unknown():
                self.notes.unmodelled.add(node.text)
                self._goto(number)
            case _ if number == 1:
                self._emit(Stop(const(0), "", self._origin("return", node.loc)))
            case _:
                self._goto(number)

    # Values -------------------------------------------------------------

    def value(self, expr: Expr, loc: Location) -> Value:
        """The value of a call-free expression; plain reads of variables of
        the scenario become load steps."""
        match expr:
            case Name():
                return self._named(expr.name)
            case Literal():
                return _number(expr.text)
            case Cast():
                return self.value(expr.operand, loc)
            case Unary(op="&"):
                return self._address(expr)
            case Unary(op="-" | "!" | "~"):
                return ("un", expr.op, self.value(expr.operand, loc))
            case Unary(op="+"):
                return self.value(expr.operand, loc)
            case Binary():
                left, right = self.value(expr.left, loc), self.value(expr.right, loc)
                return _fold(("op", expr.op, left, right))
            case Member() | Index() | Unary(op="*"):
                return self._read(expr, loc)
            case Comma() if expr.items:
                return [self.value(item, loc) for item in expr.items][-1]
            case _:
                return unknown(self._spell(expr))

    def _named(self, name: str) -> Value:
        if name in self.fixed:
            return self.fixed[name]
        if name in self.bindings.objects and not self.depth:
            return const(self.bindings.objects[name])
        if name in self.bindings.constants and not self.depth:
            return const(self.bindings.constants[name])
        if name in self.facts.constants and name not in self.writes:
            return const(self.facts.constants[name])
        if self.writes.get(name, 0) == 0 and not name.startswith("%"):
            return unknown(name)
        return local(self.prefix + name)

    def _address(self, expr: Unary) -> Value:
        """``&object->member`` names the object where the member is one that
        shares its count (a folio and its first page)."""
        inner = expr.operand
        if isinstance(inner, Member) and isinstance(inner.base, Name):
            base = self._named(inner.base.name)
            if base[0] == "const" and inner.field in self.facts.same_object_members:
                return base
        return unknown(self._spell(expr))

    def _read(self, expr: Expr, loc: Location) -> Value:
        place = place_of(expr)
        if place is None:
            return unknown(self._spell(expr))
        canonical = self.names.canonical(place)
        if canonical in self.bindings.variables:
            return self._load(self.bindings.variables[canonical], None, render(expr), loc)
        return unknown(str(canonical))

    def _load(self, family: str, index: Value | None, text: str, loc: Location) -> Value:
        dest = f"{self.prefix}%load{len(self.steps)}"
        self._emit(
            Access(
                "load",
                family,
                index,
                None,
                None,
                dest,
                "",
                "relaxed",
                self._origin(text, loc),
                self._next(),
            )
        )
        return local(dest)

    # Statements ---------------------------------------------------------

    def _compute(self, node: Compute) -> None:
        expr = node.expr
        if isinstance(expr, Assign):
            self._assign(expr, node.loc)
        elif isinstance(expr, Unary) and expr.op in ("++", "--", "p++", "p--"):
            if isinstance(expr.operand, Name):
                sign = "+" if "+" in expr.op else "-"
                now = self._named(expr.operand.name)
                self._let(expr.operand.name, ("op", sign, now, const(1)))
        else:
            self.value(expr, node.loc)

    def _assign(self, expr: Assign, loc: Location) -> None:
        value = self.value(expr.value, loc)
        if expr.op != "=":
            value = ("op", expr.op[:-1], self.value(expr.target, loc), value)
        if isinstance(expr.target, Name):
            self._let(expr.target.name, value)
            return
        place = place_of(expr.target)
        canonical = self.names.canonical(place) if place is not None else None
        if canonical is not None and canonical in self.bindings.variables:
            origin = self._origin(render(expr), loc)
            family = self.bindings.variables[canonical]
            step = Access(
                "store", family, None, value, None, "", "", "relaxed", origin, self._next()
            )
            self._emit(step)

    def _let(self, name: str, value: Value) -> None:
        once = self.writes.get(name, 0) == 1
        if once and not uses_local(value):
            self.fixed[name] = value
            return
        self._emit(Let(self.prefix + name, value, self._next()))

    def _decide(self, node: Decide, number: int) -> None:
        succ = self.graph.succ[number]
        text = self._spell(node.cond)
        value = unknown(f"{text}@{number}") if node.unknown else self.value(node.cond, node.loc)
        labels = {label: target for target, label in succ}
        if set(labels) <= {"T", "F"}:
            then = labels.get("T", labels.get("F", 0))
            other = labels.get("F", then)
            self._branch(value, then, other, number, self._origin(text, node.loc))
            return
        self._switch(value, succ, number, node)

    def _branch(self, value: Value, then: int, other: int, number: int, origin: Origin) -> None:
        key = bound = ""
        leave = 0
        if number in self.tests:
            bound, leave = f"{self.prefix}#{number}", -self.tests[number] - 2
        elif number not in self.cycles and has_unknown(value) and not uses_local(value):
            value, then, other = _positive(value, then, other)
            key = f"{self.prefix}?{text_of(value)}"
        self._emit(Branch(value, key, bound, leave, origin, -then - 2, -other - 2))

    def _switch(
        self, value: Value, succ: tuple[tuple[int, str], ...], number: int, node: Decide
    ) -> None:
        origin = self._origin(render(node.cond), node.loc)
        cases = [(target, label) for target, label in succ if label.startswith("case ")]
        default = [target for target, label in succ if not label.startswith("case ")]
        fallback = default[0] if default else succ[-1][0]
        for target, label in cases:
            test = ("op", "==", value, _number(label[5:]))
            step = Branch(test, "", "", 0, origin, -target - 2, self._next())
            self._emit(step)
        self._emit(Branch(const(1), "", "", 0, origin, -fallback - 2, -fallback - 2))

    # Calls --------------------------------------------------------------

    def _invoke(self, node: Invoke, number: int) -> None:
        call = self._spell_call(node)
        self.spelled[node.result] = call
        origin = self._origin(call, node.loc)
        if node.function == KEEP:
            value = self.value(node.args[0], node.loc)
            self._emit(Mark("keep", value, "", origin, self._next()))
        elif node.function == SUBJECT:
            result = local(self.prefix + node.result)
            self._emit(Mark("enter", const(0), "", origin, self._next()))
            self._emit(Mark("leave", result, "", origin, self._next()))
        elif (fact := self.facts.of(node.function)) is not None:
            self._known(node, fact, origin)
        elif not self._inline(node, number):
            self._strange(node, call, number)

    def _spell(self, expr: Expr) -> str:
        """An expression as written, calls where the graph has temporaries."""
        return render(self._written(expr))

    def _written(self, expr: Expr) -> Expr:
        if isinstance(expr, Name):
            text = self.spelled.get(expr.name)
            return expr if text is None else Opaque(expr.loc, text)
        return rebuilt(expr, self._written)

    def _spell_call(self, node: Invoke) -> str:
        name = node.function or (render(node.pointer) if node.pointer is not None else "?")
        return f"{name}({', '.join(self._spell(arg) for arg in node.args)})"

    def _strange(self, node: Invoke, call: str, number: int) -> None:
        name = node.function or call
        touches = any(self._names_object(arg) for arg in node.args)
        (self.notes.unmodelled if touches else self.notes.ignored).add(f"{name}()")
        self.fixed[node.result] = unknown(f"{call}@{self.prefix}{number}")
        self._forget(node)

    def _forget(self, node: Invoke) -> None:
        """A local whose address a call was given may hold anything now."""
        for arg in node.args:
            if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name):
                name = arg.operand.name
                if self.writes.get(name, 0):
                    self.fixed.pop(name, None)
                    text = f"{self._spell_call(node)}: {name}"
                    self._emit(Let(self.prefix + name, unknown(text), self._next()))

    def _names_object(self, arg: Expr) -> bool:
        """Whether an argument leads to an object or a variable of the scenario."""
        while isinstance(arg, Cast):
            arg = arg.operand
        inner = arg.operand if isinstance(arg, Unary) and arg.op == "&" else arg
        place = place_of(inner)
        if place is None:
            return False
        canonical = self.names.canonical(place)
        if not canonical.steps and canonical.root in self.bindings.objects:
            return True
        roots = {known.root for known in self.bindings.variables}
        return canonical.root in roots or any(
            name.root == canonical.root for name in self.names.bound if name.steps
        )

    def _known(self, node: Invoke, fact: FunctionFact, origin: Origin) -> None:
        if not fact.steps and fact.returns is None:
            self._forget(node)
        self._enter(fact, node, origin)
        temps: dict[str, Value] = {}
        for position, step in enumerate(fact.steps):
            if step.when == "always":
                temps = self._fact_step(step, node, origin, position) or temps
            else:
                temps = self._chosen_step(step, node, origin, position)
        self._exit(fact, node, origin)
        self.fixed.setdefault(node.result, self._result(node, fact, temps))
        if fact.noreturn:
            self._emit(Stop(unknown(origin.text), origin.text, origin))

    def _result(self, node: Invoke, fact: FunctionFact, temps: Mapping[str, Value]) -> Value:
        if fact.returns is not None:
            return self._returned(fact.returns, node, temps)
        if fact.same_object and node.args:
            named = self._argument(node, 0)
            done = temps.get("$done", const(1))
            return named if done == const(1) else ("op", "*", named, done)
        if "$result" in temps:
            return temps["$result"]
        if "$old" in temps:
            return temps["$old"]
        return unknown(self._spell_call(node))

    def _argument(self, node: Invoke, index: int) -> Value:
        """The value of an argument, which is evaluated once per call."""
        key = (node.result, index)
        if key not in self.arguments:
            self.arguments[key] = self.value(node.args[index], node.loc)
        return self.arguments[key]

    def _returned(self, expr: Expr, node: Invoke, temps: Mapping[str, Value]) -> Value:
        match expr:
            case Name(name=name) if name in temps:
                return temps[name]
            case Name(name=name) if name.startswith("$"):
                index = int(name[1:]) if name[1:].isdigit() else -1
                if 0 <= index < len(node.args):
                    return self._argument(node, index)
                return unknown(self._spell_call(node))
            case Unary(op=op, operand=inner):
                return ("un", op, self._returned(inner, node, temps))
            case Binary(op=op, left=left, right=right):
                pair = self._returned(left, node, temps), self._returned(right, node, temps)
                return _fold(("op", op, *pair))
            case _:
                return self.value(expr, node.loc)

    def _fact_step(
        self, step: StepFact, node: Invoke, origin: Origin, position: int
    ) -> dict[str, Value]:
        """Emit one step of a call; gives what it found and whether it took
        effect, nothing where it touches nothing of the scenario."""
        if step.op in ("flush", "grace-period"):
            self._emit(Wait(step.op, origin, self._next()))
            self._emit(Wait(step.op + "-done", origin, self._next()))
            return {}
        if step.place is None:
            return {}
        target = self._target(substitute(step.place, node.args), node)
        if target is None:
            return {}
        stem = f"{self.prefix}{node.result}.{position}"
        value = self._operand(step.value, node)
        expect = self._operand(step.expect if step.op == "cas" else step.unless, node)
        family, index = target
        self._emit(
            Access(
                step.op,
                family,
                index,
                value,
                expect,
                f"{stem}.old",
                f"{stem}.done" if step.op in ("cas", "add-unless") else "",
                step.order,
                origin,
                self._next(),
                step.protocol,
            )
        )
        if index is not None and index[0] == "const" and step.op == "load":
            self.notes.counts[f"{stem}.old"] = int(index[1])
        done = local(f"{stem}.done") if step.op in ("cas", "add-unless") else const(1)
        return {"$old": local(f"{stem}.old"), "$done": done}

    def _chosen_step(
        self, step: StepFact, node: Invoke, origin: Origin, position: int
    ) -> dict[str, Value]:
        """A step that is made for one result of the call and not for the
        other, where nothing in the scenario says which: both are tried."""
        done = f"{self.prefix}{node.result}.{position}.chosen"
        effect, other = (1, 0) if step.when == "nonzero" else (0, 1)
        at = self._next() - 1
        choice = unknown(f"{origin.text}@{self.prefix}{at}")
        self._emit(Branch(choice, "", "", 0, origin, at + 2, at + 1))
        skip = len(self.steps)
        self._emit(Let(done, const(other), -1))
        self._emit(Let(done, const(effect), at + 3))
        self._fact_step(step, node, origin, position)
        self.steps[skip] = Let(done, const(other), len(self.steps))
        return {"$result": local(done)}

    def _operand(self, template: Expr | None, node: Invoke) -> Value | None:
        return None if template is None else self._returned(template, node, {})

    def _target(self, expr: Expr, node: Invoke) -> tuple[str, Value | None] | None:
        """What a step touches: a variable of the scenario, or the count of
        some object; None for anything else."""
        place = place_of(expr)
        if place is not None:
            canonical = self.names.canonical(place)
            if canonical in self.bindings.variables:
                return self.bindings.variables[canonical], None
        if isinstance(expr, Member) and expr.field == self.bindings.counter:
            base = expr.base
            if isinstance(base, Member) and base.field in self.facts.same_object_members:
                base = base.base
            return "count", self.value(base, node.loc)
        return None

    def _lock(self, expr: Expr) -> str | None:
        place = place_of(expr)
        if place is None:
            return None
        canonical = self.names.canonical(place)
        name = self.bindings.locks.get(canonical)
        if name is None:
            self.notes.unbound.add(str(canonical))
        return name

    def _enter(self, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
        if fact.enters_when == "always":
            self._contexts(fact, origin)
        for taken in fact.acquires:
            lock = self._lock(substitute(taken.place, node.args))
            if lock is None:
                continue
            done = "" if taken.when == "always" else f"{self.prefix}{node.result}.taken"
            self._emit(Acquire(lock, done, origin, self._next()))
            if done:
                result = local(done)
                self.fixed[node.result] = result if taken.when == "nonzero" else ("un", "!", result)
                self._contexts_if(fact, result, origin)

    def _contexts(self, fact: FunctionFact, origin: Origin) -> None:
        for context in fact.enters:
            if context in MODELLED_CONTEXTS:
                self._emit(Context(context, True, origin, self._next()))

    def _contexts_if(self, fact: FunctionFact, taken: Value, origin: Origin) -> None:
        """The contexts of a trylock, entered when it took its lock."""
        at = len(self.steps)
        self._emit(Branch(taken, "", "", 0, origin, at + 1, at + 1))
        self._contexts(fact, origin)
        end = len(self.steps)
        self.steps[at] = Branch(taken, "", "", 0, origin, at + 1, end)

    def _exit(self, fact: FunctionFact, node: Invoke, origin: Origin) -> None:
        for dropped in fact.releases:
            lock = self._lock(substitute(dropped.place, node.args))
            if lock is not None:
                self._emit(Release(lock, origin, self._next()))
        for context in fact.leaves:
            if context in MODELLED_CONTEXTS:
                self._emit(Context(context, False, origin, self._next()))

    def _inline(self, node: Invoke, number: int) -> bool:
        graph = self.definitions(node.function) if self.depth < MAX_INLINE else None
        if graph is None or graph.function.name == self.graph.function.name:
            return False
        prefix = f"{self.prefix}{node.function}@{number}."
        inner = _Lifter(
            graph,
            self.facts,
            self.bindings,
            self._inner_names(graph, node),
            self.notes,
            self.definitions,
            prefix,
            self.depth + 1,
        )
        for param, arg in zip(graph.function.params, node.args, strict=False):
            value = self.value(arg, node.loc)
            if inner.writes.get(param.name, 0) or uses_local(value):
                self._emit(Let(prefix + param.name, value, self._next()))
                inner.writes[param.name] = inner.writes.get(param.name, 0) + 2
            else:
                inner.fixed[param.name] = value
        self._splice(inner.run(), self.prefix + node.result)
        self.writes[node.result] = 2
        return True

    def _inner_names(self, graph: Graph, node: Invoke) -> Aliases:
        bound = dict(self.names.bound)
        bound.update(aliases(graph, self.facts).bound)
        for param, arg in zip(graph.function.params, node.args, strict=False):
            if not (isinstance(arg, Name) and arg.name == param.name):
                bound[Place(param.name, ())] = arg
        return Aliases(bound)

    def _splice(self, steps: list[Step], result: str) -> None:
        """Put a callee's steps here; its return becomes an assignment."""
        base = len(self.steps)
        end = base + len(steps)
        for step in steps:
            if isinstance(step, Stop):
                self._emit(Let(result, step.value, end))
            else:
                self._emit(_retarget(step, lambda target: target + base if target >= 0 else target))


def _nowhere() -> Location:
    return Location(0, 0, 0)


def _number(text: str) -> Value:
    try:
        return const(int(text.rstrip("uUlL"), 0))
    except ValueError:
        return unknown(text)


def _fold(value: Value) -> Value:
    left, right = value[2], value[3]
    if left[0] == "const" and right[0] == "const":
        from reviewer.simulation.effects import evaluate

        number = evaluate(value, {})
        return value if number is None else const(number)
    return value


def _positive(value: Value, then: int, other: int) -> tuple[Value, int, int]:
    """One form for a condition and its negation, so that both share a key."""
    while value[0] == "un" and value[1] == "!":
        value, then, other = value[2], other, then
    if value[0] == "op" and value[1] == "!=":
        value, then, other = ("op", "==", value[2], value[3]), other, then
    return value, then, other


def _assignments(graph: Graph) -> dict[str, int]:
    """How often each local is written; an address given away counts twice."""
    writes: dict[str, int] = {}
    for node in graph.nodes:
        if isinstance(node, Compute):
            target: Expr | None = None
            if isinstance(node.expr, Assign):
                target = node.expr.target
            elif isinstance(node.expr, Unary) and node.expr.op in ("++", "--", "p++", "p--"):
                target = node.expr.operand
            if isinstance(target, Name):
                writes[target.name] = writes.get(target.name, 0) + 1
        if isinstance(node, Invoke):
            for arg in node.args:
                if isinstance(arg, Unary) and arg.op == "&" and isinstance(arg.operand, Name):
                    name = arg.operand.name
                    writes[name] = writes.get(name, 0) + 2
    for param in graph.function.params:
        if param.name in writes:
            writes[param.name] += 1
    return writes


def _retarget(step: Step, resolve: Callable[[int], int]) -> Step:
    if isinstance(step, Stop):
        return step
    if isinstance(step, Branch):
        leave = resolve(step.leave) if step.bound else 0
        return replace(step, then=resolve(step.then), other=resolve(step.other), leave=leave)
    return replace(step, next=resolve(step.next))


# What the function takes a count to be ---------------------------------------


def _assume(steps: tuple[Step, ...], bindings: Bindings, notes: _Notes) -> tuple[Step, ...]:
    """Give a number to what the function compares a count with.

    ``expected_count`` is computed outside the scenario; what the function
    means by it is the count when nobody else has a reference, so that is the
    number it gets, and the review says so.
    """
    meaning: dict[tuple[tuple[str, int], ...], int] = {}
    for value, number in _compared(steps, notes):
        form = linear(value)
        known = bindings.accounted.get(number or 0)
        if form is None or known is None or not form[1]:
            continue
        key = tuple(sorted(form[1].items()))
        if key not in meaning:
            meaning[key] = known - form[0]
            notes.assumptions.append(
                f"{' + '.join(sorted(form[1]))} is taken to be {meaning[key]}, "
                f"the count when nobody else has a reference"
            )
    return tuple(_substituted(step, meaning) for step in steps)


def _compared(steps: tuple[Step, ...], notes: _Notes) -> list[tuple[Value, int | None]]:
    found: list[tuple[Value, int | None]] = []
    for step in steps:
        if isinstance(step, Access) and step.op == "cas" and step.expect is not None:
            if step.index is not None and step.index[0] == "const":
                found.append((step.expect, int(step.index[1])))
        elif isinstance(step, Branch) and step.value[0] == "op":
            for one, two in ((step.value[2], step.value[3]), (step.value[3], step.value[2])):
                if one[0] == "local" and one[1] in notes.counts:
                    found.append((two, notes.counts[one[1]]))
    return found


def _substituted(step: Step, meaning: Mapping[tuple[tuple[str, int], ...], int]) -> Step:
    def known(value: Value | None) -> Value | None:
        if value is None:
            return None
        form = linear(value)
        if form is not None and form[1]:
            key = tuple(sorted(form[1].items()))
            if key in meaning:
                return const(meaning[key] + form[0])
        if value[0] in ("op", "un"):
            return (value[0], value[1], *(known(part) for part in value[2:]))
        return value

    match step:
        case Access():
            return replace(step, value=known(step.value), expect=known(step.expect))
        case Branch():
            return replace(step, value=known(step.value) or step.value)
        case Let() | Stop():
            return replace(step, value=known(step.value) or step.value)
        case _:
            return step
