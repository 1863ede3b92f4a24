# SPDX-License-Identifier: GPL-2.0-only
"""The explorer against one without any of its shortcuts, and against itself
where it does not take equal CPUs for one another."""

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive import Found, explore_plainly
from random_programs import ANY_ORDER, THEMES, equal_machines, new_machines, old_machines

from reviewer.simulation.actions import ONE, every, fld, negated, op, some
from reviewer.simulation.explore import Exploration, explore
from reviewer.simulation.machine import Machine, own
from reviewer.simulation.model import Property
from reviewer.simulation.properties import count_checks, thawed


def alone(machine: Machine, lock: str) -> Property:
    """Who has a lock to himself has it beside nobody; the plain explorer has
    no word for breaking this."""
    has = [fld(own(cpu, "has", lock)) for cpu in machine.cpus]
    pairs = [(one, two) for one in has for two in has if one != two]
    return ("alone", every(some((op("!=", one, ONE), negated(two))) for one, two in pairs))


def explored(machine: Machine, symmetry: bool = True) -> Exploration:
    locks = (alone(machine, lock) for lock in machine.locks)
    properties = (*count_checks(machine), thawed(machine), *locks)
    result = explore(machine, properties, symmetry=symmetry)
    assert result.complete
    return result


def check(machine: Machine) -> Found:
    """Both ways give the same; what the plain one found."""
    result = explored(machine)
    plain = explore_plainly(machine)
    assert set(result.outcomes) == plain.ends
    assert set(result.broken) == plain.broken
    assert plain.broken or result.states <= plain.states
    return plain


def tried(
    machines: st.SearchStrategy[Machine], number: int, each: Callable[[Machine], set[str]]
) -> Counter[str]:
    """Look at so many machines; how many of them had what."""
    met: Counter[str] = Counter()

    @settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(machines)
    def one(machine: Machine) -> None:
        met.update({"machine", *each(machine)})

    one()
    return met


def met_plainly(machine: Machine) -> set[str]:
    found = check(machine)
    several = {"several ends"} if len(found.ends) > 1 else set()
    return found.met | found.broken | several


def enough(met: Counter[str], least: dict[str, int]) -> None:
    """Random programs do what is to be tested: at least half as often as they
    do it with the hypothesis of today."""
    assert {what: met[what] for what, number in least.items() if met[what] < number} == {}


def test_the_same_ends_and_the_same_broken_properties() -> None:
    """Programs that use their locks well, and look at shared state before they end."""
    tried(old_machines(tame=True), 500, met_plainly)


def test_the_same_of_programs_of_any_kind() -> None:
    tried(old_machines(tame=False), 500, met_plainly)


def alike(machine: Machine) -> set[str]:
    """To take equal CPUs for one another changes no ends and nothing broken."""
    result, apart = explored(machine), explored(machine, symmetry=False)
    assert result.outcomes == apart.outcomes
    assert set(result.broken) == set(apart.broken)
    assert result.states <= apart.states
    found = {"fewer"} if result.states < apart.states else set()
    return found | set(result.broken) | ({"several ends"} if len(result.outcomes) > 1 else set())


def of_themes(
    machines: Callable[[int], st.SearchStrategy[Machine]],
    number: int,
    each: Callable[[Machine], set[str]],
) -> Counter[str]:
    met: Counter[str] = Counter()
    for theme in range(THEMES):
        met += tried(machines(theme), number // THEMES, each)
    return met


def to_compare(theme: int) -> st.SearchStrategy[Machine]:
    return new_machines(theme)


def test_the_same_of_objects_shared_locks_and_waits() -> None:
    met = of_themes(to_compare, 500, met_plainly)
    seldom = ("reuse", "freed later", "lock of two", "lock not got", "flush waits")
    often = ("several ends", "section in a section", "grace-period waits", "deadlock", "frozen")
    broken = ("leaked-reference", "use-after-free", "dropped-too-often", "freeze-exclusive")
    enough(met, {"machine": 500, "left-frozen": 1, **dict.fromkeys(seldom, 8)})
    enough(met, dict.fromkeys((*often, *broken, "waits until", "count-underflow"), 15))


def test_the_same_of_newer_steps_in_any_order() -> None:
    met = tried(to_compare(ANY_ORDER), 500, met_plainly)
    often = ("several ends", "unlock-not-held", "deadlock", "waits until")
    seldom = ("lock not got", "unknown-number", "use-after-free", "get-on-zero")
    enough(met, {"machine": 500, "lost-reference": 3, **dict.fromkeys(seldom, 2)})
    enough(met, {"unlocked-store": 4, "lock of two": 4, **dict.fromkeys(often, 20)})


def test_equal_cpus_can_take_one_anothers_place() -> None:
    met = of_themes(equal_machines, 1000, alike)
    seldom = ("deadlock", "use-after-free", "freeze-exclusive")
    enough(met, {"machine": 1000, "fewer": 200, "several ends": 80, **dict.fromkeys(seldom, 15)})
