# SPDX-License-Identifier: GPL-2.0-only
"""Find out, without any name, which object a function looks up, where from and
under what: the roles of a scenario that is about any object."""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.cfg.graph import Compute, Graph, Invoke, Leave
from reviewer.facts import Facts, FunctionFact
from reviewer.locks.aliases import Aliases, aliases
from reviewer.locks.conditions import steered
from reviewer.locks.locksets import Locksets, lock_name, locksets
from reviewer.record import dataclass, replace
from reviewer.simulation.assemble import Subject
from reviewer.simulation.lifter import Definitions
from reviewer.simulation.presumed import object_of
from reviewer.simulation.roles import names_after
from reviewer.simulation.roles import roles as roles_of
from reviewer.simulation.scenario import Real, Roles, Scenario
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import Place, place_of, substitute
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Assign, Cast, Expr, Literal, Name, Unary

COUNTS = ("get", "try-get", "put")
"""Roles and kinds of operations that are about a reference."""
READ_SIDE = "rcu-read-side"


@dataclass(frozen=True, slots=True)
class Load:
    """Where a function gets an object from: the node, and the place that is
    read or else the function that is called."""

    node: int
    place: Place | None
    call: str

    @property
    def source(self) -> str:
        """What tells one from another."""
        return str(self.place) if self.place is not None else f"{self.call}()"


@dataclass(frozen=True, slots=True)
class Lookup:
    """An object that a function finds: the local that names it, whether its
    references are ``counted`` and by which member (empty: not known), and where
    it comes from."""

    object: str
    counted: bool
    counter: str
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """A scenario with the roles of a function in it, and why: ``object`` is the
    local that names what was found (a temporary of the graph where none does),
    ``source`` where, as people write it."""

    scenario: Scenario
    real: Real
    because: str
    object: str
    source: str


def bindings_of(
    scenarios: Sequence[Scenario], graph: Graph, file: str, facts: Facts, definitions: Definitions
) -> tuple[Binding, ...]:
    """The scenarios that speak of the objects a function looks up."""
    general = [one for one in scenarios if one.lookup is not None]
    found = lookups(graph, facts, definitions) if general else ()
    if not found:
        return ()
    held = locksets(graph, facts)
    made = (_bound(scenario, one, held, file, facts) for one in found for scenario in general)
    return tuple(one for one in made if one is not None)


def side_of(
    one: Binding, graph: Graph, file: str, facts: Facts, definitions: Definitions
) -> Subject:
    """A version of the function in the roles that were found in one of them."""
    names = roles_of(one.scenario, graph, facts, None)
    given = in_graph(one.real.roles, graph, facts)
    return Subject(graph, file, names, definitions, given)


def in_graph(roles: Roles, graph: Graph, facts: Facts) -> Roles:
    """Roles with places that begin at a call as written, by what takes its
    result in this graph."""
    taken = {text: name for name, text in aliases(graph, facts).calls.items()}
    places = {
        word: tuple(replace(place, root=taken.get(place.root, place.root)) for place in some)
        for word, some in roles.places.items()
    }
    return replace(roles, places=places)


def _bound(
    scenario: Scenario, found: Lookup, held: Locksets, file: str, facts: Facts
) -> Binding | None:
    told = scenario.lookup
    lock = _lock(found, held, facts)
    under = _contexts(found, held)
    if told is None or bool(told.lock) != bool(lock):
        return None
    # What is merely read under a lock may be kept by anything; a read side is
    # there for nothing else.
    if not (found.counted if lock else told.context in under):
        return None
    place = _place(lock) if lock else None
    if lock and place is None:
        return None
    places = tuple(held.names.called(one.place) for one in found.loads if one.place is not None)
    roles = Roles(
        places={told.word: places} if places else {},
        locks={told.lock: (place,)} if place is not None else {},
        calls={one.call: told.word for one in found.loads if one.place is None},
        counter=found.counter,
        last=told.last,
    )
    caller = told.hands_out if _hands_out(held.graph, found.object, facts) else told.uses
    real = Real(file, held.graph.function.name, roles, (), (), caller)
    slot = _told(found.loads[0], held)
    how = f"under {lock}" if lock else f"inside an {told.context} section"
    what = f"{found.object} through {slot}"
    if found.object.startswith("%"):
        what = f"what {slot} leads to"
    return Binding(scenario, real, f"it finds {what} {how}", found.object, slot)


# What is looked up ----------------------------------------------------------------


def lookups(graph: Graph, facts: Facts, definitions: Definitions) -> tuple[Lookup, ...]:
    """The objects a function finds and counts, or finds under RCU."""
    names = aliases(graph, facts)
    results = {node.result: at for at, node in enumerate(graph.nodes) if isinstance(node, Invoke)}
    found = []
    counters = _counters(graph, facts, names, definitions)
    for name in (*counters, *_dereferenced(graph, facts, counters)):
        loads = _loads(graph, facts, names, results, name, definitions)
        counted = counters.get(name, frozenset(("",))) - {""} or frozenset(("",))
        if loads and len({one.source for one in loads}) == 1 and len(counted) == 1:
            found.append(Lookup(name, name in counters, next(iter(counted)), loads))
    return tuple(found)


def _counters(
    graph: Graph, facts: Facts, names: Aliases, definitions: Definitions
) -> dict[str, frozenset[str]]:
    """The locals whose references are counted, with the members that do it."""
    found: dict[str, frozenset[str]] = {}
    for node in graph.nodes:
        if not isinstance(node, Invoke):
            continue
        for place in _counted(node, facts, names, definitions):
            if not place.steps or place.steps[0].startswith("->"):
                path = ".".join(step.lstrip("->.") for step in place.steps)
                found[place.root] = found.get(place.root, frozenset()) | {path}
    given = {param.name for param in graph.function.params}
    return {name: paths for name, paths in found.items() if name not in given}


def _counted(
    node: Invoke, facts: Facts, names: Aliases, definitions: Definitions, sure: bool = False
) -> Iterator[Place]:
    """The counts that a call changes; the object alone where only the name of
    the function says that it does.  ``sure``: whatever it adds to is one."""
    fact = facts.of(node.function)
    for step in fact.steps if fact is not None else ():
        sure = sure or step.op == "add-unless" or (fact is not None and fact.role in COUNTS)
        if step.op in ("add", "add-unless", "cas") and sure and step.place is not None:
            place = place_of(substitute(step.place, node.args))
            if place is not None and place.steps:
                yield names.canonical(place)
    if fact is not None:
        return
    told = facts.operations.of(node.function)
    body = definitions(node.function)
    if body is not None:
        yield from _counted_inside(node, body, told.kind in COUNTS, facts, names)
    elif told.kind in COUNTS and 0 <= told.object < len(node.args):
        argument = node.args[told.object]
        about = object_of(argument)
        member = place_of(argument.operand) if isinstance(argument, Unary) else None
        if about is not None:
            yield names.canonical(Place(about.name) if member is None else member)


def _counted_inside(
    node: Invoke, body: Graph, sure: bool, facts: Facts, names: Aliases
) -> Iterator[Place]:
    """The counts of what it is given that a function of the file changes."""
    inner = aliases(body, facts)
    given = {
        param.name: argument
        for param, argument in zip(body.function.params, node.args, strict=False)
        if isinstance(argument, Name)
    }
    for call in body.nodes:
        if not isinstance(call, Invoke) or call.function == node.function:
            continue
        for place in _counted(call, facts, inner, lambda name: None, sure):
            if place.root in given:
                yield names.canonical(replace(place, root=given[place.root].name))


def _dereferenced(graph: Graph, facts: Facts, known: Mapping[str, object]) -> Iterator[str]:
    """The other locals that take what is read under RCU."""
    read = {
        node.result
        for node in graph.nodes
        if isinstance(node, Invoke) and facts.operations.of(node.function).kind == "rcu-read"
    }
    for node in graph.nodes:
        match node:
            case Compute(expr=Assign(op="=", target=Name(name=name), value=Name(name=value))):
                if value in read and name not in known and name.isidentifier():
                    yield name
            case _:
                pass


# Where it comes from --------------------------------------------------------------


def _loads(
    graph: Graph,
    facts: Facts,
    names: Aliases,
    results: Mapping[str, int],
    name: str,
    definitions: Definitions,
) -> tuple[Load, ...]:
    """Every place a local gets its object from; none where one of them is
    nothing that could be looked up in."""
    found: list[Load] = []
    if name in results:
        call = graph.nodes[results[name]]
        load = isinstance(call, Invoke) and _called(call, results[name], facts, names, definitions)
        return (load,) if load else ()
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Invoke) and name in steered(graph, number):
            if not (isinstance(node.args[0], Name) and node.args[0].name == name):
                return ()
            found.append(Load(number, None, node.function))
        elif isinstance(node, Compute) and isinstance(node.expr, Assign):
            target = node.expr.target
            if not isinstance(target, Name) or target.name != name or _nothing(node.expr.value):
                continue
            load = _load(graph, facts, names, results, node.expr.value, number, definitions)
            if load is None:
                return ()
            found.append(load)
    return tuple(found)


def _load(
    graph: Graph,
    facts: Facts,
    names: Aliases,
    results: Mapping[str, int],
    value: Expr,
    number: int,
    definitions: Definitions,
) -> Load | None:
    while isinstance(value, Cast):
        value = value.operand
    if isinstance(value, Name) and value.name in results:
        at = results[value.name]
        call = graph.nodes[at]
        assert isinstance(call, Invoke)
        return _called(call, at, facts, names, definitions)
    place = place_of(value)
    if place is None or not place.steps:
        return None
    return Load(number, names.canonical(place), "")


def _called(
    call: Invoke, at: int, facts: Facts, names: Aliases, definitions: Definitions
) -> Load | None:
    """What a call reads, or the call itself where nobody knows what it does."""
    fact = facts.of(call.function)
    if fact is not None and fact.steps:
        return _read_by(call, at, fact, names)
    if not call.function or facts.operations.of(call.function).kind in (*COUNTS, "lookup"):
        return None
    if facts.operations.of(call.function).kind == "allocate":
        return None
    body = definitions(call.function)
    if body is not None and _synchronises(body, facts):
        return None
    return Load(at, None, call.function)


def _read_by(call: Invoke, at: int, fact: FunctionFact, names: Aliases) -> Load | None:
    step = fact.steps[-1]
    returns = fact.returns
    found = returns is None or any(
        isinstance(part, Name) and part.name == "$old" for part in walk(returns)
    )
    if step.op not in ("load", "store", "cas") or step.place is None or not found:
        return None
    place = place_of(substitute(step.place, call.args))
    return None if place is None else Load(at, names.canonical(place), "")


def _synchronises(body: Graph, facts: Facts) -> bool:
    """Whether a function of the file counts or locks itself: it is put in the
    place of its call then, and is no lookup of one step."""
    for node in body.nodes:
        if isinstance(node, Invoke):
            fact = facts.of(node.function)
            if fact is not None and (fact.acquires or fact.enters or fact.role in COUNTS):
                return True
            if facts.operations.of(node.function).kind in COUNTS:
                return True
    return False


def _nothing(value: Expr) -> bool:
    return isinstance(value, Literal) and value.text in ("0", "NULL")


# Under what -----------------------------------------------------------------------


def _told(load: Load, held: Locksets) -> str:
    """Where an object comes from, as people write it."""
    if load.place is None:
        return f"{load.call}()"
    return str(held.names.called(load.place))


def _lock(found: Lookup, held: Locksets, facts: Facts) -> str:
    """The lock the object is found under, which is none of its own, nor the
    read side of an SRCU domain."""
    read = {
        lock_name(lock, node, held.names)
        for node in held.graph.nodes
        if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None
        for lock in fact.acquires
        if lock.kind == "srcu"
    }
    common = _at_all(found, held, lambda at: at.must) - read
    outer = [lock for lock in common if not lock.lstrip("*&(").startswith(f"{found.object}->")]
    return sorted(outer)[0] if len(outer) == 1 else ""


def _contexts(found: Lookup, held: Locksets) -> frozenset[str]:
    return _at_all(found, held, lambda at: at.context)


def _at_all(found: Lookup, held: Locksets, what) -> frozenset[str]:  # type: ignore[no-untyped-def]
    sets = [what(at) for load in found.loads if (at := held.before[load.node]) is not None]
    return frozenset.intersection(*sets) if sets else frozenset()


def _place(text: str) -> Place | None:
    try:
        return place_of(parse_expression(text))
    except ValueError:
        return None


def _hands_out(graph: Graph, name: str, facts: Facts) -> bool:
    """Whether the object is what the function returns, by this name or another."""
    names = names_after(graph, name, facts)
    values = [node.value for node in graph.nodes if isinstance(node, Leave)]
    values = [value.operand if isinstance(value, Unary | Cast) else value for value in values]
    return any(isinstance(value, Name) and value.name in names for value in values)
