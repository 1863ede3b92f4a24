# SPDX-License-Identifier: GPL-2.0-only
"""The command line: which verb, and what becomes of everything that goes wrong."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from reviewer.frontend.console import NOT_ANALYSED, USAGE, complain, version

VERBS = {
    "review": ("reviewing", "review patches (the default)"),
    "graph": ("graph", "draw a function with its lock scopes"),
    "hook": ("hook", "review what git send-email and b4 are about to send"),
    "index": ("indexing", "index a tree, for what it tells of a patch"),
    "simulate": ("simulate", "run scenarios of the simulation"),
    "rules": ("rules", "list the rules, or explain one"),
    "completion": ("completion", "print what a shell needs to complete command lines"),
}
"""Each verb with its module, which has ``run`` and ``parser``, and what it does."""


class _ShowVersion(argparse.Action):
    """Looks the version up only when somebody wants to know."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"mmreview {version()}")
        parser.exit()


def run() -> None:
    """Entry point of the console script."""
    # Records hold no cycles to speak of; what looks for them would look at all of them.
    gc.set_threshold(200_000)
    if isinstance(sys.stdout, TextIOWrapper):
        # Not every terminal can show every name; none may end the review.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = main(sys.argv[1:])
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except KeyboardInterrupt:
        status = 130
    except MemoryError:
        status = complain("out of memory", NOT_ANALYSED)
    except BrokenPipeError:
        # Whoever read our output has enough; do not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:
        # A fault of the program itself must not look like a finding.
        if "MMREVIEW_DEBUG" in os.environ:
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        status = complain(f"internal error, nothing was reviewed: {what}", NOT_ANALYSED)
    else:
        if "MMREVIEW_DEBUG" not in os.environ:
            # Taking every object apart first would cost an eighth of a short review.
            os._exit(status)
    sys.exit(status)


def main(args: Sequence[str]) -> int:
    """Run one command and return its exit status.

    0: nothing at or above --fail-on; 1: findings; 2: wrong usage; 3: something
    could not be analysed and no finding reached --fail-on.
    """
    from reviewer.frontend.inputs import InputError
    from reviewer.patch.records import PatchError

    try:
        if args and args[0] in ("-h", "--help", "--version"):
            parser().parse_args(args)
        verb, rest = (args[0], args[1:]) if args and args[0] in VERBS else ("review", args)
        return int(import_module(f"reviewer.frontend.{VERBS[verb][0]}").run(rest))
    except InputError as error:
        return complain(str(error), USAGE)
    except PatchError as error:
        return complain(str(error), NOT_ANALYSED)
    except Exception as error:
        # Whoever reads no rules does not load what reads them.
        from reviewer.ruleset import RulesError

        if not isinstance(error, RulesError):
            raise
        return complain(str(error), USAGE)


def parser() -> argparse.ArgumentParser:
    """The parser that says which verbs there are; what a verb takes, its own parser says."""
    from reviewer.frontend.arguments import Parser, formatter

    made = Parser(
        prog="mmreview",
        description="Review Linux kernel patches: what did an access lose?",
        formatter_class=formatter,
    )
    shown = "show program's version number and exit"
    made.add_argument("--version", action=_ShowVersion, nargs=0, help=shown)
    verbs = made.add_subparsers(
        dest="verb", required=True, metavar="VERB", prog=made.prog, parser_class=Parser
    )
    for name, (_, what) in VERBS.items():
        verbs.add_parser(name, help=what, add_help=False)
    return made


if __name__ == "__main__":
    run()
