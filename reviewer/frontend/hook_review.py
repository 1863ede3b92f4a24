# SPDX-License-Identifier: GPL-2.0-only
"""Review what is about to be sent, in the work tree it was made in."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from reviewer.frontend.hook_evidence import evidence, forget
from reviewer.frontend.hook_kept import Need
from reviewer.frontend.hook_policy import Policy
from reviewer.frontend.hook_tree import SentTree
from reviewer.frontend.inputs import InputError
from reviewer.frontend.shipped import load_ruleset
from reviewer.patch.read import read_submission
from reviewer.patch.records import PatchError, Submission
from reviewer.record import dataclass, replace
from reviewer.review import Ruleset, review
from reviewer.verdict.records import Review
from reviewer.verdict.suppress import EVERYTHING, Wishes

SEVERITIES = ("note", "warning", "error")


@dataclass(frozen=True, slots=True)
class Part:
    """One mail's share of a review: the numbers of its patches.  ``unread`` says why
    the mail could not be read, else it is empty."""

    name: str
    patches: range
    unread: str


def ruleset_and_wishes(
    rules: Sequence[str], disable: Sequence[str], baseline: str | None = None
) -> tuple[Ruleset, Wishes]:
    """The rules with those in the ``rules`` folders; those left out, and what is known."""
    loaded = load_ruleset([Path(name) for name in rules])
    disabled = [name for text in disable for name in text.split(",")]
    if not disabled and baseline is None:
        return loaded, EVERYTHING
    from reviewer.frontend.baseline import known, read_baseline
    from reviewer.frontend.rules import unknown

    names = [rule.name for rule in loaded.rules]
    for name in disabled:
        if name not in names:
            raise InputError(f"--disable {name}: {unknown(name, names)}")
    entries = () if baseline is None else read_baseline(baseline)
    return loaded, Wishes(frozenset(disabled), known(entries))


def reviewed(
    mails: Sequence[tuple[str, bytes]], policy: Policy, needs: list[Need] | None = None
) -> tuple[Review, tuple[Part, ...]]:
    """The review of mails as one series, and which mail holds which of its patches; what is
    looked at for it goes into ``needs``.

    A mail that cannot be read does not keep the others from being reviewed.
    """
    submission, parts = _read(mails)
    rules, wishes = ruleset_and_wishes(policy.rules, policy.disable, policy.baseline)
    with ExitStack() as stack:
        sent = SentTree(submission.patches, needs)
        stack.callback(sent.close)
        tree = sent if sent.holds_any() else None
        ask = evidence(tree, rules, policy.index, policy.rules)
        try:
            result = review(submission, tree, rules, wishes, ask)
        except Exception as error:
            # No error of a database without its module, which most reviews do not load.
            if not isinstance(error, getattr(sys.modules.get("sqlite3"), "DatabaseError", ())):
                raise
            # What a damaged index cannot tell is less than a patch that is not reviewed.
            forget()
            sent.note("")
            result = review(submission, tree, rules, wishes)
    # That a cover letter holds no patch is no news to whoever wrote it.
    return replace(result, notes=result.notes[len(submission.notes) :]), parts


def _read(mails: Sequence[tuple[str, bytes]]) -> tuple[Submission, tuple[Part, ...]]:
    parts, good, count = [], [], 0
    single = None
    for mail in mails:
        try:
            single = read_submission([mail])
        except PatchError as error:
            parts.append(Part(mail[0], range(count, count), str(error)))
            continue
        good.append(mail)
        parts.append(Part(mail[0], range(count, count + len(single.patches)), ""))
        count += len(single.patches)
    if len(good) == 1 and single is not None:
        return single, tuple(parts)
    return read_submission(good), tuple(parts)


def share(result: Review, patches: range, notes: bool) -> Review:
    """What a review says of some of its patches, with its ``notes`` or without."""
    return replace(
        result,
        notes=result.notes if notes else (),
        verdicts=tuple(one for one in result.verdicts if one.patch in patches),
        claims=tuple(one for one in result.claims if one.patch in patches),
        justification=tuple(one for one in result.justification if one.patch in patches),
        questions=tuple(one for one in result.questions if one.patch in patches),
        problems=tuple(one for one in result.problems if one.patch in patches),
        suppressed=tuple(one for one in result.suppressed if one.patch in patches),
    )


def counting(result: Review, fail_on: str) -> list[int]:
    """The indices of the verdicts that reach a severity."""
    least = SEVERITIES.index(fail_on)
    return [
        number
        for number, one in enumerate(result.verdicts)
        if SEVERITIES.index(one.severity) >= least
    ]
