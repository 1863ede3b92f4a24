# SPDX-License-Identifier: GPL-2.0-only
"""Functions of Linux 6.12 that nobody told the simulation of: the roles they play are
found, and what they rely on cannot be taken away."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from modelling import FACTS, scenarios

from reviewer.cfg.build import build
from reviewer.checker.callees import neighbours
from reviewer.ruleset import load_vocabulary
from reviewer.simulation.binding import bindings_of, side_of
from reviewer.simulation.differential import Difference, compare
from reviewer.simulation.trial import Options
from reviewer.syntax.parse import read_file

pytestmark = pytest.mark.kernel

RCU = ("unpublish_put_free_rcu", "put_unpublish_free_rcu", "unpublish_wait_put")
LATE = ("unpublish_wait_put",)
"""A plain get under RCU: the reference of the pointer goes a grace period after it."""
REMOVED = ("remove_then_put", "put_and_lock")


@dataclass(frozen=True)
class Found:
    """A function, what it finds, and beside whom it holds; without the lines that
    have ``guard`` in them it does harm.  All were read against the source."""

    file: str
    function: str
    because: str
    beside: tuple[str, ...]
    guard: str


FUNCTIONS = [
    Found(
        "fs/btrfs/extent_io.c",
        "find_extent_buffer_nolock",
        "it finds eb through radix_tree_lookup() inside an rcu-read-side section",
        RCU,
        "rcu_read_",
    ),
    Found(
        "fs/aio.c",
        "lookup_ioctx",
        "it finds ctx through table->table[] inside an rcu-read-side section",
        RCU,
        "rcu_read_",
    ),
    Found(
        "kernel/pid.c",
        "get_task_pid",
        "it finds what *task_pid_ptr(task, type) leads to inside an rcu-read-side section",
        LATE,
        "rcu_read_",
    ),
    Found(
        "block/blk-zoned.c",
        "disk_get_hashed_zone_wplug",
        "it finds zwplug through hlist_for_each_entry_rcu() inside an rcu-read-side section",
        RCU,
        "rcu_read_",
    ),
    Found(
        "net/core/dev.c",
        "dev_get_by_index",
        "it finds dev through dev_get_by_index_rcu() inside an rcu-read-side section",
        LATE,
        "rcu_read_",
    ),
    Found(
        "fs/eventpoll.c",
        "ep_pm_stay_awake_rcu",
        "it finds ws through epi->ws inside an rcu-read-side section",
        RCU,
        "rcu_read_",
    ),
    Found(
        "mm/memcontrol.c",
        "obj_cgroup_charge_zswap",
        "it finds memcg through obj_cgroup_memcg() inside an rcu-read-side section",
        RCU,
        "rcu_read_",
    ),
    Found(
        "fs/nfsd/nfsctl.c",
        "get_nfsdfs_client",
        "it finds nc through inode->i_private under inode->i_lock",
        REMOVED,
        "spin_",
    ),
    Found(
        "mm/backing-dev.c",
        "bdi_get_by_id",
        "it finds bdi through rb_entry() under bdi_lock",
        REMOVED,
        "spin_",
    ),
    Found(
        "fs/binfmt_misc.c",
        "get_binfmt_handler",
        "it finds e through search_binfmt_handler() under misc->entries_lock",
        REMOVED,
        "entries_lock",
    ),
    Found(
        "fs/btrfs/block-group.c",
        "btrfs_get_caching_control",
        "it finds ctl through cache->caching_ctl under cache->lock",
        REMOVED,
        "spin_",
    ),
    Found(
        "fs/smb/server/mgmt/user_session.c",
        "ksmbd_session_lookup",
        "it finds sess through conn->sessions.entry under conn->session_lock",
        REMOVED,
        "session_lock",
    ),
    Found(
        "fs/nfsd/nfs4proc.c",
        "find_async_copy",
        "it finds copy through find_async_copy_locked() under clp->async_lock",
        REMOVED,
        "spin_",
    ),
]


def compared(tree: Path, one: Found, guarded: bool) -> Difference:
    """The function of the tree with itself, or with what is left without its guard."""
    text = (tree / one.file).read_text(encoding="utf-8")
    before = read_file(text.encode(), load_vocabulary())
    function = before.function(one.function)
    assert function is not None
    body = text[function.loc.start : function.loc.end]
    kept = [line for line in body.split("\n") if guarded or one.guard not in line]
    assert guarded or len(kept) < len(body.split("\n"))
    changed = text.replace(body, "\n".join(kept))
    after = read_file(changed.encode(), load_vocabulary())
    callees = neighbours(before, FACTS).small
    graph = build(function, FACTS)
    bound = bindings_of(scenarios(), graph, one.file, FACTS, callees)
    (found,) = [made for made in bound if made.because == one.because]
    left = after.function(one.function)
    assert left is not None
    old = side_of(found, graph, one.file, FACTS, callees)
    new = side_of(found, build(left, FACTS), one.file, FACTS, neighbours(after, FACTS).small)
    return compare(found.scenario, found.real, old, new, FACTS, Options(cap=20_000))


@pytest.mark.parametrize("one", FUNCTIONS, ids=lambda one: one.function)
def test_what_it_relies_on(one: Found, linux_6_12: Path) -> None:
    same = compared(linux_6_12, one, guarded=True)
    assert (same.verdict, same.reason, same.companies) == ("HOLDS", "", one.beside)
    assert same.noticed
    less = compared(linux_6_12, one, guarded=False)
    assert less.verdict == "VIOLATED"
    assert less.after is not None and "use-after-free" in less.after.broken
