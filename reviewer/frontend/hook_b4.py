# SPDX-License-Identifier: GPL-2.0-only
"""b4: its check commands set up for a repository, and answered.

b4 prep --check shows one commit as a mail on standard input, with the tip of
the branch checked out; each line on standard output is a warning, or a failure
if ``ERROR:`` is in it, each line on standard error a failure, and silence is
success.  It keeps answers by commit and command line, so the command names the
rules it was made with.
"""

import argparse
import json
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reviewer.frontend.console import FINDINGS, NOTHING
from reviewer.frontend.inputs import InputError, read_inputs
from reviewer.record import replace

if TYPE_CHECKING:
    from reviewer.frontend.hook_policy import Policy
    from reviewer.verdict.records import Review, Verdict

_PREP = "b4.prep-perpatch-check-cmd"
_REVIEW = "b4.review-perpatch-check-cmd"
_OURS = " hook run --b4 "
_OURS_JSON = " hook run --review-json "
_CHECKPATCH = "./scripts/checkpatch.pl -q --terse --no-summary --mailback --showfile"
_BUILT_IN = "_builtin_checkpatch"
_WIDTH = 76


def configure(options: argparse.Namespace) -> int:
    """``hook b4``: set, renew or remove the commands in the repository's configuration."""
    from reviewer.frontend.hook import checked
    from reviewer.frontend.hook_evidence import program_version
    from reviewer.frontend.hook_install import git, program

    status, top = git("rev-parse", "--show-toplevel")
    if status:
        raise InputError("not in a git work tree")
    words = [] if options.remove else checked(options)
    if options.remove:
        _remove(_PREP, _OURS, _CHECKPATCH)
        _remove(_REVIEW, _OURS_JSON, _BUILT_IN)
        print(f"{_PREP}: mmreview is not asked any more")
        return 0
    name, rules = shlex.quote(program()), program_version(options.rules)
    checkpatch = os.access(f"{top}/scripts/checkpatch.pl", os.X_OK)
    plan = [(_PREP, _OURS, _CHECKPATCH)]
    if options.review:
        plan.append((_REVIEW, _OURS_JSON, _BUILT_IN))
    for key, mark, usual in plan:
        said = " ".join(["--rules-version", rules, *map(shlex.quote, words)])
        # A command of one's own takes the place of checkpatch, which b4 runs otherwise.
        _set(key, mark, f"{name}{mark}{said}", usual if checkpatch else "")
        print(f"{key}: mmreview is asked")
    return 0


def _set(key: str, mark: str, command: str, usual: str) -> None:
    from reviewer.frontend.hook_install import git

    values = _values(key)
    if not values and usual and not _in_tree(key):
        _change("--add", key, usual)
    if any(mark in one for one in _values(key, "--local")):
        git("config", "--local", "--unset-all", key, _literally(mark))
    _change("--add", key, command)


def _remove(key: str, mark: str, usual: str) -> None:
    """Take our command away, and checkpatch with it where b4 runs it unasked."""
    from reviewer.frontend.hook_install import git

    if any(mark in one for one in _values(key, "--local")):
        git("config", "--local", "--unset-all", key, _literally(mark))
    if _values(key, "--local") == [usual]:
        git("config", "--local", "--unset-all", key)


def _values(key: str, *scope: str) -> list[str]:
    from reviewer.frontend.hook_install import git

    status, text = git("config", *scope, "-z", "--get-all", key)
    return [] if status else text.removesuffix("\0").split("\0")


def _in_tree(key: str) -> bool:
    """Whether the project's own file names commands, to which b4 adds ours."""
    from reviewer.frontend.hook_install import git

    _, top = git("rev-parse", "--show-toplevel")
    return key == _PREP and not git("config", "--file", f"{top}/.b4-config", "--get-all", key)[0]


def _change(what: str, key: str, value: str) -> None:
    from reviewer.frontend.hook_install import git

    status, _ = git("config", "--local", what, key, value)
    if status:
        raise InputError(f"git config {key} cannot be set")


def _literally(mark: str) -> str:
    """A pattern of git config that matches just this."""
    return mark.replace("-", "[-]")


def answer(options: argparse.Namespace) -> int:
    """``hook run --b4`` and ``--review-json``: one mail in, what b4 shows out."""
    from reviewer.frontend.hook_policy import policy_of
    from reviewer.frontend.hook_review import counting, reviewed

    policy = policy_of(options)
    mail = read_inputs([options.mail or "-"])
    result, parts = reviewed([("the mail", mail[0][1])], policy)
    unread = [one.unread for one in parts if one.unread]
    counts = counting(result, policy.fail_on)
    if options.review_json:
        print(json.dumps(list(_entries(result, counts, unread)), indent=1))
        return FINDINGS if counts else NOTHING
    for line in (*_lines(result, counts, unread), *_outdated(options, policy)):
        print(line.encode("utf-8", "backslashreplace").decode("utf-8"))
    return FINDINGS if counts else NOTHING


def _outdated(options: argparse.Namespace, policy: "Policy") -> Iterator[str]:
    """What to say when b4 would go on with answers of older rules."""
    from reviewer.frontend.hook_evidence import program_version

    if options.rules_version and options.rules_version != program_version(policy.rules):
        yield "the rules have changed, and b4 keeps old answers: run 'mmreview hook b4' again"


def _lines(result: "Review", counts: Sequence[int], unread: Sequence[str]) -> Iterator[str]:
    from reviewer.frontend.hook_text import remarks, suggested, unanalysed
    from reviewer.report.text import clean, sentence

    for at in counts:
        one = result.verdicts[at]
        told = [_line(one), *map(sentence, remarks(one))]
        texts = suggested(result, one.patch, [one])
        if texts:
            told += ["The changelog could say:", *texts]
        yield " ".join(told)
    yield from (f"WARNING: not reviewed: {clean(text)}" for text in unread)
    if result.problems:
        yield f"WARNING: {unanalysed(result)}"


def _line(one: "Verdict") -> str:
    """A finding as checkpatch prints its own; only what is proved is a failure."""
    from reviewer.report.text import clean

    finding = one.finding
    what = "ERROR" if one.severity == "error" else "WARNING"
    # Text of the patch must not make a failure of a warning.
    message = clean(finding.message).replace("ERROR:", "ERROR :")
    return f"{clean(finding.file)}:{finding.line}: {what}: {finding.rule}: {message}."


def _entries(
    result: "Review", counts: Sequence[int], unread: Sequence[str]
) -> Iterator[dict[str, str]]:
    from reviewer.frontend.hook_text import unanalysed
    from reviewer.report.formats import Options, report

    for at in counts:
        one = result.verdicts[at]
        said = tuple(text for text in result.justification if text.finding == one.fingerprint)
        alone = replace(result, verdicts=(one,), justification=said, problems=())
        status = "fail" if one.severity == "error" else "warn"
        yield _entry(status, _line(one), report(alone, "terminal", Options(width=_WIDTH)))
    for text in unread:
        yield _entry("warn", f"not reviewed: {text}")
    if result.problems:
        yield _entry("warn", unanalysed(result))
    if not (counts or unread or result.problems or not result.patches):
        yield _entry("pass", "nothing to say")


def _entry(status: str, summary: str, details: str = "") -> dict[str, str]:
    return {"tool": "mmreview", "status": status, "summary": summary, "url": "", "details": details}
