# SPDX-License-Identifier: GPL-2.0-only
"""What a function calls and takes, and what it does to locks and objects, as rows."""

from collections.abc import Callable

from reviewer.alignment.operations import named
from reviewer.cfg.graph import Compute, Invoke
from reviewer.evidence.inside import One, Rows, last_member, root_type
from reviewer.evidence.records import (
    ASSERTS,
    DROPS,
    FREES,
    FREES_LATER,
    FREES_TO_CACHE,
    MAY_RETURN,
    RETURNS,
    SLEEPS,
    CallRow,
    EffectRow,
    MentionRow,
    TakenRow,
)
from reviewer.evidence.touches import members_of
from reviewer.locks.annotations import held_at_entry
from reviewer.locks.held import Held
from reviewer.locks.locksets import lock_name
from reviewer.locks.sleeps import may_sleep
from reviewer.locks.summaries import EXIT
from reviewer.syntax.place import place_of
from reviewer.syntax.tree import Assign, Name, Unary

_FREEING = {"free": FREES, "free-deferred": FREES_LATER}


def put_calls(made: Rows, number: int, one: One) -> None:
    graph = one.graph
    for at, node in enumerate(graph.nodes):
        held = one.held[at]
        if isinstance(node, Compute) and isinstance(node.expr, Assign):
            _stores(made, number, one, node)
        if not isinstance(node, Invoke) or held is None:
            continue
        if not node.function:
            called = None if node.pointer is None else place_of(node.pointer)
            if called is not None and called.steps:
                made.calls.append(
                    CallRow(number, f".{members_of(called)[0]}", node.loc.line, held, 0)
                )
            continue
        bits = 0
        for place, arg in enumerate(node.args[:30]):
            if isinstance(arg, Name):
                if arg.name in one.fresh:
                    bits |= 1 << place
                elif _may_be_function(arg.name, one):
                    how = f"{node.function}()"
                    made.mentioned.append(MentionRow(number, arg.name, how, node.loc.line))
        made.calls.append(CallRow(number, node.function, node.loc.line, held, bits))
        _taken(made, number, one, node, held)


def _may_be_function(name: str, one: One) -> bool:
    return not (name in one.kinds or name.startswith("%") or name.isupper())


def _stores(made: Rows, number: int, one: One, node: Compute) -> None:
    """A function whose name is stored in a member."""
    assert isinstance(node.expr, Assign)
    value = node.expr.value
    if isinstance(value, Unary) and value.op == "&":
        value = value.operand
    if isinstance(value, Name) and _may_be_function(value.name, one):
        place = place_of(node.expr.target)
        if place is not None:
            member, _ = members_of(place)
            made.mentioned.append(MentionRow(number, value.name, f".{member}", node.loc.line))


def _taken(made: Rows, number: int, one: One, node: Invoke, held: int) -> None:
    fact = made.facts.of(node.function) or made.effects(node.function)
    for lock in fact.acquires if fact is not None else ():
        name = lock_name(lock, node, one.names)
        if name:
            kind, line, last = root_type(name, one.kinds), node.loc.line, last_member(name)
            made.taken.append(
                TakenRow(number, last, name, kind, lock.kind, int(lock.shared), line, held)
            )


# Effects ------------------------------------------------------------------------


def put_effects(made: Rows, number: int, one: One) -> None:
    """What the function does to the locks of its caller, to objects, and whether it sleeps."""
    facts, seen = made.facts, set[tuple[str, str]]()
    given = held_at_entry(one.graph.function)

    def note(what: str, member: str, place: str, line: int) -> None:
        if (what, place) not in seen:
            seen.add((what, place))
            root = root_type(place, one.kinds)
            made.done.append(EffectRow(number, what, member, place, root, line))

    for at, node in enumerate(one.graph.nodes):
        if not isinstance(node, Invoke):
            continue
        kind = facts.operations.of(node.function)
        if kind.kind in _FREEING and not kind.guessed and 0 <= kind.object < len(node.args):
            about = named(node.args[kind.object], one.names)
            what = FREES_TO_CACHE if kind.object and kind.kind == "free" else _FREEING[kind.kind]
            structure = root_type(about, one.kinds)
            part = "->" in about or "." in about
            if structure and (what == FREES_LATER or not (part or about in one.fresh)):
                note(what, structure, about, node.loc.line)
        if may_sleep(node, facts):
            note(SLEEPS, node.function, node.function, node.loc.line)
        before = one.before[at] if one.before is not None else None
        if before is not None:
            given |= _on_locks(made, node, before, one, given, note)
    if one.before is not None and (end := one.before[EXIT]) is not None:
        dropped = {place for what, place in seen if what == DROPS}
        for name in sorted(end.may - (given - dropped)):
            what = RETURNS if name in end.must else MAY_RETURN
            note(what, last_member(name), name, one.graph.function.loc.line)


Note = Callable[[str, str, str, int], None]


def _on_locks(
    made: Rows, node: Invoke, before: Held, one: One, given: frozenset[str], note: Note
) -> frozenset[str]:
    """The locks a call drops that nobody here took, among them what is ``given``, and those
    that it asserts, which it returns."""
    fact = made.facts.of(node.function) or made.effects(node.function)
    if fact is None:
        return frozenset()
    for lock in fact.releases:
        name = lock_name(lock, node, one.names)
        if name and (name not in before.may or name in given):
            note(DROPS, last_member(name), name, node.loc.line)
    asserted = {lock_name(lock, node, one.names) for lock in fact.assumes} - {""}
    for name in sorted(asserted):
        note(ASSERTS, last_member(name), name, node.loc.line)
    return frozenset(asserted - before.may)
