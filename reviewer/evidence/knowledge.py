# SPDX-License-Identifier: GPL-2.0-only
"""What the code of a tree does not say of itself: ``rules/kernel/tree``."""

from collections.abc import Mapping
from typing import Any

from reviewer.record import dataclass, field

CONTEXTS = ("process", "softirq", "hardirq")


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """``points_to`` gives by a pointer, ``vma_iterator.mas.tree``, the member it always leads to;
    ``same_member`` another name of a member; ``variables`` the types of macros that
    stand for a variable (``current``); ``contexts`` the context in which a function
    is called that was handed to another (``timer_setup()``) or that a macro defines."""

    points_to: Mapping[str, str] = field(default_factory=dict)
    same_member: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def tree_facts_from(structures: Mapping[str, Any], callbacks: Mapping[str, Any]) -> TreeFacts:
    """Both tables as one record; ValueError says what is wrong with them."""
    unknown = {*structures} - {"points_to", "same_member", "variables"} | {*callbacks} - {*CONTEXTS}
    if unknown:
        raise ValueError(f"unknown key '{min(unknown)}'")
    contexts = {}
    for context in CONTEXTS:
        for name in callbacks.get(context, {}).get("names", ()):
            contexts[name] = contexts[f"{name}()"] = context
    for table in ("points_to", "same_member"):
        for key, value in structures.get(table, {}).items():
            if "." not in key or "." not in value:
                raise ValueError(f"{table}: '{key}' = '{value}': members are STRUCTURE.MEMBER")
    return TreeFacts(
        structures.get("points_to", {}),
        structures.get("same_member", {}),
        contexts,
        structures.get("variables", {}),
    )
