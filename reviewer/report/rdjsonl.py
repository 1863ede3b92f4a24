# SPDX-License-Identifier: GPL-2.0-only
"""Findings in the Reviewdog Diagnostic Format: one JSON object a line."""

import json
from typing import Any

from reviewer.report.gcc import why
from reviewer.report.text import clean, distinct, sentence
from reviewer.verdict.records import Review, Suppressed, Verdict

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def rdjsonl(review: Review) -> str:
    """One line a finding, and one a finding that is suppressed; empty without any."""
    lines = [*map(_finding, review.verdicts), *map(_suppressed, review.suppressed)]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def _finding(verdict: Verdict) -> dict[str, Any]:
    finding = verdict.finding
    told = distinct([sentence(finding.message), sentence(finding.reason)])
    severity = _SEVERITIES[verdict.severity]
    return _diagnostic(" ".join(told), finding.file, finding.line, severity, finding.rule)


def _suppressed(one: Suppressed) -> dict[str, Any]:
    return _diagnostic(why(one), one.file, one.line, "INFO", one.rule)


def _diagnostic(message: str, file: str, line: int, severity: str, rule: str) -> dict[str, Any]:
    location: dict[str, Any] = {"path": clean(file)}
    if line > 0:
        location["range"] = {"start": {"line": line}}
    return {
        "message": message,
        "location": location,
        "severity": severity,
        "source": {"name": "mmreview"},
        "code": {"value": clean(rule)},
    }
