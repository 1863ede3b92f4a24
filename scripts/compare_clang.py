#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare what is read from kernel files with what clang sees in them.

    scripts/compare_clang.py TREE BUILD DIR_OR_FILE...

TREE is a kernel source, BUILD a directory that was configured for it
(scripts/configure_kernel.sh makes one), DIR_OR_FILE are relative to TREE.
For each directory it prints how many functions, calls, jumps and control
statements were judged, and each difference with its place.  Needs the Python
package libclang.  Exit status: 0 nothing differs, 1 something does, 2 usage.
"""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path

from oracles import kbuild
from oracles.differences import Judgement, by_directory, judged

from reviewer.ruleset import load_facts, load_vocabulary

PROCESSES = 2
Job = tuple[Path, list[str]]


def judge(job: Job) -> Judgement:
    """One file, in a process of its own."""
    return judged(*job, load_vocabulary(), load_facts())


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    tree, build = (Path(one).resolve() for one in arguments[:2])
    wanted = [tree / one for one in arguments[2:]]
    flags = kbuild.flags(tree, build, wanted)
    os.chdir(build)
    with Pool(PROCESSES) as pool:
        results = pool.map(judge, sorted(flags.items()), chunksize=1)
    files = sum(len(list(one.rglob("*.c"))) if one.is_dir() else 1 for one in wanted)
    print(f"{files} files, {len(results)} of them are built in this configuration")
    return report(results, tree)


def report(results: list[Judgement], tree: Path) -> int:
    """Print what was found; 1 if something differs."""
    for folder, judgements in by_directory(results, tree):
        total: Counter[str] = Counter()
        for one in judgements:
            total += one.counts
        failed = [one for one in judgements if one.error]
        print(f"\n{folder}: {len(judgements) - len(failed)} files judged")
        for count, number in sorted(total.items()):
            print(f"  {number:7} {count}")
        for one in failed:
            print(f"  not judged: {Path(one.path).relative_to(tree)}: {one.error}")
    differences = [line for one in results for line in one.differences]
    print(f"\n{len(differences)} differences")
    for line in differences:
        print(line.replace(f"{tree}/", ""))
    explained = [line for one in results for line in one.explained]
    print(f"\n{len(explained)} places where this configuration leaves clang nothing to see")
    for line in explained:
        print(line.replace(f"{tree}/", ""))
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
