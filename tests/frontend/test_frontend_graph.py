# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview graph``: formats, errors, exit status."""

import json
from xml.etree import ElementTree

import pytest
from frontend_samples import NEW, OLD, Program, console, diff

BROKEN = "int broken(int x)\n{\n\tif (x {\n\t}\n}\n"
TWICE = "#ifdef A\nint f(void)\n{\n\treturn 1;\n}\n#else\nint f(void)\n{\n\treturn 2;\n}\n#endif\n"


def test_dot_is_the_default(program: Program) -> None:
    done = program.run("graph", "tree/mm/x.c", "take")
    assert (done.status, done.lines) == (0, ()) and done.out.startswith('digraph "take" {')


def test_formats(program: Program) -> None:
    picture = program.run("graph", "--format", "svg", "tree/mm/x.c", "take").out
    assert "take() in tree/mm/x.c" in "".join(ElementTree.fromstring(picture).itertext())
    told = json.loads(program.run("graph", "tree/mm/x.c", "take", "--format", "json").out)
    assert (told["function"], told["lines"], told["schema_version"]) == ("take", [1, 11], 1)


@pytest.mark.parametrize(
    ("name", "start"),
    [("x.svg", "<?xml"), ("x.dot", "digraph"), ("x.gv", "digraph"), ("x.json", "{"), ("x", "di")],
)
def test_the_name_of_the_file_chooses(program: Program, name: str, start: str) -> None:
    done = program.run("graph", "tree/mm/x.c", "take", "-o", name)
    assert (done.status, done.out) == (0, "")
    assert (program.folder / name).read_text(encoding="utf-8").startswith(start)


def test_a_format_wins_over_the_name(program: Program) -> None:
    program.run("graph", "tree/mm/x.c", "take", "-o", "x.svg", "--format", "dot")
    assert (program.folder / "x.svg").read_text(encoding="utf-8").startswith("digraph")


def test_a_line_names_a_function(program: Program) -> None:
    assert program.run("graph", "tree/mm/x.c", "5").out.startswith('digraph "take" {')
    assert (
        program.run("graph", "tree/mm/x.c", "50").line == "tree/mm/x.c: line 50 is in no function"
    )


def test_the_kernel_is_named(program: Program) -> None:
    program.file("tree/Kbuild", "")
    makefile = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\nNAME = x\n"
    program.file("tree/Makefile", makefile)
    out = program.run("graph", str(program.tree / "mm" / "x.c"), "take").out
    assert 'label="take(), mm/x.c:1-11; Linux 6.12.3-rc1"' in out


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("nosuch.c", "take"), "nosuch.c: No such file or directory"),
        (("tree", "take"), "tree: is a directory, not a C file"),
        (("tree/mm/x.c", "tak"), "tree/mm/x.c: no function tak; did you mean take?"),
        (("tree/mm/x.c", "other"), "tree/mm/x.c: no function other"),
        (("empty.c", "f"), "empty.c: no function f: there is no function in this file"),
        (
            ("tree/mm/x.c", "take", "-o", "x.png"),
            "-o x.png: no format .png (there are .svg, .dot, .json)",
        ),
        (("tree/mm/x.c", "take", "-o", "no/x.svg"), "-o no/x.svg: No such file or directory"),
        (("tree/mm/x.c", "take", "--rules", "no"), "--rules no: no such directory"),
        (
            ("tree/mm/x.c",),
            "the following arguments are required: FUNCTION (see mmreview graph --help)",
        ),
    ],
)
def test_wrong_usage(program: Program, args: tuple[str, ...], line: str) -> None:
    program.file("empty.c", "")
    done = program.run("graph", *args)
    assert (done.status, done.out, done.line) == (2, "", line)


def test_a_function_that_does_not_parse(program: Program) -> None:
    done = program.run("graph", program.file("b.c", BROKEN), "broken", "--format", "svg")
    assert done.status == 3 and done.line.startswith("b.c: broken(): line 3: not parsed")
    assert "line 3: not parsed" in "".join(ElementTree.fromstring(done.out).itertext())


def test_two_definitions(program: Program) -> None:
    program.file("two.c", TWICE)
    done = program.run("graph", "two.c", "f")
    assert (done.status, done.line) == (
        0,
        "two.c: f() is defined in lines 2, 7: drawing the first; a line chooses",
    )
    assert "return 1;" in done.out and "return 2;" in program.run("graph", "two.c", "8").out


def test_a_patch_called_graph(program: Program) -> None:
    program.file("graph", diff(OLD, NEW))
    assert program.review("./graph").status == 1


def test_the_help(program: Program) -> None:
    shown = console("graph", "--help", folder=program.folder)
    assert shown.returncode == 0 and "Exit status: 0 drawn" in shown.stdout
    assert "graph     draw" in console("--help", folder=program.folder).stdout
    wrong = console("graph", "x.c", folder=program.folder)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
