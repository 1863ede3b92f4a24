# SPDX-License-Identifier: GPL-2.0-only
"""The review as SARIF 2.1.0, for what collects the findings of many programs.

A schedule becomes a code flow with one thread flow for each CPU; the order of
the steps among the CPUs is their ``executionOrder``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reviewer.report.states import standing_reason
from reviewer.report.text import called, clean, counted, distinct, sentence
from reviewer.verdict.records import (
    ClaimVerdict,
    PatchProblem,
    Review,
    Suppressed,
    Verdict,
    WitnessStep,
)

if TYPE_CHECKING:
    from reviewer.report.formats import RuleText

VERSION = "2.1.0"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
TREE, ACTORS = "%SRCROOT%", "ACTORS"
_BASES = {
    TREE: "the top of the tree, with the patch applied",
    ACTORS: "the actors of the simulation, in rules/actors of mmreview",
}

Data = dict[str, Any]


def sarif(review: Review, version: str, rules: "Sequence[RuleText]" = ()) -> str:
    """The review as a JSON text, the same bytes for the same review.

    ``rules`` explain themselves in the descriptors of the rules the review
    speaks of; a rule that is not among them has its name alone.
    """
    names = _spoken_of(review)
    known = {rule.name: rule for rule in rules}
    counts: Counter[str] = Counter()
    results = [
        *(_result(one, names, counts) for one in review.verdicts),
        *(_left_out(one, names, counts) for one in review.suppressed),
    ]
    descriptors = [_descriptor(name, known.get(name)) for name in names]
    run = {
        "tool": {"driver": {"name": "mmreview", "version": version, "rules": descriptors}},
        "invocations": [_invocation(review)],
        "originalUriBaseIds": {
            name: {"description": {"text": text}} for name, text in _BASES.items()
        },
        "results": results,
        "properties": _properties(review),
    }
    return json.dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]}, indent=2) + "\n"


def _spoken_of(review: Review) -> list[str]:
    """The rules of the review by name; a result refers to one by its place here."""
    found = [(one.finding.rule, *one.finding.also) for one in review.verdicts]
    left = [one.rule for one in review.suppressed]
    return sorted({*left, *(name for some in found for name in some)})


def _descriptor(name: str, rule: "RuleText | None") -> Data:
    if rule is None:
        return {"id": clean(name)}
    text = rule.text or sentence(rule.summary)
    return {
        "id": clean(name),
        "shortDescription": {"text": clean(rule.summary)},
        "fullDescription": {"text": sentence(rule.summary)},
        "help": {"text": text, "markdown": rule.markdown or text},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [clean(rule.topic)], "since": clean(rule.since)},
    }


# Results ----------------------------------------------------------------------


def _result(verdict: Verdict, names: Sequence[str], counts: Counter[str]) -> Data:
    finding = verdict.finding
    reason = "" if clean(finding.reason) == clean(finding.message) else finding.reason
    standing = f"Standing: {verdict.standing or 'not judged'}: {standing_reason(verdict)}"
    told = [finding.message, reason, *verdict.evidence, standing]
    return {
        **_named(finding.rule, names),
        "level": verdict.severity,
        "message": _message(" ".join(sentence(text) for text in distinct(told))),
        "locations": [_location(finding.file, finding.line, function=finding.function)],
        **_known_again(verdict.fingerprint, counts),
        "baselineState": "new",
        **_filled("relatedLocations", _guards(verdict)),
        **_filled("codeFlows", _flows(verdict)),
        "properties": _more(verdict),
    }


def _left_out(one: Suppressed, names: Sequence[str], counts: Counter[str]) -> Data:
    """A finding that is not reported; its level is that of its rule."""
    suppression = {"kind": "external", "status": "accepted"}
    if clean(one.reason):
        suppression["justification"] = clean(one.reason)
    return {
        **_named(one.rule, names),
        "message": _message(sentence(one.message)),
        "locations": [_location(one.file, one.line, function=one.function)],
        **_known_again(one.fingerprint, counts),
        "baselineState": "unchanged" if one.by == "baseline" else "new",
        "suppressions": [suppression],
        "properties": {
            "patch": one.patch,
            "fingerprint": one.fingerprint,
            "suppressedBy": one.by,
        },
    }


def _named(rule: str, names: Sequence[str]) -> Data:
    return {"ruleId": clean(rule), "ruleIndex": names.index(rule)}


def _known_again(fingerprint: str, counts: Counter[str]) -> Data:
    """Names that stay when only lines move; the second finding like one is another."""
    counts[fingerprint] += 1
    return {
        "partialFingerprints": {
            "primaryLocationLineHash": f"{fingerprint}:{counts[fingerprint]}",
            "mmreviewFingerprint/v1": fingerprint,
        }
    }


def _more(verdict: Verdict) -> Data:
    finding = verdict.finding
    return {
        "patch": verdict.patch,
        "fingerprint": verdict.fingerprint,
        "also": [clean(name) for name in finding.also],
        "standing": verdict.standing,
        "undecided": clean(verdict.undecided),
        "changelog": verdict.changelog,
        "partial": finding.partial,
        "access": clean(finding.access),
        "place": clean(finding.place),
        "lost": [clean(name) for name in finding.lost],
        "lostPaths": [clean(path) for path in finding.lost_paths],
        "decides": finding.decides,
        "beforeLine": finding.before_line,
        "scenario": verdict.model.scenario if verdict.model else None,
        "bound": clean(verdict.model.bound) if verdict.model else None,
        "unmodelled": [clean(name) for name in verdict.model.unmodelled] if verdict.model else [],
    }


def _guards(verdict: Verdict) -> list[Data]:
    """The steps of the function that save it, each once."""
    if verdict.model is None:
        return []
    found = [verdict.model.guard, *(path.guard for path in verdict.model.paths)]
    guards = dict.fromkeys(guard for guard in found if guard is not None)
    return [
        {
            "id": number,
            **_location(verdict.finding.file, line, f"{called(call)} decides"),
        }
        for number, (call, line) in enumerate(guards, 1)
    ]


# Schedules --------------------------------------------------------------------


def _flows(verdict: Verdict) -> Iterator[Data]:
    scenario = verdict.model.scenario if verdict.model else ""
    if verdict.witness:
        caption = clean(verdict.witness_caption) or "A schedule that does harm"
        yield _flow(verdict.witness, caption, scenario)
    if verdict.model and verdict.standing != "CONFIRMED":
        for one in verdict.model.new_outcomes:
            if one.witness:
                yield _flow(one.witness, f"Possible only after: {clean(one.outcome)}", scenario)


def _flow(witness: Sequence[WitnessStep], caption: str, scenario: str) -> Data:
    cpus = sorted({step.cpu for step in witness})
    ordered = list(enumerate(witness, 1))
    return {
        "message": _message(caption),
        "threadFlows": [
            _thread(cpu, [one for one in ordered if one[1].cpu == cpu], scenario) for cpu in cpus
        ],
    }


def _thread(cpu: int, steps: Sequence[tuple[int, WitnessStep]], scenario: str) -> Data:
    actors = ", ".join(distinct([called(step.actor) for _, step in steps]))
    return {
        "id": f"CPU {cpu}",
        "message": _message(f"CPU {cpu}: {actors}" if actors else f"CPU {cpu}"),
        "locations": [
            {"executionOrder": order, "location": _stepped(step, scenario)} for order, step in steps
        ],
    }


def _stepped(step: WitnessStep, scenario: str) -> Data:
    effect = f" [{clean(step.effect)}]" if clean(step.effect) else ""
    # An actor is called by the folder of its scenario; it is no file of the tree.
    base = ACTORS if scenario and step.file.startswith(f"{scenario}/") else TREE
    return _location(step.file, step.line, f"{clean(step.step)}{effect}", step.actor, base)


# What the review says besides ---------------------------------------------------


def _invocation(review: Review) -> Data:
    """How the run went; with a problem its results are not complete, and it says so."""
    troubles = [_trouble(one) for one in review.problems]
    notes = [{"level": "note", "message": _message(sentence(text))} for text in review.notes]
    return {
        "executionSuccessful": not review.problems,
        "toolExecutionNotifications": [*troubles, *notes],
    }


def _trouble(one: PatchProblem) -> Data:
    problem = one.problem
    where = f"{called(problem.function)}: " if problem.function else ""
    place = [_location(problem.file, 0, function=problem.function)] if problem.file else []
    return {
        "level": "error",
        "message": _message(f"{where}{clean(problem.reason)}"),
        **_filled("locations", place),
        "properties": {"patch": one.patch},
    }


def _properties(review: Review) -> Data:
    return {
        "patches": [
            {"subject": clean(patch.subject), "messageId": clean(patch.message_id)}
            for patch in review.patches
        ],
        "claims": [_claim(one) for one in review.claims],
        "justification": [
            {"patch": one.patch, "fingerprint": one.finding, "text": sentence(one.text)}
            for one in review.justification
        ],
        "questions": [{"patch": one.patch, "text": clean(one.text)} for one in review.questions],
        "summary": f"{counted(len(review.verdicts), 'finding')}"
        f" in {counted(len(review.patches), 'patch')}",
    }


def _claim(claim: ClaimVerdict) -> Data:
    return {
        "patch": claim.patch,
        "messageId": clean(claim.message_id),
        "text": clean(claim.text),
        "verdict": claim.verdict,
        "answer": sentence(claim.answer),
    }


# Pieces -----------------------------------------------------------------------


def _location(file: str, line: int, text: str = "", function: str = "", base: str = TREE) -> Data:
    """A place in a file; whatever of it is not known is left out."""
    found: Data = {}
    if file:
        found["physicalLocation"] = {"artifactLocation": _artifact(file, base)}
        if line > 0:
            found["physicalLocation"]["region"] = {"startLine": line}
    if function:
        logical = {"name": clean(function), "kind": "function"}
        found["logicalLocations"] = [logical]
    if text:
        found["message"] = _message(text)
    return found


def _artifact(path: str, base: str) -> Data:
    """A file as a relative reference, an input of the command line perhaps as an
    absolute one; the bytes of its name stay what they are."""
    from urllib.parse import quote

    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": base}


def _message(text: str) -> Data:
    """A text that is shown as it is: braces would be placeholders, and brackets a link."""
    text = clean(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
    return {"text": text or "-"}


def _filled(name: str, items: Iterable[Data]) -> Data:
    """The items under their name; nothing without any."""
    some = list(items)
    return {name: some} if some else {}
