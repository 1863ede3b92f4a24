# SPDX-License-Identifier: GPL-2.0-only
"""The page in a browser: stepping, copying, keys."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from page_browser import Opened, opened
from playwright.sync_api import Browser, Locator, expect

SCHEDULE = (
    ("0", "filemap_get_entry(): xas_load(&xas)", "slot is folio"),
    ("1", "folio_migrate_mapping(): folio_ref_count(folio)", "count is 2"),
    ("0", "filemap_get_entry(): folio_try_get(folio)", "count 2 -> 3"),
    ("1", "folio_migrate_mapping(): xas_lock_irq(&xas)", ""),
    ("1", "folio_migrate_mapping(): xas_load(&xas)", "slot is folio"),
    ("1", "folio_migrate_mapping(): folio_ref_freeze()", "fails: count is 3"),
)


@pytest.fixture(scope="module")
def shown(browser: Browser, seed: Path) -> Iterator[Opened]:
    with opened(browser, seed) as made:
        yield made


def button(within: Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=True)


def told(number: int) -> str:
    cpu, step, effect = SCHEDULE[number]
    return f"Step {number + 1} of 6: CPU {cpu}, {step}{f'. {effect}' if effect else ''}"


def test_the_verdict_is_read(shown: Opened) -> None:
    page = shown.page
    finding = page.get_by_role("article")
    expect(finding).to_have_accessible_name(
        "1. folio_ref_count(folio) is now read without mapping->i_pages.xa_lock"
    )
    expect(finding.locator(".severity")).to_have_text("warning")
    expect(finding.locator(".standing")).to_contain_text(
        "No schedule within the bound does harm; folio_ref_freeze(folio, expected_count) decides."
    )
    expect(finding.locator(".standing .badge")).to_have_text("refuted in model")


def test_the_schedule_is_stepped_through(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        timeline = made.page.locator(".timeline").first
        live, now = (
            timeline.locator("[aria-live=polite]"),
            timeline.locator("tr[aria-current=step]"),
        )
        expect(live).to_have_text("6 steps")
        expect(now).to_have_count(0)
        for number in range(len(SCHEDULE)):
            button(timeline, "Next").click()
            expect(live).to_have_text(told(number))
            expect(now).to_have_count(1)
            expect(now.get_by_role("rowheader")).to_have_text(str(number + 1))
            expect(timeline.locator("tr.ahead")).to_have_count(5 - number)
        for name in ("Next", "Last"):
            expect(button(timeline, name)).to_have_attribute("aria-disabled", "true")
        button(timeline, "Next").click(force=True)
        expect(live).to_have_text(told(5))
        button(timeline, "Previous").click()
        expect(live).to_have_text(told(4))
        button(timeline, "First").click()
        expect(live).to_have_text(told(0))
        expect(button(timeline, "Previous")).to_have_attribute("aria-disabled", "true")
        button(timeline, "Last").click()
        expect(live).to_have_text(told(5))
        assert made.said == []


def test_the_line_of_a_step_is_marked(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        page = made.page
        button(page.locator(".timeline").first, "Next").click()
        expect(page.locator(".sides tr.now")).to_have_count(0)
        button(page.locator(".timeline").first, "Next").click()
        line = page.locator(".sides tr.now")
        expect(line).to_have_count(1)
        expect(line.locator(".line.after code")).to_have_text(
            "        if (folio_ref_count(folio) != expected_count)"
        )


def test_arrow_keys_step_too(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        timeline = made.page.locator(".timeline").first
        live = timeline.locator("[aria-live=polite]")
        button(timeline, "Next").focus()
        for key, number in (
            ("ArrowRight", 0),
            ("ArrowRight", 1),
            ("ArrowLeft", 0),
            ("End", 5),
            ("ArrowRight", 5),
            ("Home", 0),
        ):
            made.page.keyboard.press(key)
            expect(live).to_have_text(told(number))


def test_the_first_stop_skips_to_the_review(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        made.page.keyboard.press("Tab")
        expect(made.page.get_by_role("link", name="Skip to the review")).to_be_focused()
        expect(made.page.locator(".skip")).to_be_in_viewport()
        made.page.keyboard.press("Enter")
        expect(made.page.get_by_role("main")).to_be_focused()


def test_a_stop_is_seen(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        link = made.page.locator(".findings a")
        made.page.keyboard.press("Tab")
        while not link.evaluate("(one) => one === document.activeElement"):
            made.page.keyboard.press("Tab")
        style = link.evaluate("(one) => getComputedStyle(one).outlineStyle")
        assert style == "solid"


def test_far_lines_are_folded_and_opened(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        page = made.page
        far = page.locator("tbody.far tr")
        expect(far.first).to_be_hidden()
        page.get_by_role("button", name="Show 29 lines that stayed").click()
        expect(far.first).to_be_visible()
        page.get_by_role("button", name="Hide 29 lines that stayed").click()
        expect(far.first).to_be_hidden()
        page.evaluate("location.hash = document.querySelector('tbody.far tr[id]').id")
        expect(far.first).to_be_visible()


def pasted(made: Opened) -> str:
    """What the clipboard holds, put into a field of another page."""
    other = made.page.context.new_page()
    other.set_content("<textarea></textarea>")
    other.locator("textarea").focus()
    other.keyboard.press("Control+V")
    return other.locator("textarea").input_value()


@pytest.mark.parametrize("clipboard", [True, False])
def test_the_suggested_text_is_copied(browser: Browser, seed: Path, clipboard: bool) -> None:
    with opened(browser, seed) as made:
        page = made.page
        if not clipboard:
            page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.get_by_role("button", name="Copy").click()
        expect(page.locator(".copy [role=status]")).to_have_text("Copied.")
        text = page.locator("#suggested-0").text_content() or ""
        assert text.startswith("folio_ref_count() outside the i_pages lock is only an early exit.")
        assert max(map(len, text.split("\n"))) <= 72
        assert pasted(made) == text


def test_what_cannot_be_copied_is_selected(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        page = made.page
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.evaluate("document.execCommand = () => false")
        page.get_by_role("button", name="Copy").click()
        expect(page.locator(".copy [role=status]")).to_contain_text("Selected")
        text = page.locator("#suggested-0").text_content()
        assert page.evaluate("getSelection().toString()") == text


def test_no_request_leaves_the_page(browser: Browser, seed: Path) -> None:
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(seed.parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        where = f"http://127.0.0.1:{server.server_port}/page.html"
        with opened(browser, where) as made:
            button(made.page.locator(".timeline").first, "Last").click()
            made.page.get_by_role("button", name="Copy").click()
            made.page.wait_for_load_state("networkidle")
            assert (made.asked, made.said, asked) == ([where], [], ["/page.html"])
    finally:
        server.shutdown()
        server.server_close()
