#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Delete single operations of synchronisation in a kernel, at random, and count what is said.

    scripts/seed_removals.py TREE --seed 2 --count 30

Each sort of edit is made in as many files as `--count` says, one in a file: a put, a get,
an unlock, a barrier, a cancel or a grace period is deleted, READ_ONCE() dropped,
kfree_rcu() made kfree(), or a lock taken away with all its unlocks.  An edit is found
when a warning of a fitting rule follows.  Sites are chosen by their looks: some are no
faults (a put that is no reference), so that not all of them are to be found.
"""

import argparse
import difflib
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reviewer.frontend.shipped import load_ruleset
from reviewer.patch.read import read_submission
from reviewer.review import Ruleset, review
from reviewer.ruleset import load_vocabulary
from reviewer.source.tree import open_tree
from reviewer.syntax.parse import read_file

FOLDERS = ("drivers", "fs", "net", "kernel", "mm", "block", "sound", "security", "io_uring")
LEFT = {"unlock-missing-on-path", "unlock-unbalanced"}
SCOPES = {"lock-removed", "read-moved-out-of-lock", "write-moved-out-of-lock"}
SCOPES |= {"call-moved-out-of-lock", "check-then-act"}
DELETED = {
    "put": (r"(?:\w+_put|put_\w+|\w+_unref|\w+_deref)\([^;]*\);", {"ref-leak-on-path"}),
    "get": (r"(?:\w+_get|get_\w+|\w+_hold|kref_get|refcount_inc)\([^;,]*\);", {"ref-missing-get"}),
    "unlock": (r"(?:\w*(?:spin|write|read|mutex)_unlock(?:_irq\w*|_bh)?|up_\w+)\([^;]*\);", LEFT),
    "unlock by name": (r"(?!rcu|spin|raw|mutex|read|write|local)\w+_unlock\w*\([^;]*\);", LEFT),
    "barrier": (r"smp_(?:mb|rmb|wmb|mb__\w+)\(\);", {"barrier-removed"}),
    "cancel": (
        r"(?:cancel_\w+_sync|timer_\w+_sync|hrtimer_cancel|flush_work)\([^;]*\);",
        {"cancel-missing"},
    ),
    "grace period": (
        r"(?:synchronize_(?:rcu\w*|net|srcu)|rcu_barrier)\([^;]*\);",
        {"rcu-free-early"},
    ),
}
REPLACED = {
    "READ_ONCE": (r"\bREAD_ONCE\((\w+(?:->|\.)[\w.>\-]+)\)", r"\1", {"marked-access-removed"}),
    "kfree_rcu": (r"\bkfree_rcu\((\w+), *\w+\)", r"kfree(\1)", {"rcu-free-early"}),
}
NO_REFERENCE = re.compile(
    r"\b(?:get|put)_(?:user|cpu|unaligned|random)|skb_put|seq_put|_get_drvdata"
)
ALONE = re.compile(r"^\t*(?:(?:if|for|while)\b.*\)|else)$")
LOCK = re.compile(
    r"^\t+((?:raw_)?(?:spin|write|read)_lock\w*|mutex_lock|down_\w+|rcu_read_lock)\(([^;]*)\);$"
)


@dataclass(frozen=True)
class Edit:
    """One file with an operation less, and the rules that ought to speak."""

    sort: str
    path: str
    line: int
    text: str
    after: str
    rules: frozenset[str]


def edits(path: Path, root: Path, choice: random.Random) -> Iterator[Edit]:
    """One edit of each sort that the file has a place for."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except UnicodeDecodeError:
        return
    order = choice.sample(range(len(lines)), len(lines))
    name = str(path.relative_to(root))
    for sort, (pattern, rules) in DELETED.items():
        found = re.compile(rf"^\t+{pattern}$")
        for at in order:
            text = lines[at].rstrip("\n")
            if found.match(text) and not (
                NO_REFERENCE.search(text) or ALONE.match(lines[at - 1].rstrip())
            ):
                rest = "".join(lines[:at] + lines[at + 1 :])
                yield Edit(sort, name, at + 1, text.strip(), rest, frozenset(rules))
                break
    for sort, (pattern, new, rules) in REPLACED.items():
        at = next((at for at in order if re.search(pattern, lines[at])), None)
        if at is not None:
            changed = [*lines[:at], re.sub(pattern, new, lines[at]), *lines[at + 1 :]]
            yield Edit(sort, name, at + 1, lines[at].strip(), "".join(changed), frozenset(rules))
    yield from _pairs(lines, name, choice)


def _pairs(lines: list[str], name: str, choice: random.Random) -> Iterator[Edit]:
    """A lock that a function takes in one place, taken away with its unlocks."""
    segments = list(read_file("".join(lines).encode(), load_vocabulary()).segments)
    for one in choice.sample(segments, len(segments)):
        body = range(one.first - 1, one.last)
        taken = [at for at in body if LOCK.match(lines[at].rstrip("\n"))]
        match = LOCK.match(lines[taken[0]].rstrip("\n")) if len(taken) == 1 else None
        if match is None:
            continue
        about = re.escape(match[2].split(",")[0])
        drop = re.compile(rf"^\t+\w*(?:unlock|up_)\w*\({about}[,)].*;$")
        gone = {taken[0], *(at for at in body if drop.match(lines[at].rstrip("\n")))}
        if len(gone) > 1:
            rest = "".join(line for at, line in enumerate(lines) if at not in gone)
            rcu = match[1] == "rcu_read_lock"
            sort = "RCU read side" if rcu else "lock and unlock"
            rules = {"rcu-unprotected", "lock-removed"} if rcu else SCOPES
            yield Edit(sort, name, taken[0] + 1, match[0].strip(), rest, frozenset(rules))
            return


@cache
def rules() -> Ruleset:
    """The shipped rules."""
    return load_ruleset()


def said(edit: Edit, root: Path) -> set[str]:
    """The rules that speak above note of an edit."""
    before = (root / edit.path).read_text(encoding="utf-8").splitlines(keepends=True)
    after = edit.after.splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(before, after, f"a/{edit.path}", f"b/{edit.path}"))
    with open_tree(str(root)) as tree:
        found = review(read_submission([("edit.diff", diff.encode())]), tree, rules())
    findings = [one.finding for one in found.verdicts if one.severity != "note"]
    return {name for one in findings for name in (one.rule, *one.also)}


def main() -> int:
    """Make the edits, and print what was found of each sort, and what was not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=30, help="edits of each sort")
    options = parser.parse_args()
    choice = random.Random(options.seed)
    files = [path for one in FOLDERS for path in sorted((options.tree / one).rglob("*.c"))]
    if not files:
        parser.error(f"{options.tree} holds no kernel source")
    made: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    sorts = (*DELETED, *REPLACED, "lock and unlock", "RCU read side")
    for path in choice.sample(files, len(files)):
        if all(made[sort] >= options.count for sort in sorts):
            break
        for edit in edits(path, options.tree, choice):
            if made[edit.sort] < options.count:
                made[edit.sort] += 1
                if edit.rules & said(edit, options.tree):
                    hits[edit.sort] += 1
                else:
                    print(f"  missed {edit.sort}: {edit.path}:{edit.line}: {edit.text}")
    for sort in sorts:
        print(f"{sort:16} {hits[sort]:4} of {made[sort]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
