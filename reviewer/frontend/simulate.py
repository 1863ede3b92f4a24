# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview simulate``: run the scenarios of the embedded simulation."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer import ruleset
from reviewer.frontend.arguments import Parser
from reviewer.frontend.console import columns
from reviewer.frontend.inputs import InputError, is_directory
from reviewer.frontend.outputs import write
from reviewer.frontend.subjects import close, is_file, of_tree

if TYPE_CHECKING:
    from reviewer.facts import Facts
    from reviewer.frontend.meter import Meter
    from reviewer.frontend.trials import How
    from reviewer.report.simulated import Tried
    from reviewer.simulation.scenario import Scenario, Variant

FORMATS = ("terminal", "json", "dot", "svg", "promela")
OF_ONE = ("dot", "svg", "promela")
AS_EXPECTED, DIFFERS, NOT_DECIDED = 0, 1, 3
MOST_CPUS, MOST_STATES = 8, 4_000_000
STATES = 1_000_000

_HELP = """\
Lists the scenarios; with NAME, runs one with all of its variants, or the
variants named. Each variant has a verdict that was written down before it was
run: what must hold, and mutants that must be found out. With FILE.c it tries a
function of yours in the scenario that fits it."""
_MORE = """\
HOLDS: no schedule within the bound breaks a property. VIOLATED: one does, and
it is shown. BOUND_REACHED: the cap on states was reached first. UNDECIDED: the
simulation does not know what the function does, and it says what.

Exit status: 0 every verdict is the expected one, 1 one differs, 2 wrong usage.
For FILE.c: 0 HOLDS, 1 VIOLATED, 2 wrong usage, 3 not decided.

  mmreview simulate folio_refcount
  mmreview simulate folio_refcount VARIANT --actors ACTOR=2
  mmreview simulate folio_refcount VARIANT --list-steps
  mmreview simulate vma_lock start-read --format svg -o states.svg
  mmreview simulate --all --tree linux
  mmreview simulate linux/mm/migrate.c FUNCTION"""


def run(args: Sequence[str]) -> int:
    """Run the command; its exit status.  `InputError` for wrong usage."""
    options = parser().parse_intermixed_args(args)
    width = columns()
    _check(options)
    if options.name is None and not options.all:
        return _list(options, width)
    from reviewer.frontend.meter import Meter
    from reviewer.simulation.reader import ActorError

    meter = Meter()
    try:
        return _run(options, meter, width)
    except ActorError as error:
        raise InputError(f"rules/actors/{error}") from None
    finally:
        meter.clear()


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(
        prog="mmreview simulate",
        description=_HELP,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("name", metavar="NAME|FILE.c", nargs="?", help="the scenario to run, or a C file")
    add(
        "variants",
        metavar="VARIANT|FUNCTION",
        nargs="*",
        help="only these variants; a function of the file, or a line inside it",
    )
    add("--all", action="store_true", help="run every scenario with every variant")
    add("--scenario", metavar="NAME", help="with FILE.c: the scenario to try it in")
    add("--tree", metavar="DIR", help="a kernel tree, to try the kernel's own functions too")
    add("--format", choices=FORMATS, default="terminal", help="default: %(default)s")
    add("-o", "--output", metavar="OUT", help="write to OUT, not standard output")
    add("--actors", metavar="NAME=N", action="append", default=[], help="run an actor on N CPUs")
    add("--path", metavar="NAME", default="", help="only this path of the scenario")
    add("--cap", metavar="STATES", type=int, default=STATES, help="default: %(default)s a machine")
    add("--no-symmetry", action="store_true", help="visit equal CPUs in every order")
    add("--witness", action="store_true", help="tell all of every variant")
    add("--list-steps", action="store_true", help="print the steps of the function, run nothing")
    add("--rules", metavar="DIR", action="append", default=[], help="additional rules")
    return made


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be meant."""
    for folder in options.rules:
        if not is_directory(folder):
            raise InputError(f"--rules {folder}: no such directory")
    if not 1 <= options.cap <= MOST_STATES:
        raise InputError(f"--cap {options.cap}: wants a number of states up to {MOST_STATES:,}")
    if options.all and options.name is not None:
        raise InputError(f"--all runs every scenario, not {options.name}")
    file = options.name is not None and is_file(options.name)
    if file and len(options.variants) != 1:
        raise InputError(f"{options.name}: name one function of it, or a line inside it")
    if options.scenario and not file:
        raise InputError("--scenario is for a function of a file (simulate FILE.c FUNCTION)")
    if options.list_steps and options.format != "terminal":
        raise InputError(f"--list-steps prints text, not {options.format}")
    if options.format in OF_ONE and len(options.variants) != 1:
        raise InputError(f"--format {options.format} is of one variant (simulate NAME VARIANT)")
    if file and options.tree:
        raise InputError("--tree is for scenarios; the file is where its path says")


def _folders(options: argparse.Namespace) -> dict[str, Path]:
    extra = [Path(name) for name in options.rules]
    return {path.name: path for path in ruleset.scenario_folders(extra)}


def _scenario(name: str, options: argparse.Namespace, facts: "Facts") -> "Scenario":
    """One scenario with its actors, which are read at once to tell what is wrong."""
    folders = _folders(options)
    if name not in folders:
        near = close(name, sorted(folders)) or f" (there are {', '.join(sorted(folders))})"
        raise InputError(f"no scenario {name}{near}")
    found = ruleset.load_scenario(folders[name], facts)
    len(found.actors)
    return found


def _list(options: argparse.Namespace, width: int) -> int:
    from reviewer.report.simulated import listing
    from reviewer.report.simulated_json import listing_json

    folders = _folders(options)
    if options.format == "json":
        facts = ruleset.load_facts([Path(name) for name in options.rules])
        found = [ruleset.load_scenario(path, facts) for path in folders.values()]
        text = listing_json([(one.name, one.summary, one.variants) for one in found])
    else:
        told = [(name, ruleset.scenario_summary(path)) for name, path in folders.items()]
        text = "\n".join(listing(told, width))
    _write([text], options.output)
    return AS_EXPECTED


# Running ----------------------------------------------------------------------


def _run(options: argparse.Namespace, meter: "Meter", width: int) -> int:
    from reviewer.frontend.trials import How
    from reviewer.simulation.trial import Options

    facts = ruleset.load_facts([Path(name) for name in options.rules])
    whole = Options(options.cap, _counts(options), not options.no_symmetry, meter.progress)
    fully = bool(options.variants or options.witness) and options.format in ("terminal", "json")
    how = How(facts, whole, meter, not options.list_steps, fully, options.path)
    if is_file(options.name or ""):
        return _of_file(options, how, meter, width)
    names = sorted(_folders(options)) if options.all else [options.name]
    scenarios = [_scenario(name, options, facts) for name in names]
    _check_actors(options, scenarios)
    chosen = [(one, _named(one, options.variants)) for one in scenarios]
    return _of_scenarios(options, chosen, how, meter, width)


def _named(scenario: "Scenario", names: Sequence[str]) -> "Sequence[Variant]":
    known = {variant.name: variant for variant in scenario.variants}
    for name in names:
        if name not in known:
            near = close(name, list(known)) or f" (there are {', '.join(known)})"
            raise InputError(f"{scenario.name} has no variant {name}{near}")
    return [known[name] for name in names] if names else scenario.variants


def _counts(options: argparse.Namespace) -> dict[str, int]:
    """How many CPUs run an actor, as the command line says."""
    counts = {}
    for entry in (one for text in options.actors for one in text.split(",")):
        name, _, number = entry.partition("=")
        if not name or not number.isdecimal() or int(number) > MOST_CPUS:
            raise InputError(f"--actors {entry}: wants NAME=N with N from 0 to {MOST_CPUS}")
        counts[name] = int(number)
    return counts


def _check_actors(options: argparse.Namespace, scenarios: "Sequence[Scenario]") -> None:
    """Refuse to count actors that nobody runs."""
    known = {name for one in scenarios for company in one.companies for name in company}
    for name in _counts(options):
        if name not in known:
            told = ", ".join(sorted(known))
            raise InputError(f"--actors {name}: no such actor runs here (there are {told})")


def _of_scenarios(
    options: argparse.Namespace,
    chosen: "Sequence[tuple[Scenario, Sequence[Variant]]]",
    how: "How",
    meter: "Meter",
    width: int,
) -> int:
    from reviewer.frontend.trials import of_scenario
    from reviewer.report.simulated import summary, totals

    find = of_tree(options.tree, how.facts) if options.tree else None
    paper = _Paper(options, meter, width)
    for scenario, variants in chosen:
        before = len(paper.seen)
        for one in of_scenario(scenario, variants, how, find):
            paper.show(one)
        seen = paper.seen[before:]
        if how.run and not options.variants and seen:
            paper.text(summary(scenario, seen, width, short=options.all))
    if options.all and how.run:
        paper.text(["", f"{len(chosen)} scenarios: {totals(paper.seen)}"])
    if not paper.seen:
        raise InputError(f"nothing to run on path {options.path}")
    paper.finish()
    right = all(one.trial.as_expected for one in paper.seen) or not how.run
    return AS_EXPECTED if right else DIFFERS


def _of_file(options: argparse.Namespace, how: "How", meter: "Meter", width: int) -> int:
    from reviewer.frontend.trials import of_file
    from reviewer.simulation.trial import HOLDS, VIOLATED

    every: Sequence[Scenario] = ()
    named = None
    if options.scenario:
        named = _scenario(options.scenario, options, how.facts)
    else:
        every = [ruleset.load_scenario(path, how.facts) for path in _folders(options).values()]
    one = of_file(options.name, options.variants[0], named, every, how)
    paper = _Paper(options, meter, width)
    if one is not None:
        _check_actors(options, [one.trial.scenario])
        paper.show(one)
    paper.finish()
    if one is None or not how.run:
        return NOT_DECIDED if one is None else AS_EXPECTED
    return {HOLDS: AS_EXPECTED, VIOLATED: DIFFERS}.get(one.trial.verdict, NOT_DECIDED)


class _Paper:
    """What is printed: text at once, everything else when all was run."""

    def __init__(self, options: argparse.Namespace, meter: "Meter", width: int) -> None:
        self._options, self._meter, self._width = options, meter, width
        self._kept: list[str] = []
        self.seen: list[Tried] = []

    def show(self, one: "Tried") -> None:
        """A trial."""
        self.seen.append(one)
        if self._options.format == "terminal":
            self.text(_told(one, self._options, self._width))

    def text(self, lines: Iterable[str]) -> None:
        """Lines for people."""
        if self._options.format != "terminal":
            return
        self._meter.clear()
        if self._options.output is None:
            _write(lines, None)
        else:
            self._kept += lines

    def finish(self) -> None:
        """What could not be printed before."""
        form, output = self._options.format, self._options.output
        self._meter.clear()
        if form == "json":
            from reviewer.report.simulated_json import as_json

            _write([as_json(self.seen)], output)
        elif form != "terminal":
            _write([_drawn(self.seen, form)] if self.seen else [], output)
        elif output is not None:
            _write(self._kept, output)


def _told(one: "Tried", options: argparse.Namespace, width: int) -> Iterator[str]:
    from reviewer.report.simulated import line, reason
    from reviewer.report.simulated_details import details, listed_steps, schedule

    if options.list_steps:
        yield from listed_steps(one)
        return
    yield line(one)
    if options.variants or options.witness:
        yield from details(one, width)
        yield ""
        return
    yield from reason(one, width)
    if one.broken and not one.trial.as_expected:
        yield from ("", *schedule(one, width), "")


def _drawn(seen: "Sequence[Tried]", form: str) -> str:
    """The smallest machine that shows the verdict: its states, or its program."""
    from reviewer.report.state_graph import dot, drawing
    from reviewer.simulation.answer import checks_of
    from reviewer.simulation.explore import TooLarge
    from reviewer.simulation.state_graph import state_graph

    one = seen[-1]
    runs = [run for run in one.trial.runs if run.result.broken] or list(one.trial.runs)
    if one.trial.reason or not runs:
        raise InputError(f"{one.label}: {one.trial.reason}")
    run = min(runs, key=lambda run: run.result.states)
    checks = checks_of(one.trial.scenario, run.machine)
    if form == "promela":
        from reviewer.simulation.model import model_of
        from reviewer.simulation.promela import promela

        return promela(model_of(run.machine, checks), verdicts=True).text().rstrip("\n")
    try:
        graph = state_graph(run.machine, checks)
    except TooLarge as error:
        told = f"{error} ({run.result.states:,}); fewer actors make it smaller (--actors NAME=0)"
        raise InputError(f"{one.label}: {told}") from None
    return dot(graph, one, run) if form == "dot" else drawing(graph, one, run)


def _write(lines: Iterable[str], output: str | None) -> None:
    write("".join(f"{line}\n" for line in lines), output)
