# SPDX-License-Identifier: GPL-2.0-only
"""Lift a control-flow graph onto the steps that touch a scenario.

What the function does to the objects, variables and locks of the scenario
becomes steps; what it does to anything else becomes a choice where a branch
depends on it, and nothing otherwise.  A call without a fact is listed.
"""

from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Leave, Node, Unknown
from reviewer.facts import Facts
from reviewer.location import NOWHERE, Location
from reviewer.locks.aliases import Aliases, aliases, with_bound
from reviewer.simulation.assumed import assume
from reviewer.simulation.bindings import Bindings, has_unknown, text_of, uses_local
from reviewer.simulation.calls import (
    of_the_model,
    pinned,
    with_fact,
    without_fact,
)
from reviewer.simulation.lifter import (
    INCREMENTS,
    Bodies,
    Definitions,
    Lifter,
    Notes,
    no_bodies,
    retarget,
    to_node,
)
from reviewer.simulation.loaded import loaded_by_call
from reviewer.simulation.steps import (
    Access,
    Branch,
    Let,
    Origin,
    Program,
    Step,
    Stop,
    Value,
    const,
    unknown,
)
from reviewer.simulation.values import named, number_of, used, value_of
from reviewer.syntax.place import Place, place_of
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Member, Name, Unary

MAX_INLINE = 3


def lift(
    graph: Graph,
    facts: Facts,
    bindings: Bindings,
    definitions: Definitions = lambda name: None,
    prefix: str = "",
    bodies: Bodies = no_bodies,
) -> Program:
    """The program of a function; ``definitions`` gives callees to inline, and
    ``bodies`` those that go before what facts say; ``prefix`` keeps its locals
    apart from those of a caller."""
    notes = Notes()
    names = aliases(graph, facts)
    inside = (graph.function.name,)
    lifter = Lifter(
        graph, facts, bindings, names, notes, definitions, prefix, 0, bodies, None, inside
    )
    steps = _run(lifter)
    return Program(
        name=graph.function.name,
        steps=assume(tuple(steps), bindings, notes),
        unmodelled=tuple(sorted(notes.unmodelled)),
        ignored=tuple(sorted(notes.ignored - notes.unmodelled)),
        assumptions=tuple(notes.assumptions),
        unbound=tuple(sorted(notes.unbound)),
    )


def _run(lifter: Lifter) -> list[Step]:
    starts: dict[int, int] = {}
    for number, node in enumerate(lifter.graph.nodes):
        starts[number] = len(lifter.steps)
        _node(lifter, number, node)
    return [
        retarget(step, lambda target: starts[to_node(target)] if target < -1 else target)
        for step in lifter.steps
    ]


def _node(lifter: Lifter, number: int, node: Node) -> None:
    match node:
        case Compute():
            _compute(lifter, node)
        case Invoke():
            _invoke(lifter, node, number)
        case Decide():
            _decide(lifter, node, number)
            return
        case Leave():
            value = const(0) if node.value is None else value_of(lifter, node.value, node.loc)
            text = "" if node.value is None else lifter.spell(node.value)
            lifter.emit(Stop(value, text, lifter.origin(f"return {text}".strip(), node.loc)))
            return
        case Unknown():
            lifter.notes.unmodelled.add(node.text)
        case _ if number == 1:
            lifter.emit(Stop(const(0), "", lifter.origin("return", node.loc)))
            return
    succ = lifter.graph.succ[number]
    lifter.jump(to_node(succ[0][0]) if succ else -1, lifter.origin("", NOWHERE))


def _compute(lifter: Lifter, node: Compute) -> None:
    expr = node.expr
    if isinstance(expr, Assign):
        _assign(lifter, expr, node.loc)
    elif isinstance(expr, Unary) and expr.op in INCREMENTS:
        if isinstance(expr.operand, Name):
            name = expr.operand.name
            sign = "+" if "+" in expr.op else "-"
            _let(lifter, name, ("op", sign, named(lifter, name), const(1)))
    else:
        value_of(lifter, expr, node.loc)


def _assign(lifter: Lifter, expr: Assign, loc: Location) -> None:
    value = value_of(lifter, expr.value, loc)
    if expr.op != "=":
        value = ("op", expr.op[:-1], value_of(lifter, expr.target, loc), value)
    if isinstance(expr.target, Name):
        _let(lifter, expr.target.name, value)
    else:
        _store(lifter, expr.target, value, lifter.origin(render(expr), loc))


def _store(lifter: Lifter, target: Expr, value: Value, origin: Origin) -> None:
    """A plain store to a variable of the scenario; others are of no matter."""
    if isinstance(target, Member) and not target.arrow and target.field in lifter.facts.one_member:
        whole = place_of(target.base)
        if whole is not None and lifter.names.canonical(whole) in lifter.bindings.variables:
            target = target.base
    place = place_of(target)
    canonical = lifter.names.canonical(place) if place is not None else None
    family = lifter.bindings.variables.get(canonical) if canonical is not None else None
    if canonical is not None and lifter.bindings.counter in _members(canonical):
        lifter.notes.unmodelled.add(origin.text)
    if family is not None:
        following = lifter.next()
        lifter.emit(
            Access("store", family, None, value, None, "", "", "relaxed", origin, following)
        )
    elif canonical is not None and not canonical.steps:
        # Through a pointer to a local of a function that called this one.
        owner = lifter.owner(canonical.root, place.root if place is not None else "")
        owner.fixed.pop(canonical.root, None)
        lifter.emit(Let(owner.prefix + canonical.root, value, lifter.next()))
    else:
        used(lifter, target, origin)


def _members(place: Place) -> list[str]:
    return [step.lstrip("->.") for step in place.steps]


def _let(lifter: Lifter, name: str, value: Value) -> None:
    """A local takes a value: for good when it is its only assignment and the
    value does not change either."""
    if name in lifter.bindings.constants and not lifter.depth:
        # What the path says of a role goes before what is assigned to it.
        lifter.fixed[name] = const(lifter.bindings.constants[name])
    elif lifter.writes.get(name, 0) == 1 and not uses_local(value):
        lifter.fixed[name] = value
    else:
        lifter.emit(Let(lifter.prefix + name, value, lifter.next()))


# Branches ---------------------------------------------------------------------


def _decide(lifter: Lifter, node: Decide, number: int) -> None:
    succ = lifter.graph.succ[number]
    text = lifter.spell(node.cond)
    origin = lifter.origin(text, node.loc)
    value = _decided(lifter, node, number, text)
    labels = {label: target for target, label in succ}
    if set(labels) <= {"T", "F"}:
        then = labels.get("T", labels.get("F", 0))
        _branch(lifter, value, then, labels.get("F", then), number, origin)
    else:
        _switch(lifter, value, succ, origin)


def _decided(lifter: Lifter, node: Decide, number: int, text: str) -> Value:
    """The value a branch turns on."""
    if text in lifter.bindings.known:
        lifter.notes.take(f"{text} is taken to be {lifter.bindings.known[text]}")
        return const(lifter.bindings.known[text])
    iterated = [
        lifter.iterators[at] for at in lifter.iterators if (number, "") in lifter.graph.succ[at]
    ]
    if node.unknown:
        return (iterated and iterated[0]) or unknown(f"{text}@{number}")
    value = value_of(lifter, node.cond, node.loc)
    # The address of a variable is not 0.
    address = value[0] == "unknown" and str(value[1]).startswith("&")
    return const(1) if address else value


def _branch(
    lifter: Lifter, value: Value, then: int, other: int, number: int, origin: Origin
) -> None:
    key = bound = ""
    leave = 0
    if number in lifter.tests:
        bound, leave = f"{lifter.prefix}#{number}", to_node(lifter.tests[number])
    elif number not in lifter.cycles and has_unknown(value) and not uses_local(value):
        value, then, other = _positive(value, then, other)
        key = f"{lifter.prefix}?{text_of(value)}"
    lifter.emit(Branch(value, key, bound, leave, origin, to_node(then), to_node(other)))


def _positive(value: Value, then: int, other: int) -> tuple[Value, int, int]:
    """One form for a condition and its negation, and for a value and whether
    it is 0, so that all share a key."""
    while True:
        if value[0] == "un" and value[1] == "!":
            value, then, other = value[2], other, then
        elif value[0] == "op" and value[1] == "!=":
            value, then, other = ("op", "==", value[2], value[3]), other, then
        elif value[0] == "op" and value[1] == "==" and const(0) in (value[2], value[3]):
            value, then, other = value[2 if value[3] == const(0) else 3], other, then
        else:
            return value, then, other


def _switch(
    lifter: Lifter, value: Value, succ: tuple[tuple[int, str], ...], origin: Origin
) -> None:
    cases = [(target, label) for target, label in succ if label.startswith("case ")]
    default = [target for target, label in succ if not label.startswith("case ")]
    for target, label in cases:
        text = label.removeprefix("case ")
        known = lifter.facts.constants.get(text)
        test = ("op", "==", value, const(known) if known is not None else number_of(text))
        lifter.emit(Branch(test, "", "", 0, origin, to_node(target), lifter.next()))
    lifter.jump(to_node(default[0] if default else succ[-1][0]), origin)


# Calls ------------------------------------------------------------------------


def _invoke(lifter: Lifter, node: Invoke, number: int) -> None:
    call = lifter.spell_call(node)
    lifter.spelled[node.result] = call
    origin = lifter.origin(call, node.loc)
    if of_the_model(lifter, node, origin) or loaded_by_call(lifter, node, number, origin):
        return
    known = pinned(lifter, node, call)
    if known is not None:
        lifter.fixed[node.result] = known
        lifter.notes.take(f"{call} is taken to be {known[1]}")
    body = lifter.bodies(node.function) if node.function not in lifter.inside else None
    if body is not None:
        _put_in_place(lifter, node, number, *body, lifter.depth)
        return
    fact = lifter.facts.of(node.function)
    if fact is not None:
        with_fact(lifter, node, number, fact, origin)
    elif known is None and not _inline(lifter, node, number):
        without_fact(lifter, node, call, number)


def _inline(lifter: Lifter, node: Invoke, number: int) -> bool:
    """Put a callee in the place of its call; False when there is none."""
    graph = lifter.definitions(node.function) if lifter.depth < MAX_INLINE else None
    if graph is None or graph.function.name in lifter.inside:
        return False
    _put_in_place(lifter, node, number, graph, lifter.bindings, lifter.depth + 1)
    return True


def _put_in_place(
    lifter: Lifter, node: Invoke, number: int, graph: Graph, bindings: Bindings, depth: int
) -> None:
    inner = Lifter(
        graph,
        lifter.facts,
        bindings,
        _inner_names(lifter, graph, node),
        lifter.notes,
        lifter.definitions,
        f"{lifter.prefix}{node.function}@{number}.",
        max(depth, 1),
        lifter.bodies,
        lifter,
        (*lifter.inside, graph.function.name),
    )
    for param, arg in zip(graph.function.params, node.args, strict=False):
        value = value_of(lifter, arg, node.loc)
        if inner.writes.get(param.name, 0) or uses_local(value):
            lifter.emit(Let(inner.prefix + param.name, value, lifter.next()))
            inner.writes[param.name] = inner.writes.get(param.name, 0) + 2
        else:
            inner.fixed[param.name] = value
    _splice(lifter, _run(inner), lifter.prefix + node.result)
    lifter.writes[node.result] = 2


def _inner_names(lifter: Lifter, graph: Graph, node: Invoke) -> Aliases:
    """The callee's names: its own, and its parameters by what they are given."""
    bound = {**lifter.names.bound, **aliases(graph, lifter.facts).bound}
    # A pointer of the callee's own is not what the scenario calls so.
    given = {param.name for param in graph.function.params}
    for inner in graph.nodes:
        name = inner.declares if isinstance(inner, Compute) else ""
        if name and name not in given and Place(name, ("*",)) in lifter.bindings.locks:
            bound.setdefault(Place(name), Name(inner.loc, f"{graph.function.name}.{name}"))
    for param, arg in zip(graph.function.params, node.args, strict=False):
        if not (isinstance(arg, Name) and arg.name == param.name):
            bound[Place(param.name)] = arg
    return with_bound(bound)


def _splice(lifter: Lifter, steps: list[Step], result: str) -> None:
    """Put a callee's steps here; its return becomes an assignment."""
    base = len(lifter.steps)
    end = base + len(steps)
    for step in steps:
        if isinstance(step, Stop) and not step.cut:
            lifter.emit(Let(result, step.value, end))
        else:
            lifter.emit(retarget(step, lambda target: target + base if target >= 0 else target))
