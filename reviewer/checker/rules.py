# SPDX-License-Identifier: GPL-2.0-only
"""Run the rules over what changed in a function."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.align import Aligned, Image, State
from reviewer.cfg.graph import Invoke
from reviewer.checker.coverage import gone, replaced_by
from reviewer.checker.elsewhere import held_by_callers
from reviewer.checker.records import Finding, PathState
from reviewer.checker.rule import FunctionChange, PatchChange, Rule
from reviewer.checker.types import mixed_types
from reviewer.facts import Facts
from reviewer.record import dataclass, replace

NEAR = 12
"""Lines between accesses that one move of a stretch of code took along."""


Found = tuple[Finding, FunctionChange | None]
"""A finding, and the change of the function it stands in."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """An access that lost locks: on which paths, and its worst state before."""

    aligned: Aligned
    lost: tuple[str, ...]
    paths: tuple[str, ...]
    worst: State


def findings(rules: Sequence[Rule], patch: PatchChange) -> Iterator[Found]:
    """What the rules have to say of one patch, function by function, in order
    of lines; of several findings about one change the gravest, which names the
    rules of the others."""
    of_patch = [one for rule in rules if rule.check_patch for one in rule.check_patch(rule, patch)]
    for change in patch.functions:
        made = _made(change)
        asked = [one for one in rules if not one.touches or one.touches & made]
        found = [one for rule in asked for one in _of_function(rule, change, patch)]
        mine = [one for one in of_patch if (one.file, one.function) == (change.file, change.name)]
        for one in joined((*found, *mine)):
            yield one, change
    inside = {(change.file, change.name) for change in patch.functions}
    for one in joined([one for one in of_patch if (one.file, one.function) not in inside]):
        yield one, None


def _made(change: FunctionChange) -> frozenset[str]:
    """The kinds of operations a function makes in one image or the other."""
    images = (change.before, change.after)
    kinds = {one.kind for image in images for one in image.operations}
    if any(_locking(image, change.facts) for image in images):
        kinds.add("lock")
    return frozenset(kinds)


def _locking(image: Image, facts: Facts) -> bool:
    """Whether a lock or a context is held or dropped anywhere in a function."""
    if any(one is not None and (one.locks.may or one.contexts.may) for one in image.locks.before):
        return True
    called = {one.function for one in image.graph.nodes if isinstance(one, Invoke)}
    effects = (facts.of(name) or image.summaries(name) for name in called)
    return any(one is not None and (one.releases or one.leaves) for one in effects)


def _of_function(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    if rule.check is not None:
        yield from rule.check(rule, change, patch)
    elif rule.when.get("compared") == "types":
        yield from mixed_types(rule, change)
    elif not change.locks_known:
        return
    elif rule.when.get("lost") == "lock":
        yield from _lost_locks(rule, change, patch)
    elif rule.when.get("changed") == "protocol":
        for aligned in _of_kind(rule, change):
            yield from _read_otherwise(rule, change, aligned)


def joined(found: Sequence[Finding]) -> list[Finding]:
    """Findings with one cause made one: the gravest, of these one about a place,
    which a scenario may judge, of these one that speaks for the whole; else what
    its own rule says of other places stays."""
    made = []
    for group in _by_cause(found):
        first = min(group, key=_precedence)
        others = dict.fromkeys(one.rule for one in group if one.rule != first.rule)
        made.append(replace(first, also=(*first.also, *others)))
        if not any(one.whole for one in group):
            made += [one for one in group if one.rule == first.rule and one is not first]
    return made


def _by_cause(found: Sequence[Finding]) -> list[list[Finding]]:
    """Findings in one function that share a cause, directly or through others."""
    groups: list[tuple[set[tuple[str, str, str]], list[Finding]]] = []
    for number, one in enumerate(found):
        causes = {(one.file, one.function, some) for some in one.causes or (f"#{number}",)}
        group = [one]
        for other in [other for other in groups if other[0] & causes]:
            groups.remove(other)
            causes |= other[0]
            group = [*other[1], *group]
        groups.append((causes, group))
    return [group for _, group in groups]


_GRAVITY = {"error": 0, "warning": 1, "note": 2}


def _precedence(one: Finding) -> tuple[int, bool, bool, bool]:
    shown = bool(one.place) and not (one.place[0] == "*" and one.place[1:].isidentifier())
    return _GRAVITY[one.severity], not shown, not one.whole, not one.decides


def _of_kind(rule: Rule, change: FunctionChange) -> list[Aligned]:
    return [entry for entry in change.aligned if entry.access.kind == rule.when.get("access")]


# Locks that no longer cover an access ------------------------------------------


def _lost_locks(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each change: accesses that lost the same locks because
    one stretch of code moved, or one lock moved away from them, are one."""
    losses = [loss for aligned in _of_kind(rule, change) if (loss := _loss(change, aligned))]
    held = {one for loss in losses for one in loss.lost if held_by_callers(change, patch, one)}
    for group in _grouped([loss for loss in losses if not held.issuperset(loss.lost)]):
        first = min(group, key=_rank)
        others = [loss.aligned.access.text for loss in group if loss is not first]
        text = _message(rule, change, first.aligned, first.lost)
        reason = _reason(first, tuple(dict.fromkeys(others)))
        yield _finding(
            rule, change, first.aligned, first.worst, first.lost, first.paths, text, reason
        )


def _rank(loss: _Loss) -> tuple[bool, bool, tuple[int, int]]:
    """What to name first: what a branch depends on, of the object whose lock
    it was."""
    access = loss.aligned.access
    roots = {lock.split("->")[0].split(".")[0] for lock in loss.lost}
    own = access.place.split("->")[0].split(".")[0] in roots
    return not access.decides, not own, _order(loss)


def _order(loss: _Loss) -> tuple[int, int]:
    """The first line first; of several accesses on it the one reached through
    most pointers, for which the others are read."""
    return loss.aligned.access.line, -len(loss.aligned.access.place)


def _grouped(losses: Sequence[_Loss]) -> list[list[_Loss]]:
    groups: list[list[_Loss]] = []
    for loss in sorted(losses, key=_order):
        for group in groups:
            last = group[-1]
            near = loss.aligned.access.line - last.aligned.access.line <= NEAR
            same = (loss.lost, loss.paths, loss.aligned.moved) == (
                last.lost,
                last.paths,
                last.aligned.moved,
            )
            if same and (near or not loss.aligned.moved):
                group.append(loss)
                break
        else:
            groups.append([loss])
    return groups


def _loss(change: FunctionChange, aligned: Aligned) -> _Loss | None:
    lost: dict[str, None] = {}
    paths = []
    worst = None
    for before, after in zip(aligned.before, aligned.after, strict=True):
        missing = gone(change, before, after)
        if missing and not replaced_by(change, missing, before, after):
            lost.update(dict.fromkeys(sorted(missing)))
            paths.append(before.path)
            worst = before
    return _Loss(aligned, tuple(lost), tuple(dict.fromkeys(paths)), worst) if worst else None


def _reason(loss: _Loss, others: tuple[str, ...]) -> str:
    where = [path for path in loss.paths if path]
    condition = f" where {' or '.join(where)}" if where else ""
    unchanged = [s.path for s in loss.aligned.before if s.path and s.path not in loss.paths]
    rest = f"; where {' or '.join(dict.fromkeys(unchanged))} nothing changes" if unchanged else ""
    also = f"; the same goes for {', '.join(others)}" if others else ""
    held = " and ".join(loss.lost)
    text = loss.aligned.access.text
    done = "made" if text.endswith(")") else _DONE[loss.aligned.access.kind]
    return f"{text} was {done} under {held}{condition} and is not any more{rest}{also}"


_DONE = {"read": "read", "write": "written", "update": "changed"}


# Values of several words ----------------------------------------------------------


def _read_otherwise(rule: Rule, change: FunctionChange, aligned: Aligned) -> Iterator[Finding]:
    """A value of several words that is read another way, without a lock."""
    before, after = aligned.before[:1], aligned.after[:1]
    if not before or not after or before[0].access.protocol == aligned.access.protocol:
        return
    if after[0].must:
        return
    old = before[0].access.text
    text = _message(rule, change, aligned, ()).replace("{before}", old)
    reason = (
        f"{aligned.access.place} was read as {old} and is read as {aligned.access.text} now, "
        f"under no lock in this function"
    )
    yield _finding(rule, change, aligned, before[0], (), (), text, reason)


# What all of them say ---------------------------------------------------------------


def _message(rule: Rule, change: FunctionChange, aligned: Aligned, lost: tuple[str, ...]) -> str:
    fields = {
        "{access}": aligned.access.text,
        "{place}": aligned.access.place,
        "{lost}": " and ".join(lost),
        "{function}": change.after.graph.function.name,
    }
    text = rule.message
    for field, value in fields.items():
        text = text.replace(field, value)
    return text


def _finding(
    rule: Rule,
    change: FunctionChange,
    aligned: Aligned,
    worst: State,
    lost: tuple[str, ...],
    paths: tuple[str, ...],
    message: str,
    reason: str,
) -> Finding:
    access = aligned.access
    return Finding(
        rule=rule.name,
        also=(),
        severity=rule.severity if access.decides or access.kind != "read" else "note",
        file=change.file,
        function=change.after.graph.function.name,
        line=access.line,
        before_line=worst.access.line,
        message=message,
        reason=reason,
        access=access.text,
        place=access.place,
        lost=lost,
        lost_paths=paths,
        decides=access.decides,
        before=tuple(_path_state(state) for state in aligned.before),
        after=tuple(_path_state(state) for state in aligned.after),
        partial=change.partial,
        scenario=rule.scenario,
        causes=tuple(f"lock {one}" for one in lost),
        explained_by=rule.explained_by,
    )


def _path_state(state: State) -> PathState:
    must = None if state.must is None else tuple(sorted(state.must))
    return PathState(
        path=state.path,
        must=must,
        may=tuple(sorted(state.may)),
        context=tuple(sorted(state.context)),
        line=state.access.line,
    )
