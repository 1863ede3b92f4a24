# SPDX-License-Identifier: GPL-2.0-only
"""What counts as found, what as a false remark, and the tables of both."""

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import CorpusError, Entry, table
from corpus_reviews import Outcome, Remark

from reviewer.ruleset import rule_folders

HERE = Path(__file__).resolve().parent
SEVERITIES = ("error", "warning", "note")
VERDICTS = ("true", "arguable", "false")
COLUMNS = ("set", "id", "direction", "rule", "severity", "verdict", "why")

Accepted = Mapping[str, Sequence[str]]
Run = Sequence[tuple[Entry, Outcome]]


@dataclass(frozen=True)
class Table:
    """Figures to print; the first column is text, the others are numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_accepted(path: Path = HERE / "accepted_rules.toml") -> Accepted:
    """The rules that count for each category."""
    with path.open("rb") as file:
        return tomllib.load(file)


def unscored(run: Run, accepted: Accepted) -> list[str]:
    """What makes figures smaller than they might be, one line each."""
    existing = {rule.name for rule in rule_folders()}
    named = {rule for rules in accepted.values() for rule in rules}
    categories = {entry.category for entry, _ in run if entry.set == "fixes"}
    lines = {
        "accepted, but there is no such rule": named - existing,
        "categories that no rule is accepted for": categories - set(accepted),
    }
    return [f"{what}: {', '.join(sorted(names))}" for what, names in lines.items() if names]


def above_note(remark: Remark) -> bool:
    return remark.severity != "note"


def in_touched(remark: Remark, touched: Mapping[str, Sequence[str] | None]) -> bool:
    """Whether a remark is about a function that the fix changes, or, where the
    fix changes a file outside of its functions alone, about that file."""
    if remark.file not in touched:
        return False
    names = touched[remark.file]
    return names is None or remark.function in names


def names_of(remark: Remark) -> set[str]:
    """The rules a remark speaks for."""
    return {remark.rule, *remark.also}


def hit_rules(entry: Entry, outcome: Outcome, accepted: Accepted) -> set[str]:
    """The rules that tell of the fault; none means a miss."""
    told = [
        names_of(one)
        for one in outcome.remarks
        if above_note(one) and in_touched(one, outcome.touched)
    ]
    return set().union(*told) & set(accepted.get(entry.category, ()))


def why_missed(entry: Entry, outcome: Outcome, accepted: Accepted) -> str:
    """How near the review of a missed fix came."""
    wanted = set(accepted.get(entry.category, ()))
    there = [one for one in outcome.remarks if in_touched(one, outcome.touched)]
    if outcome.error:
        return "failed"
    if any(names_of(one) & wanted for one in there):
        return "a note only"
    if any(map(above_note, there)):
        return "another rule"
    if any(map(above_note, outcome.remarks)):
        return "another function"
    if outcome.remarks:
        return "another note"
    return "nothing, not all read" if outcome.problems else "nothing"


def faults(run: Run, bare: bool = False) -> list[tuple[Entry, Outcome]]:
    """The reviews that recall is measured on."""
    return [(e, o) for e, o in run if (e.set, o.direction, o.bare) == ("fixes", "reverse", bare)]


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part / whole:.0f}%" if whole else "-"


def recall_tables(run: Run, accepted: Accepted) -> list[Table]:
    """Recall per tier and category; a second column without comments, if that was run."""
    columns = [faults(run)] + ([faults(run, True)] if faults(run, True) else [])
    head = ("found", "without comments")[: len(columns)]
    tables = []
    keys: tuple[tuple[str, Callable[[Entry], str]], ...] = (
        ("tier", lambda entry: entry.tier),
        ("category", lambda entry: entry.category),
    )
    for title, key in keys:
        names = sorted({key(entry) for entry, _ in columns[0]})
        rows = [(name, *(_recall(c, accepted, key, name) for c in columns)) for name in names]
        if title == "tier":
            rows.append(("all", *(_recall(c, accepted, lambda _: "", "") for c in columns)))
        tables.append(Table(f"Recall per {title}", (title, *head), tuple(rows)))
    return [*tables, _per_rule(columns, accepted, head)]


def _recall(run: Run, accepted: Accepted, key: Callable[[Entry], str], name: str) -> str:
    mine = [(entry, outcome) for entry, outcome in run if key(entry) == name]
    return share(sum(bool(hit_rules(e, o, accepted)) for e, o in mine), len(mine))


def miss_table(run: Run, accepted: Accepted) -> Table:
    """How near the reviews of missed fixes came."""
    missed = Counter(
        why_missed(entry, outcome, accepted)
        for entry, outcome in faults(run)
        if not hit_rules(entry, outcome, accepted)
    )
    rows = tuple((why, str(count)) for why, count in sorted(missed.items()))
    return Table("What was said of fixes that are missed", ("said", "fixes"), rows)


def _per_rule(columns: Sequence[Run], accepted: Accepted, head: Sequence[str]) -> Table:
    """For each rule the fixes it hits, of those of the categories that accept it."""
    rows = []
    for rule in sorted({rule for rules in accepted.values() for rule in rules}):
        cells = []
        for run in columns:
            mine = [(e, o) for e, o in run if rule in accepted.get(e.category, ())]
            cells.append(share(sum(rule in hit_rules(e, o, accepted) for e, o in mine), len(mine)))
        if set(cells) != {"-"}:
            rows.append((rule, *cells))
    return Table("Recall per rule, of the fixes it counts for", ("rule", *head), tuple(rows))


def remark_table(run: Run) -> Table:
    """Findings per 100 reviews of patches that should be silent, and of fixes for information."""
    counted = [
        (e, o) for e, o in run if not o.bare and (e.set, o.direction) != ("fixes", "reverse")
    ]
    rows = []
    for group in dict.fromkeys(entry.group for entry, _ in counted):
        mine = [o for e, o in counted if e.group == group]
        present = [way for way in ("forward", "reverse") if any(o.direction == way for o in mine)]
        for way in present:
            rows.append(_rates(group, way, [o for o in mine if o.direction == way]))
        if len(present) > 1:
            rows.append(_rates(group, "both", mine))
    head = ("set", "direction", "reviews", *SEVERITIES, "above note", "patches above note")
    return Table("Findings per 100 reviews", head, tuple(rows))


def _rates(group: str, way: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    done = [one for one in outcomes if not one.error]
    counts = Counter(remark.severity for one in done for remark in one.remarks)
    loud = sum(any(map(above_note, one.remarks)) for one in done)
    above = sum(count for severity, count in counts.items() if severity != "note")

    def rate(count: int) -> str:
        return f"{100 * count / len(done):.1f}" if done else "-"

    cells = [rate(counts[severity]) for severity in SEVERITIES]
    return (group, way, str(len(done)), *cells, f"{rate(above)} ({above})", rate(loud))


def rule_table(run: Run) -> Table:
    """How often each rule speaks above note, by the set it speaks on."""
    counts: Counter[tuple[str, str]] = Counter()
    for entry, outcome in run:
        if not outcome.bare:
            name = f"fixes {outcome.direction}" if entry.set == "fixes" else entry.group
            counts.update((one.rule, name) for one in outcome.remarks if above_note(one))
    groups = ("fixes reverse", "fixes forward", "quiet plain", "quiet token", "hardquiet")
    rules = sorted({rule for rule, _ in counts})
    rows = tuple((rule, *(str(counts[rule, group]) for group in groups)) for rule in rules)
    return Table("Findings above note per rule", ("rule", *groups), rows)


@dataclass(frozen=True)
class Judgement:
    """A row of the table of remarks that people looked at."""

    set: str
    id: str
    direction: str
    rule: str
    severity: str
    verdict: str
    why: str

    @property
    def key(self) -> tuple[str, ...]:
        return self.set, self.id, self.direction, self.rule, self.severity


def read_judgements(path: Path) -> list[Judgement]:
    """The remarks that were judged; none when there is no such table.  Raises CorpusError."""
    if not path.exists():
        return []
    rows = [
        Judgement(**{name: row[name] or "" for name in COLUMNS}) for row in table(path, COLUMNS)
    ]
    for number, row in enumerate(rows, 2):
        wrong = _wrong(row)
        if wrong:
            raise CorpusError(f"{path}:{number}: {wrong}")
    return rows


def _wrong(row: Judgement) -> str:
    """What a row has that cannot be meant, or nothing."""
    known = {
        "set": (row.set, ("quiet", "hardquiet")),
        "direction": (row.direction, ("forward", "reverse")),
        "severity": (row.severity, SEVERITIES[:2]),
        "verdict": (row.verdict, VERDICTS),
    }
    for column, (value, values) in known.items():
        if value not in values:
            return f"{column} '{value}' is none of {', '.join(values)}"
    return "" if row.why else "no reason"


@dataclass(frozen=True)
class Explained:
    """The remarks above note on patches that should be silent, against the table:
    how many of each verdict, those without a row, and the rows without a remark."""

    verdicts: Counter[str]
    unexplained: tuple[tuple[Entry, Outcome, Remark], ...]
    stale: tuple[Judgement, ...]


def quiet_remarks(run: Run) -> list[tuple[Entry, Outcome, Remark]]:
    """Every remark on a patch that should be silent."""
    return [(e, o, one) for e, o in run if e.set != "fixes" and not o.bare for one in o.remarks]


def explain(run: Run, judgements: Sequence[Judgement]) -> Explained:
    """Compare; a row stands for one remark, so that a second one like it is not covered up.

    A row about a patch that was not reviewed this time is not stale.
    """
    left = list(judgements)
    verdicts: Counter[str] = Counter()
    unexplained = []
    for entry, outcome, remark in quiet_remarks(run):
        key = (entry.set, entry.id, outcome.direction, remark.rule, remark.severity)
        row = next((row for row in left if row.key == key), None)
        if row is not None:
            left.remove(row)
            verdicts[row.verdict] += 1
        elif above_note(remark):
            unexplained.append((entry, outcome, remark))
    reviewed = {(e.id, o.direction) for e, o in run if not o.bare and not o.error}
    stale = [row for row in left if (row.id, row.direction) in reviewed]
    return Explained(verdicts, tuple(unexplained), tuple(stale))
