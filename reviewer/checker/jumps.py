# SPDX-License-Identifier: GPL-2.0-only
"""Ways that leave what they did before and get past a drop that stays."""

from collections.abc import Collection, Iterator

from reviewer.alignment.operations import Operation
from reviewer.cfg.dominators import ENTRY, EXIT
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Join
from reviewer.checker.paths import Turn, reached
from reviewer.checker.references import References, asks_for, is_reference, related, root
from reviewer.locks.conditions import NULLS, steered, written
from reviewer.record import dataclass
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign

MAX_TURNS = 40
"""Turns of one function that are looked at; more are another function."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A way turns off in ``line``, and past ``drop``, which stood on every way
    from there before."""

    drop: Operation
    line: int


def jumped(found: References, kinds: Collection[str], takes: Collection[str]) -> Iterator[Jump]:
    """The new ways out, and new jumps, that get past what drops an object."""
    drops = [
        (old, now)
        for old, now in found.change.operations.kept
        if now.kind in kinds and not now.implicit and is_reference(now, found.change.after)
    ]
    turns = list(found.paths.turns()) if drops else []
    told: set[str] = set()
    for old, now in drops if 0 < len(turns) <= MAX_TURNS else ():
        if now.object in told:
            continue
        before = _drops(found, old, kinds, after=False)
        if not _always(found, old, before):
            continue
        after = _drops(found, now, kinds, after=True) | found.standing_in(now, kinds)
        for turn in turns:
            if _skips(found, turn, old, before, after, takes):
                told.add(now.object)
                yield Jump(now, turn.line)
                break


def _skips(
    found: References,
    turn: Turn,
    drop: Operation,
    before: Collection[int],
    after: Collection[int],
    takes: Collection[str],
) -> bool:
    """Whether a turn gets past the drops of an object, which was held there."""
    graph = found.paths.before
    starts = [target for target, label in graph.succ[turn.old] if label == turn.label]
    if not starts or turn.node in after or _is_none(found, turn, drop):
        return False
    then = reached(graph, starts, before)
    if EXIT in then or not any(target in then or target in before for target in starts):
        return False
    if not _between(graph, then, before) or any(
        _begins(found, graph, number, drop, takes) for number in then
    ):
        return False
    return found.paths.escapes(turn.node, turn.label, turn.to, after)


def _always(found: References, drop: Operation, before: Collection[int]) -> bool:
    """Whether every way before the patch, from where the function has the object to
    its end, drops it, but those where there was none."""
    graph, variable = found.paths.before, root(drop.object)
    names = found.change.before.locks.names
    tests = {
        number
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Decide) and asks_for(names.spell(node.cond), drop.object)
    }
    begins = {
        number
        for number, node in enumerate(graph.nodes)
        if isinstance(node, Compute)
        and variable in written(node)
        and not (isinstance(node.expr, Assign) and render(node.expr.value) in NULLS)
    }
    starts = {target for number in begins for target, _ in graph.succ[number]} or {ENTRY}
    return EXIT not in reached(graph, starts, {*before, *tests})


def _is_none(found: References, turn: Turn, drop: Operation) -> bool:
    """Whether there is no object where a way turns off."""
    images = ((found.change.before, turn.old), (found.change.after, turn.node))
    for image, number in images:
        node = image.graph.nodes[number]
        if isinstance(node, Decide) and asks_for(image.locks.names.spell(node.cond), drop.object):
            return True
        held = image.locks.before[number]
        if held is not None and any(
            one.text == drop.object and not one.holds for one in held.conditions()
        ):
            return True
    spell = found.change.after.locks.names.spell
    return any(
        isinstance(node, Decide) and asks_for(spell(node.cond), drop.object)
        for _, node in found.paths.fresh()
    )


def _between(graph: Graph, then: Collection[int], before: Collection[int]) -> bool:
    """Whether the ways come to a drop at all, and do not only turn for ever."""
    return any(target in before for number in then for target, _ in graph.succ[number]) or not then


def _begins(
    found: References, graph: Graph, number: int, drop: Operation, takes: Collection[str]
) -> bool:
    """Whether the object, or the reference on it, is only got there."""
    node = graph.nodes[number]
    variable = root(drop.object)
    if isinstance(node, Compute | Invoke) and variable in written(node) | steered(graph, number):
        return True
    return any(
        one.node == number
        and one.kind in takes
        and (related(one.object, drop.object) or one.result == drop.object)
        for one in found.change.before.operations
    )


def _drops(
    found: References, one: Operation, kinds: Collection[str], after: bool
) -> frozenset[int]:
    """The drops of an object in one image, and the branches that guard them."""
    image = found.change.after if after else found.change.before
    nodes = {
        other.node
        for other in image.operations
        if other.kind in kinds and related(other.object, one.object)
    }
    return frozenset(nodes | _guards(image.graph, nodes))


def _guards(graph: Graph, nodes: Collection[int]) -> set[int]:
    found = set()
    for number, node in enumerate(graph.nodes):
        if isinstance(node, Decide) and not node.unknown:
            for target, _ in graph.succ[number]:
                while isinstance(graph.nodes[target], Join) and len(graph.succ[target]) == 1:
                    target = graph.succ[target][0][0]
                    if target == number:
                        break
                if target in nodes:
                    found.add(number)
    return found
