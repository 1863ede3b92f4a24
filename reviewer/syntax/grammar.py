# SPDX-License-Identifier: GPL-2.0-only
"""The tree-sitter parser, loaded when it is first needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


MIN_STEPS = 1_000
BYTES_PER_STEP = 50
"""The steps the parser may take, a hundred operations each.  It takes one for
125 bytes of C; but what it does about errors grows with the cube of their number."""

_CHUNK = 1 << 16


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def parsed_tree(text: bytes) -> Node:
    """The root node of a text read as a C file; it never fails, but may hold
    nodes that say so.  A text that takes too long to make sense of is read as
    an empty one."""
    parser, left = _parser(), MIN_STEPS + len(text) // BYTES_PER_STEP

    def enough(offset: int, failed: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def chunk(offset: int, point: object) -> bytes:
        return text[offset : offset + _CHUNK]

    try:
        return parser.parse(chunk, progress_callback=enough).root_node
    except ValueError:
        parser.reset()
        return parser.parse(b"").root_node
