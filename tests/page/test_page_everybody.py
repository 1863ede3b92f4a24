# SPDX-License-Identifier: GPL-2.0-only
"""The page for everybody: without script, by other means than a mouse, dark, narrow, on paper;
and with a patch that means harm."""

from pathlib import Path

import pytest
from page_browser import axe, opened, violations
from playwright.sync_api import Browser, expect

KINDS = ("seed", "thread", "gup", "hunks", "nothing", "series", "hostile")
NARROW = {"width": 400, "height": 800}
# Of some lines: the image, the number, and how many bars go all through.
BARS = """(some) => some.map((one) => {
    const number = one.previousElementSibling;
    const bars = number.previousElementSibling.querySelectorAll("i.t2.b2");
    return [one.className, number.textContent, bars.length];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_has_nothing_to_say(
    browser: Browser, pages: dict[str, Path], kind: str, scheme: str
) -> None:
    script = axe()
    with opened(browser, pages[kind], color_scheme=scheme) as made:
        assert violations(made, script) == []
        for one in made.page.locator("[data-go=next]").all():
            one.click()
        assert violations(made, script) == []


def test_axe_has_nothing_to_say_where_it_is_narrow(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with opened(browser, pages["thread"], viewport=NARROW) as made:
        assert violations(made, axe()) == []


def test_axe_would_say_something(browser: Browser, seed: Path, tmp_path: Path) -> None:
    """The check above is worth something: it sees what is taken away."""
    text = seed.read_text(encoding="utf-8").replace('<html lang="en">', "<html>")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace("--quiet: #56606c", "--quiet: #bbbbbb"), encoding="utf-8")
    with opened(browser, broken, bypass_csp=True) as made:
        found = {one.split(":")[0] for one in violations(made, axe())}
        assert {"html-has-lang", "color-contrast"} <= found


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_for_and_nothing_complained_of(
    browser: Browser, pages: dict[str, Path], kind: str
) -> None:
    with opened(browser, pages[kind]) as made:
        assert (made.asked, made.said) == ([pages[kind].as_uri()], [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [400, 800, 1280])
def test_no_page_is_wider_than_the_window(
    browser: Browser, pages: dict[str, Path], kind: str, width: int
) -> None:
    with opened(browser, pages[kind], viewport={"width": width, "height": 800}) as made:
        assert made.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_everything_is_there(browser: Browser, seed: Path) -> None:
    with opened(browser, seed, java_script_enabled=False) as made:
        page = made.page
        expect(page.locator(".controls")).to_be_hidden()
        expect(page.get_by_role("button")).to_have_count(0)
        steps = page.locator(".steps tbody tr")
        expect(steps).to_have_count(6)
        expect(steps.last).to_contain_text("fails: count is 3")
        for row in page.locator(".sides tbody tr").all():
            expect(row).to_be_visible()
        outcomes = page.get_by_text("gup_fast() ends without a reference").first
        expect(outcomes).to_be_hidden()
        page.get_by_text("Outcomes", exact=True).click()
        expect(outcomes).to_be_visible()
        expect(page.locator("#suggested-0")).to_contain_text("is only an early exit")
        assert made.said == []


def test_dark_is_dark(browser: Browser, seed: Path) -> None:
    look = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, seed, color_scheme="dark") as made:
        assert made.page.evaluate(look) == "rgb(20, 23, 27)"
        made.page.locator("details.flow summary").first.click()
        ground = made.page.locator("details.flow svg > rect").first
        assert ground.evaluate("(one) => getComputedStyle(one).fill") == "rgb(20, 23, 27)"
    with opened(browser, seed, color_scheme="light") as made:
        assert made.page.evaluate(look) == "rgb(255, 255, 255)"


@pytest.mark.parametrize(("motion", "still"), [("reduce", True), ("no-preference", False)])
def test_nothing_moves_for_those_who_do_not_want_it(
    browser: Browser, seed: Path, motion: str, still: bool
) -> None:
    with opened(browser, seed, reduced_motion=motion) as made:
        cell = made.page.locator(".steps td").first
        lasts = cell.evaluate("(one) => getComputedStyle(one).transitionDuration")
        assert (lasts == "0s") == still


def test_where_it_is_narrow_both_images_stand_in_one_column(browser: Browser, seed: Path) -> None:
    with opened(browser, seed, viewport=NARROW) as made:
        row = made.page.locator(".sides tr.changed").first
        before, after = (row.locator(f".line.{one}").bounding_box() for one in ("before", "after"))
        assert before and after and before["y"] + before["height"] <= after["y"]
        same = made.page.locator(".sides tr.same").first
        expect(same.locator(".line.before")).to_be_hidden()
        expect(same.locator(".line.after")).to_be_visible()


def test_paper_has_everything(browser: Browser, seed: Path) -> None:
    with opened(browser, seed) as made:
        page = made.page
        page.emulate_media(media="print")
        expect(page.locator(".controls").first).to_be_hidden()
        expect(page.locator("tbody.far tr").first).to_be_visible()
        expect(page.locator(".changelog pre")).to_be_visible()
        assert page.pdf().startswith(b"%PDF")


def test_bars_say_what_is_held(browser: Browser, seed: Path) -> None:
    """The lock is held at the comparison before the patch and not after it."""
    with opened(browser, seed) as made:
        tagged = made.page.locator(".sides td.line:has(.tag.access)")
        held = tagged.evaluate_all(BARS)
        assert held == [
            ["line after", "31", 0],
            ["line before", "33", 0],
            ["line before", "49", 2],
        ]


def test_nothing_of_the_patch_runs(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["hostile"]) as made:
        page = made.page
        assert page.evaluate("window.hacked") is None
        assert made.said == []
        assert page.locator("script").count() == 1 and page.locator("style").count() == 1
        assert page.locator("img, iframe, object, embed, link, form, base").count() == 0
        expect(page.locator("h1")).to_contain_text("<script>window.hacked=1</script>")
        expect(page.locator(".findings li .where")).to_contain_text(
            '<img src=x onerror="hacked=1">'
        )
        expect(page.locator(".sides .line.after code", has_text="say(")).to_contain_text(
            "</script><script>window.hacked=1</script>\ufffd\ufffd\ufffd[31m"
        )


def test_the_policy_would_stop_what_slips_through(
    browser: Browser, seed: Path, tmp_path: Path
) -> None:
    slipped = tmp_path / "slipped.html"
    text = seed.read_text(encoding="utf-8")
    harm = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    slipped.write_text(text.replace("<h1>", f"{harm}<h1>", 1), encoding="utf-8")
    with opened(browser, slipped) as made:
        assert made.page.evaluate("window.hacked") is None
        assert any("Content Security Policy" in one for one in made.said)
