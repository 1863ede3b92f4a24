# SPDX-License-Identifier: GPL-2.0-only
"""The functions a patch changes in one file, analysed in both images."""

from collections.abc import Iterable

from reviewer.alignment.align import align, image, unknown_lockers
from reviewer.alignment.operations import changed_operations
from reviewer.cfg.build import build
from reviewer.checker.callees import STRANGERS, Neighbours, neighbours, sharing
from reviewer.checker.counterparts import Files, counterparts, lone, outside
from reviewer.checker.rule import FunctionChange, Lone, Outside, PatchChange
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.tree import Function
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


def whole(parts: Iterable[Changes]) -> PatchChange:
    """What the files of one patch make together."""
    some = tuple(parts)
    return PatchChange(
        functions=tuple(one for part in some for one in part.functions),
        gone=tuple(one for part in some for one in part.gone),
        new=tuple(one for part in some for one in part.new),
        taken=tuple(one for part in some for one in part.taken),
        given=tuple(one for part in some for one in part.given),
        unread=tuple(problem.file for part in some for problem in part.problems),
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

    def take(self, work: int) -> bool:
        """Whether so much is left; then it is taken."""
        if work > self.left:
            return False
        self.left -= work
        return True


def changes(
    pair: SourcePair, vocabulary: Vocabulary, facts: Facts, allowance: Allowance | None = None
) -> Changes:
    """Analyse the functions the hunks of one file touch.

    A function that exists in one image only has no counterpart; rules may ask
    where what it did has gone.
    """
    functions, problems, left_out = [], [], []
    allowance = Allowance() if allowance is None else allowance
    if not allowance.take((len(pair.before or b"") + len(pair.after or b"")) // FILE_SHARE):
        allowance.exhausted = True
        return Changes((), (Problem(pair.path, "", "not compared: the submission is too large"),))
    files = _file(pair.before, vocabulary), _file(pair.after, vocabulary)
    known = _known(*files, facts)
    for one in counterparts(pair, files, vocabulary):
        if not allowance.take(one.size):
            left_out.append(one.name)
            continue
        before, after = one.read()
        found = [
            Problem(pair.path, part.name, f"not parsed, {which} the patch: {reason}")
            for part, which in ((before, "before"), (after, "after"))
            for reason in part.errors[:1]
        ]
        change, problem = _change(pair, before, after, facts, known)
        problems.extend(found)
        if problem is not None:
            problems.append(problem)
        elif change is not None:
            functions.append(change)
    gone, new = _lone(pair, files, vocabulary, facts, known, allowance)
    if left_out:
        problems.append(_left_out(pair, left_out))
    taken, given = outside(pair, files)
    return Changes(tuple(functions), tuple(problems), gone, new, taken, given)


def _left_out(pair: SourcePair, names: list[str]) -> Problem:
    more = f", nor {len(names) - 1} more" if len(names) > 1 else ""
    return Problem(pair.path, names[0], f"not compared{more}: the submission is too large")


def _lone(
    pair: SourcePair,
    files: Files,
    vocabulary: Vocabulary,
    facts: Facts,
    known: tuple[Neighbours, Neighbours],
    allowance: Allowance,
) -> tuple[tuple[Lone, ...], tuple[Lone, ...]]:
    """The functions only one image has: before the patch, after it."""
    sides: list[tuple[Lone, ...]] = []
    for side, around in enumerate(known):
        found = [
            Lone(pair.path, image(build(one.read(), facts), facts, around.effects))
            for one in lone(pair, files, side, vocabulary)
            if allowance.take(one.size)
        ]
        sides.append(tuple(found))
    return sides[0], sides[1]


def _change(
    pair: SourcePair,
    before: Function,
    after: Function,
    facts: Facts,
    known: tuple[Neighbours, Neighbours],
) -> tuple[FunctionChange | None, Problem | None]:
    old = build(before, facts)
    new = build(after, facts)
    strange = unknown_lockers(
        old, new, facts, lambda name: known[0].understood(name) or known[1].understood(name)
    )
    if strange:
        names = ", ".join(f"{name}()" for name in strange)
        reason = f"what {names} locks is not known, so lock scopes are not compared"
        return None, Problem(pair.path, after.name, reason)
    one, two = image(old, facts, known[0].effects), image(new, facts, known[1].effects)
    for found, which in ((one, "before"), (two, "after")):
        if found.locks.trouble:
            reason = f"not compared, {which} the patch: {found.locks.trouble}"
            return None, Problem(pair.path, after.name, reason)
    return FunctionChange(
        file=pair.path,
        before=one,
        after=two,
        aligned=align(one, two, facts, pair.after_line),
        partial=not after.complete,
        facts=facts,
        callees_before=known[0].small,
        callees_after=known[1].small,
        operations=changed_operations(one.operations, two.operations, pair.after_line),
        after_line=pair.after_line,
        before_line=pair.before_line,
    ), None


def _file(data: bytes | None, vocabulary: Vocabulary) -> SourceFile | None:
    return None if data is None else read_file(data, vocabulary)


def _known(
    before: SourceFile | None, after: SourceFile | None, facts: Facts
) -> tuple[Neighbours, Neighbours]:
    """The other functions of both images."""
    old, new = (STRANGERS if one is None else neighbours(one, facts) for one in (before, after))
    if before is not None and after is not None:
        new = sharing(new, after, old, before)
    return old, new
