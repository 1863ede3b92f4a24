# SPDX-License-Identifier: GPL-2.0-only
"""The control flow and the lock scopes of a function as data."""

import json
from typing import Any

from reviewer.report.flowgraph import Flow
from reviewer.report.scopes import MAY, MUST, Scope

SCHEMA_VERSION = 1


def network(flow: Flow) -> Any:
    """The graph as a `networkx.MultiDiGraph`: a node for each block, with what it
    shows and what is held in it; edges with their labels."""
    from networkx import MultiDiGraph

    graph = MultiDiGraph(
        schema_version=SCHEMA_VERSION,
        file=flow.file,
        function=flow.function,
        lines=[flow.first, flow.last],
        scopes=[_scope(one) for one in flow.scopes],
        problems=list(flow.problems),
    )
    for block in flow.blocks:
        graph.add_node(
            block.number,
            source=[{"line": line, "text": text} for line, text in block.source],
            must=list(block.must),
            may=list(block.may),
            context=list(block.contexts),
            reached=block.reached,
        )
    for edge in flow.edges:
        graph.add_edge(edge.source, edge.target, label=edge.label)
    return graph


def as_json(flow: Flow) -> str:
    """The graph as JSON, as `graph_schema.json` describes it."""
    graph = network(flow)
    told = {
        **graph.graph,
        "blocks": [{"id": number, **about} for number, about in graph.nodes(data=True)],
        "edges": [
            {"source": source, "target": target, "label": label}
            for source, target, label in graph.edges(data="label")
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "name": scope.name,
        "kind": scope.kind,
        "must": [list(one) for one in scope.ranges(MUST)],
        "may": [list(one) for one in scope.ranges(MAY)],
        "taken": list(scope.taken),
        "dropped": list(scope.dropped),
        "ended": list(scope.ended),
    }
