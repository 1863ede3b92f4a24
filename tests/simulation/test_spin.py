# SPDX-License-Identifier: GPL-2.0-only
"""The explorer against SPIN: as many states, as many transitions, the same verdicts."""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from machines import END, HERE, add, drop, load, machine, program, store, take
from modelling import FACTS, scenario, scenarios
from spin_runs import Counted, compiled, options_of, verified

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Property, model_of
from reviewer.simulation.promela import LIVELOCK, Promela, promela
from reviewer.simulation.properties import count_checks
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.steps import Branch, Life, Stop, const, unknown
from reviewer.simulation.trial import Options, trial

MISSING = [name for name in ("spin", "gcc") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING) and not os.environ.get("CI"), reason=f"needs {' and '.join(MISSING)}"
)

PROGRAM = 1_000_000
"""How long a program may grow before the next one is begun."""


def counted(result: Exploration, model: Promela) -> Counted:
    """What the explorer counted, as SPIN would tell it."""
    names = set(result.broken) - {LIVELOCK}
    broken = frozenset(model.numbers[name] for name in names)
    return Counted(result.states, result.transitions, broken)


# Whole state spaces ---------------------------------------------------------------

LOOKUP, GUP, FREE = "filemap_get_entry", "gup_fast", "truncate_inode_folio"
FOLIO = ("folio_refcount", "check_outside", "mapped", "flush-without-wait")
RECLAIM = ("reclaim", "remove_mapping", "mapped", "any")
SPLIT = ("split", "split", "file", "flush-without-wait")
REMOVE = ("truncation", "remove_folio", "mapped", "any")
WALK = ("gup_fast", "walk", "mapped", "flush-with-ipi")

MODELS = [
    (FOLIO, (GUP,)),
    (FOLIO, (GUP, LOOKUP)),
    (("folio_refcount", "check_inside", "unmapped", "flush-with-ipi"), (GUP, GUP, LOOKUP)),
    (FOLIO, (GUP, LOOKUP, FREE)),
    (FOLIO, (GUP, GUP, LOOKUP, FREE)),
    (FOLIO, (GUP, GUP, GUP, GUP, LOOKUP)),
    (("folio_refcount", "no_freeze", "mapped", "flush-without-wait"), (GUP, GUP, LOOKUP)),
    (RECLAIM, (LOOKUP, GUP, FREE)),
    (RECLAIM, (LOOKUP, GUP, GUP, FREE)),
    (SPLIT, (GUP, "lookup")),
    (SPLIT, (GUP, "lookup", "zap_pte_range", "start_writeback")),
    (REMOVE, (LOOKUP, "reclaim_folio", GUP, "allocator")),
    (REMOVE, (LOOKUP, LOOKUP, "reclaim_folio", GUP, GUP, "allocator")),
    (WALK, ("zap", "allocate_and_map")),
    (WALK, ("zap", "copy_on_write", "allocate", "discard", "retract", "allocate")),
    (("vma_lock", "lock_vma", "in-tree", "any"), ("mprotect", "munmap")),
    (("seqcount", "copy_and_retry", "any", "any"), ("chroot_fs_refs", "chroot_fs_refs_back")),
]


def shipped(which: tuple[str, str, str, str], actors: tuple[str, ...]) -> Machine:
    """A machine of a shipped scenario: one of its own functions beside actors."""
    name, subject, path_name, assumption = which
    one = scenario(name)
    path = next(entry for entry in one.paths if entry.name == path_name)
    how = next(entry for entry in one.assumptions if entry.name == assumption)
    written = Subject(one.actors[subject], one.actor_files[subject], {})
    lifted = lift_subject(one, path, written, FACTS)
    return assemble(one, path, how, lifted, actors, FACTS)


def check(found: Machine, properties: Sequence[Property], folder: Path) -> Exploration:
    """Compare a machine with SPIN to the unit."""
    result = explore(found, properties, symmetry=False)
    assert result.complete
    model = promela(model_of(found, properties))
    spin = compiled([model], folder)
    assert spin.run(0) == counted(result, model)
    return result


@pytest.mark.parametrize(
    ("which", "actors"),
    MODELS,
    ids=[f"{which[0]}-{1 + len(actors)}-{at}" for at, (which, actors) in enumerate(MODELS)],
)
def test_as_many_states_and_transitions(
    which: tuple[str, str, str, str], actors: tuple[str, ...], tmp_path: Path
) -> None:
    found = shipped(which, actors)
    check(found, checks_of(scenario(which[0]), found), tmp_path)


# Every machine there is -----------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One machine of a variant, what exploring it gave, and its model."""

    name: str
    result: Exploration
    model: Promela


def cases(one: Scenario) -> Iterator[Case]:
    for variant in one.variants:
        for at, run in enumerate(trial(one, variant, FACTS, Options(symmetry=False)).runs):
            model = promela(model_of(run.machine, checks_of(one, run.machine)))
            company = " ".join(run.company)
            name = f"{variant.name} {at}: {run.path.name}, {run.assumption.name}, {company}"
            yield Case(name, run.result, model)


def batches(one: Scenario) -> Iterator[list[Case]]:
    """The machines of a scenario, as many at a time as one program may hold."""
    batch: list[Case] = []
    known: set[str] = set()
    length = 0
    for case in cases(one):
        batch.append(case)
        new = options_of(case.model) - known
        known |= new
        length += sum(map(len, new))
        if length > PROGRAM:
            yield batch
            batch, known, length = [], set(), 0
    if batch:
        yield batch


def differences(one: Scenario, folder: Path) -> list[str]:
    """The machines of a scenario that SPIN sees otherwise."""
    found = []
    for number, batch in enumerate(batches(one)):
        spin = compiled([case.model for case in batch], folder / str(number))
        for at, case in enumerate(batch):
            told = spin.run(at)
            expected = counted(case.result, case.model)
            if told != expected:
                found.append(f"{case.name}: {told}, not {expected}")
        shutil.rmtree(folder / str(number))
    return found


@pytest.fixture(scope="module")
def compared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[list[str]]"]]:
    """What comparing gives, by scenario: of those asked for, on all processors."""
    asked = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_the_same_verdicts
    ]
    # The long ones first.
    found = sorted(map(scenario, asked), key=lambda one: -len(one.variants) * len(one.companies))
    folder = tmp_path_factory.mktemp("spin")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {one.name: pool.submit(differences, one, folder / one.name) for one in found}


@pytest.mark.parametrize("name", [one.name for one in scenarios()])
def test_the_same_verdicts(name: str, compared: dict[str, "Future[list[str]]"]) -> None:
    """Of every variant on every path beside every company: states, transitions
    and the properties broken."""
    assert compared[name].result() == []


# What no scenario has -------------------------------------------------------------

CROSS = (
    program("ab", take("one", 1), take("two", 2), drop("two", 3), drop("one", 4), END),
    program("ba", take("two", 1), take("one", 2), drop("one", 3), drop("two", 4), END),
)


def test_a_deadlock(tmp_path: Path) -> None:
    result = check(machine(*CROSS), count_checks(machine(*CROSS)), tmp_path)
    assert set(result.broken) == {"deadlock"}


def test_memory_that_never_comes_free(tmp_path: Path) -> None:
    waits = program("waits", Life("reuse", const(1), HERE, 1), END)
    found = machine(waits, program("other", load("flag", 1), END))
    assert not check(found, count_checks(found), tmp_path).broken


def test_a_way_the_model_does_not_go(tmp_path: Path) -> None:
    """Who can only go into BUG() is not stuck; who is stuck beside it is."""
    choice = Branch(unknown("u"), "", "", 0, HERE, 2, 3)
    bug = Stop(const(0), "", HERE, cut=True)
    found = machine(program("bug", store("flag", 1, 1), choice, bug, END), CROSS[0])
    assert not check(found, count_checks(found), tmp_path / "one").broken
    only = machine(program("bug", store("flag", 1, 1), bug), *CROSS)
    check(only, count_checks(only), tmp_path / "two")


def test_what_breaks_at_once(tmp_path: Path) -> None:
    """Before anybody has made a step that others can see."""
    found = machine(program("bad", drop("one", 1), END), program("drops", add(-1, 1), END))
    result = check(found, count_checks(found), tmp_path)
    assert set(result.broken) == {"unlock-not-held", "count-underflow"}


def test_a_program_by_itself(tmp_path: Path) -> None:
    """With assertions it tells SPIN alone what is wrong."""
    found = machine(*CROSS)
    model = promela(model_of(found, count_checks(found)), verdicts=True)
    assert "CPUs: 0 ab(), 1 ba()" in model.text() and "short c0_pc;" in model.text()
    assert verified(model.text(), tmp_path) == {model.numbers["deadlock"]}
