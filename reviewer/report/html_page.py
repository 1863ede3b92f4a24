# SPDX-License-Identifier: GPL-2.0-only
"""What stands on the page of a review, before it is written as HTML."""

from collections.abc import Iterator, Mapping, Sequence

from reviewer.checker.records import Finding, PathState
from reviewer.patch.records import Patch
from reviewer.record import dataclass, field
from reviewer.report.html_images import Images, Look
from reviewer.report.html_picture import picture
from reviewer.report.html_source import Source, in_hunks, source
from reviewer.report.html_steps import Schedule, schedule
from reviewer.report.states import counterpart, lockset
from reviewer.report.text import clean, distinct, paragraphs, wrapped
from reviewer.verdict.records import (
    ClaimVerdict,
    ImageResult,
    Model,
    Review,
    Sentence,
    Suppressed,
    Verdict,
)

SEVERITIES = ("error", "warning", "note")
MOST_FINDINGS = 150
"""Findings that are told in full; further ones have a line each."""

MOST_ROWS, MOST_DRAWN = 6_000, 4_000
"""Lines of source that are shown, and drawn, on one page."""

MOST_SCHEDULES = 6
MOST_OUTCOMES = 40
_WIDTH = 72


@dataclass(frozen=True, slots=True)
class Picture:
    """The control flow of a function in one image, as SVG."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One end, and in which image it is possible; None where that was not explored."""

    text: str
    before: bool | None
    after: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What is held at the access on one path, in both images."""

    path: str
    before: str
    after: str
    lost: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in full.  ``source`` is None where there is nothing to show or
    ``shown_at`` names the finding that shows the function already."""

    number: int
    name: str
    verdict: Verdict
    held: tuple[Held, ...]
    source: Source | None
    shown_at: str
    pictures: tuple[Picture, ...]
    schedules: tuple[Schedule, ...]
    outcomes: tuple[Outcome, ...]
    unshown: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim and the schedule that answers it."""

    claim: ClaimVerdict
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class Part:
    """What there is to say of one patch."""

    number: int
    patch: Patch
    findings: tuple[Told, ...]
    claims: tuple[Claimed, ...]
    suggested: str
    sentences: tuple[Sentence, ...]
    questions: tuple[str, ...]
    suppressed: tuple[Suppressed, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding in the list at the top; ``name`` is empty where that is all."""

    number: int
    name: str
    verdict: Verdict


@dataclass(slots=True)
class _Room:
    """What may still be put on the page."""

    rows: int = MOST_ROWS
    drawn: int = MOST_DRAWN
    sources: int = 0
    shown: dict[tuple[int, str, str], tuple[str, Source | None]] = field(default_factory=dict)

    def take_rows(self, rows: int) -> bool:
        fits = rows <= self.rows
        self.rows -= rows if fits else 0
        return fits

    def take_drawn(self, rows: int) -> bool:
        fits = rows <= self.drawn
        self.drawn -= rows if fits else 0
        return fits


def listed(review: Review) -> Mapping[str, Sequence[Listed]]:
    """The findings by severity, the worst first, each with its number."""
    told = _numbered(review)
    return {
        severity: some
        for severity in SEVERITIES
        if (some := [one for one in told if one.verdict.severity == severity])
    }


def _numbered(review: Review) -> list[Listed]:
    """The findings in the order in which they are told: patch by patch."""
    verdicts = sorted(review.verdicts, key=lambda one: one.patch)
    return [
        Listed(number, f"finding-{number}" if number <= MOST_FINDINGS else "", one)
        for number, one in enumerate(verdicts, 1)
    ]


def parts(review: Review, look: Look) -> Iterator[Part]:
    """Patch by patch, those of which there is something to say."""
    room = _Room()
    told = [one for one in _numbered(review) if one.name]
    for number, patch in enumerate(review.patches):
        mine = [one for one in told if one.verdict.patch == number]
        findings = tuple(_told(one, mine, review, look, room) for one in mine)
        said = [one for one in review.justification if one.patch == number]
        claims = [one for one in review.claims if one.patch == number]
        part = Part(
            number,
            patch,
            findings,
            tuple(_claimed(f"claim-{number}-{n}", one, findings) for n, one in enumerate(claims)),
            "\n\n".join("\n".join(wrapped(text, _WIDTH)) for text in paragraphs(said)),
            tuple(said),
            tuple(dict.fromkeys(one.text for one in review.questions if one.patch == number)),
            tuple(one for one in review.suppressed if one.patch == number),
        )
        if part.findings or part.claims or said or part.questions or part.suppressed:
            yield part


def _claimed(name: str, claim: ClaimVerdict, findings: Sequence[Told]) -> Claimed:
    """A claim, its schedule tied to a function that is shown already."""
    shown = next((one.source for one in findings if one.source), None)
    return Claimed(claim, schedule(name, "", claim.witness, shown) if claim.witness else None)


def _told(one: Listed, others: Sequence[Listed], review: Review, look: Look, room: _Room) -> Told:
    verdict = one.verdict
    key = verdict.patch, verdict.finding.file, verdict.finding.function
    first = key not in room.shown
    pictures: tuple[Picture, ...] = ()
    if first:
        images = look(verdict.patch, verdict.finding)
        same = [two.verdict for two in others if _function(two.verdict) == key[1:]]
        made = _source(images, review.patches[verdict.patch], same, room)
        room.shown[key] = one.name, made
        pictures = tuple(_pictures(images, f"g{one.number}", room)) if images else ()
    at, shown = room.shown[key]
    model = verdict.model
    fresh = model.new_outcomes if model else ()
    return Told(
        one.number,
        one.name,
        verdict,
        tuple(_held(verdict.finding)),
        shown if first else None,
        "" if first or shown is None else at,
        pictures,
        tuple(_schedules(one, shown)),
        tuple(_outcomes(model)) if model else (),
        max(0, len(fresh) - MOST_SCHEDULES),
    )


def _function(verdict: Verdict) -> tuple[str, str]:
    return verdict.finding.file, verdict.finding.function


def _source(
    images: Images | None, patch: Patch, verdicts: Sequence[Verdict], room: _Room
) -> Source | None:
    """The function, as far as it is known and there is room for it."""
    room.sources += 1
    name = f"s{room.sources}"
    made = source(name, images, verdicts) if images else None
    for one in (made, in_hunks(name, patch, verdicts)):
        if one is not None and one.stretches and room.take_rows(one.size):
            return one
    return None


def _pictures(images: Images, name: str, room: _Room) -> Iterator[Picture]:
    for flow, image in ((images.after, "after"), (images.before, "before")):
        if flow is not None and room.take_drawn(flow.last - flow.first + 1):
            yield Picture(f"{image} the patch", picture(flow, f"{name}{image[0]}"))


def _schedules(one: Listed, shown: Source | None) -> Iterator[Schedule]:
    verdict = one.verdict
    if verdict.witness:
        caption = clean(verdict.witness_caption).rstrip(".:") or "Schedule"
        yield schedule(f"schedule-{one.number}", caption, verdict.witness, shown)
    fresh = verdict.model.new_outcomes if verdict.model else ()
    for number, end in enumerate(fresh[:MOST_SCHEDULES], 1):
        if end.witness and end.witness != verdict.witness:
            caption = f"Possible only after the patch: {clean(end.outcome)}"
            yield schedule(f"schedule-{one.number}-{number}", caption, end.witness, shown)


def _held(finding: Finding) -> Iterator[Held]:
    """What is held on each path that either image tells of."""
    paths = distinct([one.path for one in (*finding.before, *finding.after)])
    for path in paths or ([""] if finding.before or finding.after else []):
        before, after = counterpart(finding.before, path), counterpart(finding.after, path)
        lost = path in finding.lost_paths or not any(finding.lost_paths)
        yield Held(path, _state(before), _state(after), bool(finding.lost) and lost)


def _state(state: PathState | None) -> str:
    if state is None:
        return "not there"
    return f"{lockset(state)} (line {state.line})" if state.line else lockset(state)


def _outcomes(model: Model) -> Iterator[Outcome]:
    """All ends, those that are new first."""
    before: ImageResult | None = model.before
    old = before.outcomes if before else ()
    ends = dict.fromkeys((*model.after.outcomes, *old))
    fresh = [one for one in ends if one not in old]
    for text in [*fresh, *(one for one in ends if one in old)][:MOST_OUTCOMES]:
        yield Outcome(text, text in old if before else None, text in model.after.outcomes)
