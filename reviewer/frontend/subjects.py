# SPDX-License-Identifier: GPL-2.0-only
"""The functions that ``mmreview simulate`` tries: those of a tree, or one of a file."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer import ruleset
from reviewer.frontend.inputs import InputError, is_directory, read_inputs

if TYPE_CHECKING:
    from reviewer.facts import Facts
    from reviewer.simulation.assemble import Subject
    from reviewer.simulation.lifter import Definitions
    from reviewer.simulation.scenario import Real, Roles, Scenario
    from reviewer.syntax.parse import SourceFile
    from reviewer.syntax.place import Place
    from reviewer.syntax.tree import Function

SUFFIXES = (".c", ".h")


class Missing(Exception):
    """A function that a tree does not have; one line."""


def is_file(name: str) -> bool:
    """Whether a name is that of a C file, not of a scenario."""
    return name == "-" or "/" in name or name.endswith(SUFFIXES)


# Of a tree --------------------------------------------------------------------


def of_tree(tree: str, facts: "Facts") -> "Callable[[Scenario, Real], Subject]":
    """Finds the functions scenarios stand for; raises `Missing` where the tree,
    of another version perhaps, does not have one."""
    if not is_directory(tree):
        raise InputError(f"--tree {tree}: no such directory")

    @cache
    def file_of(name: str) -> "SourceFile":
        from reviewer.syntax.parse import read_file

        try:
            return read_file((Path(tree) / name).read_bytes(), ruleset.load_vocabulary())
        except OSError as error:
            raise Missing(f"{tree} has no {name} ({error.strerror})") from None

    def find(scenario: "Scenario", real: "Real") -> "Subject":
        source = file_of(real.file)
        function = source.function(real.function)
        if function is None:
            raise Missing(f"{real.file} of {tree} has no function {real.function}")
        return subject(scenario, source, function, real.file, None, real.roles, facts)

    return find


def subject(
    scenario: "Scenario",
    source: "SourceFile",
    function: "Function",
    file: str,
    place: "Place | None",
    given: "Roles | None",
    facts: "Facts",
) -> "Subject":
    """A function as the subject of a scenario, with those of its file it may call."""
    from reviewer.cfg.build import build
    from reviewer.simulation.assemble import NO_ROLES, Subject
    from reviewer.simulation.binding import in_graph
    from reviewer.simulation.roles import roles

    graph = build(function, facts)
    names = roles(scenario, graph, facts, place)
    named = in_graph(given, graph, facts) if given is not None else NO_ROLES
    return Subject(graph, file, names, callees(source, facts), named)


def callees(source: "SourceFile", facts: "Facts") -> "Definitions":
    """The small functions of a file, which are put in the place of their calls."""
    from reviewer.checker.callees import neighbours

    return neighbours(source, facts).small


def names_of(one: "Subject") -> Mapping[str, str]:
    """What the function calls the roles of the scenario."""
    return {**one.names, **one.roles.names}


# Of a file --------------------------------------------------------------------


def function_of(file: str, wanted: str) -> "tuple[SourceFile, Function]":
    """A function of a file, by its name or a line inside it."""
    from reviewer.syntax.parse import read_file

    if file != "-" and is_directory(file):
        raise InputError(f"{file}: is a directory, not a C file")
    source = read_file(read_inputs([file])[0][1], ruleset.load_vocabulary())
    found = source.function_at(int(wanted)) if wanted.isdecimal() else source.function(wanted)
    if found is not None:
        return source, found
    if wanted.isdecimal():
        raise InputError(f"{file}: line {wanted} is in no function")
    names = sorted({one.name for one in source.segments})
    raise InputError(f"{file}: no function {wanted}{close(wanted, names)}")


def close(wanted: str, names: Sequence[str]) -> str:
    """The names that may have been meant, as the end of a sentence."""
    from difflib import get_close_matches

    from reviewer.report.text import listed

    if not names:
        return ": there is none"
    near = get_close_matches(wanted, names) or [one for one in names if wanted in one][:3]
    return f"; did you mean {listed(near, 'or')}?" if near and wanted else ""


def shown(file: str) -> str:
    """A file as it is called in reports: in its kernel tree, wherever that is."""
    if file == "-":
        return "standard input"
    path = Path(file).resolve()
    tree = next((one for one in path.parents if (one / "Kbuild").exists()), None)
    if tree is not None:
        return str(path.relative_to(tree))
    return Path(file).name if Path(file).is_absolute() else file
