# SPDX-License-Identifier: GPL-2.0-only
"""What a review says."""

from collections.abc import Mapping

from reviewer.checker.records import Finding
from reviewer.location import Problem
from reviewer.patch.records import Patch
from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One established thing; ``kind`` is ``rule``, ``model`` or ``evidence``,
    ``source`` names what established it."""

    kind: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class WitnessStep:
    """One step of a schedule.

    ``cpu`` counts from 0, ``actor`` is the function the CPU runs, ``step`` the
    text to show, ``effect`` what it did to the shared state (may be empty).
    """

    cpu: int
    actor: str
    step: str
    effect: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What exploring one image gave.  ``verdict`` is HOLDS, VIOLATED or
    BOUND_REACHED; ``outcomes`` are the observable ends, sorted; ``property``
    is the first property a schedule broke, empty otherwise."""

    verdict: str
    states: int
    transitions: int
    outcomes: tuple[str, ...]
    property: str


@dataclass(frozen=True, slots=True)
class PathResult:
    """The same, for one path of the function under one assumption.

    ``path`` as in `PathState`; ``assumption`` is a sentence (how the TLB is
    flushed, ...); ``guard`` what saves the path, as ``call`` and ``line``;
    ``saved_by`` a sentence when something other than the function saves it.
    """

    path: str
    assumption: str
    before: ImageResult | None
    after: ImageResult
    guard: tuple[str, int] | None
    saved_by: str


@dataclass(frozen=True, slots=True)
class NewOutcome:
    """An end that the after image can come to and the before image cannot, and
    a shortest schedule that does."""

    outcome: str
    witness: tuple[WitnessStep, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What the simulation says of a finding.

    ``bound`` is one line that states actors, threads and limits; ``guard`` is
    the call and line in the after image that saves the paths where something
    was lost; ``guard_removed`` says what happens without it;
    ``assumptions`` and ``unmodelled`` are sentences and call names; ``drift``
    compares the actors with the tree, one sentence an actor.  ``new_outcomes``
    are the difference of the outcomes, as far as they are shown.
    """

    scenario: str
    bound: str
    before: ImageResult | None
    after: ImageResult
    paths: tuple[PathResult, ...]
    guard: tuple[str, int] | None
    guard_removed: str
    assumptions: tuple[str, ...]
    unmodelled: tuple[str, ...]
    drift: tuple[str, ...]
    new_outcomes: tuple[NewOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding with everything known of it.

    ``patch`` is an index into `Review.patches`.  ``standing`` is CONFIRMED,
    REFUTED_IN_MODEL, UNDECIDED or None; ``undecided`` says what is missing.
    ``witness`` is the schedule shown (of harm, or the nearest to it),
    ``witness_caption`` one sentence that introduces it.  ``evidence`` are
    sentences, ``facts`` ids into `Review.facts`.  ``changelog`` is ``silent``
    or ``explains`` about what was lost, or ``unknown`` without a message.
    """

    patch: int
    finding: Finding
    severity: str
    standing: str | None
    undecided: str
    model: Model | None
    witness: tuple[WitnessStep, ...]
    witness_caption: str
    evidence: tuple[str, ...]
    facts: tuple[str, ...]
    fingerprint: str
    changelog: str


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """An author's claim and its answer: CONFIRMED, REFUTED, UNDECIDED or
    NOT_CHECKED; ``answer`` is the sentence that says why."""

    patch: int
    message_id: str
    text: str
    claim: str
    verdict: str
    answer: str
    witness: tuple[WitnessStep, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for the changelog and the facts it stands on; ``finding`` is the
    fingerprint of the finding it is about, empty for none that is reported."""

    patch: int
    text: str
    facts: tuple[str, ...]
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is not established, asked."""

    patch: int
    text: str


@dataclass(frozen=True, slots=True)
class PatchProblem:
    """A `Problem` of one patch of the submission."""

    patch: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not reported because somebody asked for that: ``by`` is
    ``changelog``, ``option`` or ``baseline``, or ``tree`` where that refutes it, or
    ``series`` where a later patch repairs it; ``reason`` is what they said."""

    patch: int
    rule: str
    file: str
    function: str
    line: int
    message: str
    fingerprint: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """Everything there is to report about one input."""

    patches: tuple[Patch, ...]
    verdicts: tuple[Verdict, ...]
    claims: tuple[ClaimVerdict, ...]
    justification: tuple[Sentence, ...]
    questions: tuple[Question, ...]
    facts: Mapping[str, Fact]
    problems: tuple[PatchProblem, ...]
    notes: tuple[str, ...]
    suppressed: tuple[Suppressed, ...] = ()
