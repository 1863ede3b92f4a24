# SPDX-License-Identifier: GPL-2.0-only
"""Who else may drop (or take) a lock on a way: calls of which nothing is known,
and whoever finds the object of the lock."""

import re

from reviewer.cfg.graph import Compute, Decide, Invoke, Leave
from reviewer.facts import Facts
from reviewer.locks.conditions import words
from reviewer.locks.effects import Effects
from reviewer.locks.locksets import lock_name
from reviewer.locks.ways import Exit, Ways
from reviewer.syntax.place import Place, place_of, pointee
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Name, Unary

FOLIO = "folio-lock"
"""A lock that input and output end: whoever gets the folio may drop it."""

_WORD = re.compile(r"[A-Za-z_]\w*")


def calls(found: Ways, way: Exit) -> list[Invoke]:
    return [node for n in way.trail if isinstance(node := found.graph.nodes[n], Invoke)]


def _since(found: Ways, way: Exit, lock: str) -> tuple[list[Invoke], list[Invoke]]:
    """The calls up to where the lock was taken or dropped last, and those behind."""
    line = way.locks[lock].line
    made = calls(found, way)
    last = max((n for n, call in enumerate(made) if call.loc.line == line), default=-1)
    return made[: last + 1], made[last + 1 :]


def suspects(found: Ways, way: Exit, lock: str, facts: Facts, around: Effects) -> set[str]:
    """The calls, not known, that may drop (or take) the lock: they get the
    lock, the object it is part of, or what the call that took it got or gave."""
    before, behind = _since(found, way, lock)
    named = words(lock) | (_roots(found, before[-1]) if before else set())
    everything = found.kinds[lock] == FOLIO
    # One of an array is found by whoever works out its index.
    shared = "[" in lock
    return {
        call.function
        for call in behind
        if facts.of(call.function) is None
        and not around.understood(call.function)
        and (everything or (shared and around.inside(call.function)) or _roots(found, call) & named)
    }


def innocent(found: Ways, lock: str, around: Effects) -> set[str]:
    """The calls of other files made, on some way, before the lock was dropped
    (or taken) by name."""
    found_so: set[str] = set()
    for way in found.exits:
        held = way.locks.get(lock)
        if held is not None and held.net == 0:
            found_so |= {call.function for call in _since(found, way, lock)[0]}
    return {name for name in found_so if not around.inside(name)}


def flagged(found: Ways, way: Exit, facts: Facts) -> bool:
    """Whether a call, not known, got the address of a variable that a branch
    asks as such: it may say there whether it dropped the lock."""
    asked = {
        node.cond.name
        for node in found.graph.nodes
        if isinstance(node, Decide) and isinstance(node.cond, Name)
    }
    return any(
        isinstance(arg, Unary)
        and arg.op == "&"
        and isinstance(arg.operand, Name)
        and arg.operand.name in asked
        for call in calls(found, way)
        if facts.of(call.function) is None
        for arg in call.args
    )


def given_away(found: Ways, way: Exit, lock: str) -> bool:
    """Whether the object of the lock, or what the call that took it gave, is
    stored where others find it, or returned."""
    before, _ = _since(found, way, lock)
    holder = found.names.bound.get(Place(before[-1].result)) if before else None
    roots = set(_WORD.findall(lock)[:1])
    roots |= {holder.name} if isinstance(holder, Name) else set()
    for n in way.trail:
        match found.graph.nodes[n]:
            case Compute(expr=Assign(target=target, value=Name(name=name))):
                if name in roots and not isinstance(target, Name):
                    return True
            case Leave(value=Name(name=name)):
                if name in roots:
                    return True
    return False


def _roots(found: Ways, call: Invoke) -> set[str]:
    roots: set[str] = set()
    given = found.names.bound.get(Place(call.result))
    if given is not None:
        roots |= words(render(given))
    for arg in call.args:
        place = pointee(arg) or place_of(arg)
        if place is not None:
            roots |= words(str(found.names.canonical(place))) | {place.root}
    return roots


def asked(found: Ways, facts: Facts) -> frozenset[str]:
    """The locks dropped only where a call says something of their object, and
    left alone elsewhere: it may have told whether the lock was held."""
    locks = set()
    for n, node in enumerate(found.graph.nodes):
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if not isinstance(node, Invoke) or fact is None or not fact.releases:
            continue
        behind = {target for target, _ in found.graph.succ[n]}
        conds = [
            found.names.spell(branch.cond)
            for source, _ in found.graph.pred[n]
            if isinstance(branch := found.graph.nodes[source], Decide)
            and behind & {target for target, _ in found.graph.succ[source]}
        ]
        for one in fact.releases:
            lock = lock_name(one, node, found.names)
            root = words(lock.partition("->")[0])
            if any("(" in text and words(text) & root for text in conds):
                locks.add(lock)
    return frozenset(locks)
