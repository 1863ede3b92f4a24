# SPDX-License-Identifier: GPL-2.0-only
"""What exploring a model costs, beside SPIN on the same model.

The models are shipped scenarios with their actors on more and more CPUs.  SPIN
makes a C program of each, which is compiled and run; the explorer is timed from
the machine to the result.  Both count the same states and transitions, which is
looked at.  Equal CPUs are exchanged by the explorer only, as it does by itself.
"""

import argparse
import gc
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from measure import Command, cpu, in_turn, least_and_median

from reviewer.facts import Facts
from reviewer.ruleset import load_facts, load_scenario, scenario_folders
from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine
from reviewer.simulation.model import Property, model_of
from reviewer.simulation.promela import promela
from reviewer.simulation.scenario import Scenario
from reviewer.simulation.trial import Options, trial

SEED = ("folio_refcount", "check-outside")
LOOKUP, GUP, FREE = "filemap_get_entry", "gup_fast", "truncate_inode_folio"
FOLIO = ("folio_refcount", "check_outside", "mapped", "flush-without-wait")
RECLAIM = ("reclaim", "remove_mapping", "mapped", "any")
SPLIT = ("split", "split", "file", "flush-without-wait")
REMOVE = ("truncation", "remove_folio", "mapped", "any")

LADDER = (
    (FOLIO, (GUP,)),
    (FOLIO, (GUP, LOOKUP)),
    (FOLIO, (GUP, LOOKUP, FREE)),
    (RECLAIM, (LOOKUP, GUP, GUP, FREE)),
    (FOLIO, (GUP, GUP, LOOKUP, FREE)),
    (RECLAIM, (LOOKUP, LOOKUP, GUP, GUP, FREE)),
    (REMOVE, (LOOKUP, "reclaim_folio", "truncate_other", GUP, GUP, "allocator")),
    (FOLIO, (GUP, GUP, GUP, GUP, LOOKUP)),
    (SPLIT, (GUP, GUP, "lookup", "lookup", "zap_pte_range")),
    (REMOVE, (LOOKUP, LOOKUP, "reclaim_folio", GUP, GUP, GUP, "allocator")),
)
SIX, EIGHT = 5, 9
"""The rows with six CPUs and about 10^5 states, and with eight CPUs."""
OF_SEED, OF_SIX, OF_EIGHT = 0.3, 0.5, 3.0

HEAD = """\
                                          explored  equal exchanged       SPIN, gcc
  scenario       CPUs    states transitions      s    states     s  compile      run  total ratio"""
FLAGS = ("-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DXUSAFE", "-DVECTORSZ=2048")
CAP = 3_000_000
_COUNTED = re.compile(r"^ *([\d.e+]+) (states, stored|transitions)", re.M)


@dataclass(frozen=True)
class Spin:
    """Seconds for each part, with the options of gcc that cost least in all."""

    made: float
    compiled: float
    run: float
    optimized: str

    @property
    def total(self) -> float:
        """From the text to the result."""
        return self.made + self.compiled + self.run


def scenario_of(name: str, facts: Facts) -> Scenario:
    """A shipped scenario."""
    return next(load_scenario(path, facts) for path in scenario_folders() if path.name == name)


def machine(
    which: tuple[str, str, str, str], actors: tuple[str, ...], facts: Facts
) -> tuple[Machine, tuple[Property, ...]]:
    """One function of a scenario beside actors, and what must hold."""
    one = scenario_of(which[0], facts)
    path = next(entry for entry in one.paths if entry.name == which[2])
    how = next(entry for entry in one.assumptions if entry.name == which[3])
    subject = Subject(one.actors[which[1]], one.actor_files[which[1]], {})
    lifted = lift_subject(one, path, subject, facts)
    found = assemble(one, path, how, lifted, actors, facts)
    return found, tuple(checks_of(one, found))


def explored(
    found: Machine, properties: tuple[Property, ...], symmetry: bool
) -> tuple[float, Exploration]:
    """Seconds of CPU time, and what came out."""
    gc.collect()
    began = process_time()
    result = explore(found, properties, cap=CAP, symmetry=symmetry)
    return process_time() - began, result


def spin(found: Machine, properties: tuple[Property, ...], result: Exploration, work: Path) -> Spin:
    """What SPIN needs; ends the program when it counts otherwise."""
    model = promela(model_of(found, properties))
    work.mkdir()
    (work / "model.pml").write_text(model.text(), encoding="utf-8")
    made = cpu(Command(["spin", "-a", "model.pml"], work))
    tried = []
    for optimized in ("-O0", "-O2"):
        compiled = cpu(Command(["gcc", optimized, *FLAGS, "-o", "pan", "pan.c"], work))
        run = cpu(Command(["sh", "-c", "exec ./pan -n -c0 -m3000000 -w22 >said"], work))
        tried.append(Spin(made, compiled, run, optimized))
    said = (work / "said").read_text(encoding="utf-8")
    if "too small" in said:
        sys.exit(said)
    states, transitions = (int(float(number)) for number, _ in _COUNTED.findall(said))
    counted = (states - 1, transitions - 1 - len(model.openings))
    if counted != (result.states, result.transitions):
        sys.exit(f"SPIN counts {counted}, not {(result.states, result.transitions)}")
    return min(tried, key=lambda one: one.total)


def seed(work: Path, facts: Facts, runs: int) -> float:
    """The seed as a whole process, and its machines in SPIN."""
    words = [sys.executable, "-m", "reviewer.frontend.cli", "simulate", *SEED]
    times = in_turn({"seed": Command(words)}, runs)["seed"]
    one = scenario_of(SEED[0], facts)
    variant = next(variant for variant in one.variants if variant.name == SEED[1])
    tried = trial(one, variant, facts, Options(symmetry=False)).runs
    total = 0.0
    for number, run in enumerate(tried):
        properties = tuple(checks_of(one, run.machine))
        total += spin(run.machine, properties, run.result, work / f"seed{number}").total
    print(f"mmreview simulate {' '.join(SEED)}, a process: {least_and_median(times)}")
    print(f"its {len(tried)} machines in SPIN: {total:.2f}")
    return min(times)


def row(
    which: tuple[str, str, str, str], actors: tuple[str, ...], facts: Facts, work: Path
) -> float:
    """One line of the table; the seconds with equal CPUs exchanged."""
    found, properties = machine(which, actors, facts)
    plain, result = explored(found, properties, symmetry=False)
    exchanged, fewer = explored(found, properties, symmetry=True)
    peer = spin(found, properties, result, work)
    print(
        f"  {which[0]:14} {len(found.programs):4} {result.states:9,} {result.transitions:11,}"
        f" {plain:6.2f} {fewer.states:9,} {exchanged:5.2f}"
        f" {peer.made + peer.compiled:8.2f} {peer.optimized} {peer.run:5.2f} {peer.total:6.2f}"
        f" {exchanged / peer.total:5.2f}",
        flush=True,
    )
    return exchanged


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="rounds of the seed (default: 5)")
    options = parser.parse_args()
    gc.set_threshold(200_000)
    facts = load_facts()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["MMREVIEW_BYTECODE"] = str(work / "bytecode")
        print("seconds of CPU time; least / median of a process, else of one run")
        of_seed = seed(work, facts, options.runs)
        print(HEAD)
        rows = [
            row(which, actors, facts, work / f"row{number}")
            for number, (which, actors) in enumerate(LADDER)
        ]
    for text, found, wanted in (
        ("the seed", of_seed, OF_SEED),
        ("six CPUs", rows[SIX], OF_SIX),
        ("eight CPUs", rows[EIGHT], OF_EIGHT),
    ):
        print(f"{text}: {found:.2f}, to be at most {wanted}")


if __name__ == "__main__":
    main()
