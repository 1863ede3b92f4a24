# SPDX-License-Identifier: GPL-2.0-only
"""What the hook costs each mail, next to checkpatch.pl run as such a hook.

Patches of a corpus that are fine become the commits of a repository, and these a
series of mails.  Each mail is shown to ``mmreview hook run`` and to
checkpatch.pl: alone, and the whole series in both ways git has.  The patch that
the simulation is asked about is measured for itself.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from measure import LINUX, ROOT, Command, cpu, folder, least_and_median, ratios

KINDS = ("quiet", "hardquiet")
TREE = "6.12"
SEED = ROOT / "fixtures" / "2021_folio_refcount_migrate"
# What the installed command runs.
START = "import sys; from reviewer.frontend.cli import run; sys.exit(run())"
COUNTER, TOTAL = "GIT_SENDEMAIL_FILE_COUNTER", "GIT_SENDEMAIL_FILE_TOTAL"
ONE, MANY = 1.5, 1.0


def git(top: Path, *words: str, given: bytes = b"") -> bool:
    """Whether git succeeds in a folder."""
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *names, *words], cwd=top, input=given, capture_output=True, check=False
    )
    return done.returncode == 0


def chosen(corpus: Path) -> list[Path]:
    """The patches of the corpus that are for one tree, of both kinds in turn."""
    found: list[tuple[int, Path]] = []
    for kind in KINDS:
        with (corpus / kind / "INDEX.tsv").open(encoding="utf-8") as table:
            rows = [row for row in csv.DictReader(table, delimiter="\t") if row["tree"] == TREE]
        found += [(at, corpus / kind / row["file"]) for at, row in enumerate(rows)]
    return [path for _, path in sorted(found)]


def repository(top: Path, corpus: Path, count: int) -> list[Path]:
    """The repository, and the mails of its commits."""
    shutil.copytree(corpus / "touched" / f"linux-source-{TREE}", top)
    git(top, "init", "-q", "-b", "master", ".")
    taken: list[Path] = []
    for path in chosen(corpus):
        if len(taken) < count and git(top, "apply", "-R", str(path)):
            taken.append(path)
    if len(taken) < count:
        sys.exit(f"only {len(taken)} patches of the corpus can be taken back together")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "base")
    for path in reversed(taken):
        text = path.read_bytes().partition(b"\nSubject: ")[2].partition(b"\n---\n")[0]
        applied = git(top, "apply", "--index", str(path))
        if not applied or not git(top, "commit", "-q", "-F", "-", given=text):
            sys.exit(f"{path.name} does not apply")
    git(top, "format-patch", "-q", "-o", "../mails", f"-{count}")
    return sorted((top.parent / "mails").iterdir())


def hook(mail: Path, top: Path) -> Command:
    """The program as the hook runs it; what it finds is no matter here."""
    return Command((sys.executable, "-c", START, "hook", "run", str(mail)), top, (0, 1))


def checkpatch(linux: Path) -> Callable[[Path, Path], Command]:
    """checkpatch.pl, as people run it over mails."""
    script = str(linux / "scripts" / "checkpatch.pl")
    words = ("perl", script, "--no-tree", "-q", "--terse", "--no-summary")
    return lambda mail, top: Command((*words, str(mail)), top, (0, 1))


def counted(mails: Sequence[Path], top: Path, total: int) -> list[float]:
    """What the hook costs for each mail when git says how many there are, or (0) does not."""
    times = []
    for number, mail in enumerate(mails, start=1):
        if total:
            os.environ[COUNTER] = str(number if total > 1 else 1)
            os.environ[TOTAL] = str(total)
        times.append(cpu(hook(mail, top)))
    os.environ.pop(COUNTER, None)
    os.environ.pop(TOTAL, None)
    return times


def seed(top: Path) -> Path:
    """The repository of the patch that is simulated, and its mail."""
    shutil.copytree(SEED / "before", top)
    git(top, "init", "-q", "-b", "master", ".")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "base")
    git(top, "am", "-q", str(SEED / "patch.mbox"))
    git(top, "format-patch", "-q", "-o", "../seed-mail", "-1")
    return next((top.parent / "seed-mail").iterdir())


def report(what: str, ours: Sequence[float], theirs: Sequence[float], goal: float) -> None:
    """One line of the table: least and median of both, and their ratio."""
    ratio = ratios(ours, theirs)
    print(
        f"{what:52} {least_and_median(ours, 1000, 0):>13} {least_and_median(theirs, 1000, 0):>13}"
        f"   {median(ratio):5.2f}" + (f"   goal {goal}" if goal else "")
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", help="or MMREVIEW_CORPUS")
    parser.add_argument("--linux", help=f"or {LINUX}")
    parser.add_argument("--patches", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    corpus = folder(options.corpus, "MMREVIEW_CORPUS", "quiet/INDEX.tsv")
    check = checkpatch(folder(options.linux, LINUX, "scripts/checkpatch.pl"))
    with tempfile.TemporaryDirectory(prefix="hook-time-") as work:
        os.environ["MMREVIEW_BYTECODE"] = f"{work}/bytecode"
        os.environ["XDG_CACHE_HOME"] = f"{work}/cache"
        top = Path(work, "linux")
        mails = repository(top, corpus, options.patches)
        simulated, beside = seed(Path(work, "seed")), Path(work, "seed")
        ways = {
            "one patch": lambda: counted(mails, top, 1),
            "one patch that is simulated": lambda: [cpu(hook(simulated, beside))],
            f"{len(mails)} patches, git 2.41 and later": lambda: [
                sum(counted(mails, top, len(mails)))
            ],
            f"{len(mails)} patches, git before 2.41": lambda: [sum(counted(mails, top, 0))],
        }
        counted(mails[:1], top, 1)
        cold = [sum(counted(mails, top, len(mails)))]
        for way in ways.values():
            way()
        again: dict[str, list[float]] = {name: [] for name in ways}
        changed: dict[str, list[float]] = {name: [] for name in ways}
        theirs: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.runs):
            each = [cpu(check(mail, top)) for mail in mails]
            for name, times in zip(
                ways, (each, [cpu(check(simulated, beside))], [sum(each)], [sum(each)]), strict=True
            ):
                theirs[name] += times
            for name, way in ways.items():
                shutil.rmtree(Path(work, "cache", "mmreview", "answers"), ignore_errors=True)
                changed[name] += way()
                again[name] += way()
    print(f"{'':52} {'mmreview':>13} {'checkpatch':>13}   ratio   (ms, least / median)")
    for name in ways:
        report(f"{name}, shown before", again[name], theirs[name], ONE if "one" in name else MANY)
        report("  a mail that is new", changed[name], theirs[name], 0)
    report(f"{len(mails)} patches of files never seen", cold, [median(theirs[name])], 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
