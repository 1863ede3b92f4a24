# SPDX-License-Identifier: GPL-2.0-only
"""The package broken on purpose, and the function that shows it first.

Run as a program, with the broken package first on the path, this looks for a
violation in batches that were compiled and run before: what C does is the same
for every mutation.
"""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from kernel_runs import Batch, batch
from mutation import Mutation

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEED = 1
BATCH = 50
NOT_CAUGHT = "not caught"


class DoesNotApply(Exception):
    """The text a mutation changes is not there exactly once."""


def batches(folder: Path, seed: int, count: int) -> list[Path]:
    """Batches with that many functions, each in a file of its own."""
    paths = []
    for start in range(0, count, BATCH):
        paths.append(folder / f"{seed}-{start}.pickle")
        if not paths[-1].exists():
            numbers = range(start, min(start + BATCH, count))
            paths[-1].write_bytes(pickle.dumps(batch(seed, numbers, folder)))
    return paths


def load(path: Path) -> Batch:
    """A batch that was stored."""
    found = pickle.loads(path.read_bytes())
    assert isinstance(found, Batch)
    return found


def mutant(mutation: Mutation, folder: Path) -> Path:
    """A copy of the package with one mutation in it."""
    shutil.copytree(ROOT / "reviewer", folder / "reviewer")
    (folder / "rules").symlink_to(ROOT / "rules")
    path = folder / "reviewer" / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise DoesNotApply(f"{mutation.name}: {text.count(mutation.old)} times in {mutation.file}")
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    return folder


def first_caught(
    mutation: Mutation, folder: Path, stored: Sequence[Path], order: Iterable[int]
) -> str:
    """The first function of an order that shows the mutation, and how;
    ``not caught`` if none does."""
    copy = mutant(mutation, folder)
    path = os.pathsep.join((str(copy), str(HERE)))
    numbers = ",".join(map(str, order))
    done = subprocess.run(
        [sys.executable, str(HERE / "mutant_runs.py"), numbers, *map(str, stored)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(copy)
    if done.returncode:
        raise RuntimeError(f"{mutation.name}: {done.stderr}")
    return done.stdout.strip()


def search(numbers: Iterable[int], stored: Sequence[Path]) -> str:
    """Look for a violation in functions, in this order."""
    from soundness import check

    loaded: dict[int, Batch] = {}
    for number in numbers:
        index, at = divmod(number, BATCH)
        if index not in loaded:
            loaded[index] = load(stored[index])
        violations = check(loaded[index], at).violations
        if violations:
            return f"{number} {violations[0].kind}"
    return NOT_CAUGHT


if __name__ == "__main__":
    print(search(map(int, sys.argv[1].split(",")), [Path(one) for one in sys.argv[2:]]))
