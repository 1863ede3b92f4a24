# SPDX-License-Identifier: GPL-2.0-only
"""Locks that are dropped on a condition that is asked for the second time."""

from collections.abc import Iterator

from reviewer.alignment.align import Image
from reviewer.cfg.graph import Compute, Decide, Graph, Invoke, Node
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.locks.locksets import lock_name
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Name


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A lock that is dropped where ``now`` is true; before, ``noted`` said it."""

    lock: str
    noted: str
    now: str
    line: int


def asked_again(change: FunctionChange) -> Iterator[AskedAgain]:
    """Locks that are dropped on a condition of the world at large, where a
    variable said whether they were taken."""
    if not change.locks_known:
        return
    old = dict(_decided(change.before, change.facts))
    if not old:
        return
    for lock, (cond, line) in _decided(change.after, change.facts):
        if lock in old and change.before_line(line) is None:
            noted, now = old[lock][0], cond
            if _of_its_own(noted, change.before) and _of_the_world(now, change.after):
                yield AskedAgain(
                    lock, _spelled(noted, change.before), _spelled(now, change.after), line
                )


def _decided(image: Image, facts: Facts) -> Iterator[tuple[str, tuple[Decide, int]]]:
    """The locks and contexts dropped behind one branch and nothing else."""
    graph = image.graph
    for number, node in enumerate(graph.nodes):
        if not isinstance(node, Invoke) or (fact := facts.of(node.function)) is None:
            continue
        names = [lock_name(one, node, image.locks.names) for one in fact.releases]
        branch = _in_front(graph, number)
        if branch is not None:
            for name in (*names, *fact.leaves):
                yield name, (branch, branch.loc.line)


def _in_front(graph: Graph, number: int) -> Decide | None:
    node: Node = graph.nodes[number]
    while len(graph.pred[number]) == 1 and not isinstance(node, Decide):
        number = graph.pred[number][0][0]
        node = graph.nodes[number]
    return node if isinstance(node, Decide) and not node.unknown else None


def _spelled(branch: Decide, image: Image) -> str:
    return image.locks.names.spell(branch.cond)


def _of_its_own(branch: Decide, image: Image) -> bool:
    """Whether a condition speaks of variables of the function alone."""
    own = _variables(image.graph)
    names = [part.name for part in walk(branch.cond) if isinstance(part, Name)]
    return (
        bool(names) and all(name in own for name in names) and "->" not in _spelled(branch, image)
    )


def _of_the_world(branch: Decide, image: Image) -> bool:
    """Whether a condition speaks of nothing the function was given."""
    names = {part.name for part in walk(branch.cond) if isinstance(part, Name)}
    calls = [
        node for node in image.graph.nodes if isinstance(node, Invoke) and node.result in names
    ]
    for call in calls:
        names |= {part.name for arg in call.args for part in walk(arg) if isinstance(part, Name)}
    own = _variables(image.graph)
    return bool(names) and not any(name in own for name in names)


def _variables(graph: Graph) -> frozenset[str]:
    declared = {node.declares for node in graph.nodes if isinstance(node, Compute)}
    return frozenset(declared | {one.name for one in graph.function.params}) - {""}
