# SPDX-License-Identifier: GPL-2.0-only
"""The page of a review, as text: what it has, what it escapes, how large it gets."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from graph_samples import SEED, knowledge
from report_samples import (
    BROKEN,
    CONFIRMED,
    EMPTY,
    MODEL,
    PATCH,
    UNJUDGED,
    VERDICT,
    WITNESS,
    review_of,
)

from reviewer.checker.records import Finding
from reviewer.patch.read import read_submission
from reviewer.report.formats import Options, report
from reviewer.report.html import html, shown
from reviewer.report.html_images import look
from reviewer.report.html_page import MOST_FINDINGS
from reviewer.report.html_source import CHANGED, FAR, GONE, NEW, SAME, Side, Source, source
from reviewer.source.pair import pair
from reviewer.source.records import SourcePair
from reviewer.source.tree import open_tree
from reviewer.verdict.records import NewOutcome, Review, Suppressed, Verdict

EVIL = 'x</style></script><script>hacked()</script><b onclick="y" \'>&amp;{{ 1 + 1 }}\u202e\x1b[1m'
LEAKS = "\u202e\u2066\x1b\x07\x00\u200b"
VOID = {"meta", "col", "br"}
# Words that the program chooses, not the patch.
CHOSEN = {"severity", "standing", "verdict", "changelog", "by", "kind"}


class Reader(HTMLParser):
    """The elements of a page with their attributes, and what is not well formed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> in line {self.getpos()[0]}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [] and reader.wrong == []
    return reader


@cache
def seed_pair() -> SourcePair:
    name = "patch.mbox"
    submission = read_submission([(name, (SEED / name).read_bytes())])
    with open_tree(str(SEED / "before")) as tree:
        (one,), problems = pair(submission.patches[0], tree, {})
    assert not problems
    return one


def seed_verdict() -> Verdict:
    finding = replace(
        VERDICT.finding,
        file="mm/migrate.c",
        function="folio_migrate_mapping",
        line=31,
        before_line=49,
        before=(),
        after=(),
    )
    return replace(VERDICT, finding=finding, model=replace(MODEL, guard=("a_guard", 53)))


def seed_source() -> Source:
    facts, vocabulary = knowledge()
    images = look({0: [seed_pair()]}, vocabulary, facts)(0, seed_verdict().finding)
    assert images is not None
    return source("s1", images, [seed_verdict()])


def evil(value: Any, name: str = "") -> Any:
    """The same record with something evil in every text that the patch may choose."""
    if isinstance(value, str):
        return value if name in CHOSEN else EVIL
    if isinstance(value, tuple):
        return tuple(evil(one, name) for one in value)
    if isinstance(value, dict):
        return {f"{key} {EVIL}": evil(one, name) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        made = {one.name: evil(getattr(value, one.name), one.name) for one in fields(value)}
        return type(value)(**made)
    return value


def test_the_format_has_a_name() -> None:
    page = report(review_of(VERDICT), "html", Options(version="1.2"))
    assert page.startswith("<!DOCTYPE html>") and "Made by mmreview 1.2, offline" in page
    assert page == html(review_of(VERDICT), "1.2")


@pytest.mark.parametrize(
    "review",
    [review_of(VERDICT), review_of(CONFIRMED, UNJUDGED), EMPTY, BROKEN],
    ids=["refuted", "two", "nothing", "problems"],
)
def test_the_page_is_well_formed_and_its_ids_are_unique(review: Review) -> None:
    tags = read(html(review)).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    wanted = [
        name
        for _, attrs in tags
        for key in ("aria-labelledby", "data-copy", "data-row")
        for name in (attrs.get(key) or "").split()
    ]
    links = [(attrs["href"] or "")[1:] for tag, attrs in tags if tag == "a"]
    assert set(wanted + links) - set(ids) == set()


def test_everything_there_is_to_say_is_said() -> None:
    suppressed = Suppressed(0, "a-rule", "lib/x.c", "f", 3, "It is so", "00", "option", "")
    review = replace(review_of(VERDICT), suppressed=(suppressed,), notes=("a note",))
    text = read(html(review)).text
    finding, model = VERDICT.finding, MODEL
    for wanted in (
        PATCH.subject,
        "1 warning in 1 patch; 1 claim refuted; 1 finding suppressed.",
        finding.message,
        finding.reason,
        "shelf->slots.x_lock, irqs-off when shelf != NULL",
        "shelf->slots.x_lock held, irqs-off (line 23)",
        "box_users() == expected",
        "users + 1",
        "lib/find.c:40",
        model.bound,
        "box_freeze(), line 27",
        "131 states, 3 outcomes",
        "retry early",
        "A lookup ends before the box is freed.",
        "box_trace()",
        "Find_box() makes the steps"[1:],
        "4 of 5 functions that raise box->users",
        "Does every caller hold the box lock?",
        "The box is off the shelf",
        "without the lock of the shelf",
        "The comparison outside the lock is only an early exit.",
        "The read left the lock.",
        "It is so. Suppressed by an option.",
        "a note",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("changelog", "Suppressed by the changelog: Why not."),
        ("baseline", "Suppressed by the baseline: Why not."),
        ("tree", "Refuted by the tree: Why not."),
        ("series", "Repaired later in the series: Why not."),
        ("somebody", "Suppressed by somebody: Why not."),
    ],
)
def test_what_is_left_out_says_who_asked(by: str, told: str) -> None:
    one = Suppressed(0, "a-rule", "lib/x.c", "f", 3, "It is so", "00", by, "why not")
    assert told in read(html(replace(EMPTY, suppressed=(one,)))).text


def test_what_is_new_is_shown_with_its_schedule() -> None:
    fresh = NewOutcome("retry early", WITNESS[:1])
    verdict = replace(VERDICT, model=replace(MODEL, new_outcomes=(fresh,)))
    page = html(review_of(verdict))
    assert "Possible only after the patch: retry early" in page
    assert page.count('class="timeline"') == 3


def test_nothing_of_the_patch_is_markup() -> None:
    review = evil(replace(review_of(VERDICT, UNJUDGED), suppressed=()))
    assert EVIL in review.patches[0].subject and EVIL in review.verdicts[0].evidence[0]
    page = html(review)
    reader = read(page)
    assert [tag for tag, _ in reader.tags if tag in ("script", "style")] == ["style", "script"]
    assert "b" not in {tag for tag, _ in reader.tags}
    assert [one for _, attrs in reader.tags for one in attrs if one.startswith("on")] == []
    assert {(attrs["href"] or "")[0] for tag, attrs in reader.tags if tag == "a"} == {"#"}
    assert not {"src", "style", "action"} & {one for _, attrs in reader.tags for one in attrs}
    assert "{{ 1 + 1 }}" in page and not set(LEAKS) & set(page)


@pytest.mark.parametrize("char", LEAKS)
def test_what_is_not_seen_is_marked(char: str) -> None:
    assert shown(f"a{char}b\n\tc") == "a\ufffdb\n\tc"


def test_a_text_is_cut_where_nobody_reads_any_more() -> None:
    assert len(shown("x" * 1_000_000)) == 10_001


def test_the_policy_names_what_stands_in_the_page() -> None:
    page = html(review_of(VERDICT))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert body is not None
        digest = b64encode(sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;;") and "unsafe" not in policy[1]


def test_the_images_stand_beside_each_other() -> None:
    rows = [row for one in seed_source().stretches for row in one.rows]
    pairs = seed_pair()
    for row in rows:
        before, after = (side if side and side.line else None for side in (row.before, row.after))
        if row.kind == SAME:
            assert before and after and pairs.after_line(before.line) == after.line
            assert before.text == after.text
        assert (before is None) == (row.kind == NEW) and (after is None) == (row.kind == GONE)
    for number, lines in ((0, range(22, 91)), (1, range(22, 89))):
        sides = [(row.before, row.after)[number] for row in rows]
        assert [side.line for side in sides if side and side.line] == list(lines)
    assert [row.kind for row in rows].count(CHANGED) == 3


def held(rows: Iterator[Side | None]) -> list[int]:
    """The lines all through which the first lock is held."""
    some = [one for one in rows if one and one.line]
    return [one.line for one in some if (one.bars[0].top, one.bars[0].bottom) == (2, 2)]


def test_bars_are_where_the_lock_is_held() -> None:
    made = seed_source()
    assert [(key.letter, key.name, key.kind) for key in made.keys] == [
        ("A", "mapping->i_pages.xa_lock", "spinlock"),
        ("B", "irqs-off", "context"),
    ]
    assert made.keys[0].before == "taken in 48; dropped in 51, 56, 78"
    rows = [row for one in made.stretches for row in one.rows]
    assert held(row.before for row in rows)[:4] == [49, 50, 54, 55]
    assert held(row.after for row in rows)[:3] == [48, 52, 53]
    told = [row.after.told for row in rows if row.after and row.after.told]
    assert told[:3] == ["holds nothing", *told[1:3]] and "i_pages" in told[1]


def test_there_is_something_to_see_in_some_lines() -> None:
    rows = [row for one in seed_source().stretches for row in one.rows]
    tags = {side.line: side.tags for row in rows if (side := row.after) and side.tags}
    assert tags == {31: ("access",), 53: ("guard",)}
    assert {row.before.line for row in rows if row.before and row.before.tags} == {49}


def test_far_lines_stand_apart() -> None:
    far = [one for one in seed_source().stretches if one.far]
    assert far and all(len(one.rows) >= FAR for one in far)
    assert all(row.kind == SAME for one in far for row in one.rows)


def test_both_images_are_drawn_and_no_id_twice() -> None:
    facts, vocabulary = knowledge()
    page = html(review_of(seed_verdict()), "", look({0: [seed_pair()]}, vocabulary, facts))
    reader = read(page)
    assert [tag for tag, _ in reader.tags].count("svg") == 2
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) and {"g1a-title", "g1b-title"} <= set(ids)
    used = set(re.findall(r"url\(#([^)]+)\)", page))
    assert used and used <= set(ids)


def test_a_function_is_shown_once() -> None:
    facts, vocabulary = knowledge()
    one = seed_verdict()
    two = replace(one, finding=replace(one.finding, line=48, message="Another"))
    page = html(review_of(one, two), "", look({0: [seed_pair()]}, vocabulary, facts))
    assert page.count('<table class="sides') == 1
    assert '<a href="#finding-1-source">above</a>' in page


def test_without_images_the_lines_of_the_patch_are_shown() -> None:
    text = read(html(review_of(UNJUDGED))).text
    assert "These are the lines of the patch" in text
    assert "@@ -10,6 +10,9 @@ int box_move(struct shelf *shelf, struct box *box)" in text
    assert "if (box_users(box) != expected ||" in text


def test_a_finding_outside_of_the_patch_has_no_source() -> None:
    away = replace(VERDICT, finding=replace(VERDICT.finding, file="lib/other.c"))
    assert 'class="sides' not in html(review_of(away))


@pytest.mark.parametrize(("review", "said"), [(EMPTY, "No finding."), (BROKEN, "box_open()")])
def test_a_review_without_findings_has_a_page(review: Review, said: str) -> None:
    text = read(html(review)).text
    assert said in text and "Findings" in text


def test_a_series_is_told_patch_by_patch() -> None:
    patches = tuple(replace(PATCH, subject=f"[PATCH {n}/3] part {n}") for n in (1, 2, 3))
    verdicts = (replace(CONFIRMED, patch=2), replace(VERDICT, patch=0))
    page = html(replace(review_of(*verdicts), patches=patches))
    text = read(page).text
    assert "<h1>3 patches</h1>" in page
    assert page.index('id="patch-0"') < page.index('id="finding-1"') < page.index('id="patch-2"')
    assert text.index("1 error") < text.index("1 warning", text.index("Findings"))
    assert all(f"part {n}" in text for n in (1, 2, 3))


def many(count: int) -> Review:
    def one(number: int) -> Verdict:
        finding = replace(VERDICT.finding, function=f"box_{number}", line=number)
        return replace(VERDICT, finding=finding, fingerprint=str(number))

    return review_of(*(one(number) for number in range(count)))


def test_the_page_of_a_very_long_review_is_not_endless() -> None:
    page = html(many(MOST_FINDINGS + 500))
    assert page.count("<article") == MOST_FINDINGS
    assert "The last 500 findings are listed only" in page
    assert len(page) < 6_000_000


def test_long_functions_do_not_make_it_endless(tmp_path: Path) -> None:
    facts, vocabulary = knowledge()
    lines = [f"\tt->a{n} = {n};\n" for n in range(1500)]
    functions = [f"void f{n}(struct thing *t)\n{{\n{''.join(lines)}}}\n\n" for n in range(12)]
    text = "".join(functions).encode()
    (tmp_path / "x.c").write_bytes(text)
    whole = SourcePair("x.c", text, text, "directory", (), (), ((1, 1, 20_000),), (), ())

    def at(number: int) -> Finding:
        line = 1504 * number + 3
        return replace(
            VERDICT.finding, file="x.c", function=f"f{number}", line=line, before_line=line
        )

    verdicts = [replace(VERDICT, finding=at(number)) for number in range(12)]
    page = html(review_of(*verdicts), "", look({0: [whole]}, vocabulary, facts))
    assert 1 <= page.count('<table class="sides') <= 4
    assert len(page) < 8_000_000


def test_the_same_review_gives_the_same_bytes() -> None:
    make: Callable[[], str] = lambda: html(review_of(VERDICT, CONFIRMED))  # noqa: E731
    assert make() == make()
