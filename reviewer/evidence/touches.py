# SPDX-License-Identifier: GPL-2.0-only
"""The places a function touches, as rows."""

from collections.abc import Iterator

from reviewer.alignment.accesses import touched, whole
from reviewer.cfg.graph import Compute, Invoke
from reviewer.evidence.inside import One, Rows, root_type
from reviewer.evidence.records import (
    LOWER,
    PASSED,
    PLAIN_LOWER,
    PLAIN_RAISE,
    RAISE,
    READ,
    UPDATE,
    WRITE,
    AccessRow,
)
from reviewer.facts import Facts
from reviewer.syntax.place import Place, place_of, pointee
from reviewer.syntax.tree import Assign, Binary, Expr, Literal, Name, Unary

_OPERATED = {"list-write": WRITE, "list-read": READ, "atomic": UPDATE, "atomic-test": UPDATE}
"""Kinds of operations that touch what their arguments point to, where nothing else is known."""


def put_accesses(made: Rows, number: int, one: One) -> None:
    seen = set()
    for kind, place, node in _touches(made.facts, one):
        held = one.held[node]
        if held is None or not (place.steps or place.root not in one.kinds):
            continue
        text = str(place)
        key = kind, text, held
        if key in seen:
            continue
        seen.add(key)
        member, outer = members_of(place)
        fresh = int(place.root in one.fresh)
        made.accesses.append(
            AccessRow(
                number,
                kind,
                member,
                outer,
                text,
                root_type(text, one.kinds),
                one.graph.nodes[node].loc.line,
                held,
                fresh,
            )
        )


def members_of(place: Place) -> tuple[str, str]:
    """The last member of a place and the first behind the last pointer; for a
    variable its name."""
    names = [step for step in place.steps if len(step) > 1 and step != "[]"]
    if not names:
        return place.root, place.root
    at = max((i for i, step in enumerate(names) if step.startswith("->")), default=0)
    return names[-1].lstrip("->."), names[at].lstrip("->.")


def _touches(facts: Facts, one: One) -> Iterator[tuple[str, Place, int]]:
    graph = one.graph
    told: set[tuple[int, str]] = set()
    for kind, place, _, number in touched(graph, facts, one.names):
        node = graph.nodes[number]
        told.add((number, str(place)))
        yield _sort(kind, node, place, facts), place, number
    for number, node in enumerate(graph.nodes):
        if not isinstance(node, Invoke) or not node.args:
            continue
        kind = _OPERATED.get(facts.operations.of(node.function).kind, "")
        fact = facts.of(node.function)
        quiet = fact is not None and not kind
        for arg in () if quiet else node.args:
            about = _pointed(arg, bool(kind))
            if about is None or not about.steps:
                continue
            named = whole(one.names.called(one.names.canonical(about)), facts)
            if (number, str(named)) not in told and not named.root.startswith("%"):
                yield kind or PASSED, named, number


def _pointed(arg: Expr, operated: bool) -> Place | None:
    """What an argument is the address of; a pointer counts where the call is known to
    work on what it leads to."""
    if isinstance(arg, Unary) and arg.op == "&":
        return place_of(arg.operand)
    return pointee(arg) if operated and not isinstance(arg, Name | Literal) else None


def _sort(kind: str, node: object, place: Place, facts: Facts) -> str:
    """The kind of an access for the index."""
    if kind == "read":
        return READ
    if isinstance(node, Compute):
        match node.expr:
            case Unary(op="++" | "p++") | Assign(op="+="):
                return PLAIN_RAISE
            case Unary(op="--" | "p--") | Assign(op="-="):
                return PLAIN_LOWER
        return WRITE
    fact = facts.of(node.function) if isinstance(node, Invoke) else None
    for step in fact.steps if fact is not None else ():
        if step.op in ("add", "add-unless") and step.value is not None:
            return LOWER if _negative(step.value) else RAISE
        if step.op == "store" and isinstance(node, Invoke):
            marked = facts.operations.of(node.function).kind == "marked-write"
            return WRITE if marked else UPDATE
    return WRITE if kind == "write" else UPDATE


def _negative(value: Expr) -> bool:
    if isinstance(value, Binary):
        return _negative(value.left)
    if isinstance(value, Literal):
        return value.text.startswith("-")
    return isinstance(value, Unary) and value.op == "-"
