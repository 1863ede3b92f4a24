# SPDX-License-Identifier: GPL-2.0-only
"""The review as data; ``schema.json`` beside this file describes it."""

import json
from collections.abc import Sequence
from typing import Any

from reviewer.checker.records import PathState
from reviewer.patch.records import Patch
from reviewer.verdict.records import (
    ClaimVerdict,
    ImageResult,
    Model,
    PathResult,
    Review,
    Suppressed,
    Verdict,
    WitnessStep,
)

SCHEMA_VERSION = 1

Data = dict[str, Any]


def as_json(review: Review) -> str:
    """The review as a JSON text, the same bytes for the same review.

    Keys stand in the order of the schema, facts in the order of their ids.
    Non-ASCII is escaped, so that the text can be written in any encoding.
    """
    data: Data = {
        "schema_version": SCHEMA_VERSION,
        "patches": [_patch(patch) for patch in review.patches],
        "findings": [_finding(verdict) for verdict in review.verdicts],
        "claims": [_claim(claim) for claim in review.claims],
        "justification": [
            {
                "patch": one.patch,
                "finding": one.finding,
                "text": one.text,
                "facts": list(one.facts),
            }
            for one in review.justification
        ],
        "questions": [{"patch": one.patch, "text": one.text} for one in review.questions],
        "facts": {
            name: {"kind": fact.kind, "text": fact.text, "source": fact.source}
            for name, fact in sorted(review.facts.items())
        },
        "problems": [
            {
                "patch": one.patch,
                "file": one.problem.file,
                "function": one.problem.function,
                "reason": one.problem.reason,
            }
            for one in review.problems
        ],
        "notes": list(review.notes),
        "suppressed": [_suppressed(one) for one in review.suppressed],
    }
    return json.dumps(data, indent=2) + "\n"


def _patch(patch: Patch) -> Data:
    return {
        "subject": patch.subject,
        "message_id": patch.message_id,
        "files": [diff.path for diff in patch.files],
    }


def _finding(verdict: Verdict) -> Data:
    finding = verdict.finding
    return {
        "patch": verdict.patch,
        "rule": finding.rule,
        "also": list(finding.also),
        "severity": verdict.severity,
        "standing": verdict.standing,
        "undecided": verdict.undecided,
        "file": finding.file,
        "function": finding.function,
        "line": finding.line,
        "before_line": finding.before_line,
        "message": finding.message,
        "reason": finding.reason,
        "access": finding.access,
        "place": finding.place,
        "lost": list(finding.lost),
        "lost_paths": list(finding.lost_paths),
        "decides": finding.decides,
        "partial": finding.partial,
        "fingerprint": verdict.fingerprint,
        "changelog": verdict.changelog,
        "before": [_state(state) for state in finding.before],
        "after": [_state(state) for state in finding.after],
        "model": _model(verdict.model) if verdict.model else None,
        "witness": _witness(verdict.witness),
        "witness_caption": verdict.witness_caption,
        "evidence": list(verdict.evidence),
        "facts": list(verdict.facts),
    }


def _state(state: PathState) -> Data:
    return {
        "path": state.path,
        "must": None if state.must is None else list(state.must),
        "may": list(state.may),
        "context": list(state.context),
        "line": state.line,
    }


def _model(model: Model) -> Data:
    return {
        "scenario": model.scenario,
        "bound": model.bound,
        "before": _image(model.before),
        "after": _image(model.after),
        "paths": [_path(path) for path in model.paths],
        "guard": _guard(model.guard),
        "guard_removed": model.guard_removed,
        "assumptions": list(model.assumptions),
        "unmodelled": list(model.unmodelled),
        "drift": list(model.drift),
        "new_outcomes": [
            {"outcome": one.outcome, "witness": _witness(one.witness)} for one in model.new_outcomes
        ],
    }


def _image(image: ImageResult | None) -> Data | None:
    if image is None:
        return None
    return {
        "verdict": image.verdict,
        "states": image.states,
        "transitions": image.transitions,
        "outcomes": list(image.outcomes),
        "property": image.property,
    }


def _path(path: PathResult) -> Data:
    return {
        "path": path.path,
        "assumption": path.assumption,
        "before": _image(path.before),
        "after": _image(path.after),
        "guard": _guard(path.guard),
        "saved_by": path.saved_by,
    }


def _guard(guard: tuple[str, int] | None) -> Data | None:
    return None if guard is None else {"call": guard[0], "line": guard[1]}


def _witness(witness: Sequence[WitnessStep]) -> list[Data]:
    return [
        {
            "cpu": step.cpu,
            "step": step.step,
            "file": step.file,
            "line": step.line,
            "actor": step.actor,
            "effect": step.effect,
        }
        for step in witness
    ]


def _suppressed(one: Suppressed) -> Data:
    return {
        "patch": one.patch,
        "rule": one.rule,
        "file": one.file,
        "function": one.function,
        "line": one.line,
        "fingerprint": one.fingerprint,
        "by": one.by,
        "reason": one.reason,
    }


def _claim(claim: ClaimVerdict) -> Data:
    return {
        "patch": claim.patch,
        "message_id": claim.message_id,
        "text": claim.text,
        "claim": claim.claim,
        "verdict": claim.verdict,
        "answer": claim.answer,
        "witness": _witness(claim.witness),
        "facts": list(claim.facts),
    }
