# SPDX-License-Identifier: GPL-2.0-only
"""Match the accesses of a function before the patch with those after it."""

import re
from collections.abc import Callable, Iterator, Sequence

from reviewer.alignment.accesses import Access, accesses
from reviewer.alignment.operations import Operation, operations
from reviewer.cfg.graph import Graph, Invoke
from reviewer.facts import Facts
from reviewer.locks.conditions import (
    Condition,
    pointer_names,
    spoken,
    words,
    written,
)
from reviewer.locks.locksets import Held, Locksets, Summaries, locksets, nothing_known
from reviewer.record import dataclass
from reviewer.syntax.tree import Name

Conditions = frozenset[Condition]
LineMap = Callable[[int], int | None]

_TEMPORARY = re.compile(r"%\d+")
_PARTS = re.compile(r"[a-z0-9]+")
_LOCKS = frozenset({"guard", "mutex", "semaphore"})
_NO_LOCKS = ("block", "clock", "flock")


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
    """One function in one image, with its accesses, operations and locksets."""

    graph: Graph
    accesses: tuple[Access, ...]
    locks: Locksets
    summaries: Summaries = nothing_known
    operations: tuple[Operation, ...] = ()


def image(graph: Graph, facts: Facts, summaries: Summaries = nothing_known) -> Image:
    """Analyse one function of one image; ``summaries`` tell what the other
    functions of its file do to locks."""
    found = locksets(graph, facts, summaries=summaries)
    seen = () if found.trouble else accesses(graph, facts, found.names)
    made = () if found.trouble else operations(graph, facts, found.names)
    return Image(graph, seen, found, summaries, made)


def align(before: Image, after: Image, facts: Facts, after_line: LineMap) -> tuple[Aligned, ...]:
    """Every access after the patch that has a counterpart before it.

    ``after_line`` maps a line of the before image that the patch left alone to
    the after image, and gives None for the others.
    """
    found = []
    setting = _setting(before, after, facts)
    kept, rest_before, rest_after = _kept(before.accesses, after.accesses, after_line)
    moved = list(_moved(rest_before, rest_after))
    matched = {id(source) for _, sources in moved for source in sources}
    left = [access for access in rest_before if id(access) not in matched]
    widened = list(_widened(before, after, kept, left))
    replaced = {id(access) for access, _ in widened}
    for access, sources in kept:
        if id(access) not in replaced:
            found.append(_aligned(setting, access, sources, False))
    for access, sources in (*moved, *widened):
        found.append(_aligned(setting, access, sources, True))
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


def _widened(
    before: Image, after: Image, kept: Sequence[Match], left: Sequence[Access]
) -> Iterator[Match]:
    """Accesses on lines that stayed and took in others that are gone.

    When the test around a line goes away instead of the line, the access is
    made on more paths than before: on those where the condition was false
    another access of the same kind used to be made.
    """
    alike: dict[tuple[str, str, str], list[Access]] = {}
    for other in left:
        alike.setdefault((*other.key, other.text), []).append(other)
    for access, sources in kept:
        candidates = alike.get((*access.key, access.text), ())
        old, new = before.locks.before[sources[0].node], after.locks.before[access.node]
        if not candidates or old is None or new is None:
            continue
        fallen = {found.negated() for found in old.conditions() - new.conditions()}
        taken_in = []
        for other in candidates:
            held = before.locks.before[other.node]
            if held is not None and fallen & held.conditions():
                taken_in.append(other)
        if taken_in:
            yield access, (*sources, *taken_in)


def _moved(before: Sequence[Access], after: Sequence[Access]) -> Iterator[Match]:
    """Accesses that left one line and came up on another.

    One access after may stand for several before (two comparisons made one);
    several after take those before in order.
    """
    groups: dict[tuple[str, str], list[Access]] = {}
    for access in before:
        groups.setdefault(access.key, []).append(access)
    goals: dict[tuple[str, str], list[Access]] = {}
    for access in after:
        goals.setdefault(access.key, []).append(access)
    for key, sources in groups.items():
        targets = goals.get(key, ())
        if len(targets) == 1:
            yield targets[0], tuple(sources)
        elif targets:
            for position, target in enumerate(targets):
                part = sources[position : position + 1]
                if position == len(targets) - 1:
                    part = sources[position:]
                if part:
                    yield target, tuple(part)


@dataclass(frozen=True, slots=True)
class _Setting:
    """Both images, what is the same for all accesses of them, and what is held
    after the patch where some conditions are taken for granted."""

    before: Image
    after: Image
    facts: Facts
    pointers: frozenset[str]
    stable: frozenset[str]
    assumed: dict[Conditions, Locksets]


def _setting(before: Image, after: Image, facts: Facts) -> _Setting:
    stable = _stable(before.graph) & _stable(after.graph)
    return _Setting(before, after, facts, pointer_names(before.graph), stable, {})


def _aligned(
    setting: _Setting, access: Access, sources: tuple[Access, ...], moved: bool
) -> Aligned:
    before, after = setting.before, setting.after
    held_before = [before.locks.before[source.node] for source in sources]
    told: list[Conditions] = [frozenset()]
    there: Conditions = frozenset()
    if len(sources) > 1:
        # Only where several became one, conditions tell them apart.
        told = [_told(held, before) for held in held_before]
        there = _told(after.locks.before[access.node], after)
    old, new = [], []
    for source, held, own in zip(sources, held_before, told, strict=True):
        path = _path(own, told, there)
        text = " && ".join(sorted(spoken(found, setting.pointers) for found in path))
        now = _on_path(setting, access, path)
        if held is None or now is None:
            continue
        old.append(_state(text, held, source, before.graph))
        new.append(_state(text, now, access, after.graph))
    return Aligned(access, tuple(old), tuple(new), moved)


def _state(path: str, held: Held, access: Access, graph: Graph) -> State:
    whole = graph.function.complete
    return State(path, held.must if whole or held.must else None, held.may, held.context, access)


def _told(held: Held | None, image: Image) -> Conditions:
    """The conditions at a point as a person would write them: calls instead
    of the temporaries that take their values."""
    if held is None:
        return frozenset()
    calls = image.locks.names.calls
    found = set()
    for one in held.conditions():
        text = _TEMPORARY.sub(lambda name: calls.get(name[0], name[0]), one.text)
        if not _TEMPORARY.search(text):
            found.add(Condition(text, one.holds))
    return frozenset(found)


def _path(own: Conditions, others: Sequence[Conditions], after: Conditions) -> Conditions:
    """What tells this access's paths from those of the others it became one
    with; nothing when it stands alone on the same paths as after."""
    return frozenset(
        found for found in own - after if any(found.negated() in other for other in others)
    )


def _on_path(setting: _Setting, access: Access, path: Conditions) -> Held | None:
    after = setting.after
    assume = frozenset(found for found in path if _variables(found) <= setting.stable)
    if not assume:
        return after.locks.before[access.node]
    if assume not in setting.assumed:
        found = locksets(after.graph, setting.facts, assume, summaries=after.summaries)
        setting.assumed[assume] = found
    return setting.assumed[assume].before[access.node]


def _stable(graph: Graph) -> frozenset[str]:
    """The parameters that keep the value the caller gave."""
    gone = {name for node in graph.nodes for name in written(node)}
    return frozenset(param.name for param in graph.function.params) - gone


def _variables(found: Condition) -> frozenset[str]:
    """What a condition speaks of, besides numbers and named constants."""
    return frozenset(
        word for word in words(found.text) if not (word.isupper() or word[0].isdigit())
    )


def unknown_lockers(
    before: Graph,
    after: Graph,
    facts: Facts,
    has_body: Callable[[str], bool] = lambda name: False,
) -> tuple[str, ...]:
    """Calls only one image makes that look like lock operations but have no
    fact and no body at hand: what is held behind them is not known."""
    old = {node.function for node in before.nodes if isinstance(node, Invoke)}
    new = {node.function for node in after.nodes if isinstance(node, Invoke)}
    strange = {
        name
        for name in old ^ new
        if names_a_lock(name) and facts.of(name) is None and not has_body(name)
    }
    return tuple(sorted(strange - _finders(before, facts) - _finders(after, facts)))


def _finders(graph: Graph, facts: Facts) -> frozenset[str]:
    """The functions that only find a lock: what they return is what others take."""
    taken = {
        arg.name
        for node in graph.nodes
        if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None
        if fact.acquires or fact.releases
        for arg in node.args
        if isinstance(arg, Name)
    }
    return frozenset(
        node.function for node in graph.nodes if isinstance(node, Invoke) and node.result in taken
    )


def names_a_lock(name: str) -> bool:
    """Whether a word of a name is one for a lock, or ends in ``lock``."""
    return any(
        part in _LOCKS or (part.endswith("lock") and not part.endswith(_NO_LOCKS))
        for part in _PARTS.findall(name.lower())
    )
