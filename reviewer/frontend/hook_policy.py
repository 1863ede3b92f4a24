# SPDX-License-Identifier: GPL-2.0-only
"""What the hook is told to do, by its options and by the configuration of git."""

import argparse

from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts, and by which rules; ``fail_on`` is a severity."""

    fail_on: str
    index: str | None
    baseline: str | None
    rules: tuple[str, ...]
    disable: tuple[str, ...]


def policy_of(options: argparse.Namespace) -> Policy:
    """What the options say, and the configuration of git where they do not; lists add up."""
    from reviewer.frontend.config import settings
    from reviewer.frontend.hook import SEVERITIES
    from reviewer.frontend.inputs import InputError

    said: dict[str, list[str]] = {}
    for one in settings(None):
        if one.key.option == "fail_on" and one.value not in SEVERITIES:
            raise InputError(f"{one.where}: '{one.value}' is none of {', '.join(SEVERITIES)}")
        said.setdefault(one.key.option, []).append(one.value)
    return Policy(
        fail_on=options.fail_on or said.get("fail_on", ["warning"])[-1],
        index=options.index or said.get("index", [None])[-1],
        baseline=said.get("baseline", [None])[-1],
        rules=(*said.get("rules", ()), *options.rules),
        disable=(*said.get("disable", ()), *options.disable),
    )
