# SPDX-License-Identifier: GPL-2.0-only
"""What somebody does not want to be told, kept apart from what is reported.

A rule that is left out is left out before findings are joined: what other rules
say of the same change stands then as if this one did not exist.  A baseline
knows whole findings.
"""

from collections.abc import Sequence

from reviewer.checker.records import Finding
from reviewer.checker.rule import PatchChange, Rule
from reviewer.checker.rules import Found
from reviewer.patch.records import Patch
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.verdict.changelog import directives
from reviewer.verdict.records import Suppressed
from reviewer.verdict.unspoken import found_in

MAX_NOTES = 20
"""Lines of one changelog that are complained about."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of a baseline, and why it may stay (may be empty)."""

    fingerprint: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user does not want to be told: rules, and findings that are known."""

    disabled: frozenset[str] = frozenset()
    known: tuple[Known, ...] = ()


EVERYTHING = Wishes()


@dataclass(frozen=True, slots=True)
class Stage:
    """One patch of a submission, at its place in it, its files, and what is to be
    reported of it."""

    number: int
    patch: Patch
    pairs: Sequence[SourcePair]
    found: Sequence[Found]


class Sieve:
    """The findings of a submission, patch by patch; what is left out is put down
    in ``suppressed``, and what was asked for in vain in ``notes``."""

    def __init__(self, rules: Sequence[Rule], wishes: Wishes) -> None:
        self._rules = rules
        self._disabled = wishes.disabled
        self._known: dict[str, list[str]] = {}
        for one in wishes.known:
            self._known.setdefault(one.fingerprint, []).append(one.reason)
        self.suppressed: list[Suppressed] = []
        self.notes: list[str] = []

    def findings(self, number: int, patch: Patch, change: PatchChange) -> list[Found]:
        """What is to be reported of one patch."""
        off = dict.fromkeys(self._disabled, ("option", "")) | self._unwanted(patch)
        wanted = [rule for rule in self._rules if rule.name not in off]
        for rule in self._rules:
            if rule.name in off:
                for finding, _ in found_in([rule], patch, change):
                    self._leave_out(number, finding, *off[rule.name])
        return [
            one for one in found_in(wanted, patch, change) if not self._is_known(number, one[0])
        ]

    def _unwanted(self, patch: Patch) -> dict[str, tuple[str, str]]:
        """The rules the changelog asks to leave out."""
        rules = {rule.name for rule in self._rules}
        unwanted: dict[str, tuple[str, str]] = {}
        complaints = []
        for line in directives(patch.changelog):
            if line.complaint or line.rule not in rules:
                why = line.complaint or f"there is no rule {line.rule}"
                complaints.append(f"'{patch.subject}': '{line.text}' is not followed: {why}")
            else:
                unwanted.setdefault(line.rule, ("changelog", line.reason))
        self.notes += complaints[:MAX_NOTES]
        if len(complaints) > MAX_NOTES:
            self.notes.append(f"'{patch.subject}': {len(complaints) - MAX_NOTES} more such lines")
        return unwanted

    def _is_known(self, number: int, finding: Finding) -> bool:
        if not self._known:
            return False
        from reviewer.verdict.fingerprint import fingerprint

        # An entry is one finding: another one like it is news.
        reasons = self._known.get(fingerprint(finding))
        if not reasons:
            return False
        self._leave_out(number, finding, "baseline", reasons.pop(0))
        return True

    def _leave_out(self, number: int, finding: Finding, by: str, reason: str) -> None:
        self.suppressed.append(left_out(number, finding, by, reason))


def left_out(number: int, finding: Finding, by: str, reason: str) -> Suppressed:
    """A finding of a patch that is not reported."""
    from reviewer.verdict.fingerprint import fingerprint

    return Suppressed(
        patch=number,
        rule=finding.rule,
        file=finding.file,
        function=finding.function,
        line=finding.line,
        message=finding.message,
        fingerprint=fingerprint(finding),
        by=by,
        reason=reason,
    )
