# SPDX-License-Identifier: GPL-2.0-only
"""What git send-email calls before it sends: one mail at a time, in two ways.

From 2.41 on git says how many mails there are; they are collected, and the last
call reviews them as the series they are.  Before, a mail is reviewed together
with those that seem to follow, and answers wait in the spool until git asks.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reviewer.frontend.console import FINDINGS, NOTHING, complain
from reviewer.frontend.hook_policy import policy_of

if TYPE_CHECKING:
    from reviewer.frontend.hook_kept import Need
    from reviewer.frontend.hook_policy import Policy
    from reviewer.frontend.hook_review import Part
    from reviewer.verdict.records import Review

Mail = tuple[str, bytes]
Answer = tuple[int, list[str]]
"""Exit status and the lines to print."""


def run(options: argparse.Namespace) -> int:
    """``hook run``; returns the exit status."""
    if options.b4 or options.review_json:
        from reviewer.frontend.hook_b4 import answer

        return answer(options)
    from reviewer.frontend.inputs import InputError, read_inputs

    if options.mail is None:
        raise InputError("hook run: which FILE? (see mmreview hook --help)")
    # A file of the user, never a folder, whatever git was told.
    mail = read_inputs([options.mail])[0]
    counter, total = _number("COUNTER"), _number("TOTAL")
    try:
        if counter is not None and total is not None and counter <= total:
            return _counted(options, mail, counter, total)
        return _uncounted(options, mail)
    except OSError as error:
        return complain(f"{error.strerror or error}: nothing was reviewed", NOTHING)


def _number(what: str) -> int | None:
    """A count as git gives it, or None."""
    text = os.environ.get(f"GIT_SENDEMAIL_FILE_{what}", "")
    return int(text) if text.isdecimal() and 0 < int(text) < 100_000 else None


def _counted(options: argparse.Namespace, mail: Mail, counter: int, total: int) -> int:
    """Collect the mails; review them at the last."""
    from reviewer.frontend.hook_spool import spool

    place = spool() if total > 1 else None
    if place is None:
        # Nowhere to collect them: each alone is better than none.
        return _say(_answers([mail], policy_of(options))[0])
    if counter < total:
        if counter == 1:
            place.remove()
        place.put(counter, mail[1])
        return NOTHING
    mails = [(f"mail {number} of {total}", data) for number, data in place.mails()]
    place.remove()
    missing = total - 1 - len(mails)
    if missing:
        complain(f"{missing} of {total} mails were not seen and are not reviewed", NOTHING)
    return _say(_together([*mails, mail], policy_of(options)))


def _uncounted(options: argparse.Namespace, mail: Mail) -> int:
    """Answer for a mail of a series of which git does not tell the end."""
    from reviewer.frontend.hook_course import begun, course_of
    from reviewer.frontend.hook_series import series_of
    from reviewer.frontend.hook_spool import spool

    series = series_of(*mail)
    place = spool() if series is not None else None
    if series is None or place is None:
        return _say(_answers([mail], policy_of(options))[0])
    course, before = course_of(place), place.mails()
    if course is None or not course.goes_on(series) or len(before) != len(course.seen):
        place.remove()
        course, before = begun(series), []
    mark = _mark(mail[1])
    if not course.foreseen(mark):
        coming = series.mails()
        mails = [*(("an earlier mail", data) for _, data in before), *coming]
        marks = [*course.seen, *(_mark(data) for _, data in coming)]
        course.expect(marks, _answers(mails, policy_of(options)))
    answer = course.advance(mark, series)
    if answer[0] or series.number == series.total:
        place.remove()
    else:
        place.put(len(course.seen), mail[1])
        course.keep(place)
    return _say(answer)


def _mark(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def _answers(mails: Sequence[Mail], policy: "Policy") -> list[Answer]:
    """The answer for each of some mails, reviewed as one series."""
    from reviewer.frontend.hook_kept import answered

    return answered(mails, policy, "each", lambda needs: _each(mails, policy, needs))


def _each(mails: Sequence[Mail], policy: "Policy", needs: "list[Need]") -> list[Answer]:
    from reviewer.frontend.hook_review import reviewed, share

    result, parts = reviewed(mails, policy, needs)
    told = []
    for at, one in enumerate(parts):
        mine = share(result, one.patches, notes=not at)
        status, lines = _answer(mine, (one,), policy)
        if mine.suppressed:
            from reviewer.frontend.hook_text import repaired

            lines = [*repaired(mine), *lines]
        told.append((status, lines))
    return told


def _together(mails: Sequence[Mail], policy: "Policy") -> Answer:
    """The one answer for a whole series."""
    from reviewer.frontend.hook_kept import answered

    def review(needs: "list[Need]") -> list[Answer]:
        from reviewer.frontend.hook_review import reviewed

        result, parts = reviewed(mails, policy, needs)
        return [_answer(result, parts, policy)]

    return answered(mails, policy, "all", review)[0]


def _answer(result: "Review", parts: "Sequence[Part]", policy: "Policy") -> Answer:
    """Exit status and words; a mail without a patch and a patch without remarks have none."""
    unread = [f"mmreview: not reviewed: {one.unread}" for one in parts if one.unread]
    if not (result.verdicts or result.problems or result.notes):
        return NOTHING, unread
    from reviewer.frontend.hook_review import counting
    from reviewer.frontend.hook_text import stopped, told

    counts = counting(result, policy.fail_on)
    lines = [*unread, *told(result, counts)]
    return (FINDINGS, [*lines, *stopped(result, counts)]) if counts else (NOTHING, lines)


def _say(answer: Answer) -> int:
    """Print the words on standard error, where git shows them."""
    status, lines = answer
    if lines and sys.stderr is not None:
        print("\n".join(lines), file=sys.stderr)
    return status
