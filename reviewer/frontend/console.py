# SPDX-License-Identifier: GPL-2.0-only
"""What every verb shares: exit statuses, one line on stderr, the terminal's width."""

import os
import sys

NOTHING, FINDINGS, USAGE, NOT_ANALYSED = 0, 1, 2, 3
"""Nothing at or above --fail-on; findings; wrong usage; something could not be analysed."""


def complain(text: str, status: int) -> int:
    """Say one line on stderr, without what could steer a terminal; the status, handed back."""
    shown = "".join(char if char.isprintable() else "?" for char in text)
    print(f"mmreview: {shown}", file=sys.stderr)
    return status


def columns() -> int:
    """The width of the terminal; 80 when there is none."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def version() -> str:
    """The version installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("mmreview")
    except PackageNotFoundError:
        return "unknown"
