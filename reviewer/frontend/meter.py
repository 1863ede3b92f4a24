# SPDX-License-Identifier: GPL-2.0-only
"""Tells on a terminal how far a long run is, and puts lines beside it."""

import os
import sys


class Meter:
    """One line at the bottom of a terminal, gone when something else is to be
    seen; nothing where standard error is no terminal."""

    def __init__(self) -> None:
        self._label = ""
        self._shown = False
        self._width = _width()

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


def _width() -> int:
    """The columns of the terminal; 0 where there is none that can do it."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return 0
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
