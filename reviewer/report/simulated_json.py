# SPDX-License-Identifier: GPL-2.0-only
"""What trying scenarios gave, as data; ``simulated_schema.json`` describes it."""

import json
from collections.abc import Sequence

from reviewer.report.simulated import Tried, bound
from reviewer.report.simulated_details import shown_schedule
from reviewer.simulation.follow import Taken
from reviewer.simulation.scenario import Variant
from reviewer.simulation.trace import trace
from reviewer.simulation.trial import Explored

SCHEMA_VERSION = 1

Data = dict[str, object]


def as_json(tried: Sequence[Tried]) -> str:
    """The trials; the same bytes for the same input, but for the times."""
    return _text([_entry(one) for one in tried])


def listing_json(scenarios: Sequence[tuple[str, str, Sequence[Variant]]]) -> str:
    """The scenarios with their variants, none of them run."""
    return _text(
        [
            {
                "name": name,
                "summary": summary,
                "variants": [
                    {"name": variant.name, "expected": variant.expect} for variant in variants
                ],
            }
            for name, summary, variants in scenarios
        ]
    )


def _text(entries: Sequence[Data]) -> str:
    return json.dumps({"schema_version": SCHEMA_VERSION, "scenarios": entries}, indent=2)


def _entry(one: Tried) -> Data:
    trial = one.trial
    return {
        "name": trial.scenario.name,
        "variant": trial.variant.name if one.expected else None,
        "function": one.function,
        "file": one.file,
        "verdict": trial.verdict,
        "expected": trial.variant.expect if one.expected else None,
        "as_expected": trial.as_expected if one.expected else None,
        "property": trial.variant.progress or trial.variant.property or None,
        "mutant": one.mutant,
        "broken": list(one.broken),
        "reason": trial.reason or None,
        "states": trial.states,
        "transitions": trial.transitions,
        "seconds": round(trial.seconds, 4),
        "outcomes": sorted({", ".join(end) for run in trial.runs for end in run.result.outcomes}),
        "runs": [_run(run) for run in trial.runs],
        "witness": _witness(one),
        "decides": list(one.decides),
        "assumptions": one.told("assumptions"),
        "unmodelled": one.told("unmodelled"),
        "ignored": one.told("ignored"),
        "unbound": one.told("unbound"),
        "bound": bound(one),
    }


def _run(run: Explored) -> Data:
    return {
        "path": run.path.name,
        "assumption": run.assumption.name,
        "actors": list(run.company),
        "complete": run.result.complete,
        "broken": sorted(run.result.broken),
        "states": run.result.states,
        "transitions": run.result.transitions,
        "outcomes": [list(end) for end in run.result.outcomes],
    }


def _witness(one: Tried) -> Data | None:
    found = shown_schedule(one)
    if found is None:
        return None
    about, run, steps = found
    return {
        "about": about,
        "path": run.path.name,
        "assumption": run.assumption.name,
        "actors": list(run.company),
        "steps": _steps(one, run, steps),
    }


def _steps(one: Tried, run: Explored, steps: Sequence[Taken]) -> list[Data]:
    return [
        {
            "cpu": step.cpu,
            "actor": step.actor,
            "step": step.step,
            "effect": step.effect,
            "file": step.file,
            "line": step.line,
        }
        for step in trace(one.trial.scenario, run.machine, one.names, steps)
    ]
