# SPDX-License-Identifier: GPL-2.0-only
"""The functions, locks and members that a sentence speaks of."""

import re
from collections.abc import Iterator

from reviewer.evidence.calling import Defined
from reviewer.evidence.places import Spot
from reviewer.evidence.witness import Witness
from reviewer.facts import Facts
from reviewer.record import dataclass

_CODE = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.|::)[A-Za-z_]\w*(?:\[\w*\])?)*(?:\([^()]{0,40}\))?")
_KIND = re.compile(r"-(?:style|like|based|type)\b")
"""Behind a name: what is like it is spoken of."""
_STRUCTURE = re.compile(r"\b(?:struct|union)\s+(\w+)")
_THE_LOCK = re.compile(r"\b(?:the\s+)?(\w+)(?:'s)?\s+(?:spin)?(?:lock|mutex|semaphore|rwsem)\b")
_HERE = re.compile(
    r"\b(?:this (?:function|helper)|here|we|us|our|all callers|the callers?)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Objects:
    """What a sentence names, in order: ``functions``, ``locks`` and ``places`` as they were
    written and what they are, ``structures`` by name."""

    functions: tuple[Defined, ...]
    locks: tuple[tuple[str, Spot], ...]
    places: tuple[tuple[str, Spot], ...]
    structures: tuple[str, ...]


def objects_in(text: str, at: Defined | None, witness: Witness, facts: Facts) -> Objects:
    """The objects of a sentence in a patch of the function ``at``; one that names no function
    but says "here" speaks of that."""
    functions: dict[int, Defined] = {}
    locks: dict[Spot, str] = {}
    places: dict[Spot, str] = {}
    others = _called(text, at, witness)
    for word in _words(text):
        name, _, _ = word.partition("(")
        if word.endswith(")"):
            lock = _taken_by(word, at, witness, facts)
            if lock is not None:
                locks.setdefault(lock, word)
            elif (one := _function(name, at, witness)) is not None:
                functions.setdefault(one.number, one)
            continue
        plain = "_" not in word and "->" not in word and "." not in word
        if plain or word.isupper():
            continue
        spot = witness.named(word, at, others)
        if spot is not None:
            (locks if witness.is_lock(spot) else places).setdefault(spot, word)
        elif (one := _function(word, at, witness)) is not None:
            functions.setdefault(one.number, one)
    for found in _THE_LOCK.finditer(text):
        spot = witness.named(found[1], at, others) if "_" in found[1] else None
        if spot is not None:
            places.pop(spot, None)
            locks.setdefault(spot, found[0])
    if not functions and at is not None:
        functions[at.number] = at
    # Nobody speaks of rcu_read_lock() itself who names another function.
    named = [one for one in functions.values() if not _enters(one, facts)]
    return Objects(
        tuple(named or functions.values()),
        tuple((word, spot) for spot, word in locks.items()),
        tuple((word, spot) for spot, word in places.items()),
        tuple(_STRUCTURE.findall(text)),
    )


def _called(text: str, at: Defined | None, witness: Witness) -> list[Defined]:
    """The functions that a sentence names as such: a variable is most likely one of theirs."""
    calls = [word.partition("(")[0] for word in _words(text) if word.endswith(")")]
    return [one for name in calls if (one := _function(name, at, witness)) is not None]


def _enters(one: Defined, facts: Facts) -> bool:
    """Whether a function is known for the context it begins or ends."""
    fact = facts.of(one.name)
    return fact is not None and bool(fact.enters or fact.leaves) and not fact.acquires


def _words(text: str) -> Iterator[str]:
    for found in _CODE.finditer(text):
        if _KIND.match(text, found.end()):
            continue
        yield found[0].replace("::", ".").rstrip(".")


def _function(name: str, at: Defined | None, witness: Witness) -> Defined | None:
    found = witness.callers.named(name, at.path if at is not None else "")
    if len(found) > 1 and (at is None or not any(one.path == at.path for one in found)):
        # In a header it is often what stands there when an option is off.
        found = tuple(one for one in found if one.path.endswith(".c")) or found
        found = tuple(one for one in found if not one.static) or found
    return found[0] if found else None


def _taken_by(word: str, at: Defined | None, witness: Witness, facts: Facts) -> Spot | None:
    """The lock that a call takes which stands for it: ``task_lock(p)``."""
    name, _, inside = word.rstrip(")").partition("(")
    fact = facts.of(name)
    if fact is None or len(fact.acquires) != 1:
        return None
    from reviewer.syntax.render import render

    member = re.split(r"->|\.", render(fact.acquires[0].place))[-1]
    if "$" in member:
        return None
    return witness.named(f"{inside}->{member}" if inside else member, at)
