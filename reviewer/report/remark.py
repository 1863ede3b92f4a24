# SPDX-License-Identifier: GPL-2.0-only
"""What a review mail says in its own words.

A block is a list of lines; the blocks of a remark are set apart by blank
lines.  No line is wider than 72 columns, and no line can be taken for a quote
or for a tag, whatever the patch holds.
"""

import re
from collections.abc import Collection, Sequence

from reviewer.checker.records import Finding
from reviewer.report.columns import interleaving
from reviewer.report.states import counterpart, lost_locks, lost_name, under
from reviewer.report.text import (
    called,
    clean,
    counted,
    distinct,
    listed,
    paragraphs,
    sentence,
    stopped,
    wrapped,
)
from reviewer.verdict.records import ClaimVerdict, Model, PathResult, Review, Suppressed, Verdict

WIDTH = 72
Block = list[str]

_NEW_OUTCOMES = 4
_SHORT = 60
# A blank goes in front of a line that mail readers, mboxes or git would take for something.
_MEANS_SOMETHING = (">", "From ", "diff ", "Index: ", "---", "+++", "@@", "[ ... ]")
_REASON_END = re.compile(r"[.\s]+$")
_TAG = re.compile(r"\b([\w-]+-by):", re.IGNORECASE)
# A mail is read beside another version of the file than the one analysed, so a line
# number is of no use in it: in brackets, behind a comma or a preposition, or behind a
# file name.
_LINE_NUMBER = re.compile(
    r"\s*\((?:at )?lines? \d+(?:-\d+)?\)"
    r"|,?(?: (?:at|before|behind|in|through|to))? lines? \d+(?:-\d+)?"
    r"|(?<=\.[chS]):\d+(?::\d+)?"
)


def paragraph(text: str, indent: str = "") -> Block:
    """Own text as lines: wrapped, without line numbers and tags, and without what would
    be taken for a quote or for the start of a patch."""
    text = _TAG.sub(r"\1", _LINE_NUMBER.sub("", clean(text)))
    lines = wrapped(text, WIDTH, indent)
    return [f" {line}" if line.startswith(_MEANS_SOMETHING) else line for line in lines]


def around(review: Review, patch: int, verdicts: Sequence[Verdict]) -> list[Block]:
    """What is said of a patch but of no place in it: of its changelog, of what its author
    claims, and what nothing established."""
    return [
        *on_changelog(review, patch, verdicts),
        *on_claims(review, patch),
        *on_open_points(review, patch, verdicts),
        *on_suppressed(review, patch),
    ]


def signed(verdicts: Sequence[Verdict], version: str) -> list[Block]:
    """Who says all this, and by which rules.  It stands in front: behind a remark it would
    be taken for a part of it."""
    rules = listed(distinct([clean(one.finding.rule) for one in verdicts]))
    return [paragraph(f'[mmreview {clean(version)}: {rules}; "mmreview rules NAME" explains]')]


def on_changelog(review: Review, patch: int, verdicts: Sequence[Verdict]) -> list[Block]:
    """The remark on a changelog that does not explain what was lost; empty when it is
    not known, or when no finding waits for an explanation: what a finding asks itself
    is not asked twice."""
    changelog = review.patches[patch].changelog
    asking = {one.text for one in review.questions if one.patch == patch}
    open_findings = [
        one.finding
        for one in verdicts
        if one.severity == "warning" and one.finding.question not in asking
    ]
    if changelog is None or not open_findings:
        return []
    said = paragraphs([one for one in review.justification if one.patch == patch])
    asked = _asked(open_findings, changelog)
    if not said:
        return [paragraph(asked)]
    return [paragraph(f"{asked} For example:"), *(paragraph(text, "    ") for text in said)]


def on_finding(review: Review, verdict: Verdict, before: Collection[str] = ()) -> list[Block]:
    """The remark on one finding: what was lost and what keeps that from harm, who else
    comes, what saves it.  At least one block; questions asked ``before`` are not repeated."""
    questions = [text for text in asked_by(review, verdict) if text not in before]
    shown = verdict.standing == "CONFIRMED"
    evidence = [sentence(text) for text in verdict.evidence]
    blocks = [paragraph(" ".join([_changed(verdict.finding), *([] if shown else questions)]))]
    if verdict.witness:
        evidence.append(_caption(verdict))
    blocks.append(paragraph(" ".join(evidence)))
    blocks.append([f"  {line}".rstrip() for line in interleaving(verdict.witness, WIDTH - 2)])
    blocks.append(paragraph(" ".join([_judged(verdict), *(questions if shown else [])])))
    blocks.append(paragraph(" ".join(_compared(verdict.model)) if verdict.model else ""))
    return [block for block in blocks if block] or same_here(verdict)


def same_here(verdict: Verdict) -> list[Block]:
    """What is left to say of a finding when all of it was said of another."""
    function = called(verdict.finding.function)
    return [paragraph(f"The same here, in {function}." if function else "The same here.")]


def asked_by(review: Review, verdict: Verdict) -> list[str]:
    """The questions of the review that one finding asks."""
    finding = verdict.finding
    open_points = distinct([one.text for one in review.questions if one.patch == verdict.patch])
    if finding.question in open_points:
        return [finding.question]
    if not finding.lost or not finding.access:
        return []
    here = (
        f"{finding.access} in {finding.function}() ",
        f"this schedule from happening once {finding.access} ",
    )
    return [text for text in open_points if any(words in text for words in here)]


def on_claims(review: Review, patch: int) -> list[Block]:
    """The claims that were decided, one short paragraph each."""
    words = {"CONFIRMED": "this holds within the bound", "REFUTED": "this does not hold here"}
    return [
        paragraph(f'"{_shortened(claim)}": {words[claim.verdict]}. {sentence(claim.answer)}')
        for claim in review.claims
        if claim.patch == patch and claim.verdict in words
        # What the tree bears out needs no mail.
        if claim.verdict == "REFUTED" or not _by_tree(review, claim)
    ]


def _by_tree(review: Review, claim: ClaimVerdict) -> bool:
    return any(review.facts[one].kind == "evidence" for one in claim.facts)


def on_open_points(review: Review, patch: int, verdicts: Sequence[Verdict]) -> list[Block]:
    """The questions that no finding asks, one paragraph each."""
    asked = {text for one in verdicts for text in asked_by(review, one)}
    open_points = [one.text for one in review.questions if one.patch == patch]
    return [paragraph(text) for text in distinct(open_points) if text not in asked]


def on_suppressed(review: Review, patch: int) -> list[Block]:
    """One sentence on what is not reported because somebody asked for that, and one on
    what later patches repair."""
    some = [one for one in review.suppressed if one.patch == patch]
    asked = [_left_out(one) for one in some if one.by not in ("tree", "series")]
    later = [_left_out(one) for one in some if one.by == "series"]
    titles = ("Not repeated here, as asked for", "Not held against this patch")
    told = zip(titles, (asked, later), strict=True)
    return [paragraph(f"{title}: {'; '.join(said)}.") for title, said in told if said]


def _left_out(one: Suppressed) -> str:
    words = {"changelog": "the changelog", "option": "an option", "baseline": "a baseline"}
    where = f" in {called(one.function)}" if one.function else ""
    why = f": {_REASON_END.sub('', clean(one.reason))}" if clean(one.reason) else ""
    by = f"by {words[one.by]}{why}" if one.by in words else clean(one.reason)
    return f"{clean(one.rule)}{where} ({by})"


def _asked(findings: Sequence[Finding], changelog: str) -> str:
    accesses = distinct([clean(one.access) for one in findings if one.lost])
    lost = distinct([name for one in findings for name in lost_locks(one)])
    if not accesses or not lost:
        message = clean(findings[0].message).rstrip(".")
        return f"The changelog does not speak of this: {message}. Could it say why?"
    names = distinct([lost_name(one, lock) for one in findings for lock in lost_locks(one)])
    they, leave = ("they", "leave") if len(accesses) > 1 else ("it", "leaves")
    if any(_mentioned(lock, changelog) for lock in lost):
        return f"Could the changelog say why {listed(accesses)} may leave {listed(names)}?"
    return (
        f"{listed(accesses)} {leave} {listed(names)}, which the changelog does not mention. "
        f"Could it say why {they} may?"
    )


def _mentioned(lock: str, changelog: str) -> bool:
    """Whether the changelog has one of the last two names of the lock as a word."""
    names = re.findall(r"\w+", lock)[-2:]
    words = set(re.findall(r"\w+", changelog))
    return any(name in words for name in names if name != "lock")


def _changed(finding: Finding) -> str:
    """What the access had and has, from the states; from the rule where they cannot tell."""
    access = clean(finding.access) or "the access"
    paths = distinct([state.path for state in (*finding.before, *finding.after)]) or [""]
    lost = [path for path in paths if path in finding.lost_paths or not any(finding.lost_paths)]
    told = distinct([_moved(finding, path, access) for path in lost])
    told += distinct([_kept(finding, path) for path in paths if path not in lost])
    if not finding.lost or not told:
        told = [sentence(finding.message), sentence(finding.reason)]
    elif finding.decides:
        told.append("A branch depends on the value.")
    if finding.partial:
        told.append("Only the hunks were read here, not the rest of the file.")
    return " ".join(distinct(told))


def _moved(finding: Finding, path: str, access: str) -> str:
    """What an access had and has on a path where it lost something."""
    before, after = counterpart(finding.before, path), counterpart(finding.after, path)
    if before is None or before.must is None:
        return ""
    if not finding.after:
        now = "it is gone now"
    elif after is None or after.must is None:
        now = "what is held there now is not known"
    else:
        now = f"it now stands {under(after)}"
    when = f"When {clean(path)}, " if path else ""
    return f"{when}{access} stood {under(before)}; {now}."


def _kept(finding: Finding, path: str) -> str:
    before, after = counterpart(finding.before, path), counterpart(finding.after, path)
    if before is None or after is None or None in (before.must, after.must):
        return ""
    same = (before.must, before.context) == (after.must, after.context)
    return f"When {clean(path)}, what is held there stays the same." if same else ""


def _caption(verdict: Verdict) -> str:
    if verdict.witness_caption:
        return sentence(clean(verdict.witness_caption).rstrip(".:") + ":")
    if verdict.standing == "CONFIRMED":
        return "Could this happen?"
    return "The schedule nearest to harm:"


def _judged(verdict: Verdict) -> str:
    model = verdict.model
    if verdict.standing == "UNDECIDED" and model is None:
        missing = stopped(verdict.undecided)
        return f"This was not simulated: {missing}" if missing else "This was not simulated."
    if verdict.standing == "UNDECIDED":
        missing = sentence(verdict.undecided)
        return f"Whether another CPU can tell is not decided here. {missing}".rstrip()
    if verdict.standing is None or model is None:
        # A reference that leaks, say, does so without another CPU.
        lost = verdict.finding.lost
        return "What another CPU can make of this was not simulated." if lost else ""
    if verdict.standing == "CONFIRMED":
        return _broken(model)
    return _held(model)


def _broken(model: Model) -> str:
    broken = clean(model.after.property)
    what = f"a schedule breaks this property: {broken}" if broken else "a schedule does harm"
    return (
        f"In the model of the changed code {what}. "
        "Is there something outside the model that excludes it?"
    )


def _held(model: Model) -> str:
    told = ["In no schedule of the model does it do harm."]
    if model.guard:
        told.insert(0, f"What decides is {called(model.guard[0])}.")
    told.append(sentence(model.guard_removed))
    for path in model.paths:
        when = f"When {clean(path.path)}: " if path.path else ""
        if path.saved_by and not by_itself(path):
            told.append(f"{when}{stopped(path.saved_by)}")
    return " ".join(distinct(told))


def by_itself(path: PathResult) -> bool:
    """Whether the machine saves a path: nothing of the code needs to be told of it."""
    return bool(path.assumption) and path.saved_by.startswith(path.assumption)


def _compared(model: Model) -> list[str]:
    """What the images share and do not, and what the model does not know."""
    told: list[str] = []
    if model.before and model.before.verdict == model.after.verdict == "VIOLATED":
        told.append("The code before the patch has the same harm.")
    elif model.before:
        fresh = [clean(end) for end in model.after.outcomes if end not in model.before.outcomes]
        if fresh:
            more = ", ..." if len(fresh) > _NEW_OUTCOMES else ""
            told.append(f"Possible only now: {'; '.join(fresh[:_NEW_OUTCOMES])}{more}.")
        elif model.after.verdict != "VIOLATED":
            told.append("No outcome is new with the patch.")
    before = f"{model.before.states} before and " if model.before else ""
    effort = f"{before}{counted(model.after.states, 'state')} after the patch"
    told.append(f"Explored: {clean(model.bound)} ({effort}).")
    if model.assumptions:
        told.append(sentence(f"this assumes: {'; '.join(map(clean, model.assumptions))}"))
    if model.unmodelled:
        told.append(f"Not modelled: {', '.join(map(called, model.unmodelled))}.")
    return told


def _shortened(claim: ClaimVerdict) -> str:
    text = clean(claim.text)
    if len(text) <= _SHORT:
        return text
    return text[:_SHORT].rsplit(" ", 1)[0] + " ..."
