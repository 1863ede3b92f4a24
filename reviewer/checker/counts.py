# SPDX-License-Identifier: GPL-2.0-only
"""The ways through a function, told apart by the references they take and drop.

A reference is counted as a lock is (`reviewer.locks.ways`): what takes one acquires the
object, shared, and what drops one releases it.
"""

from collections.abc import Collection, Iterator, Mapping

from reviewer.alignment.align import Image
from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.references import DROPS, TAKES, is_reference
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts, FunctionFact, LockFact, no_effect
from reviewer.location import NOWHERE
from reviewer.locks.ways import Ways, ways
from reviewer.record import replace
from reviewer.syntax.tree import Expr, Name, Unary

_NOTHING = no_effect("", "operations")


class _Effects(Mapping[str, FunctionFact]):
    """The facts of functions with references in the place of locks."""

    def __init__(self, facts: Facts, effects: Mapping[str, FunctionFact]) -> None:
        self._facts, self._effects = facts, effects

    def __getitem__(self, name: str) -> FunctionFact:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: object = None) -> FunctionFact | None:  # type: ignore[override]
        known = self._facts.of(name)
        effect = self._effects.get(name)
        if effect is None:
            return None if known is None else _bare(known)
        return replace(
            _NOTHING if known is None else _bare(known),
            acquires=effect.acquires,
            releases=effect.releases,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._effects)

    def __len__(self) -> int:
        return len(self._effects)


def counted(
    change: FunctionChange,
    takes: Collection[str] = TAKES,
    drops: Collection[str] = DROPS,
) -> tuple[Ways, Ways]:
    """The ways before and after the patch, by what operations of these kinds do."""
    effects = _effects(change, frozenset(takes), frozenset(drops))
    facts = replace(change.facts, functions=_Effects(change.facts, effects), patterns={})
    before, after = (_ways(change, one.graph, facts) for one in (change.before, change.after))
    return before, after


def _ways(change: FunctionChange, graph: Graph, facts: Facts) -> Ways:
    found = ways(graph, facts, steps=change.steps.allow(change.name))
    change.steps.used(found.steps)
    return found


def _bare(fact: FunctionFact) -> FunctionFact:
    return replace(fact, acquires=(), releases=(), enters=(), leaves=(), assumes=())


def _effects(
    change: FunctionChange, takes: frozenset[str], drops: frozenset[str]
) -> dict[str, FunctionFact]:
    """What takes and what drops, by the name of the function."""
    found: dict[str, FunctionFact] = {}
    unsure = set()
    dropped = {
        (one.family, one.object)
        for image in (change.before, change.after)
        for one in image.operations
        if one.kind in drops
    }
    for image in (change.before, change.after):
        for one in image.operations:
            if one.kind not in takes | drops:
                continue
            looked_up = (one.family, one.result) in dropped
            effect = _effect(one, image, looked_up, change.facts, one.kind in drops)
            if effect is None:
                unsure.add(one.name)
            else:
                found[one.name] = effect
    return {name: effect for name, effect in found.items() if name not in unsure}


def _effect(
    one: Operation, image: Image, looked_up: bool, facts: Facts, drops: bool
) -> FunctionFact | None:
    number = facts.operations.of(one.name).object
    when = one.when
    if one.guessed and one.kind in ("get", "lookup") and looked_up:
        number, when = -1, "nonzero"
    elif one.guessed and one.kind == "lookup" or not is_reference(one, image):
        return None
    node = image.graph.nodes[one.node]
    if isinstance(node, Invoke) and not -1 <= number < len(node.args):
        return None
    place: Expr = Name(NOWHERE, "$result" if number < 0 else f"${number}")
    taken = (LockFact(Unary(NOWHERE, "*", place), one.family, when, shared=True),)
    if drops:
        return replace(_NOTHING, releases=taken)
    return replace(_NOTHING, acquires=taken)
