# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks share: CPU time of processes, and tables of figures."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LINUX, BUILD = "MMREVIEW_LINUX_6_12", "MMREVIEW_BUILD_6_12"


@dataclass(frozen=True)
class Command:
    """A command line, where it runs, and the exit statuses it may have."""

    words: Sequence[str]
    folder: Path = ROOT
    allowed: tuple[int, ...] = (0,)


def cpu(command: Command) -> float:
    """Seconds of user and system time of one run, its children included."""
    child = subprocess.Popen(
        command.words,
        cwd=command.folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in command.allowed:
        raise SystemExit(f"exit status {child.returncode}: {' '.join(command.words)}")
    return usage.ru_utime + usage.ru_stime


def _environment() -> Mapping[str, str]:
    """That of an installed program: its bytecode is compiled."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return own | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": os.environ["MMREVIEW_BYTECODE"]}


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, list[float]]:
    """The times of all commands, run one after the other, over and over, so that
    a machine that becomes slower does so for all; one round before does not count."""
    for command in commands.values():
        cpu(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(cpu(command))
    return times


def ratios(times: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round, as the figures of one round were taken next to each other."""
    return [one / other for one, other in zip(times, others, strict=True)]


def least_and_median(values: Sequence[float], factor: float = 1, digits: int = 2) -> str:
    """``least / median``."""
    return f"{min(values) * factor:.{digits}f} / {median(values) * factor:.{digits}f}"


def folder(given: str | None, variable: str, holds: str) -> Path:
    """A folder named by an argument or else by a variable; ends the program without it."""
    name = given or os.environ.get(variable)
    if not name or not Path(name, holds).exists():
        sys.exit(f"{name or 'nothing'} holds no {holds}; see --help, or set {variable}")
    return Path(name).resolve()
