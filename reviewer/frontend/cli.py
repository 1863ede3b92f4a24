# SPDX-License-Identifier: GPL-2.0-only
"""The command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.patch.records import Submission
    from reviewer.source.tree import Tree
    from reviewer.verdict.records import Review

FORMATS = ("terminal", "gcc", "json", "mail")
SEVERITIES = ("note", "warning", "error")
NOTHING, FINDINGS, USAGE, NOT_ANALYSED = 0, 1, 2, 3


class UsageError(Exception):
    """Wrong use of the command line; one line."""


def run() -> None:
    """Entry point of the console script."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except MemoryError:
        status = _complain("out of memory", NOT_ANALYSED)
    except BrokenPipeError:
        # Whoever read our output has enough; do not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:
        # A fault of the program itself must not look like a finding.
        if "MMREVIEW_DEBUG" in os.environ:
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        status = _complain(f"internal error, nothing was reviewed: {what}", NOT_ANALYSED)
    sys.exit(status)


def main(args: Sequence[str]) -> int:
    """Run one command and return its exit status.

    0: nothing at or above --fail-on; 1: findings; 2: wrong usage; 3: something
    could not be analysed and no finding reached --fail-on.
    """
    from reviewer.frontend.inputs import InputError
    from reviewer.patch.records import PatchError
    from reviewer.ruleset import RulesError

    options = _parser().parse_args(_with_verb(args))
    try:
        return _review(options)
    except (UsageError, InputError) as error:
        return _complain(str(error), USAGE)
    except RulesError as error:
        return _complain(str(error), USAGE)
    except PatchError as error:
        return _complain(str(error), NOT_ANALYSED)


def _complain(text: str, status: int) -> int:
    print(f"mmreview: {text}", file=sys.stderr)
    return status


def _with_verb(args: Sequence[str]) -> list[str]:
    """``review`` is the default verb."""
    known = ("review", "-h", "--help", "--version")
    return list(args) if args and args[0] in known else ["review", *args]


def _parser() -> argparse.ArgumentParser:
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("mmreview")
    except PackageNotFoundError:
        number = "unknown"
    parser = argparse.ArgumentParser(
        prog="mmreview", description="Review Linux kernel patches: what did an access lose?"
    )
    parser.add_argument("--version", action="version", version=f"mmreview {number}")
    parser.set_defaults(version_number=number)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _review_options(verbs.add_parser("review", help="review patches (the default)"))
    return parser


def _review_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="PATCH",
        help="diff, format-patch mail, mbox, maildir, directory of patches, or '-'",
    )
    parser.add_argument(
        "--tree", metavar="DIR", help="kernel checkout or directory with the state before the patch"
    )
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="form of the report")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to FILE")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="warning", help="least severity for exit status 1"
    )
    parser.add_argument(
        "--rules", metavar="DIR", action="append", default=[], help="additional rules"
    )


def _review(options: argparse.Namespace) -> int:
    from reviewer.frontend.inputs import read_inputs
    from reviewer.patch.read import read_submission
    from reviewer.review import review

    submission = read_submission(read_inputs(options.inputs))
    for note in (*submission.notes, *_not_for_us(submission)):
        print(f"mmreview: {note}", file=sys.stderr)
    with ExitStack() as stack:
        tree = _tree(options, submission, stack)
        result = review(submission, tree, _ruleset(options))
    _write(result, options)
    for entry in result.problems:
        place = f"{entry.problem.file}: " if entry.problem.file else ""
        where = f"{entry.problem.function}(): " if entry.problem.function else ""
        print(f"mmreview: {place}{where}{entry.problem.reason}", file=sys.stderr)
    return _status(result, options.fail_on)


def _not_for_us(submission: "Submission") -> list[str]:
    """What to say of patches that touch no C at all."""
    return [
        f"{patch.subject or 'this diff'}: no C file, nothing to review"
        for patch in submission.patches
        if patch.files and not any(diff.path.endswith((".c", ".h")) for diff in patch.files)
        if not any(diff.binary for diff in patch.files)
    ]


def _status(result: "Review", fail_on: str) -> int:
    least = SEVERITIES.index(fail_on)
    if any(SEVERITIES.index(one.severity) >= least for one in result.verdicts):
        return FINDINGS
    return NOT_ANALYSED if result.problems else NOTHING


def _tree(options: argparse.Namespace, submission: "Submission", stack: ExitStack) -> "Tree | None":
    """The tree to take the before state from: the one given, else the git top
    level of the current directory when it has a file the patch touches."""
    from reviewer.source.git import work_tree
    from reviewer.source.tree import Refused, open_tree

    if options.tree is not None:
        if not Path(options.tree).is_dir():
            raise UsageError(f"--tree {options.tree}: no such directory")
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


def _ruleset(options: argparse.Namespace):  # type: ignore[no-untyped-def]
    from functools import cache

    from reviewer import ruleset
    from reviewer.review import Ruleset

    extra = [Path(name) for name in options.rules]
    for folder in extra:
        if not folder.is_dir():
            raise UsageError(f"--rules {folder}: no such directory")
    facts = ruleset.load_facts(extra)
    return Ruleset(
        facts=facts,
        vocabulary=ruleset.load_vocabulary(),
        rules=ruleset.load_rules(extra),
        scenarios=cache(lambda: ruleset.load_scenarios(facts, extra)),
        claims=cache(lambda: ruleset.load_claims(extra)),
    )


def _write(result: "Review", options: argparse.Namespace) -> None:
    import shutil
    from datetime import UTC, datetime

    from reviewer.report.formats import Options, report

    coloured = options.output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
    how = Options(
        colour=coloured,
        width=width,
        version=_version(),
        now=datetime.now(UTC),
    )
    text = report(result, options.format, how)
    if options.output is None:
        sys.stdout.write(text)
        return
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-o {options.output}: {error.strerror}") from None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mmreview")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    run()
