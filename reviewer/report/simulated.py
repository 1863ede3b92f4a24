# SPDX-License-Identifier: GPL-2.0-only
"""What trying a scenario gave, as text."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reviewer.record import dataclass, field
from reviewer.report.text import called, counted, distinct, listed, wrapped
from reviewer.simulation.follow import Taken
from reviewer.simulation.properties import HARMS
from reviewer.simulation.scenario import Real, Scenario
from reviewer.simulation.steps import LOOP_ROUNDS, Program
from reviewer.simulation.trial import HOLDS, VIOLATED, Explored, Trial

Schedule = tuple[Explored, Sequence[Taken]]


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial and what is to be said of the function it was made on.

    ``programs`` are its steps by path; ``function`` its name and ``file`` where
    it stands; ``names`` what it calls the roles of the scenario; ``real`` the
    entry of the scenario that names it; ``cap`` the most states of a machine.
    Without ``expected`` nobody wrote down a verdict, and ``because`` says why it
    was tried in this scenario; ``only`` are the actors beside whom it holds, where
    that is not all.  ``nearest`` is the schedule nearest to harm
    where none does any, ``decides`` says what keeps it from harm.
    """

    trial: Trial
    programs: Mapping[str, Program]
    function: str
    file: str
    names: Mapping[str, str] = field(default_factory=dict)
    real: Real | None = None
    expected: bool = True
    cap: int = 0
    nearest: Schedule | None = None
    decides: tuple[str, ...] = ()
    because: str = ""
    only: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[str, ...]:
        """The properties broken; none where the runs prove nothing."""
        return () if self.trial.reason else self.trial.broken

    @property
    def label(self) -> str:
        """What was tried, in one word or two."""
        return self.trial.name if self.expected else f"{self.function}()"

    @property
    def mutant(self) -> bool:
        """Whether it is a version that must be found out."""
        variant = self.trial.variant
        return self.expected and variant.expect == VIOLATED and not variant.progress

    def told(self, what: str) -> list[str]:
        """What lifting noted, on any path: ``assumptions``, ``unmodelled``,
        ``ignored`` or ``unbound``."""
        notes = (note for one in self.programs.values() for note in getattr(one, what))
        return list(dict.fromkeys(map(str, notes)))


def line(one: Tried) -> str:
    """The verdict, on one line."""
    trial = one.trial
    by = f" {', '.join(one.broken)}" if one.broken else ""
    if one.only:
        by = f" {beside(one.only)} only"
    mark = ""
    if one.expected and not trial.as_expected:
        named = f" by {trial.variant.property}" if trial.variant.property else ""
        mark = f"   EXPECTED {trial.variant.expect}{named}"
    size = f"{counted_states(trial.states)}, {trial.transitions:,} transitions"
    return f"{trial.scenario.name} {one.label}: {trial.verdict}{by} ({size}){mark}"


def counted_states(number: int) -> str:
    """``1 state``, ``1,246 states``."""
    return f"{number:,} state{'s' * (number != 1)}"


# One trial --------------------------------------------------------------------


def reason(one: Tried, width: int) -> list[str]:
    """Why there is no verdict."""
    return wrapped(one.trial.reason, width, "    ")


def usual() -> str:
    """The properties that every scenario has."""
    return f"and what every scenario is asked for: no {', '.join(HARMS)}"


def where(run: Explored) -> str:
    """Which of the machines of a trial it is."""
    parts = [f"path {run.path.name}"]
    if run.assumption.text:
        parts.append(run.assumption.name)
    return ", ".join([*parts, beside(run.company)])


def beside(company: Sequence[str]) -> str:
    """Who runs beside the function."""
    if not company:
        return "nobody beside it"
    numbers = Counter(company)
    return "beside " + listed(
        called(name) if number == 1 else f"{number} {called(name)}"
        for name, number in numbers.items()
    )


def bound(one: Tried) -> str:
    """What was explored, one sentence."""
    runs = one.trial.runs
    companies = distinct([beside(run.company) for run in runs])
    parts = [f"one call of {called(one.function)} {' or '.join(companies)}".rstrip()]
    parts.append(f"loops of unknown length at most {LOOP_ROUNDS} times")
    if one.cap:
        parts.append(f"at most {counted_states(one.cap)} a machine")
    return "; ".join([*parts, "sequentially consistent"])


# A scenario -------------------------------------------------------------------


def summary(
    scenario: Scenario, seen: Sequence[Tried], width: int, short: bool = False
) -> list[str]:
    """What the trials of a scenario say together: what holds, in how many
    states, and how many mutants were found out."""
    lines = [""]
    held = [one for one in seen if one.trial.verdict == HOLDS == one.trial.variant.expect]
    if held and not short:
        states = sum(one.trial.states for one in held)
        names = listed(one.label for one in held)
        lines += wrapped(
            f"In every schedule of {names} ({counted_states(states)}):", width, "", "  "
        )
        for entry in scenario.properties:
            lines += wrapped(f"{entry.name}: {entry.text}", width, "  ", "      ")
        lines += wrapped(usual(), width, "  ", "      ")
        lines.append("")
    return lines + wrapped(f"{scenario.name}: {totals(seen)}", width, "", "  ")


def totals(seen: Iterable[Tried]) -> str:
    """How many trials gave what was written down."""
    tried = list(seen)
    right = [one for one in tried if one.trial.as_expected]
    holding = [one for one in tried if one.trial.variant.expect == HOLDS]
    mutants = [one for one in tried if one.mutant]
    notes = [one for one in tried if one.trial.variant.progress]
    parts = []
    for some, text in (
        (holding, "that must hold do"),
        (mutants, "mutants found out"),
        (notes, f"{'note' if len(notes) == 1 else 'notes'} on progress as expected"),
    ):
        if some:
            parts.append(f"{len([one for one in some if one in right])} of {len(some)} {text}")
    differ = len(tried) - len(right)
    unlike = f"{counted(differ, 'verdict')} not as expected"
    return "; ".join([*parts, unlike if differ else "every verdict as expected"])


def listing(scenarios: Sequence[tuple[str, str]], width: int) -> list[str]:
    """The scenarios with what they are about."""
    longest = max((len(name) for name, _ in scenarios), default=0)
    lines = []
    for name, text in scenarios:
        lines += wrapped(text, width, f"{name:{longest}}  ", " " * (longest + 2))
    return lines
