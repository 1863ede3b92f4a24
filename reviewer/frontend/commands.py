# SPDX-License-Identifier: GPL-2.0-only
"""What can be typed, as the parsers of the verbs have it.

Completions and the manual are made of these records alone, so that they say
what the program takes.
"""

import argparse
from collections.abc import Iterator, Mapping
from importlib import import_module

from reviewer.record import dataclass, replace

FILE, DIRECTORY, RULE, RULES, SCENARIO = "file", "directory", "rule", "rules", "scenario"
"""Kinds of values that are not known before somebody types: `RULES` are several with
commas between them."""

# By what a value is called in the help.
_KINDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("CONFIG", "FILE", "MAIL", "MBOX", "OUT", "PATCH", "PATH"), (FILE,)),
    **dict.fromkeys(("DIR", "FOLDER", "TREE"), (DIRECTORY,)),
    "RULE": (RULE,),
    "RULE[,RULE]": (RULES,),
    "NAME|FILE.c": (SCENARIO, FILE),
}
# A name alone does not say what it is the name of.
_NAMES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("rules", "name"): (RULE,),
    ("simulate", "scenario"): (SCENARIO,),
}


@dataclass(frozen=True, slots=True)
class Argument:
    """An option, or an operand where there are no ``flags``.

    ``metavar`` is what its value is called, empty where it takes none;
    ``choices`` are its values where they are fixed, ``kinds`` what they are
    where they are not.  ``repeated`` tells an operand that can be given again
    and an option that adds to what it was given before; ``required`` an
    operand that cannot be left out.
    """

    flags: tuple[str, ...]
    metavar: str
    choices: tuple[str, ...]
    kinds: tuple[str, ...]
    help: str
    repeated: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Command:
    """The program, a verb or what stands behind a verb.

    ``words`` are those to type behind the name of the program.
    """

    words: tuple[str, ...]
    summary: str
    description: str
    epilog: str
    options: tuple[Argument, ...]
    operands: tuple[Argument, ...]
    commands: "tuple[Command, ...]"


def program() -> Command:
    """The whole program.  Its own options are those that stand where a verb would."""
    from reviewer.frontend.cli import VERBS, parser

    verbs = tuple(
        _command(import_module(f"reviewer.frontend.{module}").parser(), (name,), what)
        for name, (module, what) in VERBS.items()
    )
    made = _command(parser(), (), "")
    return Command((), "", made.description, made.epilog, made.options, (), verbs)


def completed(command: Command, default: str) -> Command:
    """The program with what it takes where the default verb is left out."""
    (verb,) = (one for one in command.commands if one.words == (default,))
    own = {flag for option in command.options for flag in option.flags}
    more = tuple(option for option in verb.options if not own.intersection(option.flags))
    return replace(command, options=(*command.options, *more), operands=verb.operands)


def every(command: Command) -> Iterator[Command]:
    """The command and all below it."""
    yield command
    for one in command.commands:
        yield from every(one)


def _command(parser: argparse.ArgumentParser, words: tuple[str, ...], summary: str) -> Command:
    options: list[Argument] = []
    operands: list[Argument] = []
    commands: list[Command] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {one.dest: one.help or "" for one in action._choices_actions}
            for name, below in action.choices.items():
                commands.append(_command(below, (*words, name), said.get(name, "")))
        elif action.help != argparse.SUPPRESS:
            made = _argument(action, parser, words[-1] if words else "")
            (options if action.option_strings else operands).append(made)
    return Command(
        words,
        summary,
        parser.description or "",
        parser.epilog or "",
        tuple(options),
        tuple(operands),
        tuple(commands),
    )


def _argument(action: argparse.Action, parser: argparse.ArgumentParser, verb: str) -> Argument:
    choices = tuple(map(str, action.choices or ()))
    metavar = (
        action.metavar if isinstance(action.metavar, str) else action.dest.upper().replace("_", "-")
    )
    return Argument(
        flags=tuple(action.option_strings),
        metavar="" if action.nargs == 0 else metavar,
        choices=choices,
        kinds=_NAMES.get((verb, action.dest)) or (() if choices else _KINDS.get(metavar, ())),
        help=" ".join(parser._get_formatter()._expand_help(action).split()) if action.help else "",
        repeated=action.nargs in ("*", "+") or isinstance(action, argparse._AppendAction),
        required=action.nargs in (None, "+") and not action.option_strings,
    )
