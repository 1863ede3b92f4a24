# SPDX-License-Identifier: GPL-2.0-only
"""Faults the kernel had, or took care not to have: found out before, gone after."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from modelling import CAP, FACTS, scenario
from schedules import can_be_made

from reviewer.frontend.subjects import subject
from reviewer.report.columns import interleaving
from reviewer.ruleset import load_vocabulary
from reviewer.simulation.answer import checks_of
from reviewer.simulation.follow import Taken
from reviewer.simulation.scenario import Real, Variant
from reviewer.simulation.scenario_tables import roles_from
from reviewer.simulation.trace import trace
from reviewer.simulation.trial import Explored, Options, Trial, notes, trial
from reviewer.syntax.parse import read_file
from reviewer.verdict.model import witness

FIXTURES = Path(__file__).parents[2] / "fixtures"
BUGS = sorted(path.parent.name for path in FIXTURES.glob("*/fixture.toml"))
WIDTH = 100


@cache
def about(bug: str) -> Mapping[str, Any]:
    return tomllib.loads((FIXTURES / bug / "fixture.toml").read_text(encoding="utf-8"))


def named(bug: str) -> str:
    """The property that is broken, or the note on progress that is met."""
    return str(about(bug).get("property", "") or about(bug)["progress"])


@cache
def tried(bug: str, side: str) -> Trial:
    """The function before or after, in its scenario."""
    table = about(bug)
    one = scenario(table["scenario"])
    source = read_file((FIXTURES / bug / f"{side}.c").read_bytes(), load_vocabulary())
    function = source.function(table["function"])
    assert function is not None
    roles = roles_from(table)
    on = subject(one, source, function, f"{side}.c", None, roles, FACTS)
    real = Real(f"{side}.c", table["function"], roles, (), (), table.get("caller", ""))
    expect = "VIOLATED" if side == "before" else "HOLDS"
    variant = Variant(
        name=side,
        subject="",
        replace=table.get("replace", {}),
        paths=tuple(table.get("paths", ())),
        assumptions=(),
        expect=expect,
        property=table.get("property", ""),
        saves="",
        progress=table.get("progress", ""),
    )
    return trial(one, variant, FACTS, Options(cap=CAP), real, on)


def shortest(bug: str) -> tuple[Explored, tuple[Taken, ...]]:
    """The shortest schedule that shows the fault."""
    name = named(bug)
    found = [
        (run, schedule)
        for run in tried(bug, "before").runs
        for known in (run.result.broken, run.result.goals)
        if (schedule := known.get(name)) is not None
    ]
    return min(found, key=lambda one: len(one[1]))


@pytest.mark.parametrize("bug", BUGS)
def test_the_fault_is_found(bug: str) -> None:
    found = tried(bug, "before")
    assert not found.reason
    assert found.verdict == "VIOLATED"
    assert named(bug) in found.broken


@pytest.mark.parametrize("bug", BUGS)
def test_what_mends_it_holds(bug: str) -> None:
    found = tried(bug, "after")
    assert not found.reason
    assert found.verdict == "HOLDS"
    assert not any(run.result.broken for run in found.runs)


@pytest.mark.parametrize("bug", BUGS)
def test_the_schedule_is_one_that_runs(bug: str) -> None:
    run, schedule = shortest(bug)
    one = tried(bug, "before").scenario
    checks, goals = checks_of(one, run.machine), notes(one, run.machine)
    assert can_be_made(run.machine, schedule, checks, goals)


@pytest.mark.parametrize("bug", BUGS)
def test_the_witness_is_one_to_read(bug: str) -> None:
    """Columns of several CPUs, the function under review on the last one, and the step that does
    the harm at the end."""
    run, schedule = shortest(bug)
    table = about(bug)
    steps = trace(scenario(table["scenario"]), run.machine, table.get("names", {}), schedule)
    told = witness(steps)
    lines = interleaving(told, WIDTH)
    cpus = sorted({step.cpu for step in told})
    assert len(cpus) > 1
    assert all(f"CPU {cpu}: " in lines[0] for cpu in cpus)
    assert f"CPU {cpus[-1]}: {table['function']}" in lines[0]
    assert max(len(line) for line in lines) <= WIDTH
    assert set(lines[1]) == {"-", " "}
    assert all(step.step and step.line for step in told)
    assert schedule[-1].step.origin.text in (told[-1].step, told[-1].step.replace("()", ""))
