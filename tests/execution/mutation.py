# SPDX-License-Identifier: GPL-2.0-only
"""One way to break the analysis on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """``old``, which must be there once, becomes ``new`` in a file of the package."""

    name: str
    file: str
    old: str
    new: str
