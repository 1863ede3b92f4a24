# SPDX-License-Identifier: GPL-2.0-only
"""The functions a patch changes in one file, analysed in both images."""

from reviewer.alignment.align import align, image, unknown_lockers
from reviewer.cfg.build import build
from reviewer.checker.callees import STRANGERS, Neighbours, neighbours, sharing
from reviewer.checker.counterparts import counterparts
from reviewer.checker.rule import FunctionChange
from reviewer.facts import Facts
from reviewer.location import Problem
from reviewer.record import dataclass
from reviewer.source.records import SourcePair
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.tree import Function
from reviewer.syntax.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Changes:
    """What could be analysed of a file, and what could not."""

    functions: tuple[FunctionChange, ...]
    problems: tuple[Problem, ...]


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

    A function that exists in one image only has no counterpart and is left
    to rules that look at one image.
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
    if left_out:
        more = f", nor {len(left_out) - 1} more" if len(left_out) > 1 else ""
        reason = f"not compared{more}: the submission is too large"
        problems.append(Problem(pair.path, left_out[0], reason))
    return Changes(tuple(functions), tuple(problems))


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
    aligned = align(one, two, facts, pair.after_line)
    partial = not after.complete
    return FunctionChange(
        pair.path, one, two, aligned, partial, facts, known[0].small, known[1].small
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
