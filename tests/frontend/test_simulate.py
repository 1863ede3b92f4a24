# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview simulate``: what it prints, its formats and its exit status."""

import io
import json
import re
import sys
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from frontend_samples import ROOT, Done, Program, console
from jsonschema import Draft202012Validator
from scenario_samples import TURN, TURNS, rules

from reviewer import ruleset
from reviewer.frontend.meter import Meter

SHIPPED = sorted(path.parent.name for path in (ROOT / "rules").glob("actors/*/scenario.toml"))


@pytest.fixture
def own(program: Program) -> str:
    return rules(program)


def turns(program: Program, *args: str, **more: tuple[str, str]) -> Done:
    """Run the scenario, changed as said."""
    return program.run("simulate", "turns", "--rules", rules(program, *more.values()), *args)


def flat(done: Done) -> str:
    """What was printed, wherever lines are broken."""
    return " ".join(done.out.split())


def valid(text: str) -> list[dict]:  # type: ignore[type-arg]
    """The entries of a report, which is as its schema says."""
    schema = json.loads(
        files("reviewer.report").joinpath("simulated_schema.json").read_text("utf-8")
    )
    Draft202012Validator.check_schema(schema)
    data = json.loads(text)
    Draft202012Validator(schema).validate(data)
    return data["scenarios"]


# Scenarios --------------------------------------------------------------------


def test_every_scenario_is_listed(program: Program, own: str) -> None:
    done = program.run("simulate", "--rules", own)
    assert (done.status, done.lines) == (0, ())
    heads = [line.split()[0] for line in done.out.splitlines() if not line.startswith(" ")]
    assert heads == sorted([*SHIPPED, "turns"])
    assert "turns " in done.out and "Two CPUs take turns" in done.out
    listed = valid(program.run("simulate", "--rules", own, "--format", "json").out)
    assert [entry["name"] for entry in listed] == heads
    assert listed[heads.index("turns")]["variants"][0] == {"name": "locked", "expected": "HOLDS"}


def test_a_scenario_is_told_with_what_holds_and_the_mutants_found_out(program: Program) -> None:
    done = turns(program)
    assert (done.status, done.lines) == (0, ())
    assert done.out == (
        "turns locked: HOLDS (13 states, 12 transitions)\n"
        "turns unlocked: VIOLATED together (7 states, 8 transitions)\n"
        "turns lock-kept: VIOLATED deadlock (8 states, 7 transitions)\n"
        "turns waits: VIOLATED waits (13 states, 12 transitions)\n"
        "\n"
        "In every schedule of locked (13 states):\n"
        "  together: one CPU at a time is inside\n"
        "  and what every scenario is asked for: no lost-reference, use-after-free,\n"
        "      freeze-exclusive, count-underflow, get-on-zero, unlocked-store,\n"
        "      unlock-not-held, dropped-too-often, leaked-reference, left-frozen,\n"
        "      deadlock, livelock, unknown-number\n"
        "\n"
        "turns: 1 of 1 that must hold do; 2 of 2 mutants found out; 1 of 1 note on\n"
        "  progress as expected; every verdict as expected\n"
    )


def test_a_verdict_that_differs_is_marked_and_its_schedule_shown(program: Program) -> None:
    done = turns(program, change=('how = "gone" }, {', 'how = "gone", nth = 3 }, {'))
    assert done.status == 1 and "UNDECIDED" in done.out
    done = turns(program, change=('expect = "HOLDS"', 'expect = "VIOLATED"'))
    assert done.status == 1
    assert "turns locked: HOLDS (13 states, 12 transitions)   EXPECTED VIOLATED\n" in done.out
    assert "2 of 3 mutants found out" in done.out
    assert "1 verdict not as expected" in flat(done)
    done = turns(program, change=("\tspin_unlock(&t->lock);\n\treturn", "\treturn"))
    assert done.status == 1 and "EXPECTED HOLDS" in done.out
    assert "other() is at turns/actors.c:13: spin_lock(&t->lock)" in done.out


def test_one_variant_is_told_in_full(program: Program) -> None:
    done = turns(program, "unlocked")
    assert (done.status, done.lines) == (0, ())
    assert "leaves out what saves the others: the lock keeps the other CPU out" in done.out
    assert "  together: both CPUs are inside at once\n" in done.out
    assert (
        "    CPU 0: other() turns/actors.c      CPU 1: enter() turns/actors.c\n"
        "    -------------------------------    ----------------------------------\n"
        "    14: spin_lock(&t->lock)\n"
        "    15: ghost->busy = 1  [busy = 1]\n"
        "                                       5: ghost->inside = 1  [inside = 1]\n"
    ) in done.out
    assert "  path any, beside other() (7 states):\n    enter() returns 0\n" in done.out
    assert "  bound: one call of enter() beside other(); loops of unknown" in done.out


def test_several_variants_and_options_between_them(program: Program, own: str) -> None:
    done = program.run("simulate", "turns", "waits", "--rules", own, "lock-kept")
    assert done.status == 0 and "A schedule that leads to waits" in done.out
    assert "turns lock-kept: VIOLATED deadlock" in done.out and "unlocked" not in done.out


def test_all_runs_every_scenario(
    program: Program, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = ruleset.scenario_folders([program.folder / "own"])
    chosen = tuple(path for path in every if path.name in ("seqcount", "turns"))
    monkeypatch.setattr(ruleset, "scenario_folders", lambda extra=(): chosen)
    done = program.run("simulate", "--all")
    assert done.status == 0 and "every verdict as expected" in done.out.splitlines()[-1]
    assert "\nseqcount: " in done.out and "\nturns: " in done.out and "2 scenarios" in done.out


def test_json_is_what_its_schema_says(program: Program) -> None:
    entries = valid(turns(program, "--format", "json").out)
    assert [(e["variant"], e["verdict"], e["expected"]) for e in entries] == [
        ("locked", "HOLDS", "HOLDS"),
        ("unlocked", "VIOLATED", "VIOLATED"),
        ("lock-kept", "VIOLATED", "VIOLATED"),
        ("waits", "VIOLATED", "VIOLATED"),
    ]
    one = entries[1]
    assert (one["name"], one["states"], one["transitions"]) == ("turns", 7, 8)
    assert (one["broken"], one["property"], one["mutant"]) == (["together"], "together", True)
    assert one["runs"][0]["actors"] == ["other"] and one["runs"][0]["complete"]
    steps = [(s["cpu"], s["file"], s["line"]) for s in one["witness"]["steps"]]
    assert steps == [(0, "turns/actors.c", 14), (0, "turns/actors.c", 15), (1, "turns/actors.c", 5)]


def test_json_is_the_same_again_but_for_the_time(program: Program) -> None:
    one, two = (valid(turns(program, "--format", "json").out) for _ in range(2))
    for entry in (*one, *two):
        del entry["seconds"]
    assert one == two


def test_more_cpus_and_a_cap(program: Program) -> None:
    assert "HOLDS (23 states, 25" in turns(program, "locked", "--actors", "other=2").out
    assert "nobody beside it" in turns(program, "locked", "--actors", "other=0").out
    done = turns(program, "locked", "--actors", "other=8", "--no-symmetry", "--cap", "2000")
    assert done.status == 1 and "BOUND_REACHED (2,001 states" in done.out
    assert "then the cap was reached" in done.out and "beside 8 other()" in done.out


def test_one_path(program: Program) -> None:
    again = '[[path]]\nname = "late"\ninitial = { turn = 1 }\n\n[[company]]'
    change = ("[[company]]", again)
    both = turns(program, "locked", change=change).out
    late = turns(program, "locked", "--path", "late", change=change).out
    assert "path late" in both and "path any" in both and "path any" not in late
    done = turns(program, "--path", "early")
    assert (done.status, done.line) == (2, "turns has no path early (there are any)")


def test_a_report_in_a_file(program: Program) -> None:
    shown = turns(program).out
    done = turns(program, "-o", "x.txt")
    assert (done.status, done.out) == (0, "")
    assert (program.folder / "x.txt").read_text() == shown


# Trees and files ----------------------------------------------------------------


def test_functions_of_a_tree_are_tried_too(program: Program) -> None:
    program.file("tree/kernel/turns.c", TURNS)
    done = turns(program, "--tree", str(program.tree))
    assert "turns locked@take_turn: HOLDS" in done.out
    # The kernel's own function tells the model nothing of where it is inside.
    assert done.status == 1 and "turns unlocked@take_turn: HOLDS" in done.out
    # The tree is of another version.
    assert done.line.endswith(
        "kernel/turns.c of " + str(program.tree) + " has no function take_two_turns: not tried"
    )


def test_a_tree_without_the_file_is_no_error(program: Program) -> None:
    done = turns(program, "--tree", str(program.tree))
    assert done.status == 0 and "has no kernel/turns.c (No such file" in done.line


def test_a_function_of_a_tree_that_cannot_be_read(program: Program) -> None:
    program.file("tree/kernel/turns.c", TURNS.replace("broken", "take_two_turns"))
    done = turns(program, "--tree", str(program.tree), "locked")
    assert done.status == 1 and "turns locked@take_two_turns: UNDECIDED" in done.out
    assert "part of the function could not be parsed" in flat(done)


def test_a_function_of_a_file_in_the_scenario_that_names_it(program: Program, own: str) -> None:
    program.file("k/turns.c", TURNS)
    done = program.run("simulate", "k/turns.c", "take_turn", "--rules", own)
    assert (done.status, done.lines) == (0, ())
    assert done.out.startswith("turns take_turn(): HOLDS (")
    assert "take_turn() of k/turns.c, tried in this scenario because it names" in flat(done)
    assert "passed over, as nothing of the scenario is given to it: think()" in flat(done)
    again = program.run("simulate", "k/turns.c", "3", "--rules", own)
    assert again.out == done.out


def test_a_function_of_a_file_in_a_scenario_that_was_named(program: Program, own: str) -> None:
    program.file("x.c", TURNS)
    args = ("simulate", "x.c", "take_unlocked", "--scenario", "turns", "--rules", own)
    done = program.run(*args)
    assert done.status == 0 and "because you said so" in done.out
    (entry,) = valid(program.run(*args, "--format", "json").out)
    assert (entry["variant"], entry["expected"], entry["verdict"]) == (None, None, "HOLDS")
    done = program.run("simulate", "x.c", "take_turn", "--scenario", "folio_refcount")
    assert done.status == 3
    assert "it touches nothing that the scenario folio_refcount has" in flat(done)


def test_a_function_of_a_file_in_the_scenario_that_fits(program: Program) -> None:
    text = (
        "int freeze(struct address_space *mapping, struct folio *folio, int n)\n{\n"
        "\tif (folio_ref_count(folio) != n)\n\t\treturn -EAGAIN;\n"
        "\tif (!folio_ref_freeze(folio, n))\n\t\treturn -EAGAIN;\n"
        "\tfolio_ref_unfreeze(folio, n);\n\treturn 0;\n}\n"
    )
    done = program.run("simulate", program.file("f.c", text), "freeze")
    assert done.out.startswith("folio_refcount freeze():")
    assert "because the function touches folio->_refcount" in flat(done)
    assert "n is taken to be 2, the count when nobody else has a" in flat(done)
    program.file("f.c", text.replace("\tfolio_ref_unf", "\tstrange(folio);\n\tfolio_ref_unf"))
    done = program.run("simulate", "f.c", "freeze")
    assert done.status == 3 and "UNDECIDED" in done.out.splitlines()[0]
    assert "not decided: nothing is known of strange()" in done.out
    assert "A schedule" not in done.out


def test_a_function_no_scenario_fits(program: Program) -> None:
    done = program.run("simulate", "tree/mm/x.c", "take")
    assert (done.status, done.out) == (3, "")
    assert "take(): no scenario fits what it touches (t->lock)" in done.line
    done = program.run("simulate", "tree/mm/x.c", "take", "--format", "json")
    assert done.status == 3 and valid(done.out) == []


def test_a_function_that_cannot_be_parsed(program: Program, own: str) -> None:
    program.file("x.c", TURNS)
    done = program.run("simulate", "x.c", "broken", "--scenario", "turns", "--rules", own)
    assert done.status == 3 and "not decided: part of the function could not be" in flat(done)


def test_the_lifted_steps(program: Program) -> None:
    done = turns(program, "locked", "--list-steps")
    head, *lines = done.out.splitlines()
    assert done.status == 0 and head == "turns locked, path any: enter() of turns/actors.c"
    assert [line.split("turns/")[0].split() for line in lines[:6]] == [
        ["0", "lock", "lock"],
        ["1", "store", "inside", "=", "1"],
        ["2", "store", "turn", "=", "1"],
        ["3", "store", "inside", "=", "0"],
        ["4", "unlock", "lock"],
        ["5", "return", "0"],
    ]
    assert lines[2].endswith("turns/actors.c:6    t->turn = 1  then 3")
    done = turns(program, "lock-kept", "--list-steps")
    assert "unlock" not in done.out and "HOLDS" not in done.out


# Pictures -----------------------------------------------------------------------


def test_the_states_as_svg(program: Program) -> None:
    text = turns(program, "unlocked", "--format", "svg").out
    root = ElementTree.fromstring(text)
    told = "".join(root.itertext())
    assert "turns unlocked: VIOLATED" in told and "7 states, 8 transitions" in told
    assert "together" in told and "CPU 1: enter()" in told and "14 spin_lock" not in told
    assert len(root.findall(".//{*}g/{*}g")) == 7
    assert turns(program, "unlocked", "--format", "svg").out == text


def test_the_states_for_graphviz(program: Program) -> None:
    lines = turns(program, "lock-kept", "--format", "dot").out.splitlines()
    assert lines[0] == "digraph states {" and lines[-1] == "}"
    assert len([line for line in lines if " -> " in line and "label" in line]) == 7
    assert any("deadlock" in line and "#f6c6c2" in line for line in lines)


def test_the_model_as_promela(program: Program) -> None:
    text = turns(program, "unlocked", "--format", "promela").out
    assert "proctype cpu1()" in text and "init {" in text and "assert(" in text


def test_what_is_too_large_to_be_drawn(program: Program) -> None:
    done = turns(program, "locked", "--actors", "other=8", "--format", "svg")
    assert (done.status, done.out) == (2, "")
    assert done.line.startswith("locked: the model has more than 300 states")


# How far it is --------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_told_on_a_terminal_and_cleaned_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    for stream, told in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        meter = Meter()
        meter.now("turns locked")
        meter.progress(20_000, 300)
        meter.clear()
        meter.clear()
        shown = "\rturns locked: 20,000 states, 300 to be expanded\x1b[K\r\x1b[K"
        assert stream.getvalue() == (shown if told else "")


def test_the_help(program: Program) -> None:
    shown = console("simulate", "--help", folder=program.folder)
    assert shown.returncode == 0 and "Exit status: 0 every verdict" in shown.stdout
    assert "simulate  run scenarios" in console("--help", folder=program.folder).stdout
    piped = console("simulate", folder=program.folder)
    assert (piped.returncode, piped.stderr) == (0, "")


# Models that do not end -------------------------------------------------------------


def test_a_count_that_grows_for_ever(program: Program) -> None:
    done = turns(program, "locked", change=(TURN, "\tfor (;;) folio_get(folio);\n"))
    assert done.status == 1 and "turns locked: UNDECIDED" in done.out
    assert "the number of references to folio grows: it takes more values than" in flat(done)


def test_a_loop_that_nobody_ends(program: Program) -> None:
    done = turns(program, "locked", change=(TURN, "\twhile (READ_ONCE(t->turn) == 0);\n"))
    assert done.status == 1 and "turns locked: VIOLATED livelock" in done.out
    assert "other() is at turns/actors.c:16: READ_ONCE(t->turn)" in done.out


def test_a_loop_of_unknown_length_is_cut_short(program: Program) -> None:
    done = turns(program, "locked", change=(TURN, "\twhile (unknown()) t->turn = 2;\n"))
    assert done.status == 0 and "loops of unknown length at most 2 times" in flat(done)


def test_a_lock_that_nobody_drops(program: Program) -> None:
    done = turns(program, "locked", change=("ghost->busy = 0;\n\tspin_unlock(&t->lock);", ""))
    assert done.status == 1 and "deadlock" in done.out.splitlines()[0]
    assert "A schedule that breaks deadlock" in done.out
    assert "enter() is at turns/actors.c:4: spin_lock(&t->lock)" in done.out


def test_the_readme_shows_what_is_printed(program: Program) -> None:
    """What stands for ``[...]`` apart; a scenario that changes changes the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    one = re.search(r"^```text\n(seqcount no-retry.*?)\n\[\.\.\.\]\n```$", text, re.M | re.S)
    total = re.search(r"^```text\n(seqcount: .*?)\n```$", text, re.M | re.S)
    assert one is not None and total is not None
    assert program.run("simulate", "seqcount", "no-retry").out.startswith(one[1])
    assert program.run("simulate", "seqcount").out.endswith(f"{total[1]}\n")
