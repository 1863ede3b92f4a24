# SPDX-License-Identifier: GPL-2.0-only
"""Completions for fish (3 or newer)."""

from collections.abc import Iterator, Mapping

from reviewer.frontend.commands import DIRECTORY, FILE, RULE, RULES, Argument, Command, every

Names = Mapping[str, tuple[str, ...]]

_START = """\
# Completions of mmreview for fish, as "mmreview completion fish" prints them.

function __mmreview_at --description 'Whether the words so far are this command'
    set -l words (commandline -opc)
    set -l found
    for word in $words[2..]
        contains -- "$found $word" $__mmreview_commands; or break
        set -a found $word
    end
    test "$found" = "$argv[1]"
end

function __mmreview_first --description 'The same, and nothing behind it'
    __mmreview_at $argv[1]; or return
    set -l words (commandline -opc)
    test (count $words) -eq (count mmreview (string split -n ' ' -- "$argv[1]"))
end

complete -c mmreview -f
"""


def script(program: Command, names: Names) -> str:
    """What fish has to read."""
    commands = list(every(program))
    known = " ".join(_quoted(_known(one)) for one in commands[1:])
    lines = [_START, f"set -g __mmreview_commands {known}"]
    lines += [f"set -g __mmreview_{kind} {' '.join(some)}" for kind, some in names.items()]
    for command in commands:
        lines += ["", *_command(command)]
    return "\n".join(lines) + "\n"


def _known(command: Command) -> str:
    """The command as the function above puts it together."""
    return f"{' '.join(command.words[:-1])} {command.words[-1]}"


def _command(command: Command) -> Iterator[str]:
    path = " ".join(command.words)
    here = f"complete -c mmreview -n {_quoted(f'__mmreview_at {_quoted(path)}')}"
    first = f"complete -c mmreview -n {_quoted(f'__mmreview_first {_quoted(path)}')}"
    for one in command.commands:
        yield f"{first} -a {one.words[-1]} -d {_quoted(one.summary)}"
    for option in command.options:
        yield f"{here} {_flags(option)}{_value(option)} -d {_quoted(option.help)}"
    for operand in command.operands:
        if (said := _value(operand)) != " -x":
            yield f"{here}{said}"


def _flags(option: Argument) -> str:
    return " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags
    )


def _value(argument: Argument) -> str:
    """What the value of an option or an operand can be."""
    if not argument.metavar:
        return ""
    asked = " -r" if argument.flags else ""
    if FILE in argument.kinds:
        asked += " -F"
    elif argument.flags or not (argument.choices or argument.kinds):
        asked = " -x"
    values = [*argument.choices, *(_kind(kind) for kind in argument.kinds if kind != FILE)]
    return f"{asked} -a {_quoted(' '.join(values))}" if values else asked


def _kind(kind: str) -> str:
    if kind == DIRECTORY:
        return "(__fish_complete_directories)"
    if kind == RULES:
        return f"(__fish_append , $__mmreview_{RULE})"
    return f"$__mmreview_{kind}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
