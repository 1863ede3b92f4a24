# SPDX-License-Identifier: GPL-2.0-only
"""The shipped facts: valid, consistent, and read where they say they were read."""

import os
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from reviewer.facts import FunctionFact
from reviewer.ruleset import load_facts, rules_folder, validate
from reviewer.syntax.parse import parse_expression

FACTS = load_facts()
EVERY = {**FACTS.functions, **FACTS.patterns}
PATCHED = {"folio_migrate_mapping", "collapse_file", "gup_pte_range", "filemap_get_entry"}
CONTEXTS = {"irqs-off", "bh-off", "preempt-off", "rcu-read-side"}
KINDS = {
    *("spinlock", "rwlock", "mutex", "rwsem", "semaphore", "bit-spinlock", "local-lock"),
    *("folio-lock", "srcu", "seqcount-read", "seqcount-write"),
}
PATH = re.compile(r"[\w-]+(?:/[\w.-]+)+\.[ch]\b|\barch/\w+/Kconfig")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def fact(name: str) -> FunctionFact:
    found = FACTS.of(name)
    assert found is not None, name
    return found


def place(text: str):
    """An expression for comparison: locations of equal texts are equal."""
    return parse_expression(text)


def test_every_fact_is_valid() -> None:
    assert validate(FACTS) > 400


@pytest.mark.parametrize("pattern", sorted(FACTS.patterns))
def test_a_pattern_is_found_by_the_names_it_stands_for(pattern: str) -> None:
    sample = re.sub(r"\[(\w)[^\]]*\]", r"\1", pattern).replace("*", "something")
    assert fnmatchcase(sample, pattern)
    assert FACTS.of(sample) is FACTS.patterns[pattern]


def test_an_exact_name_goes_before_a_pattern() -> None:
    assert not fact("__SetPageLocked").inert
    assert fact("__SetPageReferenced").inert
    assert FACTS.of("no_such_function") is None


@pytest.mark.parametrize("name", sorted(EVERY))
def test_names_of_kinds_contexts_and_results_are_known(name: str) -> None:
    found = EVERY[name]
    assert {lock.kind for lock in (*found.acquires, *found.releases)} <= KINDS
    assert {*found.enters, *found.leaves} <= CONTEXTS
    assert not found.transparent or found.returns == place("$0")
    assert not found.noreturn or not found.steps
    assert found.enters or found.enters_when == "always" or found.acquires


def test_facts_are_about_callees_not_about_what_patches_are_about() -> None:
    assert not {name for name in PATCHED if FACTS.of(name)}
    fixtures = rules_folder().parent / "fixtures"
    patches = [one for kind in ("diff", "mbox", "patch") for one in fixtures.rglob(f"*.{kind}")]
    for patch in patches:
        for section in re.findall(rb"^@@ [^@]* @@ (.*)$", patch.read_bytes(), re.MULTILINE):
            for name in re.findall(rb"(\w+)\(", section):
                assert name.decode() not in FACTS.functions, patch


def test_what_takes_a_lock_can_be_undone_under_the_same_name_of_the_lock() -> None:
    taken = {(lock.kind, lock.shared) for one in EVERY.values() for lock in one.acquires}
    dropped = {(lock.kind, lock.shared) for one in EVERY.values() for lock in one.releases}
    assert taken == dropped
    (lock,) = fact("spin_lock").acquires
    assert (lock.place, lock.kind, lock.when) == (place("*$0"), "spinlock", "always")
    (lock,) = fact("xas_lock_irq").acquires
    assert lock.place == place("$0->xa->xa_lock")
    assert fact("xas_lock_irq").enters == fact("xas_unlock_irq").leaves == ("irqs-off",)
    (lock,) = fact("pmd_lock").acquires
    assert lock.place == place("*$result")


def test_a_trylock_enters_its_context_when_it_takes_the_lock() -> None:
    assert fact("spin_trylock_irqsave").enters_when == "nonzero"
    assert fact("pte_offset_map").enters_when == "nonzero"
    assert fact("spin_lock_irqsave").enters_when == "always"


def test_freeze_and_unfreeze() -> None:
    (step,) = fact("folio_ref_freeze").steps
    assert (step.op, step.place, step.order) == ("cas", place("$0->_refcount"), "full")
    assert (step.expect, step.value) == (place("$1"), place("0"))
    (step,) = fact("page_ref_unfreeze").steps
    assert (step.op, step.value, step.order) == ("store", place("$1"), "release")
    assert fact("folio_ref_freeze").role == "freeze"


def test_a_step_reads_and_writes_its_place() -> None:
    count = place("$0->_refcount")
    assert fact("folio_ref_count").reads == (count,) and fact("folio_ref_count").writes == ()
    assert fact("folio_get").reads == (count,) and fact("folio_get").writes == (count,)
    assert fact("folio_ref_unfreeze").reads == ()


def test_the_state_of_an_xarray_is_bound_to_its_array() -> None:
    assert fact("XA_STATE").binds == ((place("$0.xa"), place("$1")),)


def test_constants_are_those_of_a_model() -> None:
    assert FACTS.constants["EAGAIN"] == 11 and FACTS.constants["NULL"] == 0
    assert "nr_pages" not in FACTS.constants, "the name of a variable in many functions"
    assert fact("folio_nr_pages").returns == place("NR_PAGES_OF_FOLIO")
    assert FACTS.same_object_members == {"page"}


def test_types_that_cannot_be_compared() -> None:
    assert {"x86", "mips", "sh"} <= set(FACTS.opaque_types["pte_t"])
    assert "arm" not in FACTS.opaque_types["pte_t"]


def test_entries_of_two_words() -> None:
    words = FACTS.two_word_ptes
    assert {name for name, one in words.items() if one.low_high} == {"x86", "mips", "sh"}
    assert {name for name, one in words.items() if one.clears == "high-low"} == {"mips", "sh"}
    assert words["x86"].clears == "low-high" and words["powerpc"].clears == "low-only"
    assert {one.present_word for one in words.values()} == {"low"}


def test_a_guard_takes_and_drops_the_same() -> None:
    assert FACTS.guards["mutex"] == ("mutex_lock", "mutex_unlock")
    for taker, dropper in FACTS.guards.values():
        taken = [(lock.place, lock.kind, lock.shared) for lock in fact(taker).acquires]
        dropped = [(lock.place, lock.kind, lock.shared) for lock in fact(dropper).releases]
        assert taken == dropped
        assert fact(taker).enters == fact(dropper).leaves


@cache
def _tree() -> Path:
    root = os.environ.get("MMREVIEW_LINUX_6_12", "")
    if not root:
        pytest.skip("MMREVIEW_LINUX_6_12 is not set")
    return Path(root)


@cache
def _code(path: str) -> str:
    return COMMENT.sub(" ", (_tree() / path).read_text(encoding="utf-8", errors="replace"))


@pytest.mark.kernel
@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_name_stands_in_the_file_it_was_read_in(name: str) -> None:
    source = EVERY[name].source
    paths = PATH.findall(source)
    assert paths, source
    if "v6.12)" not in source or "before v6.12)" in source:
        return
    assert all((_tree() / path).is_file() for path in paths), source
    if "generated name" not in source and name in FACTS.functions:
        word = re.compile(rf"(?<!\w){name}(?!\w)")
        assert any(word.search(_code(path)) for path in paths), source


@pytest.mark.kernel
@pytest.mark.parametrize("name", sorted(FACTS.two_word_ptes))
def test_the_files_on_entries_of_two_words_exist(name: str) -> None:
    words = FACTS.two_word_ptes[name]
    paths = PATH.findall(words.source)
    assert paths and all((_tree() / path).is_file() for path in paths)
    selected = "select GUP_GET_PXX_LOW_HIGH" in _code(f"arch/{name}/Kconfig")
    assert selected == words.low_high


@pytest.mark.kernel
def test_types_that_are_structures_are_so_in_the_tree() -> None:
    struct = re.compile(r"(?:\}|struct \{[^}]*\})\s*pte_t;")
    for architecture in FACTS.opaque_types["pte_t"]:
        headers = (_tree() / "arch" / architecture / "include" / "asm").glob("*.h")
        assert any(struct.search(one.read_text(errors="replace")) for one in headers), architecture


@pytest.mark.kernel
def test_guards_are_those_of_the_tree() -> None:
    definition = re.compile(r"\bDEFINE_(?:LOCK_)?GUARD(?:_[01])?\(")
    found = {}
    headers = "spinlock mutex rwsem local_lock irqflags preempt srcu rcupdate"
    for header in headers.split():
        for text in definition.split(_code(f"include/linux/{header}.h"))[1:]:
            found[re.split(r"\W", text, maxsplit=1)[0]] = text
    assert len(found) > 20
    for name in found.keys() - {"migrate"}:
        taker, dropper = FACTS.guards[name]
        assert taker + "(" in found[name] and dropper + "(" in found[name]
