# SPDX-License-Identifier: GPL-2.0-only
"""Machines at random: two or three CPUs over two objects, two words and two locks."""

from hypothesis import strategies as st

from reviewer.location import NOWHERE
from reviewer.record import replace
from reviewer.simulation.machine import Machine, Start, Variable
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
    Value,
    Wait,
    const,
    local,
    unknown,
)

HERE = Origin("", "", 0, "", NOWHERE)
WORDS = (Variable("slot", 1), Variable("flag", 0))
LOCKS = ("one", "two")
OBJECTS = ("box", "crate")
NAMES = ("x", "y")
CONTEXTS = ("irqs-off", "rcu-read-side")

Steps = list[Step]
"""Steps one after the other; a branch says how many it passes over."""

SHARED = Access("load", "flag", None, None, None, "", "", "relaxed", HERE, 0)
"""A step that others can tell, with which no quiet step is lumped together."""

names = st.sampled_from(NAMES)
numbers = st.integers(0, 2).map(const)
objects = st.sampled_from((1, 1, 2)).map(const)
maybe = st.booleans()

# The older steps --------------------------------------------------------------

tests: st.SearchStrategy[Value] = st.one_of(
    st.tuples(st.just("op"), st.just("=="), names.map(local), numbers),
    st.sampled_from(("u", "v")).map(unknown),
)


def _count(op: str, index: Value, amount: int, expect: int, old: str) -> Step:
    done = old if op in ("cas", "add-unless") else ""
    value = const(0) if op in ("cas", "swap") else const(amount)
    wanted = const(expect if op == "cas" else 0)
    found = "" if done else old
    return Access(op, "count", index, value, wanted, found, done, "full", HERE, 0)


def _word(op: str, name: str, value: Value, old: str) -> Step:
    done = "y" if op == "cas" else ""
    return Access(op, name, None, value, const(1), old, done, "full", HERE, 0)


def _counts(*ops: str) -> st.SearchStrategy[Step]:
    amounts, expected = st.integers(1, 2), st.integers(1, 3)
    return st.builds(_count, st.sampled_from(ops), objects, amounts, expected, names)


adds = st.builds(_count, st.just("add"), objects, st.sampled_from((1, -1)), st.just(0), st.just(""))
counts = st.one_of(_counts("load", "store", "cas", "add-unless"), adds)
words = st.builds(
    _word, st.sampled_from(("load", "store")), st.sampled_from(("slot", "flag")), numbers, names
)
locks = st.one_of(
    st.builds(lambda lock: Acquire(lock, "", HERE, 0), st.sampled_from(LOCKS)),
    st.builds(lambda lock: Release(lock, HERE, 0), st.sampled_from(LOCKS)),
)
contexts = st.builds(lambda what, on: Context(what, on, HERE, 0), st.sampled_from(CONTEXTS), maybe)
waits = st.builds(
    lambda what, always: Wait(what, HERE, 0, always),
    st.sampled_from(("flush", "flush-done", "grace-period", "grace-period-done")),
    st.just(False),
)
marks = st.builds(lambda box: Mark("keep", box, "", HERE, 0), objects)
lets = st.builds(lambda name, value: Let(name, value, 0), names, numbers)
branches = st.builds(
    lambda value, key, skip: Branch(value, key, "", 0, HERE, skip, 0),
    tests,
    st.sampled_from(("", "?k")),
    st.integers(1, 3),
)
older = st.one_of(counts, counts, words, locks, contexts, waits, marks, lets, branches)

# The newer ones ---------------------------------------------------------------

values = st.one_of(numbers, names.map(local), st.just(unknown("w")))
anything = st.one_of(objects, objects, objects, names.map(local), st.just(const(0)))
lives = st.builds(
    lambda what, index: Life(what, index, HERE, 0),
    st.sampled_from(("use", "free", "free-deferred", "reuse", "give")),
    anything,
)
tries = st.builds(
    lambda lock, done, shared: Acquire(lock, done, HERE, 0, shared),
    st.sampled_from(LOCKS),
    st.sampled_from(("", *NAMES)),
    maybe,
)
swaps = st.one_of(
    _counts("swap", "load"),
    st.builds(
        _word,
        st.sampled_from(("swap", "cas", "add")),
        st.sampled_from(("slot", "flag")),
        numbers,
        names,
    ),
    st.builds(_word, st.sampled_from(("store", "swap")), st.just("slot"), values, names),
)


def _until(name: str, odd: bool, number: Value, op: str) -> Step:
    """Waits until a word has a number, or an even one as a sequence counter."""
    even: Value = ("un", "!", ("op", "&", local("x"), const(1)))
    wanted = even if odd else ("op", "==", local("x"), number)
    return replace(
        Access(op, name, None, const(1), const(2), "x", "", "acquire", HERE, 0), until=wanted
    )


untils = st.builds(
    _until, st.sampled_from(("slot", "flag")), maybe, numbers, st.sampled_from(("load", "swap"))
)
anywhere = st.builds(
    lambda op, index, value: Access(op, "count", index, value, const(0), "x", "y", "full", HERE, 0),
    st.sampled_from(("load", "add", "add-unless", "store")),
    st.one_of(anything, st.just(unknown("p"))),
    values,
)
flushes = st.builds(
    lambda what: Wait(what, HERE, 0, always=True), st.sampled_from(("flush", "flush-done"))
)
known = st.builds(lambda name, value: Let(name, value, 0), names, values)
subjects = st.builds(
    lambda what, value, text: Mark(what, value, text, HERE, 0),
    st.sampled_from(("enter", "leave", "finish")),
    st.one_of(st.integers(-1, 1).map(const), names.map(local)),
    st.sampled_from(("", "it")),
)
newer = st.one_of(
    lives, lives, tries, tries, swaps, untils, anywhere, flushes, known, subjects, older, older
)

# Steps that make sense together -----------------------------------------------


def _one(step: Step) -> Steps:
    return [step]


touches = st.one_of(
    counts, words, swaps, anywhere, st.builds(lambda box: Life("use", box, HERE, 0), objects)
)
bodies = st.lists(touches, min_size=1, max_size=2)


@st.composite
def _locked(draw: st.DrawFn) -> Steps:
    """Some steps with a lock held, passed over where a trylock fails."""
    lock, body = draw(st.sampled_from(("one", "one", "two"))), draw(bodies)
    done = draw(st.sampled_from(("", "", "t")))
    taken: Steps = [Acquire(lock, done, HERE, 0, draw(maybe))]
    if done:
        failed = ("un", "!", local(done))
        taken.append(Branch(failed, "", "", 0, HERE, len(body) + 1, 0))
    return [*taken, *body, Release(lock, HERE, 0)]


@st.composite
def _readers(draw: st.DrawFn) -> Steps:
    """A reader looks twice at what a writer changes for a moment only."""
    shared, done = draw(st.sampled_from((True, True, False))), draw(st.sampled_from(("", "t")))
    first, second = (
        [replace(SHARED, old=name) for name in NAMES]
        if shared
        else [_word("store", "flag", const(number), "") for number in (2, 0)]
    )
    failed = Branch(("un", "!", local("t")), "", "", 0, HERE, 3, 0)
    taken: Steps = [Acquire("one", done, HERE, 0, shared), *([failed] if done else [])]
    return [*taken, first, second, Release("one", HERE, 0)]


@st.composite
def _waiting(draw: st.DrawFn) -> Steps:
    what, always = draw(st.sampled_from(("flush", "grace-period"))), draw(maybe)
    return [Wait(end, HERE, 0, always) for end in (what, f"{what}-done")]


@st.composite
def _section(draw: st.DrawFn) -> Steps:
    """Some steps inside of sections, which need not be left in order."""
    body: Steps = draw(st.one_of(bodies, bodies, _waiting()))
    for what in draw(st.lists(st.sampled_from(CONTEXTS), min_size=1, max_size=2)):
        end = draw(st.integers(1, len(body)))
        body = [Context(what, True, HERE, 0), *body]
        body.insert(end + 1, Context(what, False, HERE, 0))
    return body


@st.composite
def _freeing(draw: st.DrawFn) -> Steps:
    """Drop a reference, and give the memory back where it was the last one."""
    box, what = draw(objects), draw(st.sampled_from(("free", "free-deferred", "free-deferred")))
    drop = Access("add", "count", box, const(-1), const(0), "x", "", "full", HERE, 0)
    more = Branch(("op", "!=", local("x"), const(1)), "", "", 0, HERE, 1, 0)
    free = Life(what, box, HERE, 0)
    return draw(st.sampled_from(([drop], [drop, more, free], [free])))


@st.composite
def _making(draw: st.DrawFn) -> Steps:
    box = draw(objects)
    return [Life("reuse", box, HERE, 0), *draw(st.lists(touches, max_size=1))]


@st.composite
def _freezing(draw: st.DrawFn) -> Steps:
    """Freeze a count, and store one where that worked."""
    box, op = draw(objects), draw(st.sampled_from(("cas", "cas", "swap")))
    freeze = Access(op, "count", box, const(0), const(1), "", "x", "full", HERE, 0)
    failed = Branch(("un", "!", local("x")), "", "", 0, HERE, 1, 0)
    thaw = Access(
        draw(st.sampled_from(("store", "add"))),
        "count",
        box,
        const(1),
        None,
        "",
        "",
        "release",
        HERE,
        0,
    )
    return [freeze, failed, thaw] if draw(maybe) else [freeze]


single = st.one_of(touches, untils, lives, marks, known, branches).map(_one)
themes = (
    st.one_of(_locked(), _section(), _waiting(), _freeing(), _making(), _freezing(), single),
    st.one_of(_freeing(), _freeing(), _making(), _making(), _section()),
    st.one_of(_readers(), _readers(), _readers(), _locked(), _locked(), single),
    st.one_of(_section(), _section(), _waiting(), _freeing()),
)
"""What all programs of a machine are about."""
THEMES, ANY_ORDER = len(themes), -1


def _tame(found: Steps) -> Steps:
    """Without locks taken twice or dropped unheld; no branch passes a lock."""
    held: set[str] = set()
    kept: Steps = []
    for step in found:
        if isinstance(step, Acquire | Release):
            if isinstance(step, Acquire) == (step.lock in held):
                continue
            held ^= {step.lock}
        kept.append(step)
    for at, step in enumerate(kept):
        ahead = (n for n, s in enumerate(kept[at + 1 :], 1) if isinstance(s, Acquire | Release))
        if isinstance(step, Branch):
            kept[at] = replace(step, then=min(step.then, next(ahead, step.then)))
    return kept


# Programs ---------------------------------------------------------------------


def linked(name: str, found: Steps, last: int, ending: Steps) -> Program:
    """The steps one after the other; branches lead forward, ``last`` at most."""
    steps: Steps = []
    for at, step in enumerate(found):
        if isinstance(step, Branch):
            steps.append(replace(step, then=min(at + 1 + step.then, last), other=at + 1))
        else:
            steps.append(replace(step, next=at + 1))  # type: ignore[arg-type]
    return Program(name, (*steps, *ending), (), (), (), ())


@st.composite
def old_programs(draw: st.DrawFn, name: str, tame: bool) -> Program:
    """At most five of the older steps."""
    found = draw(st.lists(older, min_size=1, max_size=4 if tame else 5))
    if tame:
        found = [SHARED, *_tame(found), SHARED]
    end = Stop(const(0), draw(st.sampled_from(("", "ok"))), HERE)
    return linked(name, found, len(found) - tame, [end])


@st.composite
def _endings(draw: st.DrawFn, at: int) -> Steps:
    """The result tells what the CPU saw; the caller knows it, or nobody does."""
    seen = draw(names)
    same = draw(st.one_of(numbers, st.just(local(NAMES[0]))))
    test = Branch(("op", "==", local(seen), same), "", "", 0, HERE, at + 1, at + 2)
    if draw(st.integers(0, 3)) == 0:
        return [test, Stop(const(0), "yes", HERE), Stop(const(0), "no", HERE)]
    value = draw(st.sampled_from((local(seen), const(-1), const(0))))
    leaves = [Mark("leave", value, text, HERE, at + 3) for text in ("yes", "no")]
    return [test, *leaves, Stop(const(0), "ok", HERE)]


@st.composite
def new_programs(draw: st.DrawFn, name: str, theme: int, most: int) -> Program:
    """Some phrases of a theme, or with none steps in any order."""
    tame = theme != ANY_ORDER
    if tame:
        drawn = draw(st.lists(themes[theme], min_size=most - 1, max_size=most))
        found = [step for phrase in drawn for step in phrase]
        if draw(maybe):
            found = [Mark("enter", const(0), "", HERE, 0), *found]
        found = [SHARED, *found, replace(SHARED, old=draw(st.sampled_from(("", "x"))))]
    else:
        found = draw(st.lists(newer, min_size=2, max_size=most + 2))
    return linked(name, found, len(found) - tame, draw(_endings(len(found))))


# Machines ---------------------------------------------------------------------


@st.composite
def old_machines(draw: st.DrawFn, tame: bool) -> Machine:
    cpus = draw(st.integers(2, 3))
    made = tuple(draw(old_programs(f"cpu{number}", tame)) for number in range(cpus))
    slot = {"slot": draw(st.integers(0, 2))}
    held = {(cpu, box): draw(st.integers(0, 1)) for cpu in range(cpus) for box in (1, 2)}
    waits_for_irq = draw(maybe)
    return Machine(
        made, OBJECTS, WORDS, LOCKS, (Start(slot, held),), -1, waits_for_irq, {1: 1, 2: 1}
    )


@st.composite
def _around(
    draw: st.DrawFn, made: tuple[Program, ...], held: dict[tuple[int, int], int]
) -> Machine:
    """What a machine is beside its programs."""
    begin = Start({"slot": draw(st.integers(0, 2)), "flag": draw(st.integers(0, 1))}, held)
    starts = [begin]
    if draw(st.integers(0, 3)) == 0:
        starts.append(replace(begin, held={}))
    if draw(st.integers(0, 3)) == 0:
        starts[0] = replace(begin, owners={"one": draw(st.integers(0, len(made) - 1))})
    return Machine(
        made,
        OBJECTS,
        WORDS,
        LOCKS,
        tuple(starts),
        draw(st.integers(-1, len(made) - 1)),
        draw(maybe),
        {1: 1, 2: 1},
        guarded={"flag": "one"} if draw(st.integers(0, 3)) == 0 else {},
        subject_keeps=draw(st.integers(0, 3)) > 0,
        freed_by_call=draw(maybe),
        returns_frozen=draw(maybe),
    )


@st.composite
def new_machines(draw: st.DrawFn, theme: int) -> Machine:
    cpus = draw(st.integers(2, 3))
    made = tuple(draw(new_programs(f"cpu{number}", theme, 5 - cpus)) for number in range(cpus))
    held = {(cpu, box): draw(st.integers(0, 1)) for cpu in range(cpus) for box in (1, 2)}
    return draw(_around(made, {(0, 1): 1} if draw(maybe) else held))


@st.composite
def equal_machines(draw: st.DrawFn, theme: int) -> Machine:
    """Two or three CPUs with one program and one beginning, perhaps another one."""
    alike = draw(st.integers(2, 3))
    made = (draw(new_programs("same", theme, 5 - alike)),) * alike
    boxes = {box: draw(st.integers(0, 1)) for box in (1, 2)}
    held = {(cpu, box): boxes[box] for cpu in range(alike) for box in boxes}
    if alike == 2 and draw(maybe):
        made = (*made, draw(new_programs("other", theme, 2)))
        held.update({(2, box): draw(st.integers(0, 1)) for box in (1, 2)})
    return draw(_around(made, held))
