# SPDX-License-Identifier: GPL-2.0-only
"""What the simulation says of the fixes of a corpus that are about references and grace periods.

simulated_fixes.toml says which scenario speaks of which function and, bound by hand, what the
function calls things.  The function is lifted from the file with the fix and from the file without
it, and both are explored.

The answer is differential.  Which of the actors of a scenario is like the kernel's own way to take
the object away is mostly in another file, so that only the companies beside which the fixed image
HOLDS are asked of the other one.  "right": the fixed image HOLDS beside some company, the other one
is VIOLATED beside one of these, by the property that the table names, and so is a mutant of the
fixed image.  UNDECIDED: what the table says it cannot decide, a fixed image that holds beside
nobody, a call of which nothing is known, and a binding under which no mutant is noticed: it would
hold whatever the function did.  "wrong" is the rest, which the table does not explain: an image
without the fix that HOLDS, or that breaks something else.

The last column asks the same of the roles the program finds by itself, with the facts it ships:
"right" where the image without the fix is VIOLATED and the way back is not, "wrong" where the way
back is, empty where it finds no roles or does not decide.
"""

import argparse
import csv
import io
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus import CorpusError, Entry, images, read_corpus

from reviewer import ruleset
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.checker.callees import Callees, neighbours
from reviewer.facts import Facts
from reviewer.simulation.assemble import Subject
from reviewer.simulation.binding import bindings_of, side_of
from reviewer.simulation.differential import compare, held_beside
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.reader import ActorError
from reviewer.simulation.roles import roles
from reviewer.simulation.scenario import Mutation, Real, Scenario, Variant
from reviewer.simulation.scenario import Path as Start
from reviewer.simulation.scenario_tables import roles_from
from reviewer.simulation.trial import HOLDS, UNDECIDED, VIOLATED, Options, Trial, trial
from reviewer.syntax.parse import SourceFile, read_file

HERE = Path(__file__).resolve().parent
TABLE, RESULT = HERE / "simulated_fixes.toml", HERE / "simulated_fixes.tsv"
CATEGORIES = ("refcount-leak", "missing-get", "missing-tryget", "use-after-put") + (
    "missing-rcu",
    "missing-rcu-gp",
)
COLUMNS = ("id", "category", "function", "scenario", "bound", "companies", "fixed", "buggy") + (
    "property",
    "mutant",
    "verdict",
    "reason",
    "found",
)
RIGHT, WRONG = "right", "wrong"
CAP = 200_000
Row = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One ``[[fix]]`` with what its trials need."""

    told: Mapping[str, Any]
    scenario: Scenario
    facts: Facts
    real: Real

    @property
    def variant(self) -> Variant:
        told = self.told
        companies = tuple(told.get("companies", ()))
        return Variant("", "", told.get("replace", {}), (), (), HOLDS, "", "", companies=companies)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the fixes, print, and give the exit status: 1 when a verdict is wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and options.only:
        parser.error("--write goes with all fixes")
    try:
        rows = list(tried(options.corpus, options.only))
    except (CorpusError, ruleset.RulesError, OSError) as error:
        print(f"simulated_fixes.py: {error}", file=sys.stderr)
        return 2
    print(as_tsv(rows), end="")
    verdicts = [row["verdict"] for row in rows]
    found = [row["found"] for row in rows]
    counts = ", ".join(f"{verdicts.count(one)} {one}" for one in (RIGHT, UNDECIDED, WRONG))
    print(f"{len(rows)} fixes: {counts}", file=sys.stderr)
    alone = ", ".join(f"{found.count(one)} {one}" for one in (RIGHT, WRONG))
    print(f"in roles found by the program: {alone}", file=sys.stderr)
    if options.write:
        RESULT.write_text(as_tsv(rows), encoding="utf-8")
    return int(WRONG in verdicts or WRONG in found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulated_fixes.py", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with fixes and touched")
    parser.add_argument("--only", type=lambda text: text.split(","), help="only these ids")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    return parser


def as_tsv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, COLUMNS, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def tried(corpus: Path, only: Sequence[str] | None = None) -> Iterator[Row]:
    """A row for each fix of the table, by id."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    entries = {entry.id: entry for entry in read_corpus(corpus, ("fixes",))}
    facts = facts_of_the_cases(table["function"])
    for told in sorted(table["fix"], key=lambda fix: str(fix["id"])):
        if only and told["id"] not in only:
            continue
        if told["id"] not in entries:
            raise CorpusError(f"{TABLE.name}: {told['id']} is not in the corpus")
        entry = entries[told["id"]]
        yield {**_row(told, entry, facts), "found": by_itself(str(told["function"]), entry)}


def facts_of_the_cases(functions: Sequence[Mapping[str, Any]]) -> Facts:
    """The facts, with those that only these cases need."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "kernel")
        folder.mkdir()
        entries = [
            "".join(f"{key} = {_in_toml(value)}\n" for key, value in function.items())
            for function in functions
        ]
        text = "".join(f"[[function]]\n{entry}" for entry in entries)
        (folder / "cases.toml").write_text(text, encoding="utf-8")
        return ruleset.load_facts([Path(scratch)])


def _in_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {_in_toml(one)}" for key, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(_in_toml(one) for one in value)}]"
    return json.dumps(value)


def _row(told: Mapping[str, Any], entry: Entry, facts: Facts) -> Row:
    row: dict[str, str] = dict.fromkeys(COLUMNS, "")
    row |= {"id": entry.id, "category": entry.category}
    row |= {name: str(told.get(name, "")) for name in ("function", "scenario")}
    if "scenario" not in told:
        return row | {"verdict": UNDECIDED, "reason": str(told["undecided"])}
    found = {**_tried(_case(told, facts), entry), "bound": "by hand"}
    if "undecided" in told:
        found |= {"verdict": UNDECIDED, "reason": str(told["undecided"])}
    return row | found


def _case(told: Mapping[str, Any], facts: Facts) -> Case:
    folders = {folder.name: folder for folder in ruleset.scenario_folders(())}
    scenario = ruleset.load_scenario(folders[told["scenario"]], facts)
    if "initial" in told:
        scenario = replace(scenario, paths=tuple(_start(one, told) for one in scenario.paths))
    real = Real(
        file=told["file"],
        function=told["function"],
        roles=roles_from(told),
        variants=(),
        ignore=tuple(told.get("ignore", ())),
        caller=told.get("caller", ""),
    )
    return Case(told, scenario, facts, real)


def _start(path: Start, told: Mapping[str, Any]) -> Start:
    return replace(path, initial={**path.initial, **told["initial"]})


# Without being told ---------------------------------------------------------------


def by_itself(function: str, entry: Entry) -> str:
    """What comparing both images says in the roles that are found."""
    with tempfile.TemporaryDirectory() as scratch:
        fixed, buggy = images(entry, Path(scratch, "images"))
    path = next((path for path in fixed if _has(fixed[path], function)), "")
    if not path or path not in buggy:
        return ""
    if VIOLATED in _compared(function, path, buggy[path], fixed[path]):
        return WRONG
    found = _compared(function, path, fixed[path], buggy[path])
    return RIGHT if VIOLATED in found else ""


def _has(text: bytes, function: str) -> bool:
    return read_file(text, ruleset.load_vocabulary()).function(function) is not None


def _compared(function: str, path: str, before: bytes, after: bytes) -> set[str]:
    """The verdicts, one for each object that the function looks up before."""
    facts = ruleset.load_facts()
    scenarios = [ruleset.load_scenario(folder, facts) for folder in ruleset.scenario_folders(())]
    sides = []
    for text in (before, after):
        source = read_file(text, ruleset.load_vocabulary())
        found = source.function(function)
        if found is None:
            return set()
        sides.append((build(found, facts), neighbours(source, facts).small))
    (graph, callees), _ = sides
    verdicts = set()
    for one in bindings_of(scenarios, graph, path, facts, callees):
        old, new = (side_of(one, g, path, facts, c) for g, c in sides)
        try:
            difference = compare(one.scenario, one.real, old, new, facts, Options(cap=CAP))
        except TooLarge:
            continue
        verdicts.add(difference.verdict)
    return verdicts


# Both images --------------------------------------------------------------------


def _tried(case: Case, entry: Entry) -> Row:
    """The columns that come of the trials."""
    with tempfile.TemporaryDirectory() as scratch:
        sides = images(entry, Path(scratch, "images"))
    fixed, buggy = (_subject(case, side, entry.tree) for side in sides)
    if fixed is None or buggy is None:
        return {"verdict": UNDECIDED, "reason": "one of the images has no such function"}
    with_fix = _trial(case, case.variant, fixed)
    held = held_beside(with_fix)
    if with_fix.reason:
        return {"fixed": UNDECIDED, "verdict": UNDECIDED, "reason": with_fix.reason}
    if not held:
        broken = ", ".join(with_fix.broken) or "too many states"
        reason = f"the fixed image holds beside nobody: {broken}"
        return {"fixed": with_fix.verdict, "verdict": UNDECIDED, "reason": reason}
    asked = replace(case.variant, companies=held)
    without = _trial(case, asked, buggy)
    noticed = _noticed(case, asked, fixed)
    verdict, reason = _judged(case, without, noticed)
    companies = (case.variant.replace.get(actor, actor) for actor in held)
    columns = {"companies": " ".join(companies), "fixed": HOLDS, "buggy": without.verdict}
    broken = " ".join(without.broken)
    return columns | {"property": broken, "mutant": noticed, "verdict": verdict, "reason": reason}


def _judged(case: Case, without: Trial, noticed: str) -> tuple[str, str]:
    """The verdict, and why it is not "right"."""
    if without.reason:
        return UNDECIDED, without.reason
    if not noticed:
        return UNDECIDED, "no mutant of the function is noticed under this binding"
    if without.verdict != VIOLATED:
        return WRONG, "the image without the fix holds too"
    if case.told["property"] not in without.broken:
        return WRONG, f"the image without the fix does not break {case.told['property']}"
    return RIGHT, ""


def _subject(case: Case, side: Mapping[str, bytes], tree: Path) -> Subject | None:
    """The function in one image, and what of its file and of ``bodies`` it may call."""
    source = _read(case, case.real.file, side, tree)
    function = source.function(case.real.function)
    if function is None:
        return None
    graph = build(function, case.facts)
    files = [source, *(_read(case, path, side, tree) for path in case.told.get("bodies", ()))]
    callees = [neighbours(file, case.facts).small for file in files]
    names = roles(case.scenario, graph, case.facts, None)
    return Subject(graph, case.real.file, names, _one_of(callees), case.real.roles)


def _read(case: Case, path: str, side: Mapping[str, bytes], tree: Path) -> SourceFile:
    text = side[path] if path in side else (tree / path).read_bytes()
    return read_file(text, ruleset.load_vocabulary())


def _one_of(callees: Sequence[Callees]) -> Callees:
    def find(name: str) -> Graph | None:
        found = (graph for look in callees if (graph := look(name)) is not None)
        return next(found, None)

    return find


def _trial(case: Case, variant: Variant, subject: Subject) -> Trial:
    return trial(case.scenario, variant, case.facts, Options(cap=CAP), case.real, subject)


# Mutants ------------------------------------------------------------------------


def _noticed(case: Case, asked: Variant, fixed: Subject) -> str:
    """The first mutant of the fixed image that is VIOLATED, empty when none is."""
    for name, mutations in _mutants(case):
        called = case.real.roles.called
        changes = tuple(replace(one, call=called.get(one.call, one.call)) for one in mutations)
        try:
            found = _trial(case, replace(asked, mutations=changes), fixed)
        except ActorError:
            continue
        if found.verdict == VIOLATED:
            return name
    return ""


def _mutants(case: Case) -> Iterator[tuple[str, Sequence[Mutation]]]:
    """Those of the scenario, and those the table says are like one of them."""
    for variant in case.scenario.variants:
        if variant.mutations and variant.expect == VIOLATED:
            yield variant.name, variant.mutations
    for told in case.told.get("mutants", ()):
        changes = [Mutation(one["call"], one["how"], one.get("nth", -1)) for one in told["mutate"]]
        yield told["like"], changes


if __name__ == "__main__":
    sys.exit(main())
