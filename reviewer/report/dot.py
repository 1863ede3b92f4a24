# SPDX-License-Identifier: GPL-2.0-only
"""The control flow and the lock scopes of a function in the language of Graphviz."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from reviewer.record import dataclass
from reviewer.report.drawing import COLOURS, CONTEXT, FALSE, TRUE
from reviewer.report.flowgraph import EXIT, Block, Edge, Flow

if TYPE_CHECKING:
    from jinja2 import Template

_EDGES = {
    "T": f', color="{TRUE}", fontcolor="{TRUE}"',
    "F": f', color="{FALSE}", fontcolor="{FALSE}"',
}


@dataclass(frozen=True, slots=True)
class Node:
    """A block: its lines, and attributes that say with colours what is held."""

    number: int
    lines: tuple[str, ...]
    style: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge with its attributes."""

    source: int
    target: int
    style: str


def dot(flow: Flow, origin: str = "") -> str:
    """The graph as DOT: one node a block, striped in the colours of what is held
    on every path."""
    return (
        _template().render(
            flow=flow,
            title=_title(flow, origin),
            blocks=[_node(block, _tints(flow)) for block in flow.blocks],
            edges=[Arrow(edge.source, edge.target, _style(edge)) for edge in flow.edges],
        )
        + "\n"
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["inside"] = inside
    environment.filters["quoted"] = lambda text: f'"{inside(text)}"'
    text = files("reviewer.report").joinpath("templates/graph.dot.j2").read_text("utf-8")
    return environment.from_string(text)


def inside(text: str) -> str:
    """The text as it may stand in a quoted string: no escape of DOT, no entity."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _title(flow: Flow, origin: str) -> str:
    parts = [f"{flow.function}(), {flow.file}:{flow.first}-{flow.last}", origin, *flow.problems]
    return "; ".join(part for part in parts if part)


def _tints(flow: Flow) -> Mapping[str, str]:
    """A pale colour for each lock; contexts share one."""
    locks = [one.name for one in flow.scopes if one.is_lock]
    return {name: _pale(COLOURS[n % len(COLOURS)]) for n, name in enumerate(locks)}


def _pale(colour: str) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{255 - (255 - part) // 4:02x}" for part in parts)


def _node(block: Block, tints: Mapping[str, str]) -> Node:
    held = [
        f"{word}: {', '.join(names)}"
        for word, names in (
            ("holds", block.must),
            ("may hold", block.may),
            ("in", block.contexts),
        )
        if names
    ]
    lines = [f"{line:5} {text}" for line, text in block.source]
    colours = [tints[name] for name in block.must] or [_pale(CONTEXT)] * bool(block.contexts)
    style = f", style={'striped' if len(colours) > 1 else 'filled'}" if colours else ""
    fill = f', fillcolor="{":".join(colours)}"' if colours else ""
    shape = ", shape=oval" if EXIT in block.nodes else ""
    faint = "" if block.reached else ', fontcolor="#8c959f"'
    return Node(block.number, (*(f"[{one}]" for one in held), *lines), style + fill + shape + faint)


def _style(edge: Edge) -> str:
    if not edge.label:
        return ""
    return f' [label="{inside(edge.label)}"{_EDGES.get(edge.label, "")}]'
