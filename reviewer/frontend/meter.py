# SPDX-License-Identifier: GPL-2.0-only
"""Tells on a terminal how far a long run is, and puts lines beside it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

PATIENCE = 1.0
"""Seconds for which nobody has to be told that something is being done."""
_TICK = 0.2


class Meter:
    """One line at the bottom of a terminal, gone when something else is to be
    seen; nothing where standard error is no terminal."""

    def __init__(self) -> None:
        self._label = ""
        self._shown = False
        self._width = _width()

    @property
    def visible(self) -> bool:
        """Whether there is a terminal to show anything on."""
        return self._width > 0

    @property
    def label(self) -> str:
        """What is being run."""
        return self._label

    def now(self, label: str) -> None:
        """What is being run."""
        self._label = label

    def progress(self, states: int, waiting: int) -> None:
        """How far it is."""
        if self._width:
            text = f"{self._label}: {states:,} states, {waiting:,} to be expanded"
            sys.stderr.write(f"\r{text[: self._width - 1]}\x1b[K")
            sys.stderr.flush()
            self._shown = True

    def show(self) -> None:
        """What is being run, without how far it is."""
        if self._width:
            from reviewer.report.text import clean

            sys.stderr.write(f"\r{clean(self._label)[: self._width - 1]}\x1b[K")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def say(self, text: str) -> None:
        """A line on standard error."""
        from reviewer.report.text import clean

        self.clear()
        print(f"mmreview: {clean(text)}", file=sys.stderr)


def silent(label: str) -> None:
    """Nobody is told."""


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """What is to be called with what is being done.

    From the second second on it is shown at the bottom of the terminal, and
    taken away in the end.  Where standard error is no terminal nothing is ever
    shown, and it costs nothing.
    """
    meter = Meter()
    if not meter.visible:
        yield silent
        return
    from threading import Event, Thread

    over = Event()
    shower = Thread(target=_show, args=(meter, over), daemon=True)
    shower.start()
    try:
        yield meter.now
    finally:
        over.set()
        shower.join()
        meter.clear()


def _show(meter: Meter, over: "Event") -> None:
    """Show what is being done until it is over; a line is written only when it is another."""
    shown = ""
    wait = PATIENCE
    while not over.wait(wait):
        wait = _TICK
        if meter.label != shown:
            shown = meter.label
            meter.show()


def _width() -> int:
    """The columns of the terminal; 0 where there is none that can do it."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return 0
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
