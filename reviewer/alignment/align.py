# SPDX-License-Identifier: GPL-2.0-only
"""Match the accesses of a function before the patch with those after it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.alignment.accesses import Access, accesses
from reviewer.cfg.graph import Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.conditions import Condition, pointer_names, spoken, written
from reviewer.locks.locksets import Held, Locksets, locksets

LineMap = Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class State:
    """What is held at an access on the paths where ``path`` is true (empty:
    all); ``must`` is None where it cannot be known."""

    path: str
    must: frozenset[str] | None
    may: frozenset[str]
    context: frozenset[str]
    access: Access


@dataclass(frozen=True, slots=True)
class Aligned:
    """One access after the patch and those before it that it came from.

    ``before`` has one entry per access before, ``after`` what is held now on
    each of their paths, in the same order.
    """

    access: Access
    before: tuple[State, ...]
    after: tuple[State, ...]
    moved: bool


@dataclass(frozen=True, slots=True)
class Image:
    """One function in one image, with its accesses and locksets."""

    graph: Graph
    accesses: tuple[Access, ...]
    locks: Locksets


def image(graph: Graph, facts: Facts) -> Image:
    """Analyse one function of one image."""
    found = locksets(graph, facts)
    return Image(graph, accesses(graph, facts, found.names), found)


def align(before: Image, after: Image, facts: Facts, after_line: LineMap) -> tuple[Aligned, ...]:
    """Every access after the patch that has a counterpart before it.

    ``after_line`` maps a line of the before image that the patch left alone to
    the after image, and gives None for the others.
    """
    found = []
    kept, rest_before, rest_after = _kept(before.accesses, after.accesses, after_line)
    for access, sources in (*kept, *_moved(rest_before, rest_after)):
        moved = (access, sources) not in kept
        found.append(_aligned(before, after, facts, access, sources, moved))
    return tuple(sorted(found, key=lambda entry: (entry.access.line, entry.access.place)))


Match = tuple[Access, tuple[Access, ...]]


def _kept(
    before: Sequence[Access], after: Sequence[Access], after_line: LineMap
) -> tuple[list[Match], list[Access], list[Access]]:
    """Accesses on lines the patch left alone stay what they were."""
    waiting: dict[tuple[str, str, str, int], list[Access]] = {}
    for access in after:
        waiting.setdefault((*access.key, access.text, access.line), []).append(access)
    kept: list[Match] = []
    rest = []
    taken = set()
    for access in before:
        line = after_line(access.line)
        queue = waiting.get((*access.key, access.text, line)) if line is not None else None
        if queue:
            found = queue.pop(0)
            taken.add(id(found))
            kept.append((found, (access,)))
        elif line is None:
            rest.append(access)
    return kept, rest, [access for access in after if id(access) not in taken]


def _moved(before: Sequence[Access], after: Sequence[Access]) -> Iterator[Match]:
    """Accesses that left one line and came up on another.

    One access after may stand for several before (two comparisons made one);
    several after take those before in order.
    """
    groups: dict[tuple[str, str], list[Access]] = {}
    for access in before:
        groups.setdefault(access.key, []).append(access)
    for key, sources in groups.items():
        targets = [access for access in after if access.key == key]
        if len(targets) == 1:
            yield targets[0], tuple(sources)
        elif targets:
            for position, target in enumerate(targets):
                part = sources[position : position + 1]
                if position == len(targets) - 1:
                    part = sources[position:]
                if part:
                    yield target, tuple(part)


def _aligned(
    before: Image,
    after: Image,
    facts: Facts,
    access: Access,
    sources: tuple[Access, ...],
    moved: bool,
) -> Aligned:
    held_before = [before.locks.before[source.node] for source in sources]
    here = after.locks.before[access.node]
    paths = [_path(held, held_before, here) for held in held_before]
    pointers = pointer_names(before.graph)
    old, new = [], []
    for source, held, path in zip(sources, held_before, paths, strict=True):
        text = " && ".join(sorted(spoken(found, pointers) for found in path))
        now = _on_path(after, facts, access, path)
        if held is None or now is None:
            continue
        old.append(_state(text, held, source, before.graph))
        new.append(_state(text, now, access, after.graph))
    return Aligned(access, tuple(old), tuple(new), moved)


def _state(path: str, held: Held, access: Access, graph: Graph) -> State:
    whole = graph.function.complete
    return State(path, held.must if whole or held.must else None, held.may, held.context, access)


def _path(
    held: Held | None, others: Sequence[Held | None], after: Held | None
) -> frozenset[Condition]:
    """What tells this access's paths from those of the others it became one
    with; nothing when it stands alone on the same paths as after."""
    if held is None or after is None:
        return frozenset()
    own = held.conditions() - after.conditions()
    apart = {
        found
        for found in own
        if any(other is not None and found.negated() in other.conditions() for other in others)
    }
    if apart or len(others) > 1:
        return frozenset(apart)
    return frozenset()


def _on_path(
    image_after: Image, facts: Facts, access: Access, path: frozenset[Condition]
) -> Held | None:
    changed = {name for node in image_after.graph.nodes for name in written(node)}
    assume = frozenset(found for found in path if found.text not in changed)
    if not assume:
        return image_after.locks.before[access.node]
    return locksets(image_after.graph, facts, assume).before[access.node]


def unknown_lockers(before: Graph, after: Graph, facts: Facts) -> tuple[str, ...]:
    """Calls only the after image makes that look like lock operations but
    have no fact: what is held behind them is not known."""
    old = {node.function for node in before.nodes if isinstance(node, Invoke)}
    new = {node.function for node in after.nodes if isinstance(node, Invoke)}
    return tuple(
        sorted(
            name
            for name in new - old
            if facts.of(name) is None and any(word in name for word in ("lock", "guard", "mutex"))
        )
    )
