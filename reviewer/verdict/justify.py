# SPDX-License-Identifier: GPL-2.0-only
"""Sentences for the changelog, each on a fact; questions where facts lack."""

from collections.abc import Iterator

from reviewer.locks.locksets import Held
from reviewer.record import replace
from reviewer.simulation.answer import Guard
from reviewer.verdict.judge import Judged
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.records import Question, Sentence
from reviewer.verdict.words import counter_name, listed, lock_name

RETRIES = ("-EAGAIN", "-EBUSY", "-ERESTART", "-ESTALE")


def justification(judged: Judged, ledger: Ledger) -> Iterator[Sentence]:
    """What the changelog could say of a finding: why the model refutes it, what the tree
    says of the lock.

    Only what was established is said: a sentence without a fact is none.
    """
    mark = judged.verdict.fingerprint
    said = tuple(_refuted(judged, ledger))
    # Behind the first sentence of the model, which says what the access is still good for.
    for one in (*said[:1], *_by_tree(judged), *said[1:]):
        yield replace(one, finding=mark)


def _by_tree(judged: Judged) -> Iterator[Sentence]:
    """What the tree says of the lock that was lost."""
    for text, fact in judged.tree:
        yield Sentence(judged.verdict.patch, f"{text}.", (fact,))


def _refuted(judged: Judged, ledger: Ledger) -> Iterator[Sentence]:
    verdict, answer = judged.verdict, judged.answer
    if verdict.standing != "REFUTED_IN_MODEL" or answer is None:
        return
    lost = [path for path in answer.paths if path.lost]
    guards = [guard for path in lost for guard in path.guards]
    if guards:
        yield from _guarded(judged, guards[0], ledger)
    yield from _unchanged(judged, ledger)


def _guarded(judged: Judged, guard: Guard, ledger: Ledger) -> Iterator[Sentence]:
    verdict, finding = judged.verdict, judged.verdict.finding
    source = f"rules/actors/{judged.answer.scenario.name}" if judged.answer else ""
    call = _name(guard.step.origin.text)
    locks = [lock_name(lock) for lock in finding.lost]
    removed = ledger.add("model", verdict.model.guard_removed if verdict.model else "", source)
    rule = verdict.facts[0]
    yield Sentence(
        verdict.patch,
        f"{_name(finding.access)} outside {listed(locks)} is only an early exit.",
        (rule, removed),
    )
    without = sorted({r.actor for r in judged.raisers if not set(finding.lost) & r.locks})
    if not judged.tree and without and all(not set(finding.lost) & r.locks for r in judged.raisers):
        fact = ledger.add("model", verdict.evidence[0] if verdict.evidence else "", source)
        names = listed([f"{name}()" for name in without[:2]])
        counter = counter_name(finding.place)
        text = f"The lock never serialised {counter}: {names} raise it without taking the lock."
        yield Sentence(verdict.patch, text, (fact,))
    yield from _decides(judged, guard, call, removed, ledger, source)


def _decides(
    judged: Judged, guard: Guard, call: str, removed: str, ledger: Ledger, source: str
) -> Iterator[Sentence]:
    verdict = judged.verdict
    under = _under(judged, guard.step.origin.line)
    where: tuple[str, ...] = (removed,)
    place = ""
    if under is not None:
        held = f"under {listed([lock_name(lock) for lock in under])}" if under else "without a lock"
        text = f"{guard.step.origin.text} stands {held}"
        where = (removed, ledger.add("rule", text, "locksets, after image"))
        place = f" and {held}"
    known = guard.failure.startswith("-")
    cost = f", so a stale result costs {_cost(guard.failure)} at most" if known else ""
    yield Sentence(verdict.patch, f"{call} compares again, atomically{place}{cost}.", where)
    if guard.closed is None:
        return
    closing = _under(judged, guard.closed.origin.line)
    still = (
        ", which is still under the lock" if closing and set(closing) <= set(under or ()) else ""
    )
    fact = ledger.add(
        "model",
        f"no reference is taken between {call} and {_name(guard.closed.origin.text)}",
        source,
    )
    text = f"No reference can be taken until {_name(guard.closed.origin.text)}{still}."
    yield Sentence(verdict.patch, text, (fact,))


def _cost(failure: str) -> str:
    """What a failing comparison costs, by the error code it returns."""
    return f"a retry ({failure})" if failure in RETRIES else failure


def _under(judged: Judged, line: int) -> tuple[str, ...] | None:
    """The locks held at a call of the after image; None when the call stands
    in another function."""
    if judged.change is None:
        return None
    image = judged.change.after
    states: list[Held] = [
        held
        for node, held in zip(image.graph.nodes, image.locks.before, strict=True)
        if node.loc.line == line and held is not None
    ]
    if not states:
        return None
    must = frozenset.intersection(*[held.must for held in states])
    return tuple(sorted(must))


def _unchanged(judged: Judged, ledger: Ledger) -> Iterator[Sentence]:
    """The paths on which the access had no lock before either."""
    verdict, finding = judged.verdict, judged.verdict.finding
    for state in finding.before:
        if not state.path or state.path in finding.lost_paths or state.must is None:
            continue
        if set(finding.lost) & set(state.must):
            continue
        locks = listed([lock_name(lock) for lock in finding.lost])
        text = f"Where {state.path}, nothing changes: it was read outside {locks} there before."
        yield Sentence(verdict.patch, text, (verdict.facts[0],))
        yield from _saved(judged, state.path, ledger)


def _saved(judged: Judged, path: str, ledger: Ledger) -> Iterator[Sentence]:
    answer = judged.answer
    for entry in answer.paths if answer else ():
        if entry.condition == path and entry.saved_by:
            source = f"rules/actors/{answer.scenario.name}" if answer else ""
            told = listed(one.text for one in entry.saved_by)
            fact = ledger.add("model", f"where {path}, the model breaks unless {told}", source)
            text = f"What makes that path work is that {told}."
            yield Sentence(judged.verdict.patch, text, (fact,))


def _name(call: str) -> str:
    """``f(a, b)`` as ``f()``."""
    return f"{call.split('(', 1)[0]}()" if "(" in call else call


def questions(judged: Judged) -> Iterator[Question]:
    """What the author has to answer because nothing established it."""
    verdict, finding = judged.verdict, judged.verdict.finding
    if verdict.severity == "note":
        return
    if finding.question and verdict.standing in (None, "UNDECIDED"):
        yield Question(verdict.patch, finding.question)
        return
    if not finding.lost:
        return
    locks = listed([lock_name(lock) for lock in finding.lost])
    if verdict.standing == "UNDECIDED":
        yield Question(
            verdict.patch,
            f"Once {finding.access} in {finding.function}() is made without {locks}, what keeps "
            f"{finding.place} from changing before it is acted upon?",
        )
    elif verdict.standing == "CONFIRMED":
        yield Question(
            verdict.patch,
            f"What keeps this schedule from happening once {finding.access} is outside {locks}?",
        )
