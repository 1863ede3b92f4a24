# SPDX-License-Identifier: GPL-2.0-only
"""What the tree says of a finding: whether the lost lock protects the place, who touches it
without, and whether the callers hold the lock anyway."""

from collections.abc import Iterator, Sequence

from reviewer.checker.coverage import losses
from reviewer.checker.records import Finding
from reviewer.evidence.calling import Defined, Entry, Site
from reviewer.evidence.places import Spot
from reviewer.evidence.protection import HELD, NOT_HELD, Use, everywhere
from reviewer.evidence.records import CHANGES, DROPS, PLAIN_RAISE, RAISE
from reviewer.evidence.witness import Witness
from reviewer.record import dataclass, replace
from reviewer.verdict.claim_asked import where
from reviewer.verdict.judge import Judged
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.words import capital, counter_name, listed, lock_name

FEW = 2
MOSTLY = 0.8
"""The share of changes made under a lock from which on it is said to protect."""

ENOUGH = 3
"""Functions beside the one under review from which on anything is said."""

MANY = 60
"""Functions from which on only those in the same part of the tree are looked at closely."""

MAX_CALLS = 40


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of evidence; ``weight`` says how much it counts against the patch: 2 where the
    lost lock protects the place, 0 where it never did, 1 where neither is known;
    ``changelog`` is what could be said of it there."""

    text: str
    weight: int
    changelog: str = ""


def with_evidence(judged: Judged, witness: Witness, ledger: Ledger) -> Judged:
    """The verdict with what the tree says of the finding."""
    told = list(evidence(judged.verdict.finding, witness))
    if not told:
        return judged
    verdict = judged.verdict
    # What the model says of its few actors, the tree says of all.
    kept = tuple(
        text
        for text in verdict.evidence
        if not any(text.split(":")[0] == one.text.split(":")[0] for one in told)
    )
    source = f"index of the tree: {witness.seen}"
    ids = tuple(ledger.add("evidence", one.text, source) for one in told)
    texts = tuple(one.text for one in told)
    return replace(
        judged,
        verdict=replace(
            verdict,
            evidence=(*kept, *texts),
            facts=(*verdict.facts, *ids),
        ),
        weight=max(one.weight for one in told),
        tree=tuple(
            (one.changelog, fact) for one, fact in zip(told, ids, strict=True) if one.changelog
        ),
    )


def refuted_by_callers(judged: Judged, witness: Witness) -> str:
    """Why a finding is none after all: every way to the function holds what was lost; empty
    where that is not so, or where the function still takes and drops it itself."""
    finding = judged.verdict.finding
    one = _function(finding, witness)
    if one is None or not finding.lost or finding.partial:
        return ""
    entry = witness.callers.entry(one.number)
    dropped = [effect.lock for effect in witness.effects(one) if effect.what == DROPS]
    states = judged.change.after.locks.before if judged.change is not None else ()
    if any(state is not None and state.may & set(finding.lost) for state in states):
        return ""
    held = []
    for lock in finding.lost:
        if _is_context(lock):
            if lock not in entry.contexts:
                return ""
            held.append(lock)
            continue
        spot = witness.named(lock, one)
        if spot is None or not any(have.within(spot) for have in entry.must):
            return ""
        # What the function drops its callers hold again only once it has returned.
        if any(lost is not None and lost.within(spot) for lost in dropped):
            return ""
        held.append(str(spot))
    sites = witness.callers.sites(one.number) or ()
    example = f", e.g. {where(sites[0].caller, sites[0].line)}" if sites else ""
    return f"every known way to {one.name}() holds {listed(held)}{example}"


def needless(judged: Judged, witness: Witness) -> str:
    """Why a note need not be made: the changelog speaks of it, and the tree says that the lock
    never kept the place from changing; empty where that is not so."""
    verdict = judged.verdict
    if verdict.severity != "note" or judged.weight or verdict.standing == "CONFIRMED":
        return ""
    finding, change = verdict.finding, judged.change
    if change is None:
        return ""
    # A lock that goes may have been there for anything that it was held around.
    for loss in losses(change):
        if not loss.lost & set(finding.lost):
            continue
        told = list(evidence(replace(finding, place=loss.place, access=loss.text), witness))
        if loss.kind == "call" or not told or any(one.weight for one in told):
            return ""
    return verdict.evidence[-1]


def evidence(finding: Finding, witness: Witness) -> Iterator[Told]:
    """The sentences on one finding."""
    one = _function(finding, witness)
    if one is None:
        return
    place = witness.named(finding.place, one) if finding.place else None
    for lock in finding.lost:
        spot = None if _is_context(lock) else witness.named(lock, one)
        if spot is None:
            continue
        if place is not None:
            yield from _on_place(place, spot, lock, one, witness)
        elif finding.access and not finding.place:
            yield from _on_call(finding, one, spot, lock, witness)


def _function(finding: Finding, witness: Witness) -> Defined | None:
    found = witness.callers.named(finding.function, finding.file)
    return next((one for one in found if one.path == finding.file), None)


def _is_context(lock: str) -> bool:
    return lock.endswith(("-off", "-side"))


def _on_place(
    place: Spot, spot: Spot, lock: str, mine: Defined, witness: Witness
) -> Iterator[Told]:
    """How many of the functions that change a place hold a lock there, besides the one
    under review; where there are many, those in its part of the tree."""
    some = _changing(witness.uses(place, CHANGES, lambda path: False), mine)
    part = f"{mine.path.split('/')[0]}/"
    many = len(some) > MANY
    wide = (lambda path: path.startswith(part)) if many else everywhere
    functions = _changing(witness.uses(place, CHANGES, wide), mine)
    if not some and witness.whole:
        never = f"nothing else changes {place} once others know the object"
        yield Told(f"{never}, so that {lock_name(lock)} protects nothing there", 0, capital(never))
    raising = any(uses[0].kind in (RAISE, PLAIN_RAISE) for uses in functions)
    verb, name = "raise" if raising else "change", counter_name(str(place))
    where = "" if witness.whole else f" in {witness.seen}"
    first = ""
    if many:
        own = sum(all(one.under(spot) == HELD for one in uses) for uses in some)
        first = f"{len(some)} other functions {verb} it{where}, {own} of them under {spot}; "
        functions = [uses for uses in functions if wide(uses[0].function.path)]
        where = f" in {part}"
    if len(functions) < ENOUGH:
        return
    functions.sort(key=lambda uses: _far(uses[0].function.path, mine.path))
    yield from _weighed(functions, spot, lock, name, first, f"that {verb} it{where}")


def _changing(uses: Sequence[Use], mine: Defined) -> list[list[Use]]:
    """The changes by function; where some raise a count only these count."""
    changes = [one for one in uses if not one.starting and one.function.number != mine.number]
    raising = [one for one in changes if one.kind in (RAISE, PLAIN_RAISE)]
    return _functions(raising or changes)


def _weighed(
    functions: Sequence[Sequence[Use]], spot: Spot, lock: str, name: str, first: str, doing: str
) -> Iterator[Told]:
    held = [uses for uses in functions if all(one.under(spot) == HELD for one in uses)]
    without = [uses for uses in functions if any(one.under(spot) == NOT_HELD for one in uses)]
    count = f"of {len(functions)} other functions {doing}"
    called = lock_name(lock)
    if len(held) >= MOSTLY * len(functions):
        text = f"{len(held)} {count} hold it, e.g. {_examples(held)}"
        yield Told(f"{called} protects {name}: {first}{text}", 2)
    elif len(without) > len(held):
        text = f"{len(without)} {count} do not hold it, e.g. {_examples(without)}; {len(held)} do"
        rest = len(functions) - len(without) - len(held)
        text += f", of the other {rest} it is not known" if rest else ""
        names = listed(f"{uses[0].function.name}()" for uses in without[:FEW])
        said = f"{len(without)} {count} do not hold it, {names} among them"
        yield Told(
            f"{called} does not serialise {name}: {first}{text}",
            0,
            f"{capital(called)} never serialised {name}: {said}",
        )
    elif held:
        yield Told(f"{first}{len(held)} {count} hold {called}, e.g. {_examples(held)}", 1)


def _far(path: str, mine: str) -> tuple[int, str]:
    """How far away a file is: in the same one, in its folder, in its part of the tree."""
    if path == mine:
        return 0, path
    folder, part = mine.rpartition("/")[0], mine.split("/")[0]
    near = path.startswith(f"{folder}/"), path.startswith(f"{part}/")
    return 3 - sum(near), path


def _functions(some: Sequence[Use]) -> list[list[Use]]:
    found: dict[int, list[Use]] = {}
    for one in some:
        found.setdefault(one.function.number, []).append(one)
    return list(found.values())


def _examples(some: Sequence[Sequence[Use]]) -> str:
    firsts = [uses[0] for uses in some[:FEW]]
    return listed(where(one.function, one.line) for one in firsts)


def _on_call(
    finding: Finding, one: Defined, spot: Spot, lock: str, witness: Witness
) -> Iterator[Told]:
    """Who else calls what lost its lock, and whether under that lock."""
    name = finding.access.partition("(")[0]
    callee = witness.callee(name, one)
    sites = witness.callers.sites(callee.number) if callee is not None else None
    others = [site for site in sites or () if site.caller.number != one.number]
    if not others or len(others) > MAX_CALLS:
        return
    held, without = [], []
    for site in others:
        entry = witness.callers.entry(site.caller.number)
        if any(have.within(spot) for have in site.held.must | entry.must):
            held.append(site)
        elif not (entry.open or _perhaps(spot, site, entry, witness)):
            without.append(site)
    total = f"{len(others)} other call{'s' * (len(others) != 1)} of {name}()"
    part = "" if witness.whole else f" in {witness.seen}"
    if len(held) == len(others):
        told = listed(where(site.caller, site.line) for site in held[:FEW])
        yield Told(
            f"{lock_name(lock)} is held at {'the' if len(others) == 1 else 'all'} {total}{part}, "
            f"e.g. {told}",
            2,
        )
    elif without and not held:
        told = listed(where(site.caller, site.line) for site in without[:FEW])
        yield Told(
            f"{lock_name(lock)} is not held at {len(without)} of {total}{part}, e.g. {told}", 0
        )


def _perhaps(lock: Spot, site: Site, entry: Entry, witness: Witness) -> bool:
    """Whether a lock may be held at a call, by its own name or another."""
    sure, some = site.held.must | entry.must, site.held.perhaps | entry.perhaps
    return any(one.within(lock) for one in some) or any(
        witness.types.may_be(one, lock) for one in sure | some
    )
