# SPDX-License-Identifier: GPL-2.0-only
"""What many checked functions add up to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel_programs import Program
from soundness import Checked, Locks, Violation, Visit, places

from reviewer.locks.held import Held

LEAST_VISITS = 3
"""Accesses seen less often say nothing about precision."""


@dataclass
class Figures:
    """Sums, and the violations found."""

    functions: int = 0
    runs: int = 0
    events: int = 0
    accesses: int = 0
    judged: int = 0
    must_exact: int = 0
    may_exact: int = 0
    holding: int = 0
    must_exact_holding: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[Program, Violation]] = field(default_factory=list)

    def add(self, program: Program, checked: Checked) -> None:
        """Count one function."""
        self.functions += 1
        self.runs += checked.runs
        self.events += checked.events
        self.accesses += len(checked.visits)
        for violation in checked.violations[:1]:
            self.kinds[violation.kind] += 1
            self.violations.append((program, violation))
        names = {name for claim in checked.claims.values() for name in claim.may}
        for line, visits in checked.visits.items():
            if line in checked.claims and len(visits) >= LEAST_VISITS:
                self.judge(checked.claims[line], visits, names)

    def judge(self, claim: Held, visits: list[Visit], names: set[str]) -> None:
        """Count one access: is all claimed that the runs had in common?"""
        common = {name for name in names if all(_held(name, visit) for visit in visits)}
        exact = all(_covered(name, claim.must, visit) for name in common for visit in visits)
        self.judged += 1
        self.must_exact += exact
        self.holding += bool(common)
        self.must_exact_holding += bool(common) and exact
        self.may_exact += all(any(_held(name, one) for one in visits) for name in claim.may)

    def text(self) -> str:
        """The figures as lines."""
        must, may = _share(self.must_exact, self.judged), _share(self.may_exact, self.judged)
        holding = _share(self.must_exact_holding, self.holding)
        return "\n".join((
            f"functions       {self.functions}",
            f"runs            {self.runs}",
            f"events          {self.events}",
            f"accesses        {self.accesses}, {self.judged} seen {LEAST_VISITS} times",
            f"violations      {len(self.violations)} {dict(self.kinds) or ''}".rstrip(),
            f"must is exact   {must}; {holding} of {self.holding} where a lock is always held",
            f"may is exact    {may}",
        ))  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _held(name: str, visit: Visit) -> bool:
    now = places(name, visit.pointers)
    before = (places(name, pointers) & {lock} for lock, pointers in visit.taken.items())
    return bool(now & visit.held) or any(before)


def _covered(name: str, must: Iterable[str], visit: Visit) -> bool:
    claimed: Locks = frozenset().union(*(places(one, visit.pointers) for one in must))
    return bool(places(name, visit.pointers) & claimed)
