# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview index TREE --ask WHAT``: what the index of a tree says, in lines."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.frontend.inputs import InputError

if TYPE_CHECKING:
    from reviewer.evidence.places import Spot
    from reviewer.evidence.protection import Use
    from reviewer.evidence.witness import Taking, Witness

EXAMPLES = 12


def ask(path: Path, what: str) -> Iterator[str]:
    """The answer; `InputError` where there is no index, or nothing of that name in it."""
    from reviewer import ruleset
    from reviewer.evidence.store import Damaged, opened
    from reviewer.evidence.witness import Witness

    if not path.is_file():
        raise InputError(f"{path}: no index; 'mmreview index TREE' makes one")
    try:
        witness = Witness(opened(path), ruleset.load_tree_facts())
    except (Damaged, sqlite3.Error) as error:
        raise InputError(f"{path}: {error}") from None
    yield f"of {witness.seen}"
    if what.endswith("()"):
        yield from _function(what[:-2], witness)
    elif "," in what:
        first, _, second = what.partition(",")
        yield from _order(_spot(first.strip(), witness), _spot(second.strip(), witness), witness)
    else:
        yield from _place(_spot(what, witness), witness)


def _spot(text: str, witness: "Witness") -> "Spot":
    """A member by its structure, or a variable."""
    from reviewer.evidence.places import Spot

    structure, _, member = text.rpartition(".")
    if structure and member in witness.types.members(structure):
        return Spot(((structure, member),))
    found = witness.named(text, None)
    if found is None:
        raise InputError(f"--ask {text[:80]}: the index has no such member or variable")
    return found


def _place(place: "Spot", witness: "Witness") -> Iterator[str]:
    from reviewer.evidence.records import CHANGES

    found = witness.protection(place)
    changes = [one for one in found.uses if one.kind in CHANGES and not one.starting]
    new = sum(one.starting for one in found.uses if one.kind in CHANGES)
    yield f"{place}: {len(changes)} changes, {new} of new objects besides"
    if found.lock is None:
        unsure = any(one.open or one.perhaps for one in changes)
        yield f"no lock is {'known to be ' if unsure else ''}held at any of them"
    else:
        yield f"under {found.lock}: {found.held}, not known of {found.unknown}"
    for one in changes[:EXAMPLES]:
        told = one.under(found.lock) if found.lock is not None else "no lock"
        yield f"  {told}: {_where(one)}: {one.place}"
    if len(changes) > EXAMPLES:
        yield f"  and {len(changes) - EXAMPLES} more"


def _where(one: "Use | Taking") -> str:
    return f"{one.function.path}:{one.line}: {one.function.name}()"


def _function(name: str, witness: "Witness") -> Iterator[str]:
    found = witness.callers.named(name)
    if not found:
        raise InputError(f"--ask {name[:80]}(): the index has no such function")
    for one in found[:EXAMPLES]:
        entry = witness.callers.entry(one.number)
        sites = witness.callers.sites(one.number)
        yield f"{one.path}:{one.first}: {name}()"
        yield f"  calls: {'too many' if sites is None else len(sites)}"
        for title, some in (
            ("held on every known way", entry.must),
            ("held on some", entry.perhaps - entry.must),
            ("contexts on every known way", entry.contexts),
        ):
            yield f"  {title}: {_listed(sorted(map(str, some)))}"
        begins = sorted({f"{root.function.name}() ({root.how})" for root in entry.roots})
        yield f"  ways begin in: {_listed(begins)}"
        if entry.open:
            yield f"  not all ways are known: {entry.open}"


def _listed(some: Sequence[str]) -> str:
    more = f" and {len(some) - EXAMPLES} more" if len(some) > EXAMPLES else ""
    return (", ".join(some[:EXAMPLES]) or "none") + more


def _order(one: "Spot", two: "Spot", witness: "Witness") -> Iterator[str]:
    for outer, inner in ((one, two), (two, one)):
        found = witness.nested(inner, outer)
        yield f"{inner} is taken under {outer}: {len(found)} times"
        for taking in found[:EXAMPLES]:
            yield f"  {_where(taking)}"
