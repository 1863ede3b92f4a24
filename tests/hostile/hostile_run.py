# SPDX-License-Identifier: GPL-2.0-only
"""Running the program on something hostile, and what that costs."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = "mm/x.c"
_KILO = 1024
_PATIENCE = 300


@dataclass(frozen=True)
class Cost:
    """How a run ended: CPU seconds, most memory in MB, exit status, standard error."""

    seconds: float
    memory: int
    status: int
    errors: str


def run_program(folder: Path, diff: bytes, tree: bytes | None) -> Cost:
    """The whole review of a diff, as a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.patch").write_bytes(diff)
    args = ["-m", "reviewer.frontend.cli", "x.patch", "-o", "out"]
    if tree is not None:
        (folder / "tree" / "mm").mkdir(parents=True, exist_ok=True)
        (folder / "tree" / PATH).write_bytes(tree)
        args += ["--tree", "tree"]
    return measured(args, folder)


def run_reader(folder: Path, source: bytes) -> Cost:
    """Every function of a file read and followed, as a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.c").write_bytes(source)
    return measured([str(Path(__file__).with_name("hostile_reader.py")), "x.c"], folder)


def measured(args: list[str], folder: Path) -> Cost:
    """Run Python with these arguments in a folder, and ask what it took."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT), GIT_CEILING_DIRECTORIES=str(folder.parent))
    with (folder / "err").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, *args],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=_limited,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "err").read_text("utf-8", "replace")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss // _KILO, child.returncode, text)


def _limited() -> None:
    """No child runs on for ever or takes all memory."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE, _PATIENCE))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
