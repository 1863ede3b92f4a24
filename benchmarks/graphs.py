# SPDX-License-Identifier: GPL-2.0-only
"""Whether graphs and locksets grow with the size of a function, and no faster.

First all functions of mm/*.c, then functions made for it: one shape at a time,
doubled in size.  An exponent of 1 is linear, one of 2 quadratic.
"""

import argparse
import gc
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

from measure import LINUX, ROOT, folder

sys.path.insert(0, str(ROOT))

from reviewer.cfg.build import build  # noqa: E402
from reviewer.cfg.graph import Graph  # noqa: E402
from reviewer.facts import Facts  # noqa: E402
from reviewer.locks.locksets import locksets  # noqa: E402
from reviewer.ruleset import load_facts, load_vocabulary  # noqa: E402
from reviewer.syntax.parse import read_file  # noqa: E402
from reviewer.syntax.tree import Function  # noqa: E402
from reviewer.syntax.vocabulary import Vocabulary  # noqa: E402

STATEMENTS = (125, 250, 500, 1000, 2000)
BUDGET = 10.0
"""Seconds; a shape is not doubled again when the next size would take longer."""


@dataclass(frozen=True)
class Taken:
    """What one function took: its graph's nodes, and seconds for graph and
    locksets; ``trouble`` says why the locksets were given up."""

    nodes: int
    graph: float
    locks: float
    trouble: str


SHAPES: dict[str, Callable[[int], str]] = {
    "statements": lambda n: "x = a->b + 1;\n" * n,
    "calls": lambda n: "f(a, b);\n" * n,
    "ifs": lambda n: "if (a->b) x++;\n" * (n // 2),
    "ifs on different names": lambda n: "".join(f"if (a->m{i}) x++;\n" for i in range(n // 2)),
    "nested ifs": lambda n: _nested("if (a) {\n", n),
    "nested loops": lambda n: _nested("while (a) {\n", n),
    "lock and unlock": lambda n: "spin_lock(&a->l); x++; spin_unlock(&a->l);\n" * (n // 3),
    "different locks": lambda n: "".join(
        f"spin_lock(&a->l{i}); x++; spin_unlock(&a->l{i});\n" for i in range(n // 3)
    ),
    "locks all held": lambda n: "".join(f"spin_lock(&a->l{i});\n" for i in range(n)),
    "trylocks": lambda n: "if (spin_trylock(&a->l)) { x++; spin_unlock(&a->l); }\n" * (n // 4),
    "locks under a condition": lambda n: (
        "if (c) spin_lock(&a->l);\nx++;\nif (c) spin_unlock(&a->l);\n" * (n // 5)
    ),
    "locks under many conditions": lambda n: "".join(
        f"if (c{i}) spin_lock(&a->l{i});\n" for i in range(n // 2)
    ),
    "gotos to one label": lambda n: "if (f(a)) goto out;\n" * (n // 2) + "out: x++;\n",
    "gotos under a lock": lambda n: (
        "spin_lock(&a->l);\n" + "if (f(a)) goto out;\n" * (n // 2) + "out: spin_unlock(&a->l);\n"
    ),
    "gotos to many labels": lambda n: (
        "".join(f"if (f(a)) goto out{i};\n" for i in range(n // 3))
        + "".join(f"out{i}: x++;\n" for i in reversed(range(n // 3)))
    ),
    "one switch": lambda n: (
        "switch (a) {\n" + "".join(f"case {i}: x++; break;\n" for i in range(n // 2)) + "}\n"
    ),
    "aliases": lambda n: "".join(f"struct s *p{i} = a->q{i};\np{i}->x++;\n" for i in range(n // 2)),
    "a chain of aliases": lambda n: (
        "struct s *p0 = a;\n"
        + "".join(f"struct s *p{i} = p{i - 1}->n;\n" for i in range(1, n))
        + f"p{n - 1}->x++;\n"
    ),
}
_DEEP = 40


def _nested(head: str, statements: int) -> str:
    """Blocks inside blocks, as deep as the parser goes along with, one behind the other."""
    block = head * _DEEP + "x++;\n" + "}\n" * _DEEP
    return block * (statements // _DEEP)


def timed(function: Function, facts: Facts) -> Taken:
    """Make the graph and the locksets of a function."""
    start = process_time()
    graph: Graph = build(function, facts)
    middle = process_time()
    found = locksets(graph, facts)
    return Taken(len(graph.nodes), middle - start, process_time() - middle, found.trouble)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of log time over log size: least squares."""
    logs = [(math.log(size), math.log(max(time, 1e-6))) for size, time in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    spread = sum((a - x) ** 2 for a, _ in logs)
    return sum((a - x) * (b - y) for a, b in logs) / spread if spread else math.nan


def real(functions: Sequence[Function], facts: Facts) -> None:
    """The table of all functions, by their size."""
    taken = [timed(function, facts) for function in functions]
    for name, part in (
        ("graphs", [t.graph for t in taken]),
        ("locksets", [t.locks for t in taken]),
    ):
        each = sum(part) / len(part) * 1e6
        print(f"{name}: {sum(part):.2f} s of CPU time, {each:.0f} us a function")
    nodes = sum(t.nodes for t in taken)
    print(f"{len(taken)} functions, {nodes} nodes; us a node, median, by nodes of the function:")
    classes: dict[int, list[Taken]] = {}
    for one in taken:
        classes.setdefault(one.nodes.bit_length(), []).append(one)
    points = []
    for bits, members in sorted(classes.items()):
        graph, locks = (
            median(getattr(one, what) / one.nodes * 1e6 for one in members)
            for what in ("graph", "locks")
        )
        size = median(one.nodes for one in members)
        points.append((size, size * graph, size * locks))
        bounds = f"{1 << (bits - 1)}..{(1 << bits) - 1}"
        print(f"  {bounds:>11} {len(members):6} functions {graph:7.1f} {locks:7.1f}")
    for column, name in ((1, "graphs"), (2, "locksets")):
        print(f"exponent of {name}: {exponent([(p[0], p[column]) for p in points]):.2f}")


def made(name: str, body: Callable[[int], str], facts: Facts, vocabulary: Vocabulary) -> None:
    """One line for one shape: milliseconds by size, and the exponents."""
    points: list[Taken] = []
    for size in STATEMENTS:
        text = f"int g(struct s *a, int x)\n{{\n{body(size)}return x;\n}}\n"
        function = read_file(text.encode(), vocabulary).function("g")
        if function is None or function.errors:
            print(f"  {name:28} {size}: {function.errors[0] if function else 'not found'}")
            return
        best = min((timed(function, facts) for _ in range(2)), key=lambda t: t.locks)
        if best.trouble:
            print(f"  {name:28} {size}: {best.trouble}")
            break
        points.append(best)
        if points[-1].locks * 5 > BUDGET:
            break
    shown = " ".join(f"{(t.graph + t.locks) * 1e3:7.0f}" for t in points).ljust(40)
    graph = exponent([(t.nodes, t.graph) for t in points])
    locks = exponent([(t.nodes, t.locks) for t in points])
    print(f"  {name:28} {shown} graph {graph:5.2f}  locksets {locks:5.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--linux", metavar="DIR", help=f"source of Linux 6.12 (${LINUX})")
    parser.add_argument("--shapes", action="store_true", help="only the functions made for it")
    options = parser.parse_args()
    facts, vocabulary = load_facts(), load_vocabulary()
    gc.disable()  # as good as in a review, which looks for cycles rarely
    if not options.shapes:
        linux = folder(options.linux, LINUX, "mm/migrate.c")
        files = [read_file(p.read_bytes(), vocabulary) for p in sorted(linux.glob("mm/*.c"))]
        real([one.parsed(segment) for one in files for segment in one.segments], facts)
    print(f"milliseconds for functions of {', '.join(map(str, STATEMENTS))} statements:")
    for name, body in SHAPES.items():
        made(name, body, facts, vocabulary)


if __name__ == "__main__":
    main()
