# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview review``, the default verb: patches in, a report out."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.frontend.arguments import Parser, formatter
from reviewer.frontend.config import add_option
from reviewer.frontend.console import FINDINGS, NOT_ANALYSED, NOTHING, columns, complain, version
from reviewer.frontend.inputs import InputError

if TYPE_CHECKING:
    from reviewer.frontend.baseline import Entry
    from reviewer.patch.records import Reply, Submission
    from reviewer.report.formats import RuleText
    from reviewer.report.html_images import Look
    from reviewer.review import Ruleset
    from reviewer.source.records import SourcePair
    from reviewer.source.tree import Tree
    from reviewer.verdict.records import Review
    from reviewer.verdict.suppress import Wishes

Input = tuple[str, bytes]
"""What an input is called in messages, and its contents."""

_HELP = """Review patches: what did an access lose, who else touches the place, and can another CPU
tell?  Exit status: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, 3 something could
not be analysed."""

FORMATS = ("terminal", "gcc", "json", "sarif", "rdjsonl", "mail", "html")
SEVERITIES = ("note", "warning", "error")


def run(args: Sequence[str]) -> int:
    """The verb; returns the exit status."""
    from reviewer.frontend.config import parsed

    made = parser()
    options = parsed(made, args)
    options.files = len(args) - args.index("--") - 1 if "--" in args else 0
    if options.explain is not None:
        from reviewer.frontend.rules import explain

        return explain(options.explain, options.rules)
    if not options.inputs:
        made.error("the following arguments are required: PATCH")
    return _review(options)


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(prog="mmreview review", description=_HELP, formatter_class=formatter)
    add_options(made)
    return made


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="PATCH",
        help="diff, format-patch mail, mbox, maildir, directory of patches, '-', or commits"
        " (HEAD~3.., A..B, one commit)",
    )
    parser.add_argument(
        "--tree", metavar="DIR", help="kernel checkout or directory with the state before the patch"
    )
    parser.add_argument(
        "--index", metavar="FILE", help="index of the tree (default: the one 'mmreview index' made)"
    )
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="form of the report")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to FILE")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="warning", help="least severity for exit status 1"
    )
    parser.add_argument(
        "--rules", metavar="DIR", action="append", default=[], help="additional rules"
    )
    parser.add_argument(
        "--disable", metavar="RULE[,RULE]", action="append", default=[], help="leave rules out"
    )
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings FILE knows")
    parser.add_argument("--write-baseline", metavar="FILE", help="write the findings to FILE")
    add_option(parser)
    parser.add_argument("--explain", metavar="RULE", help="explain a rule, and review nothing")


def _review(options: argparse.Namespace) -> int:
    from sqlite3 import DatabaseError

    from reviewer.frontend.meter import telling
    from reviewer.frontend.ranges import inputs_of
    from reviewer.frontend.series import standing
    from reviewer.frontend.witnesses import witness_of
    from reviewer.patch.read import read_submission
    from reviewer.review import forget, review

    rules = _ruleset(options)
    entries, wishes = _wishes(options, rules)
    given = inputs_of(options.inputs, options.tree, options.files)
    inputs = given.entries
    readable = _readable(inputs) if len(inputs) > 1 else inputs
    submission = read_submission(readable, sort=True)
    pairs: dict[int, Sequence[SourcePair]] = {}
    keep = pairs.__setitem__ if options.format == "html" else forget
    with ExitStack() as stack:
        tree = _tree(options, submission, stack, given.top)
        stand = standing(submission, tree)
        submission = stand.submission
        ask = witness_of(tree, rules, options.index)
        damaged = ""
        tell = stack.enter_context(telling())
        try:
            result = review(submission, tree, rules, wishes, ask, keep, tell)
        except DatabaseError as error:
            damaged = f"the index is damaged ({error}): reviewed without it"
            result = review(submission, tree, rules, wishes, keep=keep, tell=tell)
    if damaged:
        complain(damaged, NOTHING)
    _write(result, options, readable, _look(options, pairs, rules))
    if options.write_baseline is not None:
        from reviewer.frontend.baseline import write_baseline

        write_baseline(options.write_baseline, result, entries)
    notes = (*given.notes, *stand.notes, *result.notes, *_not_for_us(result))
    _say(result, (*notes, *_left_out(result, options, entries)))
    return _status(result, options.fail_on, len(readable) < len(inputs))


def _say(result: "Review", notes: Sequence[str]) -> None:
    """What there is to say beside the report, and what could not be analysed."""
    for note in notes:
        complain(note, NOTHING)
    for entry in result.problems:
        place = f"{entry.problem.file}: " if entry.problem.file else ""
        where = f"{entry.problem.function}(): " if entry.problem.function else ""
        complain(f"{place}{where}{entry.problem.reason}", NOT_ANALYSED)


def _readable(inputs: Sequence[Input]) -> list[Input]:
    """The inputs without those that are no patches: one of them does not keep
    the others from being reviewed."""
    from reviewer.patch.read import read_submission
    from reviewer.patch.records import PatchError

    found = []
    for one in inputs:
        try:
            read_submission([one])
        except PatchError as error:
            complain(str(error), NOT_ANALYSED)
        else:
            found.append(one)
    return found


def _not_for_us(result: "Review") -> list[str]:
    """What to say of patches that touch no C at all."""
    troubled = {entry.patch for entry in result.problems}
    return [
        f"{patch.subject or 'this diff'}: no C file, nothing to review"
        for number, patch in enumerate(result.patches)
        if patch.files and number not in troubled
        if not any(diff.path.endswith((".c", ".h")) for diff in patch.files)
    ]


def _wishes(options: argparse.Namespace, rules: "Ruleset") -> "tuple[Sequence[Entry], Wishes]":
    """The entries of the baseline, and all that the user does not want to be told."""
    from reviewer.verdict.suppress import EVERYTHING, Wishes

    if not options.disable and options.baseline is None:
        return (), EVERYTHING
    from reviewer.frontend.baseline import known, read_baseline
    from reviewer.frontend.rules import unknown

    disabled = [name for text in options.disable for name in text.split(",")]
    names = [rule.name for rule in rules.rules]
    for name in disabled:
        if name not in names:
            raise InputError(f"--disable {name}: {unknown(name, names)}")
    entries = () if options.baseline is None else read_baseline(options.baseline)
    return entries, Wishes(frozenset(disabled), known(entries))


def _left_out(
    result: "Review", options: argparse.Namespace, entries: "Sequence[Entry]"
) -> list[str]:
    """What to say of suppressed findings beside the report: no mail is sent for
    them alone, and what a baseline knows may be gone."""
    told = []
    repaired = sum(one.by == "series" for one in result.suppressed)
    asked = len(result.suppressed) - repaired
    for count, how in ((asked, "suppressed"), (repaired, "repaired in the series")):
        if options.format == "mail" and count:
            told.append(f"{count} finding{'s' * (count != 1)} {how}")
    if entries:
        from reviewer.frontend.baseline import stale

        count = stale(entries, result)
        if count:
            some = "1 entry of the baseline no longer occurs"
            told.append(some if count == 1 else f"{count} entries of the baseline no longer occur")
    return told


def _status(result: "Review", fail_on: str, unread: bool) -> int:
    least = SEVERITIES.index(fail_on)
    if any(SEVERITIES.index(one.severity) >= least for one in result.verdicts):
        return FINDINGS
    return NOT_ANALYSED if unread or result.problems else NOTHING


def _tree(
    options: argparse.Namespace, submission: "Submission", stack: ExitStack, top: str | None
) -> "Tree | None":
    """The tree to take the before state from: ``top`` where commits are reviewed, else
    the one given, else the git top level of the current directory when it has a
    file the patch touches."""
    from reviewer.frontend.inputs import is_directory
    from reviewer.source.git import work_tree
    from reviewer.source.tree import Refused, open_tree

    if top is not None:
        return stack.enter_context(open_tree(top))
    if options.tree is not None:
        if not is_directory(options.tree):
            raise InputError(f"--tree {options.tree}: no such directory")
        return stack.enter_context(open_tree(options.tree))
    found = work_tree(".")
    if found is None:
        return None
    tree = stack.enter_context(open_tree(found[0]))
    paths = [diff.old_path for patch in submission.patches for diff in patch.files]
    for path in paths:
        try:
            if path is not None and tree.file(path) is not None:
                return tree
        except Refused:
            continue
    return None


def _ruleset(options: argparse.Namespace) -> "Ruleset":
    from reviewer.frontend.inputs import is_directory
    from reviewer.frontend.shipped import load_ruleset

    for name in options.rules:
        if not is_directory(name):
            raise InputError(f"--rules {name}: no such directory")
    return load_ruleset([Path(name) for name in options.rules])


def _rule_texts(options: argparse.Namespace) -> "tuple[RuleText, ...]":
    """What rules say of themselves, for the format that wants it."""
    if options.format != "sarif":
        return ()
    from reviewer.frontend.rules import rule_texts

    return rule_texts(options.rules)


def _look(
    options: argparse.Namespace, pairs: "Mapping[int, Sequence[SourcePair]]", rules: "Ruleset"
) -> "Look | None":
    """What shows the functions of the review, for the format that does."""
    if options.format != "html":
        return None
    from reviewer.report.html_images import look

    return look(pairs, rules.vocabulary, rules.facts)


def _may_colour() -> bool:
    """Whether nobody asks for plain text (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _covers(inputs: Sequence[Input]) -> "tuple[Reply, ...]":
    from reviewer.frontend.covers import covers_of

    return covers_of(inputs)


def _write(
    result: "Review", options: argparse.Namespace, inputs: Sequence[Input], look: "Look | None"
) -> None:
    from datetime import UTC, datetime

    from reviewer.frontend.outputs import write
    from reviewer.report.formats import Options, report

    terminal = sys.stdout is not None and sys.stdout.isatty()
    how = Options(
        colour=terminal and options.output is None and _may_colour(),
        width=columns() if terminal else 80,
        version=version() if options.format in ("mail", "sarif", "html") else "",
        now=datetime.now(UTC),
        rules=_rule_texts(options),
        look=look,
        covers=_covers(inputs) if options.format == "mail" else (),
    )
    write(report(result, options.format, how), options.output)
