#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare what sparse and this project say of lock balance, function by function.

    scripts/compare_sparse.py TREE BUILD mm fs/ext4

TREE is a kernel source and BUILD a configured build folder of it, made ready by
``make prepare``.  Every file that this configuration builds is given to sparse
with the arguments the kernel's own build uses.  The differences are written to
docs/sparse-differences.tsv; what the table says of who is right, and why, is kept.
"""

import argparse
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from reviewer.locks.balance import Balance, judged
from reviewer.locks.effects import Effects
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import read_file

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "sparse-differences.tsv"
COLUMNS = ("file", "function", "sparse says", "ours says", "who is right", "why")
_COMMAND = re.compile(r"sparse (-D__linux__.* (\S+\.c))\s*(?:;|$)")
_MESSAGE = re.compile(r"context imbalance in '(\w+)' - (.*)")
SAYS = {
    "unexpected unlock": "unexpected unlock",
    "different lock contexts for basic block": "different contexts",
    "wrong count at exit": "wrong count at exit",
}


def commands(tree: Path, build: Path, folders: list[str]) -> dict[Path, str]:
    """The arguments sparse gets for each file, as the build would give them."""
    goals = [f"{one}/" for one in folders]
    run = ["make", "-n", "C=2", *goals]
    text = subprocess.run(run, cwd=build, capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        match = _COMMAND.search(line.rstrip())
        path = Path(match[2]) if match else None
        if match and path and path.is_relative_to(tree):
            file = path.relative_to(tree)
            if any(file.is_relative_to(one) for one in folders):
                found[file] = match[1]
    return found


def sparse(build: Path, arguments: str) -> dict[str, str]:
    """What sparse says of the functions of one file; by the last message each."""
    run = f"sparse {arguments}"
    text = subprocess.run(run, cwd=build, shell=True, capture_output=True, text=True).stderr
    return {found[1]: SAYS[found[2]] for found in _MESSAGE.finditer(text)}


def ours(path: Path) -> dict[str, str]:
    """What is said here of the functions of one file that touch a lock."""
    facts = load_facts()
    file = read_file(path.read_bytes(), load_vocabulary())
    around = Effects(file, facts)
    said: dict[str, list[str]] = defaultdict(list)
    for segment in file.segments:
        function = file.parsed(segment)
        if function.errors:
            said[segment.name].append("not read")
            continue
        ways = around.ways(segment.name)
        if ways is None or ways.graph.function is not function:
            ways = around.ways_of(function)
        said[segment.name].append(verdict(judged(function, ways, facts, around)))
    return {name: " | ".join(dict.fromkeys(some)) for name, some in said.items()}


def verdict(found: Balance) -> str:
    """One function's balance in a few words."""
    if not found.complete:
        return "too many ways"
    if found.imbalances:
        return "; ".join(f"imbalance: {one.lock} {one.kind}" for one in found.imbalances)
    parts = [
        f"{'leaves' if one.count > 0 else 'drops'} {one.lock} ({one.told})"
        for one in found.handovers
    ]
    known = {one.lock for one in found.handovers}
    unclear = sorted(
        lock
        for lock, ends in found.ends.items()
        if lock not in known and any(end.count != 0 for end in ends)
    )
    parts += [f"not sure of {lock}" for lock in unclear]
    return "; ".join(parts) or "balanced"


def table() -> dict[tuple[str, str], list[str]]:
    """The table as it is, by file and function."""
    if not TABLE.is_file():
        return {}
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    return {(row[0], row[1]): row for row in rows}


def kept(old: dict[tuple[str, str], list[str]], file: str, name: str) -> list[str]:
    """What the table says already of who is right, and why."""
    return old.get((file, name), [""] * len(COLUMNS))[4:]


def main() -> int:
    """Run both and write the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("build", type=Path)
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()
    tree = args.tree.resolve()
    given = commands(tree, args.build, args.folders)
    files = sorted({p for one in args.folders for p in (tree / one).rglob("*.c")})
    with ProcessPoolExecutor(2) as pool:
        said = dict(zip(files, pool.map(ours, files), strict=True))
    old, rows, agreed, silent = table(), [], 0, 0
    for path in files:
        file = path.relative_to(tree)
        theirs = sparse(args.build, given[file]) if file in given else {}
        for name, mine in said[path].items():
            wrong = "imbalance" in mine
            if name not in theirs and not wrong:
                silent += 1
            elif name in theirs and wrong:
                agreed += 1
            else:
                says = theirs.get(name, "nothing" if file in given else "not built")
                rows.append([str(file), name, says, mine, *kept(old, str(file), name)])
        rows += [
            [str(file), name, says, "no such function", *kept(old, str(file), name)]
            for name, says in theirs.items()
            if name not in said[path]
        ]
    text = "\n".join("\t".join(row) for row in [list(COLUMNS), *rows]) + "\n"
    TABLE.write_text(text, encoding="utf-8")
    print(f"{len(given)} of {len(files)} files given to sparse")
    print(f"{silent} functions: nothing from either; {agreed}: both; {len(rows)} differences")
    print(f"{sum(not row[5] for row in rows)} differences not explained yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
