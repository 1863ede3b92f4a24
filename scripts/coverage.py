#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How much of a kernel source is read without an error.

    scripts/coverage.py TREE [DIRECTORY...]

For each directory of TREE (all but tools and samples, unless some are named)
it prints the functions found, those with an error, those that Universal Ctags
lists and we do not find, and the functions of which an #if leaves out a part,
read a second time with the other arm.  Behind the table come the functions
with an error or missed, and what ctags lists that is no function, with the
rule that says so.  Needs universal-ctags.  Exit status: 0, or 2 for usage.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from multiprocessing import Pool
from pathlib import Path

from oracles.ctags import Tag, tags
from oracles.reading import ARM_ERRORS, ARMS, ERRORS, FUNCTIONS, LISTED, MISSED, Coverage, coverage

from reviewer.ruleset import load_vocabulary

PROCESSES = 2
LEFT_OUT = frozenset({"tools", "samples"})
COLUMNS = (".c files", FUNCTIONS, ERRORS, "%", LISTED, MISSED, "found %", ARMS, ARM_ERRORS)
Job = tuple[Path, list[Tag]]


def measure(job: Job) -> Coverage:
    """One file, in a process of its own."""
    return coverage(*job, load_vocabulary())


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    if not arguments or not Path(arguments[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    tree = Path(arguments[0]).resolve()
    folders = arguments[1:] or sorted(one.name for one in tree.iterdir() if one.is_dir())
    results: dict[str, list[Coverage]] = {}
    with Pool(PROCESSES) as pool:
        for folder in folders:
            files = sorted(path for path in (tree / folder).rglob("*.c") if path.is_file())
            if files and (arguments[1:] or folder not in LEFT_OUT):
                listed = tags(files)
                jobs = [(path, listed.get(str(path), [])) for path in files]
                results[folder] = pool.map(measure, jobs, chunksize=16)
    print_table(results)
    print_lists([one for some in results.values() for one in some], tree)
    return 0


def print_table(results: dict[str, list[Coverage]]) -> None:
    """One row for each directory, and their sum, as a Markdown table."""
    print("| directory | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " ---: |" * len(COLUMNS))
    for folder, measured in results.items():
        print(row(folder, measured))
    print(row("all", [one for some in results.values() for one in some]))


def row(title: str, measured: Sequence[Coverage]) -> str:
    """The counts of some files as one row."""
    total: Counter[str] = Counter()
    for one in measured:
        total += one.counts
    errors = 100 * total[ERRORS] / max(total[FUNCTIONS], 1)
    found = 100 - 100 * total[MISSED] / max(total[LISTED], 1)
    texts = [f"{len(measured):,}", f"{total[FUNCTIONS]:,}", f"{total[ERRORS]:,}", f"{errors:.3f}"]
    texts += [f"{total[LISTED]:,}", f"{total[MISSED]:,}", f"{found:.4f}"]
    texts += [f"{total[ARMS]:,}", f"{total[ARM_ERRORS]:,}"]
    return f"| {title} | " + " | ".join(texts) + " |"


def print_lists(measured: Iterable[Coverage], tree: Path) -> None:
    """What to look at."""
    for title, lines in (
        ("Errors", [(one.path, line) for one in measured for line in one.errors]),
        (
            "Listed by ctags and missed",
            [(one.path, line) for one in measured for line in one.missed],
        ),
        (
            "Listed by ctags and no function",
            [(one.path, f"{name}: {why}") for one in measured for name, why in one.wrong_tags],
        ),
    ):
        print(f"\n{title}: {len(lines)}")
        for path, line in lines:
            print(f"  {path.relative_to(tree)}: {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
