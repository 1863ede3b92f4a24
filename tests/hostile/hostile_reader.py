# SPDX-License-Identifier: GPL-2.0-only
"""Read every function of a file and follow it as far as a review would."""

import sys
from pathlib import Path

from reviewer.alignment.align import image
from reviewer.cfg.build import build
from reviewer.cfg.dominators import dominators, postdominators
from reviewer.cfg.graph import Graph
from reviewer.facts import Facts
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.source.records import Fragment
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.parse import read_file
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary


def followed(data: bytes, facts: Facts, vocabulary: Vocabulary) -> list[Graph]:
    """The graphs of all functions, with everything made that is made of them."""
    source = read_file(data, vocabulary)
    return [_followed(source.parsed(one), facts) for one in source.segments]


def followed_piece(data: bytes, facts: Facts, vocabulary: Vocabulary) -> list[Graph]:
    """The same for a text that is all a hunk shows."""
    found = fragment_functions([Fragment(data, 1, "int f(int a)")], vocabulary)
    return [_followed(one, facts) for one in found]


def _followed(function: Function, facts: Facts) -> Graph:
    graph = build(function, facts)
    dominators(graph)
    postdominators(graph)
    image(graph, facts)
    return graph


if __name__ == "__main__":
    followed(Path(sys.argv[1]).read_bytes(), load_facts(), load_vocabulary())
