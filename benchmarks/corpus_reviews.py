# SPDX-License-Identifier: GPL-2.0-only
"""The patches of a corpus reviewed, several at a time, in processes of their own."""

import importlib
import multiprocessing
import pkgutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType

import corpus
from corpus import Copies, Entry, Images

import reviewer
from reviewer.frontend.shipped import load_ruleset
from reviewer.frontend.witnesses import witness_of
from reviewer.patch.read import read_submission
from reviewer.review import Ruleset, review
from reviewer.source.apply import place
from reviewer.source.tree import open_tree
from reviewer.syntax.parse import read_file
from reviewer.verdict.records import Review


class OverTime(BaseException):
    """A review took too long; nothing that catches exceptions may swallow it."""


@dataclass(frozen=True)
class Task:
    """One review to be made; ``bare`` reviews see no comments."""

    entry: Entry
    direction: str
    bare: bool
    timeout: float


@dataclass(frozen=True)
class Remark:
    """What counts of a finding."""

    rule: str
    also: tuple[str, ...]
    severity: str
    file: str
    function: str
    line: int
    message: str
    standing: str | None


@dataclass(frozen=True)
class Outcome:
    """What one review gave.

    ``touched`` has the functions the patch changes, by file; None where it
    changes lines outside of functions alone.  ``error`` says why there was no
    review, ``remade`` that the diff of the patch did not fit as it was.
    """

    id: str
    direction: str
    bare: bool
    remarks: tuple[Remark, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0
    touched: dict[str, list[str] | None] = field(default_factory=dict)
    remade: bool = False


@cache
def ruleset() -> Ruleset:
    return load_ruleset()


def load_everything() -> None:
    """Import and read what a review may need, so that all reviews of a run are
    made by one state of the program, whoever edits it meanwhile."""
    for module in pkgutil.walk_packages(reviewer.__path__, "reviewer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    rules = ruleset()
    rules.scenarios()
    rules.claims()


def touched(before: Images, reversal: bytes) -> dict[str, list[str] | None]:
    """The functions in which a diff changes more than blanks and comments."""
    found: dict[str, list[str] | None] = {}
    for diff in corpus.file_diffs(reversal, "the reverse patch"):
        made = place(before[diff.path], diff)
        pairs = ((before[diff.path], 0), (made.after, 1))
        names: set[str] = set()
        for image, side in pairs:
            kept = {run[side] + at for run in made.kept for at in range(run[2])}
            lines = corpus.without_comments(image).split(b"\n")
            changed = [
                number
                for number, line in enumerate(lines, 1)
                if number not in kept and line.strip()
            ]
            names.update(_around(image, changed))
        found[diff.path] = None if names == {""} else sorted(names)
    return found


def _around(image: bytes, lines: Sequence[int]) -> Iterator[str]:
    """The functions that lines lie in, an empty name for those outside of all."""
    segments = read_file(image, ruleset().vocabulary).segments
    for line in lines:
        inside = [one.name for one in segments if one.first <= line <= one.last]
        yield from inside or [""]


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def over(_number: int, _frame: FrameType | None) -> None:
        raise OverTime

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(task: Task) -> Outcome:
    """One task done; what goes wrong becomes the error of its outcome."""
    started = time.monotonic()
    entry, name = task.entry, task.direction
    try:
        return _run(task, started)
    except OverTime:
        error = f"over {task.timeout:g} s"
    except Exception as raised:
        last = traceback.extract_tb(raised.__traceback__)[-1]
        error = f"{type(raised).__name__}: {raised} ({Path(last.filename).name}:{last.lineno})"
    return Outcome(entry.id, name, task.bare, error=error, seconds=time.monotonic() - started)


def _run(task: Task, started: float) -> Outcome:
    entry = task.entry
    fixed, broken = corpus.images(entry, _scratch() / "images")
    reversal = corpus.fitting(entry.reversal.read_bytes(), fixed, broken)
    functions = touched(fixed, reversal) if entry.set == "fixes" else {}
    before, given, patch = fixed, entry.reversal.read_bytes(), reversal
    if task.direction == "forward":
        before, given = broken, entry.patch.read_bytes()
        patch = corpus.fitting(given, broken, fixed)
    remade = patch != given
    if task.bare:
        bare = corpus.stripped(fixed), corpus.stripped(broken)
        before, patch = bare[0], corpus.diff(*bare)
    found = _review(task, before, patch) if patch else None
    return Outcome(
        entry.id,
        task.direction,
        task.bare,
        remarks=_remarks(found) if found else (),
        problems=_problems(found) if found else ("nothing is left without comments",),
        seconds=time.monotonic() - started,
        touched=functions,
        remade=remade,
    )


def _review(task: Task, before: Images, patch: bytes) -> Review:
    with (
        _copies().holding(task.entry.tree, before, task.bare) as folder,
        _at_most(task.timeout),
        open_tree(str(folder)) as tree,
    ):
        submission = read_submission([(task.entry.patch.name, patch)])
        if not EVIDENCE:
            return review(submission, tree, ruleset())
        index = EVIDENCE.get(task.entry.tree.name)
        ask = witness_of(tree, ruleset(), index)
        return review(submission, tree, ruleset(), witness=ask)


EVIDENCE: dict[str, str] = {}
"""The index of each tree, by the name of the tree; none for reviews without evidence."""


def _remarks(found: Review) -> tuple[Remark, ...]:
    return tuple(
        Remark(
            rule=one.finding.rule,
            also=tuple(one.finding.also),
            severity=one.severity,
            file=one.finding.file,
            function=one.finding.function,
            line=one.finding.line,
            message=one.finding.message,
            standing=one.standing,
        )
        for one in found.verdicts
    )


def _problems(found: Review) -> tuple[str, ...]:
    problems = [one.problem for one in found.problems]
    return tuple(f"{one.file}: {one.function or '-'}: {one.reason}" for one in problems)


_FOLDER: list[Path] = []


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(dir=_FOLDER[0] if _FOLDER else None))


@cache
def _copies() -> Copies:
    return Copies(_scratch())


def run_all(
    tasks: Sequence[Task], jobs: int, progress: Callable[[int, int], None]
) -> list[Outcome]:
    """All tasks done, in their order."""
    load_everything()
    done: dict[int, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="mmreview-evaluate-") as folder:
        _FOLDER[:] = [Path(folder)]
        for at, outcome in _together(tasks, jobs):
            done[at] = outcome
            progress(len(done), len(tasks))
        # A process that dies takes the reviews that wait down with it: these get one each.
        for at, task in enumerate(tasks):
            if at not in done:
                error = "the process that made this review died"
                died = Outcome(task.entry.id, task.direction, task.bare, error=error)
                done[at] = next((one for _, one in _together([task], 1)), died)
                progress(len(done), len(tasks))
    return [done[at] for at in range(len(tasks))]


def _together(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Tasks by their index, as they end; those of a process that died are left out."""
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, mp_context=fork, initializer=_forget) as pool:
        try:
            futures = {pool.submit(run, task): at for at, task in enumerate(tasks)}
            for future in as_completed(futures):
                if not isinstance(future.exception(), BrokenProcessPool):
                    yield futures[future], future.result()
        except BrokenProcessPool:
            return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _forget() -> None:
    """A forked process has folders of its own, and leaves ^C to its parent."""
    _scratch.cache_clear()
    _copies.cache_clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
