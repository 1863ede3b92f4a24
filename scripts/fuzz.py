# SPDX-License-Identifier: GPL-2.0-only
"""Break functions at random for as long as wanted, and keep what breaks the program.

    scripts/fuzz.py [--minutes N] [--seed N] [--keep DIR]

An input that fails is written to DIR with the seed that makes it again; the
exit status is 1 when there was one.
"""

import argparse
import secrets
import sys
import time
import traceback
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "hostile"))

from hostile_mutations import pair  # noqa: E402
from hostile_properties import check_reader, check_review  # noqa: E402


def failure(seed: int) -> tuple[bytes, bytes, str] | None:
    """Both images and what went wrong, or None."""
    before, after = pair(Random(seed))
    try:
        check_reader(after)
        check_review(before, after)
    except Exception:
        return before, after, traceback.format_exc()
    return None


def keep(folder: Path, seed: int, found: tuple[bytes, bytes, str]) -> None:
    """Write down one failure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in zip(("before.c", "after.c", "txt"), found, strict=True):
        text = data if isinstance(data, bytes) else data.encode()
        (folder / f"{seed}.{name}").write_bytes(text)


def main() -> int:
    """Go on until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, help="try this one only")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), metavar="DIR")
    options = parser.parse_args()
    end, tried, failed = time.monotonic() + 60 * options.minutes, 0, 0
    while time.monotonic() < end:
        seed = secrets.randbits(48) if options.seed is None else options.seed
        found = failure(seed)
        tried += 1
        if found is not None:
            failed += 1
            keep(options.keep, seed, found)
            print(f"seed {seed}: {found[2].splitlines()[-1]}", flush=True)
        if options.seed is not None:
            break
    print(f"{tried} tried, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
