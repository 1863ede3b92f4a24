# SPDX-License-Identifier: GPL-2.0-only
"""The review for a person at a terminal."""

from collections import Counter
from collections.abc import Iterator

from reviewer.report.gcc import asked, headline
from reviewer.report.remark import asked_by
from reviewer.report.story import INDENT, schedule, story
from reviewer.report.text import clean, counted, listed, paragraphs, sentence, wrapped
from reviewer.verdict.records import Review, Verdict

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_SEVERITY = {"error": "\x1b[1;31m", "warning": "\x1b[1;35m", "note": "\x1b[1;36m"}
_WORST_FIRST = ("error", "warning", "note")
_PARAGRAPH = 72
NARROWEST, WIDEST = 40, 200
_NOT_ASKED = {"tree": "refuted by the tree", "series": "repaired later in the series"}


def terminal(review: Review, colour: bool, width: int) -> str:
    """The whole review, ending with a one-line summary.

    Each finding starts with a line as a compiler prints it, which is never
    wrapped; the rest is wrapped to ``width`` (40 to 200).  What was told of one
    finding is not told again of the next.  With ``colour``
    the fixed ANSI sequences for bold and colour are used; nothing from the
    patch reaches the terminal with a control character in it.  Problems and
    notes are only counted: whoever prints the report says them on stderr.
    """
    width = min(max(width, NARROWEST), WIDEST)
    sections = [
        *_findings(review, colour, width),
        _claims(review, colour, width),
        _changelogs(review, colour, width),
        _questions(review, colour, width),
        _suppressed(review, width),
        wrapped(summary(review), width),
    ]
    return "\n\n".join("\n".join(section).rstrip() for section in sections if section) + "\n"


def summary(review: Review) -> str:
    """``1 error and 2 warnings in 3 patches``, or ``nothing to say``; what is
    suppressed and problems are counted too."""
    count = Counter(verdict.severity for verdict in review.verdicts)
    found = listed(counted(count[name], name) for name in _WORST_FIRST if count[name])
    refuted = sum(claim.verdict == "REFUTED" for claim in review.claims)
    nothing = "no finding" if refuted else "nothing to say"
    said = f"{found} in {counted(len(review.patches), 'patch')}" if found else nothing
    if refuted:
        said += f"; {counted(refuted, 'claim')} refuted"
    left = Counter(one.by if one.by in _NOT_ASKED else "" for one in review.suppressed)
    for by, how in (("", "suppressed"), *_NOT_ASKED.items()):
        if left[by]:
            said += f"; {counted(left[by], 'finding')} {how}"
    if review.problems:
        said += f"; {counted(len(review.problems), 'problem')}, not everything was analysed"
    return said


def _bold(text: str, colour: bool) -> str:
    return f"{_BOLD}{text}{_RESET}" if colour else text


def _findings(review: Review, colour: bool, width: int) -> Iterator[list[str]]:
    """The findings patch by patch, the gravest first; where there are several patches,
    under their subjects."""
    said: set[str] = set()
    for index, subject in _subjects(review):
        found = [verdict for verdict in review.verdicts if verdict.patch == index]
        if found and subject:
            yield [_bold(line, colour) for line in wrapped(subject, width)]
        lines: list[str] = []
        for verdict in sorted(found, key=_gravity):
            told = story(verdict, asked_by(review, verdict), width, said)
            if told and lines:
                yield lines
                lines = []
            lines += [_head(verdict, colour), *told]
        if lines:
            yield lines


def _gravity(verdict: Verdict) -> tuple[int, bool]:
    return _WORST_FIRST.index(verdict.severity), verdict.standing != "CONFIRMED"


def _head(verdict: Verdict, colour: bool) -> str:
    line = headline(verdict)
    if not colour:
        return line
    place, severity, message = line.partition(f": {verdict.severity}: ")
    painted = f"{_SEVERITY.get(verdict.severity, _BOLD)}{severity[2:-1]}{_RESET}"
    return f"{_BOLD}{place}:{_RESET} {painted} {message}"


_ANSWERED = ("CONFIRMED", "REFUTED")


def _claims(review: Review, colour: bool, width: int) -> list[str]:
    lines: list[str] = []
    for claim in review.claims:
        if not review.verdicts and claim.verdict not in _ANSWERED:
            # What is not known of a patch in which nothing was found is no news.
            continue
        source = f" <{clean(claim.message_id)}>" if claim.message_id else ""
        lines += wrapped(f'{claim.verdict}: "{clean(claim.text)}"{source}', width, INDENT)
        lines += wrapped(sentence(claim.answer), width, INDENT * 2)
        lines += schedule(claim.witness, "", width)
    return [_bold("Claims", colour), *lines] if lines else []


def _changelogs(review: Review, colour: bool, width: int) -> list[str]:
    lines: list[str] = []
    for index, subject in _subjects(review):
        said = [one for one in review.justification if one.patch == index]
        lines += wrapped(subject, width, INDENT) if said else []
        for text in paragraphs(said):
            lines += ["", *wrapped(text, min(width, _PARAGRAPH))]
        lines += [""] if said else []
    return [_bold("Suggested changelog text", colour), *lines] if lines else []


def _questions(review: Review, colour: bool, width: int) -> list[str]:
    """The questions that no finding asks."""
    asked = {text for one in review.verdicts for text in asked_by(review, one)}
    lines: list[str] = []
    for text in dict.fromkeys(one.text for one in review.questions if one.text not in asked):
        lines += wrapped(text, width, f"{INDENT}- ")
    return [_bold("Questions", colour), *lines] if lines else []


def _suppressed(review: Review, width: int) -> list[str]:
    """What is not reported, and who asked for that or why it is not, one line each."""
    lines: list[str] = []
    for index, subject in _subjects(review):
        some = [one for one in review.suppressed if one.patch == index]
        lines += wrapped(subject, width) if some else []
        for one in some:
            where = f"{one.file}: {one.function}()" if one.function else one.file
            if one.by in _NOT_ASKED:
                told = f"{one.rule}, {where}: {clean(one.reason)}"
                lines += wrapped(told, width, f"{_NOT_ASKED[one.by]}: ", INDENT * 2)
                continue
            told = f"{one.rule}, {where}, by {asked(one)}"
            lines += wrapped(told, width, "suppressed: ", INDENT * 2)
    return lines


def _subjects(review: Review) -> Iterator[tuple[int, str]]:
    """The patches with the line that tells them apart, which one patch alone does not need."""
    several = len(review.patches) > 1
    for index, patch in enumerate(review.patches):
        yield index, clean(patch.subject) if several else ""
