#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run generated C functions and compare what happens with what is claimed.

    scripts/check_soundness.py --functions 10000 --seed 1
    scripts/check_soundness.py --mutations --functions 1000 --seed 1

The first prints figures and every violation, and ends with 1 if there is any.
The second says after how many functions each mutation of the analysis is
caught, and ends with 1 if one is not.  Both need gcc.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "execution"), str(ROOT)]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check the analysis by execution.")
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutations", action="store_true", help="break the analysis on purpose")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print one function and stop")
    args = parser.parse_args()
    if args.show is not None:
        return show(args.seed, args.show)
    with tempfile.TemporaryDirectory() as folder:
        run = mutations if args.mutations else soundness
        return run(args.seed, args.functions, Path(folder))


def show(seed: int, number: int) -> int:
    """Print one generated function."""
    from kernel_programs import program

    found = program(seed, number)
    print("\n".join((*found.helpers, *found.lines)))
    return 0


def soundness(seed: int, count: int, folder: Path) -> int:
    """Check functions and print what they add up to."""
    from figures import Figures
    from kernel_runs import batch
    from mutant_runs import BATCH
    from soundness import checked

    figures, began = Figures(), time.monotonic()
    for start in range(0, count, BATCH):
        seen = len(figures.violations)
        for program, result in checked(
            batch(seed, range(start, min(start + BATCH, count)), folder)
        ):
            figures.add(program, result)
        for program, found in figures.violations[seen:]:
            print(f"{program.name} {found.kind} in {found.function}: {found.text}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{figures.functions}", end="", file=sys.stderr)
    print(figures.text())
    print(f"seconds         {time.monotonic() - began:.0f}")
    return 1 if figures.violations else 0


def mutations(seed: int, count: int, folder: Path) -> int:
    """Say after how many functions each mutation is caught."""
    from mutant_runs import NOT_CAUGHT, batches, first_caught
    from mutations import MUTATIONS

    stored, missed = batches(folder, seed, count), 0
    for number, mutation in enumerate(MUTATIONS):
        found = first_caught(mutation, folder / str(number), stored, range(count))
        missed += found == NOT_CAUGHT
        print(f"{found:14} {mutation.file:21} {mutation.name}", flush=True)
    print(f"{len(MUTATIONS) - missed} of {len(MUTATIONS)} caught within {count} functions")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
