# SPDX-License-Identifier: GPL-2.0-only
"""What broken sources brought to light, kept small."""

import time

import pytest
from hostile_properties import check_reader, check_review

from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.locks.locksets import locksets
from reviewer.patch.read import MAX_MAILS, read_submission
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import read_file
from reviewer.syntax.segments import segments
from reviewer.syntax.vocabulary import EMPTY
from reviewer.syntax.work import Work

FACTS = load_facts()


def graph(body: str) -> Graph:
    source = read_file(f"int f(struct thing *p)\n{{\n{body}\n}}\n".encode(), load_vocabulary())
    return build(source.parsed(source.segments[0]), FACTS)


def test_a_function_does_not_end_before_it_begins() -> None:
    for one in segments(b"}\nint f(void) {\n\tif (a) {\n}\n"):
        assert one.start < one.body < one.end


@pytest.mark.parametrize("line", ["do x(); while (", "} else if (a) {", "x(a,", "case 1:"])
def test_what_was_put_around_a_hunk_stands_at_its_border(line: str) -> None:
    check_reader(f"\tp->x = 1;\n\t{line}\n\tp->y = 2;\n".encode())


def test_a_preprocessor_line_is_no_part_of_the_name_of_a_macro() -> None:
    before = b"int f(int a)\n{\n\tscoped_guard\n#if A\n(strange) {\n\t\tx();\n\t}\n#endif\n}\n"
    check_review(before, before.replace(b"x()", b"y()"))


def test_a_function_too_large_to_follow_says_so() -> None:
    found = locksets(graph("\tspin_lock(&p->l);\n\tspin_unlock(&p->l);\n" * 2600), FACTS)
    assert found.trouble.startswith("too large to follow: ") and " nodes, " in found.trouble
    assert set(found.before) == {None}


def test_a_function_with_too_much_to_hold_says_so() -> None:
    found = locksets(graph("\n".join(f"\tspin_lock(&p->l{n});" for n in range(2000))), FACTS)
    assert found.trouble == "too much may be held on its ways"
    assert set(found.before) == {None}


def test_a_function_of_the_size_people_write_is_followed() -> None:
    body = "\n".join(f"\tif (p->c{n}) spin_lock(&p->l{n % 9});" for n in range(300))
    assert not locksets(graph(body), FACTS).trouble


def test_lines_move_with_the_runs_they_stand_in() -> None:
    kept = tuple((n * 10 + 1, n * 11 + 2, 5) for n in range(1000))
    one = SourcePair("x.c", b"", b"", "head", (), (), kept, (), ())
    assert [one.after_line(line) for line in (0, 1, 5, 6, 11, 9995, 9996)] == [
        None,
        2,
        6,
        None,
        13,
        10995,
        None,
    ]


@pytest.mark.parametrize("noise", ["+ - * / % & | ^ < > = ! ~ ", ",", "{)"])
def test_what_the_parser_makes_no_sense_of_is_given_up(noise: str) -> None:
    body = "x(" + noise * (50_000 // len(noise)) + ");"
    source = read_file(f"int f(int a)\n{{\n{body}\n}}\n".encode(), load_vocabulary())
    before = time.process_time()
    functions = [source.parsed(one) for one in source.segments]
    assert time.process_time() - before < 5
    assert noise == "," or any(function.errors for function in functions)


def test_of_very_many_mails_the_first_are_read() -> None:
    mails = b"From a@b Thu Jan  1 00:00:00 1970\nFrom: a@b\nSubject: x\n\ntext\n\n" * (
        MAX_MAILS + 1
    )
    found = read_submission([("all.mbox", mails)])
    assert len(found.notes) == MAX_MAILS
    assert [one.reason for one in found.patches[0].problems] == [
        f"{MAX_MAILS + 1} mails: those behind the first {MAX_MAILS} are not read"
    ]


def test_a_row_of_blanks_is_walked_over_once() -> None:
    work = Work(b"", bytearray(b"a   b   "), bytearray(b"a   b   "), 0, EMPTY)
    assert [work.before(at) for at in (4, 8, 7)] == [0, 4, 4]
    work.erase(4, 5)
    assert [work.before(at) for at in (8, 8, 2)] == [0, 0, 0]
    work.put(6, b"c")
    assert [work.before(at) for at in (8, 6, 0)] == [6, 0, -1]
