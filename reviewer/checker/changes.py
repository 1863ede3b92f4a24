# SPDX-License-Identifier: GPL-2.0-only
"""The functions a patch changes in one file, analysed in both images."""

from collections.abc import Iterable, Sequence

from reviewer.alignment.align import align, image, unknown_lockers
from reviewer.alignment.operations import changed_operations
from reviewer.cfg.build import build
from reviewer.cfg.graph import Graph
from reviewer.cfg.inline import inlined
from reviewer.checker.counterparts import counterparts, outside
from reviewer.checker.opened import Alone, Opened, bodies, lone_functions, opened
from reviewer.checker.rule import FunctionChange, Lone, Outside, PatchChange, Steps
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.locks.conventions import replaced
from reviewer.record import dataclass, field
from reviewer.source.records import SourcePair
from reviewer.syntax.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Changes:
    """What could be analysed of a file, and what could not.

    ``gone`` and ``new`` are functions of one image only, ``taken`` and ``given``
    lines outside functions."""

    functions: tuple[FunctionChange, ...]
    problems: tuple[Problem, ...]
    gone: tuple[Lone, ...] = ()
    new: tuple[Lone, ...] = ()
    taken: tuple[Outside, ...] = ()
    given: tuple[Outside, ...] = ()


def whole(parts: Iterable[Changes], facts: Facts | None = None) -> PatchChange:
    """What the files of one patch make together."""
    some = tuple(parts)
    return PatchChange(
        functions=tuple(one for part in some for one in part.functions),
        gone=tuple(one for part in some for one in part.gone),
        new=tuple(one for part in some for one in part.new),
        taken=tuple(one for part in some for one in part.taken),
        given=tuple(one for part in some for one in part.given),
        unread=tuple(problem.file for part in some for problem in part.problems),
        facts=facts,
    )


MAX_WORK = 1_500_000
"""Bytes of functions that are compared in one submission, both images counted:
some two hundred small functions.  Who sends patches must not choose what they cost."""

FILE_SHARE = 32
"""To find the functions in so many bytes costs what following one byte does."""


@dataclass(slots=True)
class Allowance:
    """What is left of the work one submission may make; ``exhausted`` once a
    whole file was too much."""

    left: int = MAX_WORK
    exhausted: bool = False
    steps: Steps = field(default_factory=Steps)

    def take(self, work: int) -> bool:
        """Whether so much is left; then it is taken."""
        if work > self.left:
            return False
        self.left -= work
        return True

    def uncounted(self) -> list[Problem]:
        """What to say, once, of functions whose ways could not be followed any more."""
        names, self.steps.without = self.steps.without, []
        if not names:
            return []
        more = f", nor in {len(names) - 1} more" if len(names) > 1 else ""
        reason = f"locks and references are not counted{more}: the submission is too large"
        return [Problem("", names[0], reason)]


def changes(
    pairs: Sequence[SourcePair],
    vocabulary: Vocabulary,
    facts: Facts,
    allowance: Allowance | None = None,
) -> tuple[Changes, ...]:
    """Analyse the functions the hunks of one patch touch, file by file.

    A function that exists in one image only has no counterpart: its body is put
    in the place of its calls, wherever the patch has them, and rules may ask
    where what it did has gone.
    """
    allowance = Allowance() if allowance is None else allowance
    files = [_open(pair, vocabulary, facts, allowance) for pair in pairs]
    whole = [one for one in files if isinstance(one, Opened)]
    alone = lone_functions(whole, 0), lone_functions(whole, 1)
    return tuple(
        _changes(one, alone, allowance) if isinstance(one, Opened) else one for one in files
    )


def _open(
    pair: SourcePair, vocabulary: Vocabulary, facts: Facts, allowance: Allowance
) -> Opened | Changes:
    if allowance.take((len(pair.before or b"") + len(pair.after or b"")) // FILE_SHARE):
        return opened(pair, vocabulary, facts, allowance.take)
    allowance.exhausted = True
    return Changes((), (Problem(pair.path, "", "not compared: the submission is too large"),))


def _changes(file: Opened, alone: tuple[Alone, Alone], allowance: Allowance) -> Changes:
    pair, left_out = file.pair, []
    functions: list[FunctionChange] = []
    problems: list[Problem] = []
    old, new = (bodies(file, some, side) for side, some in enumerate(alone))
    for one in (*counterparts(pair, file.files, file.vocabulary), *file.renamed):
        if not allowance.take(one.size):
            left_out.append(one.name)
            continue
        before, after = one.read()
        problems += [
            Problem(pair.path, part.name, f"not parsed, {which} the patch: {reason}")
            for part, which in ((before, "before"), (after, "after"))
            for reason in part.errors[:1]
        ]
        change, problem = _change(
            file,
            inlined(build(before, file.facts), old),
            inlined(build(after, file.facts), new),
            allowance.steps,
        )
        if problem is not None:
            problems.append(problem)
        if change is not None:
            functions.append(change)
    if left_out:
        problems.append(_left_out(pair, left_out))
    taken, given = outside(pair, file.files)
    return Changes(tuple(functions), tuple(problems), *_lone(file), taken, given)


def _left_out(pair: SourcePair, names: list[str]) -> Problem:
    more = f", nor {len(names) - 1} more" if len(names) > 1 else ""
    return Problem(pair.path, names[0], f"not compared{more}: the submission is too large")


def _lone(file: Opened) -> tuple[tuple[Lone, ...], tuple[Lone, ...]]:
    """The functions only one image has: before the patch, after it."""
    gone, new = (
        tuple(Lone(file.pair.path, image(one, file.facts, around.effects)) for one in graphs)
        for graphs, around in zip(file.alone, file.known, strict=True)
    )
    return gone, new


def _change(
    file: Opened, old: Graph, new: Graph, steps: Steps
) -> tuple[FunctionChange | None, Problem | None]:
    pair, facts, known = file.pair, file.facts, file.known
    name = new.function.name
    strange = unknown_lockers(
        old, new, facts, lambda name: known[0].understood(name) or known[1].understood(name)
    )
    strange = strange or replaced(old, new, facts)
    problem = None
    if strange:
        names = ", ".join(f"{name}()" for name in strange)
        reason = f"what {names} locks is not known, so lock scopes are not compared"
        problem = Problem(pair.path, name, reason)
    one, two = image(old, facts, known[0].effects), image(new, facts, known[1].effects)
    for found, which in ((one, "before"), (two, "after")):
        if found.locks.trouble:
            reason = f"not compared, {which} the patch: {found.locks.trouble}"
            return None, Problem(pair.path, name, reason)
    return FunctionChange(
        file=pair.path,
        before=one,
        after=two,
        aligned=align(one, two, facts, pair.after_line),
        partial=not new.function.complete,
        facts=facts,
        callees_before=known[0].small,
        callees_after=known[1].small,
        operations=changed_operations(one.operations, two.operations, pair.after_line),
        after_line=pair.after_line,
        before_line=pair.before_line,
        locks_known=problem is None,
        around=file.around,
        mentioning=known[1].mentioning,
        steps=steps,
    ), problem
