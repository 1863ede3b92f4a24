# SPDX-License-Identifier: GPL-2.0-only
"""Calls that are gone of functions that take or drop references for their caller."""

from collections.abc import Collection, Iterator

from reviewer.alignment.operations import Operation, named, operations
from reviewer.cfg.graph import Graph, Invoke
from reviewer.checker.references import References, mentions, root, used
from reviewer.facts import Facts
from reviewer.locks.aliases import aliases
from reviewer.locks.conditions import steered
from reviewer.record import replace

ENOUGH = 40
"""Operations of a function that only helps its caller."""


SMALL = 16
"""Nodes of a function that went with the patch, which did not much more than that."""


def through_callees(
    found: References, kinds: Collection[str], others: Collection[str]
) -> Iterator[Operation]:
    """What calls that are gone did: operations of one of ``kinds`` in functions at
    hand that make none of the ``others``, about the object they were given."""
    graph, change = found.paths.before, found.change
    calls = {node.function for _, node in found.paths.fresh() if isinstance(node, Invoke)}
    for number, node in found.paths.lost():
        if not isinstance(node, Invoke) or not node.args or used(graph, node.result):
            continue
        if node.function in calls or change.facts.operations.of(node.function).kind != "none":
            continue
        made = _made(found, node.function, "put" not in kinds)
        if any(one.kind in others for one in made):
            continue
        first = next((one for one in made if one.kind in kinds), None)
        if first is None or not (about := named(node.args[0], change.before.locks.names)):
            continue
        text = f"{node.function}({about})" if len(node.args) == 1 else f"{node.function}()"
        yield replace(
            first,
            object=about,
            node=number,
            line=node.loc.line,
            text=f"{text}, which calls {first.text},",
            guessed=True,
        )


def _made(found: References, name: str, gone: bool) -> tuple[Operation, ...]:
    """The operations of a function that is given an object; of one that went with
    the patch where that counts."""
    for lone in found.patch.gone if gone else ():
        graph = lone.image.graph
        if lone.image.operations and graph.function.name == name and len(graph.nodes) <= SMALL:
            return _on_parameters(lone.image.operations, graph)
    callee = found.change.callees_before(name)
    if callee is None or found.change.callees_after(name) is None:
        return ()
    return _on_parameters(_operations(callee, found.change.facts), callee)


def _operations(graph: Graph, facts: Facts) -> tuple[Operation, ...]:
    return operations(graph, facts, aliases(graph, facts))


def _on_parameters(made: tuple[Operation, ...], graph: Graph) -> tuple[Operation, ...]:
    """What is about what the function was given, or what an iterator found there;
    of a function that does much more nothing is said."""
    given = {param.name for param in graph.function.params}
    for number, node in enumerate(graph.nodes):
        cursors = steered(graph, number)
        if cursors and isinstance(node, Invoke) and _speaks_of(node, given):
            given |= cursors
    if len(made) > ENOUGH:
        return ()
    return tuple(one for one in made if root(one.object) in given)


def _speaks_of(node: Invoke, variables: Collection[str]) -> bool:
    return any(mentions(arg, variable) for arg in node.args for variable in variables)
