#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""List what takes or drops locks in a kernel tree, and what rules/kernel/ knows of it.

    scripts/harvest_locks.py TREE [--least N] [--all]

A name is listed when sparse is told so (``__acquires``, ``__releases``), when its
macro or inline body takes more than it drops by the facts there are, when it
stands in a DEFINE_GUARD and the like, or when it is called like a lock.  Of each
the number of calls in the tree is shown, the most used first; ``--least`` leaves
out what is called less often (20), ``--all`` lists what is known as well.

Nothing is decided here: whoever adds a fact reads the definition.
Exit status: 0 the list is on standard output; 1 TREE is no kernel source.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reviewer.facts import Facts
from reviewer.ruleset import load_facts

COUNTED = ("mm", "fs", "kernel", "net", "drivers")
READ = (*COUNTED, "include", "block", "ipc", "lib", "security", "sound", "io_uring", "virt")
HUGE = 1_500_000  # headers beyond it are register lists

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s?\(")
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(([^)\n]*)\)((?:[^\n]*\\\n)*[^\n]*)", re.M)
RENAMED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)[ \t]*$", re.M)
INLINE = re.compile(
    r"^(?:static[ \t]+(?:__always_inline|inline|__inline__|__inline)|(?:__always_inline|inline)"
    r"[ \t]+static)\b[^;{}()#]*?\b(\w+)\s*\(([^;{}#]*?)\)[^;{}()#=]*"
    r"((?:__(?:cond_)?(?:acquires|releases|must_hold)\([^)]*\)[^;{}()#=]*)*)\{",
    re.M,
)
ANNOTATED = re.compile(
    r"\b(\w+)\s*\((?:[^;{}#()]|\([^;{}#()]*\))*\)\s*"
    r"((?:__(?:cond_)?(?:acquires|releases)(?:_shared)?\s*\((?:[^()]|\([^()]*\))*\)\s*)+)"
)
ANNOTATION = re.compile(
    r"__(cond_acquires|acquires|releases)(?:_shared)?\s*\(((?:[^()]|\([^()]*\))*)\)"
)
CLASS = re.compile(
    r"^[ \t]*DEFINE_(LOCK_GUARD_[01](?:_COND)?|GUARD(?:_COND)?|CLASS|FREE)"
    r"\((\w+)(?:,\s*(_\w+),)?([^\n]*)",
    re.M,
)
LIKE = re.compile(
    r"(?:^|_)(?:un|try|re|spin|seq)?lock(?:_|$|irq)|(?:^|_)(?:up|down)_(?:read|write)"
    r"|rcu_read_(?:un)?lock|seqbegin|seqretry|irq_?save|irq_?restore|local_(?:irq|bh)_"
    r"|preempt_(?:dis|en)able|migrate_(?:dis|en)able|(?:get|put)_cpu(?:_|$)|mutex_(?:un)?lock"
    r"|assert\w*(?:held|locked)"
)
UNLIKE = re.compile(
    r"^[A-Z0-9_]+$|(?:^|_)(?:init|is|set|class|key|stat|type|name|size|flags|get|put|alloc|free"
    r"|posix|file|fcntl|flock)(?:_|$)|^__(?:must_hold|acquires|releases)$"
)


@dataclass(slots=True)
class Found:
    """What is known of one name of the tree."""

    reasons: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    bodies: list[str] = field(default_factory=list)
    annotations: set[str] = field(default_factory=set)


def sources(tree: Path) -> Iterator[tuple[str, str]]:
    """The C files of the folders that are read, each with its text without comments."""
    for top in READ:
        for path in sorted((tree / top).rglob("*.[ch]")):
            if path.stat().st_size < HUGE:
                text = path.read_text(encoding="utf-8", errors="replace")
                yield str(path.relative_to(tree)), COMMENT.sub(" ", text)


def closing(text: str, start: int) -> int:
    """Behind the brace that closes the one at ``start``."""
    depth = 0
    for found in re.finditer(r"[{}]", text[start : start + 20_000]):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return start + found.end()
    return start


def definitions(file: str, text: str, names: dict[str, Found]) -> None:
    """Add the macros and inline functions of a header."""
    for found in MACRO.finditer(text):
        names[found[1]].bodies.append(found[3])
        names[found[1]].places.add(file)
    for found in RENAMED.finditer(text):
        names[found[1]].bodies.append(f"{found[2]}(")
        names[found[1]].places.add(file)
    for found in INLINE.finditer(text):
        names[found[1]].bodies.append(text[found.end() - 1 : closing(text, found.end() - 1)])
        names[found[1]].places.add(file)


def annotations(file: str, text: str, names: dict[str, Found]) -> None:
    """Add what sparse is told."""
    if "__acquires" in text or "__releases" in text or "__cond_acquires" in text:
        for found in ANNOTATED.finditer(text):
            if found[1].startswith(("__acquire", "__release")):
                continue
            told = names[found[1]]
            told.places.add(file)
            told.annotations.update(
                f"{kind}({what})" for kind, what in ANNOTATION.findall(found[2])
            )
            told.reasons.add("annotated")


def classes(text: str) -> Iterator[tuple[str, str, str]]:
    """The guards, classes and cleanups a file defines: macro, name, the rest."""
    for found in CLASS.finditer(text):
        yield found[1], found[2] + (found[3] or ""), " ".join(found[4].split())


def effect(name: str, facts: Facts, found: dict[str, int]) -> int:
    """How many locks and contexts a call takes more than it drops, roughly."""
    fact = facts.of(name)
    if fact is None or fact.inert:
        return found.get(name, 0) if fact is None else 0
    taken = len(fact.acquires) + len(fact.enters)
    return taken - len(fact.releases) - len(fact.leaves)


def by_bodies(names: dict[str, Found], facts: Facts) -> None:
    """Mark what a body says takes or drops, until nothing new is found."""
    known: dict[str, int] = {}
    for _ in range(6):
        changed = False
        for name, found in names.items():
            if name in known or facts.of(name) is not None:
                continue
            sums = [sum(effect(one, facts, known) for one in CALL.findall(b)) for b in found.bodies]
            balance = max(sums, key=abs, default=0)
            if balance:
                known[name] = balance
                found.reasons.add("takes" if balance > 0 else "drops")
                changed = True
        if not changed:
            return


def harvest(
    tree: Path, facts: Facts
) -> tuple[dict[str, Found], dict[str, Counter[str]], list[str]]:
    """The names, the calls by folder, and the classes with their definitions."""
    names: dict[str, Found] = defaultdict(Found)
    calls: dict[str, Counter[str]] = {top: Counter() for top in COUNTED}
    guards = []
    for file, text in sources(tree):
        if file.endswith(".h"):
            definitions(file, text, names)
        annotations(file, text, names)
        guards += [f"{kind} {name}: {rest} ({file})" for kind, name, rest in classes(text)]
        top = file.split("/", 1)[0]
        if top in calls:
            calls[top].update(CALL.findall(text))
    by_bodies(names, facts)
    for counter in calls.values():
        for name in counter:
            if LIKE.search(name) and not UNLIKE.search(name):
                names[name].reasons.add("named so")
    return names, calls, guards


def shown(name: str, uses: int, found: Found, facts: Facts) -> str:
    """One line of the list."""
    state = "known" if facts.of(name) is not None else "MISSING"
    why = ", ".join(sorted(found.reasons | found.annotations))
    where = ", ".join(sorted(found.places)[:3])
    return f"{uses:6} {state:7} {name}: {why}; {where or 'no header defines it'}"


def main() -> int:
    """List, and say how much of what is called has a fact."""
    parser = argparse.ArgumentParser(description="List the locking functions of a kernel tree.")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--least", type=int, default=20)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if not (options.tree / "mm" / "mmap.c").is_file():
        print(f"harvest_locks.py: '{options.tree}' is no kernel source", file=sys.stderr)
        return 1
    facts = load_facts()
    names, calls, guards = harvest(options.tree, facts)
    uses = {name: sum(one[name] for one in calls.values()) for name in names}
    listed = [name for name, found in names.items() if found.reasons]
    for name in sorted(listed, key=lambda one: (-uses[one], one)):
        known = facts.of(name) is not None
        if uses[name] >= options.least and (options.all or not known):
            print(shown(name, uses[name], names[name], facts))
    known_classes = {*facts.guards, *facts.classes, *facts.frees}
    for line in sorted(guards):
        if options.all or line.split()[1].rstrip(":") not in known_classes:
            print(line)
    for top, counter in calls.items():
        total = sum(counter[name] for name in listed)
        with_fact = sum(counter[name] for name in listed if facts.of(name) is not None)
        print(f"{top}: {with_fact} of {total} calls have a fact ({100 * with_fact / total:.1f} %)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
