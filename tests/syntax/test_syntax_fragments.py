# SPDX-License-Identifier: GPL-2.0-only
"""Functions of which only hunks are known."""

import pytest
from shapes import shown

from reviewer.ruleset import load_vocabulary
from reviewer.source.records import Fragment
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.tree import Evaluate, Function, Gap, If, Parameter

SECTION = "int move(struct box *box,"


def functions(*fragments: tuple[str, int, str]) -> tuple[Function, ...]:
    made = [Fragment(text.encode(), line, section) for text, line, section in fragments]
    return fragment_functions(made, load_vocabulary())


def shape(text: str) -> str:
    (found,) = functions((text, 10, SECTION))
    assert found.errors == () and not found.complete
    return shown(found.body).replace("<gap >", "~")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ta();\n\tb();\n", "{~ a(); b(); ~}"),
        ("\ta();\n\tif (b) {\n\t\tc();\n", "{~ a(); if(b){c();} ~}"),
        ("\t\ta();\n\t}\n\tb();\n", "{~ if(not shown){a();} b(); ~}"),
        ("\t\ta();\n\t} else {\n\t\tb();\n", "{~ if(not shown){a();}else{b();} ~}"),
        ("\telse\n\t\ta();\n", "{~ if(not shown){}elsea(); ~}"),
        ("\t\treturn 1;\n\n\ta();\n", "{~ if(not shown)return 1; a(); ~}"),
        ("\t\ta();\n\t} while (b);\n\tc();\n", "{~ do{a();}while(b) c(); ~}"),
        ("\tcase 1:\n\t\ta();\n\t}\n\tb();\n",
         "{~ switch(not shown){case not shown: case 1: a();} b(); ~}"),
        ("\tcase 1:\n\t\ta();\n", "{~ switch(not shown){case not shown: case 1: a();} ~}"),
        ("\t    a, b);\n\tc();\n", "{~ not shown(a, b); c(); ~}"),
        ("\t    && a(b)) {\n\t\tc();\n", "{~ if(not shown && a(b)){c();} ~}"),
        ("\t    | a;\n\tb();\n", "{~ not shown | a; b(); ~}"),
        ("\ta();\n\tif (b &&\n", "{~ a(); if(b && not shown){} ~}"),
        ("\ta();\n\tb(c,\n", "{~ a(); b(c, not shown); ~}"),
        ("\ta();\n\tb =\n", "{~ a(); b = not shown; ~}"),
        ("\tfor (i = 0; i < n;\n", "{~ for(i = 0;|i < n|){} ~}"),
        ("\tdo {\n\t\ta();\n", "{~ do{a();}while(not shown) ~}"),
        ("\t * the end of a comment {\n\t */\n\ta();\n", "{~ a(); ~}"),
        ("\t * inside of a comment {\n\t * and still\n", "{~ ~}"),
        ("\ta(); /* begins {\n\t * here\n", "{~ a(); ~}"),
        ("\t\t.a = 1,\n\t};\n\tb();\n", "{~ struct s:$gap={ .a = 1 }; b(); ~}"),
        ("\ta();\nout:\n\tb();\n", "{~ a(); out: b(); ~}"),
        ("#ifdef A\n\ta();\n#endif\n\tb();\n", "{~ if(#if defined(A)){a();} b(); ~}"),
        ("\ta();\n#endif\n\tb();\n", "{~ a(); b(); ~}"),
        ("\tlist_for_each_entry(q, &p->all, on) {\n\t\ta(q);\n",
         "{~ each list_for_each_entry(q, &p->all, on){a(q);} ~}"),
    ],
)  # fmt: skip
def test_lines_cut_out_are_completed(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_hunks_of_one_section_are_one_function() -> None:
    (found,) = functions(("\ta();\n\tb();\n", 10, SECTION), ("\tc();\n", 30, SECTION))
    assert found.name == "move" and found.type == "int" and not found.complete
    assert found.params == (Parameter("struct box *", "box"),)
    assert shown(found.body) == "{<gap > a(); b(); <gap > c(); <gap >}"
    assert [one.loc.line for one in found.body.items] == [10, 10, 11, 30, 30, 31]


def test_lines_and_offsets_are_those_of_the_fragment() -> None:
    text = "\t}\n\n\ta(b);\n"
    (found,) = functions((text, 10, SECTION))
    _, closed, call, gap = found.body.items
    assert isinstance(closed, If) and isinstance(call, Evaluate) and isinstance(gap, Gap)
    assert call.loc.line == 12 and text[call.loc.start : call.loc.end] == "a(b);"
    assert text[call.expr.loc.start : call.expr.loc.end] == "a(b)"


def test_a_header_inside_a_hunk_begins_another_function() -> None:
    text = "\ta();\n}\n\n/* next */\nstatic int turn(struct box *box)\n{\n\tb();\n\tif (c)\n"
    first, second = functions((text, 10, SECTION), ("\td();\n}\n", 40, "static int turn("))
    assert (first.name, shown(first.body)) == ("move", "{<gap > a();}")
    assert (second.name, second.params) == ("turn", (Parameter("struct box *", "box"),))
    assert shown(second.body) == "{b(); if(c){} <gap > d();}"


def test_a_function_shown_whole_is_complete() -> None:
    text = "}\n\nint turn(int a)\n{\n\treturn a;\n}\n\nint more(int b);\n"
    first, second = functions((text, 10, SECTION))
    assert not first.complete and second.complete
    assert shown(second.body) == "{return a;}"


def test_code_outside_of_functions_is_left_out() -> None:
    text = "#include <a.h>\n\nstruct box {\n\tint a;\n};\n\nstatic int b = 1;\n"
    assert functions((text, 1, "")) == ()
    assert functions((text, 10, SECTION)) == ()
    assert functions(("\tint a;\n\tint b;\n", 10, "struct box {")) == ()


def test_a_hunk_without_a_usable_heading_has_a_function_without_name() -> None:
    (found,) = functions(("\ta();\n", 10, "out_unlock:"))
    assert found.name == "" and shown(found.body) == "{<gap > a(); <gap >}"


def test_lines_nobody_can_complete_are_an_error() -> None:
    (found,) = functions(("\t" + "(" * 300 + "\n", 10, SECTION))
    assert found.errors == ("line 10: lines of a hunk that do not pair up",)
