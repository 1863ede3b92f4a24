# SPDX-License-Identifier: GPL-2.0-only
"""The graph of the states is what the explorer counts."""

import pytest
from machines import END, add, drop, machine, program, store, take
from modelling import FACTS, scenario

from reviewer.simulation.answer import checks_of
from reviewer.simulation.assemble import Subject, assemble, lift_subject
from reviewer.simulation.explore import TooLarge, explore
from reviewer.simulation.state_graph import END as ENDED
from reviewer.simulation.state_graph import START, STUCK, state_graph


def test_two_stores() -> None:
    stores = program("s", store("flag", 1, 1), END), program("t", store("flag", 2, 1), END)
    graph = state_graph(machine(*stores))
    assert [state.kind for state in graph.states] == [START, "", "", ENDED, ENDED]
    assert [state.depth for state in graph.states] == [0, 1, 1, 2, 2]
    assert [state.parent for state in graph.states] == [-1, 0, 0, 1, 2]
    moves = [(move.source, move.target, move.cpu) for move in graph.moves]
    assert moves == [(0, 1, 0), (0, 2, 1), (1, 3, 1), (2, 4, 0)]
    assert graph.states[3].fields["word.flag"] == 2


def test_who_waits_for_ever_is_stuck() -> None:
    one = program("a", take("one", 1), take("two", 2), drop("two", 3), drop("one", 4), END)
    two = program("b", take("two", 1), take("one", 2), drop("one", 3), drop("two", 4), END)
    graph = state_graph(machine(one, two))
    assert [state.kind for state in graph.states].count(STUCK) == 1


def test_a_broken_state_has_no_way_out() -> None:
    graph = state_graph(machine(program("a", add(-1, 1), add(-1, 2), END)))
    (broken,) = (at for at, state in enumerate(graph.states) if state.broke)
    assert broken not in {move.source for move in graph.moves}


def test_too_many_states_are_refused() -> None:
    cpus = [program(f"p{n}", *(store("flag", k, k + 1) for k in range(5)), END) for n in range(4)]
    with pytest.raises(TooLarge, match="more than 300 states"):
        state_graph(machine(*cpus))


@pytest.mark.parametrize("name", ["copy-and-retry", "no-retry", "writer-without-end"])
def test_the_states_of_a_scenario_are_those_explored(name: str) -> None:
    one = scenario("seqcount")
    variant = next(entry for entry in one.variants if entry.name == name)
    own = Subject(one.actors[variant.subject], one.actor_files[variant.subject], {})
    program_ = lift_subject(one, one.paths[0], own, FACTS, variant.mutations)
    beside = one.companies[0]
    made = assemble(one, one.paths[0], one.assumptions[0], program_, beside, FACTS, variant.replace)
    checks = checks_of(one, made)
    result = explore(made, checks, symmetry=False)
    graph = state_graph(made, checks)
    assert len(graph.states) == result.states
    assert len(graph.moves) == result.transitions
    broken = {state.broke for state in graph.states if state.broke}
    broken |= {"deadlock" for state in graph.states if state.kind == STUCK}
    assert broken == set(result.broken) - {"livelock"}
