# SPDX-License-Identifier: GPL-2.0-only
"""The manual page ``mmreview(1)``: what the parsers say, and what they cannot."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from reviewer.frontend.commands import Argument, Command, every, program
from reviewer.frontend.config import KEYS

DATE = "2026-11-23"
"""When the words below were last changed."""
WIDTH = 72

_OPTION = re.compile(r"(?<![\w-])--?\w[\w-]*")
_HEAD = f"""\
.\\" SPDX-License-Identifier: GPL-2.0-only
.\\" Written by scripts/make_manual.py; change reviewer/frontend/ instead.
.TH MMREVIEW 1 {DATE} mmreview "User Commands"
.SH NAME
mmreview \\- review what a Linux kernel patch does to synchronisation"""

_DESCRIPTION = """\
mmreview reads patches to the Linux kernel, compares the C functions they change before and after,
and says what a memory access lost on the way: a lock it used to be made under, above all.  Where a
scenario fits, it explores all interleavings of the function with other CPUs, inside a stated
bound, and shows whether the loss can do harm.  It works offline, executes nothing of a patch, and
gives the same answer every time.

Where the first word is no command, it is what review takes: patches are reviewed.  Only what a
patch made true is reported: it holds after the patch and did not hold before.  A verdict is about
the model, inside its bound and under its assumptions; mmreview never says that a patch is safe."""

_STATUS = (
    ("0", "Nothing at or above --fail-on; also for a mail without a diff and a patch without C."),
    ("1", "There are findings at or above --fail-on."),
    ("2", "Wrong usage, or settings, rules or a baseline that cannot be read."),
    ("3", "Something could not be analysed, and no finding reached --fail-on."),
)
_STATUS_OF_OTHERS = """\
These are the statuses of review; a command with others says so above.  What could not be analysed
is told on standard error, a line for each reason."""

_ENVIRONMENT = (
    ("COLUMNS", "How wide the terminal is."),
    ("MMREVIEW_DEBUG", "If it is set, an internal error is shown with its traceback."),
    ("NO_COLOR", "If it is set and not empty, nothing is coloured."),
    ("TERM", "Nothing is coloured, and no progress is shown, where it is dumb."),
    ("XDG_CACHE_HOME", "Where the cache lies; ~/.cache without it."),
)
_FILES = (
    (
        "~/.cache/mmreview/index/NAME-HASH.sqlite",
        "The index of a tree, by the path of the tree. It can be deleted at any time.",
    ),
    (
        "~/.cache/mmreview/hook/",
        "The mails of a series that is being sent. It is emptied when that is over.",
    ),
)
_SETTINGS = """\
What an option would say can be set for good with git config, or in the file that --config names.
The command line goes before the file, the file before git.  Nothing is read from files of the work
tree, which come with the patches."""

_EXAMPLES = (
    ("Review a patch against the kernel checkout one is in:", "mmreview 0001-mm-migrate.patch"),
    (
        "Review a series, and fail on what is confirmed alone:",
        "mmreview --tree ~/linux --fail-on error outgoing/*.patch",
    ),
    ("Review the last three commits:", "mmreview HEAD~3.."),
    ("Let the tree testify from now on:", "mmreview index ~/linux"),
    ("Hand the findings to a forge:", "mmreview --format sarif -o mmreview.sarif x.patch"),
    ("Explain a rule:", "mmreview --explain read-moved-out-of-lock"),
    (
        "See who decides whether a folio can be frozen:",
        "mmreview simulate folio_refcount --witness",
    ),
)
_SEE_ALSO = "git-send-email(1), git-format-patch(1), b4(5), sparse(1), spin(1)"


def page() -> str:
    """The page, in the macros of man(7)."""
    typed = program()
    lines = [
        _HEAD,
        ".SH SYNOPSIS",
        *_synopsis(typed),
        ".SH DESCRIPTION",
        *_text(_DESCRIPTION),
        ".SH OPTIONS",
        *_arguments(typed.options),
        ".SH COMMANDS",
        *(line for one in every(typed) if one.words for line in _command(one)),
        ".SH EXIT STATUS",
        *_list(_STATUS),
        ".PP",
        *_text(_STATUS_OF_OTHERS),
        ".SH ENVIRONMENT",
        *_list(_ENVIRONMENT),
        ".SH FILES",
        *_list(_FILES),
        ".SH CONFIGURATION",
        *_text(_SETTINGS),
        *_list(
            (f"mmreview.{key.git}", f"In the file {key.file}: what --{key.file} says.")
            for key in KEYS
        ),
        ".SH EXAMPLES",
        *(line for number, one in enumerate(_EXAMPLES) for line in _example(number, *one)),
        ".SH SEE ALSO",
        *(_references(_SEE_ALSO)),
    ]
    return "\n".join(lines) + "\n"


def _synopsis(typed: Command) -> Iterator[str]:
    for command in every(typed):
        if not command.words or command.commands:
            continue
        if command is not typed.commands[0]:
            yield ".PP"
        default = command.words == ("review",)
        words = "[review]" if default else " ".join(command.words)
        yield f".B {_escaped(f'mmreview {words}', True)}"
        if command.options:
            yield r"[\fIoptions\fR]"
        for operand in command.operands:
            yield _operand(operand)


def _operand(operand: Argument) -> str:
    said = rf"\fI{_escaped(operand.metavar, True)}\fR"
    if operand.repeated:
        said += " .\\|.\\|."
    return said if operand.required else f"[{said}]"


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_escaped('mmreview ' + ' '.join(command.words), True)}"
    yield from _text(command.description or _sentence(command.summary))
    yield from _arguments((*command.operands, *command.options))
    if command.epilog:
        yield ".PP"
        yield from _text(command.epilog)


def _arguments(arguments: Iterable[Argument]) -> Iterator[str]:
    for one in arguments:
        if "--help" in one.flags:
            continue
        value = rf"\fI{_escaped(one.metavar, True)}\fR" if one.metavar else ""
        flags = [rf"\fB{_escaped(flag, True)}\fR" for flag in one.flags]
        yield ".TP"
        yield ", ".join(f"{flag} {value}".strip() for flag in flags) or value
        choices = f"One of {', '.join(one.choices)}." if one.choices else ""
        again = "Can be given several times." if one.flags and one.repeated else ""
        said = [_sentence(one.help), choices, again]
        yield from _text(" ".join(text for text in said if text))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "?")) else f"{text}."


def _list(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in items:
        yield ".TP"
        yield rf"\fB{_escaped(name, True)}\fR"
        yield from _text(text)


def _example(number: int, text: str, command: str) -> Iterator[str]:
    if number:
        yield ".PP"
    yield from _text(text)
    yield from _literal([command])


def _references(text: str) -> Iterator[str]:
    for one in text.split(", "):
        name, section = one.rstrip(")").split("(")
        comma = "" if text.endswith(one) else " ,"
        yield f".BR {_escaped(name, True)} ({section}){comma}".replace(") ,", "),")


def _text(text: str) -> Iterator[str]:
    """Paragraphs, one sentence a line; lines that are indented stay as they are."""
    for number, block in enumerate(re.split(r"\n\s*\n", text.strip("\n"))):
        if number:
            yield ".PP"
        if block.startswith("  "):
            yield from _literal(line.strip() for line in block.split("\n"))
        else:
            joined = " ".join(block.split())
            for sentence in re.split(r"(?<=[.?]) (?=[A-Z])", joined):
                yield from map(_escaped, textwrap.wrap(sentence, WIDTH, break_on_hyphens=False))


def _literal(lines: Iterable[str]) -> Iterator[str]:
    yield from (".RS 4", ".nf", *(_escaped(line, True) for line in lines), ".fi", ".RE")


def _escaped(text: str, typed: bool = False) -> str:
    """A text without what roff takes for its own; what is ``typed`` can be copied."""
    text = text.replace("\\", "\\e")
    if typed:
        text = text.replace("-", "\\-")
    else:
        text = _OPTION.sub(lambda option: option[0].replace("-", "\\-"), text)
    for char, name in (("'", "aq"), ("`", "ga"), ("~", "ti"), ("^", "ha"), ('"', "dq")):
        text = text.replace(char, f"\\({name}")
    text = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text)
    return f"\\&{text}" if text.startswith(".") else text
