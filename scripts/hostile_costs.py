# SPDX-License-Identifier: GPL-2.0-only
"""Print what hostile sources cost, dearest first.

    scripts/hostile_costs.py [--size BYTES] [--level LEVEL]... [PATTERN]

LEVEL is ``reader`` (every function read and followed), ``tree`` (a whole
review of a line in the middle), ``alone`` (the same without a tree),
``whole`` (the file as one hunk, without a tree) or ``everywhere`` (a line in
every eighth).  The exit status is 1 when a run was too dear or ended badly.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "hostile"))

from hostile_bounds import bound, too_costly  # noqa: E402
from hostile_catalogue import SOURCES, patch, patch_everywhere, whole  # noqa: E402
from hostile_run import Cost, run_program, run_reader  # noqa: E402

LEVELS = ("reader", "tree", "alone", "whole", "everywhere")
Row = tuple[str, str, int, Cost]


def cost_of(level: str, source: bytes, folder: Path) -> Cost:
    """Run one source at one level."""
    if level == "reader":
        return run_reader(folder, source)
    if level == "whole":
        return run_program(folder, whole(source), None)
    made = patch_everywhere(source, 8) if level == "everywhere" else patch(source)
    return run_program(folder, made, None if level == "alone" else source)


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """All runs that were asked for."""
    for kind, make in SOURCES.items():
        if not fnmatchcase(kind, options.pattern):
            continue
        source = make(options.size)
        for level in options.level or LEVELS:
            with tempfile.TemporaryDirectory() as folder:
                yield kind, level, len(source), cost_of(level, source, Path(folder))


def line(row: Row) -> str:
    """One run in one line."""
    kind, level, size, cost = row
    said = cost.errors.splitlines()[:1] or [""]
    return (
        f"{cost.seconds:6.2f} s {cost.memory:5} MB  status {cost.status:3}  "
        f"{level:10} {size:8}  {kind:42} {said[0][:90]}"
    )


def bad(row: Row) -> bool:
    """Whether a run cost too much or ended badly."""
    cost = row[3]
    ended = cost.status in (0, 1, 3) and "internal error" not in cost.errors
    return not ended or too_costly(cost, bound(row[2]), noise=1)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="*", help="which sources, as a file pattern")
    parser.add_argument("--size", type=int, default=1_000_000, help="bytes of each source")
    parser.add_argument("--level", choices=LEVELS, action="append", help="how far to go")
    found = []
    for row in rows(parser.parse_args()):
        found.append(row)
        print(line(row), file=sys.stderr, flush=True)
    for row in sorted(found, key=lambda row: -row[3].seconds):
        print(f"{'!' if bad(row) else ' '} {line(row)}")
    return any(map(bad, found))


if __name__ == "__main__":
    sys.exit(main())
