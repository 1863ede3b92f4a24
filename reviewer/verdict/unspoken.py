# SPDX-License-Identifier: GPL-2.0-only
"""What the rules find in a patch, and what its changelog leaves unsaid."""

from collections.abc import Sequence

from reviewer.checker.records import Finding
from reviewer.checker.rule import PatchChange, Rule
from reviewer.checker.rules import Found, findings
from reviewer.patch.records import Patch
from reviewer.record import replace
from reviewer.verdict.changelog import changelog_says, speaks_of, without_directives


def found_in(rules: Sequence[Rule], patch: Patch, change: PatchChange) -> list[Found]:
    """The findings of one patch.

    A rule on what is unspoken needs a message that says none of its words.  It
    joins what else is found in the functions it names, or about a lock; where
    nothing is, its first finding stands alone.
    """
    found = list(findings([rule for rule in rules if not rule.unspoken], change))
    for rule in rules:
        if rule.unspoken and patch.changelog is not None:
            found = _joined(rule, found, patch, change)
    return found


def _joined(rule: Rule, found: list[Found], patch: Patch, change: PatchChange) -> list[Found]:
    if speaks_of(rule.explained_by, patch):
        return found
    silent = list(findings([rule], change))
    if any(speaks_of(one.explained_by, patch) for one, _ in silent):
        return found
    functions = {(one.file, one.function) for one, _ in silent}
    changelog = without_directives(patch.changelog)

    def joins(one: Finding) -> bool:
        about = bool(one.lost) or (one.file, one.function) in functions
        return about and changelog_says(one, changelog) == "silent"

    if any(joins(one) for one, _ in found):
        return [
            (replace(one, also=(*one.also, rule.name)) if joins(one) else one, function)
            for one, function in found
        ]
    return [*found, *silent[:1]]
