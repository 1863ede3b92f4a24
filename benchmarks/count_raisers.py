# SPDX-License-Identifier: GPL-2.0-only
"""Every function of a tree that raises a folio's reference count, and whether it holds i_pages
there, as the index tells it; some of them drawn by a seed, to be checked by hand."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reviewer.evidence.places import Spot
from reviewer.evidence.protection import HELD, NOT_HELD, UNKNOWN
from reviewer.evidence.records import RAISE
from reviewer.evidence.store import opened
from reviewer.evidence.witness import Witness
from reviewer.ruleset import load_tree_facts

COUNT = Spot((("folio", "_refcount"),))
LOCK = Spot((("address_space", "i_pages"),))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts and the drawn functions."""
    parser = argparse.ArgumentParser(prog="count_raisers.py", description=__doc__)
    parser.add_argument("index", type=Path, help="index of the tree")
    parser.add_argument("--in", dest="part", default="mm/", help="part of the tree (mm/)")
    parser.add_argument("--draw", type=int, default=10, help="how many to draw (10)")
    parser.add_argument("--seed", type=int, default=20261123, help="seed of the draw (20261123)")
    options = parser.parse_args(arguments)
    witness = Witness(opened(options.index), load_tree_facts())
    every = witness.uses(COUNT, (RAISE,), lambda path: path.startswith(options.part))
    functions = {(one.function.path, one.function.name) for one in every}
    print(f"{len(functions)} functions of {witness.seen} raise the count")
    near = [one for one in every if one.function.path.startswith(options.part)]
    told = Counter(one.under(LOCK) for one in near)
    print(
        f"{options.part}: {len(near)} places, "
        + ", ".join(f"{told[k]} {k}" for k in (HELD, NOT_HELD, UNKNOWN))
    )
    known = [one for one in near if one.under(LOCK) in (HELD, NOT_HELD)]
    for one in random.Random(options.seed).sample(known, min(options.draw, len(known))):
        locks = ", ".join(sorted(map(str, one.must))) or "no lock"
        print(
            one.under(LOCK),
            one.function.name,
            f"{one.function.path}:{one.line}",
            one.place,
            locks,
            sep="\t",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
