# SPDX-License-Identifier: GPL-2.0-only
"""The steps of a lifted function as lines."""

from reviewer.location import NOWHERE
from reviewer.report.steps import lifted_steps
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Branch,
    Context,
    Let,
    Life,
    Mark,
    Origin,
    Program,
    Release,
    Step,
    Stop,
    Wait,
    const,
    local,
    unknown,
)


def at(line: int, text: str) -> Origin:
    return Origin(text, "mm/x.c", line, "f", NOWHERE)


def access(op: str, family: str, line: int, text: str, **more: object) -> Access:
    about = {"index": None, "value": None, "expect": None, "old": "", "done": ""}
    about |= {"order": "full", "next": 0, **more}  # type: ignore[dict-item]
    return Access(op, family, origin=at(line, text), **about)  # type: ignore[arg-type]


def shown(*steps: Step, objects: tuple[str, ...] = ("folio", "newfolio")) -> list[str]:
    program = Program("f", steps, (), (), (), ())
    return [" ".join(line.split()) for line in lifted_steps(program, objects, "_refcount")]


def test_an_exchange_and_the_branch_on_it() -> None:
    freeze = access(
        "cas",
        "count",
        543,
        "freeze(folio, n)",
        index=const(1),
        expect=const(2),
        value=const(0),
        done="subject.%8.0.done",
        next=1,
    )
    branch = Branch(local("subject.%8.0.done"), "", "", 0, at(543, "freeze(folio, n)"), 2, 3)
    end = Stop(("un", "-", const(11)), "-EAGAIN", at(545, "return -EAGAIN"))
    assert shown(freeze, branch, end, end) == [
        "0 cas _refcount of folio: 2 -> 0 mm/x.c:543 freeze(folio, n) then 1",
        "1 if done@0: 2 else 3 mm/x.c:543 freeze(folio, n)",
        "2 return -11 mm/x.c:545 return -EAGAIN",
        "3 return -11 mm/x.c:545 return -EAGAIN",
    ]


def test_counts_and_words() -> None:
    two = const(2)
    assert shown(
        access("add", "count", 1, "a()", index=two, value=const(-1), next=1),
        access("add-unless", "count", 2, "b()", index=two, value=const(1), expect=const(0), next=2),
        access("store", "slot", 3, "c()", value=two, order="release", next=3),
        access("load", "seq", 4, "d()", old="r", until=("un", "!", local("r")), next=4),
        access("load", "count", 5, "e()", index=local("x"), old="s", next=5),
        Let("subject.g@7.n", ("op", "+", local("s"), const(1)), 6),
    ) == [
        "0 add _refcount of newfolio: -1 mm/x.c:1 a() then 1",
        "1 add-unless _refcount of newfolio: +1 unless it is 0 mm/x.c:2 b() then 2",
        "2 store slot = 2, release mm/x.c:3 c() then 3",
        "3 load seq, waits until !it mm/x.c:4 d() then 4",
        "4 load _refcount of object x mm/x.c:5 e() then 5",
        "5 let g().n = old@4 + 1 then 6",
    ]


def test_what_is_not_known() -> None:
    where = at(9, "test(folio)")
    asked = unknown("test(folio)@subject.12")
    assert shown(
        Branch(asked, "subject.?test(folio)", "", 0, where, 1, 2),
        Branch(("op", "<", local("i"), asked), "", "subject.#3", 2, where, 0, 2),
        Branch(const(1), "", "", 0, where, 3, 3),
    ) == [
        "0 if test(folio): 1 else 2 (one way in a run) mm/x.c:9 test(folio)",
        "1 if i < test(folio): 0 else 2 (2 after 2 rounds) mm/x.c:9 test(folio)",
        "2 if true: 3 mm/x.c:9 test(folio)",
    ]


def test_locks_contexts_and_the_rest() -> None:
    where = at(5, "call()")
    steps: list[Step] = [
        Acquire("i_pages", "", where, 1),
        Acquire("rwsem", "t", where, 2, shared=True),
        Release("rwsem", where, 3),
        Context("irqs-off", True, where, 4),
        Context("irqs-off", False, where, 5),
        Wait("flush", where, 6),
        Wait("grace-period-done", where, 7),
        Life("free-deferred", const(1), where, 8),
        Life("use", const(1), where, 9),
        Mark("keep", const(1), "", where, 10),
        Stop(const(0), "", where, cut=True),
    ]
    told = [line.split(" mm/x.c")[0].split(" ", 1)[1] for line in shown(*steps)]
    assert told == [
        "lock i_pages",
        "trylock rwsem, shared",
        "unlock rwsem",
        "enter irqs-off",
        "leave irqs-off",
        "wait flush",
        "wait grace period over",
        "free-deferred folio",
        "use folio",
        "keep folio",
        "cut is not reached",
    ]


def test_no_name_is_needed() -> None:
    step = access("load", "count", 3, "n(folio)", index=const(1), next=1)
    (line,) = lifted_steps(Program("f", (step,), (), (), (), ()))
    assert " ".join(line.split()) == "0 load count of object 1 mm/x.c:3 n(folio) then 1"
