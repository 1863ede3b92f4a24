# SPDX-License-Identifier: GPL-2.0-only
"""Completions for bash (4 or newer), which need nothing besides bash."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from reviewer.frontend.commands import DIRECTORY, FILE, RULE, RULES, Argument, Command, every

Names = Mapping[str, tuple[str, ...]]

_START = """\
# Completions of mmreview for bash, as "mmreview completion bash" prints them.

_mmreview_add()
{
	local word
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <("$@")
}

_mmreview_words()
{
	_mmreview_add compgen -W "$*" -- "$cur"
}

_mmreview_list()
{
	local before=""
	[[ $cur == *,* ]] && before=${cur%,*},
	compopt -o nospace 2>/dev/null
	_mmreview_add compgen -P "$before" -W "$*" -- "${cur##*,}"
}

_mmreview_files()
{
	compopt -o filenames 2>/dev/null
	_mmreview_add compgen "$1" -- "$cur"
}
"""
_MAIN = """\
_mmreview()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command="" option="" place word
	local -i at operands=0 next=1
	COMPREPLY=()
	for ((at = 1; at < COMP_CWORD; at++)); do
		word=${COMP_WORDS[at]}
		# Bash takes --option=value for three words.
		if [[ $word == = ]]; then
			continue
		elif [[ -n $option ]]; then
			option=""
		elif _mmreview_takes "$command" "$word"; then
			option=$word
		elif ((at == next)) && _mmreview_is "$command $word"; then
			command+=" $word" next+=1
		elif [[ $word != -?* ]]; then
			operands+=1
		fi
	done
	if [[ $cur == = ]]; then
		cur=""
	fi
	if [[ -n $option ]]; then
		_mmreview_value "$command" "$option"
	elif [[ $cur == -* ]]; then
		_mmreview_options "$command"
	else
		((COMP_CWORD == next)) && place=first || place=$operands
		_mmreview_operand "$command" "$place"
	fi
}

complete -F _mmreview mmreview
"""


def script(program: Command, names: Names) -> str:
    """What ``complete`` and a user's shell have to read."""
    commands = list(every(program))
    parts = [
        _START,
        "\n".join(_names(names)) + "\n",
        _cases("_mmreview_is", '"$1"', ((_quoted(_path(one)), "return 0") for one in commands[1:])),
        _cases("_mmreview_takes", '"$1:$2"', _taking(commands)),
        _cases("_mmreview_value", '"$1:$2"', _values(commands)),
        _cases("_mmreview_options", '"$1"', _options(commands)),
        _cases("_mmreview_operand", '"$1:$2"', _operands(commands)),
        _MAIN,
    ]
    return "\n".join(parts)


def _names(names: Names) -> Iterator[str]:
    for kind, some in names.items():
        yield f"_mmreview_{kind}={_quoted(' '.join(some))}"


def _path(command: Command) -> str:
    return "".join(f" {word}" for word in command.words)


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _cases(name: str, of: str, cases: Iterator[tuple[str, str]]) -> str:
    """A function that does what stands behind the first pattern that fits, and fails
    where none does."""
    lines = [f"\t{pattern}) {action} ;;" for pattern, action in cases]
    body = "\n".join([f"\tcase {of} in", *lines, "\t*) return 1 ;;", "\tesac"])
    return f"{name}()\n{{\n{body}\n}}\n"


def _flagged(command: Command, option: Argument) -> str:
    return " | ".join(_quoted(f"{_path(command)}:{flag}") for flag in option.flags)


def _taking(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    for command in commands:
        for option in command.options:
            if option.metavar:
                yield _flagged(command, option), "return 0"


def _values(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    for command in commands:
        for option in command.options:
            if option.metavar and (action := _action(option)):
                yield _flagged(command, option), action


def _options(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    for command in commands:
        flags = [flag for option in command.options for flag in option.flags]
        yield _quoted(_path(command)), f"_mmreview_words {_quoted(' '.join(flags))}"


def _operands(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    """Behind the number of operands there are: what the next one can be.  Directly behind
    the command (``first``) another command can stand."""
    for command in commands:
        path = _quoted(f"{_path(command)}:")
        below = " ".join(one.words[-1] for one in command.commands)
        if below:
            said = [f"_mmreview_words {_quoted(below)}", *map(_action, command.operands[:1])]
            yield f"{path}first", "; ".join(one for one in said if one)
        for number, operand in enumerate(command.operands):
            here = "*" if operand.repeated else str(number)
            first = f" | {path}first" if here == "0" else ""
            if action := _action(operand):
                yield f"{path}{here}{first}", action


def _action(argument: Argument) -> str:
    """What completes the value of an option or an operand; empty where nothing does."""
    found = [f"_mmreview_words {_quoted(' '.join(argument.choices))}"] if argument.choices else []
    for kind in argument.kinds:
        if kind in (FILE, DIRECTORY):
            found.append(f"_mmreview_files {'-f' if kind == FILE else '-d'}")
        elif kind == RULES:
            found.append(f'_mmreview_list "$_mmreview_{RULE}"')
        else:
            found.append(f'_mmreview_words "$_mmreview_{kind}"')
    return "; ".join(found)
