# SPDX-License-Identifier: GPL-2.0-only
"""Pages of real reviews, and a real browser to open them with."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from reviewer.frontend.cli import main

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "fixtures" / "2021_folio_refcount_migrate"
GUP = ROOT / "fixtures" / "2021_gup_recheck"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OLD = """\
int {name}(struct thing *t)
{{
	spin_lock(&t->lock);
	if (t->users != 1) {{
		spin_unlock(&t->lock);
		return -EBUSY;
	}}
	t->state = {value};
	spin_unlock(&t->lock);
	return 0;
}}
"""
NEW = """\
int {name}(struct thing *t)
{{
	if (t->users != 1)
		return -EBUSY;
	spin_lock(&t->lock);
	t->state = {value};
	spin_unlock(&t->lock);
	return 0;
}}
"""
MAIL = """\
From: A B <a@example.org>
Date: Thu, 5 Aug 2021 23:05:56 +0800
Message-Id: <{number}@example.org>
Subject: {subject}

{text}
---
{diff}-- \n2.40.0

"""

EVIL_FILE = 'mm/<img src=x onerror="hacked=1">.c'
EVIL = "</code></pre></title></style></script><script>window.hacked=1</script>\u202e\x07\x1b[31m"


def reviewed(folder: Path, patch: Path, *options: str) -> Path:
    """The page of the review of a patch."""
    page = folder / "page.html"
    status = main([str(patch), "--format", "html", "-o", str(page), *options])
    assert status in (0, 1, 3), status
    return page


def written(folder: Path, name: str, text: str) -> Path:
    """A file with that text; its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def moved(path: str, name: str = "take", value: str = "GONE") -> tuple[str, str]:
    """A file whose one function compares under the lock, and the patch that moves
    the comparison out."""
    old, new = (text.format(name=name, value=value) for text in (OLD, NEW))
    lines = unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}")
    return old, "".join(lines)


def series(folder: Path, count: int) -> Path:
    """The page of a series with a finding in every patch."""
    mails = []
    for number in range(count):
        path = f"mm/x{number}.c"
        old, diff = moved(path, f"take_{number}")
        written(folder, f"tree/{path}", old)
        subject = f"[PATCH {number + 1}/{count}] mm: Compare early in x{number}"
        mails.append(
            "From a@b Thu Jan  1 00:00:00 1970\n"
            + MAIL.format(number=number, subject=subject, text="Tidy up.", diff=diff)
        )
    patch = written(folder, "series.mbox", "".join(mails))
    return reviewed(folder, patch, "--tree", str(folder / "tree"))


def hostile(folder: Path) -> Path:
    """The page of a patch that would like to run something."""
    old, diff = moved(EVIL_FILE, value=f'say("{EVIL}")')
    written(folder, f"tree/{EVIL_FILE}", old)
    text = f"Why <b>not</b>. {EVIL}"
    mail = MAIL.format(number=1, subject=f"[PATCH] {EVIL}", text=text, diff=diff)
    return reviewed(folder, written(folder, "evil.mbox", mail), "--tree", str(folder / "tree"))


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a new profile; without one the tests are skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("there is no chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def axe() -> str:
    """The script of axe-core, where scripts/fetch_axe.sh has put it."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("MMREVIEW_CACHE") or Path(home, "mmreview"))
    found = sorted(cache.glob("axe-core-*/axe.min.js"))
    if not found:
        pytest.skip("there is no axe-core; see scripts/fetch_axe.sh")
    return found[-1].read_text(encoding="utf-8")


@dataclass
class Opened:
    """An open page, what it asked the network for and what it complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Browser, where: Path | str, **options: object) -> Iterator[Opened]:
    """The page, open in a context of its own; nothing is said there that is not seen."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
    made = Opened(context.new_page())
    page = made.page
    page.on("request", lambda request: made.asked.append(request.url))
    page.on("console", lambda message: made.said.append(message.text))
    page.on("pageerror", lambda error: made.said.append(str(error)))
    page.on("dialog", lambda dialog: (made.said.append(dialog.message), dialog.dismiss()))
    page.goto(where.as_uri() if isinstance(where, Path) else where)
    try:
        yield made
    finally:
        context.close()


def violations(opened: Opened, script: str) -> Sequence[str]:
    """What axe-core finds on a page of which everything is open."""
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(script)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
