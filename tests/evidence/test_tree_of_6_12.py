# SPDX-License-Identifier: GPL-2.0-only
"""The index of a part of Linux 6.12 answers as the kernel's documents do, and no claim wrongly."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from trees import facts

from reviewer.evidence.building import build
from reviewer.evidence.places import Spot
from reviewer.evidence.protection import HELD, NOT_HELD
from reviewer.evidence.records import RAISE
from reviewer.evidence.store import opened
from reviewer.evidence.witness import Witness
from reviewer.locks.sleeps import quiet_by
from reviewer.ruleset import load_tree_facts, load_vocabulary

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import evidence as benchmark  # noqa: E402

FOLDERS = ("mm", "fs", "kernel", "include")

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def tree(linux_6_12: Path, tmp_path_factory: pytest.TempPathFactory) -> Witness:
    base = opened(tmp_path_factory.mktemp("index") / "part.sqlite")
    build(base, str(linux_6_12), load_vocabulary(), facts(), FOLDERS)
    return Witness(base, load_tree_facts(), quiet_by(facts()))


def documented() -> list[list[str]]:
    """The pairs whose document lies in the part that is read."""
    return [
        row
        for row in benchmark.rows(benchmark.PAIRS)
        if row[5].startswith(("mm/", "fs/", "kernel/", "include/linux/"))
        and row[1] not in ("blk_mq_hw_ctx", "neighbour", "drm_syncobj")
    ]


def test_the_documented_lock_is_found(tree: Witness) -> None:
    wrong = []
    for _, structure, member, lock, *_ in documented():
        found = tree.protection(benchmark.spot(f"{structure}.{member}"))
        if found.lock is None or not found.lock.within(benchmark.spot(lock)):
            wrong.append((structure, member, lock, str(found.lock)))
    assert len(documented()) >= 20
    # Of the range of free swap slots most writers are the activations of file systems.
    assert [one[1] for one in wrong] == ["highest_bit"], wrong


def test_no_claim_is_answered_wrongly(tree: Witness) -> None:
    told: Counter[str] = Counter()
    for kind, truth, verdict, line in benchmark.claims(tree, facts()):
        known = benchmark.TRUTH.get(verdict)
        assert known in (None, truth), (kind, line)
        told["undecided" if known is None else "right"] += 1
    assert told["right"] >= 50, told


def test_who_raises_the_count_of_a_folio(tree: Witness) -> None:
    count, lock = Spot((("folio", "_refcount"),)), Spot((("address_space", "i_pages"),))
    uses = tree.uses(count, (RAISE,), lambda path: path.startswith("mm/"))
    told = {(one.function.name, one.line): one.under(lock) for one in uses}
    by_name: dict[str, set[str]] = {}
    for (name, _), verdict in told.items():
        by_name.setdefault(name, set()).add(verdict)
    assert HELD in by_name["collapse_file"]
    assert HELD in by_name["migrate_huge_page_move_mapping"]
    assert HELD not in by_name["next_uptodate_folio"]
    assert NOT_HELD in set().union(*by_name.values())
    assert len({name for name, _ in told}) > 100


def test_part_of_the_tree_says_so(tree: Witness) -> None:
    assert not tree.whole
    assert tree.seen == "fs/, include/, kernel/, mm/ of the tree"
