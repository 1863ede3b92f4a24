# SPDX-License-Identifier: GPL-2.0-only
"""One browser for the tests of a module, and the pages they look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from page_browser import GUP, SEED, chromium, hostile, reviewed, series, written
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the README's first command."""
    folder = tmp_path_factory.mktemp("seed")
    return reviewed(folder, SEED / "patch.mbox", "--tree", str(SEED / "before"))


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, seed: Path) -> dict[str, Path]:
    """Pages of each kind, by name."""
    make = tmp_path_factory.mktemp
    bare = make("hunks")
    (bare / "empty").mkdir()
    plain = "--- a/doc/x.txt\n+++ b/doc/x.txt\n@@ -1 +1 @@\n-a\n+b\n"
    return {
        "seed": seed,
        "thread": reviewed(make("thread"), SEED / "thread.mbox", "--tree", str(SEED / "before")),
        "gup": reviewed(make("gup"), GUP / "patch.diff", "--tree", str(GUP / "before")),
        "hunks": reviewed(bare, SEED / "patch.mbox", "--tree", str(bare / "empty")),
        "nothing": reviewed(make("none"), written(make("plain"), "x.diff", plain)),
        "series": series(make("series"), 4),
        "hostile": hostile(make("hostile")),
    }
