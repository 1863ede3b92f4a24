# SPDX-License-Identifier: GPL-2.0-only
"""How much of what a corpus of labelled patches is about mmreview finds, and how often it speaks
up on patches that are fine.  README.md says what counts."""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import corpus_reviews
import corpus_scores as scoring
from corpus import SETS, CorpusError, Entry, read_corpus
from corpus_reviews import Outcome, Remark, Task, run_all
from corpus_scores import Accepted, Run, Table

REMARKS = scoring.HERE / "false_remarks.tsv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Review, print, and give the exit status: 1 when a review failed."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    try:
        accepted = scoring.read_accepted()
        judgements = scoring.read_judgements(options.false_remarks)
        tasks = chosen(read_corpus(options.corpus, options.sets or SETS), options)
        corpus_reviews.EVIDENCE.update(one.split("=", 1) for one in options.evidence)
        for path in filter(None, (options.json, options.markdown)):
            path.write_text("", encoding="utf-8")
        outcomes = run_all(tasks, options.jobs, _progress(options.progress))
    except (CorpusError, OSError) as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    run = [(task.entry, outcome) for task, outcome in zip(tasks, outcomes, strict=True)]
    tables = [table for table in _tables(run, accepted) if table.rows]
    for table in tables:
        print(f"{as_text(table)}\n")
    for lines in (
        _details(run, accepted, options),
        scoring.unscored(run, accepted),
        _judged(run, judgements),
        _failures(run),
    ):
        for line in lines:
            print(line)
    print(f"{time.monotonic() - started:.0f} s, {options.jobs} processes")
    if options.json:
        options.json.write_text(as_json(run, accepted), encoding="utf-8")
    if options.markdown:
        text = "\n".join(as_markdown(table) for table in tables)
        options.markdown.write_text(text, encoding="utf-8")
    return int(any(outcome.error for _, outcome in run))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate.py", description=__doc__)
    add = parser.add_argument
    add("corpus", type=Path, help="folder with fixes, quiet, hardquiet and touched")
    add("--jobs", type=_positive, default=2, help="processes (2)")
    add("--timeout", type=float, default=60.0, help="seconds one review may take (60)")
    add(
        "--evidence",
        metavar="TREE=INDEX",
        action="append",
        default=[],
        type=_index,
        help="ask the tree: the index of a tree such as linux-source-6.12, others are read nearby",
    )
    add("--set", dest="sets", action="append", choices=SETS, help="only this set")
    add("--only", type=lambda text: text.split(","), help="only these ids, with commas between")
    add("--strip-comments", action="store_true", help="recall also with comments taken out")
    add("--misses", action="store_true", help="list the fixes that are not found")
    add("--remarks", action="store_true", help="list all findings on quiet and hardquiet")
    add("--progress", action="store_true", help="show progress where stderr is no terminal too")
    add("--false-remarks", type=Path, default=REMARKS, help="table of remarks that were looked at")
    add("--json", type=Path, help="write all results to this file")
    add("--markdown", type=Path, help="write the tables to this file")
    return parser


def _index(text: str) -> str:
    name, found, path = text.partition("=")
    if not (name and found and Path(path).is_file()):
        raise argparse.ArgumentTypeError(f"not TREE=INDEX: {text}")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a number of processes: {text}")
    return int(text)


def chosen(entries: Sequence[Entry], options: argparse.Namespace) -> list[Task]:
    """The reviews to make.  Raises CorpusError for an id that is not there."""
    unknown = sorted(set(options.only or ()) - {entry.id for entry in entries})
    if unknown:
        raise CorpusError(f"--only {','.join(unknown)}: not in the corpus")
    return [
        Task(entry, direction, bare, options.timeout)
        for entry in entries
        if not options.only or entry.id in options.only
        for direction in entry.directions
        for bare in (False, True)
        if not bare or (options.strip_comments and entry.set == "fixes" and direction == "reverse")
    ]


def _progress(wanted: bool) -> Callable[[int, int], None]:
    terminal = sys.stderr.isatty()

    def show(done: int, count: int) -> None:
        if terminal:
            print(f"\r{done}/{count}", end="\n" if done == count else "", file=sys.stderr)
        elif wanted and (done % 25 == 0 or done == count):
            print(f"{done}/{count}", file=sys.stderr, flush=True)

    return show


def _tables(run: Run, accepted: Accepted) -> list[Table]:
    recall = scoring.recall_tables(run, accepted) if scoring.faults(run) else []
    missed = [scoring.miss_table(run, accepted)]
    return [*recall, *missed, scoring.remark_table(run), scoring.rule_table(run)]


def _details(run: Run, accepted: Accepted, options: argparse.Namespace) -> Iterator[str]:
    if options.misses:
        yield from misses(run, accepted)
    if options.remarks:
        for entry, outcome, remark in scoring.quiet_remarks(run):
            yield f"remark: {_about(entry, outcome)}: {entry.subject}"
            yield f"    {_remark(remark)}"


def _judged(run: Run, judgements: Sequence[scoring.Judgement]) -> Iterator[str]:
    """What the table of looked-at remarks explains, what it does not, and what is old in it."""
    explained = scoring.explain(run, judgements)
    for entry, outcome, remark in explained.unexplained if judgements else ():
        yield f"not judged: {_about(entry, outcome)}: {entry.subject}"
        yield f"    {_remark(remark)}"
    for row in explained.stale:
        yield f"stale row: {row.id} {row.direction}: no {row.severity} of {row.rule}"
    counts = ", ".join(f"{explained.verdicts[name]} {name}" for name in scoring.VERDICTS)
    yield (
        f"above note on quiet and hardquiet: {counts}, {len(explained.unexplained)} not judged, "
        f"{len(explained.stale)} stale rows"
    )


def _failures(run: Run) -> Iterator[str]:
    failed = [(entry, outcome) for entry, outcome in run if outcome.error]
    for entry, outcome in failed:
        yield f"failed: {_about(entry, outcome)}: {outcome.error}"
    remade = [_about(entry, outcome) for entry, outcome in run if outcome.remade]
    if remade:
        yield f"diffs made anew, as hunks fitted several places: {', '.join(remade)}"
    partly = sum(bool(outcome.problems) for _, outcome in run)
    yield f"{len(failed)} of {len(run)} reviews failed, {partly} could not read everything"


def misses(run: Run, accepted: Accepted) -> Iterator[str]:
    """The fixes that are not found, with what was said instead."""
    for bare in (False, True):
        for entry, outcome in scoring.faults(run, bare):
            if scoring.hit_rules(entry, outcome, accepted):
                continue
            said = scoring.why_missed(entry, outcome, accepted)
            yield f"miss: {_about(entry, outcome)}: {entry.subject}"
            yield f"    {entry.category}, tier {entry.tier}, said {said}: {entry.reason}"
            for path, names in outcome.touched.items():
                functions = (
                    "outside of functions"
                    if names is None
                    else ", ".join(name or "(outside)" for name in names)
                )
                yield f"    touched: {path}: {functions}"
            yield from (f"    found: {_remark(remark)}" for remark in outcome.remarks)
            yield from (f"    problem: {problem}" for problem in outcome.problems)
            if outcome.error:
                yield f"    failed: {outcome.error}"


def _about(entry: Entry, outcome: Outcome) -> str:
    return f"{entry.id} {outcome.direction}{' without comments' if outcome.bare else ''}"


def _remark(remark: Remark) -> str:
    rules = "+".join((remark.rule, *remark.also))
    where = f"{remark.file}:{remark.line}: {remark.function}"
    return f"{remark.severity} {rules}: {where}: {remark.message}"


def as_text(table: Table) -> str:
    lines = [table.head, *table.rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(table.head))]
    texts = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    ]
    return "\n".join([table.title, *texts])


def as_markdown(table: Table) -> str:
    rules = ("---", *("---:" for _ in table.head[1:]))
    lines = [f"| {' | '.join(line)} |" for line in (table.head, rules, *table.rows)]
    return "\n".join([f"### {table.title}", "", *lines, ""])


def as_json(run: Run, accepted: Accepted) -> str:
    """Everything that was found, one object a review."""
    reviews = [
        {
            "set": entry.set,
            "kind": entry.kind,
            "category": entry.category,
            "tier": entry.tier,
            "subject": entry.subject,
            **dataclasses.asdict(outcome),
            **_scored(entry, outcome, accepted),
        }
        for entry, outcome in run
    ]
    return json.dumps({"reviews": reviews}, indent=1) + "\n"


def _scored(entry: Entry, outcome: Outcome, accepted: Accepted) -> dict[str, object]:
    if not scoring.faults([(entry, outcome)], outcome.bare):
        return {}
    rules = sorted(scoring.hit_rules(entry, outcome, accepted))
    return {"hit": rules, "missed": "" if rules else scoring.why_missed(entry, outcome, accepted)}


if __name__ == "__main__":
    sys.exit(main())
