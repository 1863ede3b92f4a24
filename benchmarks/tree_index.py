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


def measured(command: Sequence[str]) -> tuple[float, float, str]:
    """Seconds, the peak memory of the largest process in MB, and what the command printed."""
    started = time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return seconds, peak, done.stdout.strip()


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
            seconds, peak, told = measured(command)
            size = path.stat().st_size / 1e6
            print(f"{name}: {seconds:.1f} s, {size:.0f} MB, peak {peak:.0f} MB a process; {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
