# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview graph``: the control flow and the lock scopes of one function, drawn."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.frontend.arguments import Parser
from reviewer.frontend.inputs import InputError, is_directory, read_inputs
from reviewer.frontend.outputs import write

if TYPE_CHECKING:
    from reviewer.report.flowgraph import Flow
    from reviewer.syntax.parse import SourceFile
    from reviewer.syntax.tree import Function

FORMATS = ("dot", "svg", "json")
DRAWN, NOT_ANALYSED = 0, 3

_SUFFIXES = {".dot": "dot", ".gv": "dot", ".svg": "svg", ".json": "json", "": "dot"}
_VERSION = re.compile(r"^(?:VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(\S*) *$", re.MULTILINE)
_HELP = """\
Draws the basic blocks of a function with its branches and jumps, and which locks
and execution contexts it holds where. What its callers hold is not looked up;
functions of the same file are looked into."""
_MORE = """\
svg is a picture of the source: lines from top to bottom, a bar on the left where
a lock is held (hatched where it is held on some paths only), jumps on the right.
dot is for Graphviz, json for programs.

Exit status: 0 drawn, 2 wrong usage, 3 the function could not be read in full;
it is drawn as far as it could, and the picture says so.

  mmreview graph mm/gup.c FUNCTION -o gup.svg
  mmreview graph mm/gup.c 2950 | dot -Tpdf -o gup.pdf"""


def run(args: Sequence[str]) -> int:
    """Run the command; its exit status.  `InputError` for wrong usage."""
    options = parser().parse_args(args)
    form = _format(options)
    if options.file != "-" and is_directory(options.file):
        raise InputError(f"{options.file}: is a directory, not a C file")
    data = read_inputs([options.file])[0][1]
    flow = _flow(options, data)
    write(_drawn(flow, form, _origin(options.file)), options.output)
    if flow.whole:
        return DRAWN
    for problem in flow.problems:
        _say(f"{flow.file}: {flow.function}(): {problem}")
    return NOT_ANALYSED


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(
        prog="mmreview graph",
        description=_HELP,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("file", metavar="FILE", help="a C file, or '-'")
    made.add_argument("function", metavar="FUNCTION", help="its name, or a line inside it")
    made.add_argument("--format", choices=FORMATS, help="default: by the name of OUT, else dot")
    made.add_argument("-o", "--output", metavar="OUT", help="write to OUT, not standard output")
    made.add_argument(
        "--rules", metavar="DIR", action="append", default=[], help="additional rules"
    )
    return made


def _format(options: argparse.Namespace) -> str:
    if options.format is not None:
        return str(options.format)
    suffix = Path(options.output or "").suffix
    if suffix not in _SUFFIXES:
        raise InputError(f"-o {options.output}: no format {suffix} (there are .svg, .dot, .json)")
    return _SUFFIXES[suffix]


def _flow(options: argparse.Namespace, data: bytes) -> "Flow":
    from reviewer import ruleset
    from reviewer.checker.callees import neighbours
    from reviewer.report.flowgraph import flowgraph
    from reviewer.syntax.parse import read_file

    for name in options.rules:
        if not is_directory(name):
            raise InputError(f"--rules {name}: no such directory")
    facts = ruleset.load_facts([Path(name) for name in options.rules])
    source = read_file(data, ruleset.load_vocabulary())
    function = _function(source, options.file, options.function)
    return flowgraph(_shown(options.file), data, function, facts, neighbours(source, facts))


def _function(source: "SourceFile", file: str, wanted: str) -> "Function":
    if wanted.isdecimal():
        found = source.function_at(int(wanted))
        if found is None:
            raise InputError(f"{file}: line {wanted} is in no function")
        return found
    lines = [one.first for one in source.segments if one.name == wanted]
    if len(lines) > 1:
        told = ", ".join(map(str, lines))
        _say(f"{file}: {wanted}() is defined in lines {told}: drawing the first; a line chooses")
    found = source.function(wanted)
    if found is None:
        raise InputError(f"{file}: no function {wanted}{_close(source, wanted)}")
    return found


def _close(source: "SourceFile", wanted: str) -> str:
    """The functions that may have been meant."""
    from difflib import get_close_matches

    from reviewer.report.text import listed

    names = sorted({one.name for one in source.segments})
    if not names:
        return ": there is no function in this file"
    near = get_close_matches(wanted, names) or [one for one in names if wanted in one][:3]
    return f"; did you mean {listed(near, 'or')}?" if near else ""


def _drawn(flow: "Flow", form: str, origin: str) -> str:
    if form == "svg":
        from reviewer.report.drawing import drawing

        return drawing(flow, origin)
    if form == "dot":
        from reviewer.report.dot import dot

        return dot(flow, origin)
    from reviewer.report.flow_json import as_json

    return as_json(flow)


def _tree(file: str) -> Path | None:
    """The kernel tree a file lies in."""
    if file == "-":
        return None
    folders = Path(file).resolve().parents
    return next((one for one in folders if (one / "Kbuild").exists()), None)


def _shown(file: str) -> str:
    """The file as it is called in the picture: in its tree, wherever that is."""
    tree = _tree(file)
    if tree is not None:
        return str(Path(file).resolve().relative_to(tree))
    return Path(file).name if Path(file).is_absolute() else file


def _origin(file: str) -> str:
    """The kernel a file is from, as the Makefile of its tree says; empty when
    there is none."""
    tree = _tree(file)
    try:
        with (tree or Path()).joinpath("Makefile").open(encoding="utf-8", errors="replace") as text:
            numbers = _VERSION.findall(text.read(4000))
    except OSError:
        return ""
    if tree is None or len(numbers) != 4:
        return ""
    return f"Linux {'.'.join(one for one in numbers[:3] if one)}{numbers[3]}"


def _say(text: str) -> None:
    from reviewer.report.text import clean

    print(f"mmreview: {clean(text)}", file=sys.stderr)
