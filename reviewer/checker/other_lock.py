# SPDX-License-Identifier: GPL-2.0-only
"""Code that stays under a lock, but under another one."""

from collections.abc import Iterator, Sequence

from reviewer.cfg.graph import Invoke
from reviewer.checker.coverage import Loss, losses
from reviewer.checker.elsewhere import last_name
from reviewer.checker.holding import taken_in
from reviewer.checker.lock_scope import shown
from reviewer.checker.nearness import belongs, owner_of
from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.witnesses import Witness, handed, witnesses, word_of

ATOMIC = frozenset({"atomic", "atomic-test", "get", "try-get", "put"})


def wrong_lock(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """Accesses whose lock became another, while others of the file keep to the old one."""
    swapped: dict[tuple[str, str], list[Loss]] = {}
    for loss in losses(change):
        for lost in loss.lost:
            for gained in loss.gained:
                swapped.setdefault((lost, gained), []).append(loss)
    if not swapped:
        return
    before, after = (taken_in(one, change.facts) for one in (change.before, change.after))
    for (lost, gained), some in sorted(swapped.items()):
        if lost in after or gained in before:
            continue
        same = belongs(gained, owner_of(lost))
        if last_name(lost) == last_name(gained) and not same:
            yield from _instance(rule, change, lost, gained, some)
        else:
            yield from _class(rule, change, lost, gained, some)


def _class(
    rule: Rule, change: FunctionChange, lost: str, gained: str, some: Sequence[Loss]
) -> Iterator[Finding]:
    for loss in some:
        if _atomic(change, loss):
            continue
        for place in touched(change, loss):
            found = [one for one in witnesses(change, place) if last_name(lost) in one.locks]
            at_odds = loss.kind != "read" or any(one.kind != "read" for one in found)
            if found and at_odds and not any(last_name(gained) in one.locks for one in found):
                best = next((one for one in found if one.kind != "read"), found[0])
                yield _finding(rule, change, loss, lost, gained, _told(best))
                return


def _atomic(change: FunctionChange, loss: Loss) -> bool:
    """Whether it is safe against others without any lock, as far as one value goes."""
    node = change.after.graph.nodes[loss.node]
    if loss.kind == "update" or not isinstance(node, Invoke):
        return loss.kind == "update"
    fact = change.facts.of(node.function)
    stepped = loss.kind == "call" and fact is not None and bool(fact.steps)
    return stepped or change.facts.operations.of(node.function).kind in ATOMIC


def _instance(
    rule: Rule, change: FunctionChange, lost: str, gained: str, some: Sequence[Loss]
) -> Iterator[Finding]:
    """The lock of one object around what belongs to another."""
    owner = owner_of(lost)
    for loss in some:
        if owner and belongs(loss.place, owner) and not belongs(loss.place, owner_of(gained)):
            text = f"{loss.place} belongs to {owner}, whose own lock {lost} is"
            yield _finding(rule, change, loss, lost, gained, text)
            return


def touched(change: FunctionChange, loss: Loss) -> list[str]:
    """What a loss touches: a place, or what a call is handed the address of."""
    if loss.place:
        return [loss.place] if word_of(loss.place) else []
    node = change.after.graph.nodes[loss.node]
    if not isinstance(node, Invoke):
        return []
    return [f".{word}" for arg in node.args for word in handed(arg)]


def _told(one: Witness) -> str:
    return (
        f"{one.function}() has {one.text} (line {one.line}) under the old one still, which "
        "excludes nobody who holds the other"
    )


def _finding(
    rule: Rule, change: FunctionChange, loss: Loss, lost: str, gained: str, why: str
) -> Finding:
    message = rule.message.replace("{access}", loss.text).replace("{lost}", lost)
    return finding(
        rule,
        change,
        line=loss.line,
        message=message.replace("{gained}", gained),
        reason=f"{loss.text} was done under {lost} and is done under {gained}: {why}",
        cause=f"lock {lost}",
        before_line=loss.before_line,
        access=loss.text,
        place=loss.place,
        lost=(lost,),
        decides=loss.decides,
        before=[shown(one) for one in loss.before],
        after=[shown(one) for one in loss.after],
        question=f"Which lock protects what {loss.text} touches, {lost} or {gained}?",
    )
