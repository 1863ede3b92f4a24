# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview completion``: what a shell has to know to complete a command line."""

import argparse
from collections.abc import Mapping, Sequence

from reviewer.frontend.arguments import Parser
from reviewer.frontend.commands import RULE, SCENARIO, completed, program

SHELLS = ("bash", "zsh", "fish")
_HELP = """Prints the completions of a shell: verbs, options, their values, rules, scenarios
and files."""
_MORE = """\
  mmreview completion bash > ~/.local/share/bash-completion/completions/mmreview
  mmreview completion zsh > ~/.zfunc/_mmreview       (in a folder of fpath)
  mmreview completion fish > ~/.config/fish/completions/mmreview.fish

What is printed holds the names of the rules; write it anew when mmreview is updated."""


def run(args: Sequence[str]) -> int:
    """Run the command; its exit status."""
    print(completions(parser().parse_args(args).shell), end="")
    return 0


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(
        prog="mmreview completion",
        description=_HELP,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("shell", metavar="SHELL", choices=SHELLS, help="the shell")
    return made


def completions(shell: str) -> str:
    """The script for one of `SHELLS`."""
    from importlib import import_module

    typed = completed(program(), "review")
    script: str = import_module(f"reviewer.frontend.completion_{shell}").script(typed, names())
    return script


def names() -> Mapping[str, tuple[str, ...]]:
    """The names of each kind that are shipped, sorted."""
    from reviewer.ruleset import rule_folders, scenario_folders

    rules = sorted(rule.name for rule in rule_folders())
    scenarios = sorted(folder.name for folder in scenario_folders())
    return {RULE: tuple(rules), SCENARIO: tuple(scenarios)}
