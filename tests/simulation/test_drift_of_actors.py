# SPDX-License-Identifier: GPL-2.0-only
"""An actor beside the function it was made after, in other words and changed."""

from dataclasses import replace
from pathlib import Path

import pytest
from modelling import FACTS, function, in_tree, scenario, scenarios

from reviewer.ruleset import load_vocabulary
from reviewer.simulation.assemble import Subject
from reviewer.simulation.drift import differs
from reviewer.simulation.scenario import Scenario, StandsFor
from reviewer.verdict.drift import drift

SCENARIO = scenario("folio_refcount")
SHIPPED = [
    pytest.param(one, entry, id=f"{one.name}-{entry.actor}")
    for one in scenarios()
    for entry in one.stands_for
]

LOOKUP = """\
void *find_it(struct address_space *space, pgoff_t index)
{
	XA_STATE(cursor, &space->i_pages, index);
	struct folio *found;

	rcu_read_lock();
again:
	xas_reset(&cursor);
	found = xas_load(&cursor);
	if (xas_retry(&cursor, found))
		goto again;
	if (!found || xa_is_value(found))
		goto out;
	if (!folio_try_get(found))
		goto again;
	if (unlikely(found != xas_reload(&cursor))) {
		folio_put(found);
		goto again;
	}
out:
	rcu_read_unlock();
	return found;
}
"""
REDUCED = [
    ("anon_vma", "two_looks", "folio_get_anon_vma"),
    ("folio_refcount", "migrate_mapping", "__folio_migrate_mapping"),
    ("folio_refcount", "migrate_huge", "migrate_huge_page_move_mapping"),
    ("gup_fast", "walk", "gup_fast_pte_range"),
    ("page_cache_lookup", "get_entry", "filemap_get_entry"),
    ("rcu_lookup", "lookup_retry", "get_cached_acl"),
    ("reclaim", "remove_mapping", "__remove_mapping"),
    ("seqcount", "copy_and_retry", "get_fs_root_and_pwd_rcu"),
    ("truncation", "remove_folio", "filemap_remove_folio"),
    ("vma_lock", "start_read", "vma_start_read"),
]
"""Functions a scenario is tried on that make the steps of a kernel's function and no others."""


def told(text: str) -> str:
    subject = Subject(function(text, "find_it"), "mm/filemap.c", {})
    return differs(SCENARIO, "filemap_get_entry", subject, FACTS)


def changed(old: str, new: str) -> str:
    assert LOOKUP.count(old) == 1
    return LOOKUP.replace(old, new)


SECOND = """\
	if (unlikely(found != xas_reload(&cursor))) {
		folio_put(found);
		goto again;
	}
"""


def test_the_same_in_other_words() -> None:
    assert told(LOOKUP) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "		goto out;\n",
            "	{\n		rcu_read_unlock();\n		return found;\n	}\n",
        ),
        ("if (unlikely(found != xas_reload(&cursor)))", "if (xas_reload(&cursor) != found)"),
        ("	xas_reset(&cursor);\n", "	xas_reset(&cursor);\n	cpu_relax();\n"),
        (
            "	if (!folio_try_get(found))\n		goto again;\n",
            "	do {\n		if (!folio_try_get(found))\n			goto again;\n	} while (0);\n",
        ),
    ],
    ids=["returns early", "turned round", "a pause", "a loop of one round"],
)
def test_what_does_not_matter(old: str, new: str) -> None:
    assert told(changed(old, new)) == ""


READ = "after rcu-read-side, load of slot"
TAKEN = f"{READ}, add-unless of count by 1"


def test_an_extra_put() -> None:
    """The lookup that succeeds ends with one step more than the model's."""
    text = told(
        changed(
            "	folio_put(found);\n		goto again;\n	}\n",
            "	folio_put(found);\n		goto again;\n	}\n	folio_put(found);\n",
        )
    )
    assert text == (
        f"{TAKEN}, load of slot, add of count by -1 the tree goes on with rcu-read-side over, "
        "the model does not"
    )


def test_no_second_look() -> None:
    text = told(changed(SECOND, ""))
    assert text == f"{TAKEN} the tree goes on with rcu-read-side over, the model does not"


def test_no_put_behind_the_second_look() -> None:
    text = told(changed("		folio_put(found);\n", ""))
    assert text == (
        f"{TAKEN}, load of slot the model goes on with add of count by -1, "
        "the tree with load of slot"
    )


def test_an_unconditional_get() -> None:
    get = "	if (!folio_try_get(found))\n		goto again;\n"
    text = told(changed(get, "	folio_get(found);\n"))
    assert text == (
        f"{READ} the model goes on with add-unless of count by 1, the tree with add of count by 1"
    )


def test_two_references() -> None:
    text = told(changed("folio_try_get(found)", "folio_ref_try_add(found, 2)"))
    assert text == (
        f"{READ} the model goes on with add-unless of count by 1, "
        "the tree with add-unless of count by 2"
    )


def test_without_rcu() -> None:
    text = changed("	rcu_read_lock();\n", "").replace("	rcu_read_unlock();\n", "")
    assert told(text) == "the model goes on with rcu-read-side, the tree with load of slot"


def test_a_read_side_that_is_not_left() -> None:
    text = told(changed("	rcu_read_unlock();\n", ""))
    assert text == f"{READ} the model goes on with rcu-read-side over, the tree with end"


def test_a_lock_of_the_scenario() -> None:
    text = changed("	rcu_read_lock();\n", "	rcu_read_lock();\n	xas_lock(&cursor);\n")
    assert told(text) == (
        "after rcu-read-side the model goes on with load of slot, the tree with lock of i_pages"
    )
    text = changed("out:\n", "out:\n	xas_lock(&cursor);\n")
    assert told(text) == (
        f"{READ} the model goes on with rcu-read-side over, the tree with lock of i_pages"
    )


def test_a_lock_the_scenario_does_not_have() -> None:
    text = changed(
        "	rcu_read_lock();\n", "	spin_lock(&space->strange);\n	rcu_read_lock();\n"
    )
    text = text.replace("out:\n", "out:\n	spin_unlock(&space->strange);\n")
    assert told(text) == ""


def test_a_grace_period() -> None:
    text = told(changed("	return found;\n", "	synchronize_rcu();\n	return found;\n"))
    assert text == (
        f"{READ}, rcu-read-side over the model goes on with end, the tree with grace-period"
    )


def test_a_way_that_is_a_bug() -> None:
    """The model does not go it, so it makes no difference."""
    bug = "	if (index == 7)\n		BUG();\n	rcu_read_unlock();\n"
    assert told(changed("	rcu_read_unlock();\n", bug)) == ""


def test_a_helper_of_the_same_file() -> None:
    """It is put in the place of its call."""
    helper = function("void helper(struct folio *folio)\n{\n	folio_put(folio);\n}\n", "helper")
    text = changed("		folio_put(found);\n", "		helper(found);\n")
    graph = function(text, "find_it")
    apart = Subject(graph, "mm/filemap.c", {})
    inline = Subject(graph, "mm/filemap.c", {}, {"helper": helper}.get)
    assert "add of count by -1" in differs(SCENARIO, "filemap_get_entry", apart, FACTS)
    assert differs(SCENARIO, "filemap_get_entry", inline, FACTS) == ""


LOCKED = """\
bool begin(struct vm_area_struct *area)
{
	if (READ_ONCE(area->vm_lock_seq) == READ_ONCE(area->vm_mm->mm_lock_seq.sequence))
		return false;
	if (!down_read_trylock(&area->vm_lock->lock))
		return false;
	if (area->vm_lock_seq == raw_read_seqcount(&area->vm_mm->mm_lock_seq)) {
		up_read(&area->vm_lock->lock);
		return false;
	}
	return true;
}
"""


@pytest.mark.parametrize(
    ("old", "new", "only_model", "tree"),
    [
        ("		up_read(&area->vm_lock->lock);\n", "", "unlock of vm_lock", "does not"),
        (
            "down_read_trylock",
            "down_write_trylock",
            "trylock of vm_lock, shared",
            "with trylock of vm_lock",
        ),
        (
            "	if (!down_read_trylock(&area->vm_lock->lock))\n		return false;\n",
            "	down_read(&area->vm_lock->lock);\n",
            "trylock of vm_lock, shared",
            "with lock of vm_lock, shared",
        ),
    ],
    ids=["not dropped", "not shared", "not tried"],
)
def test_a_lock_that_both_take(old: str, new: str, only_model: str, tree: str) -> None:
    def compared(text: str) -> str:
        subject = Subject(function(text, "begin"), "m.c", {})
        return differs(scenario("vma_lock"), "start_read", subject, FACTS)

    assert compared(LOCKED) == ""
    assert LOCKED.count(old) == 1
    text = compared(LOCKED.replace(old, new))
    assert text.endswith(f"the model goes on with {only_model}, the tree {tree}")


# The actors that are shipped ----------------------------------------------------------


def test_every_actor_that_stands_for_a_function_is_there() -> None:
    names = {entry.actor for entry in SCENARIO.stands_for}
    assert names == {"gup_fast_pte_range", "filemap_get_entry"}
    assert names <= set(SCENARIO.actors)


@pytest.mark.parametrize(("one", "entry"), SHIPPED)
def test_an_actor_does_not_differ_from_itself(one: Scenario, entry: StandsFor) -> None:
    itself = Subject(one.actors[entry.actor], one.actor_files[entry.actor], {})
    assert differs(one, entry.actor, itself, FACTS) == ""


@pytest.mark.kernel
@pytest.mark.parametrize(("one", "entry"), SHIPPED)
def test_an_actor_agrees_with_the_kernel(one: Scenario, entry: StandsFor, linux_6_12: Path) -> None:
    def read(file: str) -> bytes:
        return (linux_6_12 / file).read_bytes()

    (text,) = drift(replace(one, stands_for=(entry,)), read, load_vocabulary(), FACTS)
    assert text.startswith("the model of ") and text.endswith(
        f"agrees with {entry.file} of this tree"
    )


@pytest.mark.kernel
@pytest.mark.parametrize(("name", "actor", "wanted"), REDUCED)
def test_a_reduced_function_makes_the_steps_of_the_kernels(
    name: str, actor: str, wanted: str, linux_6_12: Path
) -> None:
    """By the names that the scenario says the function has for things: a walk of page tables
    has two words that are all a pointer leads to."""
    one = scenario(name)
    real = next(entry for entry in one.reals if entry.function == wanted)
    assert differs(one, actor, in_tree(linux_6_12)(one, real), FACTS) == ""
