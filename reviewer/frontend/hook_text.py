# SPDX-License-Identifier: GPL-2.0-only
"""What the hook tells whoever is about to send a patch."""

from collections.abc import Iterator, Sequence

from reviewer.report.gcc import headline
from reviewer.report.text import clean, counted, paragraphs, wrapped
from reviewer.verdict.records import Review, Verdict

WIDTH = 76
_INDENT = "  "


def told(result: Review, counts: Sequence[int]) -> list[str]:
    """What is printed whether or not something is stopped: findings that do not count,
    what the review could not see, and one line when something could not be analysed."""
    lines: list[str] = []
    for number, one in enumerate(result.verdicts):
        if number not in counts:
            lines += wrapped(f"mmreview: {headline(one)}", WIDTH, "", _INDENT * 2)
    for note in result.notes:
        lines += wrapped(f"mmreview: {note}", WIDTH, "", _INDENT * 2)
    if result.problems:
        lines.append(f"mmreview: {unanalysed(result)}")
    return lines


def repaired(result: Review) -> list[str]:
    """What is not reported because a later patch of the series repairs it, which may
    not be among those that are sent."""
    lines: list[str] = []
    for one in result.suppressed:
        if one.by == "series":
            text = f"mmreview: {one.file}:{one.line}: {one.rule}: {one.reason}"
            lines += wrapped(text, WIDTH, "", _INDENT * 2)
    return lines


def unanalysed(result: Review) -> str:
    """One line on what could not be analysed."""
    first = result.problems[0].problem
    place = f"{clean(first.file)}: " if first.file else ""
    function = f"{clean(first.function)}(): " if first.function else ""
    more = len(result.problems) - 1
    also = f" (and {more} more)" if more else ""
    return f"not everything was analysed: {place}{function}{clean(first.reason)}{also}"


def stopped(result: Review, counts: Sequence[int]) -> list[str]:
    """What is printed when patches are stopped: what the remark is, what the
    changelog could say, and how to send them all the same."""
    some = counted(len(counts), "remark")
    lines = [f"mmreview: {some}, nothing is sent"]
    for number, patch in enumerate(result.patches):
        mine = [result.verdicts[at] for at in counts if result.verdicts[at].patch == number]
        if mine:
            lines += ["", *wrapped(clean(patch.subject) or "this diff", WIDTH)]
            lines += _patch(result, number, mine)
    lines += [
        "",
        "The whole report: mmreview FILE.  To send it all the same:",
        "git send-email --no-validate",
    ]
    return lines


def _patch(result: Review, number: int, mine: Sequence[Verdict]) -> Iterator[str]:
    for one in mine:
        yield from ("", *wrapped(headline(one), WIDTH, "", _INDENT * 2))
        for text in remarks(one):
            yield from wrapped(text, WIDTH, _INDENT, _INDENT * 2)
    texts = suggested(result, number, mine)
    if texts:
        yield from ("", "If it is right, the changelog could say:")
        for text in texts:
            yield from ("", *wrapped(text, WIDTH, _INDENT * 2))
    questions = [one.text for one in result.questions if one.patch == number]
    for text in questions:
        yield from ("", *wrapped(text, WIDTH, "? "))


def remarks(verdict: Verdict) -> Iterator[str]:
    """Why a finding counts, and what the simulation says of it, a sentence each."""
    if verdict.changelog == "silent":
        yield "the changelog does not say why"
    if verdict.standing == "CONFIRMED":
        yield "CONFIRMED: in the simulation a schedule does harm"
    elif verdict.standing == "REFUTED_IN_MODEL":
        guard = verdict.model.guard if verdict.model else None
        decides = f"; {clean(guard[0])} decides" if guard else ""
        yield f"REFUTED_IN_MODEL: no schedule within the bound does harm{decides}"
    elif verdict.standing == "UNDECIDED":
        yield f"UNDECIDED: {clean(verdict.undecided)}"


def suggested(result: Review, number: int, mine: Sequence[Verdict]) -> list[str]:
    """Paragraphs for the changelog of a patch, for these findings."""
    marks = {one.fingerprint for one in mine} | {""}
    said = [s for s in result.justification if s.patch == number and s.finding in marks]
    return paragraphs(said)
