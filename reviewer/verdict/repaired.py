# SPDX-License-Identifier: GPL-2.0-only
"""Findings that later patches of a series repair.

The patch that something was found in and the patches behind it are taken as
one, and the rules are run on that.  What they do not find any more was
repaired, by the first patch with which it is gone.  Where that cannot be told
the finding stays.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from reviewer.checker.changes import Allowance, Changes, changes, whole
from reviewer.checker.records import Finding
from reviewer.checker.rule import FunctionChange
from reviewer.checker.rules import Found
from reviewer.record import dataclass, replace
from reviewer.verdict.fingerprint import fingerprint
from reviewer.verdict.later import State, states
from reviewer.verdict.records import Suppressed
from reviewer.verdict.suppress import Stage, left_out
from reviewer.verdict.unspoken import found_in

if TYPE_CHECKING:
    from reviewer.checker.rule import Rule
    from reviewer.facts import Facts
    from reviewer.syntax.vocabulary import Vocabulary

MAX_LATER = 20_000
"""Patches that are put on top of others in one submission."""

_WORD = re.compile(rb"\w+")

TOO_LARGE = (
    "whether later patches repair what was found is not known everywhere: the series is too large"
)


@dataclass(frozen=True, slots=True)
class Repairs:
    """What later patches repair: the stages without it, how it is told instead, and
    what there is to say of the looking."""

    stages: tuple[Stage, ...]
    suppressed: tuple[Suppressed, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is needed to look again."""

    rules: "Sequence[Rule]"
    vocabulary: "Vocabulary"
    facts: "Facts"
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class _Again:
    """What the rules say of some patches taken as one; ``own`` are the marks of what
    was found in one of them by itself, ``complete`` says that nothing was left out."""

    state: State
    vocabulary: "Vocabulary"
    parts: Sequence[Changes]
    found: Sequence[Found]
    own: frozenset[str]
    complete: bool

    def texts(self, path: str, *names: str) -> tuple[list[bytes], list[bytes]]:
        """The definitions of functions of these names, before and after."""
        return self.state.texts(path, names, self.vocabulary)


def repairs(
    stages: Sequence[Stage], rules: "Sequence[Rule]", vocabulary: "Vocabulary", facts: "Facts"
) -> Repairs:
    """Look for later patches that repair what was found in earlier ones."""
    judge = _Judge(rules, vocabulary, facts, Allowance())
    standing: list[Stage] = []
    told: list[Suppressed] = []
    left = MAX_LATER
    for at, stage in enumerate(stages):
        left -= len(stages) - at if stage.found else 0
        gone = dict(_repaired(stages[at:], judge)) if stage.found and left >= 0 else {}
        for position, reason in gone.items():
            told.append(left_out(stage.number, stage.found[position][0], "series", reason))
        kept = [one for position, one in enumerate(stage.found) if position not in gone]
        standing.append(replace(stage, found=kept))
    notes = () if left >= 0 and _enough(judge) else (TOO_LARGE,)
    return Repairs(tuple(standing), tuple(told), notes)


def _enough(judge: _Judge) -> bool:
    """Whether everything could be compared so far."""
    return not (judge.allowance.exhausted or judge.allowance.steps.without)


def _repaired(stages: Sequence[Stage], judge: _Judge) -> Iterator[tuple[int, str]]:
    """The positions of the findings of the first stage that are gone at the end, each
    with who repaired it."""
    first = stages[0]
    names = {one.function for one, _ in first.found}
    later = states([(one.patch, one.pairs) for one in stages], names)
    if len(later) < 2:
        return

    @cache
    def again(at: int) -> _Again:
        return _looked_at(stages, later[at], judge)

    end = len(later) - 1
    for position, found in enumerate(first.found):
        one = found[0]
        if one.file not in later[0].paths:
            continue
        texts = later[0].texts(one.file, (one.function,), judge.vocabulary)[1]
        if _gone(found, later[0], again(end)):
            # To look again is dear: at those first that touch the function itself.
            order = sorted(range(1, end + 1), key=lambda at: _untouched(texts, found, later[at]))
            at = next(at for at in order if _gone(found, later[0], again(at)))
            yield position, _reason(found, later[0], again(at), stages[later[at].last])


def _untouched(texts: Sequence[bytes], found: Found, state: State) -> bool:
    """Whether a function still is as the patch left it that something was found in."""
    path = state.paths.get(found[0].file, "")
    after = state.pairs[path].after if path in state.pairs else None
    return after is not None and all(text in after for text in texts)


def _looked_at(stages: Sequence[Stage], state: State, judge: _Judge) -> _Again:
    pairs = [one for one in state.pairs.values() if (one.before, one.after) != (None, None)]
    parts = changes(pairs, judge.vocabulary, judge.facts, judge.allowance)
    found = found_in(judge.rules, stages[0].patch, whole(parts, judge.facts))
    own = {fingerprint(one) for stage in stages[: state.last + 1] for one, _ in stage.found}
    return _Again(state, judge.vocabulary, parts, found, frozenset(own), _enough(judge))


def _gone(found: Found, first: State, again: _Again) -> bool:
    """Whether a finding holds no more; False where that is not known.

    That nobody finds it again is not enough: what it is about has to be there still,
    or the function as it was before.
    """
    one, change = found
    path = again.state.paths.get(one.file)
    if path is None or not again.complete or _unread(one, again):
        return False
    if fingerprint(one) in {fingerprint(other) for other, _ in again.found}:
        return False
    old = one.function if change is None else change.before.graph.function.name
    name = _now(path, old, found, again)
    if name is None or (name and not _speaks_of_it(one, first, again, (path, old, name))):
        return False
    return not any(_like(one, other, name, again.own) for other, _ in again.found)


def _unread(one: Finding, again: _Again) -> bool:
    problems = [problem for part in again.parts for problem in part.problems]
    return any(problem.function in ("", one.function) for problem in problems)


def _like(one: Finding, other: Finding, name: str, own: frozenset[str]) -> bool:
    """Whether a finding nobody has made yet may be the same harm in other words:
    in the same function, about the same place, or anywhere when the function is gone."""
    if fingerprint(other) in own:
        return False
    related = {one.rule, *one.also} & {other.rule, *other.also} or {*one.causes} & {*other.causes}
    near = not name or other.function in (name, one.function)
    return bool(related) and (near or other.place == one.place)


def _speaks_of_it(one: Finding, first: State, again: _Again, now: tuple[str, str, str]) -> bool:
    """Whether the function still has the words for what the finding is about, or is
    what it was before: by other names the same harm could not be told."""
    path, old, name = now
    if again.texts(path, old)[0] == again.texts(path, name)[1]:
        return True
    said = " ".join((one.place, one.access, *(cause.partition(" ")[2] for cause in one.causes)))
    had, has = (
        _words(b" ".join(state.texts(file, (function,), again.vocabulary)[1]))
        for state, file, function in ((first, one.file, one.function), (again.state, path, name))
    )
    return _words(said.encode()) & had <= has


def _words(text: bytes) -> set[bytes]:
    return set(_WORD.findall(text))


def _now(path: str, old: str, found: Found, again: _Again) -> str | None:
    """What a function is called after all the patches: nothing when it is not there, and
    None when that is not known or it was not compared."""
    name = found[0].function
    for one in _compared(path, again):
        if old == one.before.graph.function.name or name == one.name:
            return one.name
    new = {(one.file, one.image.graph.function.name) for part in again.parts for one in part.new}
    if found[1] is None and (path, name) in new:
        return name
    before, after = again.texts(path, old, name)
    if not after:
        # Something new may do now what the function did.
        return None if new else ""
    return name if before == after else None


def _compared(path: str, again: _Again) -> list[FunctionChange]:
    return [one for part in again.parts for one in part.functions if one.file == path]


def _reason(found: Found, first: State, again: _Again, by: Stage) -> str:
    """Who repaired it, and how where the function is simply not there any more."""
    one, _ = found
    who = f"patch {by.number + 1}" + (f", '{by.patch.subject}'" if by.patch.subject else "")
    path = again.state.paths[one.file]
    compared = [some.before.graph.function.name for some in _compared(path, again)]
    was = first.texts(one.file, (one.function,), again.vocabulary)[1]
    if was and one.function not in compared and not again.texts(path, one.function)[1]:
        return f"{one.function}() is no longer there after {who}"
    return f"repaired by {who}"
