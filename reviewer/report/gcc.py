# SPDX-License-Identifier: GPL-2.0-only
"""Findings as a compiler prints them, for editors."""

from reviewer.report.text import clean
from reviewer.verdict.records import Review, Suppressed, Verdict


def headline(verdict: Verdict) -> str:
    """``file:line: severity: message [rule]``, on one line whatever the patch holds."""
    finding = verdict.finding
    place = f"{clean(finding.file)}:{finding.line}"
    return f"{place}: {verdict.severity}: {clean(finding.message)} [{clean(finding.rule)}]"


def gcc(review: Review) -> str:
    """One line a finding, each with its newline, and one line a finding that is
    suppressed; empty without any."""
    lines = [*map(headline, review.verdicts), *map(_suppressed, review.suppressed)]
    return "".join(f"{line}\n" for line in lines)


def _suppressed(one: Suppressed) -> str:
    place = f"{clean(one.file)}:{one.line}"
    return f"{place}: note: {why(one)} [{clean(one.rule)}]"


def why(one: Suppressed) -> str:
    """Why a finding is not reported: somebody asked for that, or a later patch repairs it."""
    return clean(one.reason) if one.by == "series" else f"suppressed by {asked(one)}"


def asked(one: Suppressed) -> str:
    """Who asked not to be told, and why."""
    return f"{one.by}: {clean(one.reason)}" if clean(one.reason) else one.by
