#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Seed lock imbalances into real functions, and harmless edits, and count both.

    scripts/seed_imbalances.py TREE --seed 20260101 --count 200

Every edit is made at a call that drops a lock and is dominated by a call that
takes it, with no other call on that lock in between: there the lock is held.
What is done at such a point therefore leaves it held, or drops it twice.
"""

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reviewer.cfg.build import build
from reviewer.cfg.dominators import dominates, dominators
from reviewer.cfg.graph import Compute, Graph, Invoke, Leave
from reviewer.facts import Facts
from reviewer.locks.aliases import aliases
from reviewer.locks.balance import Balance, balance, changed_balance
from reviewer.locks.effects import Effects
from reviewer.locks.locksets import lock_name
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.tree import Assign, Function

FOLDERS = ("mm", "fs/ext4")
ASK = b"if (signal_pending(current))"
_SIGNED = re.compile(r"(?:static |inline )*(?:int|long|s64|ssize_t|loff_t)")


@dataclass(frozen=True)
class Place:
    """A call that drops ``lock``, held there since the call ``take``."""

    path: Path
    function: Function
    graph: Graph
    lock: str
    take: int
    drop: int

    def text(self, data: bytes, number: int) -> bytes:
        loc = self.graph.nodes[number].loc
        return data[loc.start : loc.end]


Edges = tuple[tuple[tuple[int, str], ...], ...]
Edit = list[tuple[int, int, bytes]]
Editor = Callable[[Place, bytes, Facts], Edit | None]


def places(path: Path, file: SourceFile, facts: Facts) -> Iterator[Place]:
    """Every place of a file where an edit can be made."""
    for segment in file.segments:
        function = file.parsed(segment)
        text = file.data[segment.body : segment.end]
        if function.errors or b"lock" not in text or b"\n#" in text:
            continue
        graph = build(function, facts)
        yield from _places(path, file.data, function, graph, facts)


def _places(
    path: Path, data: bytes, function: Function, graph: Graph, facts: Facts
) -> Iterator[Place]:
    ops = operations(graph, facts)
    tree = dominators(graph)
    for drop, (lock, taking) in ops.items():
        if taking or not _statement(data, graph, drop) or _held_first(graph, ops, lock):
            continue
        for take, (other, takes) in ops.items():
            others = {n for n, (name, _) in ops.items() if name == lock} - {take, drop}
            if (
                takes
                and other == lock
                and take != drop
                and dominates(tree, take, drop)
                and not others & between(graph, take, drop)
            ):
                yield Place(path, function, graph, lock, take, drop)
                break


def _held_first(graph: Graph, ops: dict[int, tuple[str, bool]], lock: str) -> bool:
    """Whether a way reaches a drop of the lock before any take: the caller holds it."""
    takes = {n for n, (name, taking) in ops.items() if name == lock and taking}
    seen, stack = {0}, [0]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target not in seen | takes:
                seen.add(target)
                stack.append(target)
    return any(n in seen for n, (name, taking) in ops.items() if name == lock and not taking)


def operations(graph: Graph, facts: Facts) -> dict[int, tuple[str, bool]]:
    """The calls that surely take or drop one lock, by node."""
    names = aliases(graph, facts)
    found = {}
    for n, node in enumerate(graph.nodes):
        fact = facts.of(node.function) if isinstance(node, Invoke) else None
        if fact is None or len(fact.acquires) + len(fact.releases) != 1:
            continue
        one = (*fact.acquires, *fact.releases)[0]
        name = lock_name(one, node, names)
        if name and "[" not in name and one.kind != "seqcount-read":
            found[n] = name, bool(fact.acquires)
    return found


def between(graph: Graph, start: int, end: int) -> set[int]:
    """The nodes on ways from one node to another that do not pass either again."""
    ahead = _reached(graph.succ, start, end)
    return ahead & _reached(graph.pred, end, start)


def _reached(edges: Edges, start: int, stop: int) -> set[int]:
    found: set[int] = set()
    stack = [start]
    while stack:
        for target, _ in edges[stack.pop()]:
            if target not in found and target not in (stop, start):
                found.add(target)
                stack.append(target)
    return found


def _statement(data: bytes, graph: Graph, number: int) -> bool:
    """Whether a call is a statement of its own, on lines of its own."""
    loc = graph.nodes[number].loc
    line = data.rfind(b"\n", 0, loc.start) + 1
    return not data[line : loc.start].strip() and data[loc.end : loc.end + 2] == b";\n"


def _later(place: Place) -> bool:
    """Whether anything touches the lock behind the call."""
    facts = FACTS[0]
    ops = operations(place.graph, facts)
    behind = _reached(place.graph.succ, place.drop, place.take)
    return any(ops[n][0] == place.lock for n in behind if n in ops)


FACTS: list[Facts] = []


def _error(function: Function) -> bytes | None:
    kind = function.type
    if "*" in kind:
        return b"return NULL;"
    if re.fullmatch(r"(static |inline |__always_inline |extern )*void", kind):
        return b"return;"
    return b"return -EINTR;" if _SIGNED.fullmatch(kind) else b"return 0;"


def delete_unlock(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return None if _later(place) else [(loc.start, loc.end, b"")]


def delete_lock(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.take].loc
    ops = operations(place.graph, facts)
    before = _reached(place.graph.pred, place.take, -1)
    if not _statement(data, place.graph, place.take):
        return None
    if any(ops[n] == (place.lock, True) for n in before if n in ops):
        return None
    return [(loc.start, loc.end, b"")]


def early_return(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return [(loc.start, loc.start, ASK + b"\n\t\t" + (_error(place.function) or b"") + b"\n\t")]


def early_goto(place: Place, data: bytes, facts: Facts) -> Edit | None:
    ops = operations(place.graph, facts)
    for n, node in enumerate(place.graph.nodes):
        text = getattr(node, "text", "")
        if not re.fullmatch(r"\w+:", text) or text == "default:" or n <= place.drop:
            continue
        if not any(ops[m][0] == place.lock for m in _reached(place.graph.succ, n, -1) if m in ops):
            loc = place.graph.nodes[place.drop].loc
            return [(loc.start, loc.start, ASK + b"\n\t\tgoto " + text[:-1].encode() + b";\n\t")]
    return None


def double_unlock(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return [(loc.start, loc.start, place.text(data, place.drop) + b";\n\t")]


def lock_for_unlock(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    text = place.text(data, place.take)
    return [(loc.start, loc.end, text)] if _statement(data, place.graph, place.take) else None


def one_branch(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return None if _later(place) else [(loc.start, loc.start, ASK + b"\n\t\t")]


BREAKING: tuple[Editor, ...] = (
    delete_unlock,
    delete_lock,
    early_return,
    early_goto,
    double_unlock,
    lock_for_unlock,
    one_branch,
)


def later_unlock(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    (target, _), *_ = place.graph.succ[place.drop] or ((0, ""),)
    node = place.graph.nodes[target]
    if not (isinstance(node, Compute) and isinstance(node.expr, Assign)) or node.declares:
        return None
    if data[loc.end + 1 : node.loc.start].strip() or data[node.loc.end : node.loc.end + 1] != b";":
        return None
    other = data[node.loc.start : node.loc.end]
    return [
        (loc.start, loc.end, other),
        (node.loc.start, node.loc.end, place.text(data, place.drop)),
    ]


def through_goto(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    (target, _), *_ = place.graph.succ[place.drop] or ((0, ""),)
    node = place.graph.nodes[target]
    if not isinstance(node, Leave) or data[loc.end + 1 : node.loc.start].strip():
        return None
    end = place.function.loc.end - 1
    tail = data[loc.start : node.loc.end].rstrip(b";") + b";\n"
    return [(loc.start, node.loc.end, b"goto out_seeded;"), (end, end, b"out_seeded:\n\t" + tail)]


def both_branches(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    text = place.text(data, place.drop)
    both = b"if (signal_pending(current)) {\n\t\t%s;\n\t} else {\n\t\t%s;\n\t}" % (text, text)
    return [(loc.start, loc.end + 1, both)]


def in_block(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return [(loc.start, loc.end, b"do { %s; } while (0)" % place.text(data, place.drop))]


def through_alias(place: Place, data: bytes, facts: Facts) -> Edit | None:
    ops = operations(place.graph, facts)
    take, drop = place.graph.nodes[place.take], place.graph.nodes[place.drop]
    if sum(name == place.lock for name, _ in ops.values()) != 2:
        return None
    if not _statement(data, place.graph, place.take):
        return None
    if not (isinstance(take, Invoke) and isinstance(drop, Invoke) and take.args and drop.args):
        return None
    one, two = take.args[0].loc, drop.args[0].loc
    if data[one.start : one.end] != data[two.start : two.end] or data[one.start] != ord("&"):
        return None
    indent = data[data.rfind(b"\n", 0, take.loc.start) + 1 : take.loc.start]
    if indent != b"\t":
        return None
    alias = b"void *seeded = %s;\n\t" % data[one.start : one.end]
    edits = [(take.loc.start, take.loc.start, alias)]
    return [*edits, (one.start, one.end, b"seeded"), (two.start, two.end, b"seeded")]


def ask_first(place: Place, data: bytes, facts: Facts) -> Edit | None:
    loc = place.graph.nodes[place.drop].loc
    return [(loc.start, loc.start, ASK + b"\n\t\tcpu_relax();\n\t")]


HARMLESS: tuple[Editor, ...] = (
    later_unlock,
    through_goto,
    both_branches,
    in_block,
    through_alias,
    ask_first,
)


def edited(data: bytes, edit: Edit) -> bytes:
    """The file with an edit made."""
    for start, end, text in sorted(edit, reverse=True):
        data = data[:start] + text + data[end:]
    return data


@dataclass
class Outcome:
    """What was said of one edit."""

    editor: str
    place: Place
    single: bool
    differential: bool
    complete: bool


class Trial:
    """Edits files and asks."""

    def __init__(self, tree: Path) -> None:
        self.facts, self.vocabulary = load_facts(), load_vocabulary()
        FACTS[:] = [self.facts]
        self.files: dict[Path, SourceFile] = {}
        self.before: dict[tuple[Path, str], Balance] = {}
        self.tree = tree

    def file(self, path: Path) -> SourceFile:
        if path not in self.files:
            self.files[path] = read_file(path.read_bytes(), self.vocabulary)
        return self.files[path]

    def balance(self, file: SourceFile, name: str) -> Balance | None:
        function = file.function(name)
        if function is None or function.errors:
            return None
        return balance(function, self.facts, Effects(file, self.facts))

    def run(self, editor: Editor, place: Place) -> Outcome | None:
        file = self.file(place.path)
        edit = editor(place, file.data, self.facts)
        if edit is None:
            return None
        key = place.path, place.function.name
        if key not in self.before:
            old = self.balance(file, key[1])
            if old is None:
                return None
            self.before[key] = old
        old = self.before[key]
        new = self.balance(read_file(edited(file.data, edit), self.vocabulary), key[1])
        if new is None:
            return None
        alarm = bool(changed_balance(old, new))
        return Outcome(editor.__name__, place, bool(new.imbalances), alarm, new.complete)


def sample(trial: Trial, editors: tuple[Editor, ...], count: int, seed: int) -> list[Outcome]:
    """Outcomes of so many edits, at places and of kinds the seed picks."""
    paths = sorted(p for one in FOLDERS for p in (trial.tree / one).rglob("*.c"))
    chance = random.Random(seed)
    chance.shuffle(paths)
    found: list[Place] = []
    for path in paths:
        found += places(path, trial.file(path), trial.facts)
        if len(found) > 12 * count:
            break
    chance.shuffle(found)
    outcomes: list[Outcome] = []
    for number, place in enumerate(found):
        first = number % len(editors)
        for editor in (*editors[first:], *editors[:first])[:1]:
            outcome = trial.run(editor, place)
            if outcome is not None:
                outcomes.append(outcome)
        if len(outcomes) == count:
            break
    return outcomes


def told(outcomes: list[Outcome], title: str, good: bool) -> None:
    """Print the figures and what went wrong."""
    print(f"{title}: {len(outcomes)}")
    kinds = Counter(one.editor for one in outcomes)
    for kind in sorted(kinds):
        some = [one for one in outcomes if one.editor == kind]
        single, both = sum(one.single for one in some), sum(one.differential for one in some)
        print(f"  {kind:16} {len(some):4}  one image {single:4}  differential {both:4}")
    print(f"  one image {sum(one.single for one in outcomes)}", end="")
    print(f", differential {sum(one.differential for one in outcomes)}")
    for one in outcomes:
        if one.differential != good:
            why = "" if one.complete else ": ways not complete"
            line = one.place.graph.nodes[one.place.drop].loc.line
            print(
                f"  {'missed' if good else 'FALSE'} {one.editor} {one.place.path.name}:{line}",
                end="",
            )
            print(f" {one.place.function.name}() {one.place.lock}{why}")


def main() -> int:
    """Run both samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    trial = Trial(args.tree)
    broken = sample(trial, BREAKING, args.count, args.seed)
    told(broken, "imbalances seeded", True)
    fine = sample(trial, HARMLESS, args.count, args.seed + 1)
    told(fine, "harmless edits", False)
    return int(any(one.differential for one in fine))


if __name__ == "__main__":
    sys.exit(main())
