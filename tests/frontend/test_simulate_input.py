# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview simulate`` given what it cannot use: one line each, never a traceback."""

import pytest
from frontend_samples import OLD, Program
from scenario_samples import TURNS, rules

WRONG = [
    (("nosuch",), "no scenario nosuch (there are "),
    (("turn",), "no scenario turn; did you mean turns?"),
    (("turns", "lokced"), "turns has no variant lokced; did you mean locked or unlocked?"),
    (("turns", "x"), "turns has no variant x (there are locked, unlocked, lock-kept, waits)"),
    (("turns", "--actors", "nobody=1"), "--actors nobody: no such actor runs here (there are "),
    (("turns", "--actors", ""), "--actors : wants NAME=N with N from 0 to 8"),
    (("turns", "--actors", "other"), "--actors other: wants NAME=N with N from 0 to 8"),
    (("turns", "--actors", "other=-1"), "--actors other=-1: wants NAME=N"),
    (("turns", "--actors", "other=9"), "--actors other=9: wants NAME=N"),
    (("turns", "--cap", "0"), "--cap 0: wants a number of states"),
    (("turns", "--cap", "100000000"), "--cap 100000000: wants a number of states"),
    (("turns", "--cap", "many"), "argument --cap: invalid int value: 'many' (see mmreview"),
    (("turns", "--tree", "nosuch"), "--tree nosuch: no such directory"),
    (("turns", "--scenario", "turns"), "--scenario is for a function of a file"),
    (("turns", "--format", "svg"), "--format svg is of one variant"),
    (("turns", "--format", "png"), "argument --format: invalid choice: 'png'"),
    (("turns", "--list-steps", "--format", "json"), "--list-steps prints text, not json"),
    (("turns", "-o", "no/x.txt"), "-o no/x.txt: No such file or directory"),
    (("turns", "locked", "--format", "svg", "-o", "no/x.svg"), "-o no/x.svg: No such file"),
    (("--all", "turns"), "--all runs every scenario, not turns"),
    (("nosuch.c", "f"), "nosuch.c: No such file or directory"),
    (("tree/mm", "f"), "tree/mm: is a directory, not a C file"),
    (("tree/mm/x.c",), "tree/mm/x.c: name one function of it, or a line inside it"),
    (("tree/mm/x.c", "take", "give"), "tree/mm/x.c: name one function of it"),
    (("tree/mm/x.c", "tak"), "tree/mm/x.c: no function tak; did you mean take?"),
    (("tree/mm/x.c", "99"), "tree/mm/x.c: line 99 is in no function"),
    (("empty.c", "f"), "empty.c: no function f: there is none"),
    (("tree/mm/x.c", "take", "--scenario", "x"), "no scenario x (there are "),
    (("tree/mm/x.c", "take", "--tree", "tree"), "--tree is for scenarios"),
    (("tree/mm/x.c", "take", "--scenario", "turns", "--actors", "x=1"), "--actors x: no such"),
]


@pytest.mark.parametrize(("args", "line"), WRONG, ids=[" ".join(one[0]) for one in WRONG])
def test_wrong_usage(program: Program, args: tuple[str, ...], line: str) -> None:
    program.file("empty.c", "")
    done = program.run("simulate", "--rules", rules(program), *args)
    assert done.status == 2 and done.line.startswith(line)


def test_no_such_rules(program: Program) -> None:
    done = program.run("simulate", "turns", "--rules", "no")
    assert (done.status, done.out, done.line) == (2, "", "--rules no: no such directory")


TABLES = [
    ('summary = "Two CPUs take turns"\n', "", "summary is missing"),
    ('summary = "Two', 'summry = "Two', "summary is missing"),
    ('since = "0.1"', 'sinec = "0.1"', "unknown key 'sinec'"),
    ("[objects]", "[object]", "unknown key 'object'; did you mean objects?"),
    ("saves =", "save =", "[[variant]] unlocked: unknown key 'save'; did you mean saves?"),
    ('text = "whose', 'txt = "whose', "[state.turn]: unknown key 'txt'; did you mean text?"),
    (
        'how = "gone" }, {',
        'how = "gone", nht = 0 }, {',
        "[[variant]] unlocked: [[mutate]] 1: unknown key 'nht'; did you mean nth?",
    ),
    ('expect = "HOLDS"\n', "", "[[variant]] locked: expect is missing"),
    ('expect = "HOLDS"', 'expect = "OK"', "[[variant]] locked: expect is HOLDS or VIOLATED, not"),
    ('name = "any"\n', "", "[[path]] 1: name is missing"),
    ("ghost = true", "ghost = 1", "[state.inside]: ghost must be true or false"),
    ('actors = ["other"]', 'actors = "other"', "[[company]] 1: actors must be a list"),
    ('actors = ["other"]', "actors = [1]", "[[company]] 1: actors must be a list of texts"),
    ("initial = { turn", "initial = { trun", "[[path]] any: initial: no state is called trun"),
    ("kept = { other = { folio", "kept = { other = { x", "[[path]] any: no object is called x"),
    ("kept = { other = { folio = 1 } }", "kept = { other = 1 }", "[[path]] any: held and kept are"),
    ('property = "together"', 'property = "x"', "[[variant]] unlocked: no property is called x"),
    (
        'variants = ["locked"]',
        'variants = ["x"]',
        "[[real]] take_two_turns: no variant is called x",
    ),
    ('name = "unlocked"', 'name = "locked"', "[[variant]] locked is there twice"),
    ('expr = "!(inside && busy)"', 'expr = "!("', "not an expression: '!('"),
    ('place = "t->turn"', 'place = "1 + 1"', "'1 + 1' is not a place"),
    ('lock = "t->lock"', "lock = 1", ""),
    ("[locks]", "[locks", "Expected ']'"),
    ('actors = ["other"]', 'actors = ["nobody"]', "no actor is called nobody"),
    ("int enter(", "int entre(", "no actor is called enter"),
]


@pytest.mark.parametrize(("old", "new", "line"), TABLES, ids=[one[2] for one in TABLES])
def test_a_scenario_that_means_nothing(program: Program, old: str, new: str, line: str) -> None:
    done = program.run("simulate", "turns", "--rules", rules(program, (old, new)))
    assert (done.status, done.out) == (2, "")
    assert done.line.startswith(f"rules/actors/turns/scenario.toml: {line}")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("int enter(struct", "int enter((struct", ":2:"),
        ("spin_lock(&t->lock);", "if (t->turn {", ":4:"),
        ("return 0;", "return sizeof(int);", ":9:"),
        ("return 0;\n}\n", "return 0;\n", ""),
    ],
)
def test_an_actor_that_cannot_be_read(program: Program, old: str, new: str, where: str) -> None:
    done = program.run("simulate", "turns", "--rules", rules(program, (old, new)))
    assert (done.status, done.out) == (2, "")
    assert done.line.startswith("rules/actors/turns/actors.c") and where in done.line


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("(inside && busy)", "(inside && bussy)", "bussy: neither state, object nor stage"),
        ('how = "gone" }, {', 'how = "away" }, {', "how = 'away' is none of again, gone,"),
        ('call = "spin_lock"', 'call = "lock"', "enter(): no call of lock() to gone"),
    ],
)
def test_what_only_shows_when_it_is_run(program: Program, old: str, new: str, reason: str) -> None:
    done = program.run("simulate", "turns", "unlocked", "--rules", rules(program, (old, new)))
    assert done.status == 1 and "turns unlocked: UNDECIDED" in done.out
    assert f"not decided: {reason}" in done.out


def test_files_that_are_no_c(program: Program) -> None:
    for data in (b"\0\xff\xfe" * 100, b"take(", b"{" * 5000, OLD.encode()[:40]):
        program.file("x.c", data)
        done = program.run("simulate", "x.c", "take")
        assert done.status in (2, 3) and len(done.lines) <= 1


def test_hostile_names_do_not_reach_the_terminal(program: Program) -> None:
    done = program.run("simulate", "\x1b[31mx")
    assert done.status == 2 and "\x1b" not in done.line
    own = rules(program, ("Two CPUs", "Two\\u001b[31m CPUs"))
    assert "\x1b" not in program.run("simulate", "--rules", own).out
    program.file("x.c", TURNS)
    assert "\x1b" not in program.run("simulate", "x.c", "\x1b[31m").line
