# SPDX-License-Identifier: GPL-2.0-only
"""Findings as a compiler prints them, for editors."""

from reviewer.report.text import clean
from reviewer.verdict.records import Review, Verdict


def headline(verdict: Verdict) -> str:
    """``file:line: severity: message [rule]``, on one line whatever the patch holds."""
    finding = verdict.finding
    place = f"{clean(finding.file)}:{finding.line}"
    return f"{place}: {verdict.severity}: {clean(finding.message)} [{clean(finding.rule)}]"


def gcc(review: Review) -> str:
    """One line a finding, each with its newline; empty without findings."""
    return "".join(f"{headline(verdict)}\n" for verdict in review.verdicts)
