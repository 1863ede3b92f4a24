# SPDX-License-Identifier: GPL-2.0-only
"""Compare two versions of a function in a scenario about any object.

Which of the actors of such a scenario is like the kernel's own way to take the
object away is mostly in another file.  So the new version is asked only beside
those with which the old one holds; and only where some protection of the old
one, taken away, would have been noticed: else the roles are wrong, or nothing
in the model depends on the function.
"""

from collections.abc import Iterable, Iterator

from reviewer.facts import Facts
from reviewer.record import dataclass, replace
from reviewer.simulation.assemble import Subject, lift_subject
from reviewer.simulation.explore import TooLarge
from reviewer.simulation.reader import ActorError
from reviewer.simulation.scenario import Mutation, Real, Scenario, Variant
from reviewer.simulation.steps import (
    Access,
    Acquire,
    Context,
    Origin,
    Program,
    Release,
    Visible,
    Wait,
)
from reviewer.simulation.trial import HOLDS, UNDECIDED, VIOLATED, Options, Trial, trial

UNNOTICED = "nothing the model has depends on how the function protects the object"
NO_VARIANT = Variant("", "", {}, (), (), HOLDS, "", "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What comparing gave.  ``verdict`` is VIOLATED where the new version breaks
    something beside an actor with which the old one holds, HOLDS where it does
    not, UNDECIDED, for ``reason``, where that cannot be asked.  ``companies``
    are those actors, ``noticed`` the change of the old version that shows that
    it does depend on what protects it."""

    verdict: str
    reason: str
    companies: tuple[str, ...]
    noticed: str
    before: Trial | None
    after: Trial | None


def compare(
    scenario: Scenario,
    real: Real,
    before: Subject,
    after: Subject,
    facts: Facts,
    options: Options,
    variant: Variant = NO_VARIANT,
) -> Difference:
    """Ask both versions; ``variant`` may put other actors in the place of some."""
    old = trial(scenario, variant, facts, options, real, before)
    held = held_beside(old)
    if old.reason or not held:
        broken = ", ".join(old.broken) or "too many states"
        reason = old.reason or f"the old version holds beside nobody: {broken}"
        return Difference(UNDECIDED, reason, (), "", old, None)
    asked = replace(variant, companies=held)
    weaker = noticed(scenario, real, asked, before, facts, options)
    if not weaker:
        return Difference(UNDECIDED, UNNOTICED, held, "", old, None)
    new = trial(scenario, asked, facts, options, real, after)
    return Difference(new.verdict, new.reason, held, weaker, old, new)


def held_beside(one: Trial) -> tuple[str, ...]:
    """The actors of the companies beside which every run holds."""
    broken = {run.company for run in one.runs if run.result.broken or not run.result.complete}
    held = dict.fromkeys(run.company for run in one.runs if run.company not in broken)
    return tuple(actor for company in held for actor in company)


def noticed(
    scenario: Scenario, real: Real, asked: Variant, subject: Subject, facts: Facts, options: Options
) -> str:
    """The first weakened version that breaks something, in words."""
    for path in scenario.paths:
        for told, mutations in weakened(lift_subject(scenario, path, subject, facts)):
            changed = replace(asked, mutations=mutations, paths=(path.name,))
            try:
                found = trial(scenario, changed, facts, options, real, subject)
            except (ActorError, TooLarge):
                continue
            if found.verdict == VIOLATED:
                return told
    return ""


def weakened(program: Program) -> Iterator[tuple[str, tuple[Mutation, ...]]]:
    """The changes that take what protects a function away: its locks and read
    sides, what makes it take a reference only from those who have one, that it
    takes one, and that it waits."""
    kinds = {
        "without its locks and read sides": ("gone", _calls(program, Acquire, Release, Context)),
        "with references taken of whatever it finds": ("plain", _counting(program, "add-unless")),
        "without its references": ("skip", _counting(program, "add", "add-unless")),
        "without waiting": ("skip", _calls(program, Wait)),
    }
    for told, (how, calls) in kinds.items():
        if calls:
            yield told, tuple(Mutation(call, how, -1) for call in calls)


def _calls(program: Program, *kinds: type[Visible]) -> tuple[str, ...]:
    return _named(
        step.origin
        for step in program.steps
        if isinstance(step, Visible) and isinstance(step, kinds)
    )


def _counting(program: Program, *ops: str) -> tuple[str, ...]:
    return _named(
        step.origin
        for step in program.steps
        if isinstance(step, Access) and step.index is not None and step.op in ops
    )


def _named(origins: Iterable[Origin]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.text.partition("(")[0] for origin in origins))
