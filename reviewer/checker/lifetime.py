# SPDX-License-Identifier: GPL-2.0-only
"""What runs later and is not stopped any more before its object goes; what is used
without having been initialised."""

import re
from collections.abc import Iterator

from reviewer.alignment.operations import Operation, calls_of
from reviewer.cfg.graph import Invoke
from reviewer.checker.marked import member
from reviewer.checker.rule import FunctionChange, Outside, PatchChange
from reviewer.checker.staying import mentioned, reached, spelled, staying
from reviewer.facts import Facts
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.tree import Member, Name

_ANY = ("none", "set")

TEARDOWN = ("free", "free-deferred", "put", "release", "unregister", "grace-period")


@dataclass(frozen=True, slots=True)
class Running:
    """Something that was stopped, by ``old``, and may run on now; ``now`` is
    what is left (empty: nothing), ``ends`` what ends its object (empty: not
    seen), at ``line`` after the patch, ``armed`` where it is started (empty: not seen)."""

    old: Operation
    now: str
    ends: str
    line: int
    armed: str


def running(change: FunctionChange, patch: PatchChange) -> Iterator[Running]:
    """What one function stopped before it ended an object, and does not any more."""
    if change.partial:
        return
    for old in change.operations.removed:
        if old.kind != "cancel" or old.family != "sync" or _stopped(change, patch, old):
            continue
        weak = [
            one.text
            for one in change.operations.added
            if one.kind == "cancel" and one.family == "async" and one.object == old.object
        ]
        end, armed = _end(change, old), _armed(change, old)
        if end is not None or armed:
            text, line = end or ("", _next_line(change, old))
            yield Running(old, weak[0] if weak else "", text, line, armed)


def _stopped(change: FunctionChange, patch: PatchChange, old: Operation) -> bool:
    """Whether it is stopped by other means, or exists no more."""
    name = member(old.object)
    if _respelled(change, old):
        return True
    if any(
        one.family != "async" and (member(one.object) == name or one.family == "queue")
        for one in patch.added("cancel")
    ):
        return True
    if any(_word(part, one.text) for one in patch.taken for part in _members(old.object)):
        return True
    for kind in ("lock-init", "arm"):
        if any(member(one.object) == name for one in patch.removed(kind)):
            return True
    kept = [one for one in change.after.operations if one.kind == "cancel"]
    if any(one.family == "queue" or member(one.object) == name for one in kept):
        return not any(one.family == "async" and member(one.object) == name for one in kept)
    return _by_callee(change, name) or _new_calls(change, old)


def _respelled(change: FunctionChange, old: Operation) -> bool:
    """Whether the same call was made as often, with other words for its object."""
    gone, come = (
        sum(one.name == old.name for one in some)
        for some in (change.operations.removed, change.operations.added)
    )
    return gone <= come


def _by_callee(change: FunctionChange, name: str) -> bool:
    called = {node.function for _, node in calls_of(change.after.graph)}
    return any(
        one.kind == "cancel" and member(one.object) == name
        for image in change.mentioning((name,))
        if image.graph.function.name in called
        for one in image.operations
    )


def _new_calls(change: FunctionChange, old: Operation) -> bool:
    """Whether a call came of which nothing is known and that is given the
    object, or the member by whatever name."""
    root, name = _root(old.object), member(old.object)
    stays = staying(change).before
    for number, node in calls_of(change.after.graph):
        if number in stays or change.facts.operations.of(node.function).kind not in _ANY:
            continue
        fact = change.facts.of(node.function)
        inert = fact is not None and fact.inert
        if not inert and (root in mentioned(node) or _given(node, name)):
            return True
    return False


def _given(node: Invoke, name: str) -> bool:
    """Whether an argument of a call names a member."""
    return any(
        isinstance(part, Member) and part.field == name for arg in node.args for part in walk(arg)
    )


def _end(change: FunctionChange, old: Operation) -> tuple[str, int] | None:
    """What ends an object behind a cancel, and stays."""
    stays = staying(change).after
    behind = reached(change.before.graph, old.node)
    for one in change.before.operations:
        if one.kind in TEARDOWN and one.node in behind and one.node in stays:
            return one.text, change.after.graph.nodes[stays[one.node]].loc.line
    return None


def _armed(change: FunctionChange, old: Operation) -> str:
    name = member(old.object)
    for image in change.mentioning((name,)):
        for one in image.operations:
            if one.kind == "arm" and member(one.object) == name:
                return f"{one.text} in {image.graph.function.name}(), line {one.line}"
    return ""


# Initialisation --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uninitialised:
    """Something whose initialisation ``old`` is gone; ``used`` is a place that
    uses it still (empty: in no function of this file), ``line`` where it stood,
    in the after image."""

    old: Operation
    used: str
    line: int


def uninitialised(change: FunctionChange, patch: PatchChange) -> Iterator[Uninitialised]:
    """What a function initialised and does not any more, though it is used."""
    if change.partial:
        return
    removed = {one.object: one for one in change.operations.removed if one.kind == "lock-init"}
    for old in removed.values():
        if old.family == "static" or _initialised(change, patch, old):
            continue
        used = _used(change, old)
        if used or not _uses_removed(patch, old):
            yield Uninitialised(old, used, _next_line(change, old))


def _initialised(change: FunctionChange, patch: PatchChange, old: Operation) -> bool:
    """Whether it is initialised by other means, or exists no more."""
    name = member(old.object)
    if any(_word(name, one.object) for one in patch.added("lock-init")):
        return True
    if any(one.object == old.object for one in change.after.operations if one.kind == old.kind):
        return True
    declared = [one.text for one in (*patch.taken, *patch.given)]
    if any(_word(part, text) for text in declared for part in _members(old.object)):
        return True
    names = {name for node in change.after.graph.nodes for name in mentioned(node)}
    root = _root(old.object)
    if root not in names or _written_whole(change, old) or _new_calls(change, old):
        return True
    return any(one.kind == "allocate" and one.result == root for one in change.operations.removed)


def _written_whole(change: FunctionChange, old: Operation) -> bool:
    """Whether the patch writes the member, or all of the object, in another way."""
    stays = staying(change).before
    name = member(old.object)
    places = {_root(old.object), f"*{_root(old.object)}"}
    return any(
        access.kind != "read"
        and access.node not in stays
        and (member(access.place) == name or access.place in places)
        for access in change.after.accesses
    )


def _used(change: FunctionChange, old: Operation) -> str:
    """Another function that takes the address of the member, or reaches into it."""
    name = member(old.object)
    alone = name == _root(old.object)
    for image in change.mentioning((name,)):
        same = image.graph.function.name == change.name
        for number, node in calls_of(image.graph):
            given = any(
                (isinstance(part, Member) and part.field == name)
                or (alone and same and isinstance(part, Name) and part.name == name)
                for arg in node.args
                for part in walk(arg)
            )
            if given and (alone or not same):
                text = spelled(image.graph.nodes[number], image.locks.names)
                return f"{text} in {image.graph.function.name}(), line {node.loc.line}"
    return ""


def _uses_removed(patch: PatchChange, old: Operation) -> bool:
    """Whether the patch takes away calls that are about the same member."""
    name = member(old.object)
    return any(
        number not in staying(change).after and number != old.node
        for change in patch.functions
        for number, node in calls_of(change.before.graph)
        if _given(node, name)
    )


def _next_line(change: FunctionChange, old: Operation) -> int:
    """The line after the patch behind which the initialisation would stand."""
    stays = staying(change).after
    lines = [
        change.after.graph.nodes[stays[number]].loc.line
        for number in sorted(stays)
        if number > old.node
    ]
    return lines[0] if lines else change.after.graph.function.loc.line


# Static initialisers, outside of functions --------------------------------------------------

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*&?\s*([\w.\->\[\]]*)")


@dataclass(frozen=True, slots=True)
class Bare:
    """A static initialiser that is gone while its variable stays: ``text`` is
    what it was, ``declared`` the line that declares the variable now."""

    text: str
    name: str
    declared: Outside


def bare(patch: PatchChange) -> Iterator[Bare]:
    """Variables that lost the initialiser of a lock in them."""
    facts = patch.facts
    if facts is None or not patch.given:
        return
    for line in patch.taken:
        for text, place in _initialisers(line.text, facts):
            again = any(
                place == other
                for given in patch.given
                for _, other in _initialisers(given.text, facts)
            )
            if again or any(_word(member(place), one.object) for one in patch.added("lock-init")):
                continue
            declared = [
                one
                for one in patch.given
                if one.file == line.file and _declares(one.text, _root(place))
            ]
            if declared:
                yield Bare(text, place, declared[0])


def _initialisers(line: str, facts: Facts) -> Iterator[tuple[str, str]]:
    for match in _CALL.finditer(line):
        fact = facts.operations.of(match[1])
        if fact.kind == "lock-init" and match[2]:
            yield f"{match[1]}({match[2]})", match[2]


def _declares(line: str, name: str) -> bool:
    """Whether a line ends the declaration of a variable without an initialiser."""
    return re.search(rf"\b{re.escape(name)}\s*(?:\[[^\]]*\]\s*)*(?:__\w+\s*)*;", line) is not None


def _members(place: str) -> list[str]:
    """The members on the way to a place; the variable where there are none."""
    words = re.findall(r"\w+", place)
    return words[1:] or words


def _word(name: str, line: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", line) is not None


def _root(text: str) -> str:
    return text.lstrip("*&(").split("->")[0].split(".")[0].split("[")[0].rstrip(")")
