# SPDX-License-Identifier: GPL-2.0-only
"""Completions for zsh, to be loaded from a folder of fpath or to be evaluated."""

import re
from collections.abc import Iterator, Mapping

from reviewer.frontend.commands import DIRECTORY, FILE, RULE, RULES, Argument, Command, every

Names = Mapping[str, tuple[str, ...]]

_START = """\
#compdef mmreview
# Completions of mmreview for zsh, as "mmreview completion zsh" prints them.
"""
_END = """\
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
	_mmreview "$@"
else
	compdef _mmreview mmreview
fi
"""


def script(program: Command, names: Names) -> str:
    """What zsh has to read."""
    parts = [
        _START,
        *(f"_mmreview_names_{kind}=({' '.join(some)})\n" for kind, some in names.items()),
        *map(_function, every(program)),
        _END,
    ]
    return "\n".join(parts)


def _name(command: Command) -> str:
    return "_".join(("_mmreview", *command.words))


def _function(command: Command) -> str:
    """What completes one command; where there are others below it, it calls theirs."""
    lines = [*_dispatch(command)]
    if command.options or command.operands:
        items = [item for option in command.options for item in _option(option)]
        items += [_operand(number, one) for number, one in enumerate(command.operands, 1)]
        lines.append("\t_arguments -s \\\n" + " \\\n".join(f"\t\t{item}" for item in items))
    return f"{_name(command)}()\n{{\n" + "\n".join(lines) + "\n}\n"


def _dispatch(command: Command) -> Iterator[str]:
    if not command.commands:
        return
    yield "\tlocal -a below=("
    for one in command.commands:
        yield f"\t\t{_quoted(f'{one.words[-1]}:{_plain(one.summary)}')}"
    yield "\t)"
    # The word in front is the command's own name.
    yield "\tif ((CURRENT == 2)); then"
    yield "\t\t_describe -t commands command below"
    yield "\telse"
    yield "\t\tcase $words[2] in"
    for one in command.commands:
        yield f"\t\t{one.words[-1]}) shift words; ((CURRENT--)); {_name(one)}; return ;;"
    yield "\t\tesac"
    yield "\tfi"


def _option(option: Argument) -> Iterator[str]:
    """One specification for each spelling; each keeps the others from being offered."""
    flags = " ".join(option.flags)
    for flag in option.flags:
        others = "*" if option.repeated else f"({flags})"
        mark = "" if not option.metavar else ("=" if flag.startswith("--") else "+")
        value = f":{_plain(option.metavar)}:{_action(option)}" if option.metavar else ""
        yield _quoted(f"{others}{flag}{mark}[{_plain(option.help)}]{value}")


def _operand(number: int, operand: Argument) -> str:
    place = "*" if operand.repeated else str(number)
    return _quoted(f"{place}:{_plain(operand.metavar)}:{_action(operand)}")


def _action(argument: Argument) -> str:
    if argument.choices:
        return f"({' '.join(argument.choices)})"
    found = [_kind(kind) for kind in argument.kinds]
    if len(found) < 2:
        return "".join(found)
    tagged = [f"{kind}s:{kind}:{one}" for kind, one in zip(argument.kinds, found, strict=True)]
    return "_alternative " + " ".join(f'"{one}"' for one in tagged)


def _kind(kind: str) -> str:
    if kind in (FILE, DIRECTORY):
        return "_files" if kind == FILE else "_files -/"
    if kind == RULES:
        return f"_sequence compadd - $_mmreview_names_{RULE}"
    return f"compadd -a _mmreview_names_{kind}"


def _plain(text: str) -> str:
    """A text without what has a meaning in a specification."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]:'\\]", " ", text)).strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
