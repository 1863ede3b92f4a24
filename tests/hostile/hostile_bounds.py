# SPDX-License-Identifier: GPL-2.0-only
"""What a run on something hostile may cost."""

from dataclasses import dataclass

from hostile_run import Cost

MEGABYTE = 1_000_000
# Other work on the machine makes CPU time longer, though not by much.
NOISE = 3


@dataclass(frozen=True)
class Bound:
    """The most CPU seconds and MB one review may take."""

    seconds: float
    memory: int


def bound(size: int) -> Bound:
    """What an input of so many bytes may cost: a function that is large and
    still read costs as much as any megabyte does."""
    megabytes = max(size / MEGABYTE, 1.0)
    return Bound(2.0 * megabytes, round(500 * megabytes))


def too_costly(cost: Cost, most: Bound, noise: float = NOISE) -> bool:
    """Whether a run took more than it may."""
    return cost.seconds > most.seconds * noise or cost.memory > most.memory
