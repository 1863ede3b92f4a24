# SPDX-License-Identifier: GPL-2.0-only
"""Every small change of a function between two kernels, reviewed as a patch of its own.

Nothing was tuned on these changes, and nearly all of them are right: what is said above
note is false, or true of the fragment alone, far more often than in a corpus of patches.
With --index, the index of the old tree, each change is reviewed twice, without and with what
the tree says; the findings that evidence takes away are listed, to be read."""

import argparse
import difflib
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reviewer.frontend.shipped import load_ruleset
from reviewer.frontend.witnesses import witness_of
from reviewer.patch.read import read_submission
from reviewer.review import Ruleset, review
from reviewer.source.tree import open_tree
from reviewer.syntax.parse import SourceFile, read_file

FOLDERS = "arch/x86 block drivers fs include io_uring ipc kernel lib mm net security sound virt"
MOST_LINES = 12
"""Changed lines of a function, both images together; a larger change is another function."""

Change = tuple[str, str, bytes]
"""File, function and the patch."""
Told = dict[str, object]


@cache
def rules() -> Ruleset:
    return load_ruleset()


def functions(data: bytes) -> dict[str, tuple[int, int]]:
    """The first and the last line, from 0, of each function whose name is there once."""
    file: SourceFile = read_file(data, rules().vocabulary)
    count = Counter(one.name for one in file.segments)
    return {
        one.name: (one.first - 1, one.last)
        for one in file.segments
        if count[one.name] == 1 and not one.macro
    }


def changes(old: Path, new: Path, path: str) -> Iterator[Change]:
    """The small changes of the functions of one file."""
    texts = [(tree / path).read_bytes() for tree in (old, new)]
    if texts[0] == texts[1] or max(map(len, texts)) > 1_000_000:
        return
    before, after = (functions(text) for text in texts)
    lines = [text.decode("utf-8", "replace").splitlines(keepends=True) for text in texts]
    for name in sorted(before.keys() & after.keys()):
        first, last = before[name]
        body = lines[1][slice(*after[name])]
        if lines[0][first:last] == body:
            continue
        made = [*lines[0][:first], *body, *lines[0][last:]]
        diff = list(difflib.unified_diff(lines[0], made, f"a/{path}", f"b/{path}"))
        count = sum(line[0] in "+-" for line in diff[2:])
        if count <= MOST_LINES and all(line.endswith("\n") for line in diff):
            head = f"diff --git a/{path} b/{path}\n"
            yield path, name, (head + "".join(diff)).encode()


def judged(job: tuple[str, Change, str | None]) -> tuple[list[Told], list[Told], str]:
    """What is said of one change without and with evidence; and what went wrong."""
    tree, (path, name, patch), index = job
    try:
        with open_tree(tree) as opened:
            submission = read_submission([(f"{path}:{name}", patch)])
            plain = said(review(submission, opened, rules()))
            if index is None or not plain:
                return plain, plain, ""
            ask = witness_of(opened, rules(), index)
            return plain, said(review(submission, opened, rules(), witness=ask)), ""
    except Exception as error:
        return [], [], f"{path}: {name}: {type(error).__name__}: {error}"


def said(found: object) -> list[Told]:
    """The findings above note."""
    return [
        {
            "rule": one.finding.rule,
            "severity": one.severity,
            "file": one.finding.file,
            "function": one.finding.function,
            "line": one.finding.line,
            "message": one.finding.message,
        }
        for one in found.verdicts  # type: ignore[attr-defined]
        if one.severity != "note"
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", metavar="OLD", help="kernel tree")
    parser.add_argument("new", metavar="NEW", help="a later one")
    parser.add_argument("--folder", action="append", help="only this folder of them")
    parser.add_argument("--index", metavar="FILE", help="index of OLD")
    parser.add_argument("--sample", type=int, metavar="N", help="this many changes, drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--json", metavar="FILE", help="write all findings to FILE")
    options = parser.parse_args()
    started = time.monotonic()
    found = list(collected(options))
    if options.sample:
        random.Random(options.seed).shuffle(found)
        found = found[: options.sample]
    jobs = [(options.old, one, options.index) for one in found]
    without: list[Told] = []
    given: list[Told] = []
    with multiprocessing.Pool(options.jobs) as pool:
        for plain, told, trouble in pool.imap(judged, jobs, 16):
            without += plain
            given += told
            if trouble:
                print(f"failed: {trouble}", file=sys.stderr)
    report(len(found), without, given, options.index is not None)
    if options.json:
        Path(options.json).write_text(json.dumps({"without": without, "with": given}, indent=1))
    print(f"{time.monotonic() - started:.0f} s, {options.jobs} processes")
    return 0


def collected(options: argparse.Namespace) -> Iterator[Change]:
    """The changes of all files that are in both trees."""
    old, new = Path(options.old), Path(options.new)
    paths = [
        str(file.relative_to(old))
        for folder in options.folder or FOLDERS.split()
        for file in sorted((old / folder).rglob("*.c"))
        if (new / file.relative_to(old)).is_file()
    ]
    work = [(old, new, path) for path in paths]
    with multiprocessing.Pool(options.jobs) as pool:
        for some in pool.imap(listed, work, 16):
            yield from some


def listed(work: tuple[Path, Path, str]) -> list[Change]:
    return list(changes(*work))


def report(count: int, without: list[Told], given: list[Told], twice: bool) -> None:
    rates = [
        f"{len(some)} ({1000 * len(some) / max(count, 1):.1f} in 1,000)"
        for some in (without, given)
    ]
    print(f"{count:,} changes; findings above note: {rates[0]}")
    for name, some in Counter(one["rule"] for one in without).most_common():
        print(f"  {some:4} {name}")
    if not twice:
        return
    print(f"with evidence: {rates[1]}")
    keys = {json.dumps(one) for one in given}
    for one in without:
        if json.dumps(one) not in keys:
            print(
                f"  gone: {one['file']}:{one['line']}: {one['function']}: "
                f"{one['rule']}: {one['message']}"
            )


if __name__ == "__main__":
    sys.exit(main())
