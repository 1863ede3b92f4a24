# SPDX-License-Identifier: GPL-2.0-only
"""What the index of a kernel tree costs: time, size and memory of making it, of making a part of
it, and of finding that nothing changed.  Each in a process of its own."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PART = ("mm", "fs", "include")


def measured(command: Sequence[str]) -> tuple[float, float, float, str]:
    """Seconds, those of CPU time of all its processes, the peak memory of the largest in MB, and
    what the command printed."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, busy, after.ru_maxrss / 1024, done.stdout.strip()


def index(tree: Path, path: Path, folders: Sequence[str] = ()) -> list[str]:
    """The command that makes an index."""
    command = [sys.executable, "-m", "reviewer.frontend.cli", "index", str(tree), "-o", str(path)]
    return command + [word for one in folders for word in ("--only", one)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the indexes and print a table."""
    parser = argparse.ArgumentParser(prog="tree_index.py", description=__doc__)
    parser.add_argument("tree", type=Path, help="kernel tree")
    parser.add_argument("-o", "--output", type=Path, help="keep the index of the whole tree here")
    options = parser.parse_args(arguments)
    print(f"{os.cpu_count()} processors; {options.tree.name}")
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder, "part.sqlite")
        whole = options.output or Path(folder, "whole.sqlite")
        whole.unlink(missing_ok=True)
        rows = [
            ("/, ".join(PART) + "/", index(options.tree, part, PART), part),
            ("the whole tree", index(options.tree, whole), whole),
            ("again, nothing changed", index(options.tree, whole), whole),
        ]
        for name, command, path in rows:
            seconds, busy, peak, told = measured(command)
            size = path.stat().st_size / 1e6
            cost = f"{seconds:.1f} s, {busy:.1f} s of CPU time, {size:.0f} MB"
            print(f"{name}: {cost}, peak {peak:.0f} MB a process; {told}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
