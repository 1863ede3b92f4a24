# SPDX-License-Identifier: GPL-2.0-only
"""What a macro or inline function does to locks, read from its body.

The body goes through our own reader, without the fact of the function itself.
Locks are named by the arguments, as in the facts: ``$0->mmap_lock``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph, Invoke, Leave
from reviewer.facts import Facts, FunctionFact, LockFact
from reviewer.locks.conditions import Condition
from reviewer.locks.held import Held, Scopes
from reviewer.locks.locksets import Locksets, lock_name, lock_text, locksets
from reviewer.ruleset import load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.place import Place, place_of
from reviewer.syntax.tree import Function, Literal, Name

VOCABULARY = load_vocabulary()
_MACRO = r"^[ \t]*#[ \t]*define[ \t]+{name}\(([^)\n]*)\)((?:[^\n]*\\\n)*[^\n]*)"
_NOTHING = ("", "0", "(0)", "1", "barrier()", "do { } while (0)", "{}", "{ }")


@dataclass(frozen=True, slots=True)
class Effect:
    """Names of locks and contexts: those taken with the result for which, those
    dropped with ``always`` or ``sometimes``."""

    acquires: frozenset[tuple[str, str]]
    releases: frozenset[tuple[str, str]]
    enters: frozenset[tuple[str, str]]
    leaves: frozenset[str]


_PLAIN: list[Facts] = []
_STRIPPED: dict[str, FunctionFact] = {}
NONE = Effect(frozenset(), frozenset(), frozenset(), frozenset())


def definitions(name: str, text: str) -> Iterator[Function]:
    """The definitions of a function or function-like macro in a file without comments."""
    for found in re.finditer(_MACRO.format(name=re.escape(name)), text, re.MULTILINE):
        function = _from_macro(name, found[1], found[2])
        if function is not None:
            yield function
    if re.search(rf"\b{re.escape(name)}\s*\([^;{{}}]*\{{", text):
        yield from read_file(text.encode(), VOCABULARY).functions_named(name)


def _from_macro(name: str, params: str, body: str) -> Function | None:
    body = re.sub(r"\\\n", " ", body).strip()
    body = re.sub(r"\bACCESS_PRIVATE\((\w+), (\w+)\)", r"(\1)->\2", body)
    if re.sub(r"\s+", " ", body) in _NOTHING:
        return None
    listed = ", ".join(f"long {one.strip()}" for one in params.split(",") if one.strip())
    block = body.startswith(("do ", "do{", "{"))
    code = f"{body};" if block else f"return {body.rstrip(';')};"
    file = read_file(f"int {name}({listed})\n{{\n{code}\n}}\n".encode(), VOCABULARY)
    return file.function(name)


def effect(function: Function, facts: Facts) -> Effect | None:
    """What a call of the function leaves changed; None where the body does not say:
    it calls nothing that the facts know to take or drop anything."""
    others = replace(facts, functions=_plain(facts, function.name))
    graph = build(replace(function, attributes=()), others)
    if not any(stated(fact) != NONE for fact in _called(graph, others)):
        return None
    found = locksets(graph, others)
    dropped, left = _dropped(found, others)
    start = Held(Scopes(dropped, dropped), Scopes(left, left))
    after = [held for _, held in _exits(locksets(graph, others, start=start))]
    gone = {one: _dropping(one, after) for one in dropped}
    out = frozenset(one for one in left if all(one not in held.context for held in after))
    taken, entered = _taken(found)
    return Effect(
        frozenset((_named(one, function, graph), when) for one, when in taken),
        frozenset((_named(one, function, graph), when) for one, when in gone.items() if when),
        entered,
        out,
    )


def _dropping(lock: str, after: list[Held]) -> str:
    """Whether a lock that was held is dropped: ``always``, ``sometimes``, or not."""
    if any(lock in held.must for held in after):
        return "" if all(lock in held.must for held in after) else "sometimes"
    unsure = any(lock in held.may for held in after) and "[]" not in lock
    return "sometimes" if unsure else "always"


def _plain(facts: Facts, but: str) -> dict[str, FunctionFact]:
    """The functions without what they assert, which is not what they do, and without one."""
    if not any(one is facts for one in _PLAIN):
        _PLAIN.clear()
        _PLAIN.append(facts)
        _STRIPPED.clear()
        for name, fact in facts.functions.items():
            _STRIPPED[name] = replace(fact, assumes=(), assumes_contexts=())
    return {name: fact for name, fact in _STRIPPED.items() if name != but}


def _called(graph: Graph, facts: Facts) -> Iterator[FunctionFact]:
    for node in graph.nodes:
        if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None:
            yield fact


def _exits(found: Locksets) -> Iterator[tuple[str, Held]]:
    """The results with which the function ends, and what is held there."""
    end = found.before[1]
    leaving = [number for number, _ in found.graph.pred[1]]
    nodes = [(found.graph.nodes[number], found.before[number]) for number in leaving]
    if not any(isinstance(node, Leave) and node.value is not None for node, _ in nodes):
        if end is not None:
            yield "", end
        return
    for node, held in nodes:
        value = node.value if isinstance(node, Leave) else None
        text = value.text if isinstance(value, Literal) else getattr(value, "name", "")
        if held is None:
            continue
        if text in _ZERO or text in _ONE:
            yield ("zero" if text in _ZERO else "nonzero"), held
        elif isinstance(value, Name):
            for when in ("zero", "nonzero"):
                there = held.where(Condition(text, when == "nonzero"))
                if there is not None:
                    yield when, there
        else:
            yield "", held


_ZERO = frozenset({"0", "false", "NULL"})
_ONE = frozenset({"1", "true"})
Results = frozenset[tuple[str, str]]


def _taken(found: Locksets) -> tuple[Results, Results]:
    """The locks and the contexts held where the function ends, and for which result."""
    ways = list(_exits(found))
    return (
        _results([(when, held.must) for when, held in ways]),
        _results([(when, held.context) for when, held in ways]),
    )


def _results(ways: list[tuple[str, frozenset[str]]]) -> Results:
    kept = set()
    for one in frozenset().union(*(must for _, must in ways)):
        have = {when for when, must in ways if one in must}
        lack = {when for when, must in ways if one not in must}
        if not lack:
            kept.add((one, "always"))
        elif len(have) == 1 and not have & lack and "" not in have | lack:
            kept.add((one, *have))
        else:
            kept.add((one, "sometimes"))
    return frozenset(kept)


def _dropped(found: Locksets, facts: Facts) -> tuple[frozenset[str], frozenset[str]]:
    """What the function drops and leaves that it did not take and enter itself."""
    locks, contexts = set(), set()
    for node, held in zip(found.graph.nodes, found.before, strict=True):
        if not isinstance(node, Invoke) or held is None:
            continue
        fact = facts.of(node.function)
        if fact is not None:
            locks |= {lock_name(one, node, found.names) for one in fact.releases} - held.must
            contexts |= set(fact.leaves) - held.context
    return frozenset(locks - {""}), frozenset(contexts)


def _named(lock: str, function: Function, graph: Graph) -> str:
    """The lock by the arguments, and by the result when it is the one variable returned."""
    returned = {
        node.value.name
        for node in graph.nodes
        if isinstance(node, Leave) and isinstance(node.value, Name) and node.value.name != "NULL"
    }
    params = [one.name for one in function.params]
    for number, name in enumerate(params):
        lock = re.sub(rf"(?<![\w>.$]){re.escape(name)}(?!\w)", f"${number}", lock)
    for name in returned - set(params) if len(returned) == 1 else ():
        lock = re.sub(rf"(?<![\w>.$%]){re.escape(name)}(?!\w)", "$result", lock)
    return re.sub(r"^%\d+", "$result", lock)


def stated(fact: FunctionFact) -> Effect:
    """The same from the fact."""
    return Effect(
        frozenset((_place(one), one.when) for one in fact.acquires),
        frozenset(
            (_place(one), "always" if one.when == "always" else "sometimes")
            for one in fact.releases
        ),
        frozenset((one, fact.enters_when) for one in fact.enters),
        frozenset(fact.leaves),
    )


def _place(lock: LockFact) -> str:
    place = place_of(lock.place)
    return lock_text(place if place is not None else Place("?"))
