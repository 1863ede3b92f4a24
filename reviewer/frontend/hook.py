# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview hook``: reviews of what is about to be sent, by git send-email and by b4."""

import argparse
from collections.abc import Sequence

from reviewer.frontend.arguments import Parser, formatter
from reviewer.frontend.inputs import InputError

_HELP = """Review patches before they are sent.  install makes git send-email ask; b4 makes b4 prep
--check (and with --review b4 review) ask; run is what they call."""
_RUN = """What git send-email and b4 call.  Exit status: 0 nothing at or above --fail-on, also where
something could not be analysed (one line says so); 1 findings; 2 wrong usage."""

SEVERITIES = ("note", "warning", "error")


def run(args: Sequence[str]) -> int:
    """The verb; returns the exit status."""
    options = parser().parse_args(args)
    if options.what == "run":
        from reviewer.frontend.hook_run import run as run_hook

        return run_hook(options)
    if options.what == "b4":
        from reviewer.frontend.hook_b4 import configure

        return configure(options)
    from reviewer.frontend.hook_install import install, uninstall

    return install(options) if options.what == "install" else uninstall()


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(prog="mmreview hook", description=_HELP, formatter_class=formatter)
    verbs = made.add_subparsers(
        dest="what", required=True, metavar="WHAT", prog=made.prog, parser_class=Parser
    )
    install = verbs.add_parser("install", help="make git send-email ask, in this repository")
    _policy(install)
    verbs.add_parser("uninstall", help="take that back")
    b4 = verbs.add_parser("b4", help="make b4 prep --check ask, in this repository")
    _policy(b4)
    b4.add_argument("--review", action="store_true", help="make b4 review ask, too")
    b4.add_argument("--remove", action="store_true", help="take that back")
    _run_options(verbs.add_parser("run", help="review one mail", description=_RUN))
    return made


def _run_options(made: argparse.ArgumentParser) -> None:
    _policy(made)
    made.add_argument("mail", nargs="?", metavar="FILE", help="the mail; with b4 standard input")
    made.add_argument("headers", nargs="?", metavar="HEADERS", help="its headers as git sends them")
    made.add_argument("--b4", action="store_true", help="answer as b4 prep --check expects it")
    made.add_argument(
        "--review-json", action="store_true", help="answer as b4 review expects it, in JSON"
    )
    made.add_argument(
        "--rules-version", metavar="HASH", help="the rules b4 was set up with; it caches answers"
    )


def _policy(made: argparse.ArgumentParser) -> None:
    """What decides whether a patch is stopped."""
    made.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        help="least severity that counts (default: git config mmreview.failOn, else warning)",
    )
    made.add_argument("--index", metavar="FILE", help="index of the tree")
    made.add_argument(
        "--rules", metavar="DIR", action="append", default=[], help="additional rules"
    )
    made.add_argument(
        "--disable", metavar="RULE[,RULE]", action="append", default=[], help="leave rules out"
    )


def checked(options: argparse.Namespace) -> list[str]:
    """The policy as options for ``hook run``, with paths that hold in every folder;
    InputError where it cannot work."""
    import os

    from reviewer.frontend.inputs import is_directory

    said: list[str] = []
    if options.fail_on:
        said += ["--fail-on", options.fail_on]
    if options.index:
        if not os.path.isfile(options.index):  # noqa: PTH113 (pathlib takes long to import)
            raise InputError(f"--index {options.index}: no such file")
        said += ["--index", os.path.realpath(options.index)]
    for name in options.rules:
        if not is_directory(name):
            raise InputError(f"--rules {name}: no such directory")
        said += ["--rules", os.path.realpath(name)]
    for names in options.disable:
        said += ["--disable", names]
    if options.disable or options.rules:
        from reviewer.frontend.hook_review import ruleset_and_wishes

        ruleset_and_wishes(options.rules, options.disable)
    return said
