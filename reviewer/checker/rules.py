# SPDX-License-Identifier: GPL-2.0-only
"""Run the rules over what changed in a function."""

from collections.abc import Iterator, Sequence

from reviewer.alignment.align import Aligned, Image, State
from reviewer.cfg.graph import Invoke
from reviewer.checker.records import Finding, PathState
from reviewer.checker.rule import FunctionChange, Rule
from reviewer.checker.types import mixed_types
from reviewer.facts import Facts
from reviewer.locks.locksets import lock_name


def findings(rules: Sequence[Rule], change: FunctionChange) -> Iterator[Finding]:
    """What the rules have to say of one function, in order of lines."""
    for aligned in change.aligned:
        for rule in rules:
            if rule.when.get("access") != aligned.access.kind:
                continue
            if rule.when.get("lost") == "lock":
                yield from _lost_lock(rule, change, aligned)
            elif rule.when.get("changed") == "protocol":
                yield from _read_otherwise(rule, change, aligned)
    for rule in rules:
        if rule.when.get("compared") == "types":
            yield from mixed_types(rule, change)


def _lost_lock(rule: Rule, change: FunctionChange, aligned: Aligned) -> Iterator[Finding]:
    lost: dict[str, None] = {}
    paths = []
    worst = aligned.before[0] if aligned.before else None
    for before, after in zip(aligned.before, aligned.after, strict=True):
        gone = _gone(change, before, after)
        if gone:
            lost.update(dict.fromkeys(sorted(gone)))
            paths.append(before.path)
            worst = before
    if not lost or worst is None:
        return
    text = _message(rule, change, aligned, tuple(lost))
    reason = _reason(aligned, tuple(lost), tuple(paths))
    yield _finding(rule, change, aligned, worst, tuple(lost), tuple(paths), text, reason)


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
        f"without a lock that its writers take"
    )
    yield _finding(rule, change, aligned, before[0], (), (), text, reason)


def _gone(change: FunctionChange, before: State, after: State) -> frozenset[str]:
    """The locks held before and not after.

    In a fragment nothing says that a lock is not held, except that the
    function goes on to take it.
    """
    gone = (before.must or frozenset()) - after.may
    if after.must is not None:
        gone |= (before.must or frozenset()) - after.must
    if change.partial:
        gone &= _taken_later(change.after, after.access.node, change.facts)
    return gone


def _taken_later(image: Image, start: int, facts: Facts) -> frozenset[str]:
    graph, names = image.graph, image.locks.names
    found = set()
    seen = {start}
    stack = [start]
    while stack:
        for target, _ in graph.succ[stack.pop()]:
            if target in seen:
                continue
            seen.add(target)
            stack.append(target)
            node = graph.nodes[target]
            if isinstance(node, Invoke) and (fact := facts.of(node.function)) is not None:
                found.update(lock_name(taken, node, names) for taken in fact.acquires)
    return frozenset(found)


def _message(
    rule: Rule, change: FunctionChange, aligned: Aligned, lost: tuple[str, ...]
) -> str:
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
        severity=rule.severity if access.decides else "note",
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
    )


def _reason(aligned: Aligned, lost: tuple[str, ...], paths: tuple[str, ...]) -> str:
    where = [path for path in paths if path]
    condition = f" where {' or '.join(where)}" if where else ""
    unchanged = [s.path for s in aligned.before if s.path and s.path not in paths]
    rest = f"; where {' or '.join(unchanged)} nothing changes" if unchanged else ""
    return f"{aligned.access.text} was made under {' and '.join(lost)}{condition} and is not any more{rest}"


def _path_state(state: State) -> PathState:
    must = None if state.must is None else tuple(sorted(state.must))
    return PathState(
        path=state.path,
        must=must,
        may=tuple(sorted(state.may)),
        context=tuple(sorted(state.context)),
        line=state.access.line,
    )
