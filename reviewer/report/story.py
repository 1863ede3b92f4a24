# SPDX-License-Identifier: GPL-2.0-only
"""One finding, told in full for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from reviewer.checker.records import Finding, PathState
from reviewer.report.columns import interleaving
from reviewer.report.states import lockset, standing_reason
from reviewer.report.text import called, clean, counted, wrapped
from reviewer.verdict.records import ImageResult, Model, PathResult, Verdict, WitnessStep

INDENT = "  "
MAX_OUTCOMES = 4
_CHANGELOG = {
    "silent": "the changelog does not say why",
    "explains": "the changelog speaks of it",
    "unknown": "there is no changelog to look at",
}
# How deep a line stands below the finding, and its text.
Line = tuple[int, str]


def story(verdict: Verdict, width: int) -> list[str]:
    """The lines below the headline of a finding, indented by two, at most ``width`` wide."""
    shown = schedule(verdict.witness, verdict.witness_caption, width)
    if verdict.model and verdict.standing != "CONFIRMED":
        for one in verdict.model.new_outcomes[:1]:
            shown += schedule(one.witness, f"Possible only after: {clean(one.outcome)}", width)
    return [*_set(_told(verdict), width), *shown, *_set(_backed(verdict), width)]


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


def _set(told: Iterable[Line], width: int) -> list[str]:
    lines: list[str] = []
    for depth, text in told:
        indent = INDENT * (depth + 1)
        lines += wrapped(text, width, indent, indent + 2 * INDENT)
    return lines


def _told(verdict: Verdict) -> Iterator[Line]:
    finding = verdict.finding
    yield 0, finding.reason
    yield from _states("before", finding.before)
    yield from _states("after", finding.after)
    yield from _lost(finding, verdict.changelog)
    yield 0, f"standing: {verdict.standing or 'not judged'}: {standing_reason(verdict)}"
    if verdict.model:
        yield from _modelled(verdict.model)


def _states(image: str, states: Sequence[PathState]) -> Iterator[Line]:
    for state in states:
        path = f", {clean(state.path)}" if state.path else ""
        line = f" (line {state.line})" if state.line else ""
        yield 0, f"{image}{path}: {lockset(state)}{line}"


def _lost(finding: Finding, changelog: str) -> Iterator[Line]:
    if finding.lost:
        paths = f" when {' or '.join(finding.lost_paths)}" if any(finding.lost_paths) else ""
        yield 0, f"lost: {', '.join(finding.lost)}{paths}"
    if finding.decides:
        yield 0, f"a branch depends on {clean(finding.access)}"
    if verdict_says := _CHANGELOG.get(changelog):
        yield 0, verdict_says
    if finding.partial:
        yield 0, "only the hunks of the patch were read"
    if finding.also:
        yield 0, f"also matched by: {', '.join(finding.also)}"


def _modelled(model: Model) -> Iterator[Line]:
    yield 0, f"simulation {clean(model.scenario)}: {clean(model.bound)}"
    yield from _images(1, model.before, model.after)
    for path in model.paths:
        yield from _path(path)
    if model.guard:
        yield 1, f"guard: {_guard(model.guard)}"
    if model.guard_removed:
        yield 1, f"with the guard taken out: {clean(model.guard_removed)}"


def _path(path: PathResult) -> Iterator[Line]:
    name = ", ".join(clean(text).rstrip(".") for text in (path.path, path.assumption) if text)
    yield 1, f"{name or 'every path'}:"
    yield from _images(2, path.before, path.after)
    if path.guard:
        yield 2, f"guard: {_guard(path.guard)}"
    if path.saved_by:
        yield 2, f"saved by: {clean(path.saved_by)}"


def _images(depth: int, before: ImageResult | None, after: ImageResult) -> Iterator[Line]:
    yield depth, f"before: {_image(before) if before else 'not explored'}"
    yield depth, f"after: {_image(after)}"
    if before:
        fresh = [end for end in after.outcomes if end not in before.outcomes]
        for end in fresh[:MAX_OUTCOMES]:
            yield depth, f"possible only after: {clean(end)}"
        if len(fresh) > MAX_OUTCOMES:
            yield depth, f"and {len(fresh) - MAX_OUTCOMES} more outcomes possible only after"


def _image(image: ImageResult) -> str:
    broken = f": {clean(image.property)}" if image.property else ""
    counts = f"{counted(image.states, 'state')}, {counted(len(image.outcomes), 'outcome')}"
    return f"{image.verdict}{broken} ({counts})"


def _guard(guard: tuple[str, int]) -> str:
    return f"{called(guard[0])} (line {guard[1]})"


def _backed(verdict: Verdict) -> Iterator[Line]:
    for text in verdict.evidence:
        yield 0, f"evidence: {text}"
    if verdict.model is None:
        return
    for text in verdict.model.drift:
        yield 0, f"actors: {text}"
    if verdict.model.unmodelled:
        yield 0, f"not modelled: {', '.join(called(name) for name in verdict.model.unmodelled)}"
    for text in verdict.model.assumptions:
        yield 0, f"assumed: {text}"
