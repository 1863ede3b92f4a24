# SPDX-License-Identifier: GPL-2.0-only
"""One finding, told for a terminal: what is held, who else comes, what happens, what is open."""

from collections.abc import Iterable, Iterator, Sequence

from reviewer.checker.records import Finding, PathState
from reviewer.report.columns import interleaving
from reviewer.report.remark import by_itself
from reviewer.report.states import lockset, standing_reason
from reviewer.report.text import called, clean, counted, distinct, stopped, wrapped
from reviewer.verdict.records import ImageResult, Model, Verdict, WitnessStep

INDENT = "  "
MAX_OUTCOMES = 4
MAX_OTHERS = 3
_OTHERS = "; the same goes for "
_CHANGELOG = {
    "silent": "the changelog does not say why",
    "explains": "the changelog speaks of it",
}


def story(verdict: Verdict, asked: Sequence[str], width: int, said: set[str]) -> list[str]:
    """The lines below the headline of a finding, indented by two, at most ``width`` wide.

    ``asked`` are the questions it asks.  What stands in ``said`` is not told
    again, and what is told is added: findings of one review have much in common.
    """
    lines = _set(_fresh(_told(verdict), said), width)
    lines += _set(_standing(verdict, said), width)
    lines += _schedules(verdict, width, said)
    lines += _set(_fresh((f"question: {text}" for text in asked), said), width)
    return lines + _set(_fresh(_backed(verdict), said), width)


def schedule(witness: Sequence[WitnessStep], caption: str, width: int) -> list[str]:
    """A schedule in columns under its caption, with a blank line on both sides."""
    if not witness:
        return []
    drawn = interleaving(witness, width - 2 * len(INDENT))
    return [
        *wrapped(caption or "schedule:", width, INDENT),
        "",
        *(f"{INDENT}{INDENT}{line}".rstrip() for line in drawn),
        "",
    ]


def _fresh(texts: Iterable[str], said: set[str]) -> Iterator[str]:
    for text in texts:
        if text not in said:
            said.add(text)
            yield text


def _set(texts: Iterable[str], width: int) -> list[str]:
    return [line for text in texts for line in wrapped(text, width, INDENT, INDENT * 3)]


def _schedules(verdict: Verdict, width: int, said: set[str]) -> list[str]:
    """The schedule of the finding; and where it shows no harm, one that is new."""
    shown = [(verdict.witness, clean(verdict.witness_caption).rstrip(".:"))]
    if verdict.model and verdict.standing != "CONFIRMED":
        new = verdict.model.new_outcomes[:1]
        shown += [(one.witness, f"possible only after: {clean(one.outcome)}") for one in new]
    lines: list[str] = []
    for witness, caption in shown:
        if not witness:
            continue
        drawn = schedule(witness, f"{caption or 'schedule'}:", width)
        if "\n".join(drawn) in said:
            lines += _set([f"{caption}: the schedule above"], width)
        else:
            lines += drawn
        said.add("\n".join(drawn))
    return lines


def _told(verdict: Verdict) -> Iterator[str]:
    finding = verdict.finding
    yield _shortened(finding.reason)
    yield from _states("before", finding.before, finding.lost_paths)
    yield from _states("after", finding.after, finding.lost_paths)
    yield "; ".join(_weight(finding, verdict.changelog))
    for text in verdict.evidence:
        yield f"evidence: {text}"


def _standing(verdict: Verdict, said: set[str]) -> Iterator[str]:
    """What the simulation says; the standing itself of every finding that has one."""
    if verdict.standing:
        reason = list(_fresh([standing_reason(verdict)], said))
        yield ": ".join(["standing", verdict.standing, *reason])
    if verdict.model:
        yield from _fresh([clean(verdict.model.guard_removed)], said)


def _shortened(reason: str) -> str:
    """The reason with the first of what else it goes for; a comma inside brackets ends nothing."""
    head, found, others = clean(reason).partition(_OTHERS)
    ends, depth = [], 0
    for at, char in enumerate(others):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            ends.append(at)
    if not found or len(ends) < MAX_OTHERS:
        return reason
    more = len(ends) + 1 - MAX_OTHERS
    return f"{head}{found}{others[: ends[MAX_OTHERS - 1]]} and {more} more"


def _states(image: str, states: Sequence[PathState], lost: Sequence[str]) -> Iterator[str]:
    """What is held, path by path, first where something was lost; said once where all
    paths have the same."""
    states = sorted(states, key=lambda one: one.path not in lost)
    told = [f"{lockset(one)}{f' (line {one.line})' if one.line else ''}" for one in states]
    if len(set(told)) == 1:
        yield f"{image}: {told[0]}"
        return
    for state, text in zip(states, told, strict=True):
        path = f", {clean(state.path)}" if state.path else ""
        yield f"{image}{path}: {text}"


def _weight(finding: Finding, changelog: str) -> Iterator[str]:
    """What makes the finding grave or not."""
    if finding.decides:
        yield f"a branch depends on {clean(finding.access)}"
    if changelog in _CHANGELOG:
        yield _CHANGELOG[changelog]
    if finding.partial:
        yield "only the hunks of the patch were read"


def _backed(verdict: Verdict) -> Iterator[str]:
    """The small print: what was explored, and under which assumptions."""
    model = verdict.model
    if model is not None:
        yield f"simulation {clean(model.scenario)}: {_explored(model)}"
        yield from _paths(model)
        yield f"bound: {clean(model.bound)}"
        tried = distinct([clean(path.assumption) for path in model.paths])
        if tried:
            yield f"tried with: {'; '.join(tried)}"
        for text in model.drift:
            yield f"actors: {text}"
        if model.unmodelled:
            yield f"not modelled: {', '.join(called(name) for name in model.unmodelled)}"
        if model.assumptions:
            yield f"assumed: {'; '.join(model.assumptions)}"
    if verdict.finding.also:
        yield f"also matched by: {', '.join(verdict.finding.also)}"


def _explored(model: Model) -> str:
    before, after = model.before, model.after
    told = [f"before {_image(before) if before else 'not explored'}", f"after {_image(after)}"]
    if before:
        fresh = [clean(end) for end in after.outcomes if end not in before.outcomes]
        more = f" and {len(fresh) - MAX_OUTCOMES} more" if len(fresh) > MAX_OUTCOMES else ""
        ends = f"possible only after: {', '.join(fresh[:MAX_OUTCOMES])}{more}"
        if fresh or before.verdict == after.verdict:
            told.append(ends if fresh else "no outcome is new")
    return "; ".join(told)


def _image(image: ImageResult) -> str:
    broken = f": {clean(image.property)}" if image.property else ""
    counts = f"{counted(image.states, 'state')}, {counted(len(image.outcomes), 'outcome')}"
    return f"{image.verdict}{broken} ({counts})"


def _paths(model: Model) -> Iterator[str]:
    """What saves each path of the function, once for all the machines it was tried on."""
    told = []
    for path in model.paths:
        where = f"{clean(path.path)}: " if path.path else ""
        if path.guard:
            told.append(f"{where}{called(path.guard[0])} (line {path.guard[1]}) decides")
        if path.saved_by and not by_itself(path):
            told.append(f"{where}{stopped(path.saved_by).rstrip('.')}")
        if path.after.verdict == "VIOLATED" and path.after.property:
            told.append(f"{where}{clean(path.after.property)}")
    if model.guard and not any(path.guard for path in model.paths):
        told.append(f"{called(model.guard[0])} (line {model.guard[1]}) decides")
    yield from distinct(told)
