# SPDX-License-Identifier: GPL-2.0-only
"""The steps that functions of the kernel are lifted to, line by line.

With UPDATE_GOLDENS=1 in the environment they are written anew; read them beside
the source before you commit them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from modelling import FACTS, in_tree, scenario

from reviewer.report.steps import lifted_steps
from reviewer.simulation.assemble import lift_subject
from reviewer.simulation.scenario import Path as Way
from reviewer.simulation.scenario import Real, Scenario
from reviewer.simulation.steps import Program
from reviewer.simulation.trial import variants_of

pytestmark = pytest.mark.kernel

FOLDER = Path(__file__).parent / "lifted"
FUNCTIONS = {
    "__folio_migrate_mapping": "folio_refcount",
    "migrate_huge_page_move_mapping": "folio_refcount",
    "split_huge_page_to_list_to_order": "split",
    "__remove_mapping": "reclaim",
    "filemap_get_entry": "page_cache_lookup",
    "gup_fast_pte_range": "gup_fast",
    "collapse_file": "collapse",
    "folio_get_anon_vma": "anon_vma",
}
"""The functions, and the scenario each is lifted onto."""


def ways(one: Scenario, real: Real) -> Iterator[Way]:
    """The paths on which the scenario tries the function."""
    for path in one.paths:
        if any(not v.paths or path.name in v.paths for v in variants_of(one, real)):
            yield path


def told(one: Scenario, real: Real, path: Way, program: Program) -> Iterator[str]:
    yield f"# path {path.name}"
    yield from lifted_steps(program, tuple(one.objects), one.counter)
    ignored = {f"{name}()" for name in real.ignore}
    notes = {
        "taken for granted": program.assumptions,
        "locks of others": program.unbound,
        "calls of no matter": program.ignored,
        "calls the scenario leaves out": sorted(ignored & set(program.unmodelled)),
        "not modelled": sorted(set(program.unmodelled) - ignored),
    }
    for about, texts in notes.items():
        yield from (f"# {about}: {text}" for text in texts)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_steps_are_what_they_were(function: str, linux_6_12: Path) -> None:
    one = scenario(FUNCTIONS[function])
    lines = []
    for real in one.reals:
        if real.function == function:
            subject = in_tree(linux_6_12)(one, real)
            lines += [f"# {function}() of {real.file}, scenario {one.name}"]
            for path in ways(one, real):
                program = lift_subject(one, path, subject, FACTS)
                lines += ["", *told(one, real, path, program), ""]
    golden = FOLDER / f"{function}.txt"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        golden.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert lines[:-1] == golden.read_text(encoding="utf-8").splitlines()
