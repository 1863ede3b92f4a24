# SPDX-License-Identifier: GPL-2.0-only
"""The tree-sitter parser, loaded when it is first needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def parsed_tree(text: bytes) -> Node:
    """The root node of a text read as a C file; it never fails, but may hold
    nodes that say so."""
    return _parser().parse(text).root_node
