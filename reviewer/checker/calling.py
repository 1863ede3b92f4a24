# SPDX-License-Identifier: GPL-2.0-only
"""What the callers of a function in its file hold, after the patch."""

from collections.abc import Callable

from reviewer.alignment.operations import calls_of
from reviewer.checker.rule import FunctionChange
from reviewer.locks.held import Held


def all_callers(change: FunctionChange, wanted: Callable[[Held], bool]) -> bool:
    """Whether there are callers in the file and at each of them something holds."""
    found = [
        image.locks.before[number]
        for image in change.mentioning((change.name,))
        if image.graph.function.name != change.name
        for number, node in calls_of(image.graph)
        if node.function == change.name
    ]
    return bool(found) and all(held is not None and wanted(held) for held in found)
