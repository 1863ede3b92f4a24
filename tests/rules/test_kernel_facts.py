# SPDX-License-Identifier: GPL-2.0-only
"""The shipped facts: valid, consistent, and read where they say they were read."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from wrappers import NONE, Effect, definitions, effect, stated

from reviewer.facts import FunctionFact
from reviewer.ruleset import load_facts, rules_folder, validate
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.place import place_of, substitute
from reviewer.syntax.tree import Expr

FACTS = load_facts()
EVERY = {**FACTS.functions, **FACTS.patterns}
PATCHED = {"folio_migrate_mapping", "collapse_file", "gup_pte_range", "filemap_get_entry"}
CONTEXTS = {"irqs-off", "bh-off", "preempt-off", "rcu-read-side"}
KINDS = {
    *("spinlock", "rwlock", "mutex", "rwsem", "semaphore", "bit-spinlock", "local-lock"),
    *("folio-lock", "bit-lock", "srcu", "seqcount-read", "seqcount-write"),
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


def test_what_is_named_like_a_put_and_drops_a_lock_is_no_put() -> None:
    for name in ("irq_put_desc_busunlock", "irq_put_desc_unlock", "irq_get_desc_lock"):
        assert FACTS.operations.of(name).kind == "none"
    assert FACTS.operations.of("kref_put_lock").kind == "put"


@pytest.mark.parametrize("name", sorted(EVERY))
def test_names_of_kinds_contexts_and_results_are_known(name: str) -> None:
    found = EVERY[name]
    assert {lock.kind for lock in (*found.acquires, *found.releases)} <= KINDS
    assert {lock.kind for lock in found.assumes} <= KINDS | {"any"}
    assert {lock.when for lock in (*found.releases, *found.assumes)} <= {"always", "zero"}
    assert {*found.enters, *found.leaves, *found.assumes_contexts} <= CONTEXTS
    assert not found.transparent or found.noreturn or found.returns == place("$0")
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


_CLASS = re.compile(
    r"^[ \t]*DEFINE_(LOCK_GUARD_[01](?:_COND)?|GUARD(?:_COND)?|CLASS|FREE)"
    r"\((\w+)(?:,\s*(_\w+),)?",
    re.MULTILINE,
)
_OTHER_CLASSES = {"_gpiochip_for_each_data"}


def _classes() -> Iterator[tuple[str, str, str]]:
    """The macro, the name, and what is called, for every class of include/."""
    for header in sorted((_tree() / "include").rglob("*.h")):
        if header.name == "cleanup.h" or b"DEFINE_" not in header.read_bytes():
            continue
        code = _code(str(header.relative_to(_tree())))
        for found in _CLASS.finditer(code):
            name = found[2] + (found[3] or "" if found[1].endswith("_COND") else "")
            yield found[1], name, code[found.end(2) : found.end() + 400]


@pytest.mark.kernel
def test_guards_classes_and_frees_are_those_of_the_tree() -> None:
    found = list(_classes())
    assert len(found) > 60
    for kind, name, text in found:
        if kind == "FREE":
            function = FACTS.frees.get(name, name)
            assert re.search(rf"\b{function}\(_T", text) or name in function, name
        elif kind == "CLASS":
            assert name in FACTS.classes or name in _OTHER_CLASSES, name
            for function in FACTS.classes.get(name, ()):
                assert f"{function}(" in text, name
        else:
            taker, dropper = FACTS.guards[name]
            member = name == "wiphy"  # takes by hand what the function of that name takes
            assert member or f"{taker}(" in text, name
            assert member or kind.endswith("_COND") or f"{dropper}(" in text, name


_DECLARED = (
    r"\b{name}\s*\((?:[^;{{}}#()]|\([^;{{}}#()]*\))*\)"
    r"((?:\s*__(?:cond_)?(?:acquires|releases)\s*\((?:[^()]|\([^()]*\))*\))+)"
)


@pytest.mark.kernel
def test_facts_agree_with_what_sparse_is_told() -> None:
    checked = 0
    for name, found in FACTS.functions.items():
        if "before v6.12" in found.source or not (found.acquires or found.releases):
            continue
        for path in PATH.findall(found.source):
            for told in re.findall(_DECLARED.format(name=name), _code(path)):
                takes, drops = "acquires" in told, "releases" in told
                neutral = name in ("__lock_sock", "__release_sock")
                assert neutral or not takes or found.acquires or found.enters, name
                assert neutral or not drops or found.releases or found.leaves, name
                assert takes or drops
                checked += 1
    assert checked > 60


# What the bodies show otherwise, by the reason.
_DIFFERENT = {
    "the raw lock inside the lock": """spin_lock spin_lock_nested spin_lock_nest_lock spin_lock_bh
        spin_lock_irq spin_lock_irqsave spin_lock_irqsave_nested spin_trylock spin_trylock_bh
        spin_trylock_irq spin_trylock_irqsave spin_unlock spin_unlock_bh spin_unlock_irq
        spin_unlock_irqrestore""",
    "it is the primitive: the body changes a word, a count or an owner": """bit_spin_lock
        bit_spin_trylock bit_spin_unlock __bit_spin_unlock percpu_down_read
        percpu_down_read_trylock percpu_up_read write_seqcount_begin write_seqcount_begin_nested
        raw_write_seqcount_begin write_seqcount_end raw_write_seqcount_end lock_sock_nested
        release_sock folio_lock lock_page""",
    "RCU bh and sched are told to lockdep only": """rcu_read_lock_bh rcu_read_unlock_bh
        rcu_read_lock_sched rcu_read_lock_sched_notrace rcu_read_unlock_sched
        rcu_read_unlock_sched_notrace""",
    "one name for the lock and its counter": """read_seqbegin read_seqretry write_seqlock
        write_seqlock_bh write_seqlock_irq write_sequnlock write_sequnlock_bh write_sequnlock_irq
        write_sequnlock_irqrestore hlist_bl_lock hlist_bl_unlock""",
    "the second of two ways is a lock, and is not told": "read_seqbegin_or_lock need_seqretry",
    "the page is its folio": "trylock_page",
    "another configuration": "kmap_atomic kmap_atomic_pfn rtnl_net_lock rtnl_net_trylock"
    " rtnl_net_unlock double_rq_lock double_rq_unlock raw_spin_rq_lock_nested raw_spin_rq_trylock"
    " raw_spin_rq_unlock",
    "the result is not 0 or 1, or is known by more than its name": """lock_mm_and_find_vma
        vma_start_read folio_lruvec_lock folio_lruvec_lock_irq folio_lruvec_lock_irqsave
        __pte_offset_map_lock __pte_offset_map page_vma_mapped_walk folio_walk_start
        cgroup_kn_lock_live __lock_task_sighand radix_tree_maybe_preload drm_modeset_lock
        iio_device_claim_direct_mode ww_mutex_lock_slow __pmd_trans_huge_lock
        __pud_trans_huge_lock find_lock_task_mm""",
    "drops a lock and takes it again": """mmap_write_downgrade folio_lruvec_relock_irq
        folio_lruvec_relock_irqsave""",
    "only where there is one, as after the function that took it": """page_vma_mapped_walk_done
        page_vma_mapped_walk_restart folio_walk_end lock_two_nondirectories
        unlock_two_nondirectories filemap_invalidate_lock_two filemap_invalidate_unlock_two
        unlock_sock_fast sockopt_lock_sock sockopt_release_sock double_unlock_balance
        deactivate_locked_super f2fs_down_read idr_preload""",
    "the lock is found by a call": """unix_state_lock unix_state_unlock nfnl_lock nfnl_unlock
        sch_tree_lock sch_tree_unlock mnt_want_write_file mnt_drop_write_file ext4_lock_group
        ext4_try_lock_group ext4_unlock_group iio_device_release_direct_mode
        snd_pcm_stream_unlock_irqrestore""",
}
_EXCUSED = {name for names in _DIFFERENT.values() for name in names.split()}


def _bodies(name: str, found: FunctionFact) -> Iterator[Effect]:
    """What the definitions of a function in the files of its fact do to locks."""
    for path in PATH.findall(found.source):
        if (_tree() / path).is_file():
            for function in definitions(name, _code(path)):
                shown = effect(function, FACTS)
                if shown is not None:
                    yield shown


@pytest.mark.kernel
def test_facts_agree_with_bodies() -> None:
    """What a wrapper does follows from what its body calls: nobody has to be believed."""
    checked, different = 0, set()
    for name, found in FACTS.functions.items():
        if stated(found) != NONE:
            shown = list(_bodies(name, found))
            checked += len(shown)
            different |= {name for one in shown if one != stated(found)}
    assert checked > 600
    assert different <= _EXCUSED, sorted(different - _EXCUSED)
    assert len(_EXCUSED - different) < 8, sorted(_EXCUSED - different)


def _last(expr: Expr) -> str:
    return str(place_of(expr)).rsplit("->", 1)[-1]


def test_what_is_asserted_is_known_by_the_name_it_was_taken_by() -> None:
    """An assertion names a lock as the functions do that take it."""
    taken = {_last(lock.place) for one in EVERY.values() for lock in one.acquires}
    assert {_last(lock.place) for one in EVERY.values() for lock in one.assumes} <= taken
    assert fact("lockdep_assert_held").assumes[0].shared
    assert fact("lockdep_assert_irqs_disabled").assumes_contexts == ("irqs-off",)


def test_two_bits_of_a_word_are_not_told_apart() -> None:
    (lock,) = fact("bit_spin_lock").acquires
    here = place_of(substitute(lock.place, (place("BIT"), place("&x->flags"))))
    assert str(here) == "x->flags[]"
