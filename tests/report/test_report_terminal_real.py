# SPDX-License-Identifier: GPL-2.0-only
"""The program on a terminal: colour, width, and what is shown while one waits."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest

from reviewer.frontend import meter
from reviewer.frontend.meter import silent, telling

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "fixtures" / "2021_folio_refcount_migrate"


def on_terminal(columns: int, *args: str, **environment: str) -> str:
    """What arrives at a terminal of that width, byte by byte."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "reviewer.frontend.cli", *args],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**kept, "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
    )
    os.close(follower)
    data = b""
    with suppress(OSError):
        while some := os.read(leader, 1 << 16):
            data += some
    os.close(leader)
    assert program.wait(timeout=60) == 1
    return data.decode().replace("\r\n", "\n")


def screen(text: str) -> str:
    """What is left to be seen: a line is written over where the cursor went back."""
    rows = (row.rsplit("\r", 1)[-1].replace("\x1b[K", "") for row in text.split("\n"))
    return "\n".join(rows)


def seed(folder: Path, copies: int) -> list[str]:
    """The patch of the fixture, to several copies of its file, with their tree."""
    text = (SEED / "patch.mbox").read_text()
    before = (SEED / "before" / "mm" / "migrate.c").read_text()
    (folder / "tree" / "mm").mkdir(parents=True)
    (folder / "box").mkdir()
    for number in range(1, copies + 1):
        (folder / "tree" / "mm" / f"migrate{number}.c").write_text(before)
        one = text.replace("mm/migrate.c", f"mm/migrate{number}.c").replace("PATCH 1/5", "PATCH")
        (folder / "box" / f"{number:02}.patch").write_text(one)
    return [str(folder / "box"), "--tree", str(folder / "tree")]


def test_colour_and_width(tmp_path: Path) -> None:
    args = seed(tmp_path, 1)
    text = on_terminal(60, *args)
    assert "\x1b[1mmm/migrate1.c:31:\x1b[0m \x1b[1;35mwarning:\x1b[0m " in text
    shown = [line for line in screen(text).split("\n") if not line.startswith("\x1b[1mmm/")]
    assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in shown) <= 60
    assert any(len(line) > 50 for line in shown)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour(environment: dict[str, str], tmp_path: Path) -> None:
    text = on_terminal(80, *seed(tmp_path, 1), **environment)
    assert "\x1b" not in screen(text) and "migrate1.c:31: warning: " in text


def test_an_empty_no_color_asks_for_nothing(tmp_path: Path) -> None:
    assert "\x1b[1;35m" in on_terminal(80, *seed(tmp_path, 1), NO_COLOR="")


def test_what_is_shown_while_one_waits(tmp_path: Path) -> None:
    """Enough simulations to take more than a second, whatever the machine."""
    text = on_terminal(70, *seed(tmp_path, 6))
    assert "\rpatch " in text and " of 6: simulating folio_migrate_mapping\x1b[K" in text
    assert "simulating" not in screen(text)
    assert "6 warnings in 6 patches" in screen(text)


def test_nothing_is_shown_in_a_pipe(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reviewer.frontend.cli", *seed(tmp_path, 2)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr == "" and "\x1b" not in done.stdout


class Screen(StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    assert what()


def test_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(meter, "PATIENCE", 0.01)
    with telling() as tell:
        tell("patch 3 of 30\x1b[2J\n" + "x" * 200)
        wait_for(lambda: "patch 3" in shown.getvalue())
    text = shown.getvalue()
    assert text.endswith("\r\x1b[K") and "\n" not in text and "[2J" not in text.replace(" [2J", "")
    assert max(len(part) for part in text.replace("\x1b[K", "").split("\r")) < 80


def test_who_is_quick_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with telling() as tell:
        tell("patch 1 of 1")
    assert shown.getvalue() == ""


def test_nobody_is_told_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(meter, "PATIENCE", 0.0)
    with telling() as tell:
        assert tell is silent
        tell("patch 1 of 1")
    assert shown.getvalue() == ""
