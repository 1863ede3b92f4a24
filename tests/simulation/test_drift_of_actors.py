# SPDX-License-Identifier: GPL-2.0-only
"""An actor beside the function it was made after, in other words and changed."""

import pytest
from modelling import FACTS, function, scenario

from reviewer.simulation.drift import differs

SCENARIO = scenario("folio_refcount")

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


def told(text: str) -> str:
    graph = function(text, "find_it")
    return differs(SCENARIO, "filemap_get_entry", graph, "mm/filemap.c", FACTS)


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


def test_an_extra_put() -> None:
    """The lookup that succeeds ends with one step more than the model's."""
    text = told(changed("out:\n", "	folio_put(found);\nout:\n"))
    assert text.startswith("after load of slot, add-unless of count by 1, load of slot")
    assert "add of count by -1" in text


def test_no_second_look() -> None:
    text = told(changed(SECOND, ""))
    assert "after load of slot, add-unless of count by 1 " in text
    assert "the model goes on with load of slot, the tree does not" in text or (
        "the tree goes on with end, the model does not" in text
    )


def test_no_put_behind_the_second_look() -> None:
    assert "add of count by -1" in told(changed("		folio_put(found);\n", ""))


def test_an_unconditional_get() -> None:
    get = "	if (!folio_try_get(found))\n		goto again;\n"
    assert "add of count by 1" in told(changed(get, "	folio_get(found);\n"))


def test_two_references() -> None:
    get = "folio_try_get(found)"
    text = told(changed(get, "folio_ref_try_add(found, 2)"))
    assert "the model goes on with add-unless of count by 1, the tree does not" in text


@pytest.mark.xfail(strict=True, reason="contexts and locks are not compared")
def test_without_rcu() -> None:
    text = changed("	rcu_read_lock();\n", "").replace("	rcu_read_unlock();\n", "")
    assert told(text) != ""


def test_every_actor_that_stands_for_a_function_is_there() -> None:
    names = {entry.actor for entry in SCENARIO.stands_for}
    assert names == {"gup_fast_pte_range", "filemap_get_entry"}
    assert names <= set(SCENARIO.actors)


@pytest.mark.parametrize("actor", sorted({one.actor for one in SCENARIO.stands_for}))
def test_an_actor_does_not_differ_from_itself(actor: str) -> None:
    graph = SCENARIO.actors[actor]
    assert differs(SCENARIO, actor, graph, SCENARIO.actor_files[actor], FACTS) == ""
