# SPDX-License-Identifier: GPL-2.0-only
"""Whatever way a run takes: must is held, and what is held is in may."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lock_programs import FIELDS, Program, programs, runs, written
from locks_samples import facts, graph_of

from reviewer.cfg.graph import Compute
from reviewer.locks.held import Held
from reviewer.locks.locksets import locksets

ONE = ("t",)
SEVERAL = ("t", "u", "p")
RUNS = 12


def claims(program: Program) -> dict[int, Held | None]:
    """What is claimed at the mark before each statement, by its number."""
    code, marks = written(program)
    graph = graph_of(code)
    held = locksets(graph, facts()).before
    by_line = {
        node.loc.line: state
        for node, state in zip(graph.nodes, held, strict=True)
        if isinstance(node, Compute) and node.loc.line in set(marks.values())
    }
    return {stmt: by_line.get(line) for stmt, line in marks.items()}


CONFIG = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@CONFIG
@given(programs(ONE), st.integers(0, 1000))
def test_one_object(program: Program, seed: int) -> None:
    found = claims(program)
    for run in runs(program, seed, RUNS):
        for stmt, held, _ in run.seen:
            names = {f"t->{member}" for _, member in held}
            claimed = found[stmt]
            assert claimed is not None, f"said to be never reached\n{written(program)[0]}"
            assert claimed.must <= names, f"{claimed.must} {names}\n{written(program)[0]}"
            assert names <= claimed.may, f"{claimed.may} {names}\n{written(program)[0]}"


@CONFIG
@given(programs(SEVERAL), st.integers(0, 1000))
def test_several_names_that_may_be_one(program: Program, seed: int) -> None:
    found = claims(program)
    for run in runs(program, seed, RUNS):
        for stmt, held, pointers in run.seen:
            claimed = found[stmt]
            assert claimed is not None, f"said to be never reached\n{written(program)[0]}"
            names = {f"{p}->{m}" for p in SEVERAL for m in FIELDS if (pointers[p], m) in held}
            assert claimed.must <= names, f"{claimed.must} {names}\n{written(program)[0]}"
